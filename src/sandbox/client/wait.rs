//! Waiting for something to become true, instead of sleeping.

use std::time::Duration;

use super::super::Sandbox;
use super::super::log::LogEntry;
use super::super::model::Discord;

/// Lines of the log that a time-out shows.
const LOG_LINES: usize = 12;
/// Characters of a line.
const LINE_MAX: usize = 200;

/// What was waited for did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not happen within {limit:?}; the last requests and events:\n{log}")]
pub struct WaitError {
    /// What was waited for.
    pub what: String,
    /// How long, in real time.
    pub limit: Duration,
    /// The last lines of the log.
    pub log: String,
}

impl Sandbox {
    /// Waits until `look` finds something, up to `limit` of real time.
    ///
    /// # Errors
    ///
    /// It found nothing; the error shows the last lines of the log.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut(&Discord) -> Option<T>,
    ) -> Result<T, WaitError> {
        let mut changes = self.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = self.read(&mut look) {
                    return found;
                }
                // The sender lives as long as this handle.
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(limit, found)
            .await
            .map_err(|_| WaitError {
                what: what.to_owned(),
                limit,
                log: self.last_log_lines(),
            })
    }

    /// The last lines of the log, for messages about failed tests.
    pub fn last_log_lines(&self) -> String {
        self.read(|discord| {
            let mut last: Vec<_> = discord
                .log
                .entries()
                .rev()
                .take(LOG_LINES)
                .map(line)
                .collect();
            last.reverse();
            last.join("\n")
        })
    }
}

fn line(entry: &LogEntry) -> String {
    let line = match entry {
        LogEntry::Request(one) => format!(
            "  {} {} {} -> {} {}",
            one.method, one.path, one.body, one.status, one.answer
        ),
        LogEntry::Event(one) => {
            let direction = if one.from_bot { "bot:" } else { "gateway:" };
            format!("  {direction} {} {}", one.name, one.data)
        }
    };
    line.chars().take(LINE_MAX).collect()
}

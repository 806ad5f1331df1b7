//! Waits for a condition instead of sleeping.

use std::time::Duration;

use super::super::Sandbox;
use super::super::log::LogEntry;
use super::super::model::Discord;

/// Number of log lines in a timeout error.
const LOG_LINES: usize = 12;
/// Maximum length of a log line, in characters.
const LINE_MAX: usize = 200;

/// The condition was not met in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not happen within {limit:?}; the last requests and events:\n{log}")]
pub struct WaitError {
    /// The condition, in words.
    pub what: String,
    /// How long the wait was, in real time.
    pub limit: Duration,
    /// The last lines of the log.
    pub log: String,
}

impl Sandbox {
    /// Waits until `find` returns a value, up to `limit` of real time.
    ///
    /// # Errors
    ///
    /// `find` returned nothing in time; the error shows the last lines of the log.
    pub async fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut find: impl FnMut(&Discord) -> Option<T>,
    ) -> Result<T, WaitError> {
        let mut changes = self.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = self.read(&mut find) {
                    return found;
                }
                // The sender lives as long as this handle, so this can't fail.
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

    /// Returns the last lines of the log, for messages of failed tests.
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

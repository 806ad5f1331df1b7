//! Archives threads without recent messages, as Discord does after their auto-archive duration.

use std::sync::Arc;
use std::time::Duration;

use super::SandboxState;
use super::model::{Channel, Discord};
use super::snowflake;

/// Maximum real time between two checks. A running clock sends no readings to wait for.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Milliseconds per minute.
const MINUTE_MS: u64 = 60_000;

/// Archives idle threads until the sandbox stops.
///
/// The archiver is a follower of the clock. A caller that advances the clock therefore waits until
/// the threads that became due are archived.
pub async fn run(shared: Arc<SandboxState>) {
    let mut follower = shared.clock.follow();
    loop {
        let reading = tokio::time::timeout(CHECK_INTERVAL, follower.next()).await;
        shared.archive_idle();
        match reading {
            Ok(Some(reading)) => shared.clock.acknowledge(reading.seq, Some(follower.id())),
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

impl SandboxState {
    /// Archives the threads that are due. If none is, the change counter stays as it is, so that
    /// the page is not redrawn.
    fn archive_idle(&self) {
        let due = self.read(Discord::idle_threads);
        if !due.is_empty() {
            self.with(|discord| discord.archive(&due));
        }
    }
}

impl Discord {
    fn idle_threads(&self) -> Vec<u64> {
        let now_ms = self.clock.now_ms();
        self.channels
            .values()
            .filter(|channel| is_idle(channel, now_ms))
            .map(|channel| channel.id)
            .collect()
    }

    fn archive(&mut self, threads: &[u64]) {
        let now_ms = self.clock.now_ms();
        for id in threads {
            let state = self
                .channels
                .get_mut(id)
                .and_then(|channel| channel.thread.as_mut());
            if let Some(thread) = state {
                thread.archived = true;
                thread.archive_changed_ms = now_ms;
            }
            self.announce_channel(*id, false);
        }
    }
}

/// Returns whether a thread has had no message, and no change of its archived state, for its
/// auto-archive duration.
fn is_idle(channel: &Channel, now_ms: i64) -> bool {
    let Some(thread) = channel.thread.as_ref().filter(|thread| !thread.archived) else {
        return false;
    };
    let newest = channel
        .last_message
        .map_or(i64::MIN, snowflake::timestamp_ms);
    let active_ms = newest.max(thread.archive_changed_ms);
    let idle_ms = u64::try_from(now_ms - active_ms).unwrap_or(0);
    idle_ms >= thread.auto_archive_minutes * MINUTE_MS
}

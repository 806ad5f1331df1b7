//! What happens by itself as time goes by: threads that nobody writes in are archived.

use std::sync::Arc;
use std::time::Duration;

use super::SandboxState;
use super::model::{Channel, Discord};
use super::snowflake;

/// How often a clock that flows is looked at, in real time.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// Follows the clock for ever. It is a follower like any other, so that whoever moves the clock finds
/// done what became due.
pub async fn run(shared: Arc<SandboxState>) {
    let mut follower = shared.clock.follow();
    loop {
        let looked = tokio::time::timeout(CHECK_INTERVAL, follower.next()).await;
        shared.archive_idle();
        match looked {
            Ok(Some(reading)) => shared.clock.acknowledge(reading.seq, Some(follower.id())),
            Ok(None) => return,
            Err(_) => {}
        }
    }
}

impl SandboxState {
    /// Archives what is due, without a tick where nothing is.
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
        let idle = self.channels.values().filter(|one| is_idle(one, now_ms));
        idle.map(|one| one.id).collect()
    }

    fn archive(&mut self, threads: &[u64]) {
        let now_ms = self.clock.now_ms();
        for id in threads {
            let one = self
                .channels
                .get_mut(id)
                .and_then(|one| one.thread.as_mut());
            if let Some(thread) = one {
                thread.archived = true;
                thread.archive_changed_ms = now_ms;
            }
            self.announce_channel(*id, false);
        }
    }
}

/// Whether nothing was written in a thread for as long as its setting says.
fn is_idle(channel: &Channel, now_ms: i64) -> bool {
    let Some(thread) = channel.thread.as_ref().filter(|thread| !thread.archived) else {
        return false;
    };
    let newest = channel
        .last_message
        .map_or(i64::MIN, snowflake::timestamp_ms);
    let since = newest.max(thread.archive_changed_ms);
    let quiet_ms = u64::try_from(now_ms - since).unwrap_or(0);
    quiet_ms >= thread.auto_archive_minutes * MINUTE_MS
}

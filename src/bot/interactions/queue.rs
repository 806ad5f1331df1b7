//! Interactions between the gateway and their handlers: bounded, newest first.
//!
//! Discord closes an interaction that has no response after three seconds. If more arrive than the
//! bot can answer, answering them in the order of their arrival would make every response late:
//! then the bot works at full speed and answers nobody, also for as long after a burst as it needs
//! for what has accumulated. Therefore the newest one is handled first, the number of those that
//! wait and of those in progress is bounded, and what can't be answered in time any more is dropped
//! before any work is done. Example with 16,000 responses per second and 24,000 interactions per
//! second for ten seconds:
//!
//! * The gateway's threads push each interaction. After half a second [`MAX_WAITING`] of them wait,
//!   and each further one drops the oldest.
//! * The newest ones are answered within milliseconds, 16,000 a second, as without the overload.
//! * After the burst the bot answers those that still wait, the newest first, in a quarter of a
//!   second. None of them is three seconds old.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use tokio::sync::{Notify, Semaphore};

use super::handler::handle_interaction;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Interaction, RESPONSE_TIME};
use crate::health::{DropReason, HealthMonitor};

/// Maximum number of interactions that wait. With responses that take 100 ms and
/// [`MAX_IN_PROGRESS`] at once, that many are answered in less than two seconds. Each takes about
/// a kilobyte.
const MAX_WAITING: usize = 4096;

/// Maximum number of interactions in progress. Each of them has at most one request to Discord and
/// with it one connection; most systems allow a process 1,024 open files.
const MAX_IN_PROGRESS: usize = 256;

/// How late interactions may arrive while many wait. If they are later, the gateway's threads get too
/// little processor time.
const DELAY_MAX: SignedDuration = SignedDuration::from_millis(500);

/// Pause before each interaction while they arrive too late.
const CATCH_UP_PAUSE: Duration = Duration::from_millis(1);

/// Minimum time between two log messages about dropped interactions.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The interactions that wait for a handler.
pub struct InteractionQueue {
    // Plain values; held only briefly.
    state: Mutex<QueueState>,
    pushed: Notify,
    health: Arc<HealthMonitor>,
}

#[derive(Default)]
struct QueueState {
    /// In the order of their arrival.
    waiting: VecDeque<Box<Interaction>>,
    /// Number of dropped interactions that the log does not mention yet.
    unlogged: usize,
    logged_at: Option<Instant>,
}

impl InteractionQueue {
    pub fn new(health: Arc<HealthMonitor>) -> Self {
        Self {
            state: Mutex::default(),
            pushed: Notify::new(),
            health,
        }
    }

    /// Adds an interaction, and drops the oldest one if too many wait. Called on the gateway's
    /// threads, because the other threads may be busy with answers.
    pub fn push(&self, interaction: Box<Interaction>) {
        self.health.event_received();
        let mut state = self.lock();
        let oldest = (state.waiting.len() >= MAX_WAITING).then(|| state.waiting.pop_front());
        state.waiting.push_back(interaction);
        drop(state);
        if oldest.is_some() {
            self.count_dropped(DropReason::Overload, 1);
        }
        self.pushed.notify_one();
    }

    fn is_half_full(&self) -> bool {
        self.lock().waiting.len() >= MAX_WAITING / 2
    }

    /// Waits for an interaction and removes the newest one.
    async fn next(&self) -> Box<Interaction> {
        loop {
            if let Some(interaction) = self.pop(Instant::now()) {
                return interaction;
            }
            self.pushed.notified().await;
        }
    }

    /// Removes the newest interaction. If even that one is too old, all are dropped.
    fn pop(&self, now: Instant) -> Option<Box<Interaction>> {
        let mut state = self.lock();
        let newest = state.waiting.pop_back()?;
        if !newest.is_expired(now) {
            return Some(newest);
        }
        let dropped = 1 + state.waiting.len();
        state.waiting.clear();
        drop(state);
        self.count_dropped(DropReason::Expired, dropped);
        None
    }

    /// Counts interactions that get no response, and logs it once in a while.
    pub fn count_dropped(&self, reason: DropReason, count: usize) {
        self.health.interactions_dropped(reason, count);
        let mut state = self.lock();
        state.unlogged += count;
        let is_recent = |at: Instant| at.elapsed() < LOG_INTERVAL;
        if state.logged_at.is_some_and(is_recent) {
            return;
        }
        state.logged_at = Some(Instant::now());
        let dropped = std::mem::take(&mut state.unlogged);
        drop(state);
        tracing::warn!(dropped, reason = reason.name(), "interactions dropped");
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Handles interactions, at most [`MAX_IN_PROGRESS`] at once.
pub async fn run(ctx: Arc<BotContext>) {
    let slots = Arc::new(Semaphore::new(MAX_IN_PROGRESS));
    // The semaphore is never closed.
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        let interaction = ctx.interactions.next().await;
        if is_closed_by_id(&ctx, &interaction) {
            ctx.interactions.count_dropped(DropReason::Expired, 1);
            continue;
        }
        if is_gateway_behind(&ctx, &interaction) {
            tokio::time::sleep(CATCH_UP_PAUSE).await;
        }
        let handled = handle_interaction(Arc::clone(&ctx), *interaction);
        tokio::spawn(async move {
            handled.await;
            drop(slot);
        });
    }
}

/// Returns whether the answers take so much processor time that the gateway's threads don't keep up.
/// Then interactions arrive late and in order, and with a little more they would all be too late.
fn is_gateway_behind(ctx: &BotContext, interaction: &Interaction) -> bool {
    let now = ctx.clock.local_time();
    let delay = ctx.clock_check.delay(interaction.created_at(), now);
    delay.is_some_and(|delay| delay > DELAY_MAX) && ctx.interactions.is_half_full()
}

/// Returns whether Discord has closed an interaction that arrived late, for example because the
/// process was stopped meanwhile.
fn is_closed_by_id(ctx: &BotContext, interaction: &Interaction) -> bool {
    let limit = SignedDuration::try_from(RESPONSE_TIME).unwrap_or(SignedDuration::MAX);
    let (created_at, now) = (interaction.created_at(), ctx.clock.local_time());
    ctx.clock_check.observe_id(created_at, now);
    ctx.clock_check.is_older_than(limit, created_at, now)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::bot::gateway::event::InteractionData;
    use quizloop_core::id::{ChannelId, UserId};

    fn queue() -> InteractionQueue {
        let health = HealthMonitor::new(|| Duration::ZERO).with_metrics();
        InteractionQueue::new(Arc::new(health))
    }

    fn interaction(id: u64, received_at: Instant) -> Box<Interaction> {
        Box::new(Interaction {
            id,
            token: String::new(),
            data: InteractionData::Command("help".to_owned()),
            options: HashMap::new(),
            guild: None,
            channel: ChannelId::new(1),
            user: UserId::new(1),
            is_admin: false,
            received_at,
        })
    }

    fn ids(queue: &InteractionQueue, now: Instant) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop(now).map(|interaction| interaction.id)).collect()
    }

    fn dropped(queue: &InteractionQueue, reason: DropReason) -> u64 {
        queue.health.dropped_interactions(reason)
    }

    #[test]
    fn the_newest_comes_first() {
        let (queue, now) = (queue(), Instant::now());
        for id in 1..=3 {
            queue.push(interaction(id, now));
        }
        assert_eq!(ids(&queue, now), [3, 2, 1]);
        assert_eq!(dropped(&queue, DropReason::Overload), 0);
    }

    #[test]
    fn the_oldest_are_dropped_if_too_many_wait() {
        let (queue, now) = (queue(), Instant::now());
        let count = MAX_WAITING as u64 + 10;
        for id in 1..=count {
            queue.push(interaction(id, now));
        }
        let expected: Vec<u64> = (11..=count).rev().collect();
        assert_eq!(ids(&queue, now), expected);
        assert_eq!(dropped(&queue, DropReason::Overload), 10);
    }

    #[test]
    fn what_waited_for_too_long_is_dropped() {
        let (queue, start) = (queue(), Instant::now());
        let second = Duration::from_secs(1);
        for (id, arrival) in [(1, start), (2, start), (3, start + second)] {
            queue.push(interaction(id, arrival));
        }
        let later = start + RESPONSE_TIME + second / 2;
        assert_eq!(ids(&queue, later), [3]);
        assert_eq!(dropped(&queue, DropReason::Expired), 2);
        queue.push(interaction(4, later));
        assert_eq!(ids(&queue, later), [4]);
    }
}

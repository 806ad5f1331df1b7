//! Supervises a shard's gateway client: polls its liveness from the main runtime and replaces a
//! faulty client. The module documentation of [`super`] has an example.
//!
//! Serenity resumes and reconnects on its own, and the supervisor does not interfere while that
//! works. Discord allows about 1,000 session starts a day and resets the token of a bot that
//! exceeds them. The supervisor therefore fetches the number of starts left before each client, and
//! delays the next client longer after each one whose session did not last. Example of a token that
//! Discord accepts without ever starting a session:
//!
//! 1. Client 1 sends IDENTIFY and gets no session within 12 s: `ClientFault::NoSession`.
//! 2. Discord reports one start fewer than before, so this client counts. The next one starts after
//!    2 s.
//! 3. Clients 2 to 5 fail in the same way, after delays of 2, 5, 10 and 15 s. The supervisor then
//!    exits with an error, and the service manager starts a new process.
//!
//! If the number of starts had not changed, the client would not count: the gateway is down,
//! retries cost nothing, and the next client starts at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::error::TryRecvError;

use super::client::{ClientFactory, RunningClient};
use super::diagnosis::{ClientFault, diagnose, is_stable};
use super::{GatewayExit, Shard};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, GatewayInfo};

/// How often the liveness is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How late a poll may be before its result is ignored. A later poll means that the whole process
/// did not run (a suspended laptop, a machine without a free core), so the liveness says nothing
/// about the client.
const SUSPEND_THRESHOLD: Duration = Duration::from_secs(2);

/// Delay between attempts to reach Discord. Short enough to answer members within ten seconds after
/// it becomes reachable, and long enough to cause little load.
const GATEWAY_RETRY_INTERVAL: Duration = Duration::from_secs(3);

/// How long the response may take. A connection from before an outage may hang, a new one does not.
pub const GATEWAY_TIMEOUT: Duration = Duration::from_secs(5);

/// Delays before the next client, in seconds, by the number of consecutive clients that used a
/// session start and did not last. A client has four sessions, at most eight ([`diagnose`]), so the
/// last delay keeps the starts of a day well below 1,000.
const RESTART_DELAYS_SECS: [u64; 9] = [0, 2, 5, 10, 15, 30, 120, 600, 900];

/// Exit after this many consecutive clients that used a session start without getting a session.
const MAX_FAILED_CLIENTS: u32 = 5;

/// How long a shard may wait for its slot to identify before it counts as unhealthy.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(3600);

/// Minimum number of session starts that must be left today to start another client. Discord resets
/// the token of a bot that uses all of them (Discord docs, events/gateway, "Session Start Limit").
const MIN_SESSION_STARTS: u64 = 20;

/// Outcomes of the clients so far.
#[derive(Debug, Default, PartialEq, Eq)]
struct RestartHistory {
    /// Consecutive clients that used a session start and did not last.
    unstable_runs: u32,
    /// Consecutive ones of those that got no session.
    without_session: u32,
    /// Session starts left before the current client started.
    sessions_left: Option<u64>,
}

/// Outcome of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunOutcome {
    /// A session lasted.
    Stable,
    /// No session lasted.
    Unstable,
    /// The client got no session.
    NoSession,
}

impl RestartHistory {
    /// Records the outcome of a client, after which `left` session starts are left.
    fn record(&mut self, outcome: RunOutcome, left: Option<u64>) {
        // The client used no session start: the gateway is down, and retries are free.
        let free = outcome == RunOutcome::NoSession
            && matches!((self.sessions_left, left), (Some(before), Some(after)) if after >= before);
        match outcome {
            RunOutcome::Stable => *self = Self::default(),
            RunOutcome::NoSession if free => {}
            RunOutcome::Unstable => {
                (self.unstable_runs, self.without_session) = (self.unstable_runs + 1, 0);
            }
            RunOutcome::NoSession => {
                self.unstable_runs += 1;
                self.without_session += 1;
            }
        }
    }

    fn delay(&self) -> Duration {
        let index = usize::try_from(self.unstable_runs).unwrap_or(usize::MAX);
        Duration::from_secs(RESTART_DELAYS_SECS[index.min(RESTART_DELAYS_SECS.len() - 1)])
    }
}

/// Runs a shard's client, and replaces it when it is faulty. Returns when another client can't
/// help.
pub async fn supervise(ctx: Arc<BotContext>, factory: ClientFactory, shard: Shard) -> GatewayExit {
    let mut history = RestartHistory::default();
    let mut outcome = RunOutcome::Stable;
    loop {
        let gateway = match fetch_gateway(&ctx, Some(shard)).await {
            Ok(gateway) => gateway,
            Err(exit) => return exit,
        };
        history.record(outcome, gateway.sessions_left);
        if let Some(left) = gateway
            .sessions_left
            .filter(|left| *left < MIN_SESSION_STARTS)
        {
            return GatewayExit::NoSessionStartsLeft(left);
        }
        if history.without_session >= MAX_FAILED_CLIENTS {
            let count = history.without_session;
            return GatewayExit::Other(format!(
                "Discord is reachable, but {count} clients in a row got no session"
            ));
        }
        let delay = history.delay();
        if !delay.is_zero() {
            tracing::warn!(
                shard = shard.number,
                delay_secs = delay.as_secs(),
                "gateway restart delayed"
            );
            ctx.health.gateway_disconnected(shard.number, delay);
            tokio::time::sleep(delay).await;
        }
        // Discord limits how many sessions start concurrently, across all processes.
        ctx.health
            .gateway_disconnected(shard.number, IDENTIFY_TIMEOUT);
        ctx.store
            .acquire_identify_slot(shard.number % gateway.max_concurrency)
            .await;
        history.sessions_left = gateway.sessions_left;
        let client = match factory.start(shard, gateway.url) {
            Ok(client) => client,
            Err(error) => {
                return GatewayExit::Other(format!(
                    "the gateway thread could not be started: {error}"
                ));
            }
        };
        outcome = match watch(&ctx, shard, client).await {
            Ok(outcome) => outcome,
            Err(exit) => return exit,
        };
        ctx.health.gateway_client_restarted();
    }
}

/// Fetches the number of shards that Discord recommends.
///
/// # Errors
///
/// Fails if Discord refuses the token. Other errors are retried.
pub async fn recommended_shards(ctx: &BotContext) -> Result<u32, GatewayExit> {
    Ok(fetch_gateway(ctx, None).await?.shards)
}

/// Fetches the gateway's address and limits, and retries until Discord responds.
async fn fetch_gateway(ctx: &BotContext, shard: Option<Shard>) -> Result<GatewayInfo, GatewayExit> {
    let mut warned = false;
    loop {
        if let Some(shard) = shard {
            ctx.health
                .gateway_disconnected(shard.number, GATEWAY_TIMEOUT);
        }
        let result = tokio::time::timeout(GATEWAY_TIMEOUT, ctx.rest.gateway()).await;
        match result.unwrap_or_else(|_| Err(ApiError::Transient("no answer in 5 seconds".into()))) {
            Ok(gateway) => return Ok(gateway),
            Err(ApiError::Unauthorized) => return Err(GatewayExit::InvalidToken),
            Err(error) => {
                if !warned {
                    let retry_secs = GATEWAY_RETRY_INTERVAL.as_secs();
                    tracing::warn!(%error, retry_secs, "gateway address could not be fetched");
                    warned = true;
                }
                tokio::time::sleep(GATEWAY_RETRY_INTERVAL).await;
            }
        }
    }
}

/// Polls a client until it must be replaced.
async fn watch(
    ctx: &BotContext,
    shard: Shard,
    mut client: RunningClient,
) -> Result<RunOutcome, GatewayExit> {
    let mut last_poll = Instant::now();
    let mut outcome = RunOutcome::NoSession;
    let mut failed_connections = 0;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        match client.exit.try_recv() {
            Ok(GatewayExit::Other(reason)) => {
                tracing::error!(
                    shard = shard.number,
                    reason,
                    "gateway client ended; restarting it"
                );
                return Ok(outcome);
            }
            Ok(exit) => return Err(exit),
            Err(TryRecvError::Closed) => {
                tracing::error!(
                    shard = shard.number,
                    "gateway thread panicked; restarting it"
                );
                return Ok(outcome);
            }
            Err(TryRecvError::Empty) => {}
        }
        let now = Instant::now();
        let suspended = now.duration_since(last_poll) > POLL_INTERVAL + SUSPEND_THRESHOLD;
        last_poll = now;
        if suspended {
            continue;
        }
        let liveness = client.liveness.snapshot();
        ctx.health.gateway_checked(
            shard.number,
            liveness.connected_since.is_some(),
            liveness.last_received,
        );
        let failed = liveness.failed_connections;
        ctx.health.gateway_connections_failed(
            failed - std::mem::replace(&mut failed_connections, failed),
        );
        if is_stable(&liveness, now) {
            outcome = RunOutcome::Stable;
        } else if outcome == RunOutcome::NoSession && !liveness.session_starts.is_empty() {
            outcome = RunOutcome::Unstable;
        }
        if let Some(fault) = diagnose(&liveness, now) {
            let shard = shard.number;
            tracing::error!(shard, %fault, "gateway client unhealthy; restarting it");
            // Sessions of a minute or two are long enough to be stable, and too many of them still
            // use up the starts of a day.
            return Ok(match fault {
                ClientFault::Flapping => RunOutcome::Unstable,
                _ => outcome,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_only_after_used_session_starts() {
        let mut history = RestartHistory {
            sessions_left: Some(900),
            ..RestartHistory::default()
        };
        history.record(RunOutcome::NoSession, Some(900));
        assert_eq!(history.delay(), Duration::ZERO);
        history.record(RunOutcome::NoSession, Some(899));
        assert_eq!(
            (history.delay(), history.without_session),
            (Duration::from_secs(2), 1)
        );
        history.record(RunOutcome::Unstable, Some(898));
        assert_eq!(
            (history.delay(), history.without_session),
            (Duration::from_secs(5), 0)
        );
        for _ in 0..20 {
            history.record(RunOutcome::Unstable, None);
        }
        assert_eq!(history.delay(), Duration::from_secs(900));
        history.record(RunOutcome::Stable, Some(1000));
        assert_eq!(history.delay(), Duration::ZERO);
    }

    #[test]
    fn a_day_of_unstable_sessions_stays_below_discords_limit() {
        // For a whole day each client has as many sessions as it may have, started as fast as
        // serenity starts them.
        let (mut history, mut seconds, mut sessions) = (RestartHistory::default(), 0, 0);
        while seconds < 86_400 {
            sessions += 8;
            seconds += 8 * 5;
            history.record(RunOutcome::Unstable, None);
            seconds += history.delay().as_secs();
        }
        assert!(sessions < 900, "{sessions} sessions");
    }
}

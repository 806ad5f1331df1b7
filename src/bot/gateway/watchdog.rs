//! Keeps a gateway client that is well: looks at its life signs from outside of its runtime, and makes
//! another when it is not.
//!
//! Serenity's own ways back are left alone as long as they lead somewhere. Each session costs one of the
//! day's starts, so after sessions that came to nothing the pause grows, and before every one Discord is
//! asked how many are left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::error::TryRecvError;

use super::client::{ClientFactory, RunningClient};
use super::diagnosis::{diagnose, is_stable};
use super::{GatewayExit, Shard};
use crate::bot::context::BotContext;
use crate::bot::rest::{ApiError, GatewayInfo};

/// How often the life signs are looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// If a look comes so much later than it should, this whole process did not run (a laptop asleep, a machine
/// without a core to spare), and the signs of that time say nothing.
const SUSPEND_THRESHOLD: Duration = Duration::from_secs(2);

/// How long after Discord could not be reached it is asked again: short, so that members are answered again
/// within ten seconds of its return, and long enough to be no burden.
const GATEWAY_RETRY_INTERVAL: Duration = Duration::from_secs(3);

/// How long the answer may take: a connection from before an outage may hang, a new one does not.
pub const GATEWAY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pauses before the next client, in seconds, by how many in a row cost a session start and did not last.
/// With at most four sessions to a client ([`judge`]) the last one keeps a day's starts well below 1,000.
const RESTART_DELAYS_SECS: [u64; 9] = [0, 2, 5, 10, 15, 30, 120, 600, 900];

/// After so many clients in a row that cost a session start and got no session a new process has to try.
const MAX_FAILED_CLIENTS: u32 = 5;

/// However many shards begin their sessions before this one, its turn comes within this time or is asked for again.
const IDENTIFY_TIMEOUT: Duration = Duration::from_secs(3600);

/// With fewer sessions left than this today none is begun: beyond 1,000 a day Discord resets the token
/// (Discord docs, events/gateway, "Session Start Limit").
const MIN_SESSION_STARTS: u64 = 20;

/// How the clients so far went.
#[derive(Debug, Default, PartialEq, Eq)]
struct RestartHistory {
    /// Clients in a row whose session did not last, or that got none although they asked.
    unstable_runs: u32,
    /// Those of them that got none.
    without_session: u32,
    /// Session starts left before the client that runs.
    sessions_left: Option<u64>,
}

/// How a client went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RunOutcome {
    /// It had a session that lasted.
    Stable,
    /// Its sessions did not last.
    Unstable,
    /// It got none.
    NoSession,
}

impl RestartHistory {
    /// Enters how a client went; `left` starts are left after it.
    fn record(&mut self, outcome: RunOutcome, left: Option<u64>) {
        // Whoever was not let in at all spent nothing: the gateway is away, and trying is free.
        let free = outcome == RunOutcome::NoSession
            && matches!((self.sessions_left, left), (Some(before), Some(after)) if after >= before);
        match outcome {
            RunOutcome::Stable => *self = Self::default(),
            RunOutcome::NoSession if free => {}
            RunOutcome::Unstable => {
                (self.unstable_runs, self.without_session) = (self.unstable_runs + 1, 0)
            }
            RunOutcome::NoSession => {
                self.unstable_runs += 1;
                self.without_session += 1;
            }
        }
    }

    fn delay(&self) -> Duration {
        let place = usize::try_from(self.unstable_runs).unwrap_or(usize::MAX);
        Duration::from_secs(RESTART_DELAYS_SECS[place.min(RESTART_DELAYS_SECS.len() - 1)])
    }
}

/// Keeps a client for a shard at the gateway until Discord or this machine makes it impossible.
pub async fn supervise(ctx: Arc<BotContext>, factory: ClientFactory, shard: Shard) -> GatewayExit {
    let mut history = RestartHistory::default();
    let mut outcome = RunOutcome::Stable;
    loop {
        let gateway = match fetch_gateway(&ctx, Some(shard)).await {
            Ok(gateway) => gateway,
            Err(end) => return end,
        };
        history.record(outcome, gateway.sessions_left);
        if let Some(left) = gateway
            .sessions_left
            .filter(|left| *left < MIN_SESSION_STARTS)
        {
            return GatewayExit::NoSessionStartsLeft(left);
        }
        if history.without_session >= MAX_FAILED_CLIENTS {
            let tried = history.without_session;
            return GatewayExit::Other(format!(
                "Discord is there, but {tried} clients in a row got no session"
            ));
        }
        let pause = history.delay();
        if !pause.is_zero() {
            tracing::warn!("the next session is begun in {} s", pause.as_secs());
            ctx.health.gateway_disconnected(shard.number, pause);
            tokio::time::sleep(pause).await;
        }
        // Discord lets so many sessions of a bot begin side by side, whichever process begins them.
        ctx.health
            .gateway_disconnected(shard.number, IDENTIFY_TIMEOUT);
        ctx.store
            .acquire_identify_slot(shard.number % gateway.max_concurrency)
            .await;
        history.sessions_left = gateway.sessions_left;
        let client = match factory.start(shard, gateway.url) {
            Ok(client) => client,
            Err(error) => {
                return GatewayExit::Other(format!("the gateway's thread can't be made: {error}"));
            }
        };
        outcome = match watch(&ctx, shard, client).await {
            Ok(outcome) => outcome,
            Err(end) => return end,
        };
        ctx.health.gateway_client_restarted();
    }
}

/// How many shards Discord recommends.
///
/// # Errors
///
/// Discord refuses the token.
pub async fn recommended_shards(ctx: &BotContext) -> Result<u32, GatewayExit> {
    Ok(fetch_gateway(ctx, None).await?.shards)
}

/// Asks Discord for its gateway, until it answers.
async fn fetch_gateway(ctx: &BotContext, shard: Option<Shard>) -> Result<GatewayInfo, GatewayExit> {
    let mut warned = false;
    loop {
        if let Some(shard) = shard {
            ctx.health
                .gateway_disconnected(shard.number, GATEWAY_TIMEOUT);
        }
        let asked = tokio::time::timeout(GATEWAY_TIMEOUT, ctx.rest.gateway()).await;
        match asked.unwrap_or_else(|_| Err(ApiError::Transient("no answer".into()))) {
            Ok(gateway) => return Ok(gateway),
            Err(ApiError::Unauthorized) => return Err(GatewayExit::InvalidToken),
            Err(failure) => {
                if !warned {
                    tracing::warn!(%failure, "Discord's gateway is not known; asking every {} s", GATEWAY_RETRY_INTERVAL.as_secs());
                    warned = true;
                }
                tokio::time::sleep(GATEWAY_RETRY_INTERVAL).await;
            }
        }
    }
}

/// Watches a client until it is to be replaced.
async fn watch(
    ctx: &BotContext,
    shard: Shard,
    mut client: RunningClient,
) -> Result<RunOutcome, GatewayExit> {
    let mut last_poll = Instant::now();
    let mut outcome = RunOutcome::NoSession;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        match client.exit.try_recv() {
            Ok(GatewayExit::Other(what)) => {
                tracing::error!(what, "the gateway's client ended; another is made");
                return Ok(outcome);
            }
            Ok(end) => return Err(end),
            Err(TryRecvError::Closed) => {
                tracing::error!("the gateway's thread panicked; another is made");
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
        if is_stable(&liveness, now) {
            outcome = RunOutcome::Stable;
        } else if outcome == RunOutcome::NoSession && !liveness.session_starts.is_empty() {
            outcome = RunOutcome::Unstable;
        }
        if let Some(fault) = diagnose(&liveness, now) {
            tracing::error!("the gateway's client is ill: {fault}; another is made");
            return Ok(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_only_with_sessions_that_were_paid_for() {
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
    fn a_day_of_sessions_that_do_not_last_stays_below_discords_limit() {
        // Four sessions to a client, as fast as serenity begins them, for a whole day.
        let (mut history, mut seconds, mut sessions) = (RestartHistory::default(), 0, 0);
        while seconds < 86_400 {
            sessions += 4;
            seconds += 4 * 5;
            history.record(RunOutcome::Unstable, None);
            seconds += history.delay().as_secs();
        }
        assert!(sessions < 500, "{sessions} sessions");
    }
}

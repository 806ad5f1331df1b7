//! Keeps a gateway client that is well: looks at its life signs from outside of its runtime, and makes
//! another when it is not.
//!
//! Serenity's own ways back are left alone as long as they lead somewhere. Each session costs one of the
//! day's starts, so after sessions that came to nothing the pause grows, and before every one Discord is
//! asked how many are left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::error::TryRecvError;

use super::client::{Making, Running};
use super::judge::{is_stable, judge};
use super::{GatewayEnd, Shard};
use crate::bot::desk::Desk;
use crate::bot::rest::{Failure, Gateway};

/// How often the life signs are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// If a look comes so much later than it should, this whole process did not run (a laptop asleep, a machine
/// without a core to spare), and the signs of that time say nothing.
const OVERSLEPT: Duration = Duration::from_secs(2);

/// How long after Discord could not be reached it is asked again: short, so that members are answered again
/// within ten seconds of its return, and long enough to be no burden.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// How long the answer may take: a connection from before an outage may hang, a new one does not.
pub const ASK_LIMIT: Duration = Duration::from_secs(5);

/// The pauses before the next client, in seconds, by how many in a row cost a session start and did not last.
/// With at most four sessions to a client ([`judge`]) the last one keeps a day's starts well below 1,000.
const PAUSES: [u64; 9] = [0, 2, 5, 10, 15, 30, 120, 600, 900];

/// After so many clients in a row that cost a session start and got no session a new process has to try.
const IN_VAIN: u32 = 5;

/// However many shards begin their sessions before this one, its turn comes within this time or is asked for again.
const TURN_LIMIT: Duration = Duration::from_secs(3600);

/// With fewer sessions left than this today none is begun: beyond 1,000 a day Discord resets the token
/// (Discord docs, events/gateway, "Session Start Limit").
const SESSIONS_KEPT: u64 = 20;

/// How the clients so far went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Record {
    /// Clients in a row whose session did not last, or that got none although they asked.
    unstable: u32,
    /// Those of them that got none.
    in_vain: u32,
    /// Session starts left before the client that runs.
    left: Option<u64>,
}

/// How a client went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    /// It had a session that lasted.
    Well,
    /// Its sessions did not last.
    Badly,
    /// It got none.
    Nowhere,
}

impl Record {
    /// Enters how a client went; `left` starts are left after it.
    fn enter(&mut self, went: Went, left: Option<u64>) {
        // Whoever was not let in at all spent nothing: the gateway is away, and trying is free.
        let free = went == Went::Nowhere
            && matches!((self.left, left), (Some(before), Some(after)) if after >= before);
        match went {
            Went::Well => *self = Self::default(),
            Went::Nowhere if free => {}
            Went::Badly => (self.unstable, self.in_vain) = (self.unstable + 1, 0),
            Went::Nowhere => {
                self.unstable += 1;
                self.in_vain += 1;
            }
        }
    }

    fn pause(&self) -> Duration {
        let place = usize::try_from(self.unstable).unwrap_or(usize::MAX);
        Duration::from_secs(PAUSES[place.min(PAUSES.len() - 1)])
    }
}

/// Keeps a client for a shard at the gateway until Discord or this machine makes it impossible.
pub async fn keep(desk: Arc<Desk>, making: Making, shard: Shard) -> GatewayEnd {
    let mut record = Record::default();
    let mut went = Went::Well;
    loop {
        let gateway = match discord(&desk, Some(shard)).await {
            Ok(gateway) => gateway,
            Err(end) => return end,
        };
        record.enter(went, gateway.sessions_left);
        if let Some(left) = gateway.sessions_left.filter(|left| *left < SESSIONS_KEPT) {
            return GatewayEnd::TooManyStarts(left);
        }
        if record.in_vain >= IN_VAIN {
            let tried = record.in_vain;
            return GatewayEnd::Other(format!(
                "Discord is there, but {tried} clients in a row got no session"
            ));
        }
        let pause = record.pause();
        if !pause.is_zero() {
            tracing::warn!("the next session is begun in {} s", pause.as_secs());
            desk.vitals.gateway_away(shard.number, pause);
            tokio::time::sleep(pause).await;
        }
        // Discord lets so many sessions of a bot begin side by side, whichever process begins them.
        desk.vitals.gateway_away(shard.number, TURN_LIMIT);
        desk.store
            .acquire_identify_slot(shard.number % gateway.max_concurrency)
            .await;
        record.left = gateway.sessions_left;
        let client = match making.start(shard, gateway.url) {
            Ok(client) => client,
            Err(error) => {
                return GatewayEnd::Other(format!("the gateway's thread can't be made: {error}"));
            }
        };
        went = match watch(&desk, shard, client).await {
            Ok(went) => went,
            Err(end) => return end,
        };
        desk.vitals.gateway_rebuilt();
    }
}

/// How many shards Discord recommends.
///
/// # Errors
///
/// Discord refuses the token.
pub async fn recommended(desk: &Desk) -> Result<u32, GatewayEnd> {
    Ok(discord(desk, None).await?.shards)
}

/// Asks Discord for its gateway, until it answers.
async fn discord(desk: &Desk, shard: Option<Shard>) -> Result<Gateway, GatewayEnd> {
    let mut told = false;
    loop {
        if let Some(shard) = shard {
            desk.vitals.gateway_away(shard.number, ASK_LIMIT);
        }
        let asked = tokio::time::timeout(ASK_LIMIT, desk.rest.gateway()).await;
        match asked.unwrap_or_else(|_| Err(Failure::Unreachable("no answer".into()))) {
            Ok(gateway) => return Ok(gateway),
            Err(Failure::Token) => return Err(GatewayEnd::Token),
            Err(failure) => {
                if !told {
                    tracing::warn!(%failure, "Discord's gateway is not known; asking every {} s", ASK_AGAIN.as_secs());
                    told = true;
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }
    }
}

/// Watches a client until it is to be replaced.
async fn watch(desk: &Desk, shard: Shard, mut client: Running) -> Result<Went, GatewayEnd> {
    let mut looked = Instant::now();
    let mut went = Went::Nowhere;
    loop {
        tokio::time::sleep(LOOK).await;
        match client.end.try_recv() {
            Ok(GatewayEnd::Other(what)) => {
                tracing::error!(what, "the gateway's client ended; another is made");
                return Ok(went);
            }
            Ok(end) => return Err(end),
            Err(TryRecvError::Closed) => {
                tracing::error!("the gateway's thread panicked; another is made");
                return Ok(went);
            }
            Err(TryRecvError::Empty) => {}
        }
        let now = Instant::now();
        let overslept = now.duration_since(looked) > LOOK + OVERSLEPT;
        looked = now;
        if overslept {
            continue;
        }
        let signs = client.pulse.signs();
        desk.vitals
            .gateway_seen(shard.number, signs.connected.is_some(), signs.heard);
        if is_stable(&signs, now) {
            went = Went::Well;
        } else if went == Went::Nowhere && !signs.sessions.is_empty() {
            went = Went::Badly;
        }
        if let Some(ill) = judge(&signs, now) {
            tracing::error!("the gateway's client is ill: {ill}; another is made");
            return Ok(went);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_only_with_sessions_that_were_paid_for() {
        let mut record = Record {
            left: Some(900),
            ..Record::default()
        };
        record.enter(Went::Nowhere, Some(900));
        assert_eq!(record.pause(), Duration::ZERO);
        record.enter(Went::Nowhere, Some(899));
        assert_eq!(
            (record.pause(), record.in_vain),
            (Duration::from_secs(2), 1)
        );
        record.enter(Went::Badly, Some(898));
        assert_eq!(
            (record.pause(), record.in_vain),
            (Duration::from_secs(5), 0)
        );
        for _ in 0..20 {
            record.enter(Went::Badly, None);
        }
        assert_eq!(record.pause(), Duration::from_secs(900));
        record.enter(Went::Well, Some(1000));
        assert_eq!(record.pause(), Duration::ZERO);
    }

    #[test]
    fn a_day_of_sessions_that_do_not_last_stays_below_discords_limit() {
        // Four sessions to a client, as fast as serenity begins them, for a whole day.
        let (mut record, mut seconds, mut sessions) = (Record::default(), 0, 0);
        while seconds < 86_400 {
            sessions += 4;
            seconds += 4 * 5;
            record.enter(Went::Badly, None);
            seconds += record.pause().as_secs();
        }
        assert!(sessions < 500, "{sessions} sessions");
    }
}

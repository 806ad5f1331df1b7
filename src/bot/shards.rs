//! The shards of this process: a gateway client for each that it has, as the store says.
//!
//! With files that is settled at the start. With a database processes come and go: a shard is read before its client
//! starts, and its client has ended before it is given away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::desk::Desk;
use super::gateway::{self, GatewayEnd, Making, Shard};
use crate::practice::shard::ShardRange;
use crate::store::Assignment;

/// How often it is looked which shards are this process's.
const LOOK: Duration = Duration::from_secs(1);

/// Joins the others that share the guilds, if there are any. Without a number of shards it is Discord's.
pub async fn join(desk: &Desk, wanted: Option<ShardRange>) -> Result<ShardRange, GatewayEnd> {
    let shards = match wanted {
        Some(shards) => shards,
        None => ShardRange::all(gateway::recommended(desk).await?),
    };
    let joined = desk.store.join(shards, wanted.is_none()).await;
    let joined = joined.map_err(|error| GatewayEnd::Other(error.to_string()))?;
    if joined != ShardRange::all(1) {
        tracing::info!(shards = %joined, "the guilds are divided into shards");
    }
    Ok(joined)
}

/// Keeps a client for each shard that this process has, until something makes that impossible.
pub async fn run(desk: Arc<Desk>, making: Making, total: u32) -> GatewayEnd {
    let mut clients = Clients {
        desk: Arc::clone(&desk),
        making,
        total,
        running: JoinSet::new(),
        stop: BTreeMap::new(),
    };
    let (mut told, mut stood_by) = (false, false);
    loop {
        match desk.store.refresh_shards().await {
            Ok(share) => {
                told = false;
                let stands_by = share.held.is_empty();
                if stands_by && !stood_by {
                    tracing::info!(
                        "standing by: other processes have all shards, and this one takes over if one goes"
                    );
                }
                stood_by = stands_by;
                if stands_by {
                    desk.begin.notify_one();
                }
                for shard in clients.differ(&share) {
                    clients.start(shard);
                    // What is due there need not wait for the session.
                    desk.wake.notify_one();
                }
                // Not before the shards are known: until then it would seem to stand by.
                desk.vitals.joined();
                for shard in share.to_release {
                    tracing::info!(shard, "another process is to have this shard");
                    clients.end(shard);
                    desk.store.release_shard(shard).await;
                }
            }
            Err(error) if error.is_final() => return GatewayEnd::Other(error.to_string()),
            Err(error) if told => tracing::debug!(%error, "still not known"),
            Err(error) => {
                tracing::warn!(%error, "which shards are this process's is not known; it goes on with those it has");
                told = true;
            }
        }
        tokio::select! {
            Some(ended) = clients.running.join_next() => {
                if let Some(end) = reason(ended) {
                    return end;
                }
            }
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Why a client can't be kept; none if it was ended from here.
fn reason(ended: Result<GatewayEnd, JoinError>) -> Option<GatewayEnd> {
    match ended {
        Ok(end) => Some(end),
        Err(error) if error.is_cancelled() => None,
        Err(error) => Some(GatewayEnd::Other(format!(
            "what keeps a gateway client panicked: {error}"
        ))),
    }
}

struct Clients {
    desk: Arc<Desk>,
    making: Making,
    total: u32,
    running: JoinSet<GatewayEnd>,
    stop: BTreeMap<u32, AbortHandle>,
}

impl Clients {
    /// Ends those whose shard is gone; gives the shards that have none.
    fn differ(&mut self, share: &Assignment) -> Vec<u32> {
        let gone: Vec<u32> = self
            .stop
            .keys()
            .filter(|shard| !share.held.contains(shard))
            .copied()
            .collect();
        for shard in gone {
            tracing::warn!(shard, "another process has taken this shard over");
            self.end(shard);
        }
        let new = share
            .held
            .iter()
            .filter(|shard| !self.stop.contains_key(shard) && !share.to_release.contains(shard));
        new.copied().collect()
    }

    /// Keeps a client for a shard.
    fn start(&mut self, number: u32) {
        self.desk.vitals.gateway_away(number, gateway::ASK_LIMIT);
        let shard = Shard {
            number,
            total: self.total,
        };
        let kept = gateway::keep(Arc::clone(&self.desk), self.making.clone(), shard);
        self.stop.insert(number, self.running.spawn(kept));
    }

    fn end(&mut self, shard: u32) {
        if let Some(stop) = self.stop.remove(&shard) {
            stop.abort();
        }
        self.desk.vitals.shard_left(shard);
    }
}

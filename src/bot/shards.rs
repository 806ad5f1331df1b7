//! The shards of this process: a gateway client for each that it has, as the store says.
//!
//! With files that is settled at the start. With a database processes come and go: a shard is read before its client
//! starts, and its client has ended before it is given away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::context::BotContext;
use super::gateway::{self, ClientFactory, GatewayExit, Shard};
use crate::practice::shard::ShardRange;
use crate::store::Assignment;

/// How often it is looked which shards are this process's.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Joins the others that share the guilds, if there are any. Without a number of shards it is Discord's.
pub async fn join(ctx: &BotContext, wanted: Option<ShardRange>) -> Result<ShardRange, GatewayExit> {
    let shards = match wanted {
        Some(shards) => shards,
        None => ShardRange::all(gateway::recommended_shards(ctx).await?),
    };
    let joined = ctx.store.join(shards, wanted.is_none()).await;
    let joined = joined.map_err(|error| GatewayExit::Other(error.to_string()))?;
    if joined != ShardRange::all(1) {
        tracing::info!(shards = %joined, "the guilds are divided into shards");
    }
    Ok(joined)
}

/// Keeps a client for each shard that this process has, until something makes that impossible.
pub async fn run(ctx: Arc<BotContext>, factory: ClientFactory, total: u32) -> GatewayExit {
    let mut clients = ShardClients {
        ctx: Arc::clone(&ctx),
        factory,
        total,
        running: JoinSet::new(),
        abort_handles: BTreeMap::new(),
    };
    let (mut warned, mut was_standby) = (false, false);
    loop {
        match ctx.store.refresh_shards().await {
            Ok(assignment) => {
                warned = false;
                let is_standby = assignment.held.is_empty();
                if is_standby && !was_standby {
                    tracing::info!(
                        "standing by: other processes have all shards, and this one takes over if one goes"
                    );
                }
                was_standby = is_standby;
                if is_standby {
                    ctx.start_scheduler.notify_one();
                }
                for shard in clients.reconcile(&assignment) {
                    clients.start(shard);
                    // What is due there need not wait for the session.
                    ctx.wake_scheduler.notify_one();
                }
                // Not before the shards are known: until then it would seem to stand by.
                ctx.health.shards_assigned();
                for shard in assignment.to_release {
                    tracing::info!(shard, "another process is to have this shard");
                    clients.stop(shard);
                    ctx.store.release_shard(shard).await;
                }
            }
            Err(error) if error.is_final() => return GatewayExit::Other(error.to_string()),
            Err(error) if warned => tracing::debug!(%error, "still not known"),
            Err(error) => {
                tracing::warn!(%error, "which shards are this process's is not known; it goes on with those it has");
                warned = true;
            }
        }
        tokio::select! {
            Some(ended) = clients.running.join_next() => {
                if let Some(end) = exit_reason(ended) {
                    return end;
                }
            }
            () = tokio::time::sleep(REFRESH_INTERVAL) => {}
        }
    }
}

/// Why a client can't be kept; none if it was ended from here.
fn exit_reason(ended: Result<GatewayExit, JoinError>) -> Option<GatewayExit> {
    match ended {
        Ok(end) => Some(end),
        Err(error) if error.is_cancelled() => None,
        Err(error) => Some(GatewayExit::Other(format!(
            "what keeps a gateway client panicked: {error}"
        ))),
    }
}

struct ShardClients {
    ctx: Arc<BotContext>,
    factory: ClientFactory,
    total: u32,
    running: JoinSet<GatewayExit>,
    abort_handles: BTreeMap<u32, AbortHandle>,
}

impl ShardClients {
    /// Ends those whose shard is gone; gives the shards that have none.
    fn reconcile(&mut self, assignment: &Assignment) -> Vec<u32> {
        let gone: Vec<u32> = self
            .abort_handles
            .keys()
            .filter(|shard| !assignment.held.contains(shard))
            .copied()
            .collect();
        for shard in gone {
            tracing::warn!(shard, "another process has taken this shard over");
            self.stop(shard);
        }
        let new = assignment.held.iter().filter(|shard| {
            !self.abort_handles.contains_key(shard) && !assignment.to_release.contains(shard)
        });
        new.copied().collect()
    }

    /// Keeps a client for a shard.
    fn start(&mut self, number: u32) {
        self.ctx
            .health
            .gateway_disconnected(number, gateway::GATEWAY_TIMEOUT);
        let shard = Shard {
            number,
            total: self.total,
        };
        let kept = gateway::supervise(Arc::clone(&self.ctx), self.factory.clone(), shard);
        self.abort_handles.insert(number, self.running.spawn(kept));
    }

    fn stop(&mut self, shard: u32) {
        if let Some(stop) = self.abort_handles.remove(&shard) {
            stop.abort();
        }
        self.ctx.health.shard_released(shard);
    }
}

//! Runs one gateway client for each shard that this process owns, and hands shards over.
//!
//! With snapshot files the shards are fixed at the start. With a database, processes join and
//! leave, and shards move between them. The store decides which process owns a shard, by a lease in
//! the database. This module polls the store once a second and starts and stops clients to match.
//! Two rules make a move safe:
//!
//! * A client starts after the shard's lease is acquired and its guilds are read.
//! * A client stops before the shard's lease is released.
//!
//! Example of an orderly hand-over of shard 3 from process A to process B, which has just started:
//!
//! 1. The database assigns shard 3 to B. A's next refresh lists it in `to_release`.
//! 2. A aborts the client of shard 3, which ends its session.
//! 3. `release_shard` refuses further changes to the shard's guilds, saves the pending ones and
//!    releases the lease.
//! 4. B's next refresh acquires the lease under a new epoch, reads the guilds and lists the shard
//!    in `held`. B starts a client and wakes the scheduler: due questions don't wait for the
//!    session.
//! 5. B's new session backfills the replies that were sent while no client was connected.
//!
//! Example of a loss, if A is suspended for a minute: its lease expires, and B acquires the shard.
//! When A resumes, the database refuses A's saves because of the old epoch, and A's next refresh no
//! longer lists the shard in `held`. A stops the client. In between two clients may receive the
//! same events, but only B's changes are saved, and A acknowledges nothing that is not saved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::{ClientFactory, GatewayExit, Shard};
use crate::bot::context::BotContext;
use crate::bot::gateway;
use quizloop_core::shard::ShardRange;
use quizloop_store::Assignment;

/// How often the shards of this process are refreshed.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Joins the other processes that share the state, if any. Without a configured number of shards it
/// uses the number that Discord recommends.
pub async fn join(
    ctx: &BotContext,
    configured: Option<ShardRange>,
) -> Result<ShardRange, GatewayExit> {
    let shards = match configured {
        Some(shards) => shards,
        None => ShardRange::all(gateway::recommended_shards(ctx).await?),
    };
    let joined = ctx.store.join(shards, configured.is_none()).await;
    let joined = joined.map_err(|error| GatewayExit::Other(error.to_string()))?;
    if joined != ShardRange::all(1) {
        tracing::info!(shards = %joined, "sharding enabled");
    }
    Ok(joined)
}

/// Runs a client for each shard of this process until one of them can't continue.
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
                    tracing::info!("standing by: other processes hold all shards");
                }
                was_standby = is_standby;
                if is_standby {
                    ctx.start_scheduler.notify_one();
                }
                for shard in clients.reconcile(&assignment) {
                    clients.start(shard);
                    // Due jobs of the shard's guilds need not wait for the session.
                    ctx.wake_scheduler.notify_one();
                }
                // Reported only now: a process without known shards would look like a standby.
                ctx.health.shards_assigned();
                for shard in assignment.to_release {
                    tracing::info!(shard, "releasing shard to another process");
                    clients.stop(shard);
                    ctx.store.release_shard(shard).await;
                }
            }
            Err(error) if error.is_final() => return GatewayExit::Other(error.to_string()),
            Err(error) if warned => tracing::debug!(%error, "shards could not be refreshed"),
            Err(error) => {
                tracing::warn!(%error, "shards could not be refreshed; keeping current ones");
                warned = true;
            }
        }
        tokio::select! {
            Some(result) = clients.running.join_next() => {
                if let Some(exit) = exit_reason(result) {
                    return exit;
                }
            }
            () = tokio::time::sleep(REFRESH_INTERVAL) => {}
        }
    }
}

/// Returns why a client can't continue; `None` if this module stopped it.
fn exit_reason(result: Result<GatewayExit, JoinError>) -> Option<GatewayExit> {
    match result {
        Ok(exit) => Some(exit),
        Err(error) if error.is_cancelled() => None,
        Err(error) => Some(GatewayExit::Other(format!(
            "a gateway supervisor panicked: {error}"
        ))),
    }
}

/// The running clients, by shard.
struct ShardClients {
    ctx: Arc<BotContext>,
    factory: ClientFactory,
    total: u32,
    running: JoinSet<GatewayExit>,
    abort_handles: BTreeMap<u32, AbortHandle>,
}

impl ShardClients {
    /// Stops the clients of shards that were lost. Returns the shards that need a client.
    fn reconcile(&mut self, assignment: &Assignment) -> Vec<u32> {
        let lost: Vec<u32> = self
            .abort_handles
            .keys()
            .filter(|shard| !assignment.held.contains(shard))
            .copied()
            .collect();
        for shard in lost {
            tracing::warn!(shard, "another process has taken this shard over");
            self.stop(shard);
        }
        let new = assignment.held.iter().filter(|shard| {
            !self.abort_handles.contains_key(shard) && !assignment.to_release.contains(shard)
        });
        new.copied().collect()
    }

    /// Starts a supervised client for a shard.
    fn start(&mut self, number: u32) {
        self.ctx
            .health
            .gateway_disconnected(number, gateway::GATEWAY_TIMEOUT);
        let shard = Shard {
            number,
            total: self.total,
        };
        let client = gateway::supervise(Arc::clone(&self.ctx), self.factory.clone(), shard);
        self.abort_handles
            .insert(number, self.running.spawn(client));
    }

    fn stop(&mut self, shard: u32) {
        if let Some(client) = self.abort_handles.remove(&shard) {
            client.abort();
        }
        self.ctx.health.shard_released(shard);
    }
}

//! Membership of this process in the cluster of processes that share a database. They agree on the
//! number of shards, divide the shards among themselves, and space their session starts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::Row;

use super::assignment::{HeldShard, Process, ShardMoves, assign};
use super::connection::{Database, DatabaseError, is_transient};
use super::lease::{
    self, LEASE_DURATION, Lease, LeaseError, ProcessIdentity, RENEW_INTERVAL, shard_as_i32,
};
use crate::backend::ShardRefresh;
use crate::ownership::IDENTIFY_INTERVAL;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;

/// Pause between attempts to join.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Maximum number of attempts to join a cluster with another number of shards. Its processes may be
/// dead; their leases have expired before the attempts end.
const MAX_JOIN_ATTEMPTS: usize = 25;

/// A dead process stays in the table `process` for an hour, for operators.
const DELETE_DEAD: &str = "delete from process where until < now() - interval '1 hour'";

/// The lock under which processes join the cluster.
pub(super) const LOCK_DIVISION: &str = "lock table division in exclusive mode";
/// Number of live processes.
pub(super) const PROCESS_COUNT: &str = "select count(*) from process where until > now()";
const SELECT_TOTAL: &str = "select total from division";
const COUNT_OTHERS: &str = "select (select count(*) from process where until > now()) + (select count(*) from lease where until > now())";
const SET_TOTAL: &str = "insert into division (total) values ($1) on conflict (one) do update set total = excluded.total";
const DELETE_LEASES: &str = "delete from lease";
const INSERT_PROCESS: &str = "insert into process (name, first, last, until) \
    values ($1, $2, $3, now() + make_interval(secs => $4)) returning process";
const RENEW_PROCESS: &str = "insert into process (process, name, first, last, until) \
    values ($5, $1, $2, $3, now() + make_interval(secs => $4)) on conflict (process) do update set until = excluded.until";
const LIVE_PROCESSES: &str = "select process, first, last from process where until > now()";
const PROCESS_NAMES: &str =
    "select name from process where until > now() and process is distinct from $1 order by process";
const HELD_SHARDS: &str = "select shard, process from lease where until > now()";
const ACQUIRE_SLOT: &str = "insert into identify as kept (slot, next) values ($1, now() + make_interval(secs => $2)) \
    on conflict (slot) do update set next = excluded.next where kept.next <= now() returning slot";
const SLOT_WAIT: &str =
    "select extract(epoch from next - now())::float8 from identify where slot = $1";

/// The cluster, as seen by this process.
pub(super) struct Cluster {
    database: Database,
    /// The connection that only renews leases: saves and loads of other guilds, however many and
    /// long, must not delay a renewal until the lease expires.
    renewals: Database,
    joined: OnceLock<(ProcessIdentity, ShardRange)>,
    // Never locked across a request.
    leases: Mutex<BTreeMap<u32, Arc<Lease>>>,
    /// Whether all leases were released and must not be renewed.
    closed: AtomicBool,
}

impl Cluster {
    pub(super) const fn new(database: Database, renewals: Database) -> Self {
        Self {
            database,
            renewals,
            joined: OnceLock::new(),
            leases: Mutex::new(BTreeMap::new()),
            closed: AtomicBool::new(false),
        }
    }

    /// Joins the cluster and returns the shards that this process may own. If the cluster has
    /// another number of shards than `wanted`, this process uses all shards of the cluster if
    /// `may_differ` is set, and otherwise waits for the others to stop.
    pub(super) async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, DatabaseError> {
        for attempt in 0.. {
            match self.register(wanted, may_differ).await {
                Ok(Ok((process, shards))) => {
                    let identity = ProcessIdentity {
                        process,
                        name: process_name(),
                        total_shards: shards.total,
                    };
                    tracing::info!(process, %shards, "cluster joined");
                    let _ = self.joined.set((identity, shards));
                    return Ok(shards);
                }
                Ok(Err(total)) if attempt >= MAX_JOIN_ATTEMPTS => {
                    return Err(DatabaseError::ShardCountMismatch {
                        total,
                        wanted: wanted.total,
                    });
                }
                Ok(Err(total)) => {
                    if attempt == 0 {
                        tracing::info!(
                            total,
                            wanted = wanted.total,
                            "cluster has another shard count; waiting"
                        );
                    }
                }
                Err(error) if is_transient(&error) => {
                    tracing::warn!(%error, "cluster could not be joined; retrying");
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        unreachable!("the loop ends only by returning")
    }

    /// Registers this process and returns its number and shards. The inner error is the cluster's
    /// number of shards, if it does not fit.
    async fn register(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<Result<(i64, ShardRange), i32>, sqlx::Error> {
        let mut transaction = self.database.begin().await?;
        transaction
            .query(LOCK_DIVISION)
            .execute(&mut *transaction)
            .await?;
        let total = transaction
            .query(SELECT_TOTAL)
            .fetch_optional(&mut *transaction)
            .await?;
        let total: Option<i32> = total.map(|row| row.try_get(0)).transpose()?;
        let others: i64 = transaction
            .query(COUNT_OTHERS)
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
        let shards = match total {
            Some(total) if total == shard_as_i32(wanted.total) => wanted,
            Some(total) if others > 0 && !may_differ => return Ok(Err(total)),
            Some(total) if others > 0 => ShardRange::all(total.unsigned_abs()),
            _ => {
                transaction
                    .query(SET_TOTAL)
                    .bind(shard_as_i32(wanted.total))
                    .execute(&mut *transaction)
                    .await?;
                // All leases have expired. Deleting them waits for open transactions of their
                // owners.
                transaction
                    .query(DELETE_LEASES)
                    .execute(&mut *transaction)
                    .await?;
                wanted
            }
        };
        let delete_dead = transaction.query(DELETE_DEAD);
        delete_dead.execute(&mut *transaction).await?;
        let row = transaction
            .query(INSERT_PROCESS)
            .bind(process_name())
            .bind(shard_as_i32(shards.first))
            .bind(shard_as_i32(shards.last))
            .bind(LEASE_DURATION.as_secs_f64())
            .fetch_one(&mut *transaction)
            .await?;
        let process = row.try_get(0)?;
        transaction.commit().await?;
        Ok(Ok((process, shards)))
    }

    /// Renews the leases and the registration of this process until the cluster is closed.
    pub(super) async fn renew_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RENEW_INTERVAL).await;
            if self.closed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "leases could not be renewed; retrying");
            }
        }
    }

    async fn renew(&self) -> Result<(), sqlx::Error> {
        let Some((identity, shards)) = self.joined.get() else {
            return Ok(());
        };
        let leases: Vec<_> = self.leases().values().cloned().collect();
        lease::renew(&self.renewals, &leases).await?;
        let mut transaction = self.renewals.begin().await?;
        transaction
            .query(RENEW_PROCESS)
            .bind(&identity.name)
            .bind(shard_as_i32(shards.first))
            .bind(shard_as_i32(shards.last))
            .bind(LEASE_DURATION.as_secs_f64())
            .bind(identity.process)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Reports lost shards. If there are none, acquires the free shards that this process should
    /// have, without their guilds.
    pub(super) async fn refresh(&self) -> Result<ShardRefresh, LeaseError> {
        let Some((identity, shards)) = self.joined.get() else {
            return Ok(ShardRefresh::default());
        };
        let mut changes = ShardRefresh {
            lost: self.remove_lost(),
            ..ShardRefresh::default()
        };
        if !changes.lost.is_empty() {
            // The caller must end its work for these shards before they can be acquired again:
            // messages that arrived in between must be read from the history by a new gateway
            // session.
            return Ok(changes);
        }
        let moves = self.plan_moves(identity, *shards).await?;
        changes.to_release = moves.release;
        for shard in moves.acquire {
            match Lease::acquire(&self.database, shard, identity).await {
                Ok(Some(lease)) => {
                    self.leases().insert(shard, Arc::new(lease));
                    changes.acquired.push(shard);
                }
                // Another process was faster.
                Ok(None) => {}
                Err(LeaseError::Database(error)) if is_transient(&error) => {
                    tracing::warn!(%error, shard, "shard lease could not be acquired; retrying");
                }
                Err(error) if changes.acquired.is_empty() => return Err(error),
                // Report the acquired shards now; the next refresh reports the error.
                Err(_) => break,
            }
        }
        Ok(changes)
    }

    /// Reads the live processes and leases, and computes what this process should acquire and
    /// release.
    async fn plan_moves(
        &self,
        identity: &ProcessIdentity,
        shards: ShardRange,
    ) -> Result<ShardMoves, sqlx::Error> {
        let read_process = |row: &sqlx::postgres::PgRow| {
            let (first, last): (i32, i32) = (row.try_get(1)?, row.try_get(2)?);
            Ok::<_, sqlx::Error>(Process {
                number: row.try_get(0)?,
                range: (first.unsigned_abs(), last.unsigned_abs()),
            })
        };
        let mut transaction = self.database.begin().await?;
        let live = transaction.query(LIVE_PROCESSES);
        let live = live.fetch_all(&mut *transaction).await?;
        let live: Result<Vec<_>, _> = live.iter().map(read_process).collect();
        let held = transaction.query(HELD_SHARDS);
        let held = held.fetch_all(&mut *transaction).await?;
        let held = held.iter().map(|row| {
            let shard: i32 = row.try_get(0)?;
            Ok::<_, sqlx::Error>(HeldShard {
                shard: shard.unsigned_abs(),
                process: row.try_get(1)?,
            })
        });
        let mut held: Vec<HeldShard> = held.collect::<Result<_, _>>()?;
        // Own leases count as held even if they have expired in the database while it was
        // unreachable. Otherwise this process would acquire a shard for which its work has not
        // ended.
        let own: Vec<u32> = self.leases().keys().copied().collect();
        held.retain(|lease| !own.contains(&lease.shard));
        let process = identity.process;
        held.extend(own.into_iter().map(|shard| HeldShard { shard, process }));
        let me = Process {
            number: process,
            range: (shards.first, shards.last),
        };
        Ok(assign(me, &live?, &held))
    }

    /// Removes and returns the leases that are marked as lost.
    fn remove_lost(&self) -> Vec<u32> {
        let mut leases = self.leases();
        let lost = leases.values().filter(|lease| lease.is_lost());
        let lost: Vec<u32> = lost.map(|lease| lease.shard).collect();
        leases.retain(|shard, _| !lost.contains(shard));
        lost
    }

    /// Returns the lease of a guild's shard, if this process holds it.
    pub(super) fn lease_of(&self, guild: GuildId) -> Option<Arc<Lease>> {
        let (_, shards) = self.joined.get()?;
        self.leases().get(&shards.shard_of(guild)).cloned()
    }

    /// Returns the shards that this process may own; `None` before it has joined.
    pub(super) fn shards(&self) -> Option<ShardRange> {
        self.joined.get().map(|(_, shards)| *shards)
    }

    /// Returns the number of this process; `None` before it has joined.
    pub(super) fn process(&self) -> Option<i64> {
        self.joined.get().map(|(identity, _)| identity.process)
    }

    /// Releases the lease of a shard.
    pub(super) async fn release(&self, shard: u32) -> Result<(), sqlx::Error> {
        let lease = self.leases().remove(&shard);
        lease::release(&self.database, lease.as_slice(), None).await
    }

    /// Releases all leases and unregisters this process.
    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        self.closed.store(true, Ordering::Relaxed);
        let leases: Vec<_> = std::mem::take(&mut *self.leases()).into_values().collect();
        lease::release(&self.database, &leases, self.process()).await
    }

    /// Acquires a slot for a session start. `None` means that the session may be started now;
    /// otherwise returns how long to wait before the next attempt.
    pub(super) async fn acquire_identify_slot(
        &self,
        slot: u32,
    ) -> Result<Option<Duration>, sqlx::Error> {
        let mut transaction = self.database.begin().await?;
        let acquire = transaction
            .query(ACQUIRE_SLOT)
            .bind(shard_as_i32(slot))
            .bind(IDENTIFY_INTERVAL.as_secs_f64());
        if acquire.fetch_optional(&mut *transaction).await?.is_some() {
            transaction.commit().await?;
            return Ok(None);
        }
        let wait = transaction.query(SLOT_WAIT).bind(shard_as_i32(slot));
        let seconds: f64 = wait.fetch_one(&mut *transaction).await?.try_get(0)?;
        Ok(Some(Duration::from_secs_f64(
            seconds.clamp(0.05, IDENTIFY_INTERVAL.as_secs_f64()),
        )))
    }

    fn leases(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Lease>>> {
        // Poisoning can be ignored: the map is consistent after every statement.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the names of the live processes, without that of process `except`.
pub(super) async fn live_processes(
    database: &Database,
    except: Option<i64>,
) -> Result<Vec<String>, DatabaseError> {
    let mut transaction = database.begin().await?;
    let names = transaction.query(PROCESS_NAMES).bind(except);
    let names = names.fetch_all(&mut *transaction).await?;
    let names = names.iter().map(|row| row.try_get(0));
    Ok(names.collect::<Result<_, _>>()?)
}

/// The name of this process for operators.
fn process_name() -> String {
    format!("process {} on {}", std::process::id(), host_name())
}

#[cfg(unix)]
fn host_name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    "a machine".into()
}

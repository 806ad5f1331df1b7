//! The processes that share a database: they agree on the number of shards, divide the shards among themselves, and take
//! turns at beginning sessions.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::{Connection, PgPool, Row};

use super::assignment::{HeldShard, Process, ShardMoves, assign};
use super::connection::DatabaseError;
use super::lease::{
    self, LEASE_DURATION, Lease, LeaseError, ProcessIdentity, RENEW_INTERVAL, shard_as_i32,
};
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use crate::store::ownership::IDENTIFY_INTERVAL;

/// How often somebody who waits for the others asks again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Processes that divide the guilds in another way may have died; so often it is looked whether they are still there.
const MAX_JOIN_ATTEMPTS: usize = 25;

/// For how long a process that is gone stays in its table, for people who look.
const DEAD_PROCESS_RETENTION: &str = "interval '1 hour'";

const LOCK_DIVISION: &str = "lock table division in exclusive mode";
const SELECT_TOTAL: &str = "select total from division";
const COUNT_OTHERS: &str = "select (select count(*) from process where until > now()) + (select count(*) from lease where until > now())";
const SET_TOTAL: &str = "insert into division (total) values ($1) on conflict (one) do update set total = excluded.total";
const DELETE_LEASES: &str = "delete from lease";
const INSERT_PROCESS: &str = "insert into process (name, first, last, until) \
    values ($1, $2, $3, now() + make_interval(secs => $4)) returning process";
const RENEW_PROCESS: &str = "insert into process (process, name, first, last, until) \
    values ($5, $1, $2, $3, now() + make_interval(secs => $4)) on conflict (process) do update set until = excluded.until";
const DELETE_PROCESS: &str = "delete from process where process = $1";
const LIVE_PROCESSES: &str = "select process, first, last from process where until > now()";
const HELD_SHARDS: &str = "select shard, process from lease where until > now()";
const ACQUIRE_SLOT: &str = "insert into identify as kept (slot, next) values ($1, now() + make_interval(secs => $2)) \
    on conflict (slot) do update set next = excluded.next where kept.next <= now() returning slot";
const SLOT_WAIT: &str =
    "select extract(epoch from next - now())::float8 from identify where slot = $1";

/// This process among the others.
pub struct Cluster {
    pool: PgPool,
    joined: OnceLock<(ProcessIdentity, ShardRange)>,
    // Guards the list, for moments; never held while anything is asked.
    leases: Mutex<BTreeMap<u32, Arc<Lease>>>,
    /// Whether everything was given back: then nothing is renewed any more.
    closed: AtomicBool,
}

/// What a look brought.
#[derive(Debug, Default)]
pub struct ShardChanges {
    /// Shards that another process has taken over.
    pub lost: Vec<u32>,
    /// Shards that were taken.
    pub taken: Vec<u32>,
    /// Shards that other processes are to have.
    pub to_release: Vec<u32>,
}

impl Cluster {
    /// Alone, so far.
    pub const fn new(pool: PgPool) -> Self {
        Self {
            pool,
            joined: OnceLock::new(),
            leases: Mutex::new(BTreeMap::new()),
            closed: AtomicBool::new(false),
        }
    }

    /// Joins the others, who may have divided the guilds already; then `wanted` must fit, unless it `may_differ`. Gives the
    /// shards that this process may have.
    pub async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, DatabaseError> {
        for asked in 0.. {
            match self.register(wanted, may_differ).await {
                Ok(Ok((process, shards))) => {
                    let holder = ProcessIdentity {
                        process,
                        name: process_name(),
                        total_shards: shards.total,
                    };
                    tracing::info!(process, %shards, "joined the processes that share the database");
                    let _ = self.joined.set((holder, shards));
                    return Ok(shards);
                }
                Ok(Err(total)) if asked >= MAX_JOIN_ATTEMPTS => {
                    return Err(DatabaseError::ShardCountMismatch {
                        total,
                        wanted: wanted.total,
                    });
                }
                Ok(Err(total)) => {
                    if asked == 0 {
                        tracing::info!(
                            "other processes have {total} shards; waiting for them to stop"
                        );
                    }
                }
                Err(error) if is_transient(&error) => {
                    tracing::warn!(%error, "the database can't be asked who shares it");
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
        unreachable!("it is asked until there is an answer")
    }

    /// Enters; or the number of shards that the others have, if that does not fit.
    async fn register(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<Result<(i64, ShardRange), i32>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        sqlx::query(LOCK_DIVISION)
            .execute(&mut *transaction)
            .await?;
        let total = sqlx::query(SELECT_TOTAL)
            .fetch_optional(&mut *transaction)
            .await?;
        let total: Option<i32> = total.map(|row| row.try_get(0)).transpose()?;
        let others: i64 = sqlx::query(COUNT_OTHERS)
            .fetch_one(&mut *transaction)
            .await?
            .try_get(0)?;
        let shards = match total {
            Some(total) if total == shard_as_i32(wanted.total) => wanted,
            Some(total) if others > 0 && !may_differ => return Ok(Err(total)),
            Some(total) if others > 0 => ShardRange::all(total.unsigned_abs()),
            _ => {
                sqlx::query(SET_TOTAL)
                    .bind(shard_as_i32(wanted.total))
                    .execute(&mut *transaction)
                    .await?;
                // All have run out. This waits for the last write of whoever had one.
                sqlx::query(DELETE_LEASES)
                    .execute(&mut *transaction)
                    .await?;
                wanted
            }
        };
        let gone = format!("delete from process where until < now() - {DEAD_PROCESS_RETENTION}");
        sqlx::query(&gone).execute(&mut *transaction).await?;
        let entered = sqlx::query(INSERT_PROCESS)
            .bind(process_name())
            .bind(shard_as_i32(shards.first))
            .bind(shard_as_i32(shards.last))
            .bind(LEASE_DURATION.as_secs_f64());
        let entered = entered.fetch_one(&mut *transaction).await?;
        let process = entered.try_get(0)?;
        transaction.commit().await?;
        Ok(Ok((process, shards)))
    }

    /// Renews what this process has, for ever.
    pub async fn renew_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RENEW_INTERVAL).await;
            if self.closed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "the leases could not be renewed");
            }
        }
    }

    async fn renew(&self) -> Result<(), sqlx::Error> {
        let Some((holder, shards)) = self.joined.get() else {
            return Ok(());
        };
        let leases: Vec<_> = self.leases().values().cloned().collect();
        lease::renew(&self.pool, &leases).await?;
        let stay = sqlx::query(RENEW_PROCESS)
            .bind(&holder.name)
            .bind(shard_as_i32(shards.first))
            .bind(shard_as_i32(shards.last))
            .bind(LEASE_DURATION.as_secs_f64())
            .bind(holder.process);
        stay.execute(&self.pool).await.map(drop)
    }

    /// Looks who is there and who has what, and takes what this process is to have and nobody has.
    pub async fn refresh(&self) -> Result<ShardChanges, LeaseError> {
        let Some((holder, shards)) = self.joined.get() else {
            return Ok(ShardChanges::default());
        };
        let mut seen = ShardChanges {
            lost: self.remove_lost(),
            ..ShardChanges::default()
        };
        if !seen.lost.is_empty() {
            // First all work for them ends. If they are to come back, it begins anew: what was said meanwhile has to be
            // read from the history.
            return Ok(seen);
        }
        let plan = self.plan_moves(holder, *shards).await?;
        seen.to_release = plan.release;
        for shard in plan.acquire {
            match Lease::acquire(&self.pool, shard, holder).await {
                Ok(Some(lease)) => {
                    self.leases().insert(shard, Arc::new(lease));
                    seen.taken.push(shard);
                }
                // Another process was quicker.
                Ok(None) => {}
                Err(LeaseError::Database(error)) if is_transient(&error) => {
                    tracing::warn!(%error, shard, "the database can't be asked for a shard");
                }
                Err(error) if seen.taken.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(seen)
    }

    async fn plan_moves(
        &self,
        holder: &ProcessIdentity,
        shards: ShardRange,
    ) -> Result<ShardMoves, sqlx::Error> {
        let process = |row: &sqlx::postgres::PgRow| {
            let (first, last): (i32, i32) = (row.try_get(1)?, row.try_get(2)?);
            Ok::<_, sqlx::Error>(Process {
                number: row.try_get(0)?,
                range: (first.unsigned_abs(), last.unsigned_abs()),
            })
        };
        let live = sqlx::query(LIVE_PROCESSES).fetch_all(&self.pool).await?;
        let live: Result<Vec<_>, _> = live.iter().map(process).collect();
        let held = sqlx::query(HELD_SHARDS).fetch_all(&self.pool).await?;
        let held = held.iter().map(|row| {
            let shard: i32 = row.try_get(0)?;
            Ok::<_, sqlx::Error>(HeldShard {
                shard: shard.unsigned_abs(),
                process: row.try_get(1)?,
            })
        });
        let mut held: Vec<HeldShard> = held.collect::<Result<_, _>>()?;
        // What this process still has although it has run out, because the database was away, is not taken again.
        let mine: Vec<u32> = self.leases().keys().copied().collect();
        held.retain(|one| !mine.contains(&one.shard));
        let by = holder.process;
        held.extend(
            mine.into_iter()
                .map(|shard| HeldShard { shard, process: by }),
        );
        let me = Process {
            number: holder.process,
            range: (shards.first, shards.last),
        };
        Ok(assign(me, &live?, &held))
    }

    fn remove_lost(&self) -> Vec<u32> {
        let mut leases = self.leases();
        let lost = leases.values().filter(|lease| lease.is_lost());
        let lost: Vec<u32> = lost.map(|lease| lease.shard).collect();
        leases.retain(|shard, _| !lost.contains(shard));
        lost
    }

    /// The lease that covers a guild, if this process has it.
    pub fn lease_of(&self, guild: GuildId) -> Option<Arc<Lease>> {
        let (_, shards) = self.joined.get()?;
        self.leases().get(&shards.shard_of(guild)).cloned()
    }

    /// How many shards there are; none before this process has joined.
    pub fn shards(&self) -> Option<ShardRange> {
        self.joined.get().map(|(_, shards)| *shards)
    }

    /// Gives a shard back.
    pub async fn release(&self, shard: u32) -> Result<(), sqlx::Error> {
        let lease = self.leases().remove(&shard);
        lease::release(&self.pool, lease.as_slice()).await
    }

    /// Gives everything back.
    pub async fn close(&self) -> Result<(), sqlx::Error> {
        self.closed.store(true, Ordering::Relaxed);
        let leases: Vec<_> = std::mem::take(&mut *self.leases()).into_values().collect();
        lease::release(&self.pool, &leases).await?;
        if let Some((holder, _)) = self.joined.get() {
            let leave = sqlx::query(DELETE_PROCESS).bind(holder.process);
            leave.execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Asks for the next turn at beginning a session: none if it is now, else when to ask again.
    pub async fn acquire_identify_slot(&self, slot: u32) -> Result<Option<Duration>, sqlx::Error> {
        let turn = sqlx::query(ACQUIRE_SLOT)
            .bind(shard_as_i32(slot))
            .bind(IDENTIFY_INTERVAL.as_secs_f64());
        if turn.fetch_optional(&self.pool).await?.is_some() {
            return Ok(None);
        }
        let next = sqlx::query(SLOT_WAIT).bind(shard_as_i32(slot));
        let seconds: f64 = next.fetch_one(&self.pool).await?.try_get(0)?;
        Ok(Some(Duration::from_secs_f64(
            seconds.clamp(0.05, IDENTIFY_INTERVAL.as_secs_f64()),
        )))
    }

    fn leases(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Lease>>> {
        // The list is whole after every statement.
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether asking again may help: the server is away, or a write has not ended.
fn is_transient(error: &sqlx::Error) -> bool {
    /// PostgreSQL's code for a lock that was not given in time, and its class for a server that goes or comes
    /// (PostgreSQL's manual, appendix A).
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    const OPERATOR_INTERVENTION: &str = "57";
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code == LOCK_NOT_AVAILABLE || code.starts_with(OPERATOR_INTERVENTION)
        }),
        _ => false,
    }
}

/// How others see this process.
fn process_name() -> String {
    format!("process {} on {}", std::process::id(), host_name())
}

#[cfg(unix)]
fn host_name() -> String {
    let machine = rustix::system::uname();
    machine.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    "a machine".into()
}

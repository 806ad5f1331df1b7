//! Shard leases: each shard has at most one owner.
//!
//! A lease must be renewed, and each new owner gets a larger epoch. A process that crashes, hangs
//! or loses its connection therefore loses its leases without doing anything. Every transaction
//! locks the lease row of its epoch (the fence), so the database refuses writes of previous owners.
//! For example, if process A hangs:
//!
//! 1. A owns shard 2 with epoch 7 and hangs just after a renewal at 12:00:00.
//! 2. After 12:00:15 A does not trust the lease any more ([`TRUST_DURATION`]). If A wakes up now,
//!    it sends no message that must be sent only once.
//! 3. At 12:00:20 the lease expires ([`LEASE_DURATION`]). Process B acquires it with epoch 8. If a
//!    transaction of A is still open, B waits for its end, because A's fence locks the key of the
//!    lease row, which a change of epoch modifies. B therefore reads guilds after A's last write.
//! 4. A wakes up at 12:01:00 and saves a guild. The fence finds no row with shard 2 and epoch 7:
//!    the transaction is refused, and A marks the lease as lost.
//! 5. A's next refresh reports shard 2 as lost. A removes its guilds from memory and ends its
//!    gateway client.
//!
//! In a planned hand-over A ends its gateway client, saves the guilds, and releases the lease,
//! which sets its end to the present time. B's next refresh acquires it without waiting for the
//! expiry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use sqlx::Row;

use super::boot_clock::BootInstant;
use super::connection::{Database, Transaction};
use super::write::{KnownCommit, WriteError};
use quizloop_core::id::GuildId;

/// How long a lease is valid after a renewal. A dead process is replaced after at most this time.
pub(super) const LEASE_DURATION: Duration = Duration::from_secs(20);

/// How often leases are renewed.
pub(super) const RENEW_INTERVAL: Duration = Duration::from_secs(5);

/// How long the owner trusts a lease after a renewal. Shorter than [`LEASE_DURATION`], because the
/// clocks of two machines differ and a message that was sent takes a moment to arrive.
const TRUST_DURATION: Duration = Duration::from_secs(15);

/// Locks the number of shards against a change during the transaction.
const TOTAL: &str = "select total from division for share";
const ACQUIRE: &str = "insert into lease as kept (shard, epoch, process, holder, until) \
    values ($1, nextval('epoch'), $2, $3, now() + make_interval(secs => $4)) \
    on conflict (shard) do update set epoch = nextval('epoch'), process = excluded.process, \
    holder = excluded.holder, until = excluded.until \
    where kept.until <= now() returning epoch";
const RENEW: &str = "update lease set until = now() + make_interval(secs => $3) \
    from unnest($1::integer[], $2::bigint[]) as mine (shard, epoch) \
    where lease.shard = mine.shard and lease.epoch = mine.epoch returning lease.shard";
const RELEASE: &str = "update lease set until = now() from unnest($1::integer[], $2::bigint[]) as mine (shard, epoch) \
    where lease.shard = mine.shard and lease.epoch = mine.epoch";
const DELETE_PROCESS: &str = "delete from process where process = $1";
const FENCE: &str = "select 1 from lease where shard = $1 and epoch = $2 for key share";
const HOLDER: &str = "select holder from lease where shard = $1";

/// A lease that this process holds or held.
#[derive(Debug)]
pub(super) struct Lease {
    /// The shard.
    pub shard: u32,
    /// The newest commits of the guilds that were saved under this lease. Nobody else writes them
    /// while it lasts.
    pub commits: DashMap<GuildId, KnownCommit>,
    epoch: i64,
    /// When the last successful renewal was sent, not when its response arrived. On the boot clock:
    /// a machine that resumes after a suspend must not trust a lease that another process has
    /// acquired meanwhile.
    renewed_at: Mutex<BootInstant>,
    lost: AtomicBool,
}

/// Another process has taken the shard over. Contains the name of that process.
#[derive(Debug, thiserror::Error)]
#[error("another process has taken over: {0}")]
pub(super) struct LeaseLost(pub String);

/// Why a request for a lease failed.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The query failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The cluster has another number of shards now.
    #[error("the guilds are divided into {0} shards now")]
    ShardCountChanged(i32),
}

/// This process, as an owner of leases.
#[derive(Debug)]
pub(super) struct ProcessIdentity {
    /// Its number in the table `process`.
    pub process: i64,
    /// Its name for operators.
    pub name: String,
    /// Number of shards of the bot.
    pub total_shards: u32,
}

impl Lease {
    /// Acquires the lease of a shard. Returns `None` if another process holds it.
    pub(super) async fn acquire(
        database: &Database,
        shard: u32,
        owner: &ProcessIdentity,
    ) -> Result<Option<Self>, LeaseError> {
        let sent_at = BootInstant::now();
        let mut transaction = database.begin().await?;
        let total = transaction.query(TOTAL);
        let total = total.fetch_one(&mut *transaction).await?;
        let total: i32 = total.try_get(0)?;
        if total != shard_as_i32(owner.total_shards) {
            return Err(LeaseError::ShardCountChanged(total));
        }
        let row = transaction
            .query(ACQUIRE)
            .bind(shard_as_i32(shard))
            .bind(owner.process)
            .bind(&owner.name)
            .bind(LEASE_DURATION.as_secs_f64())
            .fetch_optional(&mut *transaction)
            .await?;
        let epoch = row.map(|row| row.try_get(0)).transpose()?;
        transaction.commit().await?;
        Ok(epoch.map(|epoch| Self {
            shard,
            commits: DashMap::new(),
            epoch,
            renewed_at: Mutex::new(sent_at),
            lost: AtomicBool::new(false),
        }))
    }

    /// Whether the lease can't have expired yet.
    pub(super) fn is_valid(&self) -> bool {
        let renewed_at = *self
            .renewed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        !self.is_lost() && renewed_at.elapsed() < TRUST_DURATION
    }

    /// Whether the lease was released, or is known to have been taken over.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Marks the lease as lost.
    pub(super) fn revoke(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Locks the lease row until the end of the transaction, so that a takeover waits for it. Fails
    /// if another process has taken the shard over already.
    pub(super) async fn fence(&self, transaction: &mut Transaction<'_>) -> Result<(), WriteError> {
        let fence = transaction
            .query(FENCE)
            .bind(shard_as_i32(self.shard))
            .bind(self.epoch);
        if fence.fetch_optional(&mut **transaction).await?.is_some() {
            return Ok(());
        }
        self.revoke();
        let holder = transaction
            .query(HOLDER)
            .bind(shard_as_i32(self.shard))
            .fetch_optional(&mut **transaction)
            .await?;
        let holder = holder.map_or_else(|| Ok("another process".into()), |row| row.try_get(0));
        Err(LeaseLost(holder?).into())
    }
}

/// Renews leases. Leases that another process has taken over are marked as lost.
pub(super) async fn renew(database: &Database, leases: &[Arc<Lease>]) -> Result<(), sqlx::Error> {
    let sent_at = BootInstant::now();
    let (shards, epochs) = columns(leases);
    let mut transaction = database.begin().await?;
    let rows = transaction
        .query(RENEW)
        .bind(shards)
        .bind(epochs)
        .bind(LEASE_DURATION.as_secs_f64())
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    let renewed: Result<Vec<i32>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    let renewed = renewed?;
    for lease in leases {
        if renewed.contains(&shard_as_i32(lease.shard)) {
            *lease
                .renewed_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = sent_at;
        } else {
            lease.revoke();
        }
    }
    Ok(())
}

/// Releases leases, so that other processes can acquire them without waiting for their expiry. Also
/// unregisters a process that leaves the cluster.
pub(super) async fn release(
    database: &Database,
    leases: &[Arc<Lease>],
    leaving: Option<i64>,
) -> Result<(), sqlx::Error> {
    for lease in leases {
        // Before the request: from now on `is_valid` must be false.
        lease.revoke();
    }
    let (shards, epochs) = columns(leases);
    let mut transaction = database.begin().await?;
    let release = transaction.query(RELEASE).bind(shards).bind(epochs);
    release.execute(&mut *transaction).await?;
    if let Some(process) = leaving {
        let delete = transaction.query(DELETE_PROCESS).bind(process);
        delete.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

fn columns(leases: &[Arc<Lease>]) -> (Vec<i32>, Vec<i64>) {
    leases
        .iter()
        .map(|lease| (shard_as_i32(lease.shard), lease.epoch))
        .unzip()
}

/// Converts a shard number to the type of its column.
pub(super) fn shard_as_i32(shard: u32) -> i32 {
    i32::try_from(shard).unwrap_or(i32::MAX)
}

//! One owner a shard: a lease that has to be renewed, and an epoch that is larger with each new owner.
//!
//! A process that stops, hangs or is cut off loses its leases by doing nothing; others take them over with newer
//! epochs. Every transaction names its epoch, so what an old owner still writes is refused by the database itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection, PgPool, Row};

use super::write::WriteError;

/// How long a lease holds. A process that dies is replaced after this at the latest.
pub const LEASE_DURATION: Duration = Duration::from_secs(20);

/// How often it is renewed.
pub const RENEW_INTERVAL: Duration = Duration::from_secs(5);

/// So long after it was renewed it is trusted. That is less than it holds: two machines' clocks don't run alike, and
/// what is sent takes a moment to arrive.
const TRUST_DURATION: Duration = Duration::from_secs(15);

/// Nobody divides the guilds anew meanwhile.
const TOTAL: &str = "select total from division for share";
const TAKE: &str = "insert into lease as kept (shard, epoch, process, holder, until) \
    values ($1, nextval('epoch'), $2, $3, now() + make_interval(secs => $4)) \
    on conflict (shard) do update set epoch = nextval('epoch'), process = excluded.process, \
    holder = excluded.holder, until = excluded.until \
    where kept.until <= now() returning epoch";
const RENEW: &str = "update lease set until = now() + make_interval(secs => $3) \
    from unnest($1::integer[], $2::bigint[]) as mine (shard, epoch) \
    where lease.shard = mine.shard and lease.epoch = mine.epoch returning lease.shard";
const RELEASE: &str = "update lease set until = now() from unnest($1::integer[], $2::bigint[]) as mine (shard, epoch) \
    where lease.shard = mine.shard and lease.epoch = mine.epoch";
const FENCE: &str = "select 1 from lease where shard = $1 and epoch = $2 for key share";
const HOLDER: &str = "select holder from lease where shard = $1";

/// A lease that this process has, or had.
#[derive(Debug)]
pub struct Lease {
    /// The shard.
    pub shard: u32,
    epoch: i64,
    // Guards one value. When the last renewal that came through was asked for.
    renewed_at: Mutex<Instant>,
    lost: AtomicBool,
}

/// Another process has taken over.
#[derive(Debug, thiserror::Error)]
#[error("another process has taken over: {0}")]
pub struct LeaseLost(pub String);

/// Why a lease could not be asked for.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The guilds were divided anew.
    #[error("the guilds are divided into {0} shards now")]
    ShardCountChanged(i32),
}

/// Who asks for leases.
#[derive(Debug)]
pub struct ProcessIdentity {
    /// The number of its process.
    pub process: i64,
    /// How people know it.
    pub name: String,
    /// How many shards there are.
    pub total_shards: u32,
}

impl Lease {
    /// Takes the lease of a shard, unless another process has it.
    pub async fn acquire(
        pool: &PgPool,
        shard: u32,
        by: &ProcessIdentity,
    ) -> Result<Option<Self>, LeaseError> {
        let asked = Instant::now();
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        let total = sqlx::query(TOTAL).fetch_one(&mut *transaction).await?;
        let total: i32 = total.try_get(0)?;
        if total != shard_as_i32(by.total_shards) {
            return Err(LeaseError::ShardCountChanged(total));
        }
        let taken = sqlx::query(TAKE)
            .bind(shard_as_i32(shard))
            .bind(by.process)
            .bind(&by.name)
            .bind(LEASE_DURATION.as_secs_f64());
        let taken = taken.fetch_optional(&mut *transaction).await?;
        let epoch = taken.map(|row| row.try_get(0)).transpose()?;
        transaction.commit().await?;
        Ok(epoch.map(|epoch| Self {
            shard,
            epoch,
            renewed_at: Mutex::new(asked),
            lost: AtomicBool::new(false),
        }))
    }

    /// Whether the lease can't have run out by now.
    pub fn is_valid(&self) -> bool {
        let renewed = *self
            .renewed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        !self.is_lost() && renewed.elapsed() < TRUST_DURATION
    }

    /// Whether it is known that another process has taken over.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Another process has taken over.
    pub fn revoke(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Refuses a transaction if another process has taken over; makes such a process wait for its end otherwise.
    pub async fn fence(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let fence = sqlx::query(FENCE)
            .bind(shard_as_i32(self.shard))
            .bind(self.epoch);
        if fence.fetch_optional(&mut *connection).await?.is_some() {
            return Ok(());
        }
        self.revoke();
        let holder = sqlx::query(HOLDER)
            .bind(shard_as_i32(self.shard))
            .fetch_optional(connection)
            .await?;
        let holder = holder.map_or_else(|| Ok("another process".into()), |row| row.try_get(0));
        Err(LeaseLost(holder?).into())
    }
}

/// Renews leases.
pub async fn renew(pool: &PgPool, leases: &[std::sync::Arc<Lease>]) -> Result<(), sqlx::Error> {
    let asked = Instant::now();
    let (shards, epochs) = columns(leases);
    let renewed = sqlx::query(RENEW)
        .bind(shards)
        .bind(epochs)
        .bind(LEASE_DURATION.as_secs_f64());
    let renewed = renewed.fetch_all(pool).await?;
    let renewed: Result<Vec<i32>, _> = renewed.iter().map(|row| row.try_get(0)).collect();
    let renewed = renewed?;
    for lease in leases {
        if renewed.contains(&shard_as_i32(lease.shard)) {
            *lease
                .renewed_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = asked;
        } else {
            lease.revoke();
        }
    }
    Ok(())
}

/// Gives leases back, so that other processes need not wait for their end.
pub async fn release(pool: &PgPool, leases: &[std::sync::Arc<Lease>]) -> Result<(), sqlx::Error> {
    for lease in leases {
        // They are not renewed any more, and nobody trusts them.
        lease.revoke();
    }
    let (shards, epochs) = columns(leases);
    let release = sqlx::query(RELEASE).bind(shards).bind(epochs);
    release.execute(pool).await.map(drop)
}

fn columns(leases: &[std::sync::Arc<Lease>]) -> (Vec<i32>, Vec<i64>) {
    leases
        .iter()
        .map(|lease| (shard_as_i32(lease.shard), lease.epoch))
        .unzip()
}

/// As the database counts shards.
pub fn shard_as_i32(shard: u32) -> i32 {
    i32::try_from(shard).unwrap_or(i32::MAX)
}

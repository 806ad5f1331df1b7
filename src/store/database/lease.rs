//! One owner at a time: a lease that has to be renewed, and an epoch that grows with each new owner.
//!
//! A process that stops, hangs or is cut off loses its lease by doing nothing; another takes it over with the next
//! epoch. Every transaction names its epoch, so what the old owner still writes is refused by the database itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool, Row};
use tokio::sync::watch;

use super::server::NoDatabase;

/// How long a lease holds. A process that dies is replaced after this at the latest.
const HELD_FOR: Duration = Duration::from_secs(20);

/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);

/// So long after it was renewed it is trusted. That is less than it holds: two machines' clocks don't run alike, and
/// what is sent takes a moment to arrive.
const TRUSTED_FOR: Duration = Duration::from_secs(15);

/// How often somebody who waits for a lease asks for it.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The one shard there is so far.
const SHARD: i32 = 0;

const TAKE: &str = "insert into lease as kept (shard, epoch, holder, until) \
    values ($1, 1, $2, now() + make_interval(secs => $3)) \
    on conflict (shard) do update set epoch = kept.epoch + 1, holder = excluded.holder, until = excluded.until \
    where kept.until < now() returning epoch";
const RENEW: &str =
    "update lease set until = now() + make_interval(secs => $3) where shard = $1 and epoch = $2";
const RELEASE: &str = "update lease set until = now() where shard = $1 and epoch = $2";
const FENCE: &str = "select 1 from lease where shard = $1 and epoch = $2 for key share";
const HOLDER: &str = "select holder from lease where shard = $1";

/// A lease that this process has, or had.
#[derive(Debug)]
pub struct Lease {
    epoch: i64,
    // Guards one value. When the last renewal that came through was asked for.
    renewed: Mutex<Instant>,
    lost: watch::Sender<Option<String>>,
}

/// Another process has taken over.
#[derive(Debug, thiserror::Error)]
#[error("another process has taken over: {0}")]
pub struct Lost(pub String);

impl Lease {
    /// Takes the lease; waits for it as long as another process has it. A database that is away meanwhile is waited
    /// for as well.
    pub async fn take(pool: &PgPool) -> Result<Self, NoDatabase> {
        let holder = holder();
        let mut told = false;
        loop {
            let asked = Instant::now();
            match ask(pool, &holder).await {
                Ok(Ok(epoch)) => {
                    tracing::info!(epoch, "this process owns the guilds");
                    return Ok(Self {
                        epoch,
                        renewed: Mutex::new(asked),
                        lost: watch::channel(None).0,
                    });
                }
                Ok(Err(other)) if !told => {
                    tracing::info!(
                        "standing by: {other} has the guilds, and this process takes over if that one goes"
                    );
                    told = true;
                }
                Ok(Err(_)) => {}
                Err(error) if may_pass(&error) => {
                    tracing::warn!(%error, "the database can't be asked who has the guilds");
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Whether the lease can't have run out by now.
    pub fn holds(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        self.lost.borrow().is_none() && renewed.elapsed() < TRUSTED_FOR
    }

    /// Tells when another process has taken over.
    pub fn lost(&self) -> watch::Receiver<Option<String>> {
        self.lost.subscribe()
    }

    /// Refuses a transaction if another process has taken over; makes such a process wait for its end otherwise.
    pub async fn fence(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), super::write::NotWritten> {
        let fence = sqlx::query(FENCE).bind(SHARD).bind(self.epoch);
        if fence.fetch_optional(&mut *connection).await?.is_none() {
            return Err(self.gone(connection).await?.into());
        }
        Ok(())
    }

    async fn gone(&self, connection: &mut PgConnection) -> Result<Lost, sqlx::Error> {
        let lost = Lost(other(connection).await?);
        self.lost.send_replace(Some(lost.to_string()));
        Ok(lost)
    }

    async fn renew(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let asked = Instant::now();
        let renewed = sqlx::query(RENEW)
            .bind(SHARD)
            .bind(self.epoch)
            .bind(HELD_FOR.as_secs_f64());
        if renewed.execute(pool).await?.rows_affected() == 0 {
            let mut connection = pool.acquire().await?;
            self.gone(&mut connection).await?;
            return Ok(());
        }
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
        Ok(())
    }

    /// Gives the lease back, so that another process need not wait for its end.
    pub async fn release(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        // It is not renewed any more.
        self.lost.send_replace(Some("it was given back".into()));
        let release = sqlx::query(RELEASE).bind(SHARD).bind(self.epoch);
        release.execute(pool).await.map(drop)
    }
}

/// Renews the lease until another process has it.
pub async fn keep(lease: Arc<Lease>, pool: PgPool) {
    while lease.lost.borrow().is_none() {
        tokio::time::sleep(RENEW_EVERY).await;
        match tokio::time::timeout(RENEW_EVERY, lease.renew(&pool)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the lease could not be renewed"),
            Err(_) => {
                tracing::warn!("the database does not answer; the lease could not be renewed");
            }
        }
    }
}

/// Asks for the lease: the new epoch, or who has it.
async fn ask(pool: &PgPool, holder: &str) -> Result<Result<i64, String>, sqlx::Error> {
    let taken = sqlx::query(TAKE)
        .bind(SHARD)
        .bind(holder)
        .bind(HELD_FOR.as_secs_f64());
    match taken.fetch_optional(pool).await? {
        Some(row) => row.try_get(0).map(Ok),
        None => other(pool).await.map(Err),
    }
}

/// Whether asking again may help: the server is away, or the old owner's last write has not ended.
fn may_pass(error: &sqlx::Error) -> bool {
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

async fn other(connection: impl sqlx::PgExecutor<'_>) -> Result<String, sqlx::Error> {
    let holder = sqlx::query(HOLDER)
        .bind(SHARD)
        .fetch_optional(connection)
        .await?;
    holder.map_or_else(|| Ok("another process".into()), |row| row.try_get(0))
}

/// How others see this process.
fn holder() -> String {
    format!("process {} on {}", std::process::id(), machine())
}

#[cfg(unix)]
fn machine() -> String {
    let machine = rustix::system::uname();
    machine.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn machine() -> String {
    "a machine".into()
}

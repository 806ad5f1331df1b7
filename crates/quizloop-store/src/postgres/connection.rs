//! Connecting to the server: the URL, the pool, and the migrations.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Executor as _, PgConnection, PgPool};
use tokio::runtime::{Builder, Runtime};

use super::lease::LeaseError;
use crate::SnapshotError;
use quizloop_core::id::GuildId;
use quizloop_core::text::pluralize;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is invalid.
    #[error("state.url can't be read: {0}. Write postgres://user:password@host:5432/database")]
    InvalidUrl(String),
    /// The server can't be reached or refuses the connection.
    #[error(
        "the database {target} can't be used: {error}. Check that the server is running, and the user and password in state.url"
    )]
    Unreachable {
        /// Database and host, without user and password.
        target: String,
        /// The reason.
        error: sqlx::Error,
    },
    /// A migration failed.
    #[error("the tables of the database can't be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A query failed.
    #[error("the database can't be read: {0}")]
    Read(#[from] sqlx::Error),
    /// The cluster has another number of shards than this process.
    #[error(
        "other processes use this database with {}, but this process is configured for {wanted}. Set the same number in [discord] shards for all of them, or stop the others first",
        pluralize(*.total, "shard", "shards")
    )]
    ShardCountMismatch {
        /// The number of shards of the cluster.
        total: i32,
        /// The number of shards in the config of this process.
        wanted: u32,
    },
    /// The number of shards was changed while this process was not part of the cluster.
    #[error("the other processes use {0} shards now. Restart this process")]
    ShardCountChanged(i32),
    /// Other processes use the database. Contains their names.
    #[error(
        "the database is in use by {}. Stop these processes first; after a crash, wait half a minute",
        .0.join(", ")
    )]
    InUse(Vec<String>),
    /// The row of a guild is invalid.
    #[error("the row of server {guild} in the database is invalid: {error}. Nothing was changed")]
    InvalidRow {
        /// The server.
        guild: GuildId,
        /// The reason.
        error: SnapshotError,
    },
    /// A thread can't be started, or the database is closed.
    #[error("the database thread can't be used: {0}")]
    Thread(#[from] std::io::Error),
}

impl DatabaseError {
    /// Whether a retry can't help.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::ShardCountChanged(_))
    }
}

impl From<LeaseError> for DatabaseError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Database(error) => Self::Read(error),
            LeaseError::ShardCountChanged(total) => Self::ShardCountChanged(total),
        }
    }
}

/// Starts the thread that drives the connections.
pub(super) fn runtime() -> Result<Runtime, DatabaseError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("database")
        .enable_all()
        .build()?;
    Ok(runtime)
}

/// Connects a pool of at most `connections`. All waits in the server have timeouts, so that a
/// request fails and is retried rather than hang.
pub(super) async fn connect(url: &str, connections: usize) -> Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| DatabaseError::InvalidUrl(error.to_string()))?
        .application_name("quizloop")
        .options([
            ("statement_timeout", "8s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "15s"),
        ])
        .disable_statement_logging();
    let target = format!(
        "{} on {}",
        options.get_database().unwrap_or("(none)"),
        options.get_host()
    );
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(connections).unwrap_or(u32::MAX))
        // In place of the default ping: after a failover, idle connections may go to a server that
        // no longer takes writes, or still have its read-only default. They are closed and others
        // are opened.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_writable(connection)))
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(options);
    pool.await
        .map_err(|error| DatabaseError::Unreachable { target, error })
}

async fn is_writable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select not current_setting('transaction_read_only')::boolean")
        .fetch_one(connection)
        .await
}

/// A migration: its number, name and statements.
type NumberedSql = (i64, &'static str, &'static str);

/// All migrations, in order. A released migration never changes.
pub(super) const MIGRATIONS: [NumberedSql; 5] = [
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "outlines", include_str!("migrations/0002_outlines.sql")),
    (
        3,
        "application",
        include_str!("migrations/0003_application.sql"),
    ),
    (
        4,
        "snapshots",
        include_str!("migrations/0004_snapshots.sql"),
    ),
    (5, "deleted", include_str!("migrations/0005_deleted.sql")),
];

/// A migration of many guilds takes minutes. Other processes that start meanwhile wait for it.
const MIGRATION_TIMEOUTS: &str = "set statement_timeout = 0; set lock_timeout = '1h'";

/// Migrates the tables. If several processes start at once, one migrates under a lock and the
/// others wait.
pub(super) async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    apply(pool, &MIGRATIONS).await
}

/// Applies migrations that the database does not have yet.
pub(super) async fn apply(pool: &PgPool, migrations: &[NumberedSql]) -> Result<(), DatabaseError> {
    let migrations = migrations.iter().map(|(number, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(*number, (*name).into(), kind, (*sql).into(), false)
    });
    let migrator = Migrator {
        migrations: migrations.collect(),
        ..Migrator::DEFAULT
    };
    // Closed afterwards, because its timeouts are too long for anything else.
    let mut connection = pool.acquire().await?.detach();
    connection.execute(MIGRATION_TIMEOUTS).await?;
    let migrated = migrator.run(&mut connection).await;
    // The server notices it as well if the connection can't be closed in order.
    let _ = connection.close().await;
    Ok(migrated?)
}

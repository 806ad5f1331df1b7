//! Connecting to the server: the URL, the pool, transactions, and the list of migrations.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions};
use sqlx::query::Query;
use sqlx::{
    ConnectOptions, Connection as _, Executor as _, PgConnection, PgPool, Postgres, Row as _,
    SqlSafeStr,
};
use tokio::runtime::{Builder, Runtime};

use super::lease::LeaseError;
use super::migrate::MigrationTransaction;
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
        "the database {target} can't be used: {}. Check that the server is running, and the user and password in state.url",
        connection_problem(error)
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
    /// Whether a later attempt to connect may succeed without a change of the configuration.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Read(error)
            | Self::Migration(
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _),
            ) => is_transient(error),
            _ => false,
        }
    }

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

/// Describes in a sentence why a connection failed.
fn connection_problem(error: &sqlx::Error) -> String {
    match error {
        // The pool tries again until then, so the last attempt's reason is unknown.
        sqlx::Error::PoolTimedOut => {
            format!("it did not answer within {} s", CONNECT_TIMEOUT.as_secs())
        }
        sqlx::Error::Io(error) => format!("it can't be reached: {error}"),
        sqlx::Error::Database(error) => format!("it refused the connection: {}", error.message()),
        other => other.to_string(),
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

/// The parameter of the URL that allows named prepared statements, as sqlx calls it.
const STATEMENT_CACHE: &str = "statement-cache-capacity";

/// Begins a transaction. All waits in the server have timeouts, so that a request fails and is
/// retried rather than hang. They are set for the transaction: a pooler rejects them as parameters
/// of the connection, and gives the next transaction another session.
const BEGIN: &str = "begin; set local statement_timeout = '8s'; set local lock_timeout = '5s'; \
    set local idle_in_transaction_session_timeout = '15s'";

/// A pool of connections to the database or to a pooler before it.
///
/// Every query is part of a [`Transaction`] or the only message of its round trip. A pooler in
/// transaction mode, such as `PgBouncer`, gives each transaction a session of the server that other
/// processes use before and after. So nothing may depend on the state of a session: no setting, no
/// lock, and no prepared statement.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pool: PgPool,
    /// Whether the URL allows named prepared statements.
    named_statements: bool,
}

impl Database {
    /// Connects a pool of at most that many connections.
    pub(super) async fn connect(url: &str, connections: usize) -> Result<Self, DatabaseError> {
        let connections = u32::try_from(connections).unwrap_or(u32::MAX);
        Self::connect_with(url, PgPoolOptions::new().max_connections(connections)).await
    }

    /// Connects a single connection that stays open, also when the server accepts no further ones.
    pub(super) async fn connect_permanently(url: &str) -> Result<Self, DatabaseError> {
        let options = PgPoolOptions::new().max_connections(1);
        Self::connect_with(url, options.idle_timeout(None).max_lifetime(None)).await
    }

    async fn connect_with(url: &str, pool: PgPoolOptions) -> Result<Self, DatabaseError> {
        let options = connect_options(url)?;
        let target = format!(
            "{} on {}",
            options.get_database().unwrap_or("(none)"),
            options.get_host()
        );
        let pool = pool
            // In place of the default ping: after a failover, idle connections may go to a server
            // that no longer takes writes, or still have its read-only default. They are closed and
            // others are opened.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_writable(connection)))
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|error| DatabaseError::Unreachable { target, error })?;
        Ok(Self {
            pool,
            named_statements: allows_named_statements(url),
        })
    }

    /// Begins a transaction on a connection of its own. It is rolled back if it is dropped.
    pub(super) async fn begin(&self) -> Result<Transaction<'static>, sqlx::Error> {
        Ok(self.transaction(self.pool.begin_with(BEGIN).await?))
    }

    /// Begins a transaction on a connection from [`Database::acquire`].
    pub(super) async fn begin_on<'c>(
        &self,
        connection: &'c mut PgConnection,
    ) -> Result<Transaction<'c>, sqlx::Error> {
        Ok(self.transaction(connection.begin_with(BEGIN).await?))
    }

    /// Takes a connection from the pool.
    pub(super) async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.pool.acquire().await
    }

    const fn transaction<'c>(&self, inner: sqlx::Transaction<'c, Postgres>) -> Transaction<'c> {
        Transaction {
            inner,
            named_statements: self.named_statements,
        }
    }
}

/// A transaction with timeouts. Queries are executed on `&mut **transaction`.
pub(super) struct Transaction<'c> {
    inner: sqlx::Transaction<'c, Postgres>,
    named_statements: bool,
}

impl Transaction<'_> {
    /// Makes a query with parameters. It must be executed in this transaction: sqlx sends an unnamed
    /// statement and its parameters in two round trips, and only within a transaction does a pooler
    /// send both to the same session.
    pub(super) fn query<'q>(&self, sql: impl SqlSafeStr) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.named_statements)
    }

    /// Commits the transaction.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl Deref for Transaction<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

fn connect_options(url: &str) -> Result<PgConnectOptions, DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| DatabaseError::InvalidUrl(error.to_string()))?
        .application_name("quizloop")
        // Poolers reject this parameter. It concerns numbers as text, which are not used.
        .extra_float_digits(None)
        .disable_statement_logging();
    if allows_named_statements(url) {
        return Ok(options);
    }
    Ok(options.statement_cache_capacity(0))
}

/// Whether the URL allows statements that stay prepared in the session. sqlx's own default, a cache
/// of 100 statements, fails with poolers that don't keep track of them: another process has prepared
/// a different statement under the same name.
fn allows_named_statements(url: &str) -> bool {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let mut pairs = parameters
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| name == STATEMENT_CACHE && value != "0")
}

/// One message without parameters, so a pooler sends it to one session.
async fn is_writable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let query = "select not current_setting('transaction_read_only')::boolean";
    connection.fetch_one(query).await?.try_get(0)
}

/// Whether the connection failed or was closed, rather than a query.
pub(super) fn is_connection_failure(error: &sqlx::Error) -> bool {
    /// SQLSTATE class "Connection Exception" (PostgreSQL's manual, appendix A). `PgBouncer` reports
    /// with it that it can't reach the server or has no connection left.
    const CONNECTION_EXCEPTION: &str = "08";
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| code.starts_with(CONNECTION_EXCEPTION)),
        _ => false,
    }
}

/// Whether a retry may help: the server is unreachable, restarting or in a failover, or a lock was
/// not granted in time.
pub(super) fn is_transient(error: &sqlx::Error) -> bool {
    /// SQLSTATE codes `lock_not_available` and `read_only_sql_transaction`, and the class of a server
    /// that starts or shuts down (PostgreSQL's manual, appendix A).
    const TRANSIENT: [&str; 3] = ["55P03", "25006", "57"];
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let is_transient_code =
        code.is_some_and(|code| TRANSIENT.iter().any(|prefix| code.starts_with(prefix)));
    is_connection_failure(error) || is_transient_code
}

/// A migration: its number, name and statements.
type NumberedSql = (i64, &'static str, &'static str);

/// All migrations, in order. A released migration never changes.
pub(super) const MIGRATIONS: [NumberedSql; 6] = [
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
    (
        6,
        "server_questions",
        include_str!("migrations/0006_server_questions.sql"),
    ),
];

/// Migrates the tables. If several processes start at once, one migrates under a lock and the
/// others wait.
pub(super) async fn migrate(database: &Database) -> Result<(), DatabaseError> {
    apply(database, &MIGRATIONS).await
}

/// Applies migrations that the database does not have yet: all of them, or none if one fails.
pub(super) async fn apply(
    database: &Database,
    migrations: &[NumberedSql],
) -> Result<(), DatabaseError> {
    let migrations = migrations.iter().map(|(number, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(*number, (*name).into(), kind, sql.into_sql_str(), false)
    });
    let migrator = Migrator {
        migrations: migrations.collect(),
        ..Migrator::DEFAULT
    };
    let mut transaction = MigrationTransaction(database.begin().await?);
    migrator.run_direct(None, &mut transaction, false).await?;
    Ok(transaction.0.commit().await?)
}

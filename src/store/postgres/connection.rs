//! Reaching the server: the URL, the pool, the tables.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};
use tokio::runtime::{Builder, Runtime};

use super::lease::LeaseError;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is none.
    #[error("state.url can't be read: {0}. Write postgres://user:password@host:5432/database")]
    InvalidUrl(String),
    /// It can't be reached, or refuses.
    #[error(
        "the database {target} can't be used: {error}. Is the server up, and do name and password in state.url fit?"
    )]
    Unreachable {
        /// Host and database, without user and password.
        target: String,
        /// What the client says.
        error: sqlx::Error,
    },
    /// Its tables can't be brought up to date.
    #[error("the database's tables can't be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something failed while it was read.
    #[error("the database can't be read: {0}")]
    Read(#[from] sqlx::Error),
    /// Other processes have divided the guilds in another way.
    #[error(
        "the processes that use the database have {total} shards, and this one is to have some of {wanted}: write the same for all in [discord] shards, or stop the others first"
    )]
    ShardCountMismatch {
        /// How many shards they have.
        total: i32,
        /// How many this one was told of.
        wanted: u32,
    },
    /// The guilds were divided anew while this process did nothing.
    #[error("the other processes have {0} shards now: start this one again")]
    ShardCountChanged(i32),
    /// Rows that make no guild.
    #[error("the database's rows of server {guild} can't be read; nothing was changed: {message}")]
    InvalidRows {
        /// The server.
        guild: String,
        /// What is wrong.
        message: String,
    },
    /// The machine does not let us.
    #[error("no thread for the database: {0}")]
    Thread(#[from] std::io::Error),
}

impl DatabaseError {
    /// Whether asking again is of no use.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::ShardCountChanged(_))
    }
}

impl From<LeaseError> for DatabaseError {
    fn from(why: LeaseError) -> Self {
        match why {
            LeaseError::Database(error) => Self::Read(error),
            LeaseError::ShardCountChanged(total) => Self::ShardCountChanged(total),
        }
    }
}

/// One thread beside the store's own, on which connections live.
pub fn runtime() -> Result<Runtime, DatabaseError> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("database")
        .enable_all()
        .build()?;
    Ok(runtime)
}

/// Connects, with at most so many connections. Nothing waits for ever: whoever waits is told to try again.
pub async fn connect(url: &str, connections: usize) -> Result<PgPool, DatabaseError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| DatabaseError::InvalidUrl(error.to_string()))?
        .application_name("quizloop")
        .options([
            ("statement_timeout", "8s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "15s"),
        ])
        .disable_statement_logging();
    let place = format!(
        "{} on {}",
        options.get_database().unwrap_or("(none)"),
        options.get_host()
    );
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(connections).unwrap_or(u32::MAX))
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(options);
    pool.await.map_err(|error| DatabaseError::Unreachable {
        target: place,
        error,
    })
}

/// Brings the tables up to date. Of several processes one does it, under a lock, and the others wait.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    let all = [
        (1, "first", include_str!("migrations/0001_first.sql")),
        (2, "outlines", include_str!("migrations/0002_outlines.sql")),
        (
            3,
            "application",
            include_str!("migrations/0003_application.sql"),
        ),
    ];
    let migrations = all.map(|(number, name, sql)| {
        let kind = MigrationType::Simple;
        Migration::new(number, name.into(), kind, sql.into(), false)
    });
    let migrator = Migrator {
        migrations: Cow::Owned(migrations.into()),
        ..Migrator::DEFAULT
    };
    Ok(migrator.run(pool).await?)
}

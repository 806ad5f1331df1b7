//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::runtime::{Builder, Runtime};

/// Environment variable with the URL of a server on which databases may be created.
const SERVER: &str = "QUIZLOOP_TEST_POSTGRES";

/// Environment variable with the URL of a pooler before that server: `PgBouncer` in transaction
/// mode.
const POOLER: &str = "QUIZLOOP_TEST_PGBOUNCER";

/// A database that is dropped after the test.
pub struct TestDatabase {
    server: String,
    /// The URL of the server or the pooler to which the tested program connects.
    used: String,
    name: String,
}

impl TestDatabase {
    /// Creates a database. Returns `None` and prints the reason if there is no server; fails
    /// instead where tests must not be skipped.
    pub fn new() -> Option<Self> {
        let server = variable(SERVER)?;
        Some(Self::create(server.clone(), server))
    }

    /// Creates a database to which the tested program connects through the pooler.
    pub fn behind_pooler() -> Option<Self> {
        Some(Self::create(variable(SERVER)?, variable(POOLER)?))
    }

    /// Creates a database to which the tested program connects directly, and one to which it
    /// connects through the pooler.
    pub fn with_and_without_pooler() -> impl Iterator<Item = Self> {
        [Self::new, Self::behind_pooler]
            .into_iter()
            .filter_map(|create| create())
    }

    fn create(server: String, used: String) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("quizloop_{}_{number}", std::process::id());
        let test_database = Self { server, used, name };
        let name = &test_database.name;
        test_database.on_server(&[
            &format!("drop database if exists {name} with (force)"),
            &format!("create database {name}"),
        ]);
        test_database
    }

    /// The URL for the tested program.
    pub fn url(&self) -> String {
        self.url_at(&self.used)
    }

    /// The URL of the database on the server itself.
    pub fn direct_url(&self) -> String {
        self.url_at(&self.server)
    }

    fn url_at(&self, server: &str) -> String {
        let (server, _) = server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    /// Runs statements in the database.
    pub fn run(&self, statements: &[&str]) {
        run(&self.direct_url(), statements);
    }

    /// Makes all leases expire, as twenty seconds without a renewal would.
    pub fn expire_leases(&self) {
        self.run(&[
            "update lease set until = now() - interval '1 second'",
            "update process set until = now() - interval '1 second'",
        ]);
    }

    /// Returns the first column of the first row as text.
    pub fn ask(&self, query: &str) -> String {
        let url = self.direct_url();
        on_separate_thread(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let query = format!("select ({query})::text");
            sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(query))
                .fetch_one(&mut connection)
                .await
                .unwrap()
                .unwrap_or_default()
        })
    }

    /// Runs statements on the server, outside the database.
    pub fn on_server(&self, statements: &[&str]) {
        run(&self.server, statements);
    }
}

fn variable(name: &str) -> Option<String> {
    let url = std::env::var(name).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert!(std::env::var_os("QUIZLOOP_CI").is_none(), "{name} is unset");
        println!("skipped: {name} names no PostgreSQL server or pooler");
    }
    url
}

/// Runs a future on a separate thread, because the test may already run in a runtime.
fn on_separate_thread<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|threads| threads.spawn(|| runtime().block_on(work)).join().unwrap())
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn run(url: &str, statements: &[&str]) {
    on_separate_thread(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for statement in statements {
            sqlx::query(AssertSqlSafe(*statement))
                .execute(&mut connection)
                .await
                .unwrap();
        }
    });
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = &self.name;
        self.on_server(&[&format!("drop database if exists {name} with (force)")]);
    }
}

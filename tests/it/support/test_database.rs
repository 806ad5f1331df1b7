//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, PgConnection};
use tokio::runtime::{Builder, Runtime};

/// The variable with the URL of a server on which databases may be made.
const SERVER: &str = "QUIZLOOP_TEST_POSTGRES";

/// A database that is gone after the test.
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes one. None, with a word of why, if there is no server; where nothing may be skipped the test fails.
    pub fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let Some(server) = std::env::var(SERVER).ok().filter(|url| !url.is_empty()) else {
            assert!(
                std::env::var_os("QUIZLOOP_CI").is_none(),
                "{SERVER} names no server"
            );
            println!("skipped: {SERVER} names no PostgreSQL server");
            return None;
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("quizloop_{}_{number}", std::process::id());
        let test_database = Self { server, name };
        let name = &test_database.name;
        test_database.on_server(&[
            &format!("drop database if exists {name} with (force)"),
            &format!("create database {name}"),
        ]);
        Some(test_database)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    /// Runs statements in it.
    pub fn run(&self, statements: &[&str]) {
        run(&self.url(), statements);
    }

    /// What twenty seconds without a word from anybody do.
    pub fn expire_leases(&self) {
        self.run(&[
            "update lease set until = now() - interval '1 second'",
            "update process set until = now() - interval '1 second'",
        ]);
    }

    /// The first column of the first row, as text.
    pub fn ask(&self, query: &str) -> String {
        let url = self.url();
        apart(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let query = format!("select ({query})::text");
            sqlx::query_scalar::<_, Option<String>>(&query)
                .fetch_one(&mut connection)
                .await
                .unwrap()
                .unwrap_or_default()
        })
    }

    /// Runs statements on the server, outside of it.
    pub fn on_server(&self, statements: &[&str]) {
        run(&self.server, statements);
    }
}

/// On a thread of its own: tests may run in a runtime already.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|threads| threads.spawn(|| runtime().block_on(work)).join().unwrap())
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn run(url: &str, statements: &[&str]) {
    apart(async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for statement in statements {
            sqlx::query(statement)
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

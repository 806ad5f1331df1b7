//! Nothing depends on the state of a session, so a pooler may stand before the server.

use std::time::Duration;

use sqlx::{Executor, PgConnection, Row};

use super::outages::wait_until;
use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::backend::Backend;
use crate::postgres::connection::{self, Database};
use crate::postgres::{MAX_CONNECTIONS, PostgresBackend, read};
use quizloop_core::shard::ShardRange;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    connection::runtime().unwrap().block_on(work)
}

async fn text(connection: &mut PgConnection, query: &'static str) -> String {
    let row = connection.fetch_one(query).await.unwrap();
    row.try_get(0).unwrap()
}

/// Later processes use the sessions of earlier ones.
#[test]
fn several_starts_behind_a_pooler() {
    let Some(test_database) = TestDatabase::behind_pooler() else {
        return;
    };
    for seed in 1..5 {
        let store = open(&test_database);
        let expected = (seed > 1).then(|| guild_with_history(GUILD, seed - 1, 200));
        assert_eq!(store.read(GUILD, Clone::clone), expected);
        let ((), commit) =
            store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 200));
        futures::executor::block_on(commit.wait()).unwrap();
        assert!(store.close(Duration::from_secs(5)));
    }
    let locks = "select count(*) from pg_locks where locktype = 'advisory' \
        and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(test_database.ask(locks), "0");
}

/// Each transaction has timeouts, and the session keeps none of them.
#[test]
fn timeouts_of_transactions() {
    let settings = "select concat_ws(' ', current_setting('statement_timeout'), \
        current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'))";
    for test_database in TestDatabase::with_and_without_pooler() {
        block_on(async {
            let database = Database::connect(&test_database.url(), 1).await.unwrap();
            for _ in 0..2 {
                let mut transaction = database.begin().await.unwrap();
                assert_eq!(text(&mut transaction, settings).await, "8s 5s 15s");
                transaction.commit().await.unwrap();
                let mut connection = database.acquire().await.unwrap();
                assert_eq!(text(&mut connection, settings).await, "0 0 0");
            }
        });
    }
}

/// Statements stay prepared in the session only if the URL allows it.
#[test]
fn named_statements() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    assert!(open(&test_database).close(Duration::from_secs(5)));
    for (parameters, expected) in [
        ("", "0"),
        ("?sslmode=disable&statement-cache-capacity=0", "0"),
        ("?sslmode=disable&statement-cache-capacity=10", "1"),
    ] {
        let url = test_database.url() + parameters;
        block_on(async {
            let database = Database::connect(&url, 1).await.unwrap();
            read::load_metadata(&database).await.unwrap();
            let mut connection = database.acquire().await.unwrap();
            let named = "select count(*)::text from pg_prepared_statements";
            assert_eq!(text(&mut connection, named).await, expected, "{parameters}");
        });
    }
}

/// While all other connections are in use, the leases are renewed.
#[test]
fn requests_do_not_delay_renewals() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let backend = PostgresBackend::connect(&test_database.url()).unwrap();
    let shards = futures::executor::block_on(async {
        backend.join(ShardRange::all(1), false).await.unwrap();
        backend.refresh_shards().await.unwrap().acquired
    });
    assert_eq!(shards, [0]);
    let in_use: Vec<_> = (0..MAX_CONNECTIONS)
        .map(|_| backend.block_on(backend.database.begin()).unwrap())
        .collect();
    for _ in 0..2 {
        let until = test_database.ask("select until from lease");
        let ended = format!("select until <> '{until}' or until <= now() from lease");
        wait_until(&test_database, &ended);
    }
    let is_held = test_database.ask("select until > now() from lease");
    backend.block_on(async { drop(in_use) });
    assert_eq!(is_held, "true");
}

//! A database that is unreachable, hangs, or whose responses are lost.

use std::time::Duration;

use super::proxy::{Proxy, ProxyMode};
use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase};
use crate::Store;
use crate::postgres::DatabaseReader;

/// In real time: the pause between retries of a save is at most 30 s.
const TIMEOUT: Duration = Duration::from_secs(60);

fn by_proxy(test_database: &TestDatabase) -> (Proxy, Store) {
    let (proxy, url) = Proxy::before(&test_database.url());
    let store = Store::open_database(&url);
    (proxy, store.unwrap_or_else(|error| panic!("{error}")))
}

fn save(store: &Store, seed: u64) -> Result<(), String> {
    let ((), commit) = store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 200));
    futures::executor::block_on(commit.wait()).map_err(|error| error.to_string())
}

/// Waits until everything is saved, for at most `TIMEOUT`.
fn wait_until_saved(store: &Store) {
    let runtime = crate::postgres::connection::runtime().unwrap();
    let saved =
        async { tokio::time::timeout(TIMEOUT, store.latest_commit(GUILD).wait_durable()).await };
    runtime.block_on(saved).expect("it is saved in the end");
}

/// Nothing is acknowledged before it is committed. When the database is back, it is saved
/// automatically.
#[test]
fn the_database_goes_away_and_comes_back() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, store) = by_proxy(&test_database);
    save(&store, 1).unwrap();
    proxy.set(ProxyMode::Cut);
    save(&store, 2).unwrap_err();
    let reader = DatabaseReader::connect(&test_database.url()).unwrap();
    assert_eq!(
        reader.guild(GUILD).unwrap(),
        Some(guild_with_history(GUILD, 1, 200))
    );
    proxy.set(ProxyMode::Open);
    wait_until_saved(&store);
    assert_eq!(
        reader.guild(GUILD).unwrap(),
        Some(guild_with_history(GUILD, 2, 200))
    );
}

/// With many guilds to save, all commits fail after one timeout rather than one timeout per guild.
#[test]
fn many_saves_fail_together() {
    const GUILDS: u64 = 400;
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, store) = by_proxy(&test_database);
    save(&store, 1).unwrap();
    proxy.set(ProxyMode::Hung);
    let change = |number| {
        let id = quizloop_core::id::GuildId::new(number);
        store
            .upsert(id, |guild| *guild = guild_with_history(id, number, 5))
            .1
    };
    let commits: Vec<_> = (1..=GUILDS).map(change).collect();
    let runtime = crate::postgres::connection::runtime().unwrap();
    let failures = async {
        for commit in commits {
            commit.wait().await.unwrap_err();
        }
    };
    let failures = runtime.block_on(async { tokio::time::timeout(TIMEOUT, failures).await });
    failures.expect("all commits fail soon");
    proxy.set(ProxyMode::Cut);
    proxy.set(ProxyMode::Open);
    assert!(store.close(TIMEOUT));
    assert_eq!(
        test_database.ask("select count(*) from guild"),
        (GUILDS + 1).to_string()
    );
}

/// A request to a server that does not answer fails within its timeout.
#[test]
fn the_database_hangs() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, store) = by_proxy(&test_database);
    save(&store, 1).unwrap();
    proxy.set(ProxyMode::Hung);
    let error = save(&store, 2).unwrap_err();
    assert!(
        error.contains("did not answer") || error.contains("timed out"),
        "{error}"
    );
    proxy.set(ProxyMode::Cut);
    proxy.set(ProxyMode::Open);
    wait_until_saved(&store);
    let reader = DatabaseReader::connect(&test_database.url()).unwrap();
    assert_eq!(
        reader.guild(GUILD).unwrap(),
        Some(guild_with_history(GUILD, 2, 200))
    );
}

/// A commit succeeds and its response is lost: the retry finds it and does not repeat it.
#[test]
fn a_commit_in_doubt() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let (proxy, store) = by_proxy(&test_database);
        save(&store, 1).unwrap();
        for seed in 2..6 {
            proxy.set(ProxyMode::LoseResponse);
            save(&store, seed).unwrap_err();
            wait_until_saved(&store);
            let reader = DatabaseReader::connect(&test_database.url()).unwrap();
            assert_eq!(
                reader.guild(GUILD).unwrap(),
                Some(guild_with_history(GUILD, seed, 200))
            );
        }
        // One commit for the first save, and two for each other: the commit in doubt and the retry.
        assert_eq!(test_database.ask("select commit from guild"), "9");
        assert!(store.close(Duration::from_secs(5)));
    }
}

/// A server may be read-only for a while after a failover. Afterwards the lease is renewed
/// automatically, even without saves.
#[test]
fn a_read_only_server() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = super::open(&test_database);
    let url = test_database.url();
    let (_, name) = url.rsplit_once('/').unwrap();
    let read_only = format!("alter database {name} set default_transaction_read_only");
    let disconnect =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    test_database.on_server(&[&format!("{read_only} = true"), &disconnect]);
    // Wait until a renewal has failed: the lease is valid for 20 s and is renewed every 5 s.
    let is_not_renewed = "select now() - until > interval '-13 seconds' from lease";
    wait_until(&test_database, is_not_renewed);
    test_database.on_server(&[&format!("{read_only} = false")]);
    wait_until(
        &test_database,
        "select until > now() + interval '14 seconds' from lease",
    );
    save(&store, 1).unwrap();
}

pub fn wait_until(test_database: &TestDatabase, query: &str) {
    let end = std::time::Instant::now() + TIMEOUT;
    while test_database.ask(query) != "true" {
        assert!(std::time::Instant::now() < end, "{query}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A failed connection names database and host, but neither user nor password.
#[test]
fn a_connection_error_contains_no_secret() {
    let error = Store::open_database("postgres://ada:hunter2@127.0.0.1:9/quiz")
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(
        text.starts_with("the database quiz on 127.0.0.1 can't be used: "),
        "{text}"
    );
    assert!(!text.contains("hunter2") && !text.contains("ada"), "{text}");
    let error = Store::open_database("not a url").err().unwrap().to_string();
    assert!(error.starts_with("state.url can't be read: "), "{error}");
}

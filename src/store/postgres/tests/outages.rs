//! A database that is away, hangs, or whose answers get lost.

use std::time::Duration;

use super::proxy::{Proxy, ProxyMode};
use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase};
use crate::store::Store;
use crate::store::postgres::DatabaseReader;

/// Real time: a save that is tried again comes after half a minute at the latest.
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

/// Waits until all is in the database; not for ever.
fn wait_until_saved(store: &Store) {
    let runtime = crate::store::postgres::connection::runtime().unwrap();
    let saved =
        async { tokio::time::timeout(TIMEOUT, store.latest_commit(GUILD).wait_durable()).await };
    runtime.block_on(saved).expect("it is saved in the end");
}

/// Nothing is acknowledged that is not committed; when the database is back, it is saved by itself.
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

/// However many guilds wait for it, all are told at once that the database is away, not one after the other.
#[test]
fn many_are_told_at_once() {
    const GUILDS: u64 = 400;
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, store) = by_proxy(&test_database);
    save(&store, 1).unwrap();
    proxy.set(ProxyMode::Hung);
    let change = |number| {
        let id = crate::practice::id::GuildId::new(number);
        store
            .upsert(id, |guild| *guild = guild_with_history(id, number, 5))
            .1
    };
    let commits: Vec<_> = (1..=GUILDS).map(change).collect();
    let runtime = crate::store::postgres::connection::runtime().unwrap();
    let told = async {
        for commit in commits {
            commit.wait().await.unwrap_err();
        }
    };
    let told = runtime.block_on(async { tokio::time::timeout(TIMEOUT, told).await });
    told.expect("all are told soon");
    proxy.set(ProxyMode::Cut);
    proxy.set(ProxyMode::Open);
    assert!(store.close(TIMEOUT));
    assert_eq!(
        test_database.ask("select count(*) from guild"),
        (GUILDS + 1).to_string()
    );
}

/// A server that does not answer is given up in time.
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

/// The commit came through and its answer did not: it is found again, and not made twice.
#[test]
fn a_commit_in_doubt() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
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
    // One for the first, and two for each of the others: that in doubt, and the one that found it.
    assert_eq!(test_database.ask("select commit from guild"), "9");
    assert!(store.close(Duration::from_secs(5)));
}

/// After a failover the server may take no writes for a while: the lease is renewed again by itself, although nobody saves
/// anything.
#[test]
fn a_server_that_takes_no_writes() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = super::open(&test_database);
    let url = test_database.url();
    let (_, name) = url.rsplit_once('/').unwrap();
    let read_only = format!("alter database {name} set default_transaction_read_only");
    let ends =
        format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    test_database.on_server(&[&format!("{read_only} = true"), &ends]);
    // Longer than from one renewal to the next.
    let waits = "select now() - until > interval '-13 seconds' from lease";
    wait_until(&test_database, waits);
    test_database.on_server(&[&format!("{read_only} = false")]);
    wait_until(
        &test_database,
        "select until > now() + interval '14 seconds' from lease",
    );
    save(&store, 1).unwrap();
}

fn wait_until(test_database: &TestDatabase, query: &str) {
    let end = std::time::Instant::now() + TIMEOUT;
    while test_database.ask(query) != "true" {
        assert!(std::time::Instant::now() < end, "{query}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Where it is said why, neither name nor password is.
#[test]
fn who_can_not_connect_is_told_where_and_no_secret() {
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

//! A process begins with outlines, and reads a guild when somebody wants it.

use std::time::Duration;

use jiff::Timestamp;

use super::proxy::{Proxy, ProxyMode};
use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use crate::store::{GuildView, LoadError, Store};

const OTHER: GuildId = GuildId::new(GUILD.get() + 1);

fn now() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

/// Two guilds in the database; then a store that has begun as the bot does.
fn store_after_restart(test_database: &TestDatabase, url: &str) -> Store {
    let first = open(test_database);
    first.set_clock(now);
    for (seed, id) in [(1, GUILD), (2, OTHER)] {
        let ((), commit) = first.upsert(id, |guild| *guild = guild_with_history(id, seed, 200));
        wait(commit.wait()).unwrap();
    }
    assert!(first.close(Duration::from_secs(5)));
    drop(first);
    connect_and_join(url)
}

fn connect_and_join(url: &str) -> Store {
    let store = Store::connect(url).unwrap_or_else(|error| panic!("{error}"));
    store.set_clock(now);
    wait(store.join(ShardRange::all(1), false)).unwrap();
    let assignment = wait(store.refresh_shards()).unwrap();
    assert!(assignment.held.contains(&0));
    store
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    futures::executor::block_on(work)
}

fn summary(store: &Store, guild: GuildId) -> Option<GuildSummary> {
    let known = store.view(guild, |view| match view {
        GuildView::Summary(outline) => Some(outline.clone()),
        GuildView::Loaded(_) => None,
    });
    known.flatten()
}

#[test]
fn a_start_reads_outlines() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    assert_eq!(store.residency_counts(), (0, 2));
    let kept = guild_with_history(GUILD, 1, 200);
    let mut expected = kept.summary(now());
    // Whole seconds are kept.
    expected.next_due = expected
        .next_due
        .map(|wake| Timestamp::from_second(wake.as_second()).unwrap());
    assert_eq!(summary(&store, GUILD), Some(expected));
    let pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, Clone::clone), Some(kept));
    assert_eq!(store.residency_counts(), (1, 1));
    drop(pin);
}

/// What an older version wrote, or what was written without a clock, is looked at for everything.
#[test]
fn without_an_outline_everything_may_be() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    assert!(
        store_after_restart(&test_database, &test_database.url()).close(Duration::from_secs(5))
    );
    test_database.run(&["update guild set wake = null, places = null"]);
    let store = connect_and_join(&test_database.url());
    assert_eq!(summary(&store, GUILD), Some(GuildSummary::unknown()));
    let _pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(
        store.read(GUILD, Clone::clone),
        Some(guild_with_history(GUILD, 1, 200))
    );
}

/// One guild's rows that make no sense keep only that guild away.
#[test]
fn rows_that_can_not_be_read_are_left_alone() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    let broken = format!("update guild set state = '{{}}' where guild = {GUILD}");
    test_database.run(&[&broken]);
    for _ in 0..2 {
        assert!(matches!(
            wait(store.load(GUILD)),
            Err(LoadError::Unavailable)
        ));
        let ((), commit) = store.upsert(GUILD, |_| ());
        wait(commit.wait()).unwrap_err();
    }
    assert!(!store.owns(GUILD) && store.owns(OTHER));
    let _pin = wait(store.load(OTHER)).unwrap();
    assert_eq!(
        store.read(OTHER, Clone::clone),
        Some(guild_with_history(OTHER, 2, 200))
    );
    assert_eq!(
        test_database.ask(&format!("select state from guild where guild = {GUILD}")),
        "{}",
        "nothing was changed"
    );
}

/// A row that somebody deleted by hand is a guild that is not kept.
#[test]
fn a_guild_that_is_gone_from_the_database() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    test_database.run(&[&format!("delete from guild where guild = {GUILD}")]);
    let _pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, |_| ()), None);
    assert_eq!(store.guild_ids(), [OTHER]);
}

/// While the database is away whoever asks is told, and later gets what was there.
#[test]
fn a_database_that_is_away_can_be_asked_again() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, url) = Proxy::before(&test_database.url());
    let store = store_after_restart(&test_database, &url);
    proxy.set(ProxyMode::Cut);
    assert!(matches!(
        wait(store.load(GUILD)),
        Err(LoadError::Database(_))
    ));
    proxy.set(ProxyMode::Open);
    let _pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(
        store.read(GUILD, Clone::clone),
        Some(guild_with_history(GUILD, 1, 200))
    );
}

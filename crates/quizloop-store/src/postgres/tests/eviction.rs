//! A process starts with summaries, and loads a guild on demand.

use std::time::Duration;

use jiff::Timestamp;

use super::proxy::{Proxy, ProxyMode};
use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::{GuildView, LoadError, Store};
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;

const OTHER: GuildId = GuildId::new(GUILD.get() + 1);

fn now() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

/// Returns the seed of a history after which the guild's next work is in the future. Of a guild with
/// work now, the database keeps no more than that.
fn idle_seed() -> u64 {
    let is_idle = |seed: &u64| {
        let next_due = guild_with_history(GUILD, *seed, 200)
            .summary(now())
            .next_due;
        next_due > Some(now())
    };
    (1..1000).find(is_idle).unwrap()
}

/// Saves two guilds and returns a store that was started as the bot starts it.
fn store_after_restart(test_database: &TestDatabase, url: &str) -> Store {
    let first = open(test_database);
    first.set_clock(now);
    for (seed, id) in [(idle_seed(), GUILD), (2, OTHER)] {
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
    let summary = store.view(guild, |view| match view {
        GuildView::Summary(summary) => Some(summary.clone()),
        GuildView::Loaded(_) => None,
    });
    summary.flatten()
}

#[test]
fn a_start_reads_summaries() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    assert_eq!(store.residency_counts(), (0, 2));
    let guild = guild_with_history(GUILD, idle_seed(), 200);
    let mut expected = guild.summary(now());
    // The database keeps whole seconds.
    expected.next_due = expected
        .next_due
        .map(|due| Timestamp::from_second(due.as_second()).unwrap());
    assert_eq!(summary(&store, GUILD), Some(expected));
    let pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, Clone::clone), Some(guild));
    assert_eq!(store.residency_counts(), (1, 1));
    drop(pin);
}

/// Rows of an older version or of a store without a clock have no summary. Such a guild counts as
/// due now, with possible replies anywhere.
#[test]
fn a_missing_summary_is_unknown() {
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
        Some(guild_with_history(GUILD, idle_seed(), 200))
    );
}

/// An invalid row excludes only its own guild, and is not changed.
#[test]
fn a_guild_with_an_invalid_row_is_quarantined() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    let broken = format!("update guild set state = '{{\"teams\": {{}}}}' where guild = {GUILD}");
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
        "{\"teams\": {}}",
        "nothing was changed"
    );
}

/// A guild whose row somebody deleted by hand does not exist any more.
#[test]
fn a_guild_deleted_in_the_database() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = store_after_restart(&test_database, &test_database.url());
    test_database.run(&[&format!("delete from guild where guild = {GUILD}")]);
    let _pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, |_| ()), None);
    assert_eq!(store.guild_ids(), [OTHER]);
}

/// While the database is unreachable a load fails; a later load succeeds.
#[test]
fn a_load_can_be_retried_after_an_outage() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (proxy, url) = Proxy::before(&test_database.url());
    let store = store_after_restart(&test_database, &url);
    proxy.set(ProxyMode::Cut);
    assert!(matches!(wait(store.load(GUILD)), Err(LoadError::Io(_))));
    proxy.set(ProxyMode::Open);
    let _pin = wait(store.load(GUILD)).unwrap();
    assert_eq!(
        store.read(GUILD, Clone::clone),
        Some(guild_with_history(GUILD, idle_seed(), 200))
    );
}

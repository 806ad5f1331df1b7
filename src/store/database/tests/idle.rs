//! A process begins with outlines, and reads a guild when somebody wants it.

use std::time::Duration;

use jiff::Timestamp;

use super::life::lived;
use super::proxy::{Proxy, Way};
use super::{GUILD, Scratch, open};
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use crate::store::{Known, NotFetched, Store};

const OTHER: GuildId = GuildId::new(GUILD.get() + 1);

fn now() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

/// Two guilds in the database; then a store that has begun as the bot does.
fn begun(scratch: &Scratch, url: &str) -> Store {
    let first = open(scratch);
    first.tell_time(now);
    for (seed, id) in [(1, GUILD), (2, OTHER)] {
        let ((), ticket) = first.change(id, |guild| *guild = lived(id, seed, 200));
        wait(ticket.attempt()).unwrap();
    }
    assert!(first.close(Duration::from_secs(5)));
    drop(first);
    begin(url)
}

fn begin(url: &str) -> Store {
    let store = Store::connect(url).unwrap_or_else(|error| panic!("{error}"));
    store.tell_time(now);
    wait(store.join(ShardRange::all(1), false)).unwrap();
    let share = wait(store.look()).unwrap();
    assert!(share.held.contains(&0));
    store
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    futures::executor::block_on(work)
}

fn outline(store: &Store, guild: GuildId) -> Option<GuildSummary> {
    let known = store.known(guild, |known| match known {
        Known::Outline(outline) => Some(outline.clone()),
        Known::Whole(_) => None,
    });
    known.flatten()
}

#[test]
fn a_start_reads_outlines() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let store = begun(&scratch, &scratch.url());
    assert_eq!(store.count(), (0, 2));
    let kept = lived(GUILD, 1, 200);
    let mut expected = kept.summary(now());
    // Whole seconds are kept.
    expected.next_due = expected
        .next_due
        .map(|wake| Timestamp::from_second(wake.as_second()).unwrap());
    assert_eq!(outline(&store, GUILD), Some(expected));
    let pin = wait(store.fetch(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, Clone::clone), Some(kept));
    assert_eq!(store.count(), (1, 1));
    drop(pin);
}

/// What an older version wrote, or what was written without a clock, is looked at for everything.
#[test]
fn without_an_outline_everything_may_be() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    assert!(begun(&scratch, &scratch.url()).close(Duration::from_secs(5)));
    scratch.run(&["update guild set wake = null, places = null"]);
    let store = begin(&scratch.url());
    assert_eq!(outline(&store, GUILD), Some(GuildSummary::unknown()));
    let _pin = wait(store.fetch(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, Clone::clone), Some(lived(GUILD, 1, 200)));
}

/// One guild's rows that make no sense keep only that guild away.
#[test]
fn rows_that_can_not_be_read_are_left_alone() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let store = begun(&scratch, &scratch.url());
    let broken = format!("update guild set state = '{{}}' where guild = {GUILD}");
    scratch.run(&[&broken]);
    for _ in 0..2 {
        assert!(matches!(
            wait(store.fetch(GUILD)),
            Err(NotFetched::Elsewhere)
        ));
        let ((), ticket) = store.change(GUILD, |_| ());
        wait(ticket.attempt()).unwrap_err();
    }
    assert!(!store.has(GUILD) && store.has(OTHER));
    let _pin = wait(store.fetch(OTHER)).unwrap();
    assert_eq!(store.read(OTHER, Clone::clone), Some(lived(OTHER, 2, 200)));
    assert_eq!(
        scratch.ask(&format!("select state from guild where guild = {GUILD}")),
        "{}",
        "nothing was changed"
    );
}

/// A row that somebody deleted by hand is a guild that is not kept.
#[test]
fn a_guild_that_is_gone_from_the_database() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let store = begun(&scratch, &scratch.url());
    scratch.run(&[&format!("delete from guild where guild = {GUILD}")]);
    let _pin = wait(store.fetch(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, |_| ()), None);
    assert_eq!(store.guilds(), [OTHER]);
}

/// While the database is away whoever asks is told, and later gets what was there.
#[test]
fn a_database_that_is_away_can_be_asked_again() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let (proxy, url) = Proxy::before(&scratch.url());
    let store = begun(&scratch, &url);
    proxy.set(Way::Cut);
    assert!(matches!(wait(store.fetch(GUILD)), Err(NotFetched::Away(_))));
    proxy.set(Way::Open);
    let _pin = wait(store.fetch(GUILD)).unwrap();
    assert_eq!(store.read(GUILD, Clone::clone), Some(lived(GUILD, 1, 200)));
}

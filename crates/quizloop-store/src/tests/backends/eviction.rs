//! Eviction of guilds and loading them again.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::{GUILD, add_team, team};
use super::{TestBackend, load_guild, on_each_backend, save, wait};
use crate::postgres::tests::random_history::{RandomHistory, guild_with_history};
use crate::{GuildView, Store};
use quizloop_core::id::{ChannelId, GuildId};

/// A time after the last question of the teams and before the next one.
fn evening() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

pub fn open_with_clock(backend: &TestBackend) -> Store {
    let store = backend.open();
    store.set_clock(evening);
    store
}

/// Evicts all guilds that may be evicted and returns their number. Two passes, because the first
/// one only clears the mark of guilds that were used. Waits for the writer first: a commit
/// completes slightly before the writer counts the guild as clean.
pub fn evict_all(store: &Store) -> usize {
    while !store
        .guild_ids()
        .iter()
        .all(|guild| store.inner.queue.is_clean(*guild))
    {
        std::thread::yield_now();
    }
    store.evict_idle() + store.evict_idle()
}

fn is_evicted(store: &Store, guild: GuildId) -> bool {
    store.view(guild, |view| matches!(view, GuildView::Summary(_))) == Some(true)
}

#[test]
fn an_evicted_guild_is_loaded_unchanged_and_can_be_changed() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        assert!(save(&store, GUILD, add_team));
        for step in 1..6 {
            assert_eq!(evict_all(&store), 1, "step {step}");
            assert!(is_evicted(&store, GUILD) && store.residency_counts() == (0, 1));
            let loaded = load_guild(&store, GUILD).unwrap().unwrap();
            assert_eq!(loaded.teams().len(), step);
            assert!(save(&store, GUILD, add_team));
        }
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        let reopened = backend.open();
        assert_eq!(reopened.read(GUILD, |guild| guild.teams().len()), Some(6));
    });
}

/// A guild that is evicted and loaded between any two random changes equals one that never was.
#[test]
fn evictions_do_not_affect_changes() {
    on_each_backend(|backend| {
        for seed in 0..3 {
            let id = GuildId::new(GUILD.get() + seed);
            let store = open_with_clock(backend);
            let (mut history, mut model_history) =
                (RandomHistory::new(seed), RandomHistory::new(seed));
            let mut model = quizloop_core::guild::Guild::new(id);
            for step in 0..40 {
                let pin = wait(store.load(id)).unwrap();
                assert!(save(&store, id, |guild| history.step(guild)));
                model_history.step(&mut model);
                drop(pin);
                evict_all(&store);
                assert_eq!(
                    load_guild(&store, id).unwrap().as_ref(),
                    Some(&model),
                    "seed {seed}, step {step}"
                );
            }
            assert!(store.close(Duration::from_secs(5)));
        }
    });
}

#[test]
fn used_and_pinned_guilds_are_not_evicted() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        assert!(save(&store, GUILD, add_team));
        assert_eq!(store.evict_idle(), 0, "it was just used");
        let pin = wait(store.load(GUILD)).unwrap();
        assert_eq!(evict_all(&store), 0, "it is pinned");
        let second = pin.clone();
        drop(pin);
        assert_eq!(evict_all(&store), 0, "it has another pin");
        drop(second);
        assert_eq!(evict_all(&store), 1);
    });
}

/// Talk in a channel without a team does not keep a guild in memory.
#[test]
fn talk_elsewhere_is_no_use_of_a_guild() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        assert!(save(&store, GUILD, |guild| guild.insert_team(team(1))));
        evict_all(&store);
        let _ = load_guild(&store, GUILD).unwrap();
        assert_eq!(store.evict_idle(), 0, "it was just used");
        assert!(!store.may_contain_reply(GUILD, ChannelId::new(2)));
        assert!(store.may_contain_reply(GUILD, ChannelId::new(1)));
        assert_eq!(store.evict_idle(), 1);
    });
}

/// A guild that is due is not evicted, and the summary of an evicted one has its due time.
#[test]
fn due_guilds_are_not_evicted() {
    on_each_backend(|backend| {
        let store = backend.open();
        store.set_clock(|| "2026-03-30T09:30:00Z".parse().unwrap());
        assert!(save(&store, GUILD, add_team));
        assert_eq!(evict_all(&store), 0, "its question is due");
        let store = {
            assert!(store.close(Duration::from_secs(5)));
            drop(store);
            open_with_clock(backend)
        };
        assert_eq!(evict_all(&store), 1);
        let due = store.view(GUILD, |view| match view {
            GuildView::Summary(summary) => summary.next_due,
            GuildView::Loaded(_) => None,
        });
        let monday: Timestamp = "2026-03-30T09:00:00Z".parse().unwrap();
        assert_eq!(due, Some(Some(monday)));
        assert!(store.may_contain_reply(GUILD, ChannelId::new(1)));
        assert!(!store.may_contain_reply(GUILD, ChannelId::new(2)));
        assert!(!store.may_contain_reply(GuildId::new(5), ChannelId::new(1)));
    });
}

/// Without a clock the due time of guilds is unknown, so none is evicted.
#[test]
fn nothing_is_evicted_without_a_clock() {
    on_each_backend(|backend| {
        let store = backend.open();
        assert!(save(&store, GUILD, add_team));
        assert_eq!(evict_all(&store), 0);
    });
}

/// Threads load and change guilds while another one evicts them: no change is lost.
#[test]
fn concurrent_loads_changes_and_evictions() {
    const MEMBERS: u64 = 4;
    const CHANGES: i64 = 60;
    on_each_backend(|backend| {
        let store = Arc::new(open_with_clock(backend));
        let id = |number: i64| GuildId::new(GUILD.get() + number.unsigned_abs() % 3);
        std::thread::scope(|threads| {
            for member in 0..MEMBERS {
                let store = Arc::clone(&store);
                threads.spawn(move || {
                    for number in 0..CHANGES {
                        let _pin = wait(store.load(id(number))).unwrap();
                        let (new, commit) = store.upsert(id(number), |guild| {
                            let at = evening() + SignedDuration::from_mins(number);
                            let user = quizloop_core::id::UserId::new(
                                member * 1000 + number.unsigned_abs() + 1,
                            );
                            guild.add_report("tasks-1", user, "a mistake", at)
                        });
                        new.unwrap();
                        wait(commit.wait()).unwrap();
                    }
                });
            }
            let store = Arc::clone(&store);
            threads.spawn(move || {
                for _ in 0..200 {
                    store.evict_idle();
                    std::thread::yield_now();
                }
            });
        });
        evict_all(&store);
        let reports = (0..3).map(|number| {
            load_guild(&store, id(number))
                .unwrap()
                .unwrap()
                .reports()
                .len()
        });
        assert_eq!(
            reports.sum::<usize>() as u64,
            MEMBERS * CHANGES.unsigned_abs()
        );
        assert!(store.close(Duration::from_secs(5)));
    });
}

#[test]
fn a_large_guild_is_loaded() {
    on_each_backend(|backend| {
        let store = open_with_clock(backend);
        let large = guild_with_history(GUILD, 3, 30_000);
        assert!(save(&store, GUILD, |guild| *guild = large.clone()));
        evict_all(&store);
        assert_eq!(load_guild(&store, GUILD).unwrap(), Some(large));
    });
}

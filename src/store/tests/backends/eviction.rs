//! Guilds that are let go, and fetched again.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::{GUILD, add_team};
use super::{TestBackend, load_guild, on_each_backend, save, wait};
use crate::practice::id::{ChannelId, GuildId};
use crate::store::postgres::tests::random_history::{RandomHistory, guild_with_history};
use crate::store::{GuildView, Store};

/// After the teams' last question and before the next.
fn evening() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

/// A store that knows the time.
pub fn open_with_clock(place: &TestBackend) -> Store {
    let store = place.open();
    store.set_clock(evening);
    store
}

/// Two looks: who was wanted before the first rests at the second. What was acknowledged a moment ago may still be in the
/// hands of the thread that saved it, and that is waited for.
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
fn what_was_let_go_comes_back_the_same_and_goes_on() {
    on_each_backend(|place| {
        let store = open_with_clock(place);
        assert!(save(&store, GUILD, add_team));
        for step in 1..6 {
            assert_eq!(evict_all(&store), 1, "step {step}");
            assert!(is_evicted(&store, GUILD) && store.residency_counts() == (0, 1));
            let back = load_guild(&store, GUILD).unwrap().unwrap();
            assert_eq!(back.teams().len(), step);
            assert!(save(&store, GUILD, add_team));
        }
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        let again = place.open();
        assert_eq!(again.read(GUILD, |guild| guild.teams().len()), Some(6));
    });
}

/// Through random lives, let go and fetched between any two changes, a guild is what it would be otherwise.
#[test]
fn a_life_with_rests_is_a_life() {
    on_each_backend(|place| {
        for seed in 0..3 {
            let id = GuildId::new(GUILD.get() + seed);
            let store = open_with_clock(place);
            let (mut history, mut model_history) =
                (RandomHistory::new(seed), RandomHistory::new(seed));
            let mut model = crate::practice::guild::Guild::new(id);
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
fn who_is_wanted_works_or_is_not_saved_stays() {
    on_each_backend(|place| {
        let store = open_with_clock(place);
        assert!(save(&store, GUILD, add_team));
        assert_eq!(store.evict_idle(), 0, "it was wanted a moment ago");
        let pin = wait(store.load(GUILD)).unwrap();
        assert_eq!(evict_all(&store), 0, "somebody works with it");
        let second = pin.clone();
        drop(pin);
        assert_eq!(evict_all(&store), 0, "somebody else still does");
        drop(second);
        assert_eq!(evict_all(&store), 1);
    });
}

/// A guild with something to do now stays, and one that was let go says when it will be wanted.
#[test]
fn what_is_due_stays() {
    on_each_backend(|place| {
        let store = place.open();
        store.set_clock(|| "2026-03-30T09:30:00Z".parse().unwrap());
        assert!(save(&store, GUILD, add_team));
        assert_eq!(evict_all(&store), 0, "its question is due");
        let store = {
            assert!(store.close(Duration::from_secs(5)));
            drop(store);
            open_with_clock(place)
        };
        assert_eq!(evict_all(&store), 1);
        let wake = store.view(GUILD, |view| match view {
            GuildView::Summary(outline) => outline.next_due,
            GuildView::Loaded(_) => None,
        });
        let monday: Timestamp = "2026-03-30T09:00:00Z".parse().unwrap();
        assert_eq!(wake, Some(Some(monday)));
        assert!(store.may_contain_reply(GUILD, ChannelId::new(1)));
        assert!(!store.may_contain_reply(GUILD, ChannelId::new(2)));
        assert!(!store.may_contain_reply(GuildId::new(5), ChannelId::new(1)));
    });
}

/// Without a clock nobody can say when a guild is wanted, so none is let go.
#[test]
fn without_a_clock_all_stay() {
    on_each_backend(|place| {
        let store = place.open();
        assert!(save(&store, GUILD, add_team));
        assert_eq!(evict_all(&store), 0);
    });
}

/// Many want guilds that others change and let go: nothing is lost, and nobody sees a guild that is none.
#[test]
fn many_want_what_others_let_go() {
    const MEMBERS: u64 = 4;
    const CHANGES: i64 = 60;
    on_each_backend(|place| {
        let store = Arc::new(open_with_clock(place));
        let id = |number: i64| GuildId::new(GUILD.get() + number.unsigned_abs() % 3);
        std::thread::scope(|threads| {
            for member in 0..MEMBERS {
                let store = Arc::clone(&store);
                threads.spawn(move || {
                    for number in 0..CHANGES {
                        let _pin = wait(store.load(id(number))).unwrap();
                        let (new, commit) = store.upsert(id(number), |guild| {
                            let at = evening() + SignedDuration::from_mins(number);
                            let user = crate::practice::id::UserId::new(
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

/// A large guild as well, which is made large beside everything else.
#[test]
fn a_large_guild_comes_back() {
    on_each_backend(|place| {
        let store = open_with_clock(place);
        let large = guild_with_history(GUILD, 3, 30_000);
        assert!(save(&store, GUILD, |guild| *guild = large.clone()));
        evict_all(&store);
        assert_eq!(load_guild(&store, GUILD).unwrap(), Some(large));
    });
}

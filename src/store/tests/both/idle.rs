//! Guilds that are let go, and fetched again.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::{GUILD, add_team};
use super::{Place, on_both, save, wait, whole};
use crate::practice::id::{ChannelId, GuildId};
use crate::store::database::tests::life::{Life, lived};
use crate::store::{Known, Store};

/// After the teams' last question and before the next.
fn evening() -> Timestamp {
    "2026-03-27T20:00:00Z".parse().unwrap()
}

/// A store that knows the time.
pub fn clocked(place: &Place) -> Store {
    let store = place.open();
    store.tell_time(evening);
    store
}

/// Two looks: who was wanted before the first rests at the second. What was acknowledged a moment ago may still be in the
/// hands of the thread that saved it, and that is waited for.
pub fn let_all_go(store: &Store) -> usize {
    while !store
        .guilds()
        .iter()
        .all(|guild| store.inner.queue.is_free_of(*guild))
    {
        std::thread::yield_now();
    }
    store.let_go() + store.let_go()
}

fn is_away(store: &Store, guild: GuildId) -> bool {
    store.known(guild, |known| matches!(known, Known::Outline(_))) == Some(true)
}

#[test]
fn what_was_let_go_comes_back_the_same_and_goes_on() {
    on_both(|place| {
        let store = clocked(place);
        assert!(save(&store, GUILD, add_team));
        for step in 1..6 {
            assert_eq!(let_all_go(&store), 1, "step {step}");
            assert!(is_away(&store, GUILD) && store.count() == (0, 1));
            let back = whole(&store, GUILD).unwrap().unwrap();
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
    on_both(|place| {
        for seed in 0..3 {
            let id = GuildId::new(GUILD.get() + seed);
            let store = clocked(place);
            let (mut life, mut model_life) = (Life::new(seed), Life::new(seed));
            let mut model = crate::practice::guild::Guild::new(id);
            for step in 0..40 {
                let pin = wait(store.fetch(id)).unwrap();
                assert!(save(&store, id, |guild| life.happen(guild)));
                model_life.happen(&mut model);
                drop(pin);
                let_all_go(&store);
                assert_eq!(
                    whole(&store, id).unwrap().as_ref(),
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
    on_both(|place| {
        let store = clocked(place);
        assert!(save(&store, GUILD, add_team));
        assert_eq!(store.let_go(), 0, "it was wanted a moment ago");
        let pin = wait(store.fetch(GUILD)).unwrap();
        assert_eq!(let_all_go(&store), 0, "somebody works with it");
        let second = pin.clone();
        drop(pin);
        assert_eq!(let_all_go(&store), 0, "somebody else still does");
        drop(second);
        assert_eq!(let_all_go(&store), 1);
    });
}

/// A guild with something to do now stays, and one that was let go says when it will be wanted.
#[test]
fn what_is_due_stays() {
    on_both(|place| {
        let store = place.open();
        store.tell_time(|| "2026-03-30T09:30:00Z".parse().unwrap());
        assert!(save(&store, GUILD, add_team));
        assert_eq!(let_all_go(&store), 0, "its question is due");
        let store = {
            assert!(store.close(Duration::from_secs(5)));
            drop(store);
            clocked(place)
        };
        assert_eq!(let_all_go(&store), 1);
        let wake = store.known(GUILD, |known| match known {
            Known::Outline(outline) => outline.next_due,
            Known::Whole(_) => None,
        });
        let monday: Timestamp = "2026-03-30T09:00:00Z".parse().unwrap();
        assert_eq!(wake, Some(Some(monday)));
        assert!(store.may_concern(GUILD, ChannelId::new(1)));
        assert!(!store.may_concern(GUILD, ChannelId::new(2)));
        assert!(!store.may_concern(GuildId::new(5), ChannelId::new(1)));
    });
}

/// Without a clock nobody can say when a guild is wanted, so none is let go.
#[test]
fn without_a_clock_all_stay() {
    on_both(|place| {
        let store = place.open();
        assert!(save(&store, GUILD, add_team));
        assert_eq!(let_all_go(&store), 0);
    });
}

/// Many want guilds that others change and let go: nothing is lost, and nobody sees a guild that is none.
#[test]
fn many_want_what_others_let_go() {
    const MEMBERS: u64 = 4;
    const CHANGES: i64 = 60;
    on_both(|place| {
        let store = Arc::new(clocked(place));
        let id = |number: i64| GuildId::new(GUILD.get() + number.unsigned_abs() % 3);
        std::thread::scope(|threads| {
            for member in 0..MEMBERS {
                let store = Arc::clone(&store);
                threads.spawn(move || {
                    for number in 0..CHANGES {
                        let _pin = wait(store.fetch(id(number))).unwrap();
                        let (new, ticket) = store.change(id(number), |guild| {
                            let at = evening() + SignedDuration::from_mins(number);
                            let user = crate::practice::id::UserId::new(
                                member * 1000 + number.unsigned_abs() + 1,
                            );
                            guild.add_report("tasks-1", user, "a mistake", at)
                        });
                        new.unwrap();
                        wait(ticket.attempt()).unwrap();
                    }
                });
            }
            let store = Arc::clone(&store);
            threads.spawn(move || {
                for _ in 0..200 {
                    store.let_go();
                    std::thread::yield_now();
                }
            });
        });
        let_all_go(&store);
        let reports =
            (0..3).map(|number| whole(&store, id(number)).unwrap().unwrap().reports().len());
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
    on_both(|place| {
        let store = clocked(place);
        let large = lived(GUILD, 3, 30_000);
        assert!(save(&store, GUILD, |guild| *guild = large.clone()));
        let_all_go(&store);
        assert_eq!(whole(&store, GUILD).unwrap(), Some(large));
    });
}

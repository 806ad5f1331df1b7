//! What is kept stays, what is forgotten goes.

use std::time::Duration;

use super::super::{GUILD, add_team, teams};
use super::{load_guild, on_each_backend, save, wait};
use crate::practice::id::GuildId;
use crate::store::postgres::tests::random_history::{RandomHistory, guild_with_history};

#[test]
fn what_is_saved_is_there_after_a_restart() {
    on_each_backend(|place| {
        let other = GuildId::new(GUILD.get() + 1);
        let store = place.open();
        for seed in 1..4 {
            assert!(save(&store, GUILD, |guild| *guild =
                guild_with_history(GUILD, seed, 300)));
            assert!(save(&store, other, add_team));
        }
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        let again = place.open();
        assert_eq!(
            again.read(GUILD, Clone::clone),
            Some(guild_with_history(GUILD, 3, 300))
        );
        assert_eq!(teams(&again, other), 3);
        let mut guilds = again.guild_ids();
        guilds.sort();
        assert_eq!(guilds, [GUILD, other]);
    });
}

#[test]
fn every_step_of_a_life_is_kept() {
    on_each_backend(|place| {
        let mut history = RandomHistory::new(11);
        for _ in 0..5 {
            let store = place.open();
            for _ in 0..8 {
                assert!(save(&store, GUILD, |guild| history.step(guild)));
            }
            let kept = store.read(GUILD, Clone::clone);
            assert!(store.close(Duration::from_secs(5)));
            drop(store);
            let again = place.open();
            assert_eq!(again.read(GUILD, Clone::clone), kept);
            assert!(again.close(Duration::from_secs(5)));
        }
    });
}

/// Changes that come together are kept together, each with its own commit.
#[test]
fn many_changes_at_once_are_all_kept() {
    on_each_backend(|place| {
        let store = place.open();
        let ids = || (1..=40).map(|number| GuildId::new(number << 22));
        let changes = || ids().chain(ids()).chain(ids());
        let commits: Vec<_> = changes().map(|id| store.upsert(id, add_team).1).collect();
        for commit in commits {
            wait(commit.wait()).unwrap();
        }
        drop(store);
        let again = place.open();
        assert!(ids().all(|id| teams(&again, id) == 3));
    });
}

#[test]
fn a_forgotten_guild_is_gone_and_a_later_change_starts_anew() {
    on_each_backend(|place| {
        let store = place.open();
        for _ in 0..2 {
            assert!(save(&store, GUILD, add_team));
        }
        wait(store.delete(GUILD)).unwrap();
        assert!(store.guild_ids().is_empty());
        assert!(store.update(GUILD, add_team).is_none(), "it stays gone");
        assert!(save(&store, GUILD, add_team));
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        assert_eq!(teams(&place.open(), GUILD), 1);
    });
}

#[test]
fn what_was_let_go_can_be_forgotten() {
    on_each_backend(|place| {
        let store = super::eviction::open_with_clock(place);
        assert!(save(&store, GUILD, add_team));
        super::eviction::evict_all(&store);
        wait(store.delete(GUILD)).unwrap();
        assert_eq!(load_guild(&store, GUILD).unwrap(), None);
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        assert!(place.open().guild_ids().is_empty());
    });
}

#[test]
fn notes_come_back() {
    on_each_backend(|place| {
        let store = place.open();
        assert_eq!(store.metadata("commands"), None);
        store.set_metadata("commands", "abc");
        assert_eq!(store.metadata("commands").as_deref(), Some("abc"));
    });
}

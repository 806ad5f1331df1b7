//! Saved guilds survive a restart, deleted ones do not.

use std::time::Duration;

use super::super::{GUILD, add_team, deleted_at, teams};
use super::{load_guild, on_each_backend, save, wait};
use crate::postgres::tests::random_history::{RandomHistory, guild_with_history};
use quizloop_core::id::GuildId;

#[test]
fn saved_guilds_survive_a_restart() {
    on_each_backend(|backend| {
        let other = GuildId::new(GUILD.get() + 1);
        let store = backend.open();
        for seed in 1..4 {
            assert!(save(&store, GUILD, |guild| *guild =
                guild_with_history(GUILD, seed, 300)));
            assert!(save(&store, other, add_team));
        }
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        let reopened = backend.open();
        assert_eq!(
            reopened.read(GUILD, Clone::clone),
            Some(guild_with_history(GUILD, 3, 300))
        );
        assert_eq!(teams(&reopened, other), 3);
        let mut guilds = reopened.guild_ids();
        guilds.sort();
        assert_eq!(guilds, [GUILD, other]);
    });
}

#[test]
fn random_changes_survive_restarts() {
    on_each_backend(|backend| {
        let mut history = RandomHistory::new(11);
        for _ in 0..5 {
            let store = backend.open();
            for _ in 0..8 {
                assert!(save(&store, GUILD, |guild| history.step(guild)));
            }
            let expected = store.read(GUILD, Clone::clone);
            assert!(store.close(Duration::from_secs(5)));
            drop(store);
            let reopened = backend.open();
            assert_eq!(reopened.read(GUILD, Clone::clone), expected);
            assert!(reopened.close(Duration::from_secs(5)));
        }
    });
}

/// Concurrent changes are all saved, each with its own commit.
#[test]
fn concurrent_changes_are_all_saved() {
    on_each_backend(|backend| {
        let store = backend.open();
        let ids = || (1..=40).map(|number| GuildId::new(number << 22));
        let changes = || ids().chain(ids()).chain(ids());
        let commits: Vec<_> = changes().map(|id| store.upsert(id, add_team).1).collect();
        for commit in commits {
            wait(commit.wait()).unwrap();
        }
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        let reopened = backend.open();
        assert!(ids().all(|id| teams(&reopened, id) == 3));
    });
}

#[test]
fn a_change_after_a_deletion_starts_with_an_empty_guild() {
    on_each_backend(|backend| {
        let store = backend.open();
        for _ in 0..2 {
            assert!(save(&store, GUILD, add_team));
        }
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert!(store.guild_ids().is_empty());
        assert!(
            store.update(GUILD, add_team).is_none(),
            "it is not recreated"
        );
        assert!(save(&store, GUILD, add_team));
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        assert_eq!(teams(&backend.open(), GUILD), 1);
    });
}

#[test]
fn an_evicted_guild_can_be_deleted() {
    on_each_backend(|backend| {
        let store = super::eviction::open_with_clock(backend);
        assert!(save(&store, GUILD, add_team));
        super::eviction::evict_all(&store);
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert_eq!(load_guild(&store, GUILD).unwrap(), None);
        assert!(store.close(Duration::from_secs(5)));
        drop(store);
        assert!(backend.open().guild_ids().is_empty());
    });
}

#[test]
fn metadata_is_kept() {
    on_each_backend(|backend| {
        let store = backend.open();
        assert_eq!(store.metadata("commands"), None);
        store.set_metadata("commands", "abc");
        assert_eq!(store.metadata("commands").as_deref(), Some("abc"));
    });
}

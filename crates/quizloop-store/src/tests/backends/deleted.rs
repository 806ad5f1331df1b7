//! Deleted data stays restorable for a while, and then nothing of it stays.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::{GUILD, add_team, deleted_at, teams};
use super::{TestBackend, load_guild, on_each_backend, save, wait};
use crate::Store;
use crate::deleted::RESTORABLE_FOR;
use crate::postgres::tests::random_history::guild_with_history;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};

const OTHER: GuildId = GuildId::new(GUILD.get() + 1);

/// A member whom the random histories have.
const MEMBER: UserId = UserId::new(1);

/// The channels of the teams in the random histories.
const TEAMS: [ChannelId; 2] = [ChannelId::new(1), ChannelId::new(2)];

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn close(store: Store) {
    assert!(store.close(Duration::from_secs(5)));
    drop(store);
}

/// Returns the servers and times of the copies.
fn keys(backend: &TestBackend) -> Vec<(GuildId, Timestamp)> {
    let copies = backend.deleted().into_iter();
    copies.map(|copy| (copy.guild, copy.deleted_at)).collect()
}

/// Returns the contents of the only copy.
fn only_copy(backend: &TestBackend) -> Guild {
    let [copy] = <[_; 1]>::try_from(backend.deleted()).unwrap();
    copy.data.unwrap()
}

/// Returns a guild with rounds in two teams and data of the member.
fn history(guild: GuildId, seed: u64) -> Guild {
    let has_rounds = |guild: &Guild| {
        let mut teams = TEAMS.iter().filter_map(|channel| guild.team(*channel));
        let rounds = teams.by_ref().filter(|team| team.rounds().len() > 1);
        rounds.count() == TEAMS.len() && guild.has_data_of(MEMBER)
    };
    let mut all = (seed..).map(|seed| guild_with_history(guild, seed, 300));
    all.find(has_rounds).unwrap()
}

fn save_history(store: &Store, guild: GuildId, seed: u64) -> Guild {
    let history = history(guild, seed);
    assert!(save(store, guild, |guild| *guild = history.clone()));
    history
}

#[test]
fn a_deleted_guild_can_be_restored() {
    on_each_backend(|backend| {
        let store = backend.open();
        let history = save_history(&store, GUILD, 1);
        let other = save_history(&store, OTHER, 2);
        assert!(!wait(store.has_copies()).unwrap());
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert!(wait(store.has_copies()).unwrap());
        close(store);
        assert_eq!(keys(backend), [(GUILD, deleted_at())]);
        assert_eq!(only_copy(backend), history);
        let reopened = backend.open();
        assert_eq!(reopened.guild_ids(), [OTHER]);
        close(reopened);
        backend.restore(GUILD, None, deleted_at() + days(1));
        assert_eq!(keys(backend), []);
        let reopened = backend.open();
        assert_eq!(load_guild(&reopened, GUILD).unwrap(), Some(history));
        assert_eq!(load_guild(&reopened, OTHER).unwrap(), Some(other));
        // It can be changed and deleted as before.
        assert!(save(&reopened, GUILD, add_team));
        wait(reopened.delete(GUILD, deleted_at() + days(2))).unwrap();
        assert_eq!(keys(backend), [(GUILD, deleted_at() + days(2))]);
        close(reopened);
    });
}

/// A guild that was never saved leaves no copy. Fractions of a second are dropped, and a second copy
/// of the same second gets the next one.
#[test]
fn copies_have_different_times() {
    on_each_backend(|backend| {
        let store = backend.open();
        wait(store.delete(GUILD, deleted_at())).unwrap();
        assert_eq!(keys(backend), []);
        let second = SignedDuration::from_secs(1);
        for part in 0..3 {
            assert!(save(&store, GUILD, add_team));
            let at = deleted_at() + SignedDuration::from_millis(100 * part);
            wait(store.delete(GUILD, at)).unwrap();
        }
        let expected = [0, 1, 2].map(|number| (GUILD, deleted_at() + second * number));
        assert_eq!(keys(backend), expected);
        close(store);
        backend.restore(GUILD, Some(deleted_at() + second), deleted_at());
        assert_eq!(keys(backend), [expected[0], expected[2]]);
    });
}

#[test]
fn a_member_is_deleted_from_copies_as_well() {
    on_each_backend(|backend| {
        let store = backend.open();
        for guild in [GUILD, OTHER] {
            save_history(&store, guild, 1);
            wait(store.delete(guild, deleted_at())).unwrap();
        }
        let guild = wait(store.load(GUILD)).unwrap();
        let erased = guild.erase(|state| state.delete_member(MEMBER, deleted_at()));
        wait(erased).unwrap();
        let of_member = |copy: &crate::deleted::DeletedGuild| {
            let data = copy.data.as_ref().unwrap();
            (copy.guild, data.has_data_of(MEMBER), data.teams().len())
        };
        let copies: Vec<_> = backend.deleted().iter().map(of_member).collect();
        assert_eq!(copies, [(GUILD, false, 2), (OTHER, true, 2)]);
        drop(guild);
        close(store);
    });
}

/// Nobody can tell whether a copy that can't be read has data of the member.
#[test]
fn a_deletion_removes_copies_that_cannot_be_read() {
    on_each_backend(|backend| {
        let store = backend.open();
        save_history(&store, GUILD, 1);
        wait(store.delete(GUILD, deleted_at())).unwrap();
        damage_copies(backend);
        assert!(backend.deleted()[0].data.is_err());
        // An operator may still repair it.
        wait(store.expire_copies(deleted_at() - days(1), |_| ())).unwrap();
        assert_eq!(keys(backend).len(), 1);
        let guild = wait(store.load(GUILD)).unwrap();
        wait(guild.erase(|state| state.delete_member(MEMBER, deleted_at()))).unwrap();
        assert_eq!(keys(backend), []);
        drop(guild);
        close(store);
    });
}

fn damage_copies(backend: &TestBackend) {
    match backend {
        TestBackend::Folder(dir) => {
            for file in std::fs::read_dir(dir.path().join("deleted")).unwrap() {
                std::fs::write(file.unwrap().path(), "{}").unwrap();
            }
        }
        TestBackend::Database(database) => {
            database.run(&["update deleted_guild set state = '{}'"]);
        }
    }
}

#[test]
fn copies_expire() {
    on_each_backend(|backend| {
        let store = backend.open();
        save_history(&store, GUILD, 1);
        save_history(&store, OTHER, 1);
        let later = deleted_at() + SignedDuration::from_secs(1);
        wait(store.delete(GUILD, deleted_at())).unwrap();
        wait(store.delete(OTHER, later)).unwrap();
        // The change reaches what stays, such as the data of members who are inactive.
        let expire = |now: Timestamp| {
            store.expire_copies(now - RESTORABLE_FOR, |copy| {
                copy.delete_member(MEMBER, deleted_at());
            })
        };
        wait(expire(
            deleted_at() + days(7) - SignedDuration::from_secs(1),
        ))
        .unwrap();
        assert_eq!(keys(backend), [(GUILD, deleted_at()), (OTHER, later)]);
        wait(expire(deleted_at() + days(7))).unwrap();
        assert_eq!(keys(backend), [(OTHER, later)]);
        assert!(!only_copy(backend).has_data_of(MEMBER));
        wait(expire(later + days(7))).unwrap();
        assert_eq!(keys(backend), []);
        close(store);
        if let TestBackend::Folder(dir) = backend {
            let left = std::fs::read_dir(dir.path().join("deleted")).unwrap();
            assert_eq!(left.count(), 0);
        }
    });
}

/// One team was deleted. The other teams and the members' reviews continue meanwhile, and a restore
/// leaves them as they are.
#[test]
fn a_deleted_team_is_restored_beside_the_others() {
    on_each_backend(|backend| {
        let store = backend.open();
        let before = save_history(&store, GUILD, 1);
        let [removed, other] = TEAMS;
        let guild = wait(store.load(GUILD)).unwrap();
        let kept = guild.keep_copy(|guild| guild.with_only_team(removed), deleted_at());
        assert_eq!(wait(kept), Ok(true));
        let missing = guild.keep_copy(
            |guild| guild.with_only_team(ChannelId::new(9)),
            deleted_at(),
        );
        assert_eq!(wait(missing), Ok(false));
        drop(guild);
        let after = history(GUILD, 50);
        assert!(save(&store, GUILD, |guild| {
            *guild = after.clone();
            guild.remove_team(removed);
        }));
        close(store);
        backend.restore(GUILD, None, deleted_at() + days(1));
        let reopened = backend.open();
        let restored = load_guild(&reopened, GUILD).unwrap().unwrap();
        assert_eq!(restored.team(removed), before.team(removed));
        assert_eq!(restored.team(other), after.team(other));
        assert!(after.reviews(MEMBER).eq(restored.reviews(MEMBER)));
        assert_eq!(restored.reports(), after.reports());
        assert_eq!(teams(&reopened, GUILD), 2);
        close(reopened);
        // What was replaced is kept.
        assert_eq!(keys(backend), [(GUILD, deleted_at() + days(1))]);
        assert_eq!(only_copy(backend).team(removed), None);
    });
}

/// The bot was removed, invited again and set up again: the old team takes the place of the new one.
#[test]
fn a_deleted_guild_is_restored_over_a_new_one() {
    on_each_backend(|backend| {
        let store = backend.open();
        let before = save_history(&store, GUILD, 1);
        wait(store.delete(GUILD, deleted_at())).unwrap();
        let new_team = |guild: &mut Guild| (1..=3).for_each(|_| add_team(guild));
        assert!(save(&store, GUILD, new_team));
        close(store);
        backend.restore(GUILD, None, deleted_at() + days(1));
        let reopened = backend.open();
        let restored = load_guild(&reopened, GUILD).unwrap().unwrap();
        for channel in TEAMS {
            assert_eq!(restored.team(channel), before.team(channel));
        }
        assert_eq!(restored.teams().len(), 3, "the third one is new");
        close(reopened);
        let mut replaced = Guild::new(GUILD);
        new_team(&mut replaced);
        assert_eq!(only_copy(backend), replaced);
    });
}

/// After a crash in the middle of a deletion a guild and its copy may be the same.
#[test]
fn nothing_is_doubled_by_a_restore() {
    for seed in 0..20 {
        let guild = guild_with_history(GUILD, seed, 300);
        let mut same = guild.clone();
        same.fill_from(guild.clone());
        assert_eq!(same, guild);
        let other = guild_with_history(GUILD, seed + 100, 300);
        let mut both = guild.clone();
        both.fill_from(other.clone());
        assert_eq!(both.check(), Ok(()));
        for user in (1..=4).map(UserId::new) {
            for (question, theirs) in other.reviews(user) {
                let found = both.review(user, question).unwrap();
                assert!(found.last >= theirs.last);
            }
        }
    }
}

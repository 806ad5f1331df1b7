//! Guilds are read as they were written.

use super::random_history::{RandomHistory, guild_with_history};
use super::{GUILD, TestDatabase, open};
use crate::postgres::DatabaseReader;
use crate::tests::deleted_at;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::team::PostingFailure;

/// After each save of random changes, the database has the same guild as memory.
#[tokio::test(flavor = "multi_thread")]
async fn random_changes_are_read_back() {
    tokio::task::block_in_place(|| {
        let Some(test_database) = TestDatabase::new() else {
            return;
        };
        let store = open(&test_database);
        let reader = DatabaseReader::connect(&test_database.url()).unwrap();
        for seed in 0..4 {
            let id = GuildId::new(GUILD.get() + seed);
            let mut history = RandomHistory::new(seed);
            for step in 0..60 {
                let ((), commit) = store.upsert(id, |guild| {
                    for _ in 0..3 {
                        history.step(guild);
                    }
                });
                futures::executor::block_on(commit.wait()).unwrap();
                let expected = store.read(id, Clone::clone).unwrap();
                assert_eq!(
                    reader.guild(id).unwrap(),
                    Some(expected),
                    "seed {seed}, step {step}"
                );
            }
        }
        let mut guilds: Vec<_> = store.guild_ids();
        guilds.sort_unstable();
        assert_eq!(reader.guild_ids().unwrap(), guilds);
        assert!(store.close(std::time::Duration::from_secs(5)));
        drop(store);
        // Another process reads the same guilds.
        let reopened = open(&test_database);
        for id in guilds {
            assert_eq!(reopened.read(id, Clone::clone), reader.guild(id).unwrap());
        }
    });
}

/// A row that something else has written meanwhile is not overwritten.
#[test]
fn a_row_changed_outside_of_this_process() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = open(&test_database);
    let save = |seed| {
        let ((), commit) =
            store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 50));
        futures::executor::block_on(commit.wait())
    };
    save(1).unwrap();
    test_database.run(&["update guild set commit = commit + 1"]);
    let error = save(2).unwrap_err().to_string();
    let expected = "was changed outside of this process: found commit 2, expected 1.";
    assert!(error.contains(expected), "{error}");
    let reader = DatabaseReader::connect(&test_database.url()).unwrap();
    let saved = reader.guild(GUILD).unwrap();
    assert_eq!(saved, Some(guild_with_history(GUILD, 1, 50)));
}

/// A deletion leaves no rows, and a later change starts with an empty guild.
#[test]
fn a_deleted_guild_leaves_no_row() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = open(&test_database);
    let save = |seed| {
        let ((), commit) =
            store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 300));
        futures::executor::block_on(commit.wait()).unwrap();
    };
    save(1);
    futures::executor::block_on(store.delete(GUILD, deleted_at())).unwrap();
    let left = "(select count(*) from guild) + (select count(*) from team) + (select count(*) from round) \
        + (select count(*) from member) + (select count(*) from person) + (select count(*) from review) \
        + (select count(*) from report)";
    assert_eq!(test_database.ask(left), "0");
    save(2);
    let reader = DatabaseReader::connect(&test_database.url()).unwrap();
    assert_eq!(
        reader.guild(GUILD).unwrap(),
        Some(guild_with_history(GUILD, 2, 300))
    );
}

/// PostgreSQL can't store U+0000. It is removed, so that the rest of the guild is saved.
#[test]
fn null_characters_do_not_prevent_a_save() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = open(&test_database);
    let at = "2026-03-27T08:00:00Z".parse().unwrap();
    let ((), commit) = store.upsert(GUILD, |guild| {
        let mut team = crate::tests::team(1);
        team.posting_failure = Some(PostingFailure {
            since: at,
            message: "bad\0 gateway, \\u0000".into(),
        });
        guild.insert_team(team);
        guild
            .add_report("tasks-1\0", UserId::new(1), "a mistake", at)
            .unwrap();
    });
    futures::executor::block_on(commit.wait()).unwrap();
    let reader = DatabaseReader::connect(&test_database.url()).unwrap();
    let saved = reader.guild(GUILD).unwrap().unwrap();
    let team = saved.team(ChannelId::new(1)).unwrap();
    let failure = team.posting_failure.as_ref().unwrap();
    assert_eq!(failure.message, "bad gateway, \\u0000");
    assert_eq!(saved.reports()[0].question, "tasks-1");
}

#[test]
fn metadata_is_kept() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = open(&test_database);
    assert_eq!(store.metadata("commands"), None);
    store.set_metadata("commands", "abc");
    assert_eq!(store.metadata("commands").as_deref(), Some("abc"));
    while test_database.ask("select text from note where name = 'commands'") != "abc" {
        std::thread::yield_now();
    }
}

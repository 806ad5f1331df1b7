//! What is read is what was written.

use super::random_history::{RandomHistory, guild_with_history};
use super::{GUILD, TestDatabase, open};
use crate::practice::id::GuildId;
use crate::store::postgres::DatabaseReader;
use crate::store::postgres::row_cache::row_hashes;
use crate::store::postgres::rows::split_guild;

/// Whatever happens to a guild, after each save the database has the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_guild_at_each_step_of_its_life() {
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
                let kept = store.read(id, Clone::clone).unwrap();
                assert_eq!(
                    reader.guild(id).unwrap(),
                    Some(kept),
                    "seed {seed}, step {step}"
                );
            }
        }
        let mut kept: Vec<_> = store.guild_ids();
        kept.sort_unstable();
        assert_eq!(reader.guild_ids().unwrap(), kept);
        assert!(store.close(std::time::Duration::from_secs(5)));
        drop(store);
        // Another process finds the same.
        let again = open(&test_database);
        for id in kept {
            assert_eq!(again.read(id, Clone::clone), reader.guild(id).unwrap());
        }
    });
}

/// Only rows that changed are written: the database counts.
#[test]
fn only_changed_rows_are_written() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let store = open(&test_database);
    let save = |change: &dyn Fn(&mut crate::practice::guild::Guild)| {
        let ((), commit) = store.upsert(GUILD, |guild| change(guild));
        futures::executor::block_on(commit.wait()).unwrap();
    };
    save(&|guild| *guild = guild_with_history(GUILD, 7, 400));
    let rows = split_guild(&store.read(GUILD, Clone::clone).unwrap())
        .unwrap()
        .rows;
    assert!(row_hashes(&rows).len() > 20, "it has lived");
    // A row tells which transaction wrote it.
    let by = |table| format!("select xmin::text as by from {table}");
    let tables = ["team", "round", "member", "person", "review", "report"].map(by);
    let tables = tables.join(" union all ");
    let touched = format!(
        "select count(*) from ({tables}) as rows \
         where by <> (select mode() within group (order by by) from ({tables}) as rows)"
    );
    assert_eq!(test_database.ask(&touched), "0");
    save(&|_| {});
    assert_eq!(test_database.ask(&touched), "0");
    save(&|guild| {
        let channel = *guild.teams().keys().next().unwrap();
        guild.team_mut(channel).unwrap().managed = true;
    });
    assert_eq!(test_database.ask(&touched), "1");
}

/// Forgetting leaves nothing, and what comes later begins anew.
#[test]
fn a_forgotten_guild_leaves_no_row() {
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
    futures::executor::block_on(store.delete(GUILD)).unwrap();
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

/// Notes come back.
#[test]
fn notes_are_kept() {
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

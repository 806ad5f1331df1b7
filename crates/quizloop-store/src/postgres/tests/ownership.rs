//! A shard has one owner at a time.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::Store;
use crate::postgres::{DatabaseError, DatabaseReader};

fn save(store: &Store, seed: u64) -> Result<(), String> {
    let ((), commit) = store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 200));
    futures::executor::block_on(commit.wait()).map_err(|error| error.to_string())
}

/// A process that was replaced while it hung continues: its writes are refused with an error.
#[test]
fn a_stale_owner_is_refused() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let stale = open(&test_database);
        save(&stale, 1).unwrap();
        test_database.expire_leases();
        let owner = open(&test_database);
        assert_eq!(
            owner.read(GUILD, Clone::clone),
            Some(guild_with_history(GUILD, 1, 200))
        );
        save(&owner, 2).unwrap();
        let error = save(&stale, 3).unwrap_err();
        assert!(
            error.contains("another process has taken over: process "),
            "{error}"
        );
        assert!(!stale.is_sole_owner(GUILD) && owner.is_sole_owner(GUILD));
        let reader = DatabaseReader::connect(&test_database.url()).unwrap();
        assert_eq!(
            reader.guild(GUILD).unwrap(),
            Some(guild_with_history(GUILD, 2, 200))
        );
        assert!(
            stale.close(Duration::from_secs(5)),
            "closing does not wait for guilds of another owner"
        );
        assert!(
            futures::executor::block_on(stale.delete(GUILD, crate::tests::deleted_at())).is_err()
        );
        assert!(reader.guild(GUILD).unwrap().is_some());
    }
}

/// A process that stops releases its lease, so the next one need not wait for its expiry.
#[test]
fn a_stopped_process_is_replaced_immediately() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let first = open(&test_database);
    save(&first, 1).unwrap();
    assert!(first.close(Duration::from_secs(5)));
    let is_released = test_database.ask("select until <= now() from lease");
    assert_eq!(is_released, "true");
    let start = Instant::now();
    let second = open(&test_database);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "it did not wait for the expiry of the lease"
    );
    assert!(second.is_sole_owner(GUILD));
    assert_ne!(test_database.ask("select epoch from lease"), "1");
}

/// A takeover waits for an open transaction of the old owner, and reads the guild after it.
#[test]
fn a_takeover_waits_for_a_write_in_progress() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let first = open(&test_database);
    save(&first, 1).unwrap();
    let url = test_database.direct_url();
    let (begun, is_begun) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        let runtime = crate::postgres::connection::runtime().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            let fence = "select 1 from lease where shard = 0 and epoch = 1 for key share";
            sqlx::query(fence).execute(&mut *transaction).await.unwrap();
            begun.send(()).unwrap();
            // Longer than `lock_timeout`, so the takeover has to retry.
            let write = "update guild set commit = commit + 1 from pg_sleep(6)";
            sqlx::query(write).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        });
    });
    is_begun.recv().unwrap();
    assert!(first.close(Duration::from_secs(5)));
    let owner = open(&test_database);
    writing.join().unwrap();
    assert_eq!(
        test_database.ask("select commit from guild"),
        "2",
        "it was read after the write"
    );
    save(&owner, 2).unwrap();
}

/// Opens the database, and tries again while another process uses it.
fn open_once_free(test_database: &TestDatabase) -> Store {
    loop {
        match Store::open_database(&test_database.url()) {
            Err(DatabaseError::InUse(_)) => std::thread::yield_now(),
            opened => return opened.unwrap_or_else(|error| panic!("{error}")),
        }
    }
}

/// Two processes start at once on an empty database: one creates the tables, and they own the
/// guilds one after the other.
#[test]
fn two_processes_start_at_once() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let opened = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    let store = open_once_free(&test_database);
                    opened
                        .lock()
                        .unwrap()
                        .push(test_database.ask("select epoch from lease"));
                    assert!(store.close(Duration::from_secs(5)));
                });
            }
        });
        let epochs = opened.into_inner().unwrap();
        let number = |epoch: &String| epoch.parse::<u32>().unwrap();
        assert!(number(&epochs[0]) < number(&epochs[1]), "{epochs:?}");
    }
}

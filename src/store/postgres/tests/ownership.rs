//! One owner at a time.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use super::random_history::guild_with_history;
use super::{GUILD, TestDatabase, open};
use crate::store::Store;
use crate::store::postgres::DatabaseReader;

fn save(store: &Store, seed: u64) -> Result<(), String> {
    let ((), commit) = store.upsert(GUILD, |guild| *guild = guild_with_history(GUILD, seed, 200));
    futures::executor::block_on(commit.wait()).map_err(|error| error.to_string())
}

/// A process that was taken for dead wakes up: what it writes is refused, and it is told.
#[test]
fn a_stale_owner_is_refused() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
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
        "what is not its own any more it does not wait for"
    );
    assert!(futures::executor::block_on(stale.delete(GUILD)).is_err());
    assert!(reader.guild(GUILD).unwrap().is_some());
}

/// A process that stops gives its lease back, so the next one need not wait for its end.
#[test]
fn who_stops_is_replaced_at_once() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let first = open(&test_database);
    save(&first, 1).unwrap();
    assert!(first.close(Duration::from_secs(5)));
    let left = test_database.ask("select until <= now() from lease");
    assert_eq!(left, "true");
    let start = Instant::now();
    let second = open(&test_database);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "it did not wait for the end of the lease"
    );
    assert!(second.is_sole_owner(GUILD));
    assert_ne!(test_database.ask("select epoch from lease"), "1");
}

/// A takeover waits for a write of the old owner that has begun, and then is the newer one.
#[test]
fn a_takeover_waits_for_a_write_in_progress() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let first = open(&test_database);
    save(&first, 1).unwrap();
    let url = test_database.url();
    let (begun, is_begun) = std::sync::mpsc::channel();
    let writing = std::thread::spawn(move || {
        let runtime = crate::store::postgres::connection::runtime().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let mut transaction = connection.begin().await.unwrap();
            let fence = "select 1 from lease where shard = 0 and epoch = 1 for key share";
            sqlx::query(fence).execute(&mut *transaction).await.unwrap();
            begun.send(()).unwrap();
            // Longer than a lock is waited for once.
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

/// Two processes start at once on an empty database: one makes the tables, one has the guilds.
#[test]
fn two_at_once() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let opened = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let store = open(&test_database);
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

//! A database that is full, read-only after a failover, or slow: only committed changes are
//! acknowledged, members are asked to try again, and the bot recovers automatically.

use std::time::Instant;

use discord_sandbox::ids;

use super::on;
use crate::support::outage::{CALLBACK_DEADLINE, assert_nothing_acknowledged};
use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt, World};

/// Installs a trigger that runs `what` before each change of a guild's row.
fn first(test_database: &TestDatabase, what: &str) {
    test_database.run(&[
        &format!(
            "create or replace function first() returns trigger language plpgsql as $$ begin {what} return new; end $$"
        ),
        "create or replace trigger first before update on guild for each row execute function first()",
    ]);
}

fn no_more(test_database: &TestDatabase) {
    test_database.run(&["drop trigger first on guild"]);
}

async fn posted(test_database: &TestDatabase) -> World {
    let world = on(test_database).start().await;
    world.advance("1m").await;
    world.ada().reply("before the trouble").await;
    world
}

/// Checks that nothing is acknowledged during the failure, and that everything is saved after it,
/// also for the next process.
async fn through(test_database: &TestDatabase, world: &mut World, end: impl FnOnce()) {
    let reply = assert_nothing_acknowledged(world, "the database").await;
    assert_eq!(test_database.ask("select count(*) from member"), "1");
    end();
    world.lin().wait_until_counted(reply).await;
    assert_eq!(test_database.ask("select count(*) from member"), "3");
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2, "the next question comes");
    assert_eq!(world.stop().await, Some(0));
    world.start_bot().await;
    for member in [world.ada(), world.lin(), world.sam()] {
        assert_eq!(member.streak().await, 1);
    }
}

/// The database server's disk is full (PostgreSQL manual, appendix A: 53100).
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_full() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let mut world = posted(&test_database).await;
    first(
        &test_database,
        "raise exception 'could not extend file: No space left on device' using errcode = '53100';",
    );
    through(&test_database, &mut world, || no_more(&test_database)).await;
    assert!(world.last_log().contains("No space left on device"));
}

/// After a failover, the server rejects writes for a while, and the connections stay open.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let mut world = posted(&test_database).await;
    let url = test_database.url();
    let (_, name) = url.rsplit_once('/').unwrap();
    let read_only = |on: bool| {
        test_database.on_server(&[&format!(
            "alter database {name} set default_transaction_read_only = {on}"
        )]);
    };
    read_only(true);
    test_database.on_server(&[&format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
    )]);
    through(&test_database, &mut world, || read_only(false)).await;
}

/// A start during a failover ends with the exit code after which a supervisor tries again.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_read_only_server() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let url = test_database.url();
        let (_, name) = url.rsplit_once('/').unwrap();
        test_database.on_server(&[&format!(
            "alter database {name} set default_transaction_read_only = true"
        )]);
        let mut world = on(&test_database).without_bot().await;
        world.spawn_bot();
        let (code, log) = world.exit_and_log().await;
        assert_eq!(code, Some(1), "{log}");
        assert!(log.contains("read-only transaction"), "{log}");
    }
}

/// Each save takes two seconds: responses are deferred in time and completed later, and other requests
/// don't wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_slow() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let world = posted(&test_database).await;
    first(&test_database, "perform pg_sleep(2);");
    let reply = world.lin().post_reply("while it is slow");
    let begun = Instant::now();
    assert_eq!(world.ada().streak().await, 1);
    assert!(
        begun.elapsed() < CALLBACK_DEADLINE,
        "who asks does not wait"
    );
    let credited = world.ada().credit(ids::SAM, 1).await;
    assert!(
        !credited.text().contains("could not be saved"),
        "{credited:?}"
    );
    world.lin().wait_until_counted(reply).await;
    no_more(&test_database);
    assert_eq!(test_database.ask("select count(*) from member"), "3");
}

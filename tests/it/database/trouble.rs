//! A database that is full, read-only after a failover, or slow: nothing is acknowledged that is not committed, members are told
//! to try again, and all recovers by itself.

use std::time::Instant;

use super::on;
use crate::support::outage::{FIRST_ANSWER, credit_sam, nothing_is_acknowledged};
use crate::support::scratch::Scratch;
use crate::support::{Read, World};

/// From now on each change of a guild's own row does this first.
fn first(scratch: &Scratch, what: &str) {
    scratch.run(&[
        &format!(
            "create or replace function first() returns trigger language plpgsql as $$ begin {what} return new; end $$"
        ),
        "create or replace trigger first before insert or update on guild for each row execute function first()",
    ]);
}

fn no_more(scratch: &Scratch) {
    scratch.run(&["drop trigger first on guild"]);
}

async fn posted(scratch: &Scratch) -> World {
    let world = on(scratch).start().await;
    world.advance("1m").await;
    world.ada().reply("before the trouble").await;
    world
}

/// Nothing is acknowledged; when it is over, all is there, also for the next process.
async fn through(scratch: &Scratch, world: &mut World, end: impl FnOnce()) {
    let reply = nothing_is_acknowledged(world, "the database").await;
    assert_eq!(scratch.ask("select count(*) from member"), "1");
    end();
    world.lin().counted(reply).await;
    assert_eq!(scratch.ask("select count(*) from member"), "3");
    world.at_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2, "the next question comes");
    assert_eq!(world.stop().await, Some(0));
    world.start_bot().await;
    for member in [world.ada(), world.lin(), world.sam()] {
        assert_eq!(member.streak().await, 1);
    }
}

/// The server's disk is full (PostgreSQL's manual, appendix A: 53100).
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_full() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let mut world = posted(&scratch).await;
    first(
        &scratch,
        "raise exception 'could not extend file: No space left on device' using errcode = '53100';",
    );
    through(&scratch, &mut world, || no_more(&scratch)).await;
    assert!(world.last_log().contains("No space left on device"));
}

/// After a failover the server at the address takes no writes for a while, and connections outlive that.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let mut world = posted(&scratch).await;
    let url = scratch.url();
    let (_, name) = url.rsplit_once('/').unwrap();
    let read_only = |on: bool| {
        scratch.on_server(&[&format!(
            "alter database {name} set default_transaction_read_only = {on}"
        )]);
    };
    read_only(true);
    scratch.on_server(&[&format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
    )]);
    through(&scratch, &mut world, || read_only(false)).await;
}

/// Each save takes two seconds: answers are announced in time and filled in, and nobody else waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_slow() {
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let world = posted(&scratch).await;
    first(&scratch, "perform pg_sleep(2);");
    let reply = world.lin().say("while it is slow");
    let begun = Instant::now();
    assert_eq!(world.ada().streak().await, 1);
    assert!(begun.elapsed() < FIRST_ANSWER, "who asks does not wait");
    let credited = world.ada().sees("team credit", &credit_sam()).await;
    assert!(
        !credited.text().contains("could not be saved"),
        "{credited:?}"
    );
    world.lin().counted(reply).await;
    no_more(&scratch);
    assert_eq!(scratch.ask("select count(*) from member"), "3");
}

//! A disk that is full, read-only, broken or slow, below the real bot: only saved data is
//! acknowledged, responses come in time, and the bot recovers automatically. Number 26 of the list
//! of field failures.

#[cfg(target_os = "linux")]
mod tmpfs;

use std::time::{Duration, Instant};

use discord_sandbox::ids;

use crate::support::outage::{CALLBACK_DEADLINE, assert_nothing_acknowledged};
use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// A world with failpoints in which Ada has set the team up and the first question is posted.
async fn posted() -> World {
    let mut world = World::at(FRIDAY).failpoints().without_bot().await;
    start_posting(&mut world).await;
    world
}

/// Starts the bot; Ada sets the team up, and the first question is posted.
async fn start_posting(world: &mut World) {
    world.start_bot().await;
    world.set_up_by_ada().await;
    world.advance("1m").await;
    world.ada().reply("before the trouble").await;
}

/// Returns the texts of the bot's direct messages.
fn direct_messages(world: &World) -> Vec<String> {
    let direct = world.sandbox.read(|discord| {
        let direct = discord.channels.values().filter(|one| one.kind == 1);
        direct.map(|one| one.id).collect::<Vec<_>>()
    });
    direct
        .iter()
        .flat_map(|channel| world.sandbox.messages(*channel, ids::ADA))
        .map(|message| message.content)
        .collect()
}

fn lines_with(world: &World, words: &str) -> usize {
    world
        .log()
        .lines()
        .filter(|line| line.contains(words))
        .count()
}

/// 26. The disk fails at each step and in each way: nothing is acknowledged, the admin and the log
/// get one message, the bot recovers automatically, and acknowledged data survives a kill.
#[tokio::test(flavor = "multi_thread")]
async fn every_disk_failure_recovers_without_false_acknowledgements() {
    let rules = [
        "disk.write error full",
        "disk.write error read-only",
        "disk.write short",
        "disk.half error full",
        "disk.fsync error io",
        "disk.rename error io",
        "disk.sync-dir error io",
    ];
    let mut worlds = tokio::task::JoinSet::new();
    for rule in rules {
        worlds.spawn(check_disk_failure(rule));
    }
    worlds.join_all().await;
}

async fn check_disk_failure(rule: &'static str) {
    let mut world = posted().await;
    world.set_failpoints(rule);
    let reply = assert_nothing_acknowledged(&world, rule).await;
    world
        .wait_for("the direct message", |world| direct_messages(world).pop())
        .await;
    // Another change that can't be saved and another attempt give no further messages.
    world.sam().post_reply("during the trouble, too");
    let again = world.ada().credit(ids::SAM, 1).await.text();
    // Sam's credit is already in memory; it must not be confirmed before it is on disk.
    assert!(again.contains("could not be saved"), "{rule}: {again}");
    world.set_failpoints("");
    world.lin().wait_until_counted(reply).await;
    assert_eq!(
        direct_messages(&world).len(),
        1,
        "{rule}: {:?}",
        direct_messages(&world)
    );
    let (begun, over) = ("saving failed; retrying", "saving recovered");
    world
        .wait_until("the log to say that it is over", || {
            lines_with(&world, over) == 1
        })
        .await;
    assert_eq!(lines_with(&world, begun), 1, "{rule}");
    world.kill_and_restart().await;
    assert_eq!(world.lin().streak().await, 1, "{rule}");
    assert_eq!(world.sam().streak().await, 1, "{rule}");
}

/// 32. A disk that takes two more seconds for each file: the response is deferred in time and
/// filled in, the ✅ is added when the reply is on disk, and nobody else waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_delays_only_what_must_be_saved() {
    let mut world = posted().await;
    world.set_failpoints("disk.fsync slow 2000");
    let reply = world.lin().post_reply("while the disk is slow");
    let begun = Instant::now();
    let streak = world.ada().streak().await;
    assert!(
        begun.elapsed() < CALLBACK_DEADLINE,
        "commands that only read do not wait"
    );
    assert_eq!(streak, 1);
    let response = world.ada().credit(ids::SAM, 1).await;
    assert!(
        response.text().contains("gets credit"),
        "{}",
        response.text()
    );
    let announced = world.sandbox.requests().into_iter().any(|request| {
        request.path.ends_with("/callback") && request.body["type"] == 6 && request.status == 204
    });
    assert!(announced, "the answer was announced first");
    world.lin().wait_until_counted(reply).await;
    world.kill().await;
    assert_eq!(world.saved_streak(ids::LIN), 1);
    assert_eq!(world.saved_streak(ids::SAM), 1);
}

/// A reply was counted from its event, but could not be saved: reading the history does not
/// acknowledge it either.
#[tokio::test(flavor = "multi_thread")]
async fn backfill_does_not_acknowledge_unsaved_replies() {
    let mut world = World::at(FRIDAY)
        .failpoints()
        .heartbeat(Duration::from_secs(2))
        .without_bot()
        .await;
    start_posting(&mut world).await;
    world.set_failpoints("disk.write error full");
    let reply = assert_nothing_acknowledged(&world, "full").await;
    let read = |world: &World| {
        let path = format!("/channels/{}/messages", world.thread());
        let requests = world.sandbox.requests();
        requests
            .iter()
            .filter(|one| one.method == "GET" && one.path.contains(&path))
            .count()
    };
    let before = read(&world);
    world.sandbox.invalidate_sessions(false);
    world
        .wait_for("the history to be read", |world| {
            (read(world) > before).then_some(())
        })
        .await;
    // Two further responses mean that the bot has finished with the history.
    for _ in 0..2 {
        world.lin().command_message("quiz", &[]).await;
    }
    assert!(!world.sandbox.message(reply).unwrap().is_counted());
    world.set_failpoints("");
    world.lin().wait_until_counted(reply).await;
}

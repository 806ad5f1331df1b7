//! Servers that nobody wants for a while are let go, and nobody notices: not their members, not their streaks. On files and
//! on a database alike.

use quizloop::sandbox::ids;

use crate::health::Monitor;
use crate::support::test_database::TestDatabase;
use crate::support::{World, WorldBuilder};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// A world on files and, where there is a server for it, one on a database.
fn worlds() -> Vec<(WorldBuilder, Option<TestDatabase>)> {
    let world = || World::at(FRIDAY).setting(LISTEN).team();
    let on_files = (world(), None);
    let on_a_database = TestDatabase::new().map(|test_database| {
        let world = world().database(test_database.url());
        (world, Some(test_database))
    });
    [Some(on_files), on_a_database]
        .into_iter()
        .flatten()
        .collect()
}

/// What the numbers say of the one server there is.
async fn rests(monitor: &Monitor, resting: bool) {
    let (whole, outline) = if resting { (0.0, 1.0) } else { (1.0, 0.0) };
    monitor
        .wait_for_metric("quizloop_guilds{residency=\"loaded\"}", whole)
        .await;
    monitor
        .wait_for_metric("quizloop_guilds{residency=\"evicted\"}", outline)
        .await;
}

/// Two half days after the last question, on Saturday.
async fn friday_passes(world: &World) -> Monitor {
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("on Friday").await;
    let monitor = Monitor::new(world).await;
    rests(&monitor, false).await;
    world.set_time("2026-03-27T22:00").await;
    world.set_time("2026-03-28T11:00").await;
    // What was begun before a look may end after it, such as the last of an answer, and then counts as wanted.
    world.set_time("2026-03-28T23:10").await;
    rests(&monitor, true).await;
    monitor
}

/// Somebody writes in a channel that has nothing to do with the bot, and the bot has heard of it.
async fn talk_is_heard(world: &World, monitor: &Monitor, channel: u64) {
    let heard = "quizloop_events_heard_total";
    let before = monitor.metrics().await.value(heard);
    world.lin().write(channel, "a nice weekend to all");
    monitor.wait_for_metric(heard, before + 1.0).await;
}

/// The question comes on time to a server that was let go, and everything else is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_question_comes_on_time() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = friday_passes(&world).await;
        world.set_time("2026-03-30T08:59").await;
        rests(&monitor, true).await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 2);
        rests(&monitor, false).await;
        world.ada().reply("on Monday").await;
        assert_eq!(world.ada().streak().await, 2);
        assert_eq!(world.posts()[1].thread, Some(world.thread()));
    }
}

/// Whoever writes in the thread of a server that was let go is counted; other talk wakes nobody.
#[tokio::test(flavor = "multi_thread")]
async fn replies_count_and_other_talk_wakes_nobody() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = friday_passes(&world).await;
        let other = world.sandbox.add_channel(ids::GUILD, 0, "off-topic");
        talk_is_heard(&world, &monitor, other).await;
        rests(&monitor, true).await;
        let reply = world
            .lin()
            .write(world.thread(), "a late thought, but in time");
        world.lin().wait_until_counted(reply).await;
        rests(&monitor, false).await;
        assert_eq!(world.lin().streak().await, 1);
        world.set_time("2026-03-29T00:30").await;
        world.set_time("2026-03-29T13:00").await;
        // What was begun before a look may end after it, such as the last of an answer, and then counts as wanted.
        world.set_time("2026-03-30T02:00").await;
        talk_is_heard(&world, &monitor, other).await;
        rests(&monitor, true).await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.lin().streak().await, 1);
        assert_eq!(world.ada().streak().await, 1);
    }
}

/// Commands and buttons find everything there.
#[tokio::test(flavor = "multi_thread")]
async fn commands_and_buttons_find_it_all() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = friday_passes(&world).await;
        let post = world.post().id;
        let hint = world.ada().press(post, "How to answer").await;
        assert!(hint.ephemeral);
        assert_eq!(world.ada().streak().await, 1);
        world.set_time("2026-03-29T00:30").await;
        world.set_time("2026-03-29T13:00").await;
        // What was begun before a look may end after it, such as the last of an answer, and then counts as wanted.
        world.set_time("2026-03-30T02:00").await;
        rests(&monitor, true).await;
        let shown = world.sam().press(post, "Model answer").await;
        assert!(format!("{shown:?}").contains("Show it anyway"), "{shown:?}");
        let status = world.ada().command_message("team status", &[]).await;
        assert!(format!("{status:?}").contains("Round 1"), "{status:?}");
        world.ada().command_message("quiz", &[]).await;
    }
}

/// After a kill, and after a stop, a server that rested is as it was, and its question comes.
#[tokio::test(flavor = "multi_thread")]
async fn it_rests_through_kills_and_stops() {
    for (builder, test_database) in worlds() {
        let mut world = builder.start().await;
        friday_passes(&world).await;
        for moment in ["2026-03-30T08:50", "2026-03-31T08:50"] {
            world.kill().await;
            if let Some(test_database) = &test_database {
                test_database.expire_leases();
            }
            world.set_time(moment).await;
            world.start_bot().await;
            world.advance("10m").await;
            world.ada().reply("as every day").await;
        }
        assert_eq!(world.posts().len(), 3);
        assert_eq!(world.ada().streak().await, 3);
        assert_eq!(world.stop().await, Some(0));
        world.start_bot().await;
        assert_eq!(world.ada().streak().await, 3);
        assert_eq!(world.posts().len(), 3);
    }
}

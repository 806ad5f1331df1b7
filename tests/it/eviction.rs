//! Idle servers are evicted without any effect on members and streaks, with state in files and in a
//! database.

use std::time::Duration;

use discord_sandbox::ids;

use crate::health::Monitor;
use crate::support::test_database::TestDatabase;
use crate::support::{World, WorldBuilder};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
pub const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// Returns a world with state in files and, if a database server is available, one with state in a
/// database.
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

/// Waits until the metrics show the only server as evicted, or as loaded.
pub async fn wait_until_evicted(monitor: &Monitor, evicted: bool) {
    let (loaded_count, evicted_count) = if evicted { (0.0, 1.0) } else { (1.0, 0.0) };
    monitor
        .wait_for_metric("quizloop_guilds{residency=\"loaded\"}", loaded_count)
        .await;
    monitor
        .wait_for_metric("quizloop_guilds{residency=\"evicted\"}", evicted_count)
        .await;
}

/// Advances to Saturday night, when the server has been idle for long enough to be evicted.
pub async fn idle_until_evicted(world: &World) -> Monitor {
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("on Friday").await;
    let monitor = Monitor::new(world).await;
    wait_until_evicted(&monitor, false).await;
    world.set_time("2026-03-27T22:00").await;
    world.set_time("2026-03-28T11:00").await;
    world.set_time("2026-03-28T23:10").await;
    idle_on(world, &monitor).await;
    monitor
}

/// Advances in small steps until the only server is evicted. The last steps of an interaction may
/// end after a scan and count as use, and so does the position that is recorded after a message.
pub async fn idle_on(world: &World, monitor: &Monitor) {
    for _ in 0..25 {
        // The bot's checks take a moment, also on a busy machine.
        let checks = wait_until_evicted(monitor, true);
        if tokio::time::timeout(Duration::from_millis(500), checks)
            .await
            .is_ok()
        {
            return;
        }
        world.advance("5m").await;
    }
    wait_until_evicted(monitor, true).await;
}

/// Writes in a channel without a team, and waits until the bot has received the event.
async fn write_and_wait_for_event(world: &World, monitor: &Monitor, channel: u64) {
    let metric = "quizloop_events_heard_total";
    let before = monitor.metrics().await.value(metric);
    world.lin().write(channel, "a nice weekend to all");
    monitor.wait_for_metric(metric, before + 1.0).await;
}

/// The question is posted on time in an evicted server, and everything else is unchanged.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_gets_its_question_on_time() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = idle_until_evicted(&world).await;
        world.set_time("2026-03-30T08:59").await;
        wait_until_evicted(&monitor, true).await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 2);
        wait_until_evicted(&monitor, false).await;
        world.ada().reply("on Monday").await;
        assert_eq!(world.ada().streak().await, 2);
        assert_eq!(world.posts()[1].thread, Some(world.thread()));
    }
}

/// A reply in a thread of an evicted server is counted; messages elsewhere do not load the server.
#[tokio::test(flavor = "multi_thread")]
async fn replies_load_an_evicted_server_and_other_messages_do_not() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = idle_until_evicted(&world).await;
        let other = world.sandbox.add_channel(ids::GUILD, 0, "off-topic");
        write_and_wait_for_event(&world, &monitor, other).await;
        wait_until_evicted(&monitor, true).await;
        let reply = world
            .lin()
            .write(world.thread(), "a late thought, but in time");
        world.lin().wait_until_counted(reply).await;
        wait_until_evicted(&monitor, false).await;
        assert_eq!(world.lin().streak().await, 1);
        world.set_time("2026-03-29T00:30").await;
        world.set_time("2026-03-29T13:00").await;
        world.set_time("2026-03-30T02:00").await;
        idle_on(&world, &monitor).await;
        write_and_wait_for_event(&world, &monitor, other).await;
        wait_until_evicted(&monitor, true).await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.lin().streak().await, 1);
        assert_eq!(world.ada().streak().await, 1);
    }
}

/// Commands and buttons work in an evicted server.
#[tokio::test(flavor = "multi_thread")]
async fn commands_and_buttons_work_in_an_evicted_server() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        let monitor = idle_until_evicted(&world).await;
        let post = world.post().id;
        let hint = world.ada().press(post, "Hint").await;
        assert!(hint.ephemeral);
        assert_eq!(world.ada().streak().await, 1);
        world.set_time("2026-03-29T00:30").await;
        world.set_time("2026-03-29T13:00").await;
        world.set_time("2026-03-30T02:00").await;
        idle_on(&world, &monitor).await;
        let reveal = world.sam().press(post, "Model answer").await;
        assert!(
            format!("{reveal:?}").contains("Show it anyway"),
            "{reveal:?}"
        );
        let status = world.ada().command_message("team status", &[]).await;
        assert!(format!("{status:?}").contains("Question 1"), "{status:?}");
        world.ada().command_message("quiz", &[]).await;
    }
}

/// After a kill and after a stop an evicted server is unchanged, and its question is posted.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_survives_kills_and_stops() {
    for (builder, test_database) in worlds() {
        let mut world = builder.start().await;
        idle_until_evicted(&world).await;
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

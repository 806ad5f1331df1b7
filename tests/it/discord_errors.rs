//! Discord errors, channels that change, and missing permissions. The numbers refer to the list of
//! field failures.

use std::sync::Arc;
use std::time::Duration;

use discord_sandbox::faults::{FaultRule, RequestFault, RequestGate};
use discord_sandbox::ids;
use discord_sandbox::model::Overwrite;
use discord_sandbox::permission::{CREATE_PUBLIC_THREADS, SEND_MESSAGES};

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Denies the bot a permission in one channel.
pub fn deny(world: &World, channel: u64, permission: u64) {
    let role = world.sandbox.read(|discord| {
        let guild = discord
            .guilds
            .values()
            .find(|guild| discord.channels[&channel].guild == Some(guild.id))
            .unwrap();
        guild.members[&ids::APP].roles.first().copied()
    });
    let id = role.unwrap_or(ids::APP);
    let is_member = role.is_none();
    world.sandbox.set_overwrite(
        channel,
        Overwrite {
            id,
            is_member,
            allow: 0,
            deny: permission,
        },
    );
}

/// 3. Sessions end and begin: one scheduler, one post, and replies made between sessions are
/// counted.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_come_and_go_lose_nothing() {
    let world = World::at(FRIDAY)
        .team()
        .heartbeat(Duration::from_secs(2))
        .start()
        .await;
    world.sandbox.request_reconnect();
    world
        .wait("the resume", |discord| {
            discord.gateway.is_connected().then_some(())
        })
        .await;
    world.advance("1m").await;
    let thread = world.thread();
    world.sandbox.invalidate_sessions(false);
    let missed = world
        .sandbox
        .post(thread, ids::LIN, "written between two sessions")
        .unwrap();
    world.lin().wait_until_counted(missed).await;
    world.ada().reply("and after").await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    assert!(
        world.sandbox.identify_count() <= 3,
        "{}",
        world.sandbox.identify_count()
    );
}

/// 5, 6. The post or its thread fails in each way: there is one post, and no day is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_post_gives_one_post_per_round() {
    let faults = [
        (FaultRule::on("CreateMessage"), RequestFault::server_error()),
        (
            FaultRule::on("CreateMessage").after(),
            RequestFault::server_error(),
        ),
        (FaultRule::on("CreateMessage").after(), RequestFault::Reset),
        (
            FaultRule::on("CreateMessage"),
            RequestFault::too_many_requests(1.5, "shared"),
        ),
        (FaultRule::on("StartThread"), RequestFault::server_error()),
        (
            FaultRule::on("StartThread").after(),
            RequestFault::server_error(),
        ),
    ];
    for (rule, fault) in faults {
        let what = format!("{:?} {:?}: {fault:?}", rule.route, rule.when);
        let world = World::at(FRIDAY).team().start().await;
        world.sandbox.add_fault(rule, fault);
        world.advance("1m").await;
        world.advance("1m").await;
        assert_eq!(world.posts().len(), 1, "{what}");
        assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1, "{what}");
    }
}

/// 7, 8. Requests for one server get 403, 404 or garbage: the other teams get their questions today
/// and tomorrow, and the failing requests are not repeated in a loop.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_server_does_not_affect_others() {
    let faults = [
        RequestFault::missing_permissions(),
        RequestFault::api_error(404, 10_003, "Unknown Channel"),
        RequestFault::malformed_body(),
    ];
    for fault in faults {
        let what = format!("{fault:?}");
        let mut world = World::at(FRIDAY).team().without_bot().await;
        world.skip_api_check();
        let (guild, channel) = world.another_guild("Broken");
        world.configure_team(guild, channel);
        world.start_bot().await;
        world.sandbox.add_fault(
            FaultRule::any()
                .path(&format!("/channels/{channel}/messages"))
                .always(),
            fault,
        );
        world.advance("1m").await;
        assert_eq!(world.posts().len(), 1, "{what}");
        for _ in 0..24 {
            world.advance("1h").await;
        }
        let count = world
            .sandbox
            .requests()
            .iter()
            .filter(|entry| entry.path.contains(&channel.to_string()))
            .count();
        assert!(count < 150, "{what}: asked {count} times in a day");
        world.sandbox.clear_faults();
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 2, "{what}");
        assert_eq!(
            world.posts_in(channel).len(),
            1,
            "{what}: back when it works again"
        );
    }
}

/// 8. The admin who set the team up gets one message about a missing permission. When it is
/// granted, the question is posted automatically.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_gets_one_alert_about_a_missing_permission() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    deny(&world, ids::ASYNCIO, SEND_MESSAGES);
    world.set_time("2026-03-27T09:00").await;
    let alerts = |world: &World| {
        let direct = world.sandbox.read(|discord| {
            discord
                .channels
                .values()
                .filter(|entry| entry.kind == 1)
                .map(|entry| entry.id)
                .collect::<Vec<_>>()
        });
        direct
            .iter()
            .flat_map(|channel| world.sandbox.messages(*channel, ids::ADA))
            .collect::<Vec<_>>()
    };
    world
        .wait_for("the direct message", |world| {
            (!alerts(world).is_empty()).then_some(())
        })
        .await;
    world.advance("1h").await;
    let messages = alerts(&world);
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0]
            .text()
            .contains("I'm missing a permission in the channel"),
        "{}",
        messages[0].text()
    );
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("**Send Messages**") && status.contains("[Problem]"),
        "{status}"
    );
    deny(&world, ids::ASYNCIO, 0);
    world
        .wait_for("the question", |world| world.posts().first()?.thread)
        .await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        !status.contains("[Problem]") && status.contains("[Permissions] None missing."),
        "{status}"
    );
}

/// 28. Threads are not allowed: replies to the message itself count, and the thread is created when
/// the permission is granted.
#[tokio::test(flavor = "multi_thread")]
async fn replies_count_where_threads_are_not_allowed() {
    let mut world = World::at(FRIDAY).team().start().await;
    deny(&world, ids::ASYNCIO, CREATE_PUBLIC_THREADS);
    world.advance("1m").await;
    let post = world.post();
    assert_eq!(post.thread, None);
    let reply = world
        .sandbox
        .compose(ids::ASYNCIO, ids::ADA, "to the message")
        .reply_to(post.id)
        .send()
        .unwrap();
    world.ada().wait_until_counted(reply).await;
    world.lin().write(ids::ASYNCIO, "only chatting");
    world.kill().await;
    let away = world
        .sandbox
        .compose(ids::ASYNCIO, ids::SAM, "while away")
        .reply_to(post.id)
        .send()
        .unwrap();
    world.start_bot().await;
    world.sam().wait_until_counted(away).await;
    assert_eq!(
        (world.ada().streak().await, world.lin().streak().await),
        (1, 0)
    );
    deny(&world, ids::ASYNCIO, 0);
    world.advance("31m").await;
    world
        .wait_for("the thread", |world| world.post().thread)
        .await;
    assert_eq!(world.posts().len(), 1);
}

/// 28. A thread that can't be created does not delay the next day's question.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_thread_does_not_delay_the_next_question() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    deny(&world, ids::ASYNCIO, CREATE_PUBLIC_THREADS);
    world.advance("1m").await;
    world.advance("24h").await;
    assert_eq!(world.posts().len(), 2);
}

/// 30. The channel is deleted or changes its type: no crash, no loop, and other teams are not
/// affected.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_or_retyped_channel_is_handled() {
    for change in ["deleted", "forum"] {
        let mut world = World::at(FRIDAY).team().without_bot().await;
        let (guild, channel) = world.another_guild("Changing");
        world.configure_team(guild, channel);
        world.start_bot().await;
        match change {
            "deleted" => world.sandbox.delete_channel(channel),
            _ => world.sandbox.set_channel_type(channel, 15),
        }
        world.advance("1m").await;
        assert_eq!(world.posts().len(), 1, "{change}");
        for _ in 0..6 {
            world.advance("1h").await;
        }
        let count = world
            .sandbox
            .requests()
            .iter()
            .filter(|entry| entry.path.contains(&channel.to_string()))
            .count();
        assert!(count < 40, "{change}: asked {count} times");
        assert_eq!(world.ada().streak().await, 0);
    }
}

/// 30. The thread is deleted, locked or archived: the buttons and replies to the message still
/// work.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_locked_or_archived_thread_is_handled() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let (post, thread) = (world.post(), world.thread());
    world.ada().reply("in time").await;
    world.sandbox.lock_thread(thread, true);
    world.sandbox.archive_thread(thread, true);
    let hint = world.lin().press(post.id, "Hint").await;
    assert!(hint.text().contains("Hint"), "{}", hint.text());
    let answer = world.ada().press(post.id, "Model answer").await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    world.sandbox.delete_thread(thread);
    let reply = world
        .sandbox
        .compose(ids::ASYNCIO, ids::LIN, "the thread is gone")
        .reply_to(post.id)
        .send()
        .unwrap();
    world.lin().wait_until_counted(reply).await;
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// 31. Buttons from months ago and from before a restart still work; unknown ones get an
/// explanation.
#[tokio::test(flavor = "multi_thread")]
async fn old_buttons_still_work() {
    let mut world = World::at("2026-01-05T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let old = world.post();
    world.stop().await;
    world.set_time("2026-04-20T10:00").await;
    world.start_bot().await;
    assert_eq!(world.posts().len(), 2, "one for the day it is back");
    let answer = world.lin().press(old.id, "Model answer").await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    assert!(
        world
            .lin()
            .press(old.id, "My streak")
            .await
            .text()
            .contains("No streak")
    );
    assert!(
        world
            .lin()
            .press(old.id, "Hint")
            .await
            .text()
            .contains("Hint")
    );
    let queues = [("topic", serde_json::json!("queues"))];
    let quiz = world.sam().command_message("quiz", &queues).await;
    world.kill_and_restart().await;
    let hint = world.sam().press(quiz.id, "Hint").await;
    assert!(hint.text().contains("[Hint]"), "{}", hint.text());
    let answer = world.sam().press(quiz.id, "Show the answer").await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    let another = world.sam().press(quiz.id, "Skip scoring").await;
    assert_ne!(another.text(), quiz.text());
}

/// The bot is removed from a server: the server's data is deleted, also if the bot was away. A
/// server with an outage keeps its data.
#[tokio::test(flavor = "multi_thread")]
async fn removal_from_a_server_deletes_its_data() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    let (guild, channel) = world.another_guild("Leaving");
    world.configure_team(guild, channel);
    world.start_bot().await;
    world.advance("1m").await;
    let file = world.state().join(format!("guilds/{guild}.json"));
    assert!(file.exists());
    world.sandbox.set_guild_unavailable(guild, true);
    world.ada().reply("some time passes").await;
    assert!(file.exists(), "an outage is no removal");
    world.sandbox.set_guild_unavailable(guild, false);
    world.sandbox.remove_bot(guild);
    world.wait_until("the data to go", || !file.exists()).await;
    world.kill().await;
    world.sandbox.remove_bot(ids::GUILD);
    world.start_bot().await;
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    world.wait_until("the data to go", || !file.exists()).await;
}

/// The bot is removed while it reads the history: the messages it read do not restore the server's
/// data.
#[tokio::test(flavor = "multi_thread")]
async fn removal_during_backfill_deletes_its_data() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("some time passes").await;
    world.kill().await;
    let reading = RequestGate::new();
    world.sandbox.add_fault(
        FaultRule::on("ListMessages").after(),
        RequestFault::Gate(Arc::clone(&reading)),
    );
    world.spawn_bot();
    reading.first_request().await;
    world.sandbox.remove_bot(ids::GUILD);
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    world.wait_until("the data to go", || !file.exists()).await;
    reading.release();
    world.wait_until_idle().await;
    assert!(!file.exists(), "the data is back");
    assert_eq!(world.stop().await, Some(0));
    assert!(!file.exists(), "the data is back");
}

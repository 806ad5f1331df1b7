//! Discord in trouble, channels that change, permissions that are taken away. The numbers are those of the
//! list of field failures.

use std::sync::Arc;
use std::time::Duration;

use quizloop::sandbox::faults::{FaultRule, RequestFault, RequestGate};
use quizloop::sandbox::ids;
use quizloop::sandbox::model::Overwrite;
use quizloop::sandbox::permission::{CREATE_PUBLIC_THREADS, SEND_MESSAGES};
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Takes a permission away from the bot, in one channel.
fn deny(world: &World, channel: u64, permission: u64) {
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

/// 3. Sessions come and go: one scheduler, one post, and replies made meanwhile are counted.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_come_and_go() {
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

/// 5, 6. The post fails in every way there is, or only its thread does: one post, no lost day.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_fails() {
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

/// 7, 8. One server answers 403, 404 or garbage: the others get their question today and tomorrow, and the
/// broken one is not asked in a loop.
#[tokio::test(flavor = "multi_thread")]
async fn one_bad_server() {
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
        let asked = world
            .sandbox
            .requests()
            .iter()
            .filter(|one| one.path.contains(&channel.to_string()))
            .count();
        assert!(asked < 150, "{what}: asked {asked} times in a day");
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

/// 8. The admin who set the team up hears of a missing permission once; when it is granted the question
/// comes by itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_is_told_once() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    deny(&world, ids::ASYNCIO, SEND_MESSAGES);
    world.set_time("2026-03-27T09:00").await;
    let told = |world: &World| {
        let direct = world.sandbox.read(|discord| {
            discord
                .channels
                .values()
                .filter(|one| one.kind == 1)
                .map(|one| one.id)
                .collect::<Vec<_>>()
        });
        direct
            .iter()
            .flat_map(|channel| world.sandbox.messages(*channel, ids::ADA))
            .collect::<Vec<_>>()
    };
    world
        .see("the direct message", |world| {
            (!told(world).is_empty()).then_some(())
        })
        .await;
    world.advance("1h").await;
    let messages = told(&world);
    assert_eq!(messages.len(), 1);
    assert!(
        messages[0]
            .text()
            .contains("I lack a permission in the channel"),
        "{}",
        messages[0].text()
    );
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("**Send Messages**") && status.contains("[Trouble]"),
        "{status}"
    );
    deny(&world, ids::ASYNCIO, 0);
    world
        .see("the question", |world| world.posts().first()?.thread)
        .await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        !status.contains("[Trouble]") && status.contains("[Permissions] All there."),
        "{status}"
    );
}

/// 28. Threads are not allowed: replies to the message itself count, and the thread comes when it may.
#[tokio::test(flavor = "multi_thread")]
async fn no_threads_allowed() {
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
    world.see("the thread", |world| world.post().thread).await;
    assert_eq!(world.posts().len(), 1);
}

/// 28. The next day's question is not kept back by a thread that can't be started.
#[tokio::test(flavor = "multi_thread")]
async fn no_threads_allowed_for_days() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    deny(&world, ids::ASYNCIO, CREATE_PUBLIC_THREADS);
    world.advance("1m").await;
    world.advance("24h").await;
    assert_eq!(world.posts().len(), 2);
}

/// 30. The channel is deleted, or becomes another kind of channel: no crash, no loop, and the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn the_channel_changes() {
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
        let asked = world
            .sandbox
            .requests()
            .iter()
            .filter(|one| one.path.contains(&channel.to_string()))
            .count();
        assert!(asked < 40, "{change}: asked {asked} times");
        assert_eq!(world.ada().streak().await, 0);
    }
}

/// 30. The thread is deleted, locked or archived: the buttons go on working, and so do replies to the message.
#[tokio::test(flavor = "multi_thread")]
async fn the_thread_changes() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let (post, thread) = (world.post(), world.thread());
    world.ada().reply("in time").await;
    world.sandbox.lock_thread(thread, true);
    world.sandbox.archive_thread(thread, true);
    let hint = world.lin().press(post.id, "How to answer").await;
    assert!(hint.text().contains("How to answer"), "{}", hint.text());
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

/// 31. Buttons from months ago and from before a restart still work; unknown ones get a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn old_buttons() {
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
            .contains("Your streak")
    );
    assert!(
        world
            .lin()
            .press(old.id, "How to answer")
            .await
            .text()
            .contains("How to answer")
    );
    let queues = [("topic", serde_json::json!("queues"))];
    let quiz = world.sam().command_message("quiz", &queues).await;
    world.kill_and_restart().await;
    let hint = world.sam().press(quiz.id, "Hint").await;
    assert!(hint.text().contains("[How to answer]"), "{}", hint.text());
    let answer = world.sam().press(quiz.id, "Show the answer").await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    let another = world.sam().press(quiz.id, "Next, without a score").await;
    assert_ne!(another.text(), quiz.text());
}

/// The bot is removed from a server: its data goes, also if that happened while it was away. A server that
/// only can't be reached keeps its data.
#[tokio::test(flavor = "multi_thread")]
async fn removed_from_a_server() {
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
    world.until("the data to go", || !file.exists()).await;
    world.kill().await;
    world.sandbox.remove_bot(ids::GUILD);
    world.start_bot().await;
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    world.until("the data to go", || !file.exists()).await;
}

/// The bot is removed while it reads what was said: what it reads then does not bring the server's data back.
#[tokio::test(flavor = "multi_thread")]
async fn removed_while_the_history_is_read() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("some time passes").await;
    world.kill().await;
    let reading = RequestGate::new();
    world.sandbox.add_fault(
        FaultRule::on("ListMessages").after(),
        RequestFault::Gate(Arc::clone(&reading)),
    );
    world.launch();
    reading.first_request().await;
    world.sandbox.remove_bot(ids::GUILD);
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    world.until("the data to go", || !file.exists()).await;
    reading.release();
    world.wait_until_idle().await;
    assert!(!file.exists(), "the data is back");
    assert_eq!(world.stop().await, Some(0));
    assert!(!file.exists(), "the data is back");
}

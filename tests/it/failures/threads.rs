//! Entries 29 and 30 of the list of field failures, where no other test covers them.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// Permissions that a team needs, by bit number (Discord docs, topics/permissions).
const NEEDED: [(u32, &str); 7] = [
    (10, "View Channel"),
    (11, "Send Messages"),
    (14, "Embed Links"),
    (16, "Read Message History"),
    (35, "Create Public Threads"),
    (38, "Send Messages in Threads"),
    (6, "Add Reactions"),
];

/// Removes a permission from the bot's roles in the whole server, or adds it again.
fn set_server_permission(world: &World, bit: u32, allowed: bool) {
    world.sandbox.with(|discord| {
        let guild = discord.guilds.get_mut(&ids::GUILD).unwrap();
        for role in [ids::BOT_ROLE, ids::GUILD] {
            let permissions = &mut guild.roles.get_mut(&role).unwrap().permissions;
            *permissions = if allowed {
                *permissions | 1 << bit
            } else {
                *permissions & !(1 << bit)
            };
        }
    });
}

/// 29. Each permission that is removed in the server is named by `/setup`, before the first
/// question.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_missing_in_the_server_are_reported_at_setup() {
    let world = World::at("2026-03-25T12:00[Europe/Berlin]").start().await;
    let zone = [("timezone", json!("Europe/Berlin"))];
    for (bit, name) in NEEDED {
        set_server_permission(&world, bit, false);
        let response = world.ada().command_message("setup", &zone).await.text();
        assert!(response.contains(name), "{name}: {response}");
        set_server_permission(&world, bit, true);
    }
    let response = world.ada().command_message("setup", &zone).await.text();
    assert!(!response.contains("[Missing permissions]"), "{response}");
    assert_eq!(world.posts().len(), 0);
}

/// 8, 29. Each permission that posting requires is removed after the setup: the admin gets one
/// message, the requests are few, and the question is posted when the permission is restored.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_removed_after_setup_give_one_alert() {
    for (bit, name) in [(10, "View Channel"), (11, "Send Messages")] {
        let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
        world
            .ada()
            .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
            .await;
        set_server_permission(&world, bit, false);
        world.set_time("2026-03-27T09:00").await;
        world
            .wait("the notice", |discord| {
                alert_count(discord.log.requests()).checked_sub(1)
            })
            .await;
        for _ in 0..8 {
            world.advance("15m").await;
        }
        let requests = world.sandbox.requests();
        assert_eq!(alert_count(requests.iter()), 1, "{name}");
        assert!(
            world.sandbox.invalid_requests() < 40,
            "{name}: {}",
            world.sandbox.invalid_requests()
        );
        set_server_permission(&world, bit, true);
        world.advance("30m").await;
        world
            .wait_for("the question", |world| world.posts().first()?.thread)
            .await;
        assert_eq!(world.posts().len(), 1, "{name}");
    }
}

/// Returns the number of direct messages about a failed post.
fn alert_count<'r>(
    requests: impl Iterator<Item = &'r discord_sandbox::log::LoggedRequest>,
) -> usize {
    let is_alert = |request: &&discord_sandbox::log::LoggedRequest| {
        request.body["content"]
            .as_str()
            .is_some_and(|text| text.contains("couldn't post"))
            && request.status == 200
    };
    requests.filter(is_alert).count()
}

/// The permission is missing for longer than a question may be late. The day is given up, and an
/// admin who grants the permission later may still post the question by hand.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_was_given_up_can_be_posted_by_hand() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    set_server_permission(&world, 11, false);
    world.set_time("2026-03-27T09:00").await;
    for _ in 0..8 {
        world.advance("30m").await;
    }
    set_server_permission(&world, 11, true);
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 0, "the schedule is done with the day");
    let ordered = world.ada().command_message("team post", &[]).await.text();
    assert!(ordered.contains("Posting question 1"), "{ordered}");
    world
        .wait_for("the question", |world| world.posts().first()?.thread)
        .await;
    let again = world.ada().command_message("team post", &[]).await.text();
    assert!(again.contains("already out"), "{again}");
    world.ada().reply("counted").await;
}

/// The permission is missing, and comes back without an event. An order to post tries at once.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_post_retries_a_question_that_failed() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    set_server_permission(&world, 11, false);
    world.set_time("2026-03-27T09:00").await;
    world.advance("1m").await;
    set_server_permission(&world, 11, true);
    let ordered = world.ada().command_message("team post", &[]).await.text();
    assert!(ordered.contains("Posting question 1"), "{ordered}");
    world
        .wait_for("the question", |world| world.posts().first()?.thread)
        .await;
    assert_eq!(world.posts().len(), 1);
}

/// The server has as many active threads as Discord allows: the admin reads that the question is
/// posted and what to do, replies to its message count, and the thread follows.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_without_a_thread_is_reported_as_posted() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    world.sandbox.add_fault(
        FaultRule::on("StartThread").always(),
        RequestFault::api_error(400, 160_006, "Maximum number of active threads reached"),
    );
    world.set_time("2026-03-27T09:00").await;
    world.advance("1h").await;
    let alerts: Vec<_> = world
        .sandbox
        .requests()
        .iter()
        .filter_map(|request| Some(request.body["content"].as_str()?.to_owned()))
        .filter(|text| text.contains("I'll keep trying"))
        .collect();
    let [alert] = alerts.try_into().unwrap();
    insta::assert_snapshot!(alert, @"
    In <#1120000000000000001>: The question is posted, but I couldn't start its thread. Until I can, replies to the message itself count. This server has as many active threads as Discord allows. Close threads that are no longer needed, and I'll start this one.
    I'll keep trying, and won't message you about this again.
    ");
    let post = world.post();
    let reply = world
        .sandbox
        .compose(ids::ASYNCIO, ids::LIN, "to the question")
        .reply_to(post.id)
        .send()
        .unwrap();
    world.lin().wait_until_counted(reply).await;
    world.sandbox.clear_faults();
    world.advance("30m").await;
    assert!(world.post().thread.is_some());
}

/// 30. A channel that becomes an announcement channel still works: question, thread, replies.
#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_channel_works() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("in a text channel").await;
    world.sandbox.set_channel_type(ids::ASYNCIO, 5);
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
    let thread = world.thread();
    let kind = world.sandbox.read(|discord| discord.channels[&thread].kind);
    assert_eq!(kind, 10, "a thread of an announcement channel");
    world.ada().reply("in an announcement channel").await;
    assert_eq!(world.ada().streak().await, 2);
}

/// 30. A channel that becomes a forum gets no question, and its admin is notified. When it is a
/// text channel again, questions continue and no streak is broken.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_a_forum_for_a_while_recovers() {
    let world = World::at("2026-03-26T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("one").await;
    world.sandbox.set_channel_type(ids::ASYNCIO, 15);
    world.set_time("2026-03-27T09:00").await;
    world
        .wait("the notice", |discord| {
            alert_count(discord.log.requests()).checked_sub(1)
        })
        .await;
    // Until the question is given up.
    for _ in 0..13 {
        world.advance("15m").await;
    }
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("[Problem]"), "{status}");
    world.sandbox.set_channel_type(ids::ASYNCIO, 0);
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2);
    world.ada().reply("two").await;
    assert_eq!(world.ada().streak().await, 2);
    assert_eq!(alert_count(world.sandbox.requests().iter()), 1);
}

//! Lines 29 and 30, as far as no other test shows them.

use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// What a team needs, by the number of its permission bit (Discord docs, topics/permissions).
const NEEDED: [(u32, &str); 7] = [
    (10, "View Channel"),
    (11, "Send Messages"),
    (14, "Embed Links"),
    (16, "Read Message History"),
    (35, "Create Public Threads"),
    (38, "Send Messages in Threads"),
    (6, "Add Reactions"),
];

/// Takes a permission away from the bot on the whole server, or gives it back.
fn on_the_server(world: &World, bit: u32, allowed: bool) {
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

/// 29. Each permission, taken away on the server: named at `/setup`, before the first question.
#[tokio::test(flavor = "multi_thread")]
async fn taken_away_on_the_server() {
    let world = World::at("2026-03-25T12:00[Europe/Berlin]").start().await;
    let zone = [("timezone", json!("Europe/Berlin"))];
    for (bit, name) in NEEDED {
        on_the_server(&world, bit, false);
        let said = world.ada().command_message("setup", &zone).await.text();
        assert!(said.contains(name), "{name}: {said}");
        on_the_server(&world, bit, true);
    }
    let said = world.ada().command_message("setup", &zone).await.text();
    assert!(!said.contains("[Missing permissions]"), "{said}");
    assert_eq!(world.posts().len(), 0);
}

/// 8, 29. Each permission without which no question can be posted, taken away after the setup: the admin gets one
/// notice, the requests are few, and the question comes when it is given back.
#[tokio::test(flavor = "multi_thread")]
async fn taken_away_before_the_question() {
    for (bit, name) in [(10, "View Channel"), (11, "Send Messages")] {
        let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
        world
            .ada()
            .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
            .await;
        on_the_server(&world, bit, false);
        world.set_time("2026-03-27T09:00").await;
        world
            .wait("the notice", |discord| {
                notices(discord.log.requests()).checked_sub(1)
            })
            .await;
        for _ in 0..8 {
            world.advance("15m").await;
        }
        let requests = world.sandbox.requests();
        assert_eq!(notices(requests.iter()), 1, "{name}");
        assert!(
            world.sandbox.invalid_requests() < 40,
            "{name}: {}",
            world.sandbox.invalid_requests()
        );
        on_the_server(&world, bit, true);
        world.advance("30m").await;
        world
            .see("the question", |world| world.posts().first()?.thread)
            .await;
        assert_eq!(world.posts().len(), 1, "{name}");
    }
}

/// How many direct messages told of trouble.
fn notices<'r>(requests: impl Iterator<Item = &'r quizloop::sandbox::log::LoggedRequest>) -> usize {
    let told = |one: &&quizloop::sandbox::log::LoggedRequest| {
        one.body["content"]
            .as_str()
            .is_some_and(|text| text.contains("could not post"))
            && one.status == 200
    };
    requests.filter(told).count()
}

/// 30. A channel that becomes an announcement channel is one like others: question, thread, replies.
#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_channel() {
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

/// 30. A channel that becomes a forum gets no question, which its admin is told; when it is a text channel again
/// it does, and nobody's streak has suffered.
#[tokio::test(flavor = "multi_thread")]
async fn a_forum_and_back() {
    let world = World::at("2026-03-26T08:00[Europe/Berlin]").start().await;
    world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("one").await;
    world.sandbox.set_channel_type(ids::ASYNCIO, 15);
    world.set_time("2026-03-27T09:00").await;
    world
        .wait("the notice", |discord| {
            notices(discord.log.requests()).checked_sub(1)
        })
        .await;
    for _ in 0..12 {
        world.advance("15m").await;
    }
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("[Trouble]"), "{status}");
    world.sandbox.set_channel_type(ids::ASYNCIO, 0);
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2);
    world.ada().reply("two").await;
    assert_eq!(world.ada().streak().await, 2);
    assert_eq!(notices(world.sandbox.requests().iter()), 1);
}

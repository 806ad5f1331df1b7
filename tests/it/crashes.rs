//! The bot is killed while it works. In the end each round has one message and one thread in the
//! channel, and every reply is counted.

use std::sync::Arc;

use discord_sandbox::faults::{FaultRule, RequestGate};
use discord_sandbox::ids;

use crate::support::World;

/// Returns the moments around each request of a post: before it takes effect, and afterwards, when
/// the response is lost.
fn steps() -> Vec<(&'static str, FaultRule)> {
    ["CreateMessage", "StartThread"]
        .into_iter()
        .flat_map(|route| {
            [
                ("before", FaultRule::on(route)),
                ("after", FaultRule::on(route).after()),
            ]
        })
        .collect()
}

/// Sets the time without waiting for the bot, which will be killed.
pub async fn move_to_nine(world: &World, hold: &Arc<RequestGate>, day: &str) {
    let moved = world.set_time(day);
    tokio::pin!(moved);
    tokio::select! {
        () = &mut moved => panic!("the bot finished although a request is held"),
        _ = hold.first_request() => {}
    }
}

/// 1. The bot is killed at every step of a post.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step_of_a_post_it_posts_once() {
    for (when, rule) in steps() {
        let what = format!("{when} {:?}", rule.route);
        let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
            .team()
            .start()
            .await;
        let hold = world.sandbox.hold_requests(rule);
        move_to_nine(&world, &hold, "2026-03-27T09:00").await;
        world.kill().await;
        hold.reset();
        world.sandbox.clear_faults();
        world.advance("5m").await;
        world.start_bot().await;
        let posts = world.posts();
        assert_eq!(posts.len(), 1, "killed {what}");
        assert_eq!(
            world.sandbox.threads(ids::ASYNCIO).len(),
            1,
            "killed {what}"
        );
        world.ada().reply("counted").await;
        world.advance("5h").await;
        assert_eq!(world.posts().len(), 1, "killed {what}");
    }
}

/// Killed after a question was sent and before its id was saved, then upgraded: the message still
/// has the label of the version before, and the question is not posted again.
#[tokio::test(flavor = "multi_thread")]
async fn upgraded_just_after_a_question_was_sent() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    move_to_nine(&world, &hold, "2026-03-27T09:00").await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    world.sandbox.with(|discord| {
        let messages = discord.messages.get_mut(&ids::ASYNCIO).unwrap();
        let footer = &mut messages.values_mut().next_back().unwrap().embeds[0]["footer"]["text"];
        let text = footer.as_str().unwrap().to_owned();
        assert!(text.starts_with("Question 1 · "), "{text}");
        *footer = text.replacen("Question", "Round", 1).into();
    });
    world.advance("5m").await;
    world.start_bot().await;
    assert_eq!(world.posts().len(), 1);
    world.ada().reply("counted").await;
}

/// Twenty kills over twenty days, during posts and replies: nothing is lost or duplicated.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_and_repeat_nothing() {
    let mut world = World::at("2026-03-02T08:00[UTC]")
        .team()
        .with("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]")
        .start()
        .await;
    let steps = steps();
    for day in 0..20_usize {
        let date =
            jiff::civil::date(2026, 3, 2) + jiff::Span::new().days(i64::try_from(day).unwrap());
        let nine = format!("{date}T09:00");
        if day % 2 == 0 {
            let hold = world
                .sandbox
                .hold_requests(steps[day / 2 % steps.len()].1.clone());
            move_to_nine(&world, &hold, &nine).await;
            world.kill().await;
            hold.reset();
            world.sandbox.clear_faults();
            world.start_bot().await;
            world.ada().reply("after the kill").await;
            world.lin().reply("me too").await;
        } else {
            world.set_time(&nine).await;
            // Killed while the first reply is being acknowledged and the second one has just
            // arrived.
            let hold = world.sandbox.hold_requests(FaultRule::on("Reaction"));
            let first = world.ada().post_reply("just before the kill");
            hold.first_request().await;
            let second = world.lin().post_reply("at the same moment");
            world.kill().await;
            hold.reset();
            world.sandbox.clear_faults();
            world.start_bot().await;
            world.ada().wait_until_counted(first).await;
            world.lin().wait_until_counted(second).await;
        }
        assert_eq!(world.posts().len(), day + 1, "day {day}");
    }
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 20);
    assert_eq!(world.ada().streak().await, 20);
    assert_eq!(world.lin().streak().await, 20);
    assert_eq!(world.stop().await, Some(0));
    assert_eq!(world.saved_streak(ids::ADA), 20);
}

/// 18. A reply to the question itself, rather than in its thread, also counts if the bot was away.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_the_question_itself_counts_after_downtime() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let post = world.post();
    world.kill().await;
    let away = world
        .sandbox
        .compose(ids::ASYNCIO, ids::LIN, "to the question")
        .reply_to(post.id)
        .send()
        .unwrap();
    world.lin().write(ids::ASYNCIO, "and only chatting");
    world.start_bot().await;
    world.lin().wait_until_counted(away).await;
    assert_eq!(world.lin().streak().await, 1);
}

/// 1, 18. The bot is killed when the message or its thread exists but is not recorded yet. Replies
/// written before the next start count.
#[tokio::test(flavor = "multi_thread")]
async fn replies_to_an_unrecorded_post_count() {
    for route in ["CreateMessage", "StartThread"] {
        let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
            .team()
            .start()
            .await;
        let hold = world.sandbox.hold_requests(FaultRule::on(route).after());
        move_to_nine(&world, &hold, "2026-03-27T09:00").await;
        world.kill().await;
        hold.reset();
        world.sandbox.clear_faults();
        let post = world.post();
        let reply = match post.thread {
            Some(thread) => world.lin().write(thread, "in the thread"),
            None => world
                .sandbox
                .compose(ids::ASYNCIO, ids::LIN, "to the question")
                .reply_to(post.id)
                .send()
                .unwrap(),
        };
        world.start_bot().await;
        world.lin().wait_until_counted(reply).await;
        assert_eq!(world.posts().len(), 1, "{route}");
    }
}

/// Discord has created the message but its response is slow: replies written before the response
/// are counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_before_the_response_to_the_post_counts() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    move_to_nine(&world, &hold, "2026-03-27T09:00").await;
    let post = world.posts().pop().unwrap();
    let reply = world
        .sandbox
        .compose(ids::ASYNCIO, ids::LIN, "to the question")
        .reply_to(post.id)
        .send()
        .unwrap();
    // The bot answers a later command only after it has received the reply.
    world.ada().command_message("quiz", &[]).await;
    hold.release();
    world.lin().wait_until_counted(reply).await;
}

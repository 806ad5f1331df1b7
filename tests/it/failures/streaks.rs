//! Entries 16, 20 and 22 of the list of field failures, where no other test covers them.

use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// 16. Replies of three members arrive late, twice, and between kills. The displayed streak always
/// equals the one computed from the ledger on disk.
#[tokio::test(flavor = "multi_thread")]
async fn the_displayed_streak_is_the_saved_one() {
    let mut world = World::at("2026-03-23T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let plans = [
        (ids::ADA, "rrrrr"),
        (ids::LIN, "r.r.r"),
        (ids::SAM, ".lrr."),
    ];
    let mut yesterday = None;
    for day in 0..5 {
        world.set_time(&format!("2026-03-{}T09:00", 23 + day)).await;
        let thread = world.thread();
        for (user, plan) in plans {
            match plan.as_bytes()[day] {
                b'r' => {
                    let reply = world.member(user).reply("in time").await;
                    // Deliver the event a second time.
                    let json = world.sandbox.message_json(reply).unwrap();
                    world.sandbox.dispatch_raw("MESSAGE_CREATE", &json);
                }
                b'l' => {
                    let late = world
                        .member(user)
                        .write(yesterday.unwrap_or(thread), "late");
                    world.member(user).wait_until_counted(late).await;
                }
                _ => {}
            }
        }
        yesterday = Some(thread);
        if day % 2 == 1 {
            world.kill_and_restart().await;
        }
        for (user, _) in plans {
            let streak = world.member(user).streak().await;
            assert_eq!(streak, world.saved_streak(user), "{user} on day {day}");
        }
    }
    let streak = [
        world.ada().streak().await,
        world.lin().streak().await,
        world.sam().streak().await,
    ];
    assert_eq!(streak, [5, 1, 2]);
}

/// 20. With one freeze held, three missed rounds in a row: the first is covered, the second ends
/// the streak, the third takes no freeze.
#[tokio::test(flavor = "multi_thread")]
async fn freezes_never_go_below_zero() {
    let world = World::at("2026-03-02T08:59[UTC]")
        .team()
        .with("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]")
        .start()
        .await;
    for day in 2..9 {
        world.set_time(&format!("2026-03-{day:02}T09:00")).await;
        world.ada().reply("here").await;
    }
    for day in 9..13 {
        world.set_time(&format!("2026-03-{day:02}T09:00")).await;
    }
    let text = world.ada().command_message("streak", &[]).await.text();
    assert!(
        text.starts_with(
            "\n**7 answers** in March. Your streak starts again with today's question."
        ) && text.contains("No freezes."),
        "{text}"
    );
    let why = world.ada().streak_reasons().await;
    assert_eq!(
        why[..4],
        [
            "⏳ still open",
            "✖️ missed",
            "✖️ missed",
            "❄️ missed, saved by a freeze"
        ]
    );
    world.ada().reply("again").await;
    assert_eq!(world.ada().streak().await, 1);
}

/// 22. Messages created by Discord or by a command in a member's name, and the bot's own messages,
/// never count: neither when they arrive nor when the history is read.
#[tokio::test(flavor = "multi_thread")]
async fn system_and_bot_messages_never_count() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .with("levels = [\"mid\", \"senior\"]")
        .start()
        .await;
    world.advance("1m").await;
    let thread = world.thread();
    world.ada().reply("a real one").await;
    // The bot itself posts a public answer in the thread.
    let other = [
        ("question", json!("asyncio-in-a-nutshell")),
        ("public", json!(true)),
    ];
    let answer = world.ada().command_in(thread, "answer", &other).await;
    assert!(!answer.message().unwrap().ephemeral);
    world.kill().await;
    // Only the types of these messages are realistic, not their contents.
    world.skip_api_check();
    let mut messages = Vec::new();
    // Every type that is neither 0 nor 19 (Discord docs, resources/message, "Message Types").
    let types = (1..=12)
        .chain(14..=18)
        .chain(20..=29)
        .chain([31, 32, 36, 37, 38, 39, 44, 46, 250]);
    for kind in types {
        let message = world.sandbox.post(thread, ids::LIN, "made").unwrap();
        world
            .sandbox
            .with(|discord| discord.message_mut(thread, message).unwrap().kind = kind);
        messages.push(message);
    }
    world.start_bot().await;
    for message in &messages {
        let json = world.sandbox.message_json(*message).unwrap();
        world.sandbox.dispatch_raw("MESSAGE_CREATE", &json);
    }
    world.sam().reply("a real one as well").await;
    assert_eq!(world.lin().streak().await, 0);
    assert_eq!(world.sam().streak().await, 1);
    for message in messages {
        assert!(!world.sandbox.message(message).unwrap().is_counted());
    }
    world.advance("10s").await;
    world
        .wait_for("the footer", |world| {
            world.post().footer().ends_with("2 answers").then_some(())
        })
        .await;
}

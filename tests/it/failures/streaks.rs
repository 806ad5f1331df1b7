//! Lines 16, 20 and 22, as far as no other test shows them.

use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// 16. Replies of three members arrive late, twice, and between kills; the streak shown is the one that the
/// ledger on disk gives, at every step.
#[tokio::test(flavor = "multi_thread")]
async fn shown_as_saved() {
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
                    // Heard of once more.
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
            let shown = world.member(user).streak().await;
            assert_eq!(shown, world.saved_streak(user), "{user} on day {day}");
        }
    }
    let shown = [
        world.ada().streak().await,
        world.lin().streak().await,
        world.sam().streak().await,
    ];
    assert_eq!(shown, [5, 1, 2]);
}

/// 20. With one freeze held, three missed in a row: the first is covered, the second ends the streak, the third
/// takes nothing that is not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_is_never_below_zero() {
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
        text.contains("**0 rounds**") && text.contains("0 freezes held"),
        "{text}"
    );
    let why = world.ada().streak_reasons().await;
    assert_eq!(
        why[..4],
        [
            "⏳ open",
            "✖️ missed",
            "✖️ missed",
            "❄️ missed, covered by a freeze"
        ]
    );
    world.ada().reply("again").await;
    assert_eq!(world.ada().streak().await, 1);
}

/// 22. Messages that Discord or a command makes in somebody's name, and the bot's own, never count: neither when
/// they arrive nor when the history is read.
#[tokio::test(flavor = "multi_thread")]
async fn messages_nobody_wrote() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let thread = world.thread();
    world.ada().reply("a real one").await;
    // The answer for all stands in the thread, by the bot itself.
    world
        .ada()
        .command_message("answer", &[("public", json!(true))])
        .await;
    world.kill().await;
    // Their types only are Discord's, not what stands in them.
    world.skip_api_check();
    let mut made = Vec::new();
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
        made.push(message);
    }
    world.start_bot().await;
    for message in &made {
        let json = world.sandbox.message_json(*message).unwrap();
        world.sandbox.dispatch_raw("MESSAGE_CREATE", &json);
    }
    world.sam().reply("a real one as well").await;
    assert_eq!(world.lin().streak().await, 0);
    assert_eq!(world.sam().streak().await, 1);
    for message in made {
        assert!(!world.sandbox.message(message).unwrap().is_counted());
    }
    world.advance("10s").await;
    world
        .see("the footer", |world| {
            world
                .post()
                .footer()
                .ends_with("2 have replied")
                .then_some(())
        })
        .await;
}

//! Replies and streaks: what users complain about most. The numbers are those of the list of field failures.

use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// 18. The bot is away for six hours while people reply, more than a page of history in one thread: all are
/// counted by their own time stamps.
#[tokio::test(flavor = "multi_thread")]
async fn away_while_people_reply() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let thread = world.thread();
    world.kill().await;
    let crowd: Vec<u64> = (0..130)
        .map(|number| {
            let user = world.sandbox.add_user(&format!("Guest {number}"));
            world.sandbox.add_member(ids::GUILD, user, &[]);
            user
        })
        .collect();
    let mut last = 0;
    for user in &crowd {
        world.sandbox.post(thread, *user, "first").unwrap();
        last = world.sandbox.post(thread, *user, "second").unwrap();
    }
    let first_of_last = world
        .sandbox
        .post(thread, ids::SAM, "the very last")
        .unwrap();
    world.set_time("2026-03-27T15:00").await;
    world.start_bot().await;
    world.ada().wait_until_counted(first_of_last).await;
    for user in [crowd[0], crowd[64], crowd[129]] {
        assert_eq!(world.member(user).streak().await, 1);
    }
    assert!(
        !world.sandbox.message(last).unwrap().is_counted(),
        "a second reply is not marked"
    );
    world.advance("10s").await;
    world
        .see("the footer", |world| {
            world
                .post()
                .footer()
                .ends_with("131 have replied")
                .then_some(())
        })
        .await;
}

/// 18. Replies made while the bot was away over the next round's opening count for the round they were made in.
#[tokio::test(flavor = "multi_thread")]
async fn away_over_an_opening() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let thread = world.thread();
    world.kill().await;
    world.set_time("2026-03-30T08:00").await;
    world.sandbox.post(thread, ids::ADA, "in time").unwrap();
    world.set_time("2026-03-30T09:10").await;
    // The next round is posted late, after this reply to the old one.
    let after = world
        .sandbox
        .post(thread, ids::LIN, "in time as well: the next one is not out")
        .unwrap();
    world.set_time("2026-03-30T09:20").await;
    world.start_bot().await;
    world.lin().wait_until_counted(after).await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(
        world.ada().streak_reasons().await,
        ["⏳ open", "✅ answered"]
    );
    assert_eq!(
        world.lin().streak_reasons().await,
        ["⏳ open", "✅ answered"]
    );
}

/// 19. Two replies count once; a reply to yesterday's thread is late; a deleted or edited one stays counted.
#[tokio::test(flavor = "multi_thread")]
async fn twice_late_edited_and_deleted() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let yesterday = world.thread();
    let first = world.ada().reply("one").await;
    let second = world.ada().post_reply("two");
    world
        .sandbox
        .edit_message(first, ids::ADA, "one, better")
        .unwrap();
    world.sandbox.delete_message(first, ids::ADA).unwrap();
    world.advance("24h").await;
    let late = world.lin().write(yesterday, "sorry, late");
    world.lin().wait_until_counted(late).await;
    assert!(!world.sandbox.message(second).unwrap().is_counted());
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 0);
    world.advance("10s").await;
    world
        .see("the old footer", |world| {
            world.posts()[0]
                .footer()
                .ends_with("2 have replied")
                .then_some(())
        })
        .await;
}

/// 20. Seven answered rounds earn a freeze; it covers one missed round by itself and is shown; two missed in
/// a row with one freeze end the streak at the second.
#[tokio::test(flavor = "multi_thread")]
async fn freezes() {
    let world = World::at("2026-03-02T08:59[UTC]")
        .team()
        .with("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]")
        .start()
        .await;
    for day in 2..9 {
        world.set_time(&format!("2026-03-{day:02}T09:00")).await;
        world.ada().reply("here").await;
    }
    let earned = world.ada().command_message("streak", &[]).await.text();
    assert!(
        earned.contains("**7 rounds** in a row") && earned.contains("1 freeze held"),
        "{earned}"
    );
    world.set_time("2026-03-09T09:00").await;
    world.set_time("2026-03-10T09:00").await;
    assert_eq!(world.ada().streak().await, 7, "one missed round is covered");
    assert_eq!(
        world.ada().streak_reasons().await[..3],
        ["⏳ open", "❄️ missed, covered by a freeze", "✅ answered"]
    );
    world.set_time("2026-03-11T09:00").await;
    assert_eq!(world.ada().streak().await, 0, "the second is not");
    let text = world.ada().command_message("streak", &[]).await.text();
    assert!(
        text.contains("longest 7") && text.contains("0 freezes held"),
        "{text}"
    );
}

/// 21. Void and credit by an admin survive the next round and a restart, and name who ordered them.
#[tokio::test(flavor = "multi_thread")]
async fn void_and_credit() {
    let mut world = World::at("2026-03-25T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.advance("24h").await;
    world.advance("24h").await;
    let ada = world.ada();
    let void = ada
        .command_message("team void", &[("round", json!(2))])
        .await;
    assert!(
        void.text().contains("Round 2 is void for everybody"),
        "{}",
        void.text()
    );
    ada.command_message(
        "team credit",
        &[("member", json!(ids::LIN.to_string())), ("round", json!(3))],
    )
    .await;
    let again = ada
        .command_message(
            "team credit",
            &[("member", json!(ids::LIN.to_string())), ("round", json!(3))],
        )
        .await;
    assert!(
        again.text().contains("the member has round 3 already"),
        "{}",
        again.text()
    );
    assert_eq!(world.lin().streak().await, 2);
    world.kill_and_restart().await;
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.lin().streak().await, 2);
    let by = format!("<@{}>", ids::ADA);
    let expected = [
        "⏳ open".to_owned(),
        format!("✅ credited by {by}"),
        format!("➖ void, by {by}"),
        "✅ answered".into(),
    ];
    assert_eq!(world.lin().streak_reasons().await, expected);
}

/// 22. The bot's own messages, other bots', webhooks' and system messages never count; a sticker or a file
/// alone does. 34. None of this needs a message's content.
#[tokio::test(flavor = "multi_thread")]
async fn who_counts() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let thread = world.thread();
    let robot = world.sandbox.add_other_bot("Robot");
    world.sandbox.add_member(ids::GUILD, robot, &[]);
    let by_bot = world.sandbox.post(thread, robot, "beep").unwrap();
    let by_webhook = world
        .sandbox
        .compose(thread, ids::SAM, "hook")
        .by_webhook("Hook")
        .send()
        .unwrap();
    let sticker = world
        .sandbox
        .compose(thread, ids::ADA, "")
        .sticker("wave")
        .send()
        .unwrap();
    let file = world
        .sandbox
        .compose(thread, ids::LIN, "")
        .attachment("answer.py")
        .send()
        .unwrap();
    world.ada().wait_until_counted(sticker).await;
    world.lin().wait_until_counted(file).await;
    for message in [by_bot, by_webhook] {
        assert!(!world.sandbox.message(message).unwrap().is_counted());
    }
    assert_eq!(world.sam().streak().await, 0);
    let footer = |world: &World| {
        world
            .post()
            .footer()
            .ends_with("2 have replied")
            .then_some(())
    };
    world.advance("10s").await;
    world.see("the footer", footer).await;
}

/// 23. Somebody leaves the server and comes back: the history is kept, and boards don't break.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_and_coming_back() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.sandbox.remove_member(ids::GUILD, ids::LIN);
    let board = world.ada().command_message("leaderboard", &[]).await;
    assert!(
        board
            .text()
            .contains(&format!("1. <@{}>: 1 answered round", ids::LIN)),
        "{}",
        board.text()
    );
    world.sandbox.add_member(ids::GUILD, ids::LIN, &[]);
    world.advance("24h").await;
    world.lin().reply("back").await;
    assert_eq!(world.lin().streak().await, 2);
}

/// Who looks first keeps the streak, but the round does not extend it.
#[tokio::test(flavor = "multi_thread")]
async fn looking_first() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.advance("24h").await;
    let asked = world.lin().press(world.post().id, "Model answer").await;
    assert!(
        asked.text().contains("You have not replied to round 2 yet"),
        "{}",
        asked.text()
    );
    let shown = world.lin().press(asked.id, "Show it anyway").await;
    assert!(shown.text().contains("model answer"), "{}", shown.text());
    world.lin().reply("after looking").await;
    assert_eq!(
        world.lin().streak_reasons().await,
        ["👀 looked first, unchanged", "✅ answered"]
    );
    assert_eq!(world.lin().streak().await, 1);
}

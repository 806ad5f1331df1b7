//! Replies and streaks. The numbers refer to the list of field failures.

use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// 18. The bot is down for six hours while members reply, with more than a page of history in one
/// thread: all replies are counted by their own timestamps.
#[tokio::test(flavor = "multi_thread")]
async fn replies_during_downtime_are_counted() {
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
        .wait_for("the footer", |world| {
            world.post().footer().ends_with("131 answers").then_some(())
        })
        .await;
}

/// 18. Replies made while the bot was down count for the round they were made in, even if the next
/// round was due meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn replies_during_downtime_count_for_their_own_round() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let thread = world.thread();
    world.kill().await;
    world.set_time("2026-03-30T08:00").await;
    world.sandbox.post(thread, ids::ADA, "in time").unwrap();
    world.set_time("2026-03-30T09:10").await;
    // The next round is posted late, after this reply to the previous one.
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
        ["⏳ still open", "✅ answered"]
    );
    assert_eq!(
        world.lin().streak_reasons().await,
        ["⏳ still open", "✅ answered"]
    );
}

/// 19. Two replies count once; a reply in yesterday's thread is late; a deleted or edited reply
/// stays counted.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_late_edited_and_deleted_replies() {
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
        .wait_for("the old footer", |world| {
            world.posts()[0]
                .footer()
                .ends_with("2 answers")
                .then_some(())
        })
        .await;
}

/// 20. Seven answered rounds earn a freeze. It covers one missed round automatically and is shown.
/// With two missed rounds in a row and one freeze, the streak ends at the second.
#[tokio::test(flavor = "multi_thread")]
async fn freezes_cover_missed_rounds() {
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
        earned.contains("**7 questions** in a row") && earned.contains("1 freeze."),
        "{earned}"
    );
    world.set_time("2026-03-09T09:00").await;
    world.set_time("2026-03-10T09:00").await;
    assert_eq!(world.ada().streak().await, 7, "one missed round is covered");
    assert_eq!(
        world.ada().streak_reasons().await[..3],
        [
            "⏳ still open",
            "❄️ missed, saved by a freeze",
            "✅ answered"
        ]
    );
    world.set_time("2026-03-11T09:00").await;
    assert_eq!(world.ada().streak().await, 0, "the second is not");
    let text = world.ada().command_message("streak", &[]).await.text();
    assert!(
        text.contains("Your longest was 7 questions.") && text.contains("No freezes."),
        "{text}"
    );
}

/// After a miss, the member sees what they have answered, and others don't see that they missed
/// something.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_streak_is_private() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-03-31T09:00").await;
    let own = world.lin().command_message("streak", &[]).await.text();
    assert!(
        own.starts_with("\n**1 answer** in March. Your streak starts again with today's question."),
        "{own}"
    );
    let of_lin = [
        ("member", json!(ids::LIN.to_string())),
        ("why", json!(true)),
    ];
    let seen_by_sam = world.sam().command_message("streak", &of_lin).await.text();
    assert_eq!(
        seen_by_sam,
        format!(
            "\n<@{}> has **1 answer** in March.\n❄️ No freezes.\n",
            ids::LIN
        )
    );
    let seen_by_an_admin = world.ada().command_message("streak", &of_lin).await.text();
    assert!(seen_by_an_admin.contains("✖️ missed"), "{seen_by_an_admin}");
}

/// 21. Void and credit by an admin survive the next round and a restart, and name the admin.
#[tokio::test(flavor = "multi_thread")]
async fn void_and_credit_survive_a_restart() {
    let mut world = World::at("2026-03-25T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.advance("24h").await;
    world.advance("24h").await;
    let ada = world.ada();
    let void = ada.void(2).await;
    assert!(
        void.text()
            .contains("Question 2 no longer counts for anyone"),
        "{}",
        void.text()
    );
    ada.credit(ids::LIN, 3).await;
    let again = ada.credit(ids::LIN, 3).await;
    assert!(
        again
            .text()
            .contains("Question 3 already counts for this member"),
        "{}",
        again.text()
    );
    assert_eq!(world.lin().streak().await, 2);
    world.kill_and_restart().await;
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.lin().streak().await, 2);
    let by = format!("<@{}>", ids::ADA);
    let expected = [
        "⏳ still open".to_owned(),
        format!("✅ credited by {by}"),
        format!("➖ doesn't count (cancelled by {by})"),
        "✅ answered".into(),
    ];
    assert_eq!(world.lin().streak_reasons().await, expected);
}

/// 22. Messages of the bot, other bots, webhooks and the system never count; a sticker or a file
/// alone does. 34. None of this needs a message's content.
#[tokio::test(flavor = "multi_thread")]
async fn only_messages_of_people_count() {
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
    let footer = |world: &World| world.post().footer().ends_with("2 answers").then_some(());
    world.advance("10s").await;
    world.wait_for("the footer", footer).await;
}

/// 23. A member leaves the server and returns: the history is kept, and leaderboards still work.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_and_returning_keeps_the_history() {
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
            .contains(&format!("1. <@{}>: 1 answer", ids::LIN)),
        "{}",
        board.text()
    );
    world.sandbox.add_member(ids::GUILD, ids::LIN, &[]);
    world.advance("24h").await;
    world.lin().reply("back").await;
    assert_eq!(world.lin().streak().await, 2);
}

/// Looking at the answer first keeps the streak, but the round does not extend it.
#[tokio::test(flavor = "multi_thread")]
async fn looking_before_replying_keeps_but_does_not_extend_the_streak() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    world.advance("24h").await;
    let confirmation = world.lin().press(world.post().id, "Model answer").await;
    assert!(
        confirmation
            .text()
            .contains("You haven't answered the question in <#"),
        "{}",
        confirmation.text()
    );
    let reveal = world.lin().press(confirmation.id, "Show it anyway").await;
    assert!(reveal.text().contains("model answer"), "{}", reveal.text());
    world.lin().reply("after looking").await;
    assert_eq!(
        world.lin().streak_reasons().await,
        ["👀 saw the answer first: streak unchanged", "✅ answered"]
    );
    assert_eq!(world.lin().streak().await, 1);
}

//! Posting a round: on time, late, never twice. The numbers refer to the list of field failures.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// 2. The bot is down at the due time. 20 minutes later the question is late but posted. Five hours
/// later, or the next day, it is not posted. No streak is broken.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_posted_late_within_the_catch_up_limit() {
    for (back, posted) in [
        ("2026-03-27T09:20", 1),
        ("2026-03-27T14:00", 0),
        ("2026-03-28T08:00", 0),
    ] {
        let mut world = World::at("2026-03-26T08:59[Europe/Berlin]")
            .team()
            .start()
            .await;
        world.advance("1m").await;
        world.ada().reply("here").await;
        world.stop().await;
        world.set_time(back).await;
        world.start_bot().await;
        assert_eq!(world.posts().len(), 1 + posted, "back at {back}");
        assert_eq!(world.ada().streak().await, 1, "back at {back}");
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 2 + posted, "back at {back}");
        // Monday's question is still open, and only Friday's question, if posted, was missed.
        assert_eq!(
            world.ada().streak().await,
            u32::from(posted == 0),
            "back at {back}"
        );
    }
}

/// With `catch_up = "0"` the question and the report are posted on time, although the scheduler never
/// wakes at the due time itself, and an admin's order is carried out on any day.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_catch_up_questions_are_posted_on_time() {
    let mut world = World::at("2026-03-26T08:59:59[Europe/Berlin]")
        .team()
        .with("catch_up = \"0\"\nreport = true")
        .start()
        .await;
    // Time flows, as it does outside of tests.
    let clock = world.sandbox.clock();
    clock.set_flowing(true).await.unwrap();
    world
        .wait_for("the question", |world| world.posts().first()?.thread)
        .await;
    clock.set_flowing(false).await.unwrap();
    world.set_time("2026-03-27T09:00:00.001").await;
    assert_eq!(world.posts().len(), 2);
    world.set_time("2026-03-27T17:00:00.001").await;
    let messages = world.sandbox.messages(ids::ASYNCIO, ids::SAM);
    let is_report =
        |message: &&discord_sandbox::client::MessageView| message.footer().starts_with("Week of ");
    assert_eq!(messages.iter().filter(is_report).count(), 1);
    world.set_time("2026-03-28T12:00").await;
    clock.set_flowing(true).await.unwrap();
    let ordered = world.ada().command_message("team post", &[]).await.text();
    assert!(ordered.contains("Posting question 3"), "{ordered}");
    world
        .wait_for("the question", |world| world.posts().get(2)?.thread)
        .await;
    clock.set_flowing(false).await.unwrap();
    // More than on time is late.
    world.stop().await;
    world.set_time("2026-03-30T09:06").await;
    world.start_bot().await;
    assert_eq!(world.posts().len(), 3);
}

/// The clock is half a year ahead when a question is due, and Discord does not respond. When the
/// clock is right again, questions continue on their days.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_ahead_does_not_silence_a_team() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage").always(),
        RequestFault::server_error(),
    );
    world.set_time("2026-09-25T09:00").await;
    world.set_time("2026-03-26T12:00").await;
    world.sandbox.clear_faults();
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
    world.ada().reply("counted").await;
}

/// A team leaves the config file and comes back: it is paused meanwhile, and resumed.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_is_in_the_config_again_is_resumed() {
    let mut world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let config = world.folder().join("config.toml");
    let with_team = std::fs::read_to_string(&config).unwrap();
    world.stop().await;
    std::fs::write(&config, "").unwrap();
    world.start_bot().await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("no longer in the bot's config file"),
        "{status}"
    );
    world.stop().await;
    std::fs::write(&config, with_team).unwrap();
    world.set_time("2026-03-27T10:00").await;
    world.start_bot().await;
    assert_eq!(world.posts().len(), 1, "nothing is posted late");
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2);
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(!status.contains("**Paused**"), "{status}");
}

/// 2, 15. A streak survives a weekend, a holiday and a pause.
#[tokio::test(flavor = "multi_thread")]
async fn days_without_a_question_break_no_streak() {
    let world = World::at("2026-04-02T08:59[Europe/Berlin]")
        .team()
        .with("holidays = [\"2026-04-03\", \"2026-04-06\"]")
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("Thursday").await;
    for day in 3..7 {
        world.set_time(&format!("2026-04-{day:02}T09:30")).await;
        assert_eq!(world.posts().len(), 1, "April {day}");
    }
    world.set_time("2026-04-07T09:00").await;
    assert_eq!(world.posts().len(), 2);
    world.ada().reply("Tuesday").await;
    world
        .ada()
        .command_message("team pause", &[("until", json!("2026-04-10"))])
        .await;
    world.set_time("2026-04-09T10:00").await;
    assert_eq!(world.posts().len(), 2, "a pause");
    world.set_time("2026-04-10T09:00").await;
    assert_eq!(world.posts().len(), 3);
    world.ada().reply("Friday").await;
    assert_eq!(world.ada().streak().await, 3);
}

/// 9. However the posting time is changed, there is at most one post a day.
#[tokio::test(flavor = "multi_thread")]
async fn changing_the_time_posts_at_most_once_a_day() {
    let world = World::at("2026-03-26T12:00[Europe/Berlin]").start().await;
    let ada = world.ada();
    ada.command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    assert_eq!(
        world.posts().len(),
        0,
        "set up at 12:00 for 09:00: tomorrow is the first"
    );
    world.set_time("2026-03-27T08:30").await;
    ada.command_message("team settings", &[("time", json!("08:00"))])
        .await;
    world
        .wait_for_change("the question, which is due at once", |world| {
            world.posts().len() == 1
        })
        .await;
    world.set_time("2026-03-27T09:30").await;
    ada.command_message("team settings", &[("time", json!("10:00"))])
        .await;
    world.set_time("2026-03-27T10:05").await;
    assert_eq!(world.posts().len(), 1);
    world.set_time("2026-03-30T10:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// 9. Set up at 15:00 for 09:00: the first question is posted tomorrow, unless "post now" is
/// pressed. 10. After that the schedule does not post a second one that day.
#[tokio::test(flavor = "multi_thread")]
async fn post_now_replaces_the_scheduled_post() {
    let world = World::at("2026-03-26T15:00[Europe/Berlin]").start().await;
    let ada = world.ada();
    let set_up = ada
        .command_message(
            "setup",
            &[
                ("timezone", json!("Europe/Berlin")),
                ("time", json!("16:00")),
            ],
        )
        .await;
    ada.press(set_up.id, "Post the first one now").await;
    world
        .wait_for("the question", |world| world.posts().first()?.thread)
        .await;
    world.advance("1h").await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    let again = ada.command_message("team post", &[]).await;
    assert!(
        again.text().contains("Today's question is already out"),
        "{}",
        again.text()
    );
    world.set_time("2026-03-27T16:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// 12. Times in the spring gap and the autumn overlap are due once, and the local time stays the
/// same.
#[tokio::test(flavor = "multi_thread")]
async fn a_local_time_is_due_once_across_clock_changes() {
    for (day, after) in [("2026-03-28", "2026-03-30"), ("2026-10-24", "2026-10-26")] {
        let world = World::at(&format!("{day}T02:29[Europe/Berlin]"))
            .team()
            .with("at = \"02:30\"\ndays = [\"mon\", \"sat\", \"sun\"]")
            .start()
            .await;
        // Advance in half-hour steps through the night of the change.
        while world.local_date() < after.parse().unwrap() {
            world.advance("30m").await;
        }
        assert_eq!(world.posts().len(), 2, "{day}");
        world.advance("3h").await;
        let labels: Vec<_> = world
            .posts()
            .iter()
            .map(|post| post.footer()[..20].to_owned())
            .collect();
        assert_eq!(labels.len(), 3, "{labels:?}");
    }
}

/// 17. Replies in the last second of a round and in the first second of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn replies_count_for_their_round_to_the_second() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let first_thread = world.thread();
    world.set_time("2026-03-30T08:59:59").await;
    let in_time = world.ada().write(first_thread, "just in time");
    world.ada().wait_until_counted(in_time).await;
    world.set_time("2026-03-30T09:00:01").await;
    let late = world.lin().write(first_thread, "a second late");
    world.lin().wait_until_counted(late).await;
    assert_eq!(
        world.ada().streak_reasons().await,
        ["⏳ still open", "✅ answered"]
    );
    assert_eq!(
        world.lin().streak_reasons().await,
        [
            "⏳ still open",
            "✖️ too late: the next question was already out"
        ]
    );
    let midnight = "2026-03-30T23:59:59";
    world.set_time(midnight).await;
    world.lin().reply("before midnight").await;
    world.set_time("2026-03-31T00:00:01").await;
    world.ada().reply("after midnight, same round").await;
    assert_eq!(world.ada().streak().await, 2);
    assert_eq!(world.lin().streak().await, 1);
}

/// 33. The configured role is notified, and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_configured_role_is_notified() {
    let role = ids::TEAM_ROLE;
    let world = World::at(FRIDAY)
        .team()
        .with(&format!("role = \"{role}\""))
        .start()
        .await;
    world.advance("1m").await;
    let post = world.post();
    let (question, last_line) = post.content.rsplit_once('\n').unwrap();
    assert!(
        question.starts_with("**Question of the day:** "),
        "{question}"
    );
    assert_eq!(last_line, format!("<@&{role}>"));
    assert!(!post.pinged.is_empty(), "the role's members are notified");
    world
        .ada()
        .reply("@everyone @here ||spoiler|| ``` \u{202e}")
        .await;
    world
        .wait_for("the edit", |world| world.post().edited.then_some(()))
        .await;
    assert_eq!(world.post().content, post.content);
}

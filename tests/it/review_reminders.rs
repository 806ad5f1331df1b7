//! `/remind reviews`: one direct message on days with at least three due reviews.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use serde_json::{Value, json};

use crate::eviction::idle_on;
use crate::health::Monitor;
use crate::reminders::{direct_messages, ephemeral_messages, set_dms_blocked};
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// Rates that many questions "again", so they are due on the next day.
async fn fail_questions(member: MemberHandle<'_>, count: usize) {
    for _ in 0..count {
        let quiz = member
            .command_message("quiz", &[("mode", json!("new"))])
            .await;
        let answer = member.press(quiz.id, answer_button(&quiz)).await;
        member.press(answer.id, "None of them").await;
    }
}

/// Returns the button that shows the answer: for a prediction, one of the outputs.
fn answer_button(quiz: &MessageView) -> &'static str {
    let buttons = serde_json::to_string(&quiz.components).unwrap();
    if buttons.contains("Show the answer") {
        "Show the answer"
    } else {
        "A"
    }
}

async fn remind_of_reviews(member: MemberHandle<'_>, at: &str) -> String {
    let response = member
        .command_message("remind reviews on", &[("time", json!(at))])
        .await;
    assert!(response.ephemeral);
    response.text()
}

/// A world on Thursday, after the question. The questions that members practise are not asked
/// before Friday at 09:00.
async fn world_after_the_question() -> World {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn three_due_reviews_bring_one_message() {
    let mut world = world_after_the_question().await;
    fail_questions(world.lin(), 2).await;
    fail_questions(world.sam(), 3).await;
    for member in [world.lin(), world.sam(), world.ada()] {
        let response = remind_of_reviews(member, "08:00").await;
        assert_eq!(
            response,
            "I'll send you a direct message at 08:00 (Europe/Berlin) on days with at least 3 reviews \
             due. Make sure you allow direct messages from members of this server. To stop, use \
             `/remind reviews off`."
        );
    }
    let status = world.sam().command_message("remind status", &[]).await;
    assert!(
        status
            .text()
            .ends_with("\nReminders of due reviews are on: at 08:00 (Europe/Berlin)."),
        "{}",
        status.text()
    );
    world.set_time("2026-03-27T07:59").await;
    assert!(direct_messages(&world, ids::SAM).is_empty());
    world.set_time("2026-03-27T08:00").await;
    let [message] = direct_messages(&world, ids::SAM).try_into().unwrap();
    let (guild, channel) = (ids::GUILD, ids::ASYNCIO);
    assert_eq!(
        message.text(),
        format!(
            "🔁 3 reviews are due today. Use `/quiz` in <#{channel}>.\n\
             -# You turned this on with `/remind reviews on`. To stop, use `/remind reviews off` there."
        )
    );
    assert!(message.content.contains("</quiz:"), "{}", message.content);
    let button = &message.components[0]["components"][0];
    assert_eq!(
        (&button["style"], &button["label"], &button["url"]),
        (
            &json!(5),
            &json!("Open the channel"),
            &json!(format!("https://discord.com/channels/{guild}/{channel}"))
        )
    );
    world.kill_and_restart().await;
    world.set_time("2026-03-27T08:50").await;
    let count = |user| direct_messages(&world, user).len();
    assert_eq!(
        [count(ids::LIN), count(ids::SAM), count(ids::ADA)],
        [0, 1, 0],
        "Lin has two due reviews, and Ada none"
    );
    let off = world
        .sam()
        .command_message("remind reviews off", &[])
        .await
        .text();
    assert!(
        off.starts_with("Reminders of due reviews are now off."),
        "{off}"
    );
    let off = world.ada().command_message("remind reviews off", &[]).await;
    assert!(off.text().contains("are now off"), "{}", off.text());
    let off = world.ada().command_message("remind reviews off", &[]).await;
    assert!(off.text().contains("were already off"), "{}", off.text());
    world.set_time("2026-03-28T08:00").await;
    assert_eq!(direct_messages(&world, ids::SAM).len(), 1);
    let wrong = remind_of_reviews(world.sam(), "eight").await;
    assert!(wrong.contains("I can't read the time"), "{wrong}");
}

/// A server without a team: the time is in UTC, and the link is to the channel of the command.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_team_has_review_reminders() {
    let world = World::at("2026-03-26T10:00[UTC]").start().await;
    fail_questions(world.lin(), 3).await;
    let response = remind_of_reviews(world.lin(), "07:00").await;
    assert!(response.contains("at 07:00 (UTC)"), "{response}");
    world.set_time("2026-03-27T07:00").await;
    let [message] = direct_messages(&world, ids::LIN).try_into().unwrap();
    assert!(
        message.text().contains(&format!("<#{}>", ids::ASYNCIO)),
        "{}",
        message.text()
    );
}

/// Discord rejects the message: the reminder is switched off, and the member is notified once, beside
/// their next response.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_message_disables_the_review_reminder() {
    let mut world = world_after_the_question().await;
    fail_questions(world.lin(), 3).await;
    remind_of_reviews(world.lin(), "08:00").await;
    set_dms_blocked(&world, ids::LIN, true);
    world.set_time("2026-03-27T08:00").await;
    world.kill_and_restart().await;
    let notices = |world: &World| {
        let all = ephemeral_messages(world, ids::LIN);
        all.into_iter()
            .filter(|text| text.starts_with("I couldn't remind you of your due reviews"))
            .count()
    };
    assert_eq!(notices(&world), 0);
    world.lin().command_message("streak", &[]).await;
    world
        .wait_for("the notice", |world| (notices(world) == 1).then_some(()))
        .await;
    world.lin().command_message("streak", &[]).await;
    assert_eq!(notices(&world), 1);
    set_dms_blocked(&world, ids::LIN, false);
    world.set_time("2026-03-28T08:00").await;
    assert!(direct_messages(&world, ids::LIN).is_empty(), "it stays off");
}

/// By the bot's clock it is 08:00 on Friday, while it is Thursday evening.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_sends_no_review_reminder() {
    let world = world_after_the_question().await;
    fail_questions(world.lin(), 3).await;
    remind_of_reviews(world.lin(), "08:00").await;
    world.set_time("2026-03-26T21:00").await;
    world.set_bot_clock_ahead("11h").await;
    assert!(direct_messages(&world, ids::LIN).is_empty());
    world.set_bot_clock_ahead("0s").await;
    world.set_time("2026-03-27T08:00").await;
    assert_eq!(direct_messages(&world, ids::LIN).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_review_reminder_is_shown_exported_and_deleted() {
    let world = world_after_the_question().await;
    fail_questions(world.lin(), 3).await;
    let item = "the time of your reminder of due reviews";
    let overview = world.lin().command_message("privacy", &[]).await;
    assert!(!overview.text().contains(item), "{}", overview.text());
    remind_of_reviews(world.lin(), "08:00").await;
    let overview = world.lin().command_message("privacy", &[]).await;
    assert!(overview.text().contains(item), "{}", overview.text());
    let export = world.lin().press(overview.id, "Export my data").await;
    let file: Value = serde_json::from_slice(&world.attachment(&export).await).unwrap();
    assert_eq!(file["review_reminder"]["time"]["at"], "08:00:00");
    world.lin().press(overview.id, "Delete my data").await;
    world.lin().press(overview.id, "Delete for good").await;
    let snapshot = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let stored = std::fs::read_to_string(snapshot).unwrap();
    assert!(!stored.contains("review_reminder"), "{stored}");
    world.set_time("2026-03-27T08:00").await;
    assert!(direct_messages(&world, ids::LIN).is_empty());
}

/// Idle until the server is evicted from memory.
async fn evict(world: &World) {
    let monitor = Monitor::new(world).await;
    world.set_time("2026-03-26T22:00").await;
    world.set_time("2026-03-27T01:00").await;
    world.set_time("2026-03-27T05:00").await;
    idle_on(world, &monitor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_sends_its_review_reminders() {
    let world = World::at(THURSDAY).setting(LISTEN).team().start().await;
    world.advance("1m").await;
    fail_questions(world.lin(), 3).await;
    remind_of_reviews(world.lin(), "08:00").await;
    evict(&world).await;
    world.set_time("2026-03-27T08:00").await;
    assert_eq!(direct_messages(&world, ids::LIN).len(), 1);
}

/// Killed at every step of a reminder, in a server that was evicted before: a reminder that was not
/// recorded yet is sent after the restart, and a recorded one never again.
#[cfg(all(feature = "failpoints", debug_assertions))]
mod kills {
    use super::*;
    use crate::support::test_database::TestDatabase;

    /// Steps of a reminder with state in files, and the number of messages after the restart.
    const STEPS_ON_FILES: [(&str, usize); 11] = [
        ("store.encode", 1),
        ("disk.write", 1),
        ("disk.half", 1),
        ("disk.fsync", 1),
        ("store.written", 1),
        ("disk.link", 1),
        ("disk.rename", 1),
        ("store.kept", 1),
        ("store.renamed", 0),
        ("remind.noted", 0),
        ("remind.sent", 1),
    ];

    #[tokio::test(flavor = "multi_thread")]
    async fn a_killed_review_reminder_comes_at_most_once_on_files() {
        for (step, sent) in STEPS_ON_FILES {
            kill_at(step, sent, None).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_killed_review_reminder_comes_at_most_once_in_a_database() {
        for (step, sent) in [("remind.noted", 0), ("remind.sent", 1)] {
            if let Some(database) = TestDatabase::new() {
                kill_at(step, sent, Some(database)).await;
            }
        }
    }

    async fn kill_at(step: &str, sent: usize, database: Option<TestDatabase>) {
        let mut builder = World::at(THURSDAY).setting(LISTEN).team().failpoints();
        if let Some(database) = &database {
            builder = builder.database(database.url());
        }
        let mut world = builder.start().await;
        world.advance("1m").await;
        fail_questions(world.lin(), 3).await;
        remind_of_reviews(world.lin(), "08:00").await;
        evict(&world).await;
        world.set_failpoints(&format!("{step} kill"));
        let eight = "2026-03-27T07:00:00Z".parse().unwrap();
        // The bot is killed and does not acknowledge the time.
        let sandbox = world.sandbox.clone();
        let moved = tokio::spawn(async move { sandbox.clock().set(eight).await });
        let ended = world.wait_for_exit(crate::support::WAIT_TIMEOUT).await;
        assert!(ended.is_some(), "{step} was not reached");
        world.kill_if_alive().await;
        moved.abort();
        world.set_failpoints("");
        if let Some(database) = &database {
            database.expire_leases();
        }
        world.start_bot().await;
        world.advance("30m").await;
        assert_eq!(direct_messages(&world, ids::LIN).len(), sent, "{step}");
        // A question may be open by then, so at most one more.
        world.set_time("2026-03-28T08:00").await;
        let later = direct_messages(&world, ids::LIN).len();
        assert!((sent..=sent + 1).contains(&later), "{step}: {later}");
    }
}

//! The weekly report of a team: posted in the channel, once, without notifying anybody.

use discord_sandbox::client::MessageView;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const MONDAY: &str = "2026-03-23T08:00[Europe/Berlin]";

fn reports(world: &World) -> Vec<MessageView> {
    let all = world.sandbox.messages(ids::ASYNCIO, ids::SAM).into_iter();
    all.filter(|message| message.footer().starts_with("Week of "))
        .collect()
}

/// Advances from Monday to Friday 16:59: Ada replies each day, Lin on Tuesday.
async fn until_friday(world: &World) {
    for day in 23..=27 {
        world.set_time(&format!("2026-03-{day}T09:00")).await;
        world.ada().reply("in time").await;
        if day == 24 {
            world.lin().reply("me too").await;
        }
    }
    world.set_time("2026-03-27T16:59").await;
    assert!(reports(world).is_empty());
}

/// An admin switches the report on: it is posted on Friday at 17:00, complete, and again a week
/// later.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_follows_the_last_question_of_the_week() {
    let mut world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(!status.contains("report"), "{status}");
    let changed = world
        .ada()
        .command_message("team settings", &[("report", json!(true))])
        .await
        .text();
    assert!(
        changed.contains("**Weekly report**: after the week's last question"),
        "{changed}"
    );
    until_friday(&world).await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("**Next weekly report**: <t:1774627200:F>"),
        "{status}"
    );
    world.set_time("2026-03-27T17:00").await;
    let [report] = reports(&world).try_into().unwrap();
    let text = report.text();
    // The questions are random.
    let is_question = |line: &&str| {
        let item = line.split_once("• ").map(|(_, item)| item);
        item.is_some_and(|item| !item.starts_with('<'))
    };
    let without_questions: Vec<&str> = text.lines().filter(|line| !is_question(line)).collect();
    insta::assert_snapshot!(without_questions.join("\n"), @r"
    Weekly report
    2 members took part in 5 questions.
    1. <@1150000000000000001>: 5 answers · 🔥 5
    2. <@1150000000000000002>: 1 answer
    [Longest streaks] • <@1150000000000000001>: 5 in a row
    Missed by 1 of 2
    Missed by 1 of 2
    -# Missed: not answered in time, or after seeing the answer, by members who took part this week. The open question isn't included yet.
    [Next questions] • <t:1774854000:F> (<t:1774854000:R>)
    • <t:1774940400:F> (<t:1774940400:R>)
    • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    ");
    let sent = world.sandbox.requests();
    let sent = sent
        .iter()
        .rfind(|message| message.body["embeds"][0]["title"] == "Weekly report")
        .unwrap();
    assert_eq!(sent.body["allowed_mentions"], json!({ "parse": [] }));
    assert_eq!(sent.body["enforce_nonce"], true);
    world.kill_and_restart().await;
    world.set_time("2026-03-27T20:00").await;
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-04-03T16:59").await;
    assert_eq!(reports(&world).len(), 1);
    world.set_time("2026-04-03T17:00").await;
    assert_eq!(reports(&world).len(), 2);
}

/// The week of a team that posts from Sunday to Thursday ends on Thursday.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_sunday_to_thursday_comes_on_thursday() {
    let world = World::at("2026-03-21T12:00[Asia/Riyadh]")
        .team()
        .with("days = [\"sun\", \"mon\", \"tue\", \"wed\", \"thu\"]\nreport = true")
        .start()
        .await;
    for day in 22..=26 {
        world.set_time(&format!("2026-03-{day}T09:00")).await;
        world.ada().reply("in time").await;
        assert!(reports(&world).is_empty(), "March {day}");
    }
    world.set_time("2026-03-26T17:00").await;
    let [report] = reports(&world).try_into().unwrap();
    let text = report.text();
    assert!(text.contains("1 member took part in 5 questions"), "{text}");
    for day in ["27", "28", "29"] {
        world.set_time(&format!("2026-03-{day}T20:00")).await;
    }
    assert_eq!(reports(&world).len(), 1);
}

/// Switched on in the operator's config. Members who opted out of leaderboards are not listed.
/// Without the setting no report is posted.
#[tokio::test(flavor = "multi_thread")]
async fn hidden_members_are_not_in_the_report() {
    let world = World::at(MONDAY).team().with("report = true").start().await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("in time").await;
    world.lin().reply("me too").await;
    let privacy = world.lin().command_message("privacy", &[]).await;
    world
        .lin()
        .press(privacy.id, "Hide me from leaderboards")
        .await;
    world.set_time("2026-03-27T17:00").await;
    let text = reports(&world)[0].text();
    assert!(text.contains("1 member took part in 1 question"), "{text}");
    assert!(!text.contains(&ids::LIN.to_string()), "{text}");
}

/// The bot is down at the time of the report. Back within the catch-up limit, it posts the report;
/// later the week has none, and neither has a week without questions.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_report_is_posted_within_the_catch_up_limit() {
    let mut world = World::at(MONDAY).team().with("report = true").start().await;
    until_friday(&world).await;
    world.kill().await;
    world.set_time("2026-03-27T19:50").await;
    world.start_bot().await;
    assert_eq!(reports(&world).len(), 1);
    world.set_time("2026-03-30T09:00").await;
    world.kill().await;
    world.set_time("2026-04-03T20:01").await;
    world.start_bot().await;
    world.ada().command_message("team pause", &[]).await;
    world.set_time("2026-04-10T17:00").await;
    world.set_time("2026-04-10T18:00").await;
    assert_eq!(reports(&world).len(), 1);
}

/// Discord fails before or after it created the message: there is one report, and another server's
/// question is not late.
#[tokio::test(flavor = "multi_thread")]
async fn discord_failures_give_one_report() {
    let world = World::at(MONDAY).team().with("report = true").start().await;
    until_friday(&world).await;
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage").after(),
        RequestFault::server_error(),
    );
    world.set_time("2026-03-27T17:00").await;
    world.advance("5s").await;
    assert_eq!(reports(&world).len(), 1);
    world.advance("2h").await;
    assert_eq!(reports(&world).len(), 1);
    assert_eq!(world.posts().len(), 5);
}

/// Killed at each step of the report: there is one report.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_gives_one_report() {
    for step in ["week.intended", "week.sending", "week.sent", "week.posted"] {
        let mut world = World::at(MONDAY)
            .team()
            .with("report = true")
            .failpoints()
            .start()
            .await;
        world.set_time("2026-03-26T09:00").await;
        world.ada().reply("in time").await;
        world.set_failpoints(&format!("{step} kill"));
        let sandbox = world.sandbox.clone();
        let five = "2026-03-27T16:00:00Z".parse().unwrap();
        // The bot is killed and does not acknowledge the time.
        let moved = tokio::spawn(async move { sandbox.clock().set(five).await });
        world
            .wait_for_exit(crate::support::WAIT_TIMEOUT)
            .await
            .unwrap();
        world.kill_if_alive().await;
        moved.abort();
        world.set_failpoints("");
        world.advance("5m").await;
        world.start_bot().await;
        assert_eq!(reports(&world).len(), 1, "killed at {step}");
        world.advance("2h").await;
        assert_eq!(reports(&world).len(), 1, "killed at {step}");
    }
}

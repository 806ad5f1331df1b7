//! The report on a team's week: in the channel, once, and without notifying anybody.

use quizloop::sandbox::client::MessageView;
use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const MONDAY: &str = "2026-03-23T08:00[Europe/Berlin]";

fn reports(world: &World) -> Vec<MessageView> {
    let all = world.sandbox.messages(ids::ASYNCIO, ids::SAM).into_iter();
    all.filter(|message| message.footer().starts_with("Week of "))
        .collect()
}

/// Monday to Friday: Ada replies each day, Lin on Tuesday. It is Friday 16:59 then.
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

/// Switched on by an admin; it comes on Friday at 17:00, whole, and the next one a week later.
#[tokio::test(flavor = "multi_thread")]
async fn it_comes_after_the_last_question() {
    let mut world = World::at(MONDAY).start().await;
    world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(!status.contains("report"), "{status}");
    let changed = world
        .ada()
        .command_message("team settings", &[("report", json!(true))])
        .await
        .text();
    assert!(
        changed.contains("**Report**: each week after its last question"),
        "{changed}"
    );
    until_friday(&world).await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("**The next report**: <t:1774627200:F>"),
        "{status}"
    );
    world.set_time("2026-03-27T17:00").await;
    let [report] = reports(&world).try_into().unwrap();
    let hardest: Vec<String> = report.text().lines().map(str::to_owned).collect();
    let without_questions: Vec<&str> = hardest
        .iter()
        .filter(|line| !line.contains("• Round"))
        .map(String::as_str)
        .collect();
    insta::assert_snapshot!(without_questions.join("\n"), @r"
    The week
    2 members took part in 5 questions.
    1. <@1150000000000000001>: 5 answered rounds, streak 5
    2. <@1150000000000000002>: 1 answered round, streak 0
    [Longest streaks] • <@1150000000000000001>: 5 rounds in a row
    1 of 2 did not answer in time, or looked first
    1 of 2 did not answer in time, or looked first
    -# Of those who took part this week. The question that is still open is not judged yet.
    [The next questions] • <t:1774854000:F> (<t:1774854000:R>)
    • <t:1774940400:F> (<t:1774940400:R>)
    • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    ");
    let sent = world.sandbox.requests();
    let sent = sent
        .iter()
        .rfind(|one| one.body["embeds"][0]["title"] == "The week")
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

/// Declared in the operator's file; whoever left the boards is not in it; switched off nothing comes.
#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_boards_is_not_in_it() {
    let world = World::at(MONDAY).team().with("report = true").start().await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("in time").await;
    world.lin().reply("me too").await;
    let shown = world.lin().command_message("privacy", &[]).await;
    world.lin().press(shown.id, "Take me off the boards").await;
    world.set_time("2026-03-27T17:00").await;
    let text = reports(&world)[0].text();
    assert!(text.contains("1 member took part in 1 question"), "{text}");
    assert!(!text.contains(&ids::LIN.to_string()), "{text}");
}

/// Away at its time: back within the catch-up limit it still comes; later the week has none, and so has a week without
/// a question.
#[tokio::test(flavor = "multi_thread")]
async fn away_at_its_time() {
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

/// Discord fails, before or after it took the message: one report, and the question of another server is not late.
#[tokio::test(flavor = "multi_thread")]
async fn discord_in_trouble() {
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

/// Killed at each of its steps: one report.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_step() {
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
        // The bot dies of it, and does not report.
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

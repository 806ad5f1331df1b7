//! Reports of mistakes in questions: written by members, read and closed by admins.

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use quizloop_core::question_reports::MAX_OPEN_REPORTS_PER_MEMBER;
use serde_json::json;

use crate::operator::{quizloop, said};
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Reports a mistake in a question. Returns the bot's response.
async fn report(member: MemberHandle<'_>, question: &str, text: &str) -> String {
    let message = member
        .command_message("answer", &[("question", json!(question))])
        .await;
    let form = member.open_modal(message.id, "Report a mistake").await;
    assert_eq!(form.data["custom_id"], format!("q1:report:{question}"));
    let response = member.submit_modal(&form, &[("text", text)]).await;
    assert!(response.ephemeral);
    response.text()
}

fn state_reports(world: &World, arguments: &[&str]) -> String {
    let folder = world.state();
    let state = ["--state", folder.to_str().unwrap()];
    let all = [&["state", "reports"], arguments, &state].concat();
    let (code, text) = said(&quizloop(world.folder(), &all));
    assert_eq!(code, Some(0), "{text}");
    text
}

/// A report is followed from the button on the daily message to the admin who closes it, with kills
/// in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_stays_until_an_admin_closes_it() {
    let mut world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let revealed = world.lin().press(world.post().id, "Model answer").await;
    let form = world
        .lin()
        .open_modal(revealed.id, "Report a mistake")
        .await;
    assert!(
        form.title.starts_with("Report a mistake in #"),
        "{}",
        form.title
    );
    let question = form.data["components"][0]["content"].as_str().unwrap();
    assert!(
        question.starts_with("**") && question.ends_with("?**"),
        "{question}"
    );
    let field = &form.data["components"][1]["components"][0];
    insta::assert_snapshot!(field["placeholder"].as_str().unwrap(), @"Admins of this server will see it with your name, until they close it.");
    let text = "**Wrong**: @everyone\nknows that `await` blocks nobody";
    let response = world.lin().submit_modal(&form, &[("text", text)]).await;
    assert!(
        response.content.contains("saved as number 1"),
        "{}",
        response.content
    );
    // An acknowledged report survives a kill.
    world.kill_and_restart().await;
    report(world.sam(), "queue-handover", "A second one").await;

    let listed = state_reports(&world, &[]);
    let question = form.data["custom_id"]
        .as_str()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap();
    assert!(
        listed.contains(&format!("report 1  {question}  by {}", ids::LIN)),
        "{listed}"
    );
    assert!(
        listed.contains("\n    **Wrong**: @everyone knows"),
        "{listed}"
    );
    let json = state_reports(&world, &[&ids::GUILD.to_string(), "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[1]["guild"], ids::GUILD.to_string());
    assert_eq!(json[1]["text"], "A second one");

    let message = world.ada().command_message("team reports", &[]).await;
    assert!(message.ephemeral);
    assert!(
        message
            .text()
            .contains(r"\*\*Wrong\*\*: \@everyone knows that \`await\` blocks nobody"),
        "{}",
        message.text()
    );
    // The author's export contains the report.
    let mine = world.lin().command_message("privacy", &[]).await;
    assert!(
        mine.text().contains("1 mistake that you reported"),
        "{}",
        mine.text()
    );
    let file = world.lin().press(mine.id, "Export my data").await;
    let file: serde_json::Value = serde_json::from_slice(&world.attachment(&file).await).unwrap();
    assert_eq!(file["reports"][0]["number"], 1);
    let left = world.ada().choose(&message, &["1"]).await;
    assert!(
        left.text().contains("1 open report about questions"),
        "{}",
        left.text()
    );
    assert!(!left.text().contains("Wrong"), "{}", left.text());
    world.kill_and_restart().await;
    let message = world.ada().command_message("team reports", &[]).await;
    let none = world.ada().choose(&message, &["2"]).await;
    assert!(
        none.content.starts_with("No open reports."),
        "{}",
        none.content
    );
    assert_eq!(state_reports(&world, &[]), "No open reports.\n");
    assert!(!world.log().contains("A second one") && !world.log().contains("blocks nobody"));
}

/// A member may have only a few open reports, and is asked to wait.
#[tokio::test(flavor = "multi_thread")]
async fn open_reports_per_member_are_limited() {
    let world = World::at(THURSDAY).team().start().await;
    for number in 1..=MAX_OPEN_REPORTS_PER_MEMBER {
        let response = report(world.lin(), "queue-handover", &format!("mistake {number}")).await;
        assert!(response.contains(&format!("number {number}")), "{response}");
    }
    let again = report(world.lin(), "queue-handover", "mistake 3").await;
    assert!(
        again.contains("number 3"),
        "the same words are the same report: {again}"
    );
    let full = report(world.lin(), "queue-handover", "one more").await;
    insta::assert_snapshot!(full, @"Your report was not saved: you already have 5 open reports. You can send this one once an admin has closed another with `/team reports`.");
    let blank = report(world.sam(), "queue-handover", "  \n ").await;
    assert!(blank.contains("the text is empty"), "{blank}");
}

/// Only admins read and close reports, whatever custom id a member sends.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins_read_reports() {
    let world = World::at(THURSDAY).team().start().await;
    report(world.lin(), "queue-handover", "not for everybody").await;
    let refused = world.sam().command("team reports", &[]).await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
    for custom_id in ["q1:reports:0", "q1:report-close:0"] {
        let response = world.sam().press_id(custom_id).await.text();
        assert!(
            response.contains("You need the \"Manage Server\" permission"),
            "{response}"
        );
    }
    let message = world.ada().command_message("team reports", &[]).await;
    assert!(
        message.text().contains("not for everybody"),
        "{}",
        message.text()
    );
    let unknown = world.lin().press_id("q1:report:gone").await.text();
    assert!(unknown.contains("There is no question"), "{unknown}");
}

/// The response is lost: submitting the form again gives no second report.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_creates_no_second_report() {
    let world = World::at(THURSDAY).team().start().await;
    let message = world
        .lin()
        .command_message("answer", &[("question", json!("queue-handover"))])
        .await;
    let form = world.lin().open_modal(message.id, "Report a mistake").await;
    world.sandbox.add_fault(
        FaultRule::on("Callback").always(),
        RequestFault::server_error(),
    );
    let fields = [("text", "It is the other way round")];
    let _ = world.sandbox.submit_modal(ids::LIN, &form, &fields).await;
    world.sandbox.clear_faults();
    let response = world.lin().submit_modal(&form, &fields).await.content;
    assert!(response.contains("number 1"), "{response}");
    assert_eq!(state_reports(&world, &[]).matches("report ").count(), 1);
    assert!(!world.log().contains("other way round"));
}

/// Killed before or after the report was saved: in neither case was the member thanked, so they
/// submit it again.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_the_save_creates_one_report() {
    let mut world = World::at(THURSDAY).team().failpoints().start().await;
    let message = world
        .lin()
        .command_message("answer", &[("question", json!("queue-handover"))])
        .await;
    let form = world.lin().open_modal(message.id, "Report a mistake").await;
    for step in ["report.entered", "report.saved"] {
        world.set_failpoints(&format!("{step} kill"));
        let fields = [("text", "It is the other way round")];
        let outcome = world.sandbox.submit_modal(ids::LIN, &form, &fields).await;
        assert!(outcome.message().is_none(), "{step}: {outcome:?}");
        world.kill_if_alive().await;
        world.set_failpoints("");
        world.start_bot().await;
        let response = world.lin().submit_modal(&form, &fields).await.content;
        assert!(response.contains("number 1"), "{step}: {response}");
    }
    assert_eq!(state_reports(&world, &[]).matches("report ").count(), 1);
}

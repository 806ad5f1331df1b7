//! Mistakes in questions that members report, and who reads of them.

use quizloop::practice::question_reports::MAX_OPEN_REPORTS_PER_MEMBER;
use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use serde_json::json;

use crate::operator::{quizloop, said};
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Reports a mistake in a question; gives what the bot says.
async fn report(member: MemberHandle<'_>, question: &str, text: &str) -> String {
    let shown = member
        .command_message("answer", &[("question", json!(question))])
        .await;
    let form = member.open_modal(shown.id, "Report a mistake").await;
    assert_eq!(form.data["custom_id"], format!("q1:report:{question}"));
    let said = member.submit_modal(&form, &[("text", text)]).await;
    assert!(said.ephemeral);
    said.content
}

fn state_reports(world: &World, arguments: &[&str]) -> String {
    let folder = world.state();
    let state = ["--state", folder.to_str().unwrap()];
    let all = [&["state", "reports"], arguments, &state].concat();
    let (code, text) = said(&quizloop(world.folder(), &all));
    assert_eq!(code, Some(0), "{text}");
    text
}

/// From the button on the daily message to the admin who closes it, with the bot killed in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_kept_until_an_admin_closes_it() {
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
    let field = &form.data["components"][0]["components"][0];
    insta::assert_snapshot!(field["placeholder"].as_str().unwrap(), @"This server's admins will read it, with your name. It is kept until they close it.");
    let text = "**Wrong**: @everyone\nknows that `await` blocks nobody";
    let said = world.lin().submit_modal(&form, &[("text", text)]).await;
    assert!(
        said.content.contains("saved as number 1"),
        "{}",
        said.content
    );
    // What was said to be saved survives a kill.
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

    let shown = world.ada().command_message("team reports", &[]).await;
    assert!(shown.ephemeral);
    assert!(
        shown
            .text()
            .contains(r"\*\*Wrong\*\*: \@everyone knows that \`await\` blocks nobody"),
        "{}",
        shown.text()
    );
    // Whoever wrote it takes it along with all the rest.
    let mine = world.lin().command_message("privacy", &[]).await;
    assert!(
        mine.text().contains("1 mistake in questions"),
        "{}",
        mine.text()
    );
    let file = world.lin().press(mine.id, "Export as a file").await;
    let file: serde_json::Value = serde_json::from_slice(&world.attachment(&file).await).unwrap();
    assert_eq!(file["reports"][0]["number"], 1);
    let left = world.ada().choose(&shown, &["1"]).await;
    assert!(
        left.text().contains("1 open report about questions"),
        "{}",
        left.text()
    );
    assert!(!left.text().contains("Wrong"), "{}", left.text());
    world.kill_and_restart().await;
    let shown = world.ada().command_message("team reports", &[]).await;
    let none = world.ada().choose(&shown, &["2"]).await;
    assert!(
        none.content.starts_with("No report is open."),
        "{}",
        none.content
    );
    assert_eq!(state_reports(&world, &[]), "No report is open.\n");
    assert!(!world.log().contains("A second one") && !world.log().contains("blocks nobody"));
}

/// One member can't fill it up, and hears what to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_has_a_few_open_ones() {
    let world = World::at(THURSDAY).team().start().await;
    for number in 1..=MAX_OPEN_REPORTS_PER_MEMBER {
        let said = report(world.lin(), "queue-handover", &format!("mistake {number}")).await;
        assert!(said.contains(&format!("number {number}")), "{said}");
    }
    let again = report(world.lin(), "queue-handover", "mistake 3").await;
    assert!(
        again.contains("number 3"),
        "the same words are the same report: {again}"
    );
    let full = report(world.lin(), "queue-handover", "one more").await;
    insta::assert_snapshot!(full, @"Your report could not be taken: 5 of your reports are open already. When an admin closes one with `/team reports`, there is room for this one.");
    let blank = report(world.sam(), "queue-handover", "  \n ").await;
    assert!(blank.contains("there is nothing in it"), "{blank}");
}

/// Only admins read and close them, whatever custom id somebody makes up.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins_read_them() {
    let world = World::at(THURSDAY).team().start().await;
    report(world.lin(), "queue-handover", "not for everybody").await;
    let refused = world.sam().command("team reports", &[]).await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
    for custom_id in ["q1:reports:0", "q1:report-close:0"] {
        let said = world.sam().press_id(custom_id).await.text();
        assert!(
            said.contains("Only members who may manage the server"),
            "{said}"
        );
    }
    let shown = world.ada().command_message("team reports", &[]).await;
    assert!(
        shown.text().contains("not for everybody"),
        "{}",
        shown.text()
    );
    let unknown = world.lin().press_id("q1:report:gone").await.text();
    assert!(unknown.contains("There is no question"), "{unknown}");
}

/// An answer that is lost on its way: who sends the form again has one report.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_report() {
    let world = World::at(THURSDAY).team().start().await;
    let shown = world
        .lin()
        .command_message("answer", &[("question", json!("queue-handover"))])
        .await;
    let form = world.lin().open_modal(shown.id, "Report a mistake").await;
    world
        .sandbox
        .add_fault(FaultRule::on("Callback"), RequestFault::server_error());
    let fields = [("text", "It is the other way round")];
    let _ = world.sandbox.submit_modal(ids::LIN, &form, &fields).await;
    world.sandbox.clear_faults();
    let said = world.lin().submit_modal(&form, &fields).await.content;
    assert!(said.contains("number 1"), "{said}");
    assert_eq!(state_reports(&world, &[]).matches("report ").count(), 1);
    assert!(!world.log().contains("other way round"));
}

/// Killed before it was on disk or after: the member was thanked in neither case, and sends it again.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_around_the_save() {
    let mut world = World::at(THURSDAY).team().failpoints().start().await;
    let shown = world
        .lin()
        .command_message("answer", &[("question", json!("queue-handover"))])
        .await;
    let form = world.lin().open_modal(shown.id, "Report a mistake").await;
    for step in ["report.entered", "report.saved"] {
        world.set_failpoints(&format!("{step} kill"));
        let fields = [("text", "It is the other way round")];
        let outcome = world.sandbox.submit_modal(ids::LIN, &form, &fields).await;
        assert!(outcome.message().is_none(), "{step}: {outcome:?}");
        world.kill_if_alive().await;
        world.set_failpoints("");
        world.start_bot().await;
        let said = world.lin().submit_modal(&form, &fields).await.content;
        assert!(said.contains("number 1"), "{step}: {said}");
    }
    assert_eq!(state_reports(&world, &[]).matches("report ").count(), 1);
}

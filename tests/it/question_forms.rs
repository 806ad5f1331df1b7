//! A server's own questions as admins write them: forms, corrections, lists, removal.

use discord_sandbox::client::{ClientOutcome, MessageView, ModalView};
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:58[Europe/Berlin]";

const QUESTION: &str = "How do we deploy the worker?";
const ANSWER: &str = "With the pipeline:\n```sh\nmake deploy\n  # from main\n```\nNever by hand.";

/// The fields of a form with a question that can be saved.
const FIELDS: [(&str, &str); 5] = [
    ("question", QUESTION),
    ("answer", ANSWER),
    ("points", "- with the pipeline\n- never by hand"),
    ("how_to_answer", "Name the steps in their order."),
    ("follow_up", "Who may do it?"),
];

/// Adds a question with these fields, and returns the bot's response.
pub async fn add(member: MemberHandle<'_>, fields: &[(&str, &str)]) -> MessageView {
    let form = member.command_modal("team questions add", &[]).await;
    let response = member.submit_modal(&form, fields).await;
    assert!(response.ephemeral);
    response
}

/// Runs `/team questions` with a question, and returns the text of the response.
async fn run(member: MemberHandle<'_>, subcommand: &str, question: &str) -> String {
    let command = format!("team questions {subcommand}");
    let options = [("question", json!(question))];
    let response = member.command_message(&command, &options).await;
    assert!(response.ephemeral);
    response.text()
}

async fn list(member: MemberHandle<'_>, filter: &str) -> String {
    let options = [("filter", json!(filter))];
    let listed = member
        .command_message("team questions list", &options)
        .await;
    assert!(listed.ephemeral);
    listed.text()
}

/// Returns the texts that are in a form when it opens.
fn values(form: &ModalView) -> Vec<String> {
    let rows = form.data["components"].as_array().unwrap().iter();
    let value = |row: &serde_json::Value| row["components"][0]["value"].as_str().map(str::to_owned);
    rows.map(|row| value(row).unwrap_or_default()).collect()
}

/// A question from its form to the list, through kills, and changed afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_admin_adds_shows_and_edits_a_question() {
    let mut world = World::at(THURSDAY).team().start().await;
    let options = [("level", json!("junior")), ("topic", json!("Our worker"))];
    let form = world
        .ada()
        .command_modal("team questions add", &options)
        .await;
    assert_eq!(form.title, "Add a question");
    let saved = world.ada().submit_modal(&form, &FIELDS).await;
    insta::assert_snapshot!(saved.text(), @"Saved as #s1. It can come up from the next draw on. `/team questions show` shows it.");
    world.kill_and_restart().await;
    insta::assert_snapshot!(list(world.ada(), "own").await, @"
    1 question of this server
    **#s1** How do we deploy the worker? · junior · our worker
    ");
    insta::assert_snapshot!(run(world.ada(), "show", "#s1").await, @"
    #s1
    **How do we deploy the worker?**

    With the pipeline:
    ```sh
    make deploy
      # from main
    ```
    Never by hand.
    [Key points] • with the pipeline
    • never by hand
    [How to answer] Name the steps in their order.
    [Follow-up] Who may do it?
    [Written by] <@1150000000000000001>
    ");

    let options = [("question", json!("s1")), ("level", json!("any"))];
    let form = world
        .ada()
        .command_modal("team questions edit", &options)
        .await;
    assert_eq!(form.title, "Edit a question");
    assert_eq!(values(&form)[0], QUESTION);
    assert_eq!(values(&form)[1], ANSWER, "code keeps its lines");
    assert_eq!(values(&form)[2], "with the pipeline\nnever by hand");
    let changed = [("points", ""), ("question", "How do we deploy it?")];
    let edited = world.ada().submit_modal(&form, &changed).await;
    insta::assert_snapshot!(edited.text(), @"#s1 is changed. A question that is posted already keeps its text; its buttons show the new one.");
    world.kill_and_restart().await;
    let shown = run(world.ada(), "show", "How do we deploy it?").await;
    assert!(shown.contains("How do we deploy it?"), "{shown}");
    assert!(shown.contains("make deploy\n  # from main"), "{shown}");
    assert!(!shown.contains("[Key points]"), "{shown}");
    let listed = list(world.ada(), "own").await;
    assert!(
        listed.ends_with("How do we deploy it? · our worker\n"),
        "{listed}"
    );
    // Nothing of it is in the log.
    assert!(!world.log().contains("deploy") && !world.last_log().contains("deploy"));
}

/// A form that breaks the rules of the bank is refused with all that is wrong, and is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_is_corrected() {
    let world = World::at(THURSDAY).team().start().await;
    let long = "a".repeat(1450);
    let point = format!("one\n{}\none", "p".repeat(130));
    let fields = [
        ("question", "Why?\n```py\nprint(1)\n```"),
        ("answer", long.as_str()),
        ("points", point.as_str()),
    ];
    let refused = add(world.ada(), &fields).await;
    insta::assert_snapshot!(refused.text(), @"
    Not saved yet. I keep what you wrote for 15 minutes.
    • **Question** contains a code block. Move the code to the answer, or put short code between single backticks.
    • **Key point** 3 is a duplicate. Remove one of the two: members tick each point.
    • **Answer** has 1450 characters, 50 more than the limit of 1400. Shorten it.
    • **Key point** 2 has 130 characters, 30 more than the limit of 100. Shorten it.
    ");
    assert_eq!(list(world.ada(), "own").await.matches("#s").count(), 0);
    // Only the member who wrote it can open it, whatever custom id another one sends.
    let id = refused.components[0]["components"][0]["custom_id"]
        .as_str()
        .unwrap();
    let other = world.sam().press_id(id).await.text();
    insta::assert_snapshot!(other, @"I no longer have that text: I keep it for 15 minutes, and not when I'm restarted. Please run the command again.");

    world.advance("14m").await;
    let form = world.ada().open_modal(refused.id, "Correct it").await;
    assert_eq!(values(&form)[..3], fields.map(|(_, text)| text.to_owned()));
    let corrected = [
        ("question", "Why?"),
        ("answer", "Because."),
        ("points", "one\n"),
    ];
    let saved = world.ada().submit_modal(&form, &corrected).await;
    assert_eq!(saved.id, refused.id, "the refusal is settled");
    assert!(saved.text().contains("Saved as #s1"), "{}", saved.text());
    assert!(saved.components.is_empty());
}

/// A draft is kept for 15 minutes, and not over a restart. A correction that is refused again is
/// kept again.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_expires() {
    let mut world = World::at(THURSDAY).team().start().await;
    let refused = add(world.ada(), &[("question", " "), ("answer", "Because.")]).await;
    world.advance("10m").await;
    let form = world.ada().open_modal(refused.id, "Correct it").await;
    let again = world.ada().submit_modal(&form, &[("question", "  ")]).await;
    assert!(
        again.text().contains("**Question** is empty"),
        "{}",
        again.text()
    );
    world.advance("10m").await;
    let form = world.ada().open_modal(again.id, "Correct it").await;
    assert_eq!(values(&form)[1], "Because.");
    world.advance("6m").await;
    let expired = world.ada().press(again.id, "Correct it").await;
    assert!(
        expired.text().contains("no longer have"),
        "{}",
        expired.text()
    );
    let refused = add(world.ada(), &[("question", " "), ("answer", "Because.")]).await;
    world.kill_and_restart().await;
    let expired = world.ada().press(refused.id, "Correct it").await;
    assert!(
        expired.text().contains("no longer have"),
        "{}",
        expired.text()
    );
}

/// Built-in questions can be disabled, but neither edited nor removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_built_in_question_is_disabled_and_enabled() {
    let mut world = World::at(THURSDAY).team().start().await;
    let disabled = run(world.ada(), "disable", "queue-handover").await;
    assert!(
        disabled.contains("is disabled: it is not drawn any more"),
        "{disabled}"
    );
    world.kill_and_restart().await;
    let listed = list(world.ada(), "disabled").await;
    assert!(listed.starts_with("1 question is disabled"), "{listed}");
    let shown = run(world.ada(), "show", "queue-handover").await;
    assert!(shown.contains("[Disabled]"), "{shown}");
    for command in ["edit", "remove"] {
        let response = run(world.ada(), command, "queue-handover").await;
        assert!(
            response.contains("is a question for all servers"),
            "{response}"
        );
    }
    run(world.ada(), "enable", "queue-handover").await;
    let listed = list(world.ada(), "disabled").await;
    insta::assert_snapshot!(listed, @"No question is disabled. `/team questions disable` takes one out of the draw.");
}

/// Removal asks back. A press on an old confirmation changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_removed_after_a_confirmation() {
    let mut world = World::at(THURSDAY).team().start().await;
    add(world.ada(), &FIELDS).await;
    let options = [("question", json!("s1"))];
    let asked = world
        .ada()
        .command_message("team questions remove", &options)
        .await;
    insta::assert_snapshot!(asked.text(), @r#"Remove #s1 "How do we deploy the worker?"? This can't be undone. `/team questions disable` keeps it."#);
    assert!(list(world.ada(), "own").await.contains("#s1"));
    let removed = world.ada().press(asked.id, "Remove it").await;
    insta::assert_snapshot!(removed.text(), @"#s1 is removed.");
    world.kill_and_restart().await;
    insta::assert_snapshot!(list(world.ada(), "own").await, @"This server has no questions of its own yet. Add one with `/team questions add`. Members can send theirs with `/suggest`.");
    // A number is not used again.
    let next = add(world.ada(), &FIELDS).await;
    assert!(next.text().contains("#s2"), "{}", next.text());
}

/// Lists have pages, and are for admins.
#[tokio::test(flavor = "multi_thread")]
async fn lists_have_pages_and_are_for_admins() {
    let world = World::at(THURSDAY).team().start().await;
    let options = [("filter", json!("shared"))];
    let first = world
        .ada()
        .command_message("team questions list", &options)
        .await;
    assert!(
        first.footer().starts_with("Page 1 of "),
        "{}",
        first.footer()
    );
    let second = world.ada().press(first.id, "Next").await;
    assert!(
        second.footer().starts_with("Page 2 of "),
        "{}",
        second.footer()
    );
    assert_ne!(first.text(), second.text());
    let back = world.ada().press(second.id, "Previous").await;
    assert_eq!(back.text(), first.text());
    for id in [
        "q1:questions:own:0",
        "q1:question-remove:s-12345678",
        "q1:suggestion-open",
        "q1:suggestion:approve:1",
    ] {
        let response = world.sam().press_id(id).await.text();
        assert!(response.contains("\"Manage Server\""), "{id}: {response}");
    }
    let refused = world.sam().command("team questions add", &[]).await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
}

/// The response is lost: submitting the form again adds no second question.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_adds_no_second_question() {
    let world = World::at(THURSDAY).team().start().await;
    let form = world.ada().command_modal("team questions add", &[]).await;
    let rule = FaultRule::on("Callback").always();
    world.sandbox.add_fault(rule, RequestFault::server_error());
    let _ = world.sandbox.submit_modal(ids::ADA, &form, &FIELDS).await;
    world.sandbox.clear_faults();
    let again = world.ada().submit_modal(&form, &FIELDS).await.text();
    assert!(again.contains("Saved as #s1"), "{again}");
    assert_eq!(list(world.ada(), "own").await.matches("**#s").count(), 1);
}

/// A member who sends too much is asked to wait, and what they wrote is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_rate_limited_member_is_kept() {
    let world = World::at(THURSDAY).team().start().await;
    let form = world.ada().command_modal("team questions add", &[]).await;
    for _ in 0..60 {
        world.ada().command("help", &[]).await;
    }
    let refused = world.ada().submit_modal(&form, &FIELDS).await;
    assert!(
        refused.text().contains("Too many requests"),
        "{}",
        refused.text()
    );
    world.advance("31s").await;
    let form = world.ada().open_modal(refused.id, "Correct it").await;
    let saved = world.ada().submit_modal(&form, &[]).await.text();
    assert!(saved.contains("Saved as #s1"), "{saved}");
}

/// The file of an evicted server is a pipe, so that loading it does not end.
#[cfg(unix)]
pub struct EndlessLoading {
    file: std::path::PathBuf,
    kept: std::path::PathBuf,
}

#[cfg(unix)]
impl EndlessLoading {
    pub fn begin(world: &World) -> Self {
        let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
        let kept = file.with_extension("kept");
        std::fs::rename(&file, &kept).unwrap();
        // Reading a pipe waits for someone who writes.
        let made = std::process::Command::new("mkfifo").arg(&file).status();
        assert!(made.unwrap().success());
        Self { file, kept }
    }

    pub fn end(self) {
        let pipe = self.file.with_extension("pipe");
        std::fs::rename(&self.file, &pipe).unwrap();
        std::fs::rename(&self.kept, &self.file).unwrap();
        // Ends the reads of the pipe, whose results nobody waits for.
        drop(std::fs::OpenOptions::new().write(true).open(&pipe).unwrap());
    }
}

/// A server that takes long to load: a form and suggestions, which can't be deferred, wait only so
/// long. What needs nothing of the server does not wait.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn forms_and_suggestions_wait_only_so_long() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .setting(crate::eviction::LISTEN)
        .team()
        .start()
        .await;
    add(world.ada(), &FIELDS).await;
    crate::eviction::idle_until_evicted(&world).await;
    let loading = EndlessLoading::begin(&world);
    let options = [("question", json!("s1"))];
    let slow = world
        .ada()
        .command_message("team questions edit", &options)
        .await;
    insta::assert_snapshot!(slow.text(), @"I'm still loading this server's questions. Please try again in a few seconds.");
    let typed = [("question", json!("deploy"))];
    let suggest = |typed| {
        let command = "team questions show";
        world
            .sandbox
            .autocomplete(ids::ASYNCIO, ids::ADA, command, typed)
    };
    assert_eq!(
        suggest(&typed).await.unwrap().len(),
        0,
        "no shared question matches"
    );
    let shared = [("question", json!("queue"))];
    assert!(!suggest(&shared).await.unwrap().is_empty());
    world.lin().command_modal("suggest", &[]).await;

    loading.end();
    let form = world
        .ada()
        .command_modal("team questions edit", &options)
        .await;
    assert_eq!(values(&form)[0], QUESTION);
    let found = suggest(&typed).await.unwrap();
    assert_eq!(found[0].name, format!("#s1 · {QUESTION}"));
}

/// The disk is full: the text is kept, and saved once there is room.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_can_t_be_saved_is_kept() {
    let world = World::at(THURSDAY).team().failpoints().start().await;
    world.set_failpoints("disk.write error full");
    let refused = add(world.ada(), &FIELDS).await;
    assert!(
        refused.text().contains("could not be saved"),
        "{}",
        refused.text()
    );
    world.set_failpoints("");
    let form = world.ada().open_modal(refused.id, "Correct it").await;
    assert_eq!(values(&form)[1], ANSWER);
    let saved = world.ada().submit_modal(&form, &[]).await.text();
    assert!(saved.contains("Saved as #s1"), "{saved}");
    assert_eq!(list(world.ada(), "own").await.matches("**#s").count(), 1);
}

/// Killed before or after a change was saved: in neither case was it confirmed, so the admin does it
/// again, and it is done once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_save_leaves_no_doubt() {
    for step in ["question.changed", "question.saved"] {
        let mut world = World::at(THURSDAY).team().failpoints().start().await;
        let form = world.ada().command_modal("team questions add", &[]).await;
        world.set_failpoints(&format!("{step} kill"));
        let outcome = world.sandbox.submit_modal(ids::ADA, &form, &FIELDS).await;
        restart_after_kill(&mut world, step, &outcome).await;
        let again = world.ada().submit_modal(&form, &FIELDS).await.text();
        assert!(again.contains("Saved as #s1"), "{step}: {again}");

        let options = [("question", json!("s1"))];
        let form = world
            .ada()
            .command_modal("team questions edit", &options)
            .await;
        let new_text = [("question", "Who deploys it?")];
        world.set_failpoints(&format!("{step} kill"));
        let outcome = world.sandbox.submit_modal(ids::ADA, &form, &new_text).await;
        restart_after_kill(&mut world, step, &outcome).await;
        let again = world.ada().submit_modal(&form, &new_text).await.text();
        assert!(again.contains("#s1 is changed"), "{step}: {again}");

        world.set_failpoints(&format!("{step} kill"));
        let outcome = world
            .ada()
            .command("team questions disable", &options)
            .await;
        restart_after_kill(&mut world, step, &outcome).await;
        run(world.ada(), "disable", "s1").await;
        let listed = list(world.ada(), "disabled").await;
        assert!(
            listed.contains("Who deploys it? · disabled"),
            "{step}: {listed}"
        );

        let asked = world
            .ada()
            .command_message("team questions remove", &options)
            .await;
        world.set_failpoints(&format!("{step} kill"));
        let outcome = world
            .sandbox
            .press(asked.id, ids::ADA, "Remove it", &[])
            .await;
        restart_after_kill(&mut world, step, &outcome).await;
        // It may be gone already.
        world.ada().press(asked.id, "Remove it").await;
        assert!(!list(world.ada(), "own").await.contains("#s1"), "{step}");
    }
}

/// Checks that nothing was confirmed before the kill, and starts the bot again.
#[cfg(all(feature = "failpoints", debug_assertions))]
pub async fn restart_after_kill(world: &mut World, step: &str, outcome: &ClientOutcome) {
    let is_unconfirmed = matches!(outcome, ClientOutcome::NoResponse(_));
    assert!(is_unconfirmed, "{step}: {outcome:?}");
    world.kill_if_alive().await;
    world.set_failpoints("");
    world.start_bot().await;
}

//! Questions that members suggest, and the admins' decisions.

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::ids;
use discord_sandbox::permission::MANAGE_GUILD;
use quizloop_core::server_questions::MAX_SUGGESTIONS_PER_MEMBER;
use serde_json::json;

use crate::reminders::ephemeral_messages;
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:58[Europe/Berlin]";

const FIELDS: [(&str, &str); 2] = [
    ("question", "Why does **my** task vanish?"),
    ("answer", "Nobody holds a reference to it."),
];

async fn suggest(member: MemberHandle<'_>, fields: &[(&str, &str)]) -> String {
    let form = member.command_modal("suggest", &[]).await;
    let response = member.submit_modal(&form, fields).await;
    assert!(response.ephemeral);
    response.text()
}

/// Returns the list of suggestions as an admin sees it.
async fn list(admin: MemberHandle<'_>) -> MessageView {
    let options = [("filter", json!("suggestions"))];
    admin.command_message("team questions list", &options).await
}

/// Opens a suggestion from the list.
async fn open(admin: MemberHandle<'_>, number: &str) -> MessageView {
    let listed = list(admin).await;
    admin.choose(&listed, &[number]).await
}

/// Makes Sam an admin.
fn make_sam_admin(world: &World) {
    let admins = world.sandbox.add_role(ids::GUILD, "admins", MANAGE_GUILD);
    world
        .sandbox
        .set_member_roles(ids::GUILD, ids::SAM, &[admins]);
}

/// Two admins open a suggestion, and the first one decides. The member is notified below their next
/// response, once, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_is_approved_once() {
    let mut world = World::at(THURSDAY).team().start().await;
    make_sam_admin(&world);
    let saved = suggest(world.lin(), &FIELDS).await;
    insta::assert_snapshot!(saved, @"Thank you! Your suggestion is saved as number 1. Admins of this server see it with your name. Once they decide, I tell you below your next command here.");
    world.kill_and_restart().await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains(
            "1 suggestion is waiting for you to decide: `/team questions list` `filter:suggestions`"
        ),
        "{status}"
    );
    let listed = list(world.ada()).await.text();
    assert!(
        listed.contains(r"Why does \*\*my\*\* task vanish?"),
        "{listed}"
    );
    let first = open(world.ada(), "1").await;
    let second = open(world.sam(), "1").await;
    assert!(
        first.text().contains("Nobody holds a reference"),
        "{}",
        first.text()
    );

    let approved = world.ada().press(first.id, "Approve").await.text();
    insta::assert_snapshot!(approved, @"Suggestion 1 is approved: it is #s1. The member learns it below their next command.");
    let late = world.sam().press(second.id, "Reject").await.text();
    assert!(
        late.starts_with(&format!("<@{}> decided", ids::ADA)),
        "{late}"
    );
    assert!(
        late.contains("suggestion 1 is approved: it is #s1"),
        "{late}"
    );
    assert_eq!(
        list(world.ada()).await.text(),
        "No suggestion is waiting. Members send them with `/suggest`."
    );

    // Nothing comes unasked, and the notice survives a kill.
    world.kill_and_restart().await;
    let notices = |world: &World| {
        let all = ephemeral_messages(world, ids::LIN).into_iter();
        all.filter(|text| text.contains("decided"))
            .collect::<Vec<_>>()
    };
    assert_eq!(notices(&world), [""; 0]);
    assert!(world.direct_messages().is_empty());
    world.lin().command_message("streak", &[]).await;
    world
        .wait_for_change("the notice", |world| !notices(world).is_empty())
        .await;
    world.lin().command_message("streak", &[]).await;
    world.wait_until_idle().await;
    let notices = notices(&world);
    assert_eq!(notices.len(), 1, "{notices:?}");
    insta::assert_snapshot!(notices[0], @r"
    An admin has decided on your suggestion:
    • Approved as #s1: Why does \*\*my\*\* task vanish?
    ");
    assert!(!world.log().contains("vanish") && !world.last_log().contains("vanish"));
}

/// A rejected suggestion is deleted, and the member learns it.
#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_is_rejected() {
    let world = World::at(THURSDAY).team().start().await;
    suggest(world.lin(), &FIELDS).await;
    let opened = open(world.ada(), "1").await;
    let rejected = world.ada().press(opened.id, "Reject").await;
    assert!(
        rejected.text().contains("Suggestion 1 is rejected"),
        "{}",
        rejected.text()
    );
    let back = world.ada().press(rejected.id, "All suggestions").await;
    assert!(
        back.text().starts_with("No suggestion is waiting"),
        "{}",
        back.text()
    );
    world.lin().command_message("help", &[]).await;
    let is_notice = |text: &String| text.contains("Not taken: Why does");
    world
        .wait_for_change("the notice", |world| {
            ephemeral_messages(world, ids::LIN).iter().any(is_notice)
        })
        .await;
}

/// A member may have only a few open suggestions. The one too many is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn open_suggestions_per_member_are_limited() {
    let world = World::at(THURSDAY).team().start().await;
    for number in 1..=MAX_SUGGESTIONS_PER_MEMBER {
        let question = format!("What is task {number}?");
        let fields = [("question", question.as_str()), ("answer", "A task.")];
        let saved = suggest(world.lin(), &fields).await;
        assert!(saved.contains(&format!("number {number}")), "{saved}");
    }
    let fields = [("question", "What is task 3?"), ("answer", "A task.")];
    let again = suggest(world.lin(), &fields).await;
    assert!(
        again.contains("number 3"),
        "the same text is the same suggestion: {again}"
    );
    let full = suggest(world.lin(), &FIELDS).await;
    insta::assert_snapshot!(full, @"
    Not saved yet. I keep what you wrote for 15 minutes.
    • You already have 5 open suggestions. You can send this one once an admin has decided on another.
    ");
    let other = suggest(world.sam(), &FIELDS).await;
    assert!(other.contains("number 6"), "{other}");
}

/// Killed before or after the save, a suggestion is there once and is decided once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_save_leaves_no_doubt() {
    use crate::question_forms::restart_after_kill;
    let steps = [
        ("question.changed", "suggestion.decided"),
        ("question.saved", "suggestion.saved"),
    ];
    for (suggesting, deciding) in steps {
        let mut world = World::at(THURSDAY).team().failpoints().start().await;
        let form = world.lin().command_modal("suggest", &[]).await;
        world.set_failpoints(&format!("{suggesting} kill"));
        let outcome = world.sandbox.submit_modal(ids::LIN, &form, &FIELDS).await;
        restart_after_kill(&mut world, suggesting, &outcome).await;
        let again = world.lin().submit_modal(&form, &FIELDS).await.text();
        assert!(again.contains("number 1"), "{suggesting}: {again}");

        let opened = open(world.ada(), "1").await;
        world.set_failpoints(&format!("{deciding} kill"));
        let outcome = world
            .sandbox
            .press(opened.id, ids::ADA, "Approve", &[])
            .await;
        restart_after_kill(&mut world, deciding, &outcome).await;
        let again = world.ada().press(opened.id, "Approve").await.text();
        assert!(again.contains("it is #s1"), "{deciding}: {again}");
        let own = world
            .ada()
            .command_message("team questions list", &[])
            .await;
        assert_eq!(own.text().matches("**#s").count(), 1, "{deciding}");
    }
}

/// A member can't decide, whatever custom id they send.
#[tokio::test(flavor = "multi_thread")]
async fn members_can_t_decide() {
    let world = World::at(THURSDAY).team().start().await;
    suggest(world.lin(), &FIELDS).await;
    for id in [
        "q1:suggestion:approve:1",
        "q1:suggestion:reject:1",
        "q1:questions:suggestions:0",
    ] {
        let response = world.lin().press_id(id).await.text();
        assert!(response.contains("\"Manage Server\""), "{id}: {response}");
    }
    assert!(list(world.ada()).await.text().contains("1 open suggestion"));
    let gone = world.ada().press_id("q1:suggestion:approve:7").await.text();
    assert_eq!(gone, "This suggestion no longer exists.");
    let refused = world.lin().command("team questions list", &[]).await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
}

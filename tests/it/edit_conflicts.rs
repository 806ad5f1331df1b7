//! Two admins edit the same question at the same time.

use discord_sandbox::client::{MessageView, ModalView};
use discord_sandbox::ids;
use discord_sandbox::permission::MANAGE_GUILD;
use insta::assert_snapshot;
use serde_json::json;

use crate::question_forms::add;
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:00[Europe/Berlin]";

const FIELDS: [(&str, &str); 3] = [
    ("question", "How do we deploy?"),
    ("answer", "With the pipeline."),
    ("points", "with the pipeline\nnever by hand"),
];

/// A world with one own question and two admins, Ada and Sam.
async fn world() -> World {
    let world = World::at(THURSDAY).team().start().await;
    let admins = world.sandbox.add_role(ids::GUILD, "admins", MANAGE_GUILD);
    world
        .sandbox
        .set_member_roles(ids::GUILD, ids::SAM, &[admins]);
    add(world.ada(), &FIELDS).await;
    world
}

/// Opens the form of the question.
async fn open(member: MemberHandle<'_>) -> ModalView {
    let options = [("question", json!("s1"))];
    member.command_modal("team questions edit", &options).await
}

async fn show(world: &World) -> String {
    let options = [("question", json!("s1"))];
    let command = "team questions show";
    world.ada().command_message(command, &options).await.text()
}

fn labels(message: &MessageView) -> Vec<String> {
    let buttons = message.buttons().into_iter();
    buttons.map(|button| button.label).collect()
}

/// The second admin sees that the question was changed, and overwrites it. If it is changed once more
/// meanwhile, they are asked again.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_admin_overwrites() {
    let mut world = world().await;
    let (adas, sams) = (open(world.ada()).await, open(world.sam()).await);
    let third = open(world.ada()).await;
    let shorter = [("answer", "By pipeline."), ("points", "by pipeline")];
    let saved = world.ada().submit_modal(&adas, &shorter).await.text();
    assert!(saved.contains("#s1 is changed"), "{saved}");
    let text = [("question", "How do we ship?"), ("follow_up", "Who may?")];
    let asked = world.sam().submit_modal(&sams, &text).await;
    assert!(asked.ephemeral);
    assert_snapshot!(asked.text(), @"Not saved yet: #s1 was changed after you opened the form. Yours differs in: **Question**, **Answer**, **Key points**, **Follow-up**. `/team questions show` shows the other one. I keep what you wrote for 15 minutes.");
    assert_eq!(labels(&asked), ["Overwrite", "Discard"]);
    assert!(show(&world).await.contains("By pipeline."));

    // Ada has another form open since before, and overwrites as well.
    let last = world
        .ada()
        .submit_modal(&third, &[("answer", "Always.")])
        .await;
    world.ada().press(last.id, "Overwrite").await;
    let again = world.sam().press(asked.id, "Overwrite").await;
    assert_eq!(again.id, asked.id, "{}", again.text());
    assert!(again.text().contains("Not saved yet"), "{}", again.text());
    assert!(show(&world).await.contains("Always."));
    let done = world.sam().press(again.id, "Overwrite").await;
    assert_snapshot!(done.text(), @"#s1 is changed. A question that is posted already keeps its text; its buttons show the new one.");
    assert!(done.buttons().is_empty());
    world.kill_and_restart().await;
    let shown = show(&world).await;
    assert!(
        shown.contains("How do we ship?") && shown.contains("With the pipeline."),
        "{shown}"
    );
    // The form shows what is stored now, so it is saved without a question.
    let form = open(world.ada()).await;
    let saved = world.ada().submit_modal(&form, &[("points", "")]).await;
    assert!(saved.text().contains("#s1 is changed"), "{}", saved.text());
}

/// The second admin discards the own text. Old buttons and those of others change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_admin_discards() {
    let mut world = world().await;
    let (adas, sams) = (open(world.ada()).await, open(world.sam()).await);
    world
        .ada()
        .submit_modal(&adas, &[("answer", "Ada's.")])
        .await;
    let asked = world
        .sam()
        .submit_modal(&sams, &[("answer", "Sam's.")])
        .await;
    let overwrite = asked.buttons()[0].custom_id.clone();
    for member in [world.ada(), world.lin()] {
        let refused = member.press_id(&overwrite).await.text();
        assert!(
            refused.contains("no longer have that text") || refused.contains("Manage Server"),
            "{refused}"
        );
    }
    let discarded = world.sam().press(asked.id, "Discard").await;
    assert_eq!(discarded.id, asked.id);
    assert_snapshot!(discarded.text(), @"Discarded. The question stays as it is now.");
    assert!(discarded.buttons().is_empty());
    let old = world.sam().press_id(&overwrite).await.text();
    assert!(old.contains("no longer have that text"), "{old}");
    assert!(show(&world).await.contains("Ada's."));

    // After a restart the text is gone, and the answer says so.
    let sams = open(world.sam()).await;
    let adas = open(world.ada()).await;
    world
        .ada()
        .submit_modal(&adas, &[("answer", "Hers.")])
        .await;
    let asked = world.sam().submit_modal(&sams, &[("answer", "His.")]).await;
    world.kill_and_restart().await;
    let gone = world.sam().press(asked.id, "Overwrite").await.text();
    assert!(gone.contains("no longer have that text"), "{gone}");
    assert!(show(&world).await.contains("Hers."));
}

/// A form that is sent twice, or changes the question as the other admin did, is no conflict. A form
/// of a question that was removed says so.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_is_no_conflict() {
    let world = world().await;
    let (adas, sams) = (open(world.ada()).await, open(world.sam()).await);
    let late = open(world.sam()).await;
    let change = [("answer", "By pipeline.")];
    for _ in 0..2 {
        let saved = world.ada().submit_modal(&adas, &change).await.text();
        assert!(saved.contains("#s1 is changed"), "{saved}");
    }
    let unchanged = world.sam().submit_modal(&sams, &change).await.text();
    assert!(unchanged.contains("#s1 is changed"), "{unchanged}");
    // A correction of a refused form is compared with what the form was opened with, too.
    let refused = world.sam().submit_modal(&late, &[("answer", " ")]).await;
    let corrected = world.sam().open_modal(refused.id, "Correct it").await;
    let asked = world
        .sam()
        .submit_modal(&corrected, &[("answer", "Sam's.")])
        .await;
    assert_eq!(labels(&asked), ["Overwrite", "Discard"], "{}", asked.text());
    let options = [("question", json!("s1"))];
    let removal = world
        .ada()
        .command_message("team questions remove", &options)
        .await;
    world.ada().press(removal.id, "Remove it").await;
    let gone = world.sam().press(asked.id, "Overwrite").await;
    assert!(
        gone.text().contains("an admin has removed it"),
        "{}",
        gone.text()
    );
}

/// Killed before or after the save, an overwritten question is not confirmed; the same form again
/// leaves no doubt.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_save_leaves_no_doubt() {
    use crate::question_forms::restart_after_kill;
    for step in ["question.changed", "question.saved"] {
        let mut world = World::at(THURSDAY).team().failpoints().start().await;
        add(world.ada(), &FIELDS).await;
        let (first, second) = (open(world.ada()).await, open(world.ada()).await);
        world
            .ada()
            .submit_modal(&first, &[("answer", "One.")])
            .await;
        let change = [("answer", "Two.")];
        let asked = world.ada().submit_modal(&second, &change).await;
        world.set_failpoints(&format!("{step} kill"));
        let outcome = world
            .sandbox
            .press(asked.id, ids::ADA, "Overwrite", &[])
            .await;
        restart_after_kill(&mut world, step, &outcome).await;
        let again = world.ada().submit_modal(&second, &change).await;
        let text = if labels(&again).is_empty() {
            again.text()
        } else {
            world.ada().press(again.id, "Overwrite").await.text()
        };
        assert!(text.contains("#s1 is changed"), "{step}: {text}");
        assert!(show(&world).await.contains("Two."), "{step}");
    }
}

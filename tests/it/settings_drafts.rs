//! A changed choice of questions is saved once the admin has seen what it leaves.

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::permission::MANAGE_GUILD;
use insta::assert_snapshot;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::team::{Team, TeamSettings};
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::support::{MessageExt, World};

const MONDAY: &str = "2026-03-23T08:00[Europe/Berlin]";

/// A choice that leaves few questions.
fn choice() -> [(&'static str, Value); 2] {
    [
        ("levels", json!("junior, mid")),
        ("topics", json!("queues, syntax, context")),
    ]
}

/// Returns the team of #asyncio as it is on the disk.
fn saved_team(world: &World) -> Option<Team> {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).ok()?;
    guild.team(ChannelId::new(ids::ASYNCIO)).cloned()
}

fn saved_settings(world: &World) -> TeamSettings {
    saved_team(world).expect("the team is saved").settings
}

fn labels(message: &MessageView) -> Vec<String> {
    let buttons = message.buttons().into_iter();
    buttons.map(|button| button.label).collect()
}

/// Changes the choice as Ada and returns the question whether to save it.
async fn ask(world: &World, options: &[(&str, Value)]) -> MessageView {
    let asked = world.ada().command_message("team settings", options).await;
    assert!(asked.ephemeral);
    assert_eq!(labels(&asked), ["Save", "Cancel"], "{}", asked.text());
    asked
}

/// Presses a button that the message no longer has.
async fn press_old(world: &World, asked: &MessageView, label: &str) -> String {
    let buttons = asked.buttons();
    let button = buttons.iter().find(|one| one.label == label).unwrap();
    world.ada().press_id(&button.custom_id).await.text()
}

/// Nothing is saved before the press, everything is before the confirmation, and a second press
/// changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_saved_with_a_press() {
    let mut world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let before = saved_settings(&world);
    let asked = ask(&world, &choice()).await;
    assert_snapshot!(asked.text(), @"
    <#1120000000000000001>
    **Questions**: junior, mid · queues, syntax, context
    This leaves 7 questions: one and a half weeks at five a week.
    Nothing is saved yet. I keep this for 15 minutes.
    ");
    assert_eq!(saved_settings(&world), before);
    let saved = world.ada().press(asked.id, "Save").await;
    assert_eq!(saved.id, asked.id, "the question is settled");
    assert!(
        saved
            .text()
            .contains("now has these settings:\n**When**: Monday to Friday"),
        "{}",
        saved.text()
    );
    assert!(!labels(&saved).contains(&"Save".to_owned()));
    world.kill_and_restart().await;
    let programme = saved_settings(&world).programme;
    assert_eq!(programme.levels, ["junior", "mid"]);
    assert_eq!(programme.topics, ["queues", "syntax", "context"]);
    // Another choice, and then the press once more: that of the first one changes nothing.
    let asked = ask(
        &world,
        &[("levels", json!("senior")), ("topics", json!("all"))],
    )
    .await;
    world.ada().press(asked.id, "Save").await;
    let other = ask(&world, &[("levels", json!("all"))]).await;
    assert_snapshot!(other.text(), @"
    <#1120000000000000001>
    **Questions**: all
    This leaves 174 questions: 35 weeks at five a week.
    Nothing is saved yet. I keep this for 15 minutes.
    ");
    world.ada().press(other.id, "Save").await;
    assert_snapshot!(press_old(&world, &asked, "Save").await, @"This press changed nothing. I keep settings for 15 minutes, until I'm restarted, or until you save or cancel them. `/team status` shows the present ones; to change them, please run the command again.");
    assert_eq!(saved_settings(&world), before);
}

/// Other settings of the same command wait with the choice. Alone they are saved at once, as is a
/// choice that is the team's already.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_changed_choice_is_asked_for() {
    let world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    for options in [
        vec![("time", json!("10:00"))],
        vec![("show_level", json!(false)), ("reveal", json!("open"))],
        vec![("levels", json!("all")), ("order", json!("shuffled"))],
    ] {
        let changed = world.ada().command_message("team settings", &options).await;
        assert!(
            changed.text().contains("now has these settings"),
            "{}",
            changed.text()
        );
    }
    let before = saved_settings(&world);
    let together = [
        ("order", json!("topics: queues, tasks")),
        ("repeat_day", json!("fri")),
        ("days", json!("mon-thu")),
        ("show_level", json!(true)),
        ("report", json!(true)),
    ];
    let asked = ask(&world, &together).await;
    assert_snapshot!(asked.text(), @"
    <#1120000000000000001>
    **When**: Monday to Thursday at 10:00 (Europe/Berlin)
    **Level and topic**: shown
    **Weekly report**: after the week's last question, without notifying anyone
    **Questions**: a week each: queues, tasks
    **Repeat day**: Friday, the question with the most missed points of six weeks
    This leaves 17 questions: four and a half weeks at four a week.
    Nothing is saved yet. I keep this for 15 minutes.
    ");
    assert_eq!(saved_settings(&world), before);
    // What another admin changes meanwhile stays.
    let at_noon = [("time", json!("12:00"))];
    world.ada().command_message("team settings", &at_noon).await;
    world.ada().press(asked.id, "Save").await;
    let after = saved_settings(&world);
    assert_eq!(after.schedule.at.hour(), 12);
    assert_eq!(after.schedule.days.iter().count(), 4);
    assert!(after.send_weekly_report && !after.hides_level);
    assert!(after.programme.repeat_day.is_some());
    // A choice that leaves no question is refused at once.
    let nothing = [("levels", json!("senior")), ("sources", json!("server"))];
    let refused = world.ada().command_message("team settings", &nothing).await;
    assert!(refused.text().contains("leaves none"), "{}", refused.text());
    assert_eq!(labels(&refused), [""; 0]);
}

/// A new team with a choice is set up with the press.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_team_with_a_choice_is_set_up_with_a_press() {
    let mut world = World::at(MONDAY).start().await;
    let zone = ("timezone", json!("Europe/Berlin"));
    let options = [&[zone][..], &choice()].concat();
    let asked = world.ada().command_message("setup", &options).await;
    assert_snapshot!(asked.text(), @"
    <#1120000000000000001>
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: after you reply; looking earlier needs confirmation
    **Role**: none
    **Questions**: junior, mid · queues, syntax, context
    This leaves 7 questions: one and a half weeks at five a week.
    Nothing is saved yet. I keep this for 15 minutes.
    ");
    world.advance("14m").await;
    assert_eq!(saved_team(&world), None);
    let set_up = world.ada().press(asked.id, "Save").await;
    assert!(set_up.text().contains("is set up."), "{}", set_up.text());
    assert!(labels(&set_up).contains(&"Post the first one now".to_owned()));
    world.kill_and_restart().await;
    let team = saved_team(&world).unwrap();
    assert_eq!(team.settings.programme.levels, ["junior", "mid"]);
    assert_eq!(
        team.set_up_by.map(quizloop_core::id::UserId::get),
        Some(ids::ADA)
    );
}

/// *Cancel*, a quarter of an hour, and a restart: the settings stay as they are, and the answer says
/// what to do. Only the admin who chose can save, and only as an admin.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_saved_is_dropped() {
    let mut world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let before = saved_settings(&world);
    let asked = ask(&world, &choice()).await;
    let save = asked.buttons()[0].custom_id.clone();
    let cancelled = world.ada().press(asked.id, "Cancel").await;
    assert_eq!(cancelled.id, asked.id);
    assert_snapshot!(cancelled.text(), @"Cancelled. Nothing was changed.");
    assert!(cancelled.buttons().is_empty());
    assert!(
        press_old(&world, &asked, "Save")
            .await
            .contains("changed nothing")
    );

    let asked = ask(&world, &choice()).await;
    world.advance("15m").await;
    let late = world.ada().press(asked.id, "Save").await.text();
    assert!(late.contains("please run the command again"), "{late}");
    let asked = ask(&world, &choice()).await;
    world.kill_and_restart().await;
    let late = world.ada().press(asked.id, "Save").await.text();
    assert!(late.contains("please run the command again"), "{late}");
    let late = world.ada().press(asked.id, "Cancel").await.text();
    assert!(late.contains("changed nothing"), "{late}");

    let asked = ask(&world, &choice()).await;
    let save = [save, asked.buttons()[0].custom_id.clone()];
    let admins = world.sandbox.add_role(ids::GUILD, "admins", MANAGE_GUILD);
    for id in &save {
        let refused = world.lin().press_id(id).await.text();
        assert!(refused.contains("\"Manage Server\""), "{refused}");
    }
    world
        .sandbox
        .set_member_roles(ids::GUILD, ids::SAM, &[admins]);
    let other = world.sam().press_id(&save[1]).await.text();
    assert!(other.contains("changed nothing"), "{other}");
    assert_eq!(saved_settings(&world), before);
    // Still there for the admin who chose.
    world.ada().press(asked.id, "Save").await;
    assert_ne!(saved_settings(&world), before);
}

/// What the choice leaves has changed since: it is checked again, and kept until it can be saved.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_checked_again_with_the_press() {
    let world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let fields = [("question", "How do we deploy?"), ("answer", "By hand.")];
    crate::question_forms::add(world.ada(), &fields).await;
    let before = saved_settings(&world);
    let asked = ask(&world, &[("sources", json!("server"))]).await;
    assert!(asked.text().contains("This leaves 1 question: "));
    let ours = [("question", json!("s1"))];
    let ada = world.ada();
    ada.command_message("team questions disable", &ours).await;
    let refused = world.ada().press(asked.id, "Save").await;
    assert_snapshot!(refused.text(), @"That would leave no question: sources (server) leaves none. Nothing was changed.");
    assert_eq!(saved_settings(&world), before);
    ada.command_message("team questions enable", &ours).await;
    let saved = world.ada().press(asked.id, "Save").await.text();
    assert!(saved.contains("**Questions**: from this server"), "{saved}");
}

/// The response to the press is lost: the settings are saved, and the next press says that it changed
/// nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_saves_once() {
    let world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let asked = ask(&world, &choice()).await;
    let rule = FaultRule::on("Callback").always();
    world.sandbox.add_fault(rule, RequestFault::server_error());
    let lost = world.sandbox.press(asked.id, ids::ADA, "Save", &[]).await;
    assert!(!matches!(lost, ClientOutcome::Message(_)), "{lost:?}");
    world.sandbox.clear_faults();
    let again = world.ada().press(asked.id, "Save").await.text();
    assert!(again.contains("changed nothing"), "{again}");
    assert_eq!(saved_settings(&world).programme.levels, ["junior", "mid"]);
}

/// The disk is full: nothing is confirmed, and the same press saves once there is room.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_can_t_be_saved_are_kept() {
    let world = World::at(MONDAY).failpoints().start().await;
    let zone = [("timezone", json!("Europe/Berlin"))];
    for command in ["setup", "team settings"] {
        if command == "team settings" {
            world.ada().command_message("setup", &zone).await;
        }
        let options = match command {
            "setup" => [&zone[..], &choice()].concat(),
            _ => vec![("levels", json!("senior")), ("topics", json!("all"))],
        };
        let asked = world.ada().command_message(command, &options).await;
        world.set_failpoints("disk.write error full");
        let failed = world.ada().press(asked.id, "Save").await;
        assert_ne!(failed.id, asked.id, "the buttons stay");
        assert!(
            failed.text().contains("could not be saved"),
            "{}",
            failed.text()
        );
        world.set_failpoints("");
        let saved = world.ada().press(asked.id, "Save").await;
        assert_eq!(saved.id, asked.id, "{}", saved.text());
        let levels = saved_settings(&world).programme.levels;
        assert!(!levels.is_empty(), "{command}");
    }
}

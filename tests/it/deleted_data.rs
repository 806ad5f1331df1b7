//! The data of a removed server or team can be restored for a week, and then nothing of it stays.

use std::path::{Path, PathBuf};

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;

use crate::operator::{quizloop_command, said};
use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt as _, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// A world with a question and the replies of Ada and Lin.
async fn played(database: Option<&TestDatabase>) -> World {
    let mut builder = World::at(FRIDAY).failpoints();
    if let Some(database) = database {
        builder = builder.database(database.url());
    }
    let world = builder.start().await;
    play(&world).await;
    world
}

async fn play(world: &World) {
    world.set_up_by_ada().await;
    world.advance("1m").await;
    world.ada().reply("first").await;
    world.lin().reply("second").await;
}

/// Removes the bot from the server, and waits until the data is deleted.
async fn leave(world: &World) {
    world.sandbox.remove_bot(ids::GUILD);
    let is_deleted = || {
        world
            .log()
            .contains("bot removed from server; data deleted")
    };
    world.wait_until("the data is deleted", is_deleted).await;
}

/// Runs a `state` command on the world's data. The folder is printed as `state`.
fn state(
    world: &World,
    database: Option<&TestDatabase>,
    arguments: &[&str],
) -> (Option<i32>, String) {
    let folder = world.state();
    let folder = folder.to_str().unwrap();
    let mut all = [&["state"], arguments].concat();
    if database.is_none() {
        all.extend(["--state", folder]);
    }
    let mut command = quizloop_command(world.folder(), &all);
    if let Some(database) = database {
        command.env("QUIZLOOP_STATE_URL", database.url());
    }
    let (code, text) = said(&command.output().unwrap());
    (code, text.replace(folder, "state"))
}

fn restore(world: &World, database: Option<&TestDatabase>) -> (Option<i32>, String) {
    let guild = ids::GUILD.to_string();
    state(world, database, &["restore", &guild, "--deleted", "--yes"])
}

/// Returns the files with deleted data.
fn copies(state: &Path) -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(state.join("deleted")) else {
        return Vec::new();
    };
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Returns the lines of all copies that contain a member's id.
fn lines_in_copies(world: &World, member: u64) -> Vec<String> {
    let member = member.to_string();
    let files = copies(&world.state()).into_iter();
    let text: String = files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let lines = text.lines().filter(|line| line.contains(&member));
    lines.map(|line| line.trim().to_owned()).collect()
}

async fn check_restore(database: Option<&TestDatabase>) {
    let mut world = played(database).await;
    leave(&world).await;
    let told = format!("quizloop state restore {} --deleted", ids::GUILD);
    let log = world.log();
    assert!(
        log.contains(&told) && log.contains("until=2026-04-03T08:00:00Z"),
        "{log}"
    );
    let (code, text) = state(&world, database, &["list", "--deleted"]);
    assert_eq!(code, Some(0), "{text}");
    insta::allow_duplicates! {
        insta::assert_snapshot!(text, @"1110000000000000001  teams 1  rounds 1  members 2  deleted 2026-03-27T08:00:00Z  until 2026-04-03T08:00:00Z");
    }
    let (code, text) = restore(&world, database);
    assert_eq!(code, Some(3), "a bot runs: {text}");
    assert_eq!(world.stop().await, Some(0));
    let (_, text) = state(&world, database, &["list"]);
    assert_eq!(text, "No servers yet.\n");
    let guild = ids::GUILD.to_string();
    let other_time = ["--deleted", "--time", "2026-03-27T08:00:01Z", "--yes"];
    let arguments = [&["restore", guild.as_str()], &other_time[..]].concat();
    let (code, text) = state(&world, database, &arguments);
    assert_eq!(code, Some(3), "{text}");
    insta::allow_duplicates! {
        insta::assert_snapshot!(text, @"error: there is no such deleted data of server 1110000000000000001. Data that was deleted is listed by: quizloop state list --deleted");
    }
    let (code, text) = restore(&world, database);
    assert_eq!(code, Some(0), "{text}");
    insta::allow_duplicates! {
        insta::assert_snapshot!(text, @"
        Server 1110000000000000001

          current   nothing is stored
          restored  deleted 2026-03-27T08:00:00Z: 1 team, 1 round, 2 replies

        No round and no reply is lost.

        When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
        a lost round no longer count, and a question that was lost today may be asked again.

        If the bot is no longer in the server, invite it first. Otherwise it deletes the data again.

        Done. Start the bot again.
        ");
    }
    let (_, text) = state(&world, database, &["list", "--deleted"]);
    assert_eq!(text, "No deleted data.\n");
    world.sandbox.add_bot(ids::GUILD);
    world.start_bot().await;
    assert_eq!(world.ada().streak().await, 1);
    world.set_time("2026-03-30T09:00").await;
    world.ada().reply("third").await;
    assert_eq!(world.ada().streak().await, 2);
    assert_eq!(world.lin().streak().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_server_is_restored() {
    check_restore(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_server_is_restored_in_a_database() {
    if let Some(database) = TestDatabase::new() {
        check_restore(Some(&database)).await;
    }
}

/// The bot was invited again and set up again: the old streaks come back, the operator sees what is
/// lost, and what was replaced is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_server_is_restored_over_new_data() {
    let mut world = played(None).await;
    leave(&world).await;
    world.advance("10m").await;
    world.sandbox.add_bot(ids::GUILD);
    world.set_up_by_ada().await;
    world.set_time("2026-03-30T09:00").await;
    world.sam().reply("new here").await;
    assert_eq!(world.ada().streak().await, 0);
    assert_eq!(world.stop().await, Some(0));
    let guild = ids::GUILD.to_string();
    let (code, text) = state(&world, None, &["restore", &guild, "--deleted"]);
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @"error: this needs confirmation because restored teams replace those of the same channels: run it in a terminal or with --yes");
    let (code, text) = restore(&world, None);
    assert_eq!(code, Some(0), "{text}");
    // The snapshot was written at the time of the machine.
    let (before, rest) = text.split_once("written ").unwrap();
    let (_, after) = rest.split_once(": ").unwrap();
    insta::assert_snapshot!(format!("{before}written TIME: {after}"), @"
    Server 1110000000000000001

      current   written TIME: 1 team, 1 round, 1 reply
      restored  deleted 2026-03-27T08:00:00Z: 1 team, 1 round, 2 replies

    Lost:
      channel 1120000000000000001: Question 1 · 2026-03-30
      1 reply

    When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
    a lost round no longer count, and a question that was lost today may be asked again.

    If the bot is no longer in the server, invite it first. Otherwise it deletes the data again.

    What was replaced is kept for 7 days; `quizloop state list --deleted` lists it.
    Done. Start the bot again.
    ");
    assert_eq!(copies(&world.state()).len(), 1);
    world.start_bot().await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 1);
}

/// The other team and the members' practice stay as they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_team_is_restored() {
    let mut world = played(None).await;
    let confirmation = world.ada().command_message("team remove", &[]).await;
    assert_eq!(
        copies(&world.state()).len(),
        0,
        "not before the confirmation"
    );
    let done = world.ada().press(confirmation.id, "Remove the team").await;
    assert!(done.text().contains("For 7 days"), "{}", done.text());
    assert_eq!(copies(&world.state()).len(), 1);
    world.wait_until_logged("team removed; data deleted").await;
    assert_eq!(world.stop().await, Some(0));
    let (code, text) = restore(&world, None);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("No round and no reply is lost."), "{text}");
    world.start_bot().await;
    assert_eq!(world.lin().streak().await, 1);
    // There is nothing to keep of a team without a question.
    let before = copies(&world.state());
    let zone = [("timezone", serde_json::json!("UTC"))];
    world.ada().command_in(ids::GENERAL, "setup", &zone).await;
    let confirmation = world
        .ada()
        .command_in(ids::GENERAL, "team remove", &[])
        .await;
    let confirmation = confirmation.message().unwrap().id;
    world.ada().press(confirmation, "Remove the team").await;
    world
        .wait_until_logged("team without a question removed")
        .await;
    assert_eq!(copies(&world.state()), before);
}

/// A member who is only in deleted data deletes it there, before it is confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_deletes_their_deleted_data() {
    let mut world = played(None).await;
    leave(&world).await;
    world.sandbox.add_bot(ids::GUILD);
    assert!(!lines_in_copies(&world, ids::LIN).is_empty());
    let overview = world.lin().command_message("privacy", &[]).await;
    world.lin().press(overview.id, "Delete my data").await;
    let done = world.lin().press(overview.id, "Delete for good").await;
    assert!(done.text().contains("is deleted"), "{}", done.text());
    // Only the deletion itself, so that the reply does not count again after a restore.
    let deletion = format!("\"{}\": \"2026-03-27T08:00:00Z\"", ids::LIN);
    assert_eq!(lines_in_copies(&world, ids::LIN), [deletion]);
    assert!(!lines_in_copies(&world, ids::ADA).is_empty());
    assert_eq!(world.stop().await, Some(0));
    let (code, text) = restore(&world, None);
    assert_eq!(code, Some(0), "{text}");
    world.start_bot().await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_data_expires_after_a_week() {
    let world = played(None).await;
    leave(&world).await;
    world.set_time("2026-04-03T09:59").await;
    assert_eq!(copies(&world.state()).len(), 1);
    world.set_time("2026-04-04T02:01").await;
    let is_gone = || copies(&world.state()).is_empty();
    world.wait_until("the copy to go", is_gone).await;
    let is_logged = || world.log().contains("deleted data expired");
    world.wait_until("the log to say so", is_logged).await;
}

/// A clock that jumps ahead expires nothing. One that can't be compared expires nothing either, until
/// an id from Discord shows that the week has passed.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_expires_no_deleted_data() {
    let world = played(None).await;
    let (_, channel) = world.another_guild("Other");
    leave(&world).await;
    // Half a year.
    world.set_bot_clock_ahead("4380h").await;
    world.set_bot_clock_ahead("0s").await;
    assert_eq!(copies(&world.state()).len(), 1);
    let refused = RequestFault::server_error();
    let rule = FaultRule::on("Me").always();
    world.sandbox.add_fault(rule, refused);
    let checks = || world.log().matches("deleted data checked").count();
    for day in ["2026-04-03T11:00", "2026-04-04T11:00"] {
        let before = checks();
        world.set_time(day).await;
        world.wait_until("the check", || checks() > before).await;
        assert_eq!(copies(&world.state()).len(), 1, "{day}");
    }
    world.ada().command_in(channel, "help", &[]).await;
    world.set_time("2026-04-05T11:00").await;
    let is_gone = || copies(&world.state()).is_empty();
    world.wait_until("the copy to go", is_gone).await;
}

/// The time of a deletion is Discord's, whatever the machine's clock shows. Otherwise a clock that is
/// behind would let the data expire as soon as it is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_does_not_date_a_deletion() {
    let world = played(None).await;
    world.set_bot_clock_ahead("-4380h").await;
    leave(&world).await;
    world.set_bot_clock_ahead("0s").await;
    let (_, text) = state(&world, None, &["list", "--deleted"]);
    assert!(text.contains("deleted 2026-03-27T08:00:00Z"), "{text}");
}

/// Killed at each step of a deletion: the data is live or can be restored.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_of_a_deletion_loses_nothing() {
    for step in ["forget.begin", "forget.kept", "forget.half", "forget.done"] {
        let mut world = played(None).await;
        world.kill_in_removal(step).await;
        let live = world.state().join(format!("guilds/{}.json", ids::GUILD));
        let is_live = live.exists();
        let is_kept = !copies(&world.state()).is_empty();
        assert_eq!(is_live, step != "forget.done", "killed at {step}");
        assert_eq!(is_kept, step != "forget.begin", "killed at {step}");
        world.start_bot().await;
        world.wait_until("the deletion", || !live.exists()).await;
        assert_eq!(world.stop().await, Some(0));
        let (code, text) = restore(&world, None);
        assert_eq!(code, Some(0), "killed at {step}: {text}");
        assert_eq!(world.saved_streak(ids::LIN), 1, "killed at {step}");
    }
}

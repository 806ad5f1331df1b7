//! What is kept of a member: seen, taken along, hidden, deleted.

use quizloop::sandbox::ids;
use serde_json::{Value, json};

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// A day in a member's life: a reply and a review.
async fn a_day(member: MemberHandle<'_>) {
    member.reply("my own words").await;
    let asked = member
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    member.press(asked.id, "Show the answer").await;
    member.press(asked.id, "None of them").await;
}

/// All that is on disk of the sample guild, whatever the generation.
fn on_disk(world: &World) -> String {
    let files = std::fs::read_dir(world.state().join("guilds")).unwrap();
    let text = |file: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(file.unwrap().path()).unwrap()
    };
    files.map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_and_takes_along_what_is_kept() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    a_day(world.lin()).await;
    let shown = world.lin().command_message("privacy", &[]).await;
    assert!(shown.ephemeral);
    let text = shown.text();
    assert!(text.contains("a mark in 1 round of 1 team"), "{text}");
    assert!(text.contains("reviews of 1 question"), "{text}");
    let export = world.lin().press(shown.id, "Export as a file").await;
    assert!(export.ephemeral, "nobody else sees it");
    let bytes = world.attachment(&export).await;
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(file["member"], ids::LIN.to_string());
    assert_eq!(file["teams"][0]["ledger"]["marks"], "a");
    assert_eq!(file["teams"][0]["streak"], 1);
    assert_eq!(file["reviews"][0]["rating"], "again");
    assert_eq!(file["practised"], json!(["2026-03-27 1"]));
    // Somebody of whom nothing is kept gets a file that says so.
    let other = world.sam().command_message("privacy", &[]).await;
    let export = world.sam().press(other.id, "Export as a file").await;
    let bytes = world.attachment(&export).await;
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&file["teams"], &file["reviews"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_left_out_of_boards() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("mine").await;
    world.ada().reply("mine").await;
    let shown = world.lin().command_message("privacy", &[]).await;
    let hidden = world.lin().press(shown.id, "Take me off the boards").await;
    assert_eq!(hidden.id, shown.id);
    let board = world.sam().command_message("leaderboard", &[]).await.text();
    let (lin, ada) = (format!("<@{}>", ids::LIN), format!("<@{}>", ids::ADA));
    assert!(board.contains(&ada) && !board.contains(&lin), "{board}");
    let of_lin = [("member", json!(ids::LIN.to_string()))];
    let said = world.sam().command_message("streak", &of_lin).await.text();
    assert!(
        said.contains("They keep their streak to themselves"),
        "{said}"
    );
    assert_eq!(world.lin().streak().await, 1, "their own they see");
    world.lin().press(shown.id, "Put me on the boards").await;
    let board = world.sam().command_message("leaderboard", &[]).await.text();
    assert!(board.contains(&lin), "{board}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_deleted_and_stays_deleted() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    a_day(world.lin()).await;
    a_day(world.ada()).await;
    world
        .ada()
        .command_message(
            "team credit",
            &[("member", json!(ids::LIN.to_string())), ("round", json!(1))],
        )
        .await;
    let shown = world.lin().command_message("privacy", &[]).await;
    let asked = world
        .lin()
        .press(shown.id, "Delete everything of mine")
        .await;
    assert!(asked.text().contains("for good"), "{}", asked.text());
    assert!(
        on_disk(&world).contains(&ids::LIN.to_string()),
        "not before the second word"
    );
    let done = world.lin().press(shown.id, "Delete for good").await;
    assert!(done.text().contains("is deleted"), "{}", done.text());
    let member = ids::LIN.to_string();
    let places: Vec<String> = on_disk(&world)
        .lines()
        .filter(|line| line.contains(&member))
        .map(|line| line.trim().to_owned())
        .collect();
    // In both generations nothing but that it was asked for.
    assert_eq!(
        places,
        vec![format!("\"{member}\": \"2026-03-27T08:00:00Z\""); 2],
        "{places:?}"
    );
    assert_eq!(world.lin().streak().await, 0);
    // The newest rounds are read again after a restart: what was written before stays away.
    world.kill_and_restart().await;
    world.wait_until_idle().await;
    assert_eq!(world.lin().streak().await, 0);
    assert_eq!(world.ada().streak().await, 1, "others keep theirs");
    // What is written from now on counts.
    world.advance("1s").await;
    world.lin().reply("anew").await;
    assert_eq!(world.lin().streak().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stays_away_is_forgotten() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    a_day(world.lin()).await;
    let is_known = || on_disk(&world).contains(&ids::LIN.to_string());
    world.set_time("2027-04-26T08:00").await;
    assert!(is_known());
    world.set_time("2027-04-29T08:00").await;
    world.until("Lin is forgotten", || !is_known()).await;
}

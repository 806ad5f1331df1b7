//! Stored data of a member: shown, exported, hidden, deleted.

use discord_sandbox::ids;
use serde_json::{Value, json};

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// One day of a member: a reply and a review.
async fn reply_and_review(member: MemberHandle<'_>) {
    member.reply("my own words").await;
    let quiz = member
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    member.press(quiz.id, "Show the answer").await;
    member.press(quiz.id, "None of them").await;
}

/// Returns all generations of the sample guild's snapshot on disk.
fn on_disk(world: &World) -> String {
    let files = std::fs::read_dir(world.state().join("guilds")).unwrap();
    // A file that is being replaced may be gone before it is read.
    let text = |file: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(file.unwrap().path()).unwrap_or_default()
    };
    files.map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_and_export_their_data() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    reply_and_review(world.lin()).await;
    let overview = world.lin().command_message("privacy", &[]).await;
    assert!(overview.ephemeral);
    let text = overview.text();
    assert!(
        text.contains("your results for 1 question in 1 team"),
        "{text}"
    );
    assert!(text.contains("`/quiz` scores for 1 question"), "{text}");
    let export = world.lin().press(overview.id, "Export my data").await;
    assert!(export.ephemeral, "nobody else sees it");
    let bytes = world.attachment(&export).await;
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(file["member"], ids::LIN.to_string());
    assert_eq!(file["teams"][0]["ledger"]["marks"], "a");
    assert_eq!(file["teams"][0]["streak"], 1);
    assert_eq!(file["reviews"][0]["rating"], "again");
    assert_eq!(file["practised"], json!(["2026-03-27 1"]));
    // A member without stored data gets a file that says so.
    let other = world.sam().command_message("privacy", &[]).await;
    let export = world.sam().press(other.id, "Export my data").await;
    let bytes = world.attachment(&export).await;
    let file: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&file["teams"], &file["reviews"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_can_hide_from_leaderboards() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("mine").await;
    world.ada().reply("mine").await;
    let overview = world.lin().command_message("privacy", &[]).await;
    let hidden = world
        .lin()
        .press(overview.id, "Hide me from leaderboards")
        .await;
    assert_eq!(hidden.id, overview.id);
    let board = world.sam().command_message("leaderboard", &[]).await.text();
    let (lin, ada) = (format!("<@{}>", ids::LIN), format!("<@{}>", ids::ADA));
    assert!(board.contains(&ada) && !board.contains(&lin), "{board}");
    let of_lin = [("member", json!(ids::LIN.to_string()))];
    let response = world.sam().command_message("streak", &of_lin).await.text();
    assert!(
        response.contains("This member has hidden their streak"),
        "{response}"
    );
    assert_eq!(world.lin().streak().await, 1, "their own they see");
    world
        .lin()
        .press(overview.id, "Show me on leaderboards")
        .await;
    let board = world.sam().command_message("leaderboard", &[]).await.text();
    assert!(board.contains(&lin), "{board}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_data_stays_deleted() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    reply_and_review(world.lin()).await;
    reply_and_review(world.ada()).await;
    world.ada().credit(ids::LIN, 1).await;
    // As `state restore` keeps what it replaces.
    let snapshot = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let deleted = world.state().join("deleted");
    std::fs::create_dir(&deleted).unwrap();
    let backup = deleted.join(format!("{}-20260327T080000Z.json", ids::GUILD));
    std::fs::copy(&snapshot, &backup).unwrap();
    let overview = world.lin().command_message("privacy", &[]).await;
    let confirmation = world.lin().press(overview.id, "Delete my data").await;
    assert!(
        confirmation.text().contains("for good"),
        "{}",
        confirmation.text()
    );
    assert!(
        on_disk(&world).contains(&ids::LIN.to_string()),
        "not before the second word"
    );
    let done = world.lin().press(overview.id, "Delete for good").await;
    assert!(done.text().contains("is deleted"), "{}", done.text());
    let member = ids::LIN.to_string();
    let all = on_disk(&world) + &std::fs::read_to_string(&backup).unwrap();
    let places: Vec<String> = all
        .lines()
        .filter(|line| line.contains(&member))
        .map(|line| line.trim().to_owned())
        .collect();
    // Both generations and the copy contain nothing except the deletion request.
    assert_eq!(
        places,
        vec![format!("\"{member}\": \"2026-03-27T08:00:00Z\""); 3],
        "{places:?}"
    );
    assert_eq!(world.lin().streak().await, 0);
    // The newest rounds are read again after a restart: deleted replies are not counted again.
    world.kill_and_restart().await;
    world.wait_until_idle().await;
    assert_eq!(world.lin().streak().await, 0);
    assert_eq!(world.ada().streak().await, 1, "others keep theirs");
    // New replies count again.
    world.advance("1s").await;
    world.lin().reply("again").await;
    assert_eq!(world.lin().streak().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_inactive_members_expires() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    reply_and_review(world.lin()).await;
    let is_known = || on_disk(&world).contains(&ids::LIN.to_string());
    world.set_time("2027-04-26T08:00").await;
    assert!(is_known());
    world.set_time("2027-04-29T08:00").await;
    // On a slow machine the backfill of the post, which should have ended a year ago, counts the
    // reply again while the data is deleted. The next day deletes that as well.
    world.advance("24h").await;
    world.wait_until("Lin is forgotten", || !is_known()).await;
}

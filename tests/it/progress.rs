//! `/progress`: the picture, its words, and that nobody else sees either.

use quizloop::sandbox::client::MessageView;
use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
/// A PNG begins so (PNG specification, 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What is read to those who can't see the picture.
fn words(shown: &MessageView) -> String {
    let words = shown.attachments[0]["description"].as_str();
    words.expect("a picture has a description").to_owned()
}

async fn practise(member: MemberHandle<'_>, topic: &str) {
    let asked = member
        .command_message("quiz", &[("topic", json!(topic))])
        .await;
    member.press(asked.id, "Show the answer").await;
    member.press(asked.id, "None of them").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_what_they_did() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("my own words").await;
    practise(world.lin(), "queues").await;
    let shown = world.lin().command_message("progress", &[]).await;
    assert!(shown.ephemeral, "nobody else sees it");
    assert_eq!(
        shown.text(),
        "**1 round** in a row (longest 1). Nothing is due today."
    );
    let words_of_lin = words(&shown);
    assert!(
        words_of_lin.starts_with(
            "Streak: 1 round in a row, longest 1. Since Mon 29 September: 1 round answered, 0 missed, 0 covered by a \
             freeze; 1 review on 1 day. Reviews due: 0 today, 1 in the next 14 days, 1 of them on Sat 28 March. \
             Topics, seen and recalled today: queues 1 of "
        ),
        "{words_of_lin}"
    );
    let file = &shown.attachments[0];
    assert_eq!(file["filename"], "progress.png");
    assert_eq!(
        (&file["content_type"], &file["width"]),
        (&json!("image/png"), &json!(1100))
    );
    assert!(world.attachment(&shown).await.starts_with(PNG));
    // The next day the review is due, and the newest round is open.
    world.set_time("2026-03-30T09:00").await;
    let shown = world.lin().command_message("progress", &[]).await;
    assert_eq!(
        shown.text(),
        "**1 round** in a row (longest 1). **1 review is** due today: `/quiz mode:due` asks."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_is_told_how_to_begin() {
    let world = World::at(FRIDAY).team().start().await;
    let shown = world.sam().command_message("progress", &[]).await;
    assert!(words(&shown).contains("Reply to the day's question or try /quiz"));
    assert!(world.attachment(&shown).await.starts_with(PNG));
}

/// Practice needs no team, so the picture needs none.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_team_has_pictures_as_well() {
    let world = World::at(FRIDAY).start().await;
    practise(world.sam(), "queues").await;
    let shown = world.sam().command_message("progress", &[]).await;
    assert!(
        words(&shown).contains("1 review on 1 day"),
        "{}",
        words(&shown)
    );
}

/// Many at once: each gets their own.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_their_own() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("mine").await;
    let crowd: Vec<u64> = (0..12)
        .map(|number| {
            let user = world.sandbox.add_user(&format!("Guest {number}"));
            world.sandbox.add_member(ids::GUILD, user, &[]);
            user
        })
        .chain([ids::LIN])
        .collect();
    let asked = crowd.iter().map(|user| async {
        let shown = world.member(*user).command_message("progress", &[]).await;
        assert!(world.attachment(&shown).await.starts_with(PNG));
        words(&shown).starts_with("Streak: 1 round in a row")
    });
    let in_a_row = futures::future::join_all(asked).await;
    let expected: Vec<bool> = crowd.iter().map(|user| *user == ids::LIN).collect();
    assert_eq!(in_a_row, expected);
}

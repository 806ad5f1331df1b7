//! `/progress`: the chart, its alternative text, and its visibility to the member alone.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
/// The first bytes of a PNG (PNG specification, 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Returns the alternative text of the chart.
fn alt_text(response: &MessageView) -> String {
    let alt_text = response.attachments[0]["description"].as_str();
    alt_text.expect("a picture has a description").to_owned()
}

async fn practise(member: MemberHandle<'_>, topic: &str) {
    let quiz = member
        .command_message("quiz", &[("topic", json!(topic))])
        .await;
    member.press(quiz.id, "Show the answer").await;
    member.press(quiz.id, "None of them").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_their_progress() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("my own words").await;
    practise(world.lin(), "queues").await;
    let response = world.lin().command_message("progress", &[]).await;
    assert!(response.ephemeral, "nobody else sees it");
    assert_eq!(
        response.text(),
        "**1 question** in a row (longest: 1). Nothing to repeat today."
    );
    let lins_alt_text = alt_text(&response);
    assert!(
        lins_alt_text.starts_with(
            "Streak: 1 question in a row, longest 1. Since Mon 29 September: 1 question answered, 0 missed, 0 covered by a \
             freeze; 1 review on 1 day. Reviews due: 0 today, 1 in the next 14 days, 1 of them on Sat 28 March. \
             Topics (questions seen, recall today): queues 1 of "
        ),
        "{lins_alt_text}"
    );
    let file = &response.attachments[0];
    assert_eq!(file["filename"], "progress.png");
    assert_eq!(
        (&file["content_type"], &file["width"]),
        (&json!("image/png"), &json!(1100))
    );
    assert!(world.attachment(&response).await.starts_with(PNG));
    // The next day the review is due and the newest round is open.
    world.set_time("2026-03-30T09:00").await;
    let response = world.lin().command_message("progress", &[]).await;
    assert_eq!(
        response.text(),
        "**1 question** in a row (longest: 1). **1 question** to repeat today: use `/quiz` `mode:due`."
    );
}

/// After a self-assessment, the chart tells what was said, and the numbers survive the two rounds for
/// which ticks are kept.
#[tokio::test(flavor = "multi_thread")]
async fn progress_shows_the_points_that_were_said() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let lin = world.lin();
    lin.reply("my own words").await;
    let answer = lin.press(world.post().id, "Model answer").await;
    let points = answer.menu()["options"].as_array().unwrap().len();
    lin.choose(&answer, &["0", "1"]).await;
    let expected = format!("Assessed: 1 question, 2 of {points} points said.");
    let in_topic = format!(" % (2/{points}).");
    let alt_text_of = |response: &MessageView| {
        let text = alt_text(response);
        assert!(
            text.contains(&expected) && text.contains(&in_topic),
            "{text}"
        );
    };
    alt_text_of(&lin.command_message("progress", &[]).await);
    for day in ["2026-03-30", "2026-03-31", "2026-04-01"] {
        world.set_time(&format!("{day}T09:00")).await;
    }
    world.kill_and_restart().await;
    let lin = world.lin();
    alt_text_of(&lin.command_message("progress", &[]).await);
    let overview = lin.command_message("privacy", &[]).await;
    assert!(
        overview
            .text()
            .contains("how many key points you ticked in 1 topic"),
        "{}",
        overview.text()
    );
    let export = lin.press(overview.id, "Export my data").await;
    let file = world.attachment(&export).await;
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let topics = file["assessed"].as_object().unwrap();
    let line = format!("1 2 {points}");
    assert!(topics.values().eq([&json!(line)]), "{topics:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_gets_first_steps() {
    let world = World::at(FRIDAY).team().start().await;
    let response = world.sam().command_message("progress", &[]).await;
    assert!(alt_text(&response).contains("Reply to the question of the day or try /quiz"));
    assert!(world.attachment(&response).await.starts_with(PNG));
}

/// Practice needs no team, so the chart needs none.
#[tokio::test(flavor = "multi_thread")]
async fn progress_works_without_a_team() {
    let world = World::at(FRIDAY).start().await;
    practise(world.sam(), "queues").await;
    let response = world.sam().command_message("progress", &[]).await;
    assert!(
        alt_text(&response).contains("1 review on 1 day"),
        "{}",
        alt_text(&response)
    );
}

/// Concurrent requests: each member gets their own chart.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_get_their_own_charts() {
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
    let requests = crowd.iter().map(|user| async {
        let response = world.member(*user).command_message("progress", &[]).await;
        assert!(world.attachment(&response).await.starts_with(PNG));
        alt_text(&response).starts_with("Streak: 1 question in a row")
    });
    let in_a_row = futures::future::join_all(requests).await;
    let expected: Vec<bool> = crowd.iter().map(|user| *user == ids::LIN).collect();
    assert_eq!(in_a_row, expected);
}

//! `/quiz` on the page: written answer, key points, score, and a question with outputs to choose
//! from.

use serde_json::json;

use super::access::assert_accessible;
use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn from_question_to_score() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world
        .ada()
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    tab.reads("#list-channel .only-you", "Only you can see this")
        .await;
    tab.reads("#list-channel .message", "new to you").await;
    tab.click("[data-press^='q1:quiz:w:']").await;
    tab.reads("#form label", "As you would say it").await;
    tab.type_text("It waits until there is room.").await;
    tab.click("#form [type=submit]").await;
    tab.reads("#list-channel .message", "It waits until there is room.")
        .await;
    tab.reads("#list-channel .message", "model answer").await;
    let menu = "[data-menu^='q1:quiz:p:']";
    tab.click(&format!("{menu} summary")).await;
    tab.click(&format!("{menu} label:has([value='0'])")).await;
    assert_accessible(&tab, "the points of an answer").await;
    // The menu sends when it closes.
    tab.keys(&["Escape"]).await;
    tab.reads("#list-channel .message", "You made 1 of ").await;
    tab.reads("#list-channel .message", "I'll ask again tomorrow")
        .await;
    // The written answer is still shown next to the score.
    tab.reads("#list-channel .message", "It waits until there is room.")
        .await;

    world
        .ada()
        .command_message("quiz", &[("topic", json!("output-prediction"))])
        .await;
    tab.click("[data-press^='q1:quiz:2:']").await;
    tab.reads("#list-channel .message", "You chose B").await;
}

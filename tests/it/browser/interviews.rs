//! `/interview` on the page: five questions, one of them written, with a restart of the bot in the
//! middle; then the answers and the summary.

use serde_json::json;

use super::access::assert_accessible;
use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_of_five_questions() {
    let mut world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    let messages = "#list-channel .message";
    world
        .ada()
        .command_message("interview", &[("topic", json!("queues"))])
        .await;
    tab.reads(messages, "5 questions in 15 minutes").await;
    assert_accessible(&tab, "the rules of an interview").await;
    tab.click("[data-press^='q1:interview-start:']").await;
    tab.reads(messages, "Question 1 of 5").await;
    tab.click("[data-press^='q1:interview:w:']").await;
    tab.reads("#form label", "As you would say it").await;
    tab.type_text("It waits until there is room.").await;
    tab.click("#form [type=submit]").await;
    tab.reads(messages, "It waits until there is room.").await;
    for number in 2..=5 {
        tab.reads(messages, &format!("Question {number} of 5"))
            .await;
        if number == 3 {
            // The bot is killed in the middle, and the page is loaded again.
            world.kill_and_restart().await;
            tab.open(&world.sandbox.url()).await;
            tab.gone("[data-press^='q1:interview:a:']").await;
            tab.command("/interview").await;
            tab.reads(messages, "Your interview is still running").await;
            tab.reads(messages, "Question 3 of 5").await;
        }
        tab.click("[data-press^='q1:interview:a:']").await;
    }
    tab.reads(messages, "That was the last question").await;
    tab.click("[data-press^='q1:interview:v:']").await;
    for number in 1..=5 {
        tab.reads(messages, &format!("Answer {number} of 5")).await;
        let menu = "[data-menu^='q1:interview:p:']";
        tab.click(&format!("{menu} summary")).await;
        tab.click(&format!("{menu} label:has([value='0'])")).await;
        if number == 1 {
            assert_accessible(&tab, "a model answer of an interview").await;
        }
        let choose = format!("{menu} [data-act=choose]");
        let has_button = format!("Boolean(document.querySelector({choose:?}))");
        if tab.eval::<bool>(&has_button).await {
            tab.click(&choose).await;
        } else {
            tab.keys(&["Escape"]).await;
        }
    }
    tab.reads(messages, "You said 5 of ").await;
    tab.reads(messages, "Work on these first").await;
    assert_accessible(&tab, "the summary of an interview").await;
}

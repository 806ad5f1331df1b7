//! The first page of each model answer on a phone, and its picture in the documentation.

use discord_sandbox::ids;
use quizloop_bank::{Bank, built_in};
use serde_json::json;

use super::{page, world};

/// Width and height of a phone's window in CSS pixels (an iPhone 12 to 14).
const PHONE: (u32, u32) = (390, 844);

/// One and a half screens, of which the list of messages gets 657 pixels: the bar and the text
/// field take the rest.
const ONE_AND_A_HALF_SCREENS: f64 = 1.5 * 657.0;

/// In nine of ten questions of the bank, the question, its key points and the menu below them fit
/// one and a half screens.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_fits_one_and_a_half_screens() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.resize(PHONE, true).await;
    let (bank, _) = Bank::load(built_in(), &[]);
    let mut heights = Vec::new();
    for question in bank.questions() {
        let id = &question.id;
        let shown = world
            .lin()
            .press_id(&format!("q1:quiz:a:m*a0:{id}:*"))
            .await;
        let entry = format!("#list-channel [data-id='{}']", shown.id);
        tab.reads(&entry, "Key points").await;
        let bottom = format!(
            "(() => {{ const entry = document.querySelector(\"{entry}\"); const top = entry.getBoundingClientRect().top; \
             return entry.querySelector('.menu').getBoundingClientRect().bottom - top; }})()"
        );
        heights.push((tab.eval::<f64>(&bottom).await, id));
        // So that the member is not rate limited. All in all less than the minute until the
        // question of the day.
        world.advance("400ms").await;
    }
    heights.sort_by(|one, other| one.0.total_cmp(&other.0));
    let tallest = heights.len() * 9 / 10;
    assert!(heights[tallest].0 <= ONE_AND_A_HALF_SCREENS, "{heights:?}");
}

/// Takes `docs/answer-phone.png`:
///
/// ```sh
/// cargo test --test it -- --ignored docs_picture
/// ```
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes a file of the repository"]
async fn docs_picture_of_an_answer() {
    let world = world().await;
    let (_chromium, tab) = page(&world).await.expect("needs Chromium");
    tab.resize(PHONE, true).await;
    let named = [("question", json!("asyncio-in-a-nutshell"))];
    let shown = world.ada().command_message("answer", &named).await;
    assert!(shown.ephemeral);
    let entry = format!("#list-channel [data-id='{}']", shown.id);
    tab.reads(&entry, "Key points").await;
    let scroll = "document.getElementById('guide').hidden = true, \
                  document.querySelector('#list-channel').scrollTop = 1e6, true";
    tab.eval::<bool>(scroll).await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/answer-phone.png");
    std::fs::write(file, tab.picture().await).unwrap();
    assert_eq!(world.sandbox.messages(ids::ASYNCIO, ids::ADA).len(), 1);
}

//! The first page of each model answer on a phone, and the pictures of the documentation.

use discord_sandbox::ids;
use quizloop_bank::{Bank, built_in};
use serde_json::json;

use super::{page, world};
use crate::support::World;

/// Width and height of a phone's window in CSS pixels (an iPhone 12 to 14).
const PHONE: (u32, u32) = (390, 844);

/// One and a half screens, of which the list of messages gets 657 pixels: the bar and the text
/// field take the rest.
const ONE_AND_A_HALF_SCREENS: f64 = 1.5 * 657.0;

/// In nine of ten questions of the bank, the question, its key points and the menu below them fit
/// one and a half screens.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_fits_one_and_a_half_screens() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]")
        .team()
        .start()
        .await;
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
        // So that the member is not rate limited. All in all much less than the hour until the
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

/// Takes `docs/wrap-up-phone.png`; see [`docs_picture_of_an_answer`].
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes a file of the repository"]
async fn docs_picture_of_a_wrap_up() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .with("wrap_up_at = \"17:00\"")
        .start()
        .await;
    let mut members = vec![ids::ADA, ids::LIN, ids::SAM];
    for name in ["Kim", "Noor"] {
        let user = world.sandbox.add_user(name);
        world.sandbox.join_guild(ids::GUILD, user, false);
        members.push(user);
    }
    world.set_time("2026-03-27T09:00").await;
    for member in members {
        let member = || world.member(member);
        member().reply("In my own words.").await;
        let answer = member().press(world.post().id, "Model answer").await;
        member().choose(&answer, &["0", "1", "2"]).await;
    }
    world.set_time("2026-03-27T17:00").await;
    let (_chromium, tab) = page(&world).await.expect("needs Chromium");
    tab.resize(PHONE, true).await;
    tab.reads("#list-channel", "Question of the day").await;
    tab.click("[data-act=nav]").await;
    tab.click("#nav [data-thread]").await;
    tab.reads("#list-thread", "Wrap-up").await;
    let scroll = "document.getElementById('guide').hidden = true, \
                  document.querySelector('#list-thread').scrollTop = 1e6, true";
    tab.eval::<bool>(scroll).await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wrap-up-phone.png");
    std::fs::write(file, tab.picture().await).unwrap();
}

//! The guided start, from the first visit to the second question.

use super::{Chromium, world};

#[tokio::test(flavor = "multi_thread")]
async fn three_hints_lead_to_the_second_day() {
    let world = world().await;
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    tab.open(&world.sandbox.url()).await;
    tab.reads("#guide", "1 of 3").await;
    tab.click("[data-act=guide-question]").await;
    tab.reads("#list-channel", "Question of the day").await;
    tab.click("[data-act=guide-thread]").await;
    tab.write("#thread textarea", "In my own words.").await;
    tab.reads("#list-thread .reaction", "✅").await;

    tab.reads("#guide", "2 of 3").await;
    tab.click("[data-act=guide-slash]").await;
    tab.reads("#channel-listbox .option", "/quiz").await;
    tab.type_text("answer").await;
    tab.reads("#channel-listbox .option:first-child", "/answer")
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", "/answer").await;
    tab.keys(&["Enter"]).await;
    tab.reads("#list-channel .only-you", "Only you can see this")
        .await;
    tab.reads("#guide .done", "/answer").await;
    tab.command("/quiz").await;

    tab.reads("#guide", "3 of 3").await;
    // The progress survives a reload.
    tab.open(&world.sandbox.url()).await;
    tab.reads("#guide", "3 of 3").await;
    tab.click("[data-act=guide-tomorrow]").await;
    tab.reads("#guide", "All done").await;
    // From Friday to Monday.
    tab.reads(".clock-day", "Mon, 30 Mar").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.saved_streak(discord_sandbox::ids::ADA), 1);
    tab.click("[data-act=guide-skip]").await;
    tab.gone("#guide").await;
    tab.open(&world.sandbox.url()).await;
    tab.gone("#guide").await;
}

//! The faults panel, and a bot that is killed while the page is open.

use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_survives_a_restart_of_the_bot() {
    let mut world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.reads("#part-bot", "online").await;
    world.kill().await;
    tab.reads("#part-bot", "offline").await;
    tab.click("#list-channel .thread-card").await;
    tab.write("#thread textarea", "Written while it was away.")
        .await;
    world.start_bot().await;
    tab.reads("#part-bot", "online").await;
    tab.reads("#list-thread .reaction", "✅").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_added_and_shown_in_the_log() {
    let mut world = world().await;
    world.skip_api_check();
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.click("[data-act=tools]").await;
    tab.reads("#part-faults", "No active faults").await;
    tab.eval::<bool>("(document.querySelector('#fault-form [name=fault]').value = '500', document.querySelector('#fault-form [name=route]').value = 'CreateMessage', true)")
        .await;
    tab.click("#fault-form button").await;
    tab.reads(".fault-list", "Error response for CreateMessage, 1 left")
        .await;
    world.advance("1m").await;
    tab.reads(".log-line .status.bad", "500").await;
    let ends: f64 = tab
        .eval("Math.max(...[...document.querySelectorAll('.status')].map((one) => one.getBoundingClientRect().right))")
        .await;
    assert!(
        ends <= 1280.0,
        "the status of a long line is cut off at {ends}"
    );
    // The bot retries and posts a little later.
    world.advance("1m").await;
    tab.reads("#list-channel", "Question of the day").await;
    tab.click("[data-permission='Add Reactions']").await;
    tab.reads(".log-what", "GUILD_ROLE_UPDATE").await;
    let permissions = world.sandbox.read(|discord| {
        let channel = &discord.channels[&discord_sandbox::ids::ASYNCIO];
        discord.permissions(channel, discord.app.id) & discord_sandbox::permission::ADD_REACTIONS
    });
    assert_eq!(permissions, 0);
    tab.click(".log-line:has(.status) summary").await;
    tab.reads(".log-full h4", "Response").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_simulated() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.click("[data-act=week]").await;
    tab.reads("#toast", "5 questions were posted").await;
    assert_eq!(world.posts().len(), 5);
    tab.click("[data-clock*='clock change']").await;
    // Berlin's clocks changed on the Sunday of that week, so the next change is in autumn.
    tab.reads(".clock-day", "25 Oct").await;
    tab.reads(".clock-time", "02:30").await;
}

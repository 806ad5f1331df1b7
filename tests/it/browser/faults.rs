//! The panel of faults, and a bot that dies while somebody looks.

use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_goes_on_over_a_restart_of_the_bot() {
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
async fn faults_are_put_on_and_seen_in_the_log() {
    let mut world = world().await;
    world.skip_api_check();
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.click("[data-act=tools]").await;
    tab.reads("#part-faults", "Nothing goes wrong").await;
    tab.eval::<bool>("(document.querySelector('#fault-form [name=fault]').value = '500', document.querySelector('#fault-form [name=route]').value = 'CreateMessage', true)")
        .await;
    tab.click("#fault-form button").await;
    tab.reads(".fault-list", "answer to CreateMessage, 1 more")
        .await;
    world.advance("1m").await;
    tab.reads(".log-line .status.bad", "500").await;
    let ends: f64 = tab
        .eval("Math.max(...[...document.querySelectorAll('.status')].map((one) => one.getBoundingClientRect().right))")
        .await;
    assert!(
        ends <= 1280.0,
        "the status of a long line is cut off: {ends}"
    );
    // It posts all the same, a little later.
    world.advance("1m").await;
    tab.reads("#list-channel", "Question of the day").await;
    tab.click("[data-permission='Add Reactions']").await;
    tab.reads(".log-what", "GUILD_ROLE_UPDATE").await;
    let may = world.sandbox.read(|discord| {
        let channel = &discord.channels[&quizloop::sandbox::ids::ASYNCIO];
        discord.permissions(channel, discord.app.id) & quizloop::sandbox::permission::ADD_REACTIONS
    });
    assert_eq!(may, 0);
    tab.click(".log-line:has(.status) summary").await;
    tab.reads(".log-full h4", "Answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_goes_by() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.click("[data-act=week]").await;
    tab.reads("#toast", "5 questions came").await;
    assert_eq!(world.posts().len(), 5);
    tab.click("[data-clock*='clock change']").await;
    // The clocks of Berlin had changed on that Sunday; the next change is in autumn.
    tab.reads(".clock-day", "25 Oct").await;
    tab.reads(".clock-time", "02:30").await;
}

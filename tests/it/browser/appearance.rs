//! Phone layout, dark theme, and no requests to other hosts.

use super::{page, world};

/// Width and height of a phone's window.
const PHONE: (u32, u32) = (375, 812);

#[tokio::test(flavor = "multi_thread")]
async fn the_page_fits_a_phone() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.resize(PHONE, true).await;
    world.advance("1m").await;
    tab.reads("#list-channel", "Question of the day").await;
    let too_wide = "document.documentElement.scrollWidth > innerWidth";
    assert!(!tab.eval::<bool>(too_wide).await);
    tab.gone("#nav").await;
    tab.click("[data-act=nav]").await;
    tab.be("Lin").await;
    tab.click("#nav [data-thread]").await;
    tab.write("#thread textarea", "From my phone.").await;
    tab.reads("#list-thread .reaction", "✅").await;
    assert!(!tab.eval::<bool>(too_wide).await);
    tab.click("#thread [data-act=close-thread].only-phone")
        .await;
    tab.gone("#thread").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_follows_the_system_until_it_is_switched() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    let background = "getComputedStyle(document.getElementById('channel')).backgroundColor";
    tab.prefer("light").await;
    let light: String = tab.eval(background).await;
    tab.prefer("dark").await;
    let dark: String = tab.eval(background).await;
    assert_ne!(light, dark);
    tab.click("[data-act=theme]").await;
    assert_eq!(tab.eval::<String>(background).await, light);
    tab.open(&world.sandbox.url()).await;
    assert_eq!(tab.eval::<String>(background).await, light);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_leaves_the_machine() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    let picture = "![x](https://example.org/x.png) https://example.org/";
    world
        .sandbox
        .post(
            discord_sandbox::ids::ASYNCIO,
            discord_sandbox::ids::SAM,
            picture,
        )
        .unwrap();
    world.advance("1m").await;
    tab.click("#list-channel .thread-card").await;
    tab.click("[data-act=tools]").await;
    tab.reads("#part-log", "REST").await;
    let requests = tab.requests();
    assert!(requests.len() > 10, "{requests:?}");
    let ours = world.sandbox.url();
    let foreign: Vec<_> = requests
        .iter()
        .filter(|url| !url.starts_with(&ours) && !url.starts_with("about:"))
        .collect();
    assert_eq!(foreign, Vec::<&String>::new());
    let fetched = tab
        .eval::<String>("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
        .await;
    assert_eq!(fetched, "refused");
}

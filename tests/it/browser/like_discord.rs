//! What the page has in common with Discord's client: private messages, unread marks, quotes and
//! code; and where it follows the newest message.

use discord_sandbox::ids;

use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn private_messages_vanish_on_reload() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.gone("#channel-notes .note").await;
    tab.command("/streak").await;
    tab.reads("#list-channel .only-you", "Only you can see this")
        .await;
    // Another member is not concerned.
    world.lin().command_message("streak", &[]).await;
    tab.open(&world.sandbox.url()).await;
    tab.reads("#list-channel", "Question of the day").await;
    tab.gone("#list-channel .only-you").await;
    tab.reads(
        "#channel-notes .note",
        "Private messages are gone after a reload, as on Discord.",
    )
    .await;
    tab.be("Lin").await;
    tab.reads("#list-channel .only-you .used", "Lin used /streak")
        .await;
    tab.open(&world.sandbox.url()).await;
    tab.gone("#channel-notes .note").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_threads_and_direct_messages_have_unread_marks() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    let place =
        |id: u64| format!("#part-nav .place.unread[data-channel='{id}']:not([data-thread])");
    let thread = "#part-nav .place.unread[data-thread]";
    let general = place(ids::GENERAL);
    tab.reads("#list-channel", "Question of the day").await;
    // The channel that is shown is read, and a thread without replies is nothing new.
    tab.gone("#part-nav .unread").await;
    world
        .sandbox
        .post(ids::GENERAL, ids::SAM, "for everybody")
        .unwrap();
    tab.reads(&general, "unread").await;
    world
        .sandbox
        .post(world.thread(), ids::LIN, "in the thread")
        .unwrap();
    tab.reads(thread, "unread").await;
    // They are counted if they notify.
    tab.gone("#part-nav .notified").await;
    let mention = format!("<@{}> look", ids::ADA);
    world
        .sandbox
        .post(ids::GENERAL, ids::SAM, &mention)
        .unwrap();
    tab.reads(&format!("{general} .notified"), "unread: 1")
        .await;

    tab.click(&general).await;
    tab.gone(&general).await;
    tab.click(thread).await;
    tab.gone(thread).await;
    // The own messages are read, and they are not read by others.
    tab.write("#thread textarea", "Mine.").await;
    tab.reads("#list-thread .entry:last-child .reaction", "✅")
        .await;
    tab.gone("#part-nav .unread").await;
    tab.click("#thread [data-act=close-thread]").await;
    tab.gone("#thread").await;
    tab.be("Sam").await;
    tab.reads(thread, "unread").await;

    // A direct message. The mark survives a reload.
    tab.be("Ada").await;
    let time = serde_json::json!("17:00");
    world
        .ada()
        .command_message("remind on", &[("time", time)])
        .await;
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-03-30T17:01").await;
    let direct = "#part-nav .place.unread .notified";
    tab.reads(direct, "1").await;
    tab.open(&world.sandbox.url()).await;
    tab.reads(direct, "1").await;
    tab.click(".place:has(.notified)").await;
    tab.gone(direct).await;
}

/// Lines of code wrap, as on Discord's desktop client; a quote ends with its line.
#[tokio::test(flavor = "multi_thread")]
async fn code_wraps_and_quotes_end() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    let line = "x = ".to_owned() + &"1 + ".repeat(120) + "1";
    let text = format!("```py\n{line}\n```\n> quoted\nand not");
    world.sandbox.post(ids::ASYNCIO, ids::SAM, &text).unwrap();
    tab.reads("#list-channel blockquote", "quoted").await;
    let quoted: String = tab
        .eval("document.querySelector('#list-channel blockquote').textContent")
        .await;
    assert_eq!(quoted, "quoted");
    let (scrolls, lines): (bool, f64) = tab
        .eval("(() => { const code = document.querySelector('#list-channel pre'); return [code.scrollWidth > code.clientWidth, code.clientHeight / 20]; })()")
        .await;
    assert!(!scrolls && lines > 2.0, "{lines} lines");
}

/// The page stays at the end when a picture in the newest message has loaded.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_follows_a_picture() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    // Later refreshes of the page go to the end as well, so what counts is the moment of loading.
    tab.eval::<bool>(
        "(() => { window.distances = []; document.addEventListener('load', (event) => event.target.matches?.('.picture') && requestAnimationFrame(() => { \
         const list = document.getElementById('list-channel'); \
         window.distances.push(list.scrollHeight - list.scrollTop - list.clientHeight); }), true); return true; })()",
    )
    .await;
    tab.command("/progress").await;
    tab.see(
        "the picture",
        "document.querySelector('#list-channel .picture, #list-channel .embed img')?.naturalHeight > 100",
    )
    .await;
    tab.see("the loaded picture", "window.distances.length")
        .await;
    let distances: Vec<f64> = tab.eval("window.distances").await;
    assert!(
        distances.iter().all(|distance| *distance < 2.0),
        "{distances:?}"
    );
    // Not if the user has scrolled up.
    tab.eval::<bool>("(document.getElementById('list-channel').scrollTop = 0, true)")
        .await;
    world.sandbox.post(ids::ASYNCIO, ids::SAM, "later").unwrap();
    tab.see(
        "the message",
        "document.getElementById('list-channel').textContent.includes('later')",
    )
    .await;
    let top: f64 = tab
        .eval("document.getElementById('list-channel').scrollTop")
        .await;
    assert!(top < 1.0, "the page jumped to {top}");
}

/// At 200 % of 1280 x 800, at least half of the height is for messages, with the guide open; the
/// button for faults has its label at every width.
#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_height_is_for_messages() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.click("[data-act=guide]").await;
    tab.reads("#guide", "Quizloop asks your team").await;
    for (width, height, is_phone, has_half) in [
        (640, 400, false, true),
        (390, 844, true, true),
        (320, 640, true, false),
        (800, 600, false, false),
        (1024, 768, false, true),
        (1280, 800, false, true),
        (1440, 900, false, true),
        (1920, 1080, false, true),
    ] {
        tab.resize((width, height), is_phone).await;
        let shown: f64 = tab
            .eval("document.getElementById('list-channel').clientHeight")
            .await;
        assert!(
            !has_half || shown >= f64::from(height) / 2.0,
            "{width} x {height}: {shown}"
        );
        let label: String = tab
            .eval("document.querySelector('[data-act=tools]').innerText")
            .await;
        assert!(label.contains("Faults and log"), "{width}: {label}");
        let right: f64 = tab
            .eval("Math.max(...[...document.querySelectorAll('.bar-end > *')].map((one) => one.getBoundingClientRect().right))")
            .await;
        assert!(right <= f64::from(width), "{width}: {right}");
        let too_wide = "document.documentElement.scrollWidth > innerWidth";
        assert!(!tab.eval::<bool>(too_wide).await, "{width}");
    }
}

//! A day with the keyboard only.

use super::{Tab, page, world};

/// Presses Tab until an element that matches has the focus; panics if none gets it.
pub async fn tab_to(tab: &Tab, selector: &str) {
    for _ in 0..60 {
        tab.keys(&["Tab"]).await;
        let is_focused = format!("document.activeElement.matches({selector:?})");
        if tab.eval::<bool>(&is_focused).await {
            return;
        }
    }
    panic!("Tab never reaches {selector}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_a_mouse() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.keys(&["Tab"]).await;
    assert!(
        tab.eval::<bool>("document.activeElement.matches('.skip')")
            .await
    );
    tab_to(&tab, "[data-clock*=question]").await;
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(tab.eval::<String>(outline).await, "solid");
    tab.keys(&["Enter"]).await;
    tab.reads("#list-channel", "Question of the day").await;
    tab_to(&tab, ".person input:checked").await;
    tab.keys(&["ArrowDown"]).await;
    tab.see(
        "being Lin",
        "document.getElementById('part-channel-head').dataset.meName === 'Lin'",
    )
    .await;
    assert!(
        tab.eval::<bool>("document.activeElement.name === 'me'")
            .await
    );
    tab_to(&tab, "#list-channel .thread-card").await;
    tab.keys(&["Enter"]).await;
    tab.see(
        "the focus in the thread",
        "document.activeElement.matches('#thread textarea')",
    )
    .await;
    tab.type_text("Typed.").await;
    tab.keys(&["Enter"]).await;
    tab.reads("#list-thread .reaction", "✅").await;
    // New messages are announced to screen readers.
    tab.see(
        "the news",
        "document.getElementById('news').textContent.includes('Lin: Typed.')",
    )
    .await;
    tab.type_text("/hel").await;
    tab.reads("#thread-listbox .option", "/help").await;
    tab.keys(&["Escape"]).await;
    tab.gone("#thread-listbox").await;
    tab.type_text("p").await;
    tab.reads("#thread-listbox .option", "/help").await;
    tab.keys(&["ArrowDown", "ArrowUp", "Enter", "Enter"]).await;
    tab.reads("#list-thread .only-you", "Only you can see this")
        .await;
    tab_to(&tab, "[data-act=dismiss]").await;
    tab.keys(&["Enter"]).await;
    tab.gone("#list-thread .only-you").await;
}

/// A fast typist: Enter comes before the list of commands for the whole text has loaded. It starts
/// the command that was typed and not the first one of the list that is still shown.
#[tokio::test(flavor = "multi_thread")]
async fn enter_before_the_list_has_loaded() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    tab.click("#channel textarea").await;
    tab.type_text("/").await;
    tab.reads("#channel-listbox .option", "/answer").await;
    // From now on the list does not load at all.
    tab.eval::<bool>(
        "(() => { const load = window.fetch; const held = []; \
         window.fetch = (url, options) => String(url).includes('state') && held.length < 6 \
           ? new Promise((done) => held.push(done)).then(() => load(url, options)) : load(url, options); \
         window.release = () => held.forEach((done) => done()); return true; })()",
    )
    .await;
    tab.type_text("streak").await;
    tab.keys(&["Enter"]).await;
    tab.eval::<bool>("(() => { window.release(); return true; })()")
        .await;
    tab.reads("#channel .command-name", "/streak").await;
}

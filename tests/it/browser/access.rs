//! Accessibility: axe-core finds no violation, not even a minor one, in light and dark, on desktop
//! and phone.
//!
//! `AXE_CORE` is the path of `axe.min.js`, which `.ci/run` fetches; without it the test is skipped.

use discord_sandbox::ids;
use serde_json::Value;

use super::{Tab, page, world};

const RUN: &str = "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations
    .map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary)]))";

/// Returns the source of axe-core, if `AXE_CORE` is set.
fn axe() -> Option<String> {
    let Some(file) = std::env::var_os("AXE_CORE").filter(|file| !file.is_empty()) else {
        let is_ci = std::env::var_os("QUIZLOOP_CI").is_some_and(|value| !value.is_empty());
        assert!(!is_ci, "AXE_CORE is not set");
        println!("skipped: set AXE_CORE to axe.min.js of the npm package axe-core");
        return None;
    };
    Some(std::fs::read_to_string(file).unwrap())
}

/// Fails if axe-core finds a violation on the current page.
pub async fn assert_accessible(tab: &Tab, what: &str) {
    let Some(axe) = axe() else {
        return;
    };
    tab.eval::<bool>(&format!("(() => {{ {axe}; return true; }})()"))
        .await;
    let found: Value = tab.eval(RUN).await;
    assert_eq!(found, serde_json::json!([]), "{what}: {found:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_accessible() {
    if axe().is_none() {
        return;
    }
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    let everything = "# Big\n> quoted ||hidden|| `code` [link](https://example.org)\n- one\n```py\n# why\nasync def f(x=1): return 'x'\n```";
    world
        .sandbox
        .post(ids::ASYNCIO, ids::SAM, everything)
        .unwrap();
    tab.click("#list-channel .thread-card").await;
    tab.write("#thread textarea", "A reply.").await;
    tab.reads("#list-thread .reaction", "✅").await;
    tab.command("/streak").await;
    tab.reads("#list-channel .only-you", "Only you").await;
    // The guide is open, too.
    tab.eval::<bool>("(localStorage.removeItem('guide'), true)")
        .await;
    let desktop = super::chromium::DESKTOP;
    for (size, scheme, tools) in [
        (desktop, "light", true),
        (desktop, "dark", true),
        (desktop, "light", false),
        ((375, 812), "light", false),
        ((375, 812), "dark", false),
    ] {
        tab.resize(size, size != desktop).await;
        tab.prefer(scheme).await;
        let query = if tools { "/?tools=1" } else { "/" };
        tab.open(&format!("{}{query}", world.sandbox.url())).await;
        if tools {
            tab.reads("#part-log", "REST").await;
        } else {
            tab.click("#channel textarea").await;
            tab.type_text("/").await;
            tab.reads("#channel-listbox .option", "/quiz").await;
        }
        assert_accessible(&tab, &format!("{size:?} {scheme}")).await;
    }
}

//! A browser tab, used like a person would: click, type, press keys, wait for text.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::dom::SetFileInputFilesParams;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
};
use chromiumoxide::cdp::browser_protocol::network::EventRequestWillBeSent;
use chromiumoxide::cdp::browser_protocol::page::{
    CaptureScreenshotFormat, EventFileChooserOpened, SetInterceptFileChooserDialogParams,
};
use chromiumoxide::page::ScreenshotParams;
use futures::StreamExt;
use serde::de::DeserializeOwned;

use super::chromium::DESKTOP;
use crate::support::WAIT_TIMEOUT;

/// How often a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(30);

/// A tab.
pub struct Tab {
    page: Page,
    /// The URLs of all requests.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Tab {
    pub async fn new(page: Page) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut sent = page
            .event_listener::<EventRequestWillBeSent>()
            .await
            .unwrap();
        let recorded = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Some(event) = sent.next().await {
                recorded.lock().unwrap().push(event.request.url.clone());
            }
        });
        let tab = Self { page, requests };
        tab.resize(DESKTOP, false).await;
        tab
    }

    /// Opens a URL and waits until the page's scripts run.
    pub async fn open(&self, url: &str) {
        self.page.goto(url).await.unwrap();
        self.see(
            "the page is ready",
            "document.documentElement.classList.contains('ready')",
        )
        .await;
    }

    /// Evaluates a JavaScript expression.
    pub async fn eval<T: DeserializeOwned>(&self, script: &str) -> T {
        let value = self.page.evaluate_expression(script).await;
        let value = value.unwrap_or_else(|error| panic!("{script}: {error}"));
        value
            .into_value()
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a JavaScript expression is true.
    pub async fn see(&self, what: &str, script: &str) {
        let wait = async {
            while !self.eval::<bool>(&format!("Boolean({script})")).await {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        };
        if tokio::time::timeout(WAIT_TIMEOUT, wait).await.is_err() {
            let text: String = self.eval("document.body.innerText").await;
            panic!("{what} was not seen; the page shows:\n{text}");
        }
    }

    /// Waits until a visible element contains a text.
    pub async fn reads(&self, selector: &str, text: &str) {
        let script = format!(
            "[...document.querySelectorAll({selector:?})].some((one) => one.checkVisibility() && one.textContent.includes({text:?}))"
        );
        self.see(&format!("{text:?} in {selector}"), &script).await;
    }

    /// Waits until no visible element matches.
    pub async fn gone(&self, selector: &str) {
        let script = format!(
            "![...document.querySelectorAll({selector:?})].some((one) => one.checkVisibility())"
        );
        self.see(&format!("{selector} gone"), &script).await;
    }

    /// Clicks the last visible element that matches. If the page moves it away meanwhile, so that
    /// the click does not reach it, clicks again as a person would.
    pub async fn click(&self, selector: &str) {
        let mark = format!(
            "(() => {{ const all = [...document.querySelectorAll({selector:?})].filter((one) => one.checkVisibility()); \
             const one = all.pop(); if (!one) return false; one.scrollIntoView({{ block: 'center' }}); \
             document.querySelector('[data-aim]')?.removeAttribute('data-aim'); one.dataset.aim = ''; window.wasHit = false; \
             const note = (event) => {{ window.wasHit = Boolean(event.target.closest({selector:?})); }}; \
             document.addEventListener('click', note, {{ capture: true, once: true }}); return true; }})()"
        );
        let mut last_error = String::new();
        let click = async {
            loop {
                self.see(&format!("{selector} to click"), &mark).await;
                // The page may replace the element between these steps. Then nothing was clicked.
                let clicked = match self.page.find_element("[data-aim]").await {
                    Ok(element) => element.click().await.map(drop),
                    Err(error) => Err(error),
                };
                match clicked {
                    Ok(()) if self.eval::<bool>("window.wasHit").await => return,
                    Ok(()) => last_error = "the click reached another element".into(),
                    Err(error) => last_error = error.to_string(),
                }
            }
        };
        if tokio::time::timeout(WAIT_TIMEOUT, click).await.is_err() {
            let text: String = self.eval("document.body.innerText").await;
            panic!("{selector} was not clicked: {last_error}; the page shows:\n{text}");
        }
    }

    /// Types into the focused element.
    pub async fn type_text(&self, text: &str) {
        let body = self.page.find_element("body").await.unwrap();
        body.type_str(text).await.unwrap();
    }

    /// Presses keys one after the other.
    pub async fn keys(&self, keys: &[&str]) {
        let body = self.page.find_element("body").await.unwrap();
        for key in keys {
            body.press_key(*key).await.unwrap();
        }
    }

    /// Clicks a text box, types, and presses Enter.
    pub async fn write(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.type_text(text).await;
        self.keys(&["Enter"]).await;
    }

    /// Does something that opens the browser's list of files, and chooses a file there.
    pub async fn choose_file(&self, file: &Path, open: impl Future<Output = ()>) {
        let intercept = SetInterceptFileChooserDialogParams::new(true);
        self.page.execute(intercept).await.unwrap();
        let opened = self.page.event_listener::<EventFileChooserOpened>().await;
        let mut opened = opened.unwrap();
        open.await;
        let input = tokio::time::timeout(WAIT_TIMEOUT, opened.next()).await;
        let input = input.expect("the list of files is open").unwrap();
        let choose = SetFileInputFilesParams::builder()
            .file(file.to_str().unwrap())
            .backend_node_id(input.backend_node_id.expect("an input of the page"));
        self.page.execute(choose.build().unwrap()).await.unwrap();
    }

    /// Runs a slash command without options in the channel.
    pub async fn command(&self, command: &str) {
        self.write("#channel textarea", command).await;
        self.reads("#channel .command-name", command).await;
        self.keys(&["Enter"]).await;
    }

    /// Switches to another member.
    pub async fn be(&self, name: &str) {
        self.click(&format!(".person:has([data-name={name:?}])"))
            .await;
        self.see(
            &format!("being {name}"),
            &format!("document.getElementById('part-channel-head').dataset.meName === {name:?}"),
        )
        .await;
    }

    /// Resizes the window.
    pub async fn resize(&self, (width, height): (u32, u32), is_phone: bool) {
        let size = SetDeviceMetricsOverrideParams::new(width, height, 1.0, is_phone);
        self.page.execute(size).await.unwrap();
    }

    /// Sets the system's colour scheme: `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let feature = MediaFeature::new("prefers-color-scheme", scheme);
        let media = SetEmulatedMediaParams::builder().feature(feature).build();
        self.page.execute(media).await.unwrap();
    }

    /// Takes a screenshot as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        let params = ScreenshotParams::builder().format(CaptureScreenshotFormat::Png);
        self.page.screenshot(params.build()).await.unwrap()
    }

    /// Returns the URLs that the page requested.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

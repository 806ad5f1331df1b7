//! Finds and starts Chromium.

use std::path::PathBuf;

use chromiumoxide::{Browser, BrowserConfig};
use futures::StreamExt;

use super::Tab;

/// Usual paths of Chromium, tried after `CHROMIUM`.
const USUAL_PATHS: [&str; 5] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// Switches off prompts, background traffic and features that containers lack.
const ARGUMENTS: [&str; 7] = [
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "hide-scrollbars",
];
/// Width and height of a desktop's window.
pub const DESKTOP: (u32, u32) = (1280, 800);

/// A browser; it is closed when the value is dropped.
pub struct Chromium {
    browser: Browser,
    events: tokio::task::JoinHandle<()>,
    // Deleted together with the browser.
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.events.abort();
    }
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = USUAL_PATHS.iter().map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.is_file())
}

impl Chromium {
    /// Starts Chromium; `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// Chromium is not installed, but `QUIZLOOP_CI` is set.
    pub async fn start() -> Option<Self> {
        let Some(program) = find() else {
            let is_ci = std::env::var_os("QUIZLOOP_CI").is_some_and(|value| !value.is_empty());
            assert!(!is_ci, "Chromium not found; .ci/run installs it");
            println!("skipped: Chromium not found (set CHROMIUM to its path)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(program)
            .user_data_dir(profile.path())
            .no_sandbox()
            .args(ARGUMENTS)
            .window_size(DESKTOP.0, DESKTOP.1)
            .viewport(None)
            .launch_timeout(crate::support::WAIT_TIMEOUT)
            .request_timeout(crate::support::WAIT_TIMEOUT);
        let (browser, mut handler) = Browser::launch(config.build().unwrap()).await.unwrap();
        let events = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Some(Self {
            browser,
            events,
            _profile: profile,
        })
    }

    /// Opens an empty tab.
    pub async fn tab(&self) -> Tab {
        Tab::new(self.browser.new_page("about:blank").await.unwrap()).await
    }
}

//! Finding Chromium and starting it.

use std::path::PathBuf;

use chromiumoxide::{Browser, BrowserConfig};
use futures::StreamExt;

use super::Tab;

/// Where Chromium is, besides what the environment says.
const USUAL: [&str; 5] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// So that it neither asks anybody anything nor needs what a container lacks.
const ARGUMENTS: [&str; 7] = [
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "hide-scrollbars",
];
/// A desktop's window.
pub const DESKTOP: (u32, u32) = (1280, 800);

/// A browser, which ends with the value.
pub struct Chromium {
    browser: Browser,
    events: tokio::task::JoinHandle<()>,
    // Its profile goes with it.
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.events.abort();
    }
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = USUAL.iter().map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.is_file())
}

impl Chromium {
    /// Starts it; nothing where there is none.
    ///
    /// # Panics
    ///
    /// There is none, but `QUIZLOOP_CI` is set.
    pub async fn start() -> Option<Self> {
        let Some(program) = find() else {
            let is_ci = std::env::var_os("QUIZLOOP_CI").is_some_and(|value| !value.is_empty());
            assert!(!is_ci, "there is no Chromium, which .ci/run installs");
            println!("skipped: there is no Chromium here (CHROMIUM can name one)");
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

    /// An empty tab.
    pub async fn tab(&self) -> Tab {
        Tab::new(self.browser.new_page("about:blank").await.unwrap()).await
    }
}

//! Runs the bot for the sandbox: this binary as a child process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Mutex;

use discord_sandbox::Sandbox;
use discord_sandbox::bot_process::{BotProcess, Program};

/// How long a start or a stop may take.
const LIMIT: Duration = Duration::from_secs(15);

/// The bot, running or not.
pub struct BotRunner {
    folder: PathBuf,
    program: PathBuf,
    // Held during a start or a stop, so that two requests from the page can't interfere.
    process: Mutex<Option<BotProcess>>,
}

impl BotRunner {
    /// Prepares a bot with its data in `folder` and the given config.
    pub fn new(folder: &Path, config: &str) -> anyhow::Result<Self> {
        std::fs::write(folder.join("config.toml"), config)
            .context("can't write the sandbox's config")?;
        Ok(Self {
            folder: folder.to_owned(),
            program: std::env::current_exe().context("can't find the quizloop program")?,
            process: Mutex::new(None),
        })
    }

    /// Starts the bot, and waits until it is connected and has done everything that was due.
    pub async fn start(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let mut process = self.process.lock().await;
        if process.as_mut().is_some_and(BotProcess::is_running) {
            return Err(anyhow::anyhow!("the bot is already running"));
        }
        let before = sandbox.read(|discord| discord.gateway.identify_count);
        let started = BotProcess::start(&self.program(sandbox)).context("can't start the bot")?;
        let log = started.log().clone();
        *process = Some(started);
        let connected = sandbox.wait_for("the bot to connect", LIMIT, |discord| {
            (discord.gateway.identify_count > before).then_some(())
        });
        connected
            .await
            .map_err(|error| anyhow::anyhow!("{error}\nthe bot's log:\n{}", log.text()))?;
        let seq = sandbox.clock().reading().seq;
        sandbox.clock().wait_acknowledged(seq).await?;
        Ok(())
    }

    /// Kills the bot without a chance to save.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            // An error means that the process has ended already.
            let _ = process.kill().await;
        }
    }

    /// Stops the bot gracefully, or kills it after the time limit.
    pub async fn stop(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            let _ = process.stop(LIMIT).await;
        }
    }

    fn program(&self, sandbox: &Sandbox) -> Program {
        let clock = format!("{}/sandbox/clock", sandbox.url());
        let arguments: [OsString; 7] = [
            "run".into(),
            "--config".into(),
            self.folder.join("config.toml").into(),
            "--state".into(),
            self.folder.join("state").into(),
            "--clock".into(),
            clock.into(),
        ];
        Program {
            path: self.program.clone(),
            arguments: arguments.into(),
            environment: vec![
                ("DISCORD_TOKEN".into(), sandbox.token().into()),
                ("DISCORD_API_URL".into(), sandbox.url().into()),
            ],
            // The sandbox never uses the operator's database or token.
            unset: [
                "DISCORD_TOKEN_FILE",
                "QUIZLOOP_STATE_URL",
                "QUIZLOOP_STATE_URL_FILE",
            ]
            .map(Into::into)
            .into(),
        }
    }
}

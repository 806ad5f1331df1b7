//! The bot that the sandbox runs: this same binary, as a child process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Mutex;

use crate::sandbox::Sandbox;
use crate::sandbox::bot_process::{BotProcess, Program};

/// How long a start or a stop may take.
const LIMIT: Duration = Duration::from_secs(15);

/// The bot, running or not.
pub struct BotRunner {
    folder: PathBuf,
    program: PathBuf,
    // Guards the process; held while it is started or ended, so that two buttons can't do both at once.
    process: Mutex<Option<BotProcess>>,
}

impl BotRunner {
    /// A bot on a state in `folder`, with this config.
    pub fn new(folder: &Path, config: &str) -> anyhow::Result<Self> {
        std::fs::write(folder.join("config.toml"), config)
            .context("the sandbox's config can't be written")?;
        Ok(Self {
            folder: folder.to_owned(),
            program: std::env::current_exe().context("this program can't be found")?,
            process: Mutex::new(None),
        })
    }

    /// Starts it, and waits until it is connected and has done what was due.
    pub async fn start(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let mut process = self.process.lock().await;
        if process.as_mut().is_some_and(BotProcess::is_running) {
            return Err(anyhow::anyhow!("the bot runs already"));
        }
        let before = sandbox.read(|discord| discord.gateway.identify_count);
        let started =
            BotProcess::start(&self.program(sandbox)).context("the bot can't be started")?;
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

    /// Ends it in the middle of whatever it does.
    pub async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            // It is dead either way.
            let _ = process.kill().await;
        }
    }

    /// Stops it in order.
    pub async fn stop(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            // If it does not stop it is killed.
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
        }
    }
}

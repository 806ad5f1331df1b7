//! A bot that is measured: a process, and the stand-in it talks to.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use quizloop::sandbox::bot_process::{BotProcess, Program};
use tempfile::TempDir;

use crate::baseline::Baseline;
use crate::fake_discord::FakeDiscord;
use crate::process;
use crate::wire;

/// How long a bot may take until it can be measured; Quizloop posts a question in every server first.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a bot that is asked to stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A bot that is measured.
#[derive(Debug)]
pub struct BotUnderTest {
    /// Its name in the table.
    pub name: &'static str,
    /// Discord, for this bot alone.
    pub discord: Arc<FakeDiscord>,
    /// What was asked so far; every question has its own number.
    pub commands_sent: u64,
    /// How many messages of members were sent: each member's first is the one that counts.
    pub replies_sent: u64,
    is_quizloop: bool,
    bot: BotProcess,
    /// Removed at the end.
    _folder: TempDir,
}

impl BotUnderTest {
    /// The real program, with a team in every server.
    pub async fn quizloop() -> Result<Self> {
        let (discord, folder) = (FakeDiscord::start().await?, tempfile::tempdir()?);
        let config = folder.path().join("config.toml");
        std::fs::write(&config, self::config())?;
        let arguments = [
            "run".into(),
            "--config".into(),
            config.into(),
            "--state".into(),
            folder.path().join("state").into(),
            "--clock".into(),
            format!("{}/clock", discord.url()).into(),
        ];
        let program = Program {
            path: program()?,
            arguments: arguments.into(),
            environment: vec![
                ("DISCORD_TOKEN".into(), wire::TOKEN.into()),
                ("DISCORD_API_URL".into(), discord.url().into()),
            ],
        };
        Self::start("Quizloop", discord, folder, &program)
    }

    /// A bot that does nothing.
    pub async fn baseline(kind: Baseline) -> Result<Self> {
        let (discord, folder) = (FakeDiscord::start().await?, tempfile::tempdir()?);
        let environment = kind.environment(&discord, folder.path()).await?;
        let environment = environment.into_iter();
        let program = Program {
            path: std::env::current_exe()?,
            arguments: kind.arguments().map(Into::into).into(),
            environment: environment
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        };
        Self::start(kind.name(), discord, folder, &program)
    }

    fn start(
        name: &'static str,
        discord: Arc<FakeDiscord>,
        folder: TempDir,
        program: &Program,
    ) -> Result<Self> {
        let bot = BotProcess::start(program)
            .with_context(|| format!("{} can't be started", program.path.display()))?;
        Ok(Self {
            name,
            discord,
            commands_sent: 0,
            replies_sent: 0,
            is_quizloop: name == "Quizloop",
            bot,
            _folder: folder,
        })
    }

    /// Waits until the bot is there; Quizloop, until its questions are.
    pub async fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while !self.is_ready() {
            let name = self.name;
            if !self.bot.is_running() || start.elapsed() > START_TIMEOUT {
                bail!("{name} did not begin. Its log:\n{}", self.bot.log().text());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What a start leaves to do is not to be measured.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let teams = usize::try_from(wire::GUILDS).unwrap_or(usize::MAX);
        let posted = !self.is_quizloop || self.discord.questions() >= teams;
        self.discord.has_session() && posted
    }

    /// The processor's time it has used.
    pub fn cpu_time(&self) -> Duration {
        self.bot.id().map_or(Duration::ZERO, process::cpu_time)
    }

    /// Megabytes it holds now, and the most it ever held.
    pub fn memory(&self) -> (f64, f64) {
        let memory = |id| (process::resident(id), process::peak_resident(id));
        self.bot.id().map_or((0.0, 0.0), memory)
    }

    /// Stops it. Quizloop must end well, or what was measured may mean nothing.
    pub async fn stop(mut self) -> Result<()> {
        let ended = self.bot.stop(STOP_TIMEOUT).await?;
        let well = !self.is_quizloop || ended.is_some_and(|status| status.success());
        let name = self.name;
        ensure!(
            well,
            "{name} ended badly. Its log:\n{}",
            self.bot.log().text()
        );
        Ok(())
    }
}

/// A team a server. Requests are not held back: what is measured is the bot, not Discord's limits.
fn config() -> String {
    let mut config = "[discord]\nrequests_per_second = 65535\n".to_owned();
    for number in 0..wire::GUILDS {
        let (guild, channel) = (wire::guild(number), wire::channel(number));
        // Writing to a string can't fail.
        let _ = write!(
            config,
            "\n[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\ntimezone = \"UTC\"\nreveal = \"open\"\n"
        );
    }
    config
}

/// The program, which lies one folder above the examples.
fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|examples| examples.parent());
    let program = folder.context("a folder")?.join("quizloop");
    ensure!(
        program.is_file(),
        "there is no {}: build it first, with `cargo build --release` (or without `--release`, as this example was built)",
        program.display()
    );
    Ok(program)
}

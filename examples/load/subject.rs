//! A bot that is measured: a process, and the stand-in it talks to.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use quizloop::sandbox::bot_process::{BotProcess, Program};
use tempfile::TempDir;

use crate::bare::Kind;
use crate::process;
use crate::stand_in::StandIn;
use crate::wire;

/// How long a bot may take until it can be measured; Quizloop posts a question in every server first.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a bot that is asked to stop may take.
const STOP: Duration = Duration::from_secs(10);

/// A bot that is measured.
#[derive(Debug)]
pub struct Subject {
    /// Its name in the table.
    pub name: &'static str,
    /// Discord, for this bot alone.
    pub stand_in: Arc<StandIn>,
    /// What was asked so far; every question has its own number.
    pub asked: u64,
    /// How many messages of members were sent: each member's first is the one that counts.
    pub replies: u64,
    posts: bool,
    bot: BotProcess,
    /// Removed at the end.
    _folder: TempDir,
}

impl Subject {
    /// The real program, with a team in every server.
    pub async fn quizloop() -> Result<Self> {
        let (stand_in, folder) = (StandIn::start().await?, tempfile::tempdir()?);
        let config = folder.path().join("config.toml");
        std::fs::write(&config, self::config())?;
        let arguments = [
            "run".into(),
            "--config".into(),
            config.into(),
            "--state".into(),
            folder.path().join("state").into(),
            "--clock".into(),
            format!("{}/clock", stand_in.url()).into(),
        ];
        let program = Program {
            path: program()?,
            arguments: arguments.into(),
            environment: vec![
                ("DISCORD_TOKEN".into(), wire::TOKEN.into()),
                ("DISCORD_API_URL".into(), stand_in.url().into()),
            ],
        };
        Self::start("Quizloop", stand_in, folder, &program)
    }

    /// A bot that does nothing.
    pub async fn bare(kind: Kind) -> Result<Self> {
        let (stand_in, folder) = (StandIn::start().await?, tempfile::tempdir()?);
        let environment = kind.environment(&stand_in, folder.path()).await?;
        let environment = environment.into_iter();
        let program = Program {
            path: std::env::current_exe()?,
            arguments: kind.arguments().map(Into::into).into(),
            environment: environment
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        };
        Self::start(kind.name(), stand_in, folder, &program)
    }

    fn start(
        name: &'static str,
        stand_in: Arc<StandIn>,
        folder: TempDir,
        program: &Program,
    ) -> Result<Self> {
        let bot = BotProcess::start(program)
            .with_context(|| format!("{} can't be started", program.path.display()))?;
        Ok(Self {
            name,
            stand_in,
            asked: 0,
            replies: 0,
            posts: name == "Quizloop",
            bot,
            _folder: folder,
        })
    }

    /// Waits until the bot is there; Quizloop, until its questions are.
    pub async fn begin(&mut self) -> Result<()> {
        let start = Instant::now();
        while !self.is_there() {
            let name = self.name;
            if !self.bot.is_running() || start.elapsed() > PATIENCE {
                bail!("{name} did not begin. Its log:\n{}", self.bot.log().text());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What a start leaves to do is not to be measured.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    fn is_there(&self) -> bool {
        let teams = usize::try_from(wire::GUILDS).unwrap_or(usize::MAX);
        let posted = !self.posts || self.stand_in.questions() >= teams;
        self.stand_in.has_session() && posted
    }

    /// The processor's time it has used.
    pub fn processor_time(&self) -> Duration {
        self.bot
            .id()
            .map_or(Duration::ZERO, process::processor_time)
    }

    /// Megabytes it holds now, and the most it ever held.
    pub fn memory(&self) -> (f64, f64) {
        let memory = |id| (process::resident(id), process::most_resident(id));
        self.bot.id().map_or((0.0, 0.0), memory)
    }

    /// Stops it. Quizloop must end well, or what was measured may mean nothing.
    pub async fn end(mut self) -> Result<()> {
        let ended = self.bot.stop(STOP).await?;
        let well = !self.posts || ended.is_some_and(|status| status.success());
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

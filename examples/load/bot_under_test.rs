//! A measured bot: its process, and the simulated Discord it connects to.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use discord_sandbox::bot_process::{BotProcess, Program};
use tempfile::TempDir;

use crate::baseline::Baseline;
use crate::fake_discord::FakeDiscord;
use crate::process;
use crate::wire;

/// How long a bot may take until it is ready. Quizloop first posts a question in every guild.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a bot may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A measured bot.
#[derive(Debug)]
pub struct BotUnderTest {
    /// Name in the table.
    pub name: &'static str,
    /// Simulated Discord, used by this bot only.
    pub discord: Arc<FakeDiscord>,
    /// Number of commands sent so far.
    pub commands_sent: u64,
    /// Number of replies sent so far. Only the first reply of each member counts.
    pub replies_sent: u64,
    is_quizloop: bool,
    bot: BotProcess,
    /// Folder of the config and the state, removed on drop.
    _folder: TempDir,
}

impl BotUnderTest {
    /// Starts Quizloop with a team in every guild. `adapt` changes how it is started.
    pub async fn quizloop(adapt: fn(Program) -> Program) -> Result<Self> {
        Self::quizloop_at("Quizloop", quizloop_path()?, adapt).await
    }

    /// Starts another build of Quizloop, to compare the two in one run.
    pub async fn other_quizloop(path: PathBuf) -> Result<Self> {
        Self::quizloop_at("other Quizloop", path, |program| program).await
    }

    async fn quizloop_at(
        name: &'static str,
        path: PathBuf,
        adapt: fn(Program) -> Program,
    ) -> Result<Self> {
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
            path,
            arguments: arguments.into(),
            environment: vec![
                ("DISCORD_TOKEN".into(), wire::TOKEN.into()),
                ("DISCORD_API_URL".into(), discord.url().into()),
            ],
            ..Program::default()
        };
        Self::start(name, discord, folder, &adapt(program), true)
    }

    /// Starts a bare bot. `adapt` changes how it is started.
    pub async fn baseline(kind: Baseline, adapt: fn(Program) -> Program) -> Result<Self> {
        let (discord, folder) = (FakeDiscord::start().await?, tempfile::tempdir()?);
        let environment = kind.environment(&discord, folder.path()).await?;
        let environment = environment.into_iter();
        let program = Program {
            path: std::env::current_exe()?,
            arguments: kind.arguments().map(Into::into).into(),
            environment: environment
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            ..Program::default()
        };
        Self::start(kind.name(), discord, folder, &adapt(program), false)
    }

    fn start(
        name: &'static str,
        discord: Arc<FakeDiscord>,
        folder: TempDir,
        program: &Program,
        is_quizloop: bool,
    ) -> Result<Self> {
        let bot = BotProcess::start(program)
            .with_context(|| format!("cannot start {}", program.path.display()))?;
        Ok(Self {
            name,
            discord,
            commands_sent: 0,
            replies_sent: 0,
            is_quizloop,
            bot,
            _folder: folder,
        })
    }

    /// Waits until the bot has a session, and until Quizloop has posted all its questions.
    pub async fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while !self.is_ready() {
            let name = self.name;
            if !self.bot.is_running() || start.elapsed() > START_TIMEOUT {
                let log = self.bot.log().text();
                let end: Vec<_> = log.lines().rev().take(20).collect();
                bail!(
                    "{name} did not become ready. The end of its log, newest first:\n{}",
                    end.join("\n")
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Waits for work that a start leaves behind, so that it is not measured.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let guilds = usize::try_from(wire::GUILDS).unwrap_or(usize::MAX);
        let posted = !self.is_quizloop || self.discord.question_count() >= guilds;
        self.discord.has_session() && posted
    }

    /// Returns the process id; `None` if the bot has ended.
    pub fn id(&self) -> Option<u32> {
        self.bot.id()
    }

    /// Returns the CPU time used so far.
    pub fn cpu_time(&self) -> Duration {
        self.bot.id().map_or(Duration::ZERO, process::cpu_time)
    }

    /// Returns the current and the peak resident memory in megabytes.
    pub fn memory(&self) -> (f64, f64) {
        let memory = |id| (process::resident(id), process::peak_resident(id));
        self.bot.id().map_or((0.0, 0.0), memory)
    }

    /// Stops the bot.
    ///
    /// # Errors
    ///
    /// Quizloop exited with an error, so the measurement is not valid.
    pub async fn stop(mut self) -> Result<()> {
        let status = self.bot.stop(STOP_TIMEOUT).await?;
        let succeeded = !self.is_quizloop || status.is_some_and(|status| status.success());
        let name = self.name;
        ensure!(
            succeeded,
            "{name} exited with an error. Its log:\n{}",
            self.bot.log().text()
        );
        Ok(())
    }
}

/// Returns a config with one team per guild. It lifts the limit of requests per second, because the
/// bot is measured and not Discord's limits.
fn config() -> String {
    let mut config = "[discord]\nrequests_per_second = 65535\n".to_owned();
    for number in 0..wire::GUILDS {
        let (guild, channel) = (wire::guild(number), wire::channel(number));
        // Writing to a string can't fail.
        let _ = write!(
            config,
            "\n[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\n\
             timezone = \"UTC\"\nreveal = \"open\"\n"
        );
    }
    config
}

/// Returns the path of Quizloop, which is built one folder above the examples.
fn quizloop_path() -> Result<PathBuf> {
    let example = std::env::current_exe()?;
    let folder = example.parent().and_then(|examples| examples.parent());
    let program = folder
        .context("the example is outside of a target folder")?
        .join("quizloop");
    ensure!(
        program.is_file(),
        "{} does not exist. Build it first with `cargo build`, \
         and with the same `--profile` as this example",
        program.display()
    );
    Ok(program)
}

//! `sandbox`: a simulated Discord on this machine, with the real bot as a child process and a page
//! in the browser.

mod bot_runner;
mod demo;
mod page;
mod seed;
mod week;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
#[cfg(feature = "openapi")]
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;

use super::exit::{CliError, Exit};
use super::help;
use super::log;
use super::output;
use super::{LogFormat, run::stop_signal};
use crate::clock::Clock;
use bot_runner::BotRunner;
#[cfg(feature = "openapi")]
use discord_openapi::Description;
use discord_sandbox::api::{ProcessAction, ProcessError};
#[cfg(feature = "openapi")]
use discord_sandbox::exchange::ExchangeCheck;
use discord_sandbox::{Options, Sandbox};
use seed::Seed;

pub use page::options;

/// Default port of the page and the simulated Discord.
const PORT: u16 = 8420;

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop sandbox --open",
        "Start the sandbox and open its page in the browser",
    ),
    (
        "quizloop sandbox --once",
        "Watch three days in the terminal",
    ),
    (
        "quizloop sandbox --seed school.toml",
        "Start with your own servers, members and teams",
    ),
    (
        "quizloop sandbox --bare",
        "Simulate Discord for a bot that you start yourself",
    ),
];

#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct SandboxArgs {
    /// Simulate three days, print the channel, and exit with 0 if all checks pass
    #[arg(long, conflicts_with = "bare")]
    once: bool,
    /// Run only the simulated Discord, for a bot that you start yourself
    #[arg(long)]
    bare: bool,
    /// Start with the guilds, members and teams from this file instead of the sample
    #[arg(long, value_name = "FILE", conflicts_with_all = ["once", "bare"])]
    seed: Option<PathBuf>,
    /// Open the page in the browser
    #[arg(long, conflicts_with_all = ["once", "bare"])]
    open: bool,
    /// Discord's OpenAPI description, to validate the bot's requests
    #[cfg(feature = "openapi")]
    #[arg(
        long,
        value_name = "FILE",
        env = "DISCORD_OPENAPI",
        hide_env_values = true
    )]
    openapi: Option<PathBuf>,
    /// Port to listen on
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Address to listen on; anyone who can reach it can use the sandbox
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
}

pub fn run(args: &SandboxArgs) -> Result<(), CliError> {
    log::start(LogFormat::Text, None);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let result = runtime.block_on(async {
        match (args.once, args.bare) {
            (true, _) => demo::run().await,
            (_, true) => serve_bare(args).await,
            _ => serve(args).await,
        }
    });
    runtime.shutdown_background();
    result
}

/// Runs the sandbox with the bot until it is stopped.
async fn serve(args: &SandboxArgs) -> Result<(), CliError> {
    let seed = Seed::load(args.seed.as_deref())?;
    let folder = TempFolder::new()?;
    let start_at = seed.start(Clock::system().now());
    let sandbox = start(args, start_at, seed.is_sample()).await?;
    sandbox.set_calendar(seed.calendar());
    let bot = BotRunner::new(folder.path(), &seed.apply(&sandbox))?;
    bot.start(&sandbox).await?;
    output::line(format_args!(
        "Quizloop's sandbox is running at {}",
        sandbox.url()
    ))?;
    output::line(format_args!(
        "The first question arrives in half a minute, or when you move the clock. Press Ctrl-C to stop."
    ))?;
    if args.open
        && let Err(error) = open::that_detached(sandbox.url())
    {
        output::warning(format_args!("can't open the browser: {error}"));
    }
    tokio::select! {
        () = run_process_commands(&sandbox, &bot) => {}
        _ = stop_signal() => {}
    }
    let printed = output::line(format_args!("\nStopping."));
    bot.stop().await;
    Ok(printed?)
}

/// Kills and starts the bot as requested on the page.
async fn run_process_commands(sandbox: &Sandbox, bot: &BotRunner) {
    let mut commands = sandbox.take_process_commands();
    while let Some(command) = commands.recv().await {
        if command.action != ProcessAction::Start {
            bot.kill().await;
        }
        let result = match command.action {
            ProcessAction::Kill => Ok(()),
            ProcessAction::Start | ProcessAction::Restart => bot
                .start(sandbox)
                .await
                .map_err(|error| ProcessError::new(format!("{error:#}"))),
        };
        // Fails if the HTTP request was cancelled.
        let _ = command.reply.send(result);
    }
}

async fn serve_bare(args: &SandboxArgs) -> Result<(), CliError> {
    // A bot that is started by hand uses the system clock, so the simulated Discord does as well.
    let sandbox = start(args, Clock::system().now(), true).await?;
    output::line(format_args!(
        "The simulated Discord is running at {}. Start a bot with:",
        sandbox.url()
    ))?;
    // A separate data folder; otherwise the bot would use the one in the current folder.
    let state = TempFolder::new()?;
    output::text(format_args!(
        "  DISCORD_TOKEN={} DISCORD_API_URL={} quizloop run --state {}\n",
        sandbox.token(),
        sandbox.url(),
        state.path().display()
    ))?;
    stop_signal().await;
    Ok(())
}

async fn start(args: &SandboxArgs, time: Timestamp, seeded: bool) -> Result<Sandbox, CliError> {
    let listen = SocketAddr::new(args.listen, args.port);
    let options = Options {
        listen,
        start: Some(time),
        flowing: true,
        seeded,
        #[cfg(feature = "openapi")]
        check: request_check(args)?,
        ..options()
    };
    Sandbox::start(options).await.map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("can't listen on {listen}: {error}. Choose another port with --port"),
        )
    })
}

/// Returns the check of the bot's requests: the `OpenAPI` description, if a file is named.
#[cfg(feature = "openapi")]
fn request_check(args: &SandboxArgs) -> Result<Option<Arc<dyn ExchangeCheck>>, CliError> {
    let file = args.openapi.as_deref();
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else {
        return Ok(None);
    };
    let usage = |error: &dyn std::fmt::Display| {
        CliError::new(
            Exit::Usage,
            format!("can't use the OpenAPI file {}: {error}", file.display()),
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| usage(&error))?;
    let description = Description::read(&text).map_err(|error| usage(&error))?;
    Ok(Some(Arc::new(description)))
}

/// A data folder that is deleted when the sandbox ends.
struct TempFolder {
    path: PathBuf,
}

impl TempFolder {
    fn new() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("quizloop-sandbox-{}", std::process::id()));
        // An earlier process with the same id may have left its folder.
        let _ = std::fs::remove_dir_all(&path);
        quizloop_store::disk::create_private_dir(&path)
            .with_context(|| format!("can't create the folder {}", path.display()))?;
        Ok(Self { path })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // If this fails, the folder is deleted with the machine's other temporary files.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

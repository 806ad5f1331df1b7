//! `sandbox`: Discord on this machine, with the real bot as a child process, to be tried in a browser.

mod bot_runner;
mod demo;
mod seed;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;

use super::exit::{CliError, Exit};
use super::log;
use super::output;
use super::{LogFormat, run::stop_signal};
use crate::clock::Clock;
use crate::sandbox::api::ProcessAction;
use crate::sandbox::openapi::Description;
use crate::sandbox::{Options, Sandbox};
use bot_runner::BotRunner;
use seed::Seed;

/// Where the page is, unless another port is named.
const PORT: u16 = 8420;

/// Options of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Play three days in one go, print the channel, and exit with 0 if all was as it should be
    #[arg(long, conflicts_with = "bare")]
    once: bool,
    /// Discord alone, for a bot that you start yourself
    #[arg(long)]
    bare: bool,
    /// Start with the guilds, people and teams of this file instead of the sample
    #[arg(long, value_name = "FILE", conflicts_with_all = ["once", "bare"])]
    seed: Option<PathBuf>,
    /// Open the page in the browser
    #[arg(long, conflicts_with_all = ["once", "bare"])]
    open: bool,
    /// Discord's description of its REST API, to compare with what the bot says
    #[arg(
        long,
        value_name = "FILE",
        env = "DISCORD_OPENAPI",
        hide_env_values = true
    )]
    openapi: Option<PathBuf>,
    /// The port of the page and of Discord
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The address to listen on; others than you can use it then
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
}

/// Runs the sandbox.
pub fn run(args: &SandboxArgs) -> Result<(), CliError> {
    log::start(LogFormat::Text, None);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let done = runtime.block_on(async {
        match (args.once, args.bare) {
            (true, _) => demo::run().await,
            (_, true) => serve_bare(args).await,
            _ => serve(args).await,
        }
    });
    runtime.shutdown_background();
    done
}

/// The sandbox with the bot, until it is stopped.
async fn serve(args: &SandboxArgs) -> Result<(), CliError> {
    let seed = Seed::load(args.seed.as_deref())?;
    let folder = TempFolder::new()?;
    let start_at = seed.start(Clock::system().now());
    let sandbox = start(args, start_at, seed.is_sample()).await?;
    sandbox.set_calendar(seed.calendar());
    let bot = BotRunner::new(folder.path(), &seed.apply(&sandbox))?;
    bot.start(&sandbox).await?;
    output::line(format_args!("Quizloop's sandbox is at {}", sandbox.url()));
    output::line(format_args!(
        "The first question arrives in half a minute, or when you move the clock. Ctrl-C ends it."
    ));
    if args.open
        && let Err(error) = open::that_detached(sandbox.url())
    {
        output::error(format_args!("the browser can't be opened: {error}"));
    }
    tokio::select! {
        () = run_process_commands(&sandbox, &bot) => {}
        _ = stop_signal() => {}
    }
    output::line(format_args!("\nStopping."));
    bot.stop().await;
    Ok(())
}

/// Does with the bot what is ordered on the page.
async fn run_process_commands(sandbox: &Sandbox, bot: &BotRunner) {
    let mut orders = sandbox.take_process_commands();
    while let Some(order) = orders.recv().await {
        if order.action != ProcessAction::Start {
            bot.kill().await;
        }
        let done = match order.action {
            ProcessAction::Kill => Ok(()),
            ProcessAction::Start | ProcessAction::Restart => bot
                .start(sandbox)
                .await
                .map_err(|error| format!("{error:#}")),
        };
        // Whoever ordered may not wait any more.
        let _ = order.reply.send(done);
    }
}

async fn serve_bare(args: &SandboxArgs) -> Result<(), CliError> {
    // A bot that is started by hand goes by this machine's clock, and so does its Discord.
    let sandbox = start(args, Clock::system().now(), true).await?;
    output::line(format_args!(
        "Discord's stand-in is at {}. Start a bot with:",
        sandbox.url()
    ));
    // A state of its own, or the bot would use that of the current folder.
    let state = TempFolder::new()?;
    output::line(format_args!(
        "  DISCORD_TOKEN={} DISCORD_API_URL={} quizloop run --state {}",
        sandbox.token(),
        sandbox.url(),
        state.path().display()
    ));
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
        description: load_openapi(args.openapi.as_deref())?,
        ..Options::default()
    };
    Sandbox::start(options).await.map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("{listen} can't be listened on: {error}. Choose another port with --port"),
        )
    })
}

/// Discord's description, if one is named.
fn load_openapi(file: Option<&Path>) -> Result<Option<Arc<Description>>, CliError> {
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else {
        return Ok(None);
    };
    let wrong = |why: &dyn std::fmt::Display| {
        CliError::new(
            Exit::Usage,
            format!("{} can't be used: {why}", file.display()),
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let read = Description::read(&text).map_err(|error| wrong(&error))?;
    Ok(Some(Arc::new(read)))
}

/// A folder for the state, which goes when the sandbox ends.
struct TempFolder {
    path: PathBuf,
}

impl TempFolder {
    fn new() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("quizloop-sandbox-{}", std::process::id()));
        // What a process of the same number left behind.
        let _ = std::fs::remove_dir_all(&path);
        crate::store::disk::create_private_dir(&path)
            .with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Self { path })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What can't be deleted now goes with the machine's temporary files.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

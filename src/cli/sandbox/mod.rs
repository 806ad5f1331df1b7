//! `sandbox`: Discord on this machine, with the real bot as a child process, to be tried in a browser.

mod once;
mod program;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::exit::{Exit, Failed};
use super::log;
use super::say;
use super::{LogFormat, run::stop_signal};
use crate::clock::Clock;
use crate::sandbox::control::Action;
use crate::sandbox::{Options, Sandbox};
use program::Bot;

/// Where the page is, unless another port is named.
const PORT: u16 = 8420;

/// The sample team's question comes at this time (UTC); the sandbox starts half a minute before.
const START: jiff::civil::Time = time(8, 59, 30, 0);

/// Options of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// Play three days in one go, print the channel, and exit with 0 if all was as it should be
    #[arg(long, conflicts_with = "bare")]
    once: bool,
    /// Discord alone, for a bot that you start yourself
    #[arg(long)]
    bare: bool,
    /// The port of the page and of Discord
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The address to listen on; others than you can use it then
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
}

/// Runs the sandbox.
pub fn run(args: &SandboxArgs) -> Result<(), Failed> {
    log::start(LogFormat::Text, None);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let done = runtime.block_on(async {
        match (args.once, args.bare) {
            (true, _) => once::play().await,
            (_, true) => bare(args).await,
            _ => serve(args).await,
        }
    });
    runtime.shutdown_background();
    done
}

/// The sandbox with the bot, until it is stopped.
async fn serve(args: &SandboxArgs) -> Result<(), Failed> {
    let folder = Folder::new()?;
    let bot = Bot::new(folder.path())?;
    let sandbox = start(args, next_start(Clock::system().now())).await?;
    bot.start(&sandbox).await?;
    say::line(format_args!("Quizloop's sandbox is at {}", sandbox.url()));
    say::line(format_args!(
        "The first question arrives in #asyncio in half a minute, or when you move the clock. Ctrl-C ends it."
    ));
    tokio::select! {
        () = obey(&sandbox, &bot) => {}
        _ = stop_signal() => {}
    }
    say::line(format_args!("\nStopping."));
    bot.stop().await;
    Ok(())
}

/// Does with the bot what is ordered on the page.
async fn obey(sandbox: &Sandbox, bot: &Bot) {
    let mut orders = sandbox.take_orders();
    while let Some(order) = orders.recv().await {
        if order.action != Action::Start {
            bot.kill().await;
        }
        let done = match order.action {
            Action::Kill => Ok(()),
            Action::Start | Action::Restart => bot
                .start(sandbox)
                .await
                .map_err(|error| format!("{error:#}")),
        };
        // Whoever ordered may not wait any more.
        let _ = order.done.send(done);
    }
}

async fn bare(args: &SandboxArgs) -> Result<(), Failed> {
    // A bot that is started by hand goes by this machine's clock, and so does its Discord.
    let sandbox = start(args, Clock::system().now()).await?;
    say::line(format_args!(
        "Discord's stand-in is at {}. Start a bot with:",
        sandbox.url()
    ));
    say::line(format_args!(
        "  DISCORD_TOKEN={} DISCORD_API_URL={} quizloop run",
        sandbox.token(),
        sandbox.url()
    ));
    stop_signal().await;
    Ok(())
}

async fn start(args: &SandboxArgs, time: Timestamp) -> Result<Sandbox, Failed> {
    let listen = SocketAddr::new(args.listen, args.port);
    let options = Options {
        listen,
        start: Some(time),
        flowing: true,
        ..Options::default()
    };
    Sandbox::start(options).await.map_err(|error| {
        Failed::new(
            Exit::Failed,
            format!("{listen} can't be listened on: {error}. Choose another port with --port"),
        )
    })
}

/// Half a minute before a question, today or on the next working day.
fn next_start(now: Timestamp) -> Timestamp {
    let mut day = now.to_zoned(TimeZone::UTC).date();
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.saturating_add(1.day());
    }
    // UTC has no gaps.
    day.to_datetime(START)
        .to_zoned(TimeZone::UTC)
        .map_or(now, |start| start.timestamp())
}

/// A folder for the state, which goes when the sandbox ends.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Result<Self, Failed> {
        let path = std::env::temp_dir().join(format!("quizloop-sandbox-{}", std::process::id()));
        // What a process of the same number left behind.
        let _ = std::fs::remove_dir_all(&path);
        crate::store::disk::private_dir(&path)
            .with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Self { path })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be deleted now goes with the machine's temporary files.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_before_a_question() {
        let start = |now: &str| next_start(now.parse().unwrap()).to_string();
        assert_eq!(start("2026-03-27T20:00:00Z"), "2026-03-27T08:59:30Z");
        assert_eq!(start("2026-03-28T20:00:00Z"), "2026-03-30T08:59:30Z");
    }
}

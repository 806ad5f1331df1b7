//! `run`: the bot.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::exit::{Exit, Failed};
use super::load::{self, Loaded};
use super::{Common, LogFormat, clock_link, log};
use crate::bot::{self, Access, End, Parts};
use crate::clock::Clock;
use crate::failpoint;
use crate::store::{OpenError, Store};

/// How long saving may take when the bot is stopped: with what comes before, less than the five seconds in
/// which a stop must be done.
const CLOSE_LIMIT: Duration = Duration::from_secs(4);

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    common: Common,
    /// How logs are written; the variable `RUST_LOG` chooses how much
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
    /// Follow the clock of a stand-in for Discord
    #[arg(long, value_name = "URL", hide = true)]
    clock: Option<String>,
}

/// Runs the bot until it is stopped or can't go on.
pub fn run(args: RunArgs) -> Result<(), Failed> {
    let Loaded {
        config,
        token,
        bank,
    } = load::all(&args.common)?;
    log::start(args.log, Some(&token));
    let store = open(&config.state_dir).map_err(|error| Failed::new(Exit::State, error))?;
    failpoint::pass("start.opened");
    // One thread: everything here waits for Discord or the disk, and an answer that hops between threads is
    // slower than one that does not. The gateway and the store have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let stopped = runtime.block_on(async {
        let clock = match args.clock {
            Some(url) => Some(clock_link::follow(url).await?),
            None => None,
        };
        let (clock, gone) = clock.map_or((Clock::system(), None), |(clock, gone)| (clock, Some(gone)));
        let parts = Parts {
            store: store.clone(),
            bank,
            clock,
            access: Access {
                token,
                api_url: config.api_url,
                requests_per_second: config.requests_per_second,
            },
            declared: config.teams,
        };
        tokio::select! {
            end = bot::run(parts) => Err(failed(&end)),
            () = stand_in_gone(gone) => Err(Failed::new(Exit::Failed, "the stand-in for Discord is gone")),
            signal = stop_signal() => {
                tracing::info!(signal, "stopping");
                failpoint::pass("stop.begin");
                Ok(())
            }
        }
    });
    // Tasks that still talk to Discord are not waited for: what counts is on disk, or will be now.
    runtime.shutdown_background();
    if !store.close(CLOSE_LIMIT) {
        return Err(Failed::new(
            Exit::Failed,
            "not everything could be saved before the stop; see the log",
        ));
    }
    stopped
}

/// Opens the state; in a debug build on a disk that fails where a file of failpoints says so, if one is named.
fn open(dir: &Path) -> Result<Store, OpenError> {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("QUIZLOOP_FAILPOINTS") {
        failpoint::drive(file.into());
        return Store::open_on(dir, std::sync::Arc::new(crate::store::faulty::FaultyDisk));
    }
    Store::open(dir)
}

/// Who follows a stand-in's clock ends with it.
async fn stand_in_gone(gone: Option<tokio::sync::oneshot::Receiver<()>>) {
    match gone {
        // An error means the same: the task that listened has ended.
        Some(gone) => drop(gone.await),
        None => std::future::pending().await,
    }
}

fn failed(end: &End) -> Failed {
    let exit = match end {
        End::Token | End::Intents => Exit::Refused,
        End::TooManyStarts(_) | End::Failed(_) => Exit::Failed,
    };
    Failed::new(exit, end)
}

/// Ctrl-C or, where there is such a thing, SIGTERM.
pub async fn stop_signal() -> &'static str {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => "interrupt",
        () = terminate() => "terminate",
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

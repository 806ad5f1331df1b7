//! `run`: the bot.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::exit::{Exit, Failed};
use super::load::{self, Loaded};
use super::{Common, LogFormat, clock_link, log, supervisor};
use crate::bot::{self, ApiConfig, BotDeps, ExitReason};
use crate::clock::Clock;
use crate::config::Config;
use crate::failpoint;
use crate::health::{self, Guilds, Vitals};
use crate::store::postgres::DatabaseError;
use crate::store::{ClaimError, OpenError, Store};

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
    let store = open(&config)?;
    failpoint::pass("start.opened");
    let health = listener(config.health_listen)?;
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
        let (vitals, clock, gone) = match clock {
            Some((clock, gone)) => (vitals_by(clock.clone()), clock, Some(gone)),
            None => (vitals_by_the_machine(), Clock::system(), None),
        };
        let times = clock.clone();
        store.set_clock(move || times.now());
        let vitals = watched(vitals, &store, health);
        let told = supervisor::tell(Arc::clone(&vitals));
        let parts = BotDeps {
            store: store.clone(),
            bank,
            clock,
            access: ApiConfig {
                token,
                api_url: config.api_url,
                requests_per_second: config.requests_per_second,
            },
            health: vitals,
            shards: config.shards,
            config_teams: config.teams,
        };
        tokio::select! {
            end = bot::run(parts) => Err(failed(&end)),
            never = told => match never {},
            () = stand_in_gone(gone) => Err(Failed::new(Exit::Failed, "the stand-in for Discord is gone")),
            signal = stop_signal() => {
                tracing::info!(signal, "stopping");
                failpoint::pass("stop.begin");
                Ok(())
            }
        }
    });
    supervisor::stopping();
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

/// Opens the state: the database if one is named, else the folder; in a debug build the folder on a disk that fails where a file of failpoints says so, if one is named.
fn open(config: &Config) -> Result<Store, Failed> {
    let refused = |error: &dyn std::fmt::Display| Failed::new(Exit::State, error);
    match &config.state_url {
        Some(url) => Store::connect(url.secret()).map_err(|error| match error {
            // It may be back when a supervisor tries again.
            DatabaseError::Unreachable { .. } => Failed::new(Exit::Failed, error),
            other => refused(&other),
        }),
        None => open_folder(&config.state_dir).map_err(|error| refused(&error)),
    }
}

fn open_folder(dir: &Path) -> Result<Store, OpenError> {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("QUIZLOOP_FAILPOINTS") {
        failpoint::drive(file.into());
        return Store::open_on(dir, std::sync::Arc::new(crate::store::faulty::FaultyDisk));
    }
    Store::open(dir)
}

/// Takes the address at which the health is told, so that one that is taken is known before anything starts.
fn listener(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failed> {
    let Some(address) = address else {
        return Ok(None);
    };
    // Not a mistake of the config: whoever has the address may go away, so a supervisor may try again.
    let listener = health::bind(address).map_err(|error| {
        Failed::new(
            Exit::Failed,
            format!("can't listen on {address} for [health] listen: {error}. Stop who has it, or name another address"),
        )
    })?;
    let told = listener.local_addr().unwrap_or(address);
    tracing::info!("http://{told}/healthz and /metrics tell how the bot is");
    if !address.ip().is_loopback() {
        tracing::warn!(
            "other machines can ask how the bot is at {told}: keep a firewall before it"
        );
    }
    Ok(Some(listener))
}

/// Ages are measured by the machine: nobody who sets its clock makes the bot look ill.
fn vitals_by_the_machine() -> Vitals {
    let start = Instant::now();
    Vitals::new(move || start.elapsed())
}

/// Ages are measured by a clock that is moved.
fn vitals_by(clock: Clock) -> Vitals {
    Vitals::new(move || {
        let passed = clock.now().duration_since(jiff::Timestamp::UNIX_EPOCH);
        Duration::try_from(passed).unwrap_or(Duration::ZERO)
    })
}

/// The store reports its saving, and whoever asks is answered.
fn watched(vitals: Vitals, store: &Store, listener: Option<TcpListener>) -> Arc<Vitals> {
    let vitals = Arc::new(if listener.is_some() {
        vitals.counting()
    } else {
        vitals
    });
    let told = Arc::clone(&vitals);
    store.observe(Box::new(move |done| told.saved(done.duration, done.error)));
    if let Some(listener) = listener {
        let (asked, store) = (Arc::clone(&vitals), store.clone());
        tokio::spawn(async move {
            let served = health::serve(listener, asked, move || count(&store)).await;
            if let Err(error) = served {
                tracing::error!(%error, "nobody is told any more how the bot is");
            }
        });
    }
    vitals
}

fn count(store: &Store) -> Guilds {
    let (whole, resting) = store.residency_counts();
    Guilds {
        dirty: store.unsaved_count(),
        whole,
        resting,
    }
}

/// Who follows a stand-in's clock ends with it.
async fn stand_in_gone(gone: Option<tokio::sync::oneshot::Receiver<()>>) {
    match gone {
        // An error means the same: the task that listened has ended.
        Some(gone) => drop(gone.await),
        None => std::future::pending().await,
    }
}

fn failed(end: &ExitReason) -> Failed {
    let exit = match end {
        ExitReason::Unauthorized | ExitReason::DisallowedIntents => Exit::Refused,
        ExitReason::State(ClaimError::OtherApplication { .. }) => Exit::Usage,
        ExitReason::State(ClaimError::Io(_)) => Exit::State,
        ExitReason::TooManyStarts(_) | ExitReason::Failed(_) => Exit::Failed,
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

//! `run`: the bot.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::exit::{CliError, Exit};
use super::load::{self, Startup};
use super::{CommonArgs, LogFormat, log, remote_clock, systemd};
use crate::bot::{self, ApiConfig, BotDeps, ExitReason};
use crate::clock::Clock;
use crate::config::Config;
use crate::failpoint;
use crate::health::{self, GuildCounts, HealthMonitor};
use crate::store::postgres::DatabaseError;
use crate::store::{ClaimError, OpenError, Store};

/// How long saving may take when the bot is stopped: with what comes before, less than the five seconds in
/// which a stop must be done.
const CLOSE_LIMIT: Duration = Duration::from_secs(4);

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// How logs are written; the variable `RUST_LOG` chooses how much
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
    /// Follow the clock of a stand-in for Discord
    #[arg(long, value_name = "URL", hide = true)]
    clock: Option<String>,
}

/// Runs the bot until it is stopped or can't go on.
pub fn run(args: RunArgs) -> Result<(), CliError> {
    let Startup {
        config,
        token,
        bank,
    } = load::startup(&args.common)?;
    log::start(args.log, Some(&token));
    let store = open_store(&config)?;
    failpoint::hit("start.opened");
    let listener = bind_health(config.health_listen)?;
    // One thread: everything here waits for Discord or the disk, and an answer that hops between threads is
    // slower than one that does not. The gateway and the store have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let stopped = runtime.block_on(async {
        let clock = match args.clock {
            Some(url) => Some(remote_clock::follow(url).await?),
            None => None,
        };
        let (health, clock, gone) = match clock {
            Some((clock, gone)) => (remote_clock_monitor(clock.clone()), clock, Some(gone)),
            None => (system_uptime_monitor(), Clock::system(), None),
        };
        let times = clock.clone();
        store.set_clock(move || times.now());
        let health = with_health(health, &store, listener);
        let supervisor = systemd::run(Arc::clone(&health));
        let deps = BotDeps {
            store: store.clone(),
            bank,
            clock,
            access: ApiConfig {
                token,
                api_url: config.api_url,
                requests_per_second: config.requests_per_second,
            },
            health,
            shards: config.shards,
            config_teams: config.teams,
        };
        tokio::select! {
            end = bot::run(deps) => Err(into_cli_error(&end)),
            never = supervisor => match never {},
            () = sandbox_closed(gone) => Err(CliError::new(Exit::Failed, "the stand-in for Discord is gone")),
            signal = stop_signal() => {
                tracing::info!(signal, "stopping");
                failpoint::hit("stop.begin");
                Ok(())
            }
        }
    });
    systemd::notify_stopping();
    // Tasks that still talk to Discord are not waited for: what counts is on disk, or will be now.
    runtime.shutdown_background();
    if !store.close(CLOSE_LIMIT) {
        return Err(CliError::new(
            Exit::Failed,
            "not everything could be saved before the stop; see the log",
        ));
    }
    stopped
}

/// Opens the state: the database if one is named, else the folder; in a debug build the folder on a disk that fails where a file of failpoints says so, if one is named.
fn open_store(config: &Config) -> Result<Store, CliError> {
    let refused = |error: &dyn std::fmt::Display| CliError::new(Exit::State, error);
    match &config.state_url {
        Some(url) => Store::connect(url.secret()).map_err(|error| match error {
            // It may be back when a supervisor tries again.
            DatabaseError::Unreachable { .. } => CliError::new(Exit::Failed, error),
            other => refused(&other),
        }),
        None => open_folder(&config.state_dir).map_err(|error| refused(&error)),
    }
}

fn open_folder(dir: &Path) -> Result<Store, OpenError> {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("QUIZLOOP_FAILPOINTS") {
        failpoint::load_from(file.into());
        return Store::open_on(dir, std::sync::Arc::new(crate::store::faulty::FaultyDisk));
    }
    Store::open(dir)
}

/// Takes the address at which the health is told, so that one that is taken is known before anything starts.
fn bind_health(address: Option<SocketAddr>) -> Result<Option<TcpListener>, CliError> {
    let Some(address) = address else {
        return Ok(None);
    };
    // Not a mistake of the config: whoever has the address may go away, so a supervisor may try again.
    let listener = health::bind(address).map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("can't listen on {address} for [health] listen: {error}. Stop who has it, or name another address"),
        )
    })?;
    let bound = listener.local_addr().unwrap_or(address);
    tracing::info!("http://{bound}/healthz and /metrics tell how the bot is");
    if !address.ip().is_loopback() {
        tracing::warn!(
            "other machines can ask how the bot is at {bound}: keep a firewall before it"
        );
    }
    Ok(Some(listener))
}

/// Ages are measured by the machine: nobody who sets its clock makes the bot look ill.
fn system_uptime_monitor() -> HealthMonitor {
    let start = Instant::now();
    HealthMonitor::new(move || start.elapsed())
}

/// Ages are measured by a clock that is moved.
fn remote_clock_monitor(clock: Clock) -> HealthMonitor {
    HealthMonitor::new(move || {
        let passed = clock.now().duration_since(jiff::Timestamp::UNIX_EPOCH);
        Duration::try_from(passed).unwrap_or(Duration::ZERO)
    })
}

/// The store reports its saving, and whoever asks is answered.
fn with_health(
    health: HealthMonitor,
    store: &Store,
    listener: Option<TcpListener>,
) -> Arc<HealthMonitor> {
    let health = Arc::new(if listener.is_some() {
        health.with_metrics()
    } else {
        health
    });
    let observer = Arc::clone(&health);
    store.observe(Box::new(move |done| {
        observer.commit_finished(done.duration, done.error)
    }));
    if let Some(listener) = listener {
        let (monitor, store) = (Arc::clone(&health), store.clone());
        tokio::spawn(async move {
            let served = health::serve(listener, monitor, move || guild_counts(&store)).await;
            if let Err(error) = served {
                tracing::error!(%error, "nobody is told any more how the bot is");
            }
        });
    }
    health
}

fn guild_counts(store: &Store) -> GuildCounts {
    let (loaded, evicted) = store.residency_counts();
    GuildCounts {
        dirty: store.unsaved_count(),
        loaded,
        evicted,
    }
}

/// Who follows a stand-in's clock ends with it.
async fn sandbox_closed(gone: Option<tokio::sync::oneshot::Receiver<()>>) {
    match gone {
        // An error means the same: the task that listened has ended.
        Some(gone) => drop(gone.await),
        None => std::future::pending().await,
    }
}

fn into_cli_error(end: &ExitReason) -> CliError {
    let exit = match end {
        ExitReason::Unauthorized | ExitReason::DisallowedIntents => Exit::Rejected,
        ExitReason::State(ClaimError::OtherApplication { .. }) => Exit::Usage,
        ExitReason::State(ClaimError::Io(_)) => Exit::State,
        ExitReason::TooManyStarts(_) | ExitReason::Failed(_) => Exit::Failed,
    };
    CliError::new(exit, end)
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

//! `run`: runs the bot until it is stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use super::exit::{CliError, Exit};
use super::load::{self, Sources, Startup};
use super::{CommonArgs, LogFormat, help, log, remote_clock, systemd};
use crate::bot::{self, ApiConfig, BotDeps, ExitReason};
use crate::clock::Clock;
use crate::config::Config;
use crate::health::{self, GuildCounts, HealthMonitor};
use quizloop_failpoint as failpoint;
use quizloop_store::{ClaimError, OpenError, Store};

/// How long the last save may take. The whole stop must take less than five seconds.
const CLOSE_LIMIT: Duration = Duration::from_secs(4);

const EXAMPLES: &[(&str, &str)] = &[
    ("quizloop run", "Run with ./config.toml, if it exists"),
    (
        "DISCORD_TOKEN_FILE=token quizloop run",
        "Run without a config, with the token in a file",
    ),
    (
        "quizloop run --log json",
        "Write the log for a log collector",
    ),
];

#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct RunArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Log format; the environment variable `RUST_LOG` sets the level
    #[arg(long, value_enum, default_value = "text")]
    log: LogFormat,
    /// Follow the clock of a sandbox
    #[arg(long, value_name = "URL", hide = true)]
    clock: Option<String>,
}

/// Runs the bot until it is stopped or fails.
pub fn run(args: RunArgs) -> Result<(), CliError> {
    let Startup {
        config_file,
        config,
        token,
        bank,
    } = load::startup(Sources::from(&args.common))?;
    log::start(args.log, Some(&token));
    log_settings(config_file.as_deref(), &config);
    let store = open_store(&config)?;
    log_contents(&store);
    failpoint::hit("start.opened");
    let listener = bind_health(config.health_listen)?;
    // One thread suffices: the work here is waiting for Discord and the disk, and moving a response
    // between threads would only add latency. The gateway and the store have their own threads.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let result = runtime.block_on(async {
        let clock = match args.clock {
            Some(url) => Some(remote_clock::follow(url).await?),
            None => None,
        };
        let (health, clock, clock_ended) = match clock {
            Some((clock, ended)) => (remote_clock_monitor(clock.clone()), clock, Some(ended)),
            None => (system_uptime_monitor(), Clock::system(), None),
        };
        let health = with_health(health, &store, listener);
        let systemd = systemd::run(Arc::clone(&health));
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
            reason = bot::run(deps) => Err(into_cli_error(&reason)),
            never = systemd => match never {},
            () = sandbox_closed(clock_ended) => Err(CliError::new(Exit::Failed, "the sandbox has stopped")),
            signal = stop_signal() => {
                tracing::info!(signal, "stopping");
                failpoint::hit("stop.begin");
                Ok(())
            }
        }
    });
    systemd::notify_stopping();
    // Requests to Discord that are still running are dropped. All data that matters is in the store,
    // which is saved below.
    runtime.shutdown_background();
    if !store.close(CLOSE_LIMIT) {
        return Err(CliError::new(
            Exit::Failed,
            "some changes could not be saved before stopping; see the log",
        ));
    }
    result
}

/// Logs what decides whose data the bot uses. A start in another folder would otherwise look like
/// lost data.
fn log_settings(config_file: Option<&Path>, config: &Config) {
    let absolute = |path: &Path| {
        let absolute = std::path::absolute(path);
        absolute
            .unwrap_or_else(|_| path.to_owned())
            .display()
            .to_string()
    };
    let state = match config.state_url {
        Some(_) => "database".to_owned(),
        None => absolute(&config.state_dir),
    };
    tracing::info!(
        config = config_file.map_or("none".to_owned(), absolute),
        state,
        config_teams = config.teams.len(),
        "starting"
    );
}

/// Logs how much data there is. In the wrong folder a bot would otherwise start without a word, and
/// its members' streaks would seem lost.
fn log_contents(store: &Store) {
    let (loaded, evicted) = store.residency_counts();
    match loaded + evicted {
        0 => tracing::info!("no saved data yet, starting with none"),
        servers => tracing::info!(servers, "saved data opened"),
    }
}

/// Opens the database if the config names one, else the data folder.
fn open_store(config: &Config) -> Result<Store, CliError> {
    #[cfg(all(feature = "failpoints", debug_assertions))]
    if let Some(file) = std::env::var_os("QUIZLOOP_FAILPOINTS") {
        failpoint::load_from(file.into());
    }
    let state_error = |error: &dyn std::fmt::Display| CliError::new(Exit::State, error);
    match &config.state_url {
        Some(url) => Store::connect(url.secret()).map_err(|error| match error {
            // The database may be back when the supervisor restarts the bot.
            error if error.is_transient() => CliError::new(Exit::Failed, error),
            error => state_error(&error),
        }),
        None => open_folder(&config.state_dir).map_err(|error| state_error(&error)),
    }
}

/// Opens the data folder. With failpoints the disk fails as their file says.
fn open_folder(dir: &Path) -> Result<Store, OpenError> {
    #[cfg(all(feature = "failpoints", debug_assertions))]
    if failpoint::is_active() {
        return Store::open_on(dir, std::sync::Arc::new(quizloop_store::faulty::FaultyDisk));
    }
    Store::open(dir)
}

/// Binds the health endpoint early, so that an address in use fails startup.
fn bind_health(address: Option<SocketAddr>) -> Result<Option<TcpListener>, CliError> {
    let Some(address) = address else {
        return Ok(None);
    };
    // Not a config error: the other process may stop, so the supervisor should try again.
    let listener = health::bind(address).map_err(|error| {
        let fix = if error.kind() == std::io::ErrorKind::AddrInUse {
            "Stop the process that uses it, or choose another address"
        } else {
            "Choose another address"
        };
        CliError::new(
            Exit::Failed,
            format!("can't listen on {address} ([health] listen): {error}. {fix}"),
        )
    })?;
    let bound = listener.local_addr().unwrap_or(address);
    tracing::info!("health endpoints listening on http://{bound}/healthz and /metrics");
    if !address.ip().is_loopback() {
        tracing::warn!(
            address = %bound,
            "health endpoints reachable from other machines; use a firewall"
        );
    }
    Ok(Some(listener))
}

/// Measures ages with the monotonic time, so that setting the system clock does not make the bot
/// look unhealthy.
fn system_uptime_monitor() -> HealthMonitor {
    let start = Instant::now();
    HealthMonitor::new(move || start.elapsed())
}

/// Measures ages with the remote clock, which tests move.
fn remote_clock_monitor(clock: Clock) -> HealthMonitor {
    HealthMonitor::new(move || {
        Duration::try_from(clock.local_time().monotonic).unwrap_or(Duration::ZERO)
    })
}

/// Reports the store's commits to the health monitor and serves the health endpoints.
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
    store.observe(Box::new(move |commit| {
        observer.commit_finished(commit.duration, commit.error);
    }));
    if let Some(listener) = listener {
        let (monitor, store) = (Arc::clone(&health), store.clone());
        tokio::spawn(async move {
            let result = health::serve(listener, monitor, move || guild_counts(&store)).await;
            if let Err(error) = result {
                tracing::error!(%error, "health server stopped");
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

/// Resolves when the sandbox whose clock is followed has stopped.
async fn sandbox_closed(clock_ended: Option<tokio::sync::oneshot::Receiver<()>>) {
    match clock_ended {
        // An error means the same: the task that reads the clock has ended.
        Some(ended) => drop(ended.await),
        None => std::future::pending().await,
    }
}

fn into_cli_error(reason: &ExitReason) -> CliError {
    let exit = match reason {
        ExitReason::Unauthorized | ExitReason::DisallowedIntents => Exit::Rejected,
        ExitReason::State(ClaimError::OtherApplication { .. }) => Exit::Usage,
        ExitReason::State(ClaimError::Io(_)) => Exit::State,
        ExitReason::TooManyStarts(_) | ExitReason::Failed(_) => Exit::Failed,
    };
    CliError::new(exit, reason)
}

/// Waits for Ctrl-C or, on Unix, SIGTERM, and returns the name of the signal.
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

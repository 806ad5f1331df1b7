//! The bot: connects Discord's gateway, the practice rules, the store and Discord's REST API.
//!
//! Only `gateway` and `discord` use serenity. Data flows one way: gateway event → translate →
//! practice decides → store commits → render → REST. No request is sent while a lock is held, and
//! a change is durable before a member sees that it was counted.

mod clock_check;
mod context;
mod discord;
mod event_loop;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gateway;
mod guild_removal;
mod interactions;
mod load_guild;
pub mod question_pool;
pub mod render;
mod replies;
mod scheduler;
pub mod server_bank;

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use tokio::sync::mpsc;

pub use discord::application_profile::{ApplicationProfile, InstallParams, ProfileClient};
pub use discord::rest::{ApiConfig, ApiError, DiscordClient, root_cause};
pub use gateway::GatewayExit;

use crate::clock::Clock;
use crate::health::HealthMonitor;
use clock_check::{ObservedTime, fetch_user_and_time};
use context::{BotContext, Receivers};
use discord::permissions;
use event_loop::EventLoop;
use gateway::shards;
use interactions::{queue, register};
use quizloop_bank::Bank;
use quizloop_core::id::UserId;
use quizloop_core::shard::ShardRange;
use quizloop_core::team::ConfiguredTeam;
use quizloop_store::{ClaimError, Store};
use replies::{backfill, caught_up, footer, reactions};
use scheduler::save_alerts;

/// How often caches and idle rate limits are pruned.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(3600);

/// Everything that [`run`] needs.
pub struct BotDeps {
    pub store: Store,
    pub bank: Bank,
    pub clock: Clock,
    /// Token and address of Discord's API.
    pub access: ApiConfig,
    pub health: Arc<HealthMonitor>,
    /// The shards that this process may run; `None` for the number that Discord recommends.
    pub shards: Option<ShardRange>,
    /// Teams from the operator's `config.toml`.
    pub config_teams: Vec<ConfiguredTeam>,
}

/// Why the bot stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExitReason {
    /// Discord refused the token.
    #[error(
        "Discord refused the token: check that it is the bot's current one (Developer Portal → Bot → Reset Token)"
    )]
    Unauthorized,
    /// Discord refused the gateway intents.
    #[error(
        "Discord refused the intents GUILDS and GUILD_MESSAGES, which every bot may use: check that the token belongs to a bot"
    )]
    DisallowedIntents,
    /// The state belongs to another application, or its owner could not be read.
    #[error("{0}")]
    State(#[from] ClaimError),
    /// Too few session starts are left today.
    #[error(
        "only {0} session starts are left today; Discord resets a bot's token when none is left. Wait a day and find out why the bot keeps restarting"
    )]
    TooManyStarts(u64),
    /// Any other failure.
    #[error("{0}")]
    Failed(String),
}

/// Runs the bot until it fails permanently and returns the reason.
///
/// Dropping the future stops the bot. The caller still has to flush the store.
pub async fn run(deps: BotDeps) -> ExitReason {
    let rest = DiscordClient::new(&deps.access).with_health(Arc::clone(&deps.health));
    let (application, user, observed) = match fetch_identity(&rest, &deps.clock).await {
        Ok(identity) => identity,
        Err(reason) => return reason,
    };
    // This comes first: with another application's token the bot would seem to have been removed
    // from every guild, and their data would be deleted.
    if let Err(error) = deps.store.claim(application).await {
        return ExitReason::State(error);
    }
    let (ctx, receivers) = BotContext::new(deps.store, deps.bank, deps.clock, rest, deps.health);
    let ctx = Arc::new(ctx);
    ctx.set_user_id(user);
    ctx.clock_check.record(observed);
    if observed.discord.is_none() {
        tracing::warn!(
            "Discord's responses have no Date header, so this machine's clock is not checked; if \
             discord.api_url is a proxy, make it pass the header on"
        );
    }
    let total = match shards::join(&ctx, deps.shards).await {
        Ok(shards) => shards.total,
        Err(exit) => return exit_reason(exit),
    };
    let (events, event_receiver) = mpsc::unbounded_channel();
    let factory = gateway::ClientFactory {
        api: deps.access,
        events,
        interactions: Arc::clone(&ctx.interactions),
    };
    let Receivers {
        stale_footers,
        reactions,
        mut fatal,
        backfill,
    } = receivers;
    let event_loop = EventLoop::new(&ctx, deps.config_teams, application, total);
    tokio::select! {
        exit = shards::run(Arc::clone(&ctx), factory, total) => exit_reason(exit),
        Some(error) = fatal.recv() => exit_reason(match error {
            ApiError::Unauthorized => GatewayExit::InvalidToken,
            other => GatewayExit::Other(other.to_string()),
        }),
        () = event_loop.run(event_receiver) => stopped("event loop"),
        () = queue::run(Arc::clone(&ctx)) => stopped("interaction worker"),
        () = register::run(Arc::clone(&ctx), application) => stopped("command registration"),
        () = backfill::run(Arc::clone(&ctx), backfill) => stopped("backfill worker"),
        () = caught_up::run(Arc::clone(&ctx), total) => stopped("worker that records positions"),
        () = reactions::run(Arc::clone(&ctx), reactions) => stopped("reaction worker"),
        () = footer::run(Arc::clone(&ctx), stale_footers) => stopped("footer worker"),
        () = save_alerts::run(Arc::clone(&ctx)) => stopped("save alert worker"),
        () = run_scheduler(&ctx) => stopped("scheduler"),
        () = housekeeping(Arc::clone(&ctx)) => stopped("housekeeping"),
    }
}

/// Returns the exit reason for a background task that must not return.
fn stopped(task: &str) -> ExitReason {
    ExitReason::Failed(format!("the {task} stopped unexpectedly"))
}

fn exit_reason(exit: GatewayExit) -> ExitReason {
    match exit {
        GatewayExit::InvalidToken => ExitReason::Unauthorized,
        GatewayExit::DisallowedIntents => ExitReason::DisallowedIntents,
        GatewayExit::NoSessionStartsLeft(left) => ExitReason::TooManyStarts(left),
        GatewayExit::Other(error) => ExitReason::Failed(error),
    }
}

/// Fetches the ids of the bot's application and user, and Discord's time, retrying while Discord is unreachable.
async fn fetch_identity(
    rest: &DiscordClient,
    clock: &Clock,
) -> Result<(u64, UserId, ObservedTime), ExitReason> {
    const PAUSES: [u64; 5] = [1, 2, 5, 15, 30];
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&60));
    loop {
        let identity = async {
            Ok((
                rest.application().await?,
                fetch_user_and_time(rest, clock).await?,
            ))
        };
        match identity.await {
            Ok(((application, name), (user, observed))) => {
                tracing::info!(application, name, "identity fetched");
                return Ok((application, user, observed));
            }
            Err(ApiError::Unauthorized) => return Err(ExitReason::Unauthorized),
            Err(error) => {
                let pause = pauses.next().copied().unwrap_or(60);
                tracing::warn!(%error, retry_in_s = pause, "identity could not be fetched");
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }
}

/// Runs the scheduler, of which there is one per process, however often sessions begin and end.
///
/// It starts after the first session has named the guilds, or once other processes are known to own
/// all shards.
async fn run_scheduler(ctx: &Arc<BotContext>) {
    ctx.start_scheduler.notified().await;
    // A task of its own, like the jobs that it starts, so that a panic ends in the log.
    if let Err(error) = tokio::spawn(scheduler::run(Arc::clone(ctx))).await {
        tracing::error!(%error, "scheduler panicked");
    }
}

async fn housekeeping(ctx: Arc<BotContext>) {
    loop {
        tokio::time::sleep(HOUSEKEEPING_INTERVAL).await;
        ctx.rest.clear_rate_limits().await;
        ctx.rate_limiter.prune(ctx.uptime());
        // Yesterday in UTC may still be today in a western time zone; the day before it is over
        // everywhere.
        let today = ctx
            .clock
            .now()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date();
        ctx.asked_today.remove_before(today.saturating_sub(1.day()));
    }
}

/// Returns the link that adds the bot to a guild, with no more permissions than it needs.
pub fn invite_url(application: u64) -> String {
    let permissions = permissions::required_bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={permissions}&integration_type=0"
    )
}

//! The bot: connects Discord's gateway, the practice rules, the store and Discord's REST API.
//!
//! No other module uses serenity. Data flows one way: gateway event → translate → practice decides
//! → store commits → render → REST. No request is sent while a lock is held, and a change is
//! durable before a member sees that it was counted.

mod alerts;
mod answer_cache;
mod backoff;
mod chart_renderer;
pub mod commands;
mod config_teams;
mod context;
mod custom_id;
mod data_expiry;
mod event;
mod exactly_once;
mod footer;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gateway;
mod interaction_client;
mod interaction_handler;
mod load_guild;
pub mod permissions;
mod post;
mod progress;
mod quiz;
mod reactions;
mod register;
mod reminders;
pub mod render;
mod replies;
mod response;
mod rest;
mod rest_limiter;
mod save_alerts;
mod scheduler;
mod shards;
mod translate;
mod user_rate_limit;
mod weekly_report;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use tokio::sync::mpsc;

pub use gateway::GatewayExit;
pub use rest::{ApiConfig, ApiError, DiscordClient};

use crate::clock::Clock;
use crate::config::ConfiguredTeam;
use crate::health::HealthMonitor;
use context::{BotContext, Receivers};
use event::Event;
use quizloop_bank::Bank;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::shard::ShardRange;
use quizloop_failpoint as failpoint;
use quizloop_store::{ClaimError, Store};

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
    let (application, user) = match fetch_identity(&rest).await {
        Ok(identity) => identity,
        Err(reason) => return reason,
    };
    // This comes first: with another application's token the bot would seem to have been removed
    // from every guild, and their data would be deleted.
    if let Err(error) = deps.store.claim(application).await {
        return ExitReason::State(error);
    }
    let (ctx, receivers) =
        BotContext::new(deps.store, deps.bank, deps.clock.clone(), rest, deps.health);
    let ctx = Arc::new(ctx);
    ctx.set_user_id(user);
    register::commands(&ctx, application).await;
    let total = match shards::join(&ctx, deps.shards).await {
        Ok(shards) => shards.total,
        Err(exit) => return exit_reason(exit),
    };
    let (events, event_receiver) = mpsc::unbounded_channel();
    let factory = gateway::ClientFactory {
        api: deps.access,
        clock: deps.clock,
        events,
    };
    let Receivers {
        stale_footers,
        reactions,
        mut fatal,
    } = receivers;
    let event_loop = EventLoop {
        ctx: Arc::clone(&ctx),
        config_teams: deps.config_teams.into(),
        application,
        total,
        session_guilds: HashSet::new(),
    };
    tokio::select! {
        exit = shards::run(Arc::clone(&ctx), factory, total) => exit_reason(exit),
        Some(error) = fatal.recv() => exit_reason(match error {
            ApiError::Unauthorized => GatewayExit::InvalidToken,
            other => GatewayExit::Other(other.to_string()),
        }),
        () = event_loop.run(event_receiver) => stopped("event loop"),
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

/// Fetches the ids of the bot's application and user, retrying while Discord is unreachable.
async fn fetch_identity(rest: &DiscordClient) -> Result<(u64, UserId), ExitReason> {
    const PAUSES: [u64; 5] = [1, 2, 5, 15, 30];
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&60));
    loop {
        let identity = async { Ok((rest.application().await?, rest.current_user().await?)) };
        match identity.await {
            Ok(((application, name), user)) => {
                tracing::info!(application, name, "identity fetched");
                return Ok((application, user));
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
        let today = ctx.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        ctx.asked_today.remove_before(today.saturating_sub(1.day()));
    }
}

/// Handles the gateway's events.
struct EventLoop {
    ctx: Arc<BotContext>,
    config_teams: Arc<[ConfiguredTeam]>,
    application: u64,
    /// Number of shards of the whole bot.
    total: u32,
    /// The guilds of the newest session of each shard.
    session_guilds: HashSet<GuildId>,
}

impl EventLoop {
    async fn run(mut self, mut event_receiver: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = event_receiver.recv().await {
            let is_ready = matches!(event, Event::Ready { .. });
            self.handle(event);
            if is_ready {
                self.ctx.start_scheduler.notify_one();
            }
        }
        // The gateway client has stopped; `shards::run` returns the reason.
        std::future::pending::<()>().await;
    }

    fn handle(&mut self, event: Event) {
        let ctx = Arc::clone(&self.ctx);
        ctx.health.event_received();
        match event {
            Event::Ready {
                shard,
                user_id,
                guilds,
            } => {
                ctx.health.session_started();
                ctx.set_user_id(user_id);
                self.on_session_start(shard, guilds);
            }
            Event::GuildCreate(guild) => {
                if self.session_guilds.insert(guild) {
                    config_teams::apply(&ctx, &self.config_teams, guild);
                    tokio::spawn(replies::backfill_guilds(ctx, vec![guild]));
                }
            }
            Event::GuildDelete(guild) => {
                self.session_guilds.remove(&guild);
                // Events may arrive out of order or twice: the bot may have been added again
                // already.
                tokio::spawn(delete_if_removed(ctx, vec![guild]));
            }
            Event::ChannelDelete { guild, channel } => {
                tokio::spawn(on_thread_deleted(ctx, guild, channel));
            }
            Event::ChannelUpdate { guild, channel } => {
                // A post that Discord refused may be allowed now.
                let key = context::TeamKey { guild, channel };
                let (post, report) = (
                    ctx.post_backoff.remove(&key),
                    ctx.report_backoff.remove(&key),
                );
                if post.is_some() || report.is_some() {
                    ctx.wake_scheduler.notify_one();
                }
            }
            Event::MessageCreate(message) => {
                tokio::spawn(replies::on_message(ctx, message));
            }
            Event::Interaction(interaction) => {
                tokio::spawn(interaction_handler::handle_interaction(ctx, *interaction));
            }
        }
    }

    /// Catches up after a session began, because any event since the previous session may be
    /// missing.
    ///
    /// Example: the bot is offline from 09:00 to 09:20 and is removed from guild B meanwhile. The
    /// new session names guild A only. Then A's reply history is read from 09:00 on, failed posts
    /// of this shard are retried at once, and Discord is asked whether the bot still is in B; B's
    /// data is deleted only if Discord confirms that it is not.
    fn on_session_start(&mut self, shard: u32, guilds: Vec<GuildId>) {
        if self.total > 1 {
            tracing::info!(shard, guilds = guilds.len(), "gateway connected");
        } else {
            tracing::info!(guilds = guilds.len(), "gateway connected");
        }
        failpoint::hit("session.begin");
        if guilds.is_empty() && self.total == 1 {
            tracing::info!(
                invite_url = %invite_url(self.application),
                "bot is in no server yet"
            );
        }
        let total = self.total;
        let is_on_other_shard = |guild: &GuildId| guild.shard(total) != shard;
        self.session_guilds.retain(is_on_other_shard);
        self.session_guilds.extend(&guilds);
        for guild in &guilds {
            config_teams::apply(&self.ctx, &self.config_teams, *guild);
        }
        let mut missing = self.ctx.store.guild_ids();
        missing.retain(|guild| !is_on_other_shard(guild));
        let stored = missing.len();
        missing.retain(|guild| !self.session_guilds.contains(guild));
        if is_implausible(missing.len(), stored) {
            tracing::error!(
                missing = missing.len(),
                stored,
                "too many servers missing from the session; no data deleted"
            );
        } else {
            tokio::spawn(delete_if_removed(Arc::clone(&self.ctx), missing));
        }
        tokio::spawn(replies::backfill_guilds(Arc::clone(&self.ctx), guilds));
        // Posts that failed while Discord was unreachable are retried now.
        self.ctx
            .post_backoff
            .retain(|key, _| is_on_other_shard(&key.guild));
        self.ctx
            .report_backoff
            .retain(|key, _| is_on_other_shard(&key.guild));
        self.ctx.wake_scheduler.notify_one();
    }
}

/// Returns whether an error is a likelier cause for missing guilds than that many removals.
///
/// The limit is more than one guild, and more than a tenth of the guilds whose data is stored.
const fn is_implausible(missing: usize, stored: usize) -> bool {
    missing > 1 && missing * 10 > stored
}

/// Returns the link that adds the bot to a guild, with no more permissions than it needs.
pub fn invite_url(application: u64) -> String {
    let permissions = permissions::required_bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={permissions}&integration_type=0"
    )
}

/// Marks a round's thread as unavailable. Replies to the round's message still count.
async fn on_thread_deleted(ctx: Arc<BotContext>, guild: GuildId, thread: ChannelId) {
    if !ctx.store.may_contain_reply(guild, thread) {
        return;
    }
    let Some(_pin) = load_guild::with_retry(&ctx, guild).await else {
        return;
    };
    let message = thread.starter_message();
    let team_of = |state: &Guild| state.team_by_message(message).map(|team| team.channel);
    if let Some(channel) = ctx.store.read(guild, team_of).flatten() {
        // No member sees a result of this, so no caller waits until it is durable.
        let key = context::TeamKey { guild, channel };
        let _unawaited = ctx.update_team(key, |team| {
            team.record_thread(message, quizloop_core::round::ThreadStatus::Unavailable);
        });
    }
}

/// Deletes the data of a guild from which the bot was removed.
async fn delete_guild(ctx: Arc<BotContext>, guild: GuildId) {
    ctx.asked_today.remove_guild(guild);
    match ctx.store.delete(guild).await {
        Ok(()) => tracing::info!(%guild, "bot removed from server; data deleted"),
        // The next start loads the data, and its first session leads here again.
        Err(error) => tracing::error!(%guild, %error, "server data could not be deleted"),
    }
}

/// Deletes the data of those guilds from which the bot was removed.
///
/// A guild that a session does not name, or that an event reports as deleted, may also be missing
/// because of an outage of Discord. Data is deleted only if Discord answers explicitly that the bot
/// is not in the guild.
async fn delete_if_removed(ctx: Arc<BotContext>, guilds: Vec<GuildId>) {
    for guild in guilds {
        match ctx.rest.is_in_guild(guild).await {
            Ok(false) => delete_guild(Arc::clone(&ctx), guild).await,
            Ok(true) => {}
            Err(error) => tracing::warn!(%guild, %error, "server membership could not be checked"),
        }
    }
}

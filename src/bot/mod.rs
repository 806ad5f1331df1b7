//! The bot: from Discord's events to practice's rules to the store to Discord's REST API.
//!
//! This is the only place that knows serenity. Data flows one way: gateway event → translate →
//! practice decides → store commits → render → REST. Nothing is sent under a lock, and what a member is
//! told has been counted is on disk before.

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
mod find;
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

use crate::bank::Bank;
use crate::clock::Clock;
use crate::config::ConfiguredTeam;
use crate::failpoint;
use crate::health::HealthMonitor;
use crate::practice::guild::Guild;
use crate::practice::id::{ChannelId, GuildId, UserId};
use crate::practice::shard::ShardRange;
use crate::store::{ClaimError, Store};
use context::{BotContext, Receivers};
use event::Event;

/// How often what is not needed any more is thrown away.
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(3600);

/// What a bot is made of.
pub struct BotDeps {
    /// All guilds.
    pub store: Store,
    /// All questions.
    pub bank: Bank,
    /// The time.
    pub clock: Clock,
    /// How Discord is reached.
    pub access: ApiConfig,
    /// Where it is told how the bot is.
    pub health: Arc<HealthMonitor>,
    /// The shards that this process may have; none for as many as Discord recommends.
    pub shards: Option<ShardRange>,
    /// Teams of the operator's file.
    pub config_teams: Vec<ConfiguredTeam>,
}

/// Why the bot ended.
#[derive(Debug, thiserror::Error)]
pub enum ExitReason {
    /// Discord does not take the token.
    #[error(
        "Discord refused the token: check that it is the bot's current one (Developer Portal → Bot → Reset Token)"
    )]
    Unauthorized,
    /// Discord does not take the intents.
    #[error(
        "Discord refused the intents GUILDS and GUILD_MESSAGES, which every bot may use: is the token a bot's?"
    )]
    DisallowedIntents,
    /// The state belongs to another application, or that can't be told.
    #[error("{0}")]
    State(#[from] ClaimError),
    /// Too few sessions are left today.
    #[error(
        "only {0} session starts are left today; Discord resets the token of a bot that uses them all up. Wait a day, and find out what restarts the bot"
    )]
    TooManyStarts(u64),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Runs the bot until it can't go on. Dropping the future stops it; what the store has taken is saved by
/// whoever owns the store.
pub async fn run(deps: BotDeps) -> ExitReason {
    let rest = DiscordClient::new(&deps.access).with_health(Arc::clone(&deps.health));
    let (application, user) = match fetch_identity(&rest).await {
        Ok(known) => known,
        Err(end) => return end,
    };
    // Before anything else: with another application's token every server would seem to be gone.
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
        Err(end) => return exit_reason(end),
    };
    let (events, event_receiver) = mpsc::unbounded_channel();
    let factory = gateway::ClientFactory {
        api: deps.access,
        clock: deps.clock,
        events,
    };
    let Receivers {
        stale_footers,
        reactions: marks,
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
        end = shards::run(Arc::clone(&ctx), factory, total) => exit_reason(end),
        Some(failure) = fatal.recv() => exit_reason(match failure {
            ApiError::Unauthorized => GatewayExit::InvalidToken,
            other => GatewayExit::Other(other.to_string()),
        }),
        () = event_loop.run(event_receiver) => ExitReason::Failed("no more events".into()),
        () = reactions::run(Arc::clone(&ctx), marks) => ExitReason::Failed("marks ended".into()),
        () = footer::run(Arc::clone(&ctx), stale_footers) => ExitReason::Failed("footers ended".into()),
        () = save_alerts::run(Arc::clone(&ctx)) => ExitReason::Failed("looking after the disk ended".into()),
        () = run_scheduler(&ctx) => ExitReason::Failed("the scheduler ended".into()),
        () = housekeeping(Arc::clone(&ctx)) => ExitReason::Failed("housekeeping ended".into()),
    }
}

fn exit_reason(end: GatewayExit) -> ExitReason {
    match end {
        GatewayExit::InvalidToken => ExitReason::Unauthorized,
        GatewayExit::DisallowedIntents => ExitReason::DisallowedIntents,
        GatewayExit::NoSessionStartsLeft(left) => ExitReason::TooManyStarts(left),
        GatewayExit::Other(what) => ExitReason::Failed(what),
    }
}

/// Asks Discord who we are, the application and its user, again and again while it is out of reach.
async fn fetch_identity(rest: &DiscordClient) -> Result<(u64, UserId), ExitReason> {
    const PAUSES: [u64; 5] = [1, 2, 5, 15, 30];
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&60));
    loop {
        let asked = async { Ok((rest.application().await?, rest.current_user().await?)) };
        match asked.await {
            Ok(((application, name), user)) => {
                tracing::info!(application, name, "Discord knows us");
                return Ok((application, user));
            }
            Err(ApiError::Unauthorized) => return Err(ExitReason::Unauthorized),
            Err(failure) => {
                let pause = pauses.next().copied().unwrap_or(60);
                tracing::warn!(%failure, "trying again in {pause} s");
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }
}

/// There is one scheduler, whatever begins and ends: it starts when the first session has brought the teams, or when it
/// is known that other processes have them all.
async fn run_scheduler(ctx: &Arc<BotContext>) {
    ctx.start_scheduler.notified().await;
    // On a task of its own, as what it starts is.
    if let Err(error) = tokio::spawn(scheduler::run(Arc::clone(ctx))).await {
        tracing::error!(%error, "the scheduler panicked");
    }
}

async fn housekeeping(ctx: Arc<BotContext>) {
    loop {
        tokio::time::sleep(HOUSEKEEPING_INTERVAL).await;
        ctx.rest.clear_rate_limits().await;
        ctx.rate_limiter.prune(ctx.uptime());
        // The day before, so that it is over in every zone.
        let today = ctx.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        ctx.asked_today.remove_before(today.saturating_sub(1.day()));
    }
}

/// Listens to the gateway.
struct EventLoop {
    ctx: Arc<BotContext>,
    config_teams: Arc<[ConfiguredTeam]>,
    application: u64,
    /// How many shards there are.
    total: u32,
    /// The guilds of the newest session of each shard.
    session_guilds: HashSet<GuildId>,
}

impl EventLoop {
    async fn run(mut self, mut event_receiver: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = event_receiver.recv().await {
            let session = matches!(event, Event::Ready { .. });
            self.handle(event);
            if session {
                self.ctx.start_scheduler.notify_one();
            }
        }
        // The gateway's client is gone; why, it tells another way.
        std::future::pending::<()>().await;
    }

    fn handle(&mut self, event: Event) {
        let ctx = Arc::clone(&self.ctx);
        ctx.health.event_received();
        match event {
            Event::Ready {
                shard,
                user_id: me,
                guilds,
            } => {
                ctx.health.session_started();
                ctx.set_user_id(me);
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
                // Events come in no order and at times twice: the bot may be back already.
                tokio::spawn(delete_if_removed(ctx, vec![guild]));
            }
            Event::ChannelDelete { guild, channel } => {
                tokio::spawn(on_thread_deleted(ctx, guild, channel));
            }
            Event::ChannelUpdate { guild, channel } => {
                // What was refused may be allowed now.
                let key = context::TeamKey { guild, channel };
                let (round, week) = (
                    ctx.post_backoff.remove(&key),
                    ctx.report_backoff.remove(&key),
                );
                if round.is_some() || week.is_some() {
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

    /// A session began: anything may have happened since the last one.
    fn on_session_start(&mut self, shard: u32, guilds: Vec<GuildId>) {
        if self.total > 1 {
            tracing::info!(shard, guilds = guilds.len(), "connected");
        } else {
            tracing::info!(guilds = guilds.len(), "connected");
        }
        failpoint::hit("session.begin");
        if guilds.is_empty() && self.total == 1 {
            tracing::info!(
                "the bot is in no server yet; invite it with {}",
                invite_url(self.application)
            );
        }
        let total = self.total;
        let is_of_others = |guild: &GuildId| guild.shard(total) != shard;
        self.session_guilds.retain(is_of_others);
        self.session_guilds.extend(&guilds);
        for guild in &guilds {
            config_teams::apply(&self.ctx, &self.config_teams, *guild);
        }
        let mut kept = self.ctx.store.guild_ids();
        kept.retain(|guild| !is_of_others(guild));
        let total_kept = kept.len();
        kept.retain(|guild| !self.session_guilds.contains(guild));
        if is_implausible(kept.len(), total_kept) {
            tracing::error!(
                missing = kept.len(),
                stored = total_kept,
                "too many servers missing from the session; no data deleted"
            );
        } else {
            tokio::spawn(delete_if_removed(Arc::clone(&self.ctx), kept));
        }
        tokio::spawn(replies::backfill_guilds(Arc::clone(&self.ctx), guilds));
        // Whatever was tried while Discord was away is worth another try now.
        self.ctx
            .post_backoff
            .retain(|key, _| is_of_others(&key.guild));
        self.ctx
            .report_backoff
            .retain(|key, _| is_of_others(&key.guild));
        self.ctx.wake_scheduler.notify_one();
    }
}

/// Whether so many servers are missing from a session that an error is likelier than as many removals: more than one,
/// and more than a tenth of those whose data is stored.
const fn is_implausible(missing: usize, stored: usize) -> bool {
    missing > 1 && missing * 10 > stored
}

/// The link with which somebody adds the bot to a server, with the least permissions.
pub fn invite_url(application: u64) -> String {
    let permissions = permissions::required_bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={permissions}&integration_type=0"
    )
}

/// A deleted thread is not waited for any more; replies to the message itself still count.
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
        // Nobody is told, so nobody has to wait for the disk.
        let key = context::TeamKey { guild, channel };
        let _unawaited = ctx.update_team(key, |team| {
            team.record_thread(message, crate::practice::round::ThreadStatus::Unavailable);
        });
    }
}

/// The bot was removed from a guild: its data goes.
async fn delete_guild(ctx: Arc<BotContext>, guild: GuildId) {
    ctx.asked_today.remove_guild(guild);
    match ctx.store.delete(guild).await {
        Ok(()) => tracing::info!(%guild, "the bot was removed from a server; its data is deleted"),
        Err(error) => {
            tracing::error!(%guild, %error, "the data of a server that the bot left could not be deleted; the next start tries again");
        }
    }
}

/// Guilds that a session does not name, or of which an event says that they are gone: the bot may have been
/// removed, or Discord may be in trouble. Only Discord's clear word deletes anything.
async fn delete_if_removed(ctx: Arc<BotContext>, guilds: Vec<GuildId>) {
    for guild in guilds {
        match ctx.rest.is_in_guild(guild).await {
            Ok(false) => delete_guild(Arc::clone(&ctx), guild).await,
            Ok(true) => {}
            Err(failure) => {
                tracing::warn!(%guild, %failure, "whether the bot still is in a server is not known");
            }
        }
    }
}

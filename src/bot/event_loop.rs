//! Handles the gateway's events other than interactions, and catches up after a session began.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::context::BotContext;
use super::gateway::event::{Event, GuildActivity};
use super::guild_removal::{delete_if_removed, is_implausible};
use super::replies::history_range::Availability;
use super::replies::{self, backfill};
use super::scheduler::config_teams;
use super::{invite_url, load_guild};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, TeamKey};
use quizloop_core::round::ThreadStatus;
use quizloop_core::team::{ConfiguredTeam, Team};
use quizloop_failpoint as failpoint;

/// Minimum time between two log messages about undecoded events of a kind.
const UNDECODED_LOG_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Handles the gateway's events.
pub struct EventLoop {
    ctx: Arc<BotContext>,
    config_teams: Arc<[ConfiguredTeam]>,
    application: u64,
    /// Number of shards of the whole bot.
    total: u32,
    /// The guilds of the newest session of each shard.
    session_guilds: HashSet<GuildId>,
    /// Guilds of a new session that are not available yet.
    unavailable: HashSet<GuildId>,
    /// When an event of a kind that could not be decoded was logged last.
    undecoded_logged: HashMap<&'static str, Timestamp>,
}

impl EventLoop {
    pub fn new(
        ctx: &Arc<BotContext>,
        config_teams: Vec<ConfiguredTeam>,
        application: u64,
        total: u32,
    ) -> Self {
        Self {
            ctx: Arc::clone(ctx),
            config_teams: config_teams.into(),
            application,
            total,
            session_guilds: HashSet::new(),
            unavailable: HashSet::new(),
            undecoded_logged: HashMap::new(),
        }
    }

    pub async fn run(mut self, mut event_receiver: mpsc::UnboundedReceiver<Event>) {
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
            Event::GuildCreate { guild, activity } => self.on_guild_create(guild, activity),
            Event::GuildDelete(guild) => {
                self.session_guilds.remove(&guild);
                // Events may arrive out of order or twice: the bot may have been added again
                // already.
                tokio::spawn(delete_if_removed(ctx, vec![guild]));
            }
            Event::ChannelDelete { guild, channel } => {
                tokio::spawn(on_channel_deleted(ctx, guild, channel));
            }
            Event::ChannelUpdate { guild, channel } => {
                let key = TeamKey { guild, channel };
                ctx.backfill.caught_up.forget_team(key);
                // What Discord refused may be allowed now.
                ctx.reaction_backoff.remove(&key);
                if ctx.deliveries.retry_team(key) {
                    ctx.wake_scheduler.notify_one();
                }
                // The channel may have been invisible until now.
                if ctx.store.may_contain_reply(guild, channel) {
                    ctx.backfill.request_team(key);
                }
            }
            Event::AccessGained(guild) => {
                ctx.backfill.caught_up.forget_guild(guild);
                end_backoffs(&ctx, |other| *other == guild);
                ctx.backfill.request_guild(guild);
            }
            Event::RoleUpdate(guild) => {
                ctx.backfill.caught_up.forget_guild(guild);
                end_backoffs(&ctx, |other| *other == guild);
                // Most changes, such as of the colour, concern no channel: so it is only a hint.
                ctx.backfill.hint_guild(guild);
            }
            Event::ThreadUpdate {
                guild,
                thread,
                last_message,
            } => {
                if let Some(last) = last_message {
                    backfill::on_thread_update(&ctx, guild, thread, last);
                }
            }
            Event::MessageCreate(message) => {
                let created_at = message.message.time();
                ctx.clock_check
                    .observe_id(created_at, ctx.clock.local_time());
                let shard = message.guild.shard(self.total);
                let caught_up = &ctx.backfill.caught_up;
                caught_up.received_on_shard(shard, message.message);
                if let Some(message) = replies::begin(&ctx, message) {
                    tokio::spawn(replies::on_message(ctx, message));
                }
            }
            Event::Undecoded { kind } => self.on_undecoded(kind),
        }
    }

    /// Applies the config to a guild that became available, and reads what was missed: after an
    /// outage, or at the start of a session.
    fn on_guild_create(&mut self, guild: GuildId, mut activity: GuildActivity) {
        let ctx = &self.ctx;
        let channels: Vec<_> = activity.channels.keys().copied().collect();
        config_teams::check_channels(ctx, &self.config_teams, guild, &channels);
        if self.session_guilds.insert(guild) {
            config_teams::apply(ctx, &self.config_teams, guild);
        }
        activity.retain(|channel| ctx.store.may_contain_reply(guild, channel));
        // During an outage the guild's messages were missed although the session went on.
        let is_new_session = self.unavailable.remove(&guild);
        let shard = guild.shard(self.total);
        let covered_up_to = ctx.backfill.caught_up.covered_up_to(shard);
        let available = Availability {
            activity,
            covered_up_to: covered_up_to.filter(|_| is_new_session),
            at: ctx.discord_now(),
        };
        ctx.backfill.request_unread(guild, available);
    }

    /// Counts an event that could not be decoded, and logs it unless one of its kind was logged just
    /// before: a change by Discord may concern every message.
    fn on_undecoded(&mut self, kind: &'static str) {
        self.ctx.health.event_undecoded(kind);
        let now = self.ctx.clock.now();
        let logged_at = self.undecoded_logged.get(kind).copied();
        if logged_at.is_none_or(|at| now.duration_since(at) >= UNDECODED_LOG_INTERVAL) {
            self.undecoded_logged.insert(kind, now);
            tracing::warn!(kind, "event could not be decoded");
        }
    }

    /// Catches up after a session began, because any event since the previous session may be
    /// missing.
    ///
    /// Example: the bot is offline from 09:00 to 09:20 and is removed from guild B meanwhile. The
    /// new session names guild A only. Then A's newest messages arrive, and where one is from after
    /// 09:00, the history is read; failed posts of this shard are retried at once, and Discord is asked whether the bot still is in B; B's
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
        let is_missing =
            |guild| !is_on_other_shard(&guild) && !self.session_guilds.contains(&guild);
        config_teams::check_guilds(&self.ctx, &self.config_teams, is_missing);
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
        let caught_up = &self.ctx.backfill.caught_up;
        caught_up.begin_session(&self.ctx.store, shard, total);
        self.unavailable.retain(is_on_other_shard);
        for guild in guilds {
            self.unavailable.insert(guild);
            self.ctx.backfill.request_unless_available(guild);
        }
        // Posts that failed while Discord was unreachable are retried now.
        end_backoffs(&self.ctx, |guild| !is_on_other_shard(guild));
        self.ctx.wake_scheduler.notify_one();
    }
}

/// Ends the backoffs of these guilds, because requests that failed may work now. The caller has
/// requested, or requests, their history, in which a refused ✅ is missing.
fn end_backoffs(ctx: &BotContext, concerns: impl Fn(&GuildId) -> bool) {
    ctx.reaction_backoff.retain(|key, _| !concerns(&key.guild));
    if ctx.deliveries.retry_guilds(concerns) {
        ctx.wake_scheduler.notify_one();
    }
}

/// Marks a round's thread as unavailable: replies to the round's message still count. Ends the match
/// whose thread it was, or all matches of a team whose channel was deleted, because Discord deletes
/// the threads with it.
pub async fn on_channel_deleted(ctx: Arc<BotContext>, guild: GuildId, thread: ChannelId) {
    if !ctx.store.may_use_channel(guild, thread) {
        return;
    }
    let Some(guild) = load_guild::with_retry(&ctx, guild).await else {
        return;
    };
    let message = thread.starter_message();
    let team_of = |state: &Guild| state.team_by_message(message).map(|team| team.channel);
    if let Some(channel) = guild.read(team_of).flatten() {
        // No member sees a result of this, so no caller waits until it is durable.
        let _unawaited = guild.team(channel).update(|team| {
            team.record_thread(message, ThreadStatus::Unavailable);
        });
    }
    let team_of = |state: &Guild| state.team_by_match(thread).map(|team| team.channel);
    if let Some(channel) = guild.read(team_of).flatten() {
        let _unawaited = guild.team(channel).update(|team| {
            team.end_match_of_thread(thread);
        });
    }
    let has_matches = |state: &Guild| {
        state
            .team(thread)
            .is_some_and(|team| !team.matches().is_empty())
    };
    if guild.read(has_matches) == Some(true) {
        let _unawaited = guild.team(thread).update(Team::end_all_matches);
    }
}

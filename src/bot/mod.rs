//! The bot: from Discord's events to practice's rules to the store to Discord's REST API.
//!
//! This is the only place that knows serenity. Data flows one way: gateway event → translate →
//! practice decides → store commits → render → REST. Nothing is sent under a lock, and what a member is
//! told has been counted is on disk before.

mod alerts;
mod answer;
mod backoff;
mod callback;
pub mod commands;
mod config_teams;
mod data_expiry;
mod desk;
mod easel;
mod event;
mod exactly_once;
mod find;
mod flood;
mod footer;
mod gateway;
mod load_guild;
pub mod permissions;
mod post;
mod press;
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
mod reveals;
mod save_alerts;
mod scheduler;
mod shards;
mod translate;
#[cfg(any(test, fuzzing))]
pub mod trials;
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
use crate::config::DeclaredTeam;
use crate::failpoint;
use crate::health::Vitals;
use crate::practice::guild::Guild;
use crate::practice::id::{ChannelId, GuildId, UserId};
use crate::practice::shard::ShardRange;
use crate::store::{ClaimError, Store};
use desk::{Desk, Inboxes};
use event::Event;

/// How often what is not needed any more is thrown away.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// What a bot is made of.
pub struct Parts {
    /// All guilds.
    pub store: Store,
    /// All questions.
    pub bank: Bank,
    /// The time.
    pub clock: Clock,
    /// How Discord is reached.
    pub access: ApiConfig,
    /// Where it is told how the bot is.
    pub vitals: Arc<Vitals>,
    /// The shards that this process may have; none for as many as Discord recommends.
    pub shards: Option<ShardRange>,
    /// Teams of the operator's file.
    pub declared: Vec<DeclaredTeam>,
}

/// Why the bot ended.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// Discord does not take the token.
    #[error(
        "Discord refused the token: check that it is the bot's current one (Developer Portal → Bot → Reset Token)"
    )]
    Token,
    /// Discord does not take the intents.
    #[error(
        "Discord refused the intents GUILDS and GUILD_MESSAGES, which every bot may use: is the token a bot's?"
    )]
    Intents,
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
pub async fn run(parts: Parts) -> End {
    let rest = DiscordClient::new(&parts.access).with_health(Arc::clone(&parts.vitals));
    let (application, user) = match introduce(&rest).await {
        Ok(known) => known,
        Err(end) => return end,
    };
    // Before anything else: with another application's token every server would seem to be gone.
    if let Err(error) = parts.store.claim(application).await {
        return End::State(error);
    }
    let (desk, inboxes) = Desk::new(
        parts.store,
        parts.bank,
        parts.clock.clone(),
        rest,
        parts.vitals,
    );
    let desk = Arc::new(desk);
    desk.set_me(user);
    register::commands(&desk, application).await;
    let total = match shards::join(&desk, parts.shards).await {
        Ok(shards) => shards.total,
        Err(end) => return ended(end),
    };
    let (events, heard) = mpsc::unbounded_channel();
    let factory = gateway::ClientFactory {
        api: parts.access,
        clock: parts.clock,
        events,
    };
    let Inboxes {
        stale_footers,
        marks,
        mut fatal,
    } = inboxes;
    let listener = Listener {
        desk: Arc::clone(&desk),
        declared: parts.declared.into(),
        application,
        total,
        here: HashSet::new(),
    };
    tokio::select! {
        end = shards::run(Arc::clone(&desk), factory, total) => ended(end),
        Some(failure) = fatal.recv() => ended(match failure {
            ApiError::Unauthorized => GatewayExit::InvalidToken,
            other => GatewayExit::Other(other.to_string()),
        }),
        () = listener.listen(heard) => End::Failed("no more events".into()),
        () = reactions::run(Arc::clone(&desk), marks) => End::Failed("marks ended".into()),
        () = footer::run(Arc::clone(&desk), stale_footers) => End::Failed("footers ended".into()),
        () = save_alerts::run(Arc::clone(&desk)) => End::Failed("looking after the disk ended".into()),
        () = schedule(&desk) => End::Failed("the scheduler ended".into()),
        () = housekeeping(Arc::clone(&desk)) => End::Failed("housekeeping ended".into()),
    }
}

fn ended(end: GatewayExit) -> End {
    match end {
        GatewayExit::InvalidToken => End::Token,
        GatewayExit::DisallowedIntents => End::Intents,
        GatewayExit::NoSessionStartsLeft(left) => End::TooManyStarts(left),
        GatewayExit::Other(what) => End::Failed(what),
    }
}

/// Asks Discord who we are, the application and its user, again and again while it is out of reach.
async fn introduce(rest: &DiscordClient) -> Result<(u64, UserId), End> {
    const PAUSES: [u64; 5] = [1, 2, 5, 15, 30];
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&60));
    loop {
        let asked = async { Ok((rest.application().await?, rest.current_user().await?)) };
        match asked.await {
            Ok(((application, name), user)) => {
                tracing::info!(application, name, "Discord knows us");
                return Ok((application, user));
            }
            Err(ApiError::Unauthorized) => return Err(End::Token),
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
async fn schedule(desk: &Arc<Desk>) {
    desk.begin.notified().await;
    // On a task of its own, as what it starts is.
    if let Err(error) = tokio::spawn(scheduler::run(Arc::clone(desk))).await {
        tracing::error!(%error, "the scheduler panicked");
    }
}

async fn housekeeping(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(HOUSEKEEPING).await;
        desk.rest.clear_rate_limits().await;
        desk.floods.forget_idle(desk.uptime());
        // The day before, so that it is over in every zone.
        let today = desk.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        desk.quizzes.forget_before(today.saturating_sub(1.day()));
    }
}

/// Listens to the gateway.
struct Listener {
    desk: Arc<Desk>,
    declared: Arc<[DeclaredTeam]>,
    application: u64,
    /// How many shards there are.
    total: u32,
    /// The guilds of the newest session of each shard.
    here: HashSet<GuildId>,
}

impl Listener {
    async fn listen(mut self, mut heard: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = heard.recv().await {
            let session = matches!(event, Event::Ready { .. });
            self.handle(event);
            if session {
                self.desk.begin.notify_one();
            }
        }
        // The gateway's client is gone; why, it tells another way.
        std::future::pending::<()>().await;
    }

    fn handle(&mut self, event: Event) {
        let desk = Arc::clone(&self.desk);
        desk.vitals.event_heard();
        match event {
            Event::Ready { shard, me, guilds } => {
                desk.vitals.session_started();
                desk.set_me(me);
                self.session(shard, guilds);
            }
            Event::GuildHere(guild) => {
                if self.here.insert(guild) {
                    config_teams::apply(&desk, &self.declared, guild);
                    tokio::spawn(replies::backfill_guilds(desk, vec![guild]));
                }
            }
            Event::GuildGone(guild) => {
                self.here.remove(&guild);
                // Events come in no order and at times twice: the bot may be back already.
                tokio::spawn(forget_if_gone(desk, vec![guild]));
            }
            Event::ChannelGone { guild, channel } => {
                tokio::spawn(thread_gone(desk, guild, channel));
            }
            Event::ChannelChanged { guild, channel } => {
                // What was refused may be allowed now.
                let key = desk::TeamKey { guild, channel };
                let (round, week) = (desk.backoff.remove(&key), desk.week_backoff.remove(&key));
                if round.is_some() || week.is_some() {
                    desk.wake.notify_one();
                }
            }
            Event::Wrote(wrote) => {
                tokio::spawn(replies::on_message(desk, wrote));
            }
            Event::Asked(call) => {
                tokio::spawn(answer::answer(desk, *call));
            }
        }
    }

    /// A session began: anything may have happened since the last one.
    fn session(&mut self, shard: u32, guilds: Vec<GuildId>) {
        if self.total > 1 {
            tracing::info!(shard, guilds = guilds.len(), "connected");
        } else {
            tracing::info!(guilds = guilds.len(), "connected");
        }
        failpoint::pass("session.begin");
        if guilds.is_empty() && self.total == 1 {
            tracing::info!(
                "the bot is in no server yet; invite it with {}",
                invite_url(self.application)
            );
        }
        let total = self.total;
        let is_of_others = |guild: &GuildId| guild.shard(total) != shard;
        self.here.retain(is_of_others);
        self.here.extend(&guilds);
        for guild in &guilds {
            config_teams::apply(&self.desk, &self.declared, *guild);
        }
        let mut kept = self.desk.store.guild_ids();
        kept.retain(|guild| !is_of_others(guild));
        let total_kept = kept.len();
        kept.retain(|guild| !self.here.contains(guild));
        if is_implausible(kept.len(), total_kept) {
            tracing::error!(
                missing = kept.len(),
                stored = total_kept,
                "too many servers missing from the session; no data deleted"
            );
        } else {
            tokio::spawn(forget_if_gone(Arc::clone(&self.desk), kept));
        }
        tokio::spawn(replies::backfill_guilds(Arc::clone(&self.desk), guilds));
        // Whatever was tried while Discord was away is worth another try now.
        self.desk.backoff.retain(|key, _| is_of_others(&key.guild));
        self.desk
            .week_backoff
            .retain(|key, _| is_of_others(&key.guild));
        self.desk.wake.notify_one();
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
async fn thread_gone(desk: Arc<Desk>, guild: GuildId, thread: ChannelId) {
    if !desk.store.may_contain_reply(guild, thread) {
        return;
    }
    let Some(_pin) = load_guild::with_retry(&desk, guild).await else {
        return;
    };
    let message = thread.starter_message();
    let team_of = |state: &Guild| state.team_by_message(message).map(|team| team.channel);
    if let Some(channel) = desk.store.read(guild, team_of).flatten() {
        // Nobody is told, so nobody has to wait for the disk.
        let key = desk::TeamKey { guild, channel };
        let _unawaited = desk.change_team(key, |team| {
            team.record_thread(message, crate::practice::round::ThreadStatus::Unavailable);
        });
    }
}

/// The bot was removed from a guild: its data goes.
async fn forget(desk: Arc<Desk>, guild: GuildId) {
    desk.quizzes.forget_guild(guild);
    match desk.store.delete(guild).await {
        Ok(()) => tracing::info!(%guild, "the bot was removed from a server; its data is deleted"),
        Err(error) => {
            tracing::error!(%guild, %error, "the data of a server that the bot left could not be deleted; the next start tries again");
        }
    }
}

/// Guilds that a session does not name, or of which an event says that they are gone: the bot may have been
/// removed, or Discord may be in trouble. Only Discord's clear word deletes anything.
async fn forget_if_gone(desk: Arc<Desk>, guilds: Vec<GuildId>) {
    for guild in guilds {
        match desk.rest.is_in_guild(guild).await {
            Ok(false) => forget(Arc::clone(&desk), guild).await,
            Ok(true) => {}
            Err(failure) => {
                tracing::warn!(%guild, %failure, "whether the bot still is in a server is not known");
            }
        }
    }
}

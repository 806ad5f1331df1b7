//! What every part of the bot works with: the store, the bank, the clock, Discord's REST API.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dashmap::{DashMap, DashSet};
use jiff::Timestamp;
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, oneshot};

use super::answer_cache::AnswerCache;
use super::chart_renderer::ChartRenderer;
use super::quiz::AskedToday;
use super::reactions::ReactionJob;
use super::rest::{ApiError, DiscordClient};
use super::user_rate_limit::UserRateLimiter;
use crate::bank::{Bank, Question};
use crate::clock::Clock;
use crate::health::HealthMonitor;
use crate::practice::guild::Guild;
use crate::practice::id::{ChannelId, GuildId, MessageId, UserId};
use crate::practice::round::Round;
use crate::practice::team::Team;
use crate::store::{Commit, Store};

use super::backoff::Backoff;

/// A team, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TeamKey {
    /// The guild.
    pub guild: GuildId,
    /// The channel.
    pub channel: ChannelId,
}

/// The bot's desk.
pub struct BotContext {
    /// All guilds.
    pub store: Store,
    /// All questions.
    pub bank: Bank,
    /// The time.
    pub clock: Clock,
    /// Discord.
    pub rest: DiscordClient,
    /// Where it is told how the bot is.
    pub health: Arc<HealthMonitor>,
    /// Members who ask too fast.
    pub rate_limiter: UserRateLimiter,
    /// What was asked in `/quiz` today.
    pub asked_today: AskedToday,
    /// Model answers that are ready to be sent.
    pub answer_cache: AnswerCache,
    /// Where pictures are drawn.
    pub chart_renderer: ChartRenderer,
    /// Begins the scheduler.
    pub start_scheduler: Notify,
    /// Wakes the scheduler after a change that may make something due.
    pub wake_scheduler: Notify,
    /// When teams in trouble are tried again.
    pub post_backoff: DashMap<TeamKey, Backoff>,
    /// When reports on weeks that are in trouble are tried again.
    pub report_backoff: DashMap<TeamKey, Backoff>,
    /// Teams whose round is being worked on: nobody else does that meanwhile.
    pub posting: DashSet<TeamKey>,
    /// Teams to whose new question somebody replied before we knew its message.
    pub early_replies: DashSet<TeamKey>,
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedSender<(TeamKey, MessageId)>,
    /// Counted replies that are to be marked.
    reactions: mpsc::UnboundedSender<ReactionJob>,
    /// Something that the process can't go on with.
    pub fatal: mpsc::UnboundedSender<ApiError>,
    user_id: OnceLock<UserId>,
    /// When the desk was made, by the machine and by the clock.
    started_at: (Instant, Timestamp),
    // Guards the random source's state; locked only for a draw, never across an await.
    rng: Mutex<StdRng>,
}

/// The ends of the desk's channels that their tasks take.
pub struct Receivers {
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedReceiver<(TeamKey, MessageId)>,
    /// Counted replies that are to be marked.
    pub reactions: mpsc::UnboundedReceiver<ReactionJob>,
    /// Something that the process can't go on with.
    pub fatal: mpsc::UnboundedReceiver<ApiError>,
}

impl BotContext {
    /// A desk with these things on it.
    pub fn new(
        store: Store,
        bank: Bank,
        clock: Clock,
        rest: DiscordClient,
        health: Arc<HealthMonitor>,
    ) -> (Self, Receivers) {
        let (stale_footers, stale_footers_inbox) = mpsc::unbounded_channel();
        let (marks, marks_inbox) = mpsc::unbounded_channel();
        let (fatal, fatal_inbox) = mpsc::unbounded_channel();
        let made = (Instant::now(), clock.now());
        let ctx = Self {
            answer_cache: AnswerCache::new(&bank),
            store,
            bank,
            clock,
            rest,
            health,
            rate_limiter: UserRateLimiter::default(),
            asked_today: AskedToday::default(),
            chart_renderer: ChartRenderer::default(),
            start_scheduler: Notify::new(),
            wake_scheduler: Notify::new(),
            post_backoff: DashMap::new(),
            report_backoff: DashMap::new(),
            posting: DashSet::new(),
            early_replies: DashSet::new(),
            stale_footers,
            reactions: marks,
            fatal,
            user_id: OnceLock::new(),
            started_at: made,
            rng: Mutex::new(crate::rng::new()),
        };
        let receivers = Receivers {
            stale_footers: stale_footers_inbox,
            reactions: marks_inbox,
            fatal: fatal_inbox,
        };
        (ctx, receivers)
    }

    /// Draws something at random.
    pub fn with_rng<R>(&self, draw: impl FnOnce(&mut StdRng) -> R) -> R {
        // A panic in a draw leaves a random source that is as random as before.
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bot's own user id, once a session has told it.
    pub fn user_id(&self) -> Option<UserId> {
        self.user_id.get().copied()
    }

    /// Remembers who we are; it never changes while a process runs.
    pub fn set_user_id(&self, user_id: UserId) {
        let _ = self.user_id.set(user_id);
    }

    /// Marks a reply that is counted and on disk, when its turn comes. The receiver's other end is gone when
    /// that is over.
    pub fn queue_reaction(&self, channel: ChannelId, message: MessageId) -> oneshot::Receiver<()> {
        let (mark, over) = ReactionJob::new(channel, message);
        // The receiver is gone only when the process is ending.
        let _ = self.reactions.send(mark);
        over
    }

    /// How long the bot runs, for limits on how fast somebody may be.
    pub fn uptime(&self) -> Duration {
        let (start, shown) = self.started_at;
        self.clock.elapsed_since(start, shown)
    }

    /// Looks at a team.
    pub fn read_team<R>(&self, key: TeamKey, look: impl FnOnce(&Team) -> R) -> Option<R> {
        self.store
            .read(key.guild, |guild| guild.team(key.channel).map(look))
            .flatten()
    }

    /// Changes a team; the commit tells when that is on disk. `None`: there is no such team, or no more.
    pub fn update_team<R>(
        &self,
        key: TeamKey,
        change: impl FnOnce(&mut Team) -> R,
    ) -> (Option<R>, Commit) {
        let of_guild = |guild: &mut Guild| guild.team_mut(key.channel).map(change);
        let changed = self.store.update(key.guild, of_guild);
        // A guild that is another process's is none that was removed: its commit fails.
        changed.unwrap_or_else(|| (None, self.store.latest_commit(key.guild)))
    }

    /// The question of a round, if it still is in the bank.
    pub fn question_of_round(&self, round: &Round) -> Option<&Question> {
        self.bank.get(&round.question)
    }
}

/// The team to which a channel or thread belongs.
pub fn team_for_channel(guild: &Guild, channel: ChannelId) -> Option<&Team> {
    guild
        .team(channel)
        .or_else(|| guild.team_by_message(channel.starter_message()))
}

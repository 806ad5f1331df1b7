//! State shared by all parts of the bot: the store, the bank, the clock, Discord's REST API.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dashmap::{DashMap, DashSet};
use jiff::Timestamp;
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, oneshot};

use super::clock_check::ClockCheck;
use super::discord::rest::{ApiError, DiscordClient};
use super::interactions::answer_cache::AnswerCache;
use super::interactions::chart_renderer::ChartRenderer;
use super::interactions::commands::DRAFT_LIMITS;
use super::interactions::drafts::Drafts;
use super::interactions::member_notes::MessagesOutsideOfThread;
use super::interactions::question_form::QuestionDraft;
use super::interactions::question_import::{IMPORT_LIMITS, ImportDraft};
use super::interactions::queue::InteractionQueue;
use super::interactions::quiz::AskedToday;
use super::interactions::settings_draft::{SETTINGS_DRAFT_LIMITS, SettingsDraft};
use super::interactions::user_rate_limit::UserRateLimiter;
use super::replies::backfill::{Backfill, BackfillRequest};
use super::replies::reactions::ReactionJob;
use super::server_bank::ServerBanks;
use crate::clock::Clock;
use crate::health::HealthMonitor;
use quizloop_bank::{Bank, GuildQuestions, QuestionRef};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, TeamKey, UserId};
use quizloop_core::round::Round;
use quizloop_core::team::Team;
use quizloop_store::Store;

use super::scheduler::backoff::Backoff;
use super::scheduler::delivery::Deliveries;

/// The bot's shared state.
pub struct BotContext {
    pub store: Store,
    /// The questions that all guilds share. Other modules use [`BotContext::questions`].
    bank: Arc<Bank>,
    /// The servers' own questions.
    pub server_banks: ServerBanks,
    pub clock: Clock,
    /// Whether the clock is right.
    pub clock_check: Arc<ClockCheck>,
    pub rest: DiscordClient,
    pub health: Arc<HealthMonitor>,
    /// Interactions that wait to be handled.
    pub interactions: Arc<InteractionQueue>,
    pub rate_limiter: UserRateLimiter,
    /// Questions that `/quiz` asked today.
    pub asked_today: AskedToday,
    /// Serialised private model answers.
    pub answer_cache: AnswerCache,
    pub chart_renderer: ChartRenderer,
    /// Files with questions that wait for the press that imports them.
    pub imports: Drafts<ImportDraft>,
    /// Members who wrote in a team's channel instead of the thread.
    pub outside_of_thread: MessagesOutsideOfThread,
    /// Refused forms, until they are corrected.
    pub question_drafts: Drafts<QuestionDraft>,
    /// Changes of teams' settings, until they are confirmed.
    pub settings_drafts: Drafts<SettingsDraft>,
    /// Starts the scheduler.
    pub start_scheduler: Notify,
    /// Wakes the scheduler after a change that may make something due.
    pub wake_scheduler: Notify,
    /// What is known of the messages that are being delivered.
    pub deliveries: Deliveries,
    /// When reactions are tried again where the bot lacked a permission.
    pub reaction_backoff: DashMap<TeamKey, Backoff>,
    /// Teams with a posting job in progress; a second job must not start meanwhile.
    pub posting: DashSet<TeamKey>,
    /// Reads replies that the gateway did not report.
    pub backfill: Backfill,
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedSender<(TeamKey, MessageId)>,
    /// Counted replies that get a ✅ reaction.
    reactions: mpsc::UnboundedSender<ReactionJob>,
    /// Errors after which the process must stop.
    pub fatal: mpsc::UnboundedSender<ApiError>,
    user_id: OnceLock<UserId>,
    /// When the context was created: monotonic time of the machine, and time of the clock.
    started_at: (Instant, Timestamp),
    // Locked only for a draw, never across an await.
    rng: Mutex<StdRng>,
}

/// Receiving ends of the context's channels, one per worker task.
pub struct Receivers {
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedReceiver<(TeamKey, MessageId)>,
    /// Counted replies that get a ✅ reaction.
    pub reactions: mpsc::UnboundedReceiver<ReactionJob>,
    /// Errors after which the process must stop.
    pub fatal: mpsc::UnboundedReceiver<ApiError>,
    /// Requested backfills.
    pub backfill: mpsc::UnboundedReceiver<BackfillRequest>,
}

impl BotContext {
    /// Creates the context and the receivers for its worker tasks.
    pub fn new(
        store: Store,
        bank: Bank,
        clock: Clock,
        rest: DiscordClient,
        health: Arc<HealthMonitor>,
    ) -> (Self, Receivers) {
        let (stale_footers, stale_footers_rx) = mpsc::unbounded_channel();
        let (reactions, reactions_rx) = mpsc::unbounded_channel();
        let (fatal, fatal_rx) = mpsc::unbounded_channel();
        let (backfill, backfill_rx) = Backfill::new();
        let started_at = (Instant::now(), clock.now());
        let clock_check = Arc::new(ClockCheck::new(clock.local_time()));
        // With the time of a wrong clock, the store would keep a guild evicted until that time.
        store.set_clock({
            let (clock, clock_check) = (clock.clone(), Arc::clone(&clock_check));
            move || clock_check.discord_time(clock.local_time())
        });
        let ctx = Self {
            answer_cache: AnswerCache::new(&bank),
            store,
            bank: bank.into(),
            server_banks: ServerBanks::default(),
            clock_check,
            clock,
            rest,
            interactions: Arc::new(InteractionQueue::new(Arc::clone(&health))),
            health,
            rate_limiter: UserRateLimiter::default(),
            asked_today: AskedToday::default(),
            chart_renderer: ChartRenderer::default(),
            imports: Drafts::new(IMPORT_LIMITS),
            outside_of_thread: MessagesOutsideOfThread::default(),
            question_drafts: Drafts::new(DRAFT_LIMITS),
            settings_drafts: Drafts::new(SETTINGS_DRAFT_LIMITS),
            start_scheduler: Notify::new(),
            wake_scheduler: Notify::new(),
            deliveries: Deliveries::default(),
            reaction_backoff: DashMap::new(),
            posting: DashSet::new(),
            backfill,
            stale_footers,
            reactions,
            fatal,
            user_id: OnceLock::new(),
            started_at,
            rng: Mutex::new(crate::rng::new()),
        };
        let receivers = Receivers {
            stale_footers: stale_footers_rx,
            reactions: reactions_rx,
            fatal: fatal_rx,
            backfill: backfill_rx,
        };
        (ctx, receivers)
    }

    /// Calls `draw` with the random number generator locked.
    pub fn with_rng<R>(&self, draw: impl FnOnce(&mut StdRng) -> R) -> R {
        // A panic during a draw leaves the generator usable, so a poisoned lock is no error.
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the bot's own user id; `None` before Discord has sent it.
    pub fn user_id(&self) -> Option<UserId> {
        self.user_id.get().copied()
    }

    /// Stores the bot's own user id; further calls change nothing.
    pub fn set_user_id(&self, user_id: UserId) {
        let _ = self.user_id.set(user_id);
    }

    /// Queues a ✅ reaction to a reply, which must be counted durably before.
    ///
    /// Returns a receiver that closes when the job is finished.
    pub fn queue_reaction(
        &self,
        team: TeamKey,
        channel: ChannelId,
        message: MessageId,
    ) -> oneshot::Receiver<()> {
        let (job, finished) = ReactionJob::new(team, channel, message);
        // Sending fails only while the process shuts down.
        let _ = self.reactions.send(job);
        finished
    }

    /// Returns whether the clock is right. While it is not, nothing may be posted, expired or
    /// deleted.
    pub fn clocks_agree(&self) -> bool {
        self.trusted_now().is_some()
    }

    /// Returns the time; `None` while the clock is wrong. Work that takes several steps asks again
    /// before each, because the clock may jump in between.
    pub fn trusted_now(&self) -> Option<Timestamp> {
        let local = self.clock.local_time();
        let is_right = self.clock_check.offset(local).is_none();
        is_right.then_some(local.wall)
    }

    /// Returns Discord's time, as far as it is known.
    pub fn discord_now(&self) -> Timestamp {
        self.clock_check.discord_time(self.clock.local_time())
    }

    /// Returns how long the bot has been running: the time base of the rate limiter.
    pub fn uptime(&self) -> Duration {
        let (instant, timestamp) = self.started_at;
        self.clock.elapsed_since(instant, timestamp)
    }

    /// Returns the questions of a guild.
    ///
    /// This may be called while the guild is being read: it locks no guild. The server's own
    /// questions are missing while the guild is not in memory.
    pub fn questions(&self, guild: GuildId) -> GuildQuestions {
        let shared = Arc::clone(&self.bank);
        match self.store.server_questions(guild) {
            Some(own) => GuildQuestions::with_server(shared, self.server_banks.get(guild, &own)),
            None => GuildQuestions::new(shared),
        }
    }

    /// Returns the question of a guild's round; `None` if it was removed.
    pub fn question_of_round(&self, guild: GuildId, round: &Round) -> Option<QuestionRef> {
        self.questions(guild).find(&round.question)
    }
}

/// Returns the team to which a channel or thread belongs.
pub fn team_for_channel(guild: &Guild, channel: ChannelId) -> Option<&Team> {
    guild
        .team(channel)
        .or_else(|| guild.team_by_message(channel.starter_message()))
        .or_else(|| guild.team_by_match(channel))
}

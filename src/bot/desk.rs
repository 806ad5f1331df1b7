//! What every part of the bot works with: the store, the bank, the clock, Discord's REST API.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use dashmap::{DashMap, DashSet};
use jiff::Timestamp;
use rand::rngs::StdRng;
use tokio::sync::{Notify, mpsc, oneshot};

use super::easel::Easel;
use super::flood::Floods;
use super::quiz::Quizzes;
use super::reactions::ReactionJob;
use super::rest::{ApiError, DiscordClient};
use super::reveals::Reveals;
use crate::bank::{Bank, Question};
use crate::clock::Clock;
use crate::health::Vitals;
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
pub struct Desk {
    /// All guilds.
    pub store: Store,
    /// All questions.
    pub bank: Bank,
    /// The time.
    pub clock: Clock,
    /// Discord.
    pub rest: DiscordClient,
    /// Where it is told how the bot is.
    pub vitals: Arc<Vitals>,
    /// Members who ask too fast.
    pub floods: Floods,
    /// What was asked in `/quiz` today.
    pub quizzes: Quizzes,
    /// Model answers that are ready to be sent.
    pub reveals: Reveals,
    /// Where pictures are drawn.
    pub easel: Easel,
    /// Begins the scheduler.
    pub begin: Notify,
    /// Wakes the scheduler after a change that may make something due.
    pub wake: Notify,
    /// When teams in trouble are tried again.
    pub backoff: DashMap<TeamKey, Backoff>,
    /// When reports on weeks that are in trouble are tried again.
    pub week_backoff: DashMap<TeamKey, Backoff>,
    /// Teams whose round is being worked on: nobody else does that meanwhile.
    pub posting: DashSet<TeamKey>,
    /// Teams to whose new question somebody replied before we knew its message.
    pub early: DashSet<TeamKey>,
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedSender<(TeamKey, MessageId)>,
    /// Counted replies that are to be marked.
    marks: mpsc::UnboundedSender<ReactionJob>,
    /// Something that the process can't go on with.
    pub fatal: mpsc::UnboundedSender<ApiError>,
    me: OnceLock<UserId>,
    /// When the desk was made, by the machine and by the clock.
    made: (Instant, Timestamp),
    // Guards the random source's state; locked only for a draw, never across an await.
    random: Mutex<StdRng>,
}

/// The ends of the desk's channels that their tasks take.
pub struct Inboxes {
    /// Rounds whose footer is out of date.
    pub stale_footers: mpsc::UnboundedReceiver<(TeamKey, MessageId)>,
    /// Counted replies that are to be marked.
    pub marks: mpsc::UnboundedReceiver<ReactionJob>,
    /// Something that the process can't go on with.
    pub fatal: mpsc::UnboundedReceiver<ApiError>,
}

impl Desk {
    /// A desk with these things on it.
    pub fn new(
        store: Store,
        bank: Bank,
        clock: Clock,
        rest: DiscordClient,
        vitals: Arc<Vitals>,
    ) -> (Self, Inboxes) {
        let (stale_footers, stale_footers_inbox) = mpsc::unbounded_channel();
        let (marks, marks_inbox) = mpsc::unbounded_channel();
        let (fatal, fatal_inbox) = mpsc::unbounded_channel();
        let made = (Instant::now(), clock.now());
        let desk = Self {
            reveals: Reveals::of(&bank),
            store,
            bank,
            clock,
            rest,
            vitals,
            floods: Floods::default(),
            quizzes: Quizzes::default(),
            easel: Easel::default(),
            begin: Notify::new(),
            wake: Notify::new(),
            backoff: DashMap::new(),
            week_backoff: DashMap::new(),
            posting: DashSet::new(),
            early: DashSet::new(),
            stale_footers,
            marks,
            fatal,
            me: OnceLock::new(),
            made,
            random: Mutex::new(crate::entropy::fresh()),
        };
        let inboxes = Inboxes {
            stale_footers: stale_footers_inbox,
            marks: marks_inbox,
            fatal: fatal_inbox,
        };
        (desk, inboxes)
    }

    /// Draws something at random.
    pub fn random<R>(&self, draw: impl FnOnce(&mut StdRng) -> R) -> R {
        // A panic in a draw leaves a random source that is as random as before.
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bot's own user id, once a session has told it.
    pub fn me(&self) -> Option<UserId> {
        self.me.get().copied()
    }

    /// Remembers who we are; it never changes while a process runs.
    pub fn set_me(&self, me: UserId) {
        let _ = self.me.set(me);
    }

    /// Marks a reply that is counted and on disk, when its turn comes. The receiver's other end is gone when
    /// that is over.
    pub fn mark(&self, channel: ChannelId, message: MessageId) -> oneshot::Receiver<()> {
        let (mark, over) = ReactionJob::new(channel, message);
        // The receiver is gone only when the process is ending.
        let _ = self.marks.send(mark);
        over
    }

    /// How long the bot runs, for limits on how fast somebody may be.
    pub fn uptime(&self) -> Duration {
        let (start, shown) = self.made;
        self.clock.passed_since(start, shown)
    }

    /// Looks at a team.
    pub fn team<R>(&self, key: TeamKey, look: impl FnOnce(&Team) -> R) -> Option<R> {
        self.store
            .read(key.guild, |guild| guild.team(key.channel).map(look))
            .flatten()
    }

    /// Changes a team; the commit tells when that is on disk. `None`: there is no such team, or no more.
    pub fn change_team<R>(
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
    pub fn question_of(&self, round: &Round) -> Option<&Question> {
        self.bank.get(&round.question)
    }
}

/// The team to which a channel or thread belongs.
pub fn team_at(guild: &Guild, channel: ChannelId) -> Option<&Team> {
    guild
        .team(channel)
        .or_else(|| guild.team_by_message(channel.starter_message()))
}

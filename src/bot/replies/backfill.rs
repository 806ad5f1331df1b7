//! Reads replies from the channels' history: those that the gateway did not report (backfill).
//!
//! Events can be missing, so each sign of a gap requests a backfill:
//!
//! * A session begins, or a guild is available again after an outage. Only what Discord says is
//!   newer than what the bot has is read then; see [`super::history_range`].
//! * A channel or a role changed, or the bot gained access: the channel may have been hidden.
//! * A new question was posted. It closes the round before, whose thread is read a last time, so
//!   that no gap that went unnoticed leaves a member with a missed round. The new message itself
//!   may have replies from before its id was recorded.
//! * A hint: a thread has a newer message than the newest known one, or a member without a counted
//!   reply asks for their streak in the thread. There is at most one backfill a minute for hints.
//!
//! Requests for the same guild are combined while they wait. What is read twice counts once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::caught_up::{CaughtUp, InProgress, TrackedTeam};
use super::history_range::{
    Availability, HistoryRange, history_ranges, newest_known, unread_ranges,
};
use super::{ReactionDone, count_page};
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE};
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::load_guild;
use crate::bot::scheduler::alerts;
use crate::bot::scheduler::backoff::{Backoff, is_over};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, TeamKey};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{GuildView, LoadedGuild, LoadedTeam};

/// Maximum number of guilds with a backfill in progress.
const MAX_CONCURRENT_BACKFILLS: usize = 4;

/// While at least this many questions are being posted, no backfill is started: it would take
/// requests from the posts, for which members wait.
const BUSY_POSTS: usize = 8;

/// How often the number of posts is checked while backfills wait for them.
const BUSY_RECHECK: Duration = Duration::from_secs(1);

/// Minimum time between the start of a guild's backfill and that of one for a hint.
const HINT_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// How long after the start of a session Discord may take to name a guild's newest messages. If it
/// does not, all history of the guild is read.
const AVAILABILITY_TIMEOUT: SignedDuration = SignedDuration::from_mins(2);

/// The teams of a guild whose history is read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TeamSet {
    All,
    Some(BTreeSet<ChannelId>),
}

impl TeamSet {
    fn contains(&self, channel: ChannelId) -> bool {
        match self {
            Self::All => true,
            Self::Some(channels) => channels.contains(&channel),
        }
    }

    fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::Some(mut channels), Self::Some(others)) => {
                channels.extend(others);
                Self::Some(channels)
            }
            _ => Self::All,
        }
    }
}

/// What is read of a guild.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ReadScope {
    /// All history of these teams.
    Full(TeamSet),
    /// What can have been missed before the guild became available.
    Unread(Availability),
}

impl ReadScope {
    fn team(key: TeamKey) -> Self {
        Self::Full(TeamSet::Some([key.channel].into()))
    }

    fn union(self, later: Self) -> Self {
        match (self, later) {
            (Self::Full(teams), Self::Full(others)) => Self::Full(teams.union(others)),
            // The later one tells more.
            (Self::Unread(_), Self::Unread(later)) => Self::Unread(later),
            (Self::Full(_), Self::Unread(_)) | (Self::Unread(_), Self::Full(_)) => {
                Self::Full(TeamSet::All)
            }
        }
    }
}

/// Why the history of a guild is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BackfillReason {
    Gap,
    Hint,
    /// A session began. What can have been missed follows.
    SessionStart,
}

/// A request to read the history of a guild's teams.
#[derive(Debug)]
pub struct BackfillRequest {
    guild: GuildId,
    scope: ReadScope,
    reason: BackfillReason,
}

/// Requests backfills.
pub struct Backfill {
    requests: mpsc::UnboundedSender<BackfillRequest>,
    /// The teams in which no gap was noticed since their last backfill.
    pub caught_up: CaughtUp,
    is_idle: AtomicBool,
}

impl Backfill {
    /// Creates the sending end, and the receiver for [`run`].
    pub fn new() -> (Self, mpsc::UnboundedReceiver<BackfillRequest>) {
        let (requests, receiver) = mpsc::unbounded_channel();
        let backfill = Self {
            requests,
            caught_up: CaughtUp::default(),
            is_idle: AtomicBool::new(false),
        };
        (backfill, receiver)
    }

    /// Requests the history of all teams of a guild.
    pub fn request_guild(&self, guild: GuildId) {
        self.request(guild, ReadScope::Full(TeamSet::All), BackfillReason::Gap);
    }

    /// Requests the history of a team.
    pub fn request_team(&self, key: TeamKey) {
        self.request(key.guild, ReadScope::team(key), BackfillReason::Gap);
    }

    /// Requests the history of all teams of a guild, in which there may be a gap.
    pub fn hint_guild(&self, guild: GuildId) {
        self.request(guild, ReadScope::Full(TeamSet::All), BackfillReason::Hint);
    }

    /// Requests the history of a team, in which there may be a gap.
    pub fn hint_team(&self, key: TeamKey) {
        self.request(key.guild, ReadScope::team(key), BackfillReason::Hint);
    }

    /// Requests the history of a guild of a new session, unless it becomes available soon.
    pub fn request_unless_available(&self, guild: GuildId) {
        let scope = ReadScope::Full(TeamSet::All);
        self.request(guild, scope, BackfillReason::SessionStart);
    }

    /// Requests what can have been missed before a guild became available.
    pub fn request_unread(&self, guild: GuildId, available: Availability) {
        self.request(guild, ReadScope::Unread(available), BackfillReason::Gap);
    }

    fn request(&self, guild: GuildId, scope: ReadScope, reason: BackfillReason) {
        match &scope {
            ReadScope::Full(TeamSet::Some(channels)) => {
                for channel in channels.iter().copied() {
                    self.caught_up.forget_team(TeamKey { guild, channel });
                }
            }
            ReadScope::Full(TeamSet::All) | ReadScope::Unread(_) => {
                self.caught_up.forget_guild(guild);
            }
        }
        self.is_idle.store(false, Ordering::Relaxed);
        // The receiver is closed only during shutdown.
        let _ = self.requests.send(BackfillRequest {
            guild,
            scope,
            reason,
        });
    }

    /// Whether no backfill is waiting or running.
    pub fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }
}

/// Runs requested backfills until the sender is dropped.
pub async fn run(ctx: Arc<BotContext>, mut requests: mpsc::UnboundedReceiver<BackfillRequest>) {
    let (mut queue, mut running) = (BackfillQueue::default(), JoinSet::new());
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        let is_busy = ctx.posting.len() >= BUSY_POSTS;
        while !is_busy
            && running.len() < MAX_CONCURRENT_BACKFILLS
            && let Some((guild, scope)) = queue.start_next(now)
        {
            running.spawn(backfill_guild(Arc::clone(&ctx), guild, scope));
        }
        let is_idle = queue.waiting.is_empty() && running.is_empty() && requests.is_empty();
        ctx.backfill.is_idle.store(is_idle, Ordering::Relaxed);
        let is_full = running.len() >= MAX_CONCURRENT_BACKFILLS;
        let next = queue.next_due().filter(|_| !is_full && !is_busy);
        tokio::select! {
            request = requests.recv() => match request {
                Some(request) => queue.request(request, ctx.clock.now()),
                None => return,
            },
            Some(result) = running.join_next() => match result {
                Ok(result) => {
                    // A gap may have been noticed while the history was read.
                    while let Ok(request) = requests.try_recv() {
                        queue.request(request, ctx.clock.now());
                    }
                    for (key, team) in queue.finish(result, ctx.clock.now()) {
                        // Where a ✅ was refused, the history is read again later.
                        if !ctx.reaction_backoff.contains_key(&key) {
                            ctx.backfill.caught_up.track(key, team);
                        }
                    }
                }
                // The error does not name the guild, so all of them are released.
                Err(error) => {
                    tracing::error!(%error, "backfill panicked");
                    queue.running.clear();
                }
            },
            () = ctx.clock.wait_until(next, seq) => {}
            () = tokio::time::sleep(BUSY_RECHECK), if is_busy => {}
        }
    }
}

/// The result of a guild's backfill, by team.
struct BackfillResult {
    guild: GuildId,
    teams: Vec<(TeamKey, Result<Option<TrackedTeam>, ApiError>)>,
}

/// A guild that waits for its backfill.
#[derive(Debug)]
struct WaitingGuild {
    scope: ReadScope,
    /// Whether it waits for Discord to say what can have been missed.
    is_session_start: bool,
    /// Its key in [`BackfillQueue::order`].
    position: (Timestamp, u64),
}

/// Guilds that wait for a backfill, and those with one in progress. A guild has one at a time.
#[derive(Debug, Default)]
struct BackfillQueue {
    waiting: HashMap<GuildId, WaitingGuild>,
    /// The waiting guilds by due time, first in first out.
    order: BTreeMap<(Timestamp, u64), GuildId>,
    running: HashSet<GuildId>,
    /// When backfills were started, as long as that delays hints.
    started: HashMap<GuildId, Timestamp>,
    failures: HashMap<TeamKey, Backoff>,
    next_number: u64,
}

impl BackfillQueue {
    fn request(&mut self, request: BackfillRequest, now: Timestamp) {
        let due = match request.reason {
            BackfillReason::Gap => now,
            BackfillReason::Hint => {
                let started = self.started.get(&request.guild);
                started.map_or(now, |started| now.max(*started + HINT_INTERVAL))
            }
            BackfillReason::SessionStart => now + AVAILABILITY_TIMEOUT,
        };
        let is_session_start = request.reason == BackfillReason::SessionStart;
        self.add(request.guild, request.scope, due, is_session_start);
    }

    fn add(&mut self, guild: GuildId, scope: ReadScope, due: Timestamp, is_session_start: bool) {
        let mut added = WaitingGuild {
            scope,
            is_session_start,
            position: (due, self.next_number),
        };
        self.next_number += 1;
        if let Some(earlier) = self.waiting.remove(&guild) {
            self.order.remove(&earlier.position);
            let is_unread = |scope: &ReadScope| matches!(scope, ReadScope::Unread(_));
            // What can have been missed in a new session replaces what was known before.
            let is_replaced = (earlier.is_session_start && is_unread(&added.scope))
                || (added.is_session_start && is_unread(&earlier.scope));
            if !is_replaced {
                added.position = added.position.min(earlier.position);
                added.is_session_start &= earlier.is_session_start;
                added.scope = earlier.scope.union(added.scope);
            }
        }
        self.order.insert(added.position, guild);
        self.waiting.insert(guild, added);
    }

    /// Returns the waiting guild that is next, apart from those with a backfill in progress.
    fn next(&self) -> Option<((Timestamp, u64), GuildId)> {
        let mut waiting = self.order.iter();
        let next = waiting.find(|(_, guild)| !self.running.contains(guild));
        next.map(|(position, guild)| (*position, *guild))
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.next().map(|((due, _), _)| due)
    }

    fn start_next(&mut self, now: Timestamp) -> Option<(GuildId, ReadScope)> {
        let (position, guild) = self.next().filter(|((due, _), _)| is_over(*due, now))?;
        self.order.remove(&position);
        self.running.insert(guild);
        self.started
            .retain(|_, started| now.duration_since(*started) < HINT_INTERVAL);
        self.started.insert(guild, now);
        let waiting = self.waiting.remove(&guild)?;
        Some((guild, waiting.scope))
    }

    /// Ends a guild's backfill. Teams whose history could not be read wait for a retry. Returns the
    /// teams that were read completely, unless the guild waits for another backfill.
    fn finish(&mut self, result: BackfillResult, now: Timestamp) -> Vec<(TeamKey, TrackedTeam)> {
        self.running.remove(&result.guild);
        let mut read = Vec::new();
        for (key, result) in result.teams {
            let error = match result {
                Ok(team) => {
                    self.failures.remove(&key);
                    read.extend(team.map(|team| (key, team)));
                    continue;
                }
                Err(error) => error,
            };
            if error.is_transient() {
                let backoff = Backoff::after(self.failures.get(&key).copied(), true, now);
                self.failures.insert(key, backoff);
                self.add(key.guild, ReadScope::team(key), backoff.until, false);
            }
        }
        read.retain(|(key, _)| !self.waiting.contains_key(&key.guild));
        read
    }
}

/// Reads the history of a guild's teams, one after the other.
async fn backfill_guild(ctx: Arc<BotContext>, guild: GuildId, scope: ReadScope) -> BackfillResult {
    if let ReadScope::Unread(available) = &scope
        && let Ok(Some(Some(teams))) = ctx
            .store
            .peek(guild, |state| caught_up(state, available))
            .await
    {
        tracing::debug!(%guild, "nothing missed");
        let teams = teams.into_iter();
        let teams = teams.map(|(key, team)| (key, Ok(Some(team)))).collect();
        return BackfillResult { guild, teams };
    }
    let mut results = Vec::new();
    if let Some(loaded) = load_guild::with_retry(&ctx, guild).await {
        for team in all_teams(&loaded) {
            let channel = team.channel();
            let is_wanted = match &scope {
                ReadScope::Full(teams) => teams.contains(channel),
                ReadScope::Unread(_) => true,
            };
            if is_wanted {
                let span = tracing::error_span!("backfill", %guild, %channel);
                let result = backfill_team(&ctx, &team, &scope).instrument(span).await;
                results.push((team.key(), result));
            }
        }
    }
    tracing::debug!(%guild, teams = results.len(), "history read");
    BackfillResult {
        guild,
        teams: results,
    }
}

/// Returns the teams of a guild if none of them can have missed anything.
fn caught_up(guild: &Guild, available: &Availability) -> Option<Vec<(TeamKey, TrackedTeam)>> {
    let tracked = |team: &Team| {
        let key = TeamKey {
            guild: guild.id(),
            channel: team.channel,
        };
        let activity = Some(&available.activity);
        let tracked = TrackedTeam::new(team, activity, &InProgress::default());
        let is_unread = !unread_ranges(team, available).is_empty();
        (!is_unread).then_some((key, tracked))
    };
    let teams = guild.teams().values();
    teams.map(|team| tracked(team)).collect()
}

fn all_teams(guild: &LoadedGuild) -> Vec<LoadedTeam> {
    guild.read_or_empty(|state| {
        let channels = state.teams().keys();
        channels.map(|channel| guild.team(*channel)).collect()
    })
}

/// Reads the history of a team. Returns its entry among the tracked teams, unless a part of its
/// history is hidden from the bot.
async fn backfill_team(
    ctx: &Arc<BotContext>,
    team: &LoadedTeam,
    scope: &ReadScope,
) -> Result<Option<TrackedTeam>, ApiError> {
    let activity = match scope {
        ReadScope::Full(_) => None,
        ReadScope::Unread(available) => Some(&available.activity),
    };
    let ranges = |team: &Team| match scope {
        ReadScope::Full(_) => history_ranges(team),
        ReadScope::Unread(available) => unread_ranges(team, available),
    };
    // What is known before the history is read: a newer question may be posted meanwhile.
    let in_progress = InProgress::default();
    let begin = |team: &Team| {
        let tracked = TrackedTeam::new(team, activity, &in_progress);
        (ranges(team), tracked)
    };
    let Some((ranges, mut tracked)) = team.read(begin) else {
        return Ok(None);
    };
    let result = read_ranges(ctx, team, ranges, &mut tracked, &in_progress).await;
    if let Err(error) = &result {
        tracing::warn!(%error, "history could not be read");
    }
    let is_visible = result?;
    if !is_visible && team.read(|team| team.caught_up_to.is_some()) == Some(true) {
        // When it is visible again, everything is read. Nothing waits for the save.
        let _unawaited = team.update(|team| team.caught_up_to = None);
    }
    Ok(is_visible.then_some(tracked))
}

/// Reads ranges of a team's history. Returns whether the bot can see all of them.
async fn read_ranges(
    ctx: &Arc<BotContext>,
    team: &LoadedTeam,
    ranges: Vec<HistoryRange>,
    tracked: &mut TrackedTeam,
    in_progress: &InProgress,
) -> Result<bool, ApiError> {
    let is_unneeded = ranges.is_empty();
    let (mut found_any, mut lacks_known, mut is_visible) = (false, false, true);
    for range in ranges {
        let (newest, result) = read_range(ctx, team, range, in_progress).await;
        if let Some(newest) = newest {
            tracked.add(newest);
        }
        match result {
            Ok(()) => {
                found_any |= newest.is_some();
                lacks_known |= range.has_known_message && newest.is_none();
            }
            // A deleted thread has no history to read.
            Err(ApiError::NotFound { .. }) => {}
            Err(ApiError::Forbidden { .. }) => is_visible = false,
            Err(error) => return Err(error),
        }
    }
    if found_any {
        alerts::end_history_alert(team);
        return Ok(is_visible);
    }
    if !is_visible || is_unneeded {
        return Ok(is_visible);
    }
    // Without a message in sight nothing shows that the history can be read.
    let is_readable = permissions::can_read_history(ctx, team.key()).await?;
    if !is_readable && lacks_known {
        alerts::alert_unreadable_history(ctx, team).await;
    }
    Ok(is_readable)
}

/// Counts the replies of a range, page by page. Returns the newest message in it.
async fn read_range(
    ctx: &Arc<BotContext>,
    team: &LoadedTeam,
    range: HistoryRange,
    in_progress: &InProgress,
) -> (Option<MessageId>, Result<(), ApiError>) {
    let mut pages = Vec::new();
    let result = read_pages(ctx, team, range, &mut pages).await;
    let newest = pages.last().map(|page| page.last);
    // What was read before a failure is not read again.
    let recorded = record_progress(Arc::clone(ctx), team.clone(), pages);
    let in_progress = Arc::clone(in_progress);
    tokio::spawn(async move {
        recorded.await;
        drop(in_progress);
    });
    (newest, result)
}

/// A page of history whose replies are counted.
#[derive(Debug)]
struct CountedPage {
    /// As in [`HistoryRange`].
    thread_round: Option<u32>,
    last: MessageId,
    /// The newest question that was known before the page was counted. Replies to a newer one did
    /// not count.
    newest_post: Option<MessageId>,
    /// Reactions that the page's replies get.
    reactions: Vec<ReactionDone>,
}

async fn read_pages(
    ctx: &BotContext,
    team: &LoadedTeam,
    range: HistoryRange,
    pages: &mut Vec<CountedPage>,
) -> Result<(), ApiError> {
    let guild = team.guild();
    let mut after = range.after;
    loop {
        let page = ctx
            .rest
            .history(guild.id(), range.channel, after, Priority::Background)
            .await?;
        let Some(last) = page.last().map(|message| message.event.message) else {
            return Ok(());
        };
        failpoint::hit("history.page");
        let newest_post = team.read(newest_post).flatten();
        let reactions = count_page(ctx, guild, &page).await;
        failpoint::hit("history.counted");
        pages.push(CountedPage {
            thread_round: range.thread_round,
            last,
            newest_post,
            reactions,
        });
        after = last;
        if page.len() < usize::from(HISTORY_PAGE) {
            return Ok(());
        }
    }
}

/// Records how far the history was read. Waits for the reactions first, because messages before
/// that position are not read again. If Discord refuses them, the position stays: once they are
/// allowed, the next reading adds them.
async fn record_progress(ctx: Arc<BotContext>, team: LoadedTeam, pages: Vec<CountedPage>) {
    for page in pages {
        let has_reactions = !page.reactions.is_empty();
        for reaction in page.reactions {
            // The sender never sends a value. It is dropped when the reaction is done.
            let _ = reaction.await;
        }
        if has_reactions && ctx.reaction_backoff.contains_key(&team.key()) {
            return;
        }
        let is_post_newer = |team: &Team| newest_post(team) > page.newest_post;
        if page.thread_round.is_none() && team.read(is_post_newer) == Some(true) {
            // The channel is read again from that question on.
            continue;
        }
        record_position(&team, page.thread_round, page.last);
        failpoint::hit("history.noted");
    }
}

/// Returns the message of the newest question that is known to be posted.
fn newest_post(team: &Team) -> Option<MessageId> {
    team.open_round()?.message
}

fn record_position(team: &LoadedTeam, thread_round: Option<u32>, last: MessageId) {
    let read_up_to = |team: &Team| match thread_round {
        Some(number) => team.round(number)?.read_up_to,
        None => team.read_up_to,
    };
    if team.read(read_up_to).flatten() < Some(last) {
        // Nothing is acknowledged to a member, so there is no need to wait for the save.
        let _unawaited = team.update(|team| team.record_read_up_to(thread_round, last));
    }
}

/// Requests a backfill if a round's thread has a newer message than the newest that was counted or
/// read. A guild that is not in memory is not loaded for it: Discord reports every thread that it
/// archives, and the thread is read anyway when the round closes.
pub fn on_thread_update(
    ctx: &BotContext,
    guild: GuildId,
    thread: ChannelId,
    last_message: MessageId,
) {
    let behind = ctx.store.view(guild, |view| {
        let GuildView::Loaded(state) = view else {
            return None;
        };
        let team = state.team_by_message(thread.starter_message())?;
        (newest_known(team, thread)? < last_message).then_some(team.channel)
    });
    if let Some(channel) = behind.flatten() {
        ctx.backfill.hint_team(TeamKey { guild, channel });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::gateway::event::GuildActivity;

    const START: &str = "2026-03-27T08:00:00Z";

    fn at(seconds: i64) -> Timestamp {
        START.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
    }

    fn request(guild: u64, channels: &[u64], is_hint: bool) -> BackfillRequest {
        let channels = channels.iter().copied().map(ChannelId::new);
        let teams = match channels.len() {
            0 => TeamSet::All,
            _ => TeamSet::Some(channels.collect()),
        };
        BackfillRequest {
            guild: GuildId::new(guild),
            scope: ReadScope::Full(teams),
            reason: if is_hint {
                BackfillReason::Hint
            } else {
                BackfillReason::Gap
            },
        }
    }

    fn tracked() -> TrackedTeam {
        let settings = quizloop_core::team_settings::TeamSettings::default();
        let team = Team::new(ChannelId::new(5), settings, at(0));
        TrackedTeam::new(&team, None, &InProgress::default())
    }

    fn start(queue: &mut BackfillQueue, now: Timestamp) -> Option<(u64, usize)> {
        let (guild, scope) = queue.start_next(now)?;
        let count = match scope {
            ReadScope::Unread(_) => 77,
            ReadScope::Full(TeamSet::All) => 99,
            ReadScope::Full(TeamSet::Some(channels)) => channels.len(),
        };
        Some((guild.get(), count))
    }

    fn finish(
        queue: &mut BackfillQueue,
        guild: u64,
        error: Option<ApiError>,
        now: Timestamp,
    ) -> usize {
        let guild = GuildId::new(guild);
        let channel = ChannelId::new(5);
        let result = error.map_or_else(|| Ok(Some(tracked())), Err);
        let teams = vec![(TeamKey { guild, channel }, result)];
        queue.finish(BackfillResult { guild, teams }, now).len()
    }

    #[test]
    fn waiting_requests_of_a_guild_are_combined() {
        let mut queue = BackfillQueue::default();
        queue.request(request(1, &[5], false), at(0));
        queue.request(request(2, &[], false), at(0));
        queue.request(request(1, &[5, 6], false), at(0));
        assert_eq!(start(&mut queue, at(0)), Some((1, 2)));
        assert_eq!(start(&mut queue, at(0)), Some((2, 99)));
        queue.request(request(2, &[5], false), at(0));
        assert_eq!(start(&mut queue, at(0)), None, "one at a time in a guild");
        assert_eq!(finish(&mut queue, 2, None, at(1)), 0, "it waits again");
        assert_eq!(start(&mut queue, at(1)), Some((2, 1)));
        assert_eq!(finish(&mut queue, 2, None, at(1)), 1);
        assert_eq!(start(&mut queue, at(1)), None);
    }

    #[test]
    fn hints_are_followed_once_a_minute() {
        let mut queue = BackfillQueue::default();
        queue.request(request(1, &[5], true), at(0));
        assert_eq!(start(&mut queue, at(0)), Some((1, 1)));
        finish(&mut queue, 1, None, at(1));
        queue.request(request(1, &[5], true), at(2));
        assert_eq!(start(&mut queue, at(2)), None);
        assert_eq!(queue.next_due(), Some(at(60)));
        queue.request(request(1, &[], false), at(3));
        assert_eq!(start(&mut queue, at(3)), Some((1, 99)), "no hint");
    }

    #[test]
    fn a_transient_failure_is_retried_until_it_succeeds() {
        let mut queue = BackfillQueue::default();
        queue.request(request(1, &[], false), at(0));
        assert_eq!(start(&mut queue, at(0)), Some((1, 99)));
        let failure = || Some(ApiError::Transient("status 500".into()));
        assert_eq!(finish(&mut queue, 1, failure(), at(0)), 0);
        assert_eq!(queue.next_due(), Some(at(2)));
        assert_eq!(start(&mut queue, at(2)), Some((1, 1)), "that team only");
        assert_eq!(finish(&mut queue, 1, failure(), at(2)), 0);
        assert_eq!(queue.next_due(), Some(at(6)));
        start(&mut queue, at(6));
        assert_eq!(finish(&mut queue, 1, None, at(6)), 1);
        assert!(queue.failures.is_empty() && queue.next_due().is_none());
    }

    /// Discord says what can have been missed: only that is read. If it says nothing, everything is.
    #[test]
    fn what_can_have_been_missed_replaces_what_waits_for_it() {
        let (mut queue, guild) = (BackfillQueue::default(), GuildId::new(1));
        let available = || Availability {
            activity: GuildActivity::default(),
            covered_up_to: None,
            at: at(0),
        };
        let request = |queue: &mut BackfillQueue, scope, reason, seconds| {
            let request = BackfillRequest {
                guild,
                scope,
                reason,
            };
            queue.request(request, at(seconds));
        };
        let all = || ReadScope::Full(TeamSet::All);
        let unread = || ReadScope::Unread(available());
        request(&mut queue, all(), BackfillReason::SessionStart, 0);
        assert_eq!(start(&mut queue, at(1)), None);
        request(&mut queue, unread(), BackfillReason::Gap, 1);
        assert_eq!(start(&mut queue, at(1)), Some((1, 77)));
        finish(&mut queue, 1, None, at(1));
        assert_eq!(queue.next_due(), None);

        request(&mut queue, unread(), BackfillReason::Gap, 2);
        request(&mut queue, all(), BackfillReason::SessionStart, 3);
        assert_eq!(start(&mut queue, at(4)), None, "of an earlier session");
        assert_eq!(start(&mut queue, at(123)), Some((1, 99)));
        finish(&mut queue, 1, None, at(123));

        request(&mut queue, all(), BackfillReason::Gap, 130);
        request(&mut queue, unread(), BackfillReason::Gap, 131);
        assert_eq!(start(&mut queue, at(131)), Some((1, 99)), "a gap");
    }
}

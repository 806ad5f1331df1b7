//! Reads replies from the channels' history: those that the gateway did not report (backfill).
//!
//! Events can be missing, so each sign of a gap requests a backfill:
//!
//! * A session begins, or a guild is available again after an outage.
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
use std::time::Duration;

use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::{ReactionDone, count_page};
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE};
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::load_guild;
use crate::bot::scheduler::alerts;
use crate::bot::scheduler::backoff::{Backoff, is_over};
use quizloop_core::data_deletion::BACKFILL_ROUNDS;
use quizloop_core::id::{ChannelId, GuildId, MessageId, TeamKey, snowflake_at};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{GuildView, LoadedGuild, LoadedTeam};

/// How long before the last counted message a backfill starts, because messages of the same moment
/// may arrive in any order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// Maximum number of guilds with a backfill in progress.
const MAX_CONCURRENT_BACKFILLS: usize = 4;

/// While at least this many questions are being posted, no backfill is started: it would take
/// requests from the posts, for which members wait.
const BUSY_POSTS: usize = 8;

/// How often the number of posts is checked while backfills wait for them.
const BUSY_RECHECK: Duration = Duration::from_secs(1);

/// Minimum time between the start of a guild's backfill and that of one for a hint.
const HINT_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// After how many messages in a channel its position in the history is recorded. A new session then
/// reads few pages, however long the bot was connected before.
const MESSAGES_PER_POSITION: u32 = 100;

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

/// A request to read the history of a guild's teams.
#[derive(Debug)]
pub struct BackfillRequest {
    guild: GuildId,
    teams: TeamSet,
    is_hint: bool,
}

/// Requests backfills, and tracks which channels have had no gap since their last one.
pub struct Backfill {
    requests: mpsc::UnboundedSender<BackfillRequest>,
    /// Teams' channels without a gap since their last backfill, by guild, with the number of
    /// messages since their position was recorded.
    gapless: DashMap<GuildId, BTreeMap<ChannelId, u32>>,
}

impl Backfill {
    /// Creates the sending end, and the receiver for [`run`].
    pub fn new() -> (Self, mpsc::UnboundedReceiver<BackfillRequest>) {
        let (requests, receiver) = mpsc::unbounded_channel();
        let backfill = Self {
            requests,
            gapless: DashMap::new(),
        };
        (backfill, receiver)
    }

    /// Requests the history of all teams of a guild.
    pub fn request_guild(&self, guild: GuildId) {
        self.request(guild, TeamSet::All, false);
    }

    /// Requests the history of a team.
    pub fn request_team(&self, key: TeamKey) {
        self.request(key.guild, TeamSet::Some([key.channel].into()), false);
    }

    /// Requests the history of all teams of a guild, in which there may be a gap.
    pub fn hint_guild(&self, guild: GuildId) {
        self.request(guild, TeamSet::All, true);
    }

    /// Requests the history of a team, in which there may be a gap.
    pub fn hint_team(&self, key: TeamKey) {
        self.request(key.guild, TeamSet::Some([key.channel].into()), true);
    }

    fn request(&self, guild: GuildId, teams: TeamSet, is_hint: bool) {
        self.gapless.remove(&guild);
        // The receiver is closed only during shutdown.
        let _ = self.requests.send(BackfillRequest {
            guild,
            teams,
            is_hint,
        });
    }

    /// Counts a message in a channel. Returns whether the channel's position is to be recorded now.
    pub fn count_message(&self, guild: GuildId, channel: ChannelId) -> bool {
        let Some(mut channels) = self.gapless.get_mut(&guild) else {
            return false;
        };
        let Some(count) = channels.get_mut(&channel) else {
            return false;
        };
        *count += 1;
        let is_due = *count >= MESSAGES_PER_POSITION;
        if is_due {
            *count = 0;
        }
        is_due
    }

    fn mark_gapless(&self, key: TeamKey) {
        let mut channels = self.gapless.entry(key.guild).or_default();
        channels.insert(key.channel, 0);
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
            && let Some((guild, teams)) = queue.start_next(now)
        {
            running.spawn(backfill_guild(Arc::clone(&ctx), guild, teams));
        }
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
                    for key in queue.finish(result, ctx.clock.now()) {
                        ctx.backfill.mark_gapless(key);
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
    teams: Vec<(TeamKey, Result<(), ApiError>)>,
}

/// A guild that waits for its backfill.
#[derive(Debug)]
struct WaitingGuild {
    teams: TeamSet,
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
        let started = self.started.get(&request.guild).filter(|_| request.is_hint);
        let due = started.map_or(now, |started| now.max(*started + HINT_INTERVAL));
        self.add(request.guild, request.teams, due);
    }

    fn add(&mut self, guild: GuildId, teams: TeamSet, due: Timestamp) {
        let mut added = WaitingGuild {
            teams,
            position: (due, self.next_number),
        };
        self.next_number += 1;
        if let Some(earlier) = self.waiting.remove(&guild) {
            self.order.remove(&earlier.position);
            added.position = added.position.min(earlier.position);
            added.teams = added.teams.union(earlier.teams);
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

    fn start_next(&mut self, now: Timestamp) -> Option<(GuildId, TeamSet)> {
        let (position, guild) = self.next().filter(|((due, _), _)| is_over(*due, now))?;
        self.order.remove(&position);
        self.running.insert(guild);
        self.started
            .retain(|_, started| now.duration_since(*started) < HINT_INTERVAL);
        self.started.insert(guild, now);
        let waiting = self.waiting.remove(&guild)?;
        Some((guild, waiting.teams))
    }

    /// Ends a guild's backfill. Teams whose history could not be read wait for a retry. Returns the
    /// teams that were read, unless the guild waits for another backfill.
    fn finish(&mut self, result: BackfillResult, now: Timestamp) -> Vec<TeamKey> {
        self.running.remove(&result.guild);
        let mut read = Vec::new();
        for (key, result) in result.teams {
            let Err(error) = result else {
                self.failures.remove(&key);
                read.push(key);
                continue;
            };
            if error.is_transient() {
                let backoff = Backoff::after(self.failures.get(&key).copied(), true, now);
                self.failures.insert(key, backoff);
                self.add(
                    key.guild,
                    TeamSet::Some([key.channel].into()),
                    backoff.until,
                );
            }
        }
        read.retain(|key| !self.waiting.contains_key(&key.guild));
        read
    }
}

/// Reads the history of a guild's teams, one after the other.
async fn backfill_guild(ctx: Arc<BotContext>, guild: GuildId, teams: TeamSet) -> BackfillResult {
    let mut results = Vec::new();
    if let Some(loaded) = load_guild::with_retry(&ctx, guild).await {
        for team in all_teams(&loaded) {
            let channel = team.channel();
            if teams.contains(channel) {
                let span = tracing::error_span!("backfill", %guild, %channel);
                let result = backfill_team(&ctx, &team).instrument(span).await;
                results.push((team.key(), result));
            }
        }
    }
    BackfillResult {
        guild,
        teams: results,
    }
}

fn all_teams(guild: &LoadedGuild) -> Vec<LoadedTeam> {
    guild.read_or_empty(|state| {
        let channels = state.teams().keys();
        channels.map(|channel| guild.team(*channel)).collect()
    })
}

async fn backfill_team(ctx: &Arc<BotContext>, team: &LoadedTeam) -> Result<(), ApiError> {
    let ranges = team.read(history_ranges).unwrap_or_default();
    let result = read_ranges(ctx, team, ranges).await;
    if let Err(error) = &result {
        tracing::warn!(%error, "history could not be read");
    }
    result
}

async fn read_ranges(
    ctx: &Arc<BotContext>,
    team: &LoadedTeam,
    ranges: Vec<HistoryRange>,
) -> Result<(), ApiError> {
    let (mut found_any, mut lacks_known) = (false, false);
    for range in ranges {
        match read_range(ctx, team, range).await {
            Ok(found) => {
                found_any |= found;
                lacks_known |= range.has_known_message && !found;
            }
            // A deleted or invisible thread has no history to read.
            Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if found_any {
        alerts::end_history_alert(team);
    } else if lacks_known && !permissions::can_read_history(ctx, team.key()).await? {
        alerts::alert_unreadable_history(ctx, team).await;
    }
    Ok(())
}

/// A history to read: a round's thread, or the channel with direct replies to the questions.
#[derive(Debug, Clone, Copy)]
struct HistoryRange {
    /// Number of the round whose thread it is; `None` for the channel.
    thread_round: Option<u32>,
    channel: ChannelId,
    after: MessageId,
    /// Whether the bot knows a message in the range. If the history is empty nevertheless, either
    /// that message was deleted, or the bot lacks Read Message History: Discord then returns an
    /// empty page instead of an error.
    has_known_message: bool,
}

/// Returns the number of ranges a backfill would read; used by fuzz targets.
#[cfg(any(test, fuzzing))]
pub fn history_range_count(team: &Team) -> usize {
    history_ranges(team).len()
}

fn history_ranges(team: &Team) -> Vec<HistoryRange> {
    let newest: Vec<_> = team.posted_rounds().rev().take(BACKFILL_ROUNDS).collect();
    let before = |message: MessageId| MessageId::new(snowflake_at(message.time() - OVERLAP));
    let range = |thread_round, channel, posted: MessageId, read_up_to: Option<MessageId>| {
        let after = read_up_to.map_or(posted, before).max(posted);
        HistoryRange {
            thread_round,
            channel,
            after,
            has_known_message: read_up_to > Some(after),
        }
    };
    let threads = newest.iter().filter_map(|round| {
        let thread = round.thread_id()?;
        let number = Some(round.number);
        let mut thread = range(number, thread, round.message?, round.read_up_to);
        let mut replies = round.window.replies.values();
        thread.has_known_message |= replies.any(|reply| *reply > thread.after);
        Some(thread)
    });
    let channel = newest.last().and_then(|oldest| {
        let mut channel = range(None, team.channel, oldest.message?, team.read_up_to);
        channel.has_known_message |= newest[0].message > Some(channel.after);
        Some(channel)
    });
    threads.chain(channel).collect()
}

/// Counts the replies of a range, page by page. Returns whether it contains any message.
async fn read_range(
    ctx: &Arc<BotContext>,
    team: &LoadedTeam,
    range: HistoryRange,
) -> Result<bool, ApiError> {
    let mut pages = Vec::new();
    let result = read_pages(ctx, team, range, &mut pages).await;
    let found = !pages.is_empty();
    // What was read before a failure is not read again.
    tokio::spawn(record_progress(Arc::clone(ctx), team.clone(), pages));
    result.map(|()| found)
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

/// Records that a channel without a gap was received up to a message, so that the next session does
/// not read it from the last backfill on.
///
/// A team whose members reply in the channel, because the newest round has no thread, is left
/// out: when the round closes, its channel is read again as a thread would be.
pub fn record_received(team: &LoadedTeam, message: MessageId) {
    let has_thread = |team: &Team| {
        team.rounds()
            .last()
            .is_some_and(|round| round.thread_id().is_some())
    };
    if team.read(has_thread) == Some(true) {
        record_position(team, None, message);
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

/// Returns the newest message that is known of a recent round's thread; the round's own message if
/// there is none.
fn newest_known(team: &Team, thread: ChannelId) -> Option<MessageId> {
    let mut newest = team.posted_rounds().rev().take(BACKFILL_ROUNDS);
    let round = newest.find(|round| round.thread_id() == Some(thread))?;
    let replies = round.window.replies.values().copied();
    replies.chain(round.read_up_to).chain(round.message).max()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            teams,
            is_hint,
        }
    }

    fn start(queue: &mut BackfillQueue, now: Timestamp) -> Option<(u64, usize)> {
        let (guild, teams) = queue.start_next(now)?;
        let count = match teams {
            TeamSet::All => 99,
            TeamSet::Some(channels) => channels.len(),
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
        let result = error.map_or(Ok(()), Err);
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

    #[test]
    fn a_position_is_due_after_many_messages_without_a_gap() {
        let (backfill, _requests) = Backfill::new();
        let (guild, channel) = (GuildId::new(1), ChannelId::new(5));
        let due = |backfill: &Backfill| {
            let counted = (0..1000).filter(|_| backfill.count_message(guild, channel));
            counted.count()
        };
        assert_eq!(due(&backfill), 0, "not read yet");
        backfill.mark_gapless(TeamKey { guild, channel });
        assert_eq!(due(&backfill), 10);
        backfill.hint_guild(guild);
        assert_eq!(due(&backfill), 0, "there may be a gap");
    }
}

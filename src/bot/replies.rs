//! Counting replies: live from the gateway, and from the history after we were away.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, oneshot};

use super::context::{BotContext, TeamKey};
use super::event::IncomingMessage;
use super::load_guild;
use super::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use super::rest_limiter::Priority;
use crate::failpoint;
use crate::practice::data_deletion::BACKFILL_ROUNDS;
use crate::practice::id::{ChannelId, GuildId, MessageId, snowflake_at};
use crate::practice::reply::ReplyOutcome;
use crate::practice::team::Team;
use crate::store::Commit;

/// The history is read from this long before the last message known: messages of one moment may
/// reach us in any order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// How many teams' histories are read side by side.
const MAX_CONCURRENT_BACKFILLS: usize = 4;

/// When a history that could not be read is tried again. After these the next session reads it.
const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(1800),
];

/// Hears that a mark was made, or could not be.
type ReactionDone = oneshot::Receiver<()>;

/// Where a message counts as a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReplyTarget {
    key: TeamKey,
    /// The message with which the round was posted.
    round_message: MessageId,
}

/// Counts a message, if it is a reply; marks a member's first one as soon as it is on disk.
pub async fn on_message(ctx: Arc<BotContext>, event: IncomingMessage) {
    if !event.is_human || !ctx.store.may_contain_reply(event.guild, event.channel) {
        return;
    }
    let Some(_pin) = load_guild::with_retry(&ctx, event.guild).await else {
        return;
    };
    if let Some((target, commit)) = count_reply(&ctx, event) {
        // When the mark is made is of no interest: who reads the history looks whether it is there.
        drop(react_when_saved(&ctx, target, event, commit).await);
    }
}

/// Counts a message; gives what is to be waited for before the member may be told.
fn count_reply(ctx: &BotContext, event: IncomingMessage) -> Option<(ReplyTarget, Commit)> {
    if !event.is_human {
        return None;
    }
    let Some(target) = reply_target(ctx, event) else {
        remember_early_reply(ctx, event);
        return None;
    };
    let news = |team: &Team| team.is_new_reply(target.round_message, event.author, event.message);
    if ctx.read_team(target.key, news) != Some(true) {
        return None;
    }
    let (counted, commit) = ctx.update_team(target.key, |team| {
        team.count_reply(target.round_message, event.author, event.message)
    });
    failpoint::hit("reply.entered");
    matches!(counted, Some(ReplyOutcome::First { .. })).then_some((target, commit))
}

/// While a question is being posted its message is not known here yet, and a reply to it can't be told from one
/// to any other message: the history is read once it is known.
fn remember_early_reply(ctx: &BotContext, event: IncomingMessage) {
    let key = TeamKey {
        guild: event.guild,
        channel: event.channel,
    };
    let is_posting = |team: &Team| {
        team.rounds()
            .last()
            .is_some_and(|round| round.message.is_none())
    };
    if event.reply_to.is_some() && ctx.read_team(key, is_posting) == Some(true) {
        ctx.early_replies.insert(key);
    }
}

/// Marks a reply when it is on disk; gives who hears when that is over.
async fn react_when_saved(
    ctx: &BotContext,
    target: ReplyTarget,
    event: IncomingMessage,
    commit: Commit,
) -> ReactionDone {
    if !commit.wait_durable().await {
        // Whoever has the guild now reads it from the history.
        return oneshot::channel().1;
    }
    failpoint::hit("reply.saved");
    ctx.health.reply_counted();
    tracing::debug!(guild = %event.guild, round_message = %target.round_message, member = %event.author, "counted a reply");
    let marked = ctx.queue_reaction(event.channel, event.message);
    // The receiver is gone only when the process is ending.
    let _ = ctx.stale_footers.send((target.key, target.round_message));
    marked
}

/// A round's thread has the id of the round's message; where it could not be started, replies to the
/// message itself count.
fn reply_target(ctx: &BotContext, event: IncomingMessage) -> Option<ReplyTarget> {
    let target = |channel: ChannelId, posted: MessageId| ReplyTarget {
        key: TeamKey {
            guild: event.guild,
            channel,
        },
        round_message: posted,
    };
    ctx.store.read(event.guild, |guild| {
        let thread = event.channel.starter_message();
        if let Some(team) = guild.team_by_message(thread) {
            return Some(target(team.channel, thread));
        }
        let team = guild.team(event.channel)?;
        let to = event
            .reply_to
            .filter(|to| team.round_by_message(*to).is_some())?;
        Some(target(team.channel, to))
    })?
}

/// Reads what was written in the newest rounds of these guilds while we were away.
pub async fn backfill_guilds(ctx: Arc<BotContext>, guilds: Vec<GuildId>) {
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENT_BACKFILLS));
    let mut tasks = tokio::task::JoinSet::new();
    for guild in guilds {
        // One after the other: who has a place next is fetched, and all others need not be in memory.
        let permit = permits.acquire().await;
        let Some(pin) = load_guild::with_retry(&ctx, guild).await else {
            continue;
        };
        drop(permit);
        for key in team_keys(&ctx, guild) {
            let (ctx, permits, pin) = (Arc::clone(&ctx), Arc::clone(&permits), pin.clone());
            tasks.spawn(async move {
                backfill_with_retry(&ctx, key, &permits).await;
                drop(pin);
            });
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Reads a team's history once more, because something was found that was not known when a session began.
pub async fn backfill_team(ctx: Arc<BotContext>, key: TeamKey) {
    let Some(_pin) = load_guild::with_retry(&ctx, key.guild).await else {
        return;
    };
    backfill_with_retry(&ctx, key, &Semaphore::new(1)).await;
}

/// Reads a team's history, again and again while Discord is in trouble: nobody's reply may be lost to it.
async fn backfill_with_retry(ctx: &BotContext, key: TeamKey, permits: &Semaphore) {
    for pause in RETRY_DELAYS.map(Some).into_iter().chain([None]) {
        let read = {
            // The semaphore is never closed.
            let _permit = permits.acquire().await;
            read_team_history(ctx, key).await
        };
        let failure = match read {
            Ok(pages) => return record_progress(ctx, key, pages).await,
            Err(failure) => failure,
        };
        let pause = pause.filter(|_| failure.is_transient());
        tracing::warn!(guild = %key.guild, channel = %key.channel, %failure, ?pause, "a history could not be read");
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}

fn team_keys(ctx: &BotContext, guild: GuildId) -> Vec<TeamKey> {
    let keys = ctx.store.read(guild, |state| {
        let key = |channel: &ChannelId| TeamKey {
            guild,
            channel: *channel,
        };
        state.teams().keys().map(key).collect()
    });
    keys.unwrap_or_default()
}

/// Something to be read: a round's thread, or the channel with the replies to the questions themselves.
#[derive(Debug, Clone, Copy)]
struct HistoryRange {
    /// The number of the round whose thread it is; none for the channel.
    thread_round: Option<u32>,
    channel: ChannelId,
    after: MessageId,
}

/// A page of history that was counted.
#[derive(Debug)]
struct CountedPage {
    /// As of its reading.
    thread_round: Option<u32>,
    /// Its last message.
    last: MessageId,
    /// The marks that it brought.
    reactions: Vec<ReactionDone>,
}

async fn read_team_history(ctx: &BotContext, key: TeamKey) -> Result<Vec<CountedPage>, ApiError> {
    let mut pages = Vec::new();
    let ranges = ctx.read_team(key, history_ranges).unwrap_or_default();
    for range in ranges {
        match read_range(ctx, key.guild, range, &mut pages).await {
            // A thread that was deleted, or that we may not see, has nothing to read.
            Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) | Ok(()) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(pages)
}

/// How many rounds would be read: for trials of what a snapshot may hold.
#[cfg(any(test, fuzzing))]
pub fn history_range_count(team: &Team) -> usize {
    history_ranges(team).len()
}

fn history_ranges(team: &Team) -> Vec<HistoryRange> {
    let newest: Vec<_> = team.posted_rounds().rev().take(BACKFILL_ROUNDS).collect();
    let overlap = |read: MessageId| MessageId::new(snowflake_at(read.time() - OVERLAP));
    let range = |thread_round, from, posted: MessageId, read_to: Option<MessageId>| HistoryRange {
        thread_round,
        channel: from,
        after: read_to.map_or(posted, overlap).max(posted),
    };
    let threads = newest.iter().filter_map(|round| {
        let thread = round.thread_id()?;
        let number = Some(round.number);
        Some(range(number, thread, round.message?, round.read_up_to))
    });
    let oldest = newest.last().and_then(|round| round.message);
    let channel = oldest.map(|oldest| range(None, team.channel, oldest, team.read_up_to));
    threads.chain(channel).collect()
}

async fn read_range(
    ctx: &BotContext,
    guild: GuildId,
    range: HistoryRange,
    pages: &mut Vec<CountedPage>,
) -> Result<(), ApiError> {
    let mut after = range.after;
    loop {
        let page = ctx
            .rest
            .history(guild, range.channel, after, Priority::Background)
            .await?;
        let Some(last) = page.last().map(|message| message.event.message) else {
            return Ok(());
        };
        failpoint::hit("history.page");
        let reactions = count_page(ctx, &page).await;
        failpoint::hit("history.counted");
        pages.push(CountedPage {
            thread_round: range.thread_round,
            last,
            reactions,
        });
        after = last;
        if page.len() < usize::from(HISTORY_PAGE) {
            return Ok(());
        }
    }
}

/// Counts a page of history, and marks what was not marked.
async fn count_page(ctx: &BotContext, page: &[HistoryMessage]) -> Vec<ReactionDone> {
    let (mut news, mut reactions) = (Vec::new(), Vec::new());
    for message in page.iter().filter(|message| message.event.is_human) {
        let event = message.event;
        if let Some((target, commit)) = count_reply(ctx, event) {
            news.push((target, event, commit));
        } else if !message.has_own_reaction && is_counted(ctx, event) {
            // Counted before a crash that came before the mark; or just now, by an event, and not on disk yet.
            if ctx.store.latest_commit(event.guild).wait_durable().await {
                reactions.push(ctx.queue_reaction(event.channel, event.message));
            }
        }
    }
    for (target, event, commit) in news {
        reactions.push(react_when_saved(ctx, target, event, commit).await);
    }
    reactions
}

/// Writes down how far was read. Only after the marks: a message before that place is not looked at again.
async fn record_progress(ctx: &BotContext, key: TeamKey, pages: Vec<CountedPage>) {
    for page in pages {
        for mark in page.reactions {
            // The other end is gone when the mark is made: that is all it has to say.
            let _ = mark.await;
        }
        record_page(ctx, key, page.thread_round, page.last);
        failpoint::hit("history.noted");
    }
}

fn record_page(ctx: &BotContext, key: TeamKey, thread_round: Option<u32>, last: MessageId) {
    let known = |team: &Team| match thread_round {
        Some(number) => team.round(number)?.read_up_to,
        None => team.read_up_to,
    };
    if ctx.read_team(key, known).flatten() < Some(last) {
        // Nobody is told, so nobody has to wait for the disk.
        let _unawaited = ctx.update_team(key, |team| team.record_read_up_to(thread_round, last));
    }
}

fn is_counted(ctx: &BotContext, event: IncomingMessage) -> bool {
    reply_target(ctx, event).is_some_and(|target| {
        ctx.read_team(target.key, |team| {
            team.is_first_reply(target.round_message, event.author, event.message)
        }) == Some(true)
    })
}

//! Counts replies: live from the gateway, and from the channel history after an absence (backfill).

pub mod footer;
pub mod reactions;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument as _;

use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::gateway::event::IncomingMessage;
use crate::bot::load_guild;
use quizloop_core::data_deletion::BACKFILL_ROUNDS;
use quizloop_core::id::{ChannelId, GuildId, MessageId, TeamKey, snowflake_at};
use quizloop_core::reply::ReplyOutcome;
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{Commit, LoadedGuild, LoadedTeam};

/// How long before the last counted message a backfill starts, because messages of the same moment
/// may arrive in any order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// Maximum number of concurrent backfills.
const MAX_CONCURRENT_BACKFILLS: usize = 4;

/// Delays before the retries of a backfill. After the last one, the next gateway session starts it.
const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(1800),
];

/// Closes when a ✅ reaction was added or has failed.
type ReactionDone = oneshot::Receiver<()>;

/// The round to which a message is a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReplyTarget {
    key: TeamKey,
    /// The message of the round's question.
    round_message: MessageId,
}

/// Counts a message if it is a reply. A member's first reply gets a ✅ as soon as it is saved.
pub async fn on_message(ctx: Arc<BotContext>, event: IncomingMessage) {
    if !event.is_human || !ctx.store.may_contain_reply(event.guild, event.channel) {
        return;
    }
    let Some(guild) = load_guild::with_retry(&ctx, event.guild).await else {
        return;
    };
    if let Some((target, commit)) = count_reply(&ctx, &guild, event) {
        // Nothing waits for the reaction: a backfill adds it if it is missing.
        drop(react_when_saved(&ctx, target, event, commit).await);
    }
}

/// Counts a message. Returns the commit that must be durable before the reply is acknowledged.
fn count_reply(
    ctx: &BotContext,
    guild: &LoadedGuild,
    event: IncomingMessage,
) -> Option<(ReplyTarget, Commit)> {
    if !event.is_human {
        return None;
    }
    let Some(target) = reply_target(guild, event) else {
        remember_early_reply(ctx, guild, event);
        return None;
    };
    let is_new = |team: &Team| team.is_new_reply(target.round_message, event.author, event.message);
    let team = guild.team(target.key.channel);
    if team.read(is_new) != Some(true) {
        return None;
    }
    let (outcome, commit) =
        team.update(|team| team.count_reply(target.round_message, event.author, event.message));
    failpoint::hit("reply.entered");
    matches!(outcome, Some(ReplyOutcome::First { .. })).then_some((target, commit))
}

/// Remembers that a reply may have arrived too early to be counted. While a question is being
/// posted its message id is unknown, so a reply to it looks like a reply to any other message. The
/// posting job starts a backfill once the id is known.
fn remember_early_reply(ctx: &BotContext, guild: &LoadedGuild, event: IncomingMessage) {
    let team = guild.team(event.channel);
    let is_posting = |team: &Team| {
        team.rounds()
            .last()
            .is_some_and(|round| round.message.is_none())
    };
    if event.reply_to.is_some() && team.read(is_posting) == Some(true) {
        ctx.early_replies.insert(team.key());
    }
}

/// Queues a reply's ✅ once the reply is saved.
async fn react_when_saved(
    ctx: &BotContext,
    target: ReplyTarget,
    event: IncomingMessage,
    commit: Commit,
) -> ReactionDone {
    if !commit.wait_durable().await {
        // The process that owns the guild now counts the reply in its backfill.
        return oneshot::channel().1;
    }
    failpoint::hit("reply.saved");
    ctx.health.reply_counted();
    tracing::debug!(
        guild = %event.guild,
        round_message = %target.round_message,
        member = %event.author,
        "reply counted"
    );
    let reaction_done = ctx.queue_reaction(event.channel, event.message);
    // The receiver is closed only during shutdown.
    let _ = ctx.stale_footers.send((target.key, target.round_message));
    reaction_done
}

/// Returns the round to which a message is a reply. A round's thread has the id of the round's
/// message. Direct replies to that message count as well, for rounds without a thread.
fn reply_target(guild: &LoadedGuild, event: IncomingMessage) -> Option<ReplyTarget> {
    let target = |channel: ChannelId, round_message: MessageId| ReplyTarget {
        key: TeamKey {
            guild: event.guild,
            channel,
        },
        round_message,
    };
    guild.read(|guild| {
        let thread = event.channel.starter_message();
        if let Some(team) = guild.team_by_message(thread) {
            return Some(target(team.channel, thread));
        }
        let team = guild.team(event.channel)?;
        let replied_to = event
            .reply_to
            .filter(|message| team.round_by_message(*message).is_some())?;
        Some(target(team.channel, replied_to))
    })?
}

/// Counts the replies of the newest rounds of these guilds that arrived while the bot was away.
pub async fn backfill_guilds(ctx: Arc<BotContext>, guilds: Vec<GuildId>) {
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENT_BACKFILLS));
    let mut tasks = tokio::task::JoinSet::new();
    for guild in guilds {
        // A guild is loaded only when a backfill slot is free, so that not all guilds are in memory
        // at once.
        let permit = permits.acquire().await;
        let Some(guild) = load_guild::with_retry(&ctx, guild).await else {
            continue;
        };
        drop(permit);
        for team in teams(&guild) {
            let (ctx, permits) = (Arc::clone(&ctx), Arc::clone(&permits));
            tasks.spawn(async move { backfill_with_retry(&ctx, &team, &permits).await });
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Reads a team's history outside of the backfill of a new session, for a question message that was
/// recorded only now.
pub async fn backfill_team(ctx: Arc<BotContext>, key: TeamKey) {
    if let Some(guild) = load_guild::with_retry(&ctx, key.guild).await {
        backfill_with_retry(&ctx, &guild.team(key.channel), &Semaphore::new(1)).await;
    }
}

/// Reads a team's history, with retries: a failure of Discord must not lose a reply.
async fn backfill_with_retry(ctx: &BotContext, team: &LoadedTeam, permits: &Semaphore) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("backfill", %guild, %channel);
    run_backfill(ctx, team, permits).instrument(span).await;
}

async fn run_backfill(ctx: &BotContext, team: &LoadedTeam, permits: &Semaphore) {
    for delay in RETRY_DELAYS.map(Some).into_iter().chain([None]) {
        let result = {
            // The semaphore is never closed.
            let _permit = permits.acquire().await;
            read_team_history(ctx, team).await
        };
        let error = match result {
            Ok(pages) => return record_progress(team, pages).await,
            Err(error) => error,
        };
        let retry_in = delay.filter(|_| error.is_transient());
        tracing::warn!(%error, ?retry_in, "history could not be read");
        match retry_in {
            Some(delay) => tokio::time::sleep(delay).await,
            None => return,
        }
    }
}

fn teams(guild: &LoadedGuild) -> Vec<LoadedTeam> {
    guild.read_or_empty(|state| {
        let channels = state.teams().keys();
        channels.map(|channel| guild.team(*channel)).collect()
    })
}

/// A history to read: a round's thread, or the channel with direct replies to the questions.
#[derive(Debug, Clone, Copy)]
struct HistoryRange {
    /// Number of the round whose thread it is; `None` for the channel.
    thread_round: Option<u32>,
    channel: ChannelId,
    after: MessageId,
}

/// A page of history whose replies are counted.
#[derive(Debug)]
struct CountedPage {
    /// As in [`HistoryRange`].
    thread_round: Option<u32>,
    last: MessageId,
    /// Reactions that the page's replies get.
    reactions: Vec<ReactionDone>,
}

async fn read_team_history(
    ctx: &BotContext,
    team: &LoadedTeam,
) -> Result<Vec<CountedPage>, ApiError> {
    let mut pages = Vec::new();
    let ranges = team.read(history_ranges).unwrap_or_default();
    for range in ranges {
        match read_range(ctx, team.guild(), range, &mut pages).await {
            // A deleted or invisible thread has no history to read.
            Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(pages)
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
        }
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
    guild: &LoadedGuild,
    range: HistoryRange,
    pages: &mut Vec<CountedPage>,
) -> Result<(), ApiError> {
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
        let reactions = count_page(ctx, guild, &page).await;
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

/// Counts a page of history, and adds missing reactions.
async fn count_page(
    ctx: &BotContext,
    guild: &LoadedGuild,
    page: &[HistoryMessage],
) -> Vec<ReactionDone> {
    let (mut counted, mut reactions) = (Vec::new(), Vec::new());
    for message in page.iter().filter(|message| message.event.is_human) {
        let event = message.event;
        if let Some((target, commit)) = count_reply(ctx, guild, event) {
            counted.push((target, event, commit));
        } else if !message.has_own_reaction && is_counted(guild, event) {
            // Either the process crashed between the save and the reaction, or a gateway event
            // counted this reply just now and it may not be saved yet.
            if guild.latest_commit().wait_durable().await {
                reactions.push(ctx.queue_reaction(event.channel, event.message));
            }
        }
    }
    for (target, event, commit) in counted {
        reactions.push(react_when_saved(ctx, target, event, commit).await);
    }
    reactions
}

/// Records how far the history was read. Waits for the reactions first, because messages before
/// that position are not read again.
async fn record_progress(team: &LoadedTeam, pages: Vec<CountedPage>) {
    for page in pages {
        for reaction in page.reactions {
            // The sender never sends a value. It is dropped when the reaction is done.
            let _ = reaction.await;
        }
        record_page(team, page.thread_round, page.last);
        failpoint::hit("history.noted");
    }
}

fn record_page(team: &LoadedTeam, thread_round: Option<u32>, last: MessageId) {
    let read_up_to = |team: &Team| match thread_round {
        Some(number) => team.round(number)?.read_up_to,
        None => team.read_up_to,
    };
    if team.read(read_up_to).flatten() < Some(last) {
        // Nothing is acknowledged to a member, so there is no need to wait for the save.
        let _unawaited = team.update(|team| team.record_read_up_to(thread_round, last));
    }
}

fn is_counted(guild: &LoadedGuild, event: IncomingMessage) -> bool {
    reply_target(guild, event).is_some_and(|target| {
        guild
            .team(target.key.channel)
            .read(|team| team.is_first_reply(target.round_message, event.author, event.message))
            == Some(true)
    })
}

//! Counts replies: live from the gateway, and from the channel history after an absence (backfill).

pub mod backfill;
pub mod caught_up;
pub mod footer;
pub mod history_range;
pub mod reactions;

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::bot::context::BotContext;
use crate::bot::discord::rest::HistoryMessage;
use crate::bot::gateway::event::IncomingMessage;
use crate::bot::load_guild;
use caught_up::InProgress;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, MessageId, TeamKey, UserId};
use quizloop_core::ledger::RoundResult;
use quizloop_core::reply::ReplyOutcome;
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{Commit, GuildView, LoadedGuild, LoadedTeam};

/// Closes when a ✅ reaction was added or has failed.
type ReactionDone = oneshot::Receiver<()>;

/// The round to which a message is a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReplyTarget {
    key: TeamKey,
    /// The message of the round's question.
    round_message: MessageId,
}

/// A message in a team's channel or in a thread of one of its rounds.
#[derive(Debug)]
pub struct MessageInTeam {
    event: IncomingMessage,
    /// The team; `None` while the guild is not in memory.
    team: Option<TeamKey>,
    /// No position beyond the message is recorded meanwhile.
    in_progress: Option<InProgress>,
}

/// Begins to handle a message; `None` if it is in no team's channel or thread. Called in the order
/// in which messages arrive.
pub fn begin(ctx: &BotContext, event: IncomingMessage) -> Option<MessageInTeam> {
    let team = ctx.store.view(event.guild, |view| match view {
        GuildView::Loaded(state) => team_key(state, event.channel).map(Some),
        GuildView::Summary(summary) => summary.may_contain_reply(event.channel).then_some(None),
    });
    let team = team.flatten()?;
    // An evicted guild is not loaded for a message that can't be a reply.
    (team.is_some() || event.may_be_reply).then(|| MessageInTeam {
        event,
        team,
        in_progress: team.map(|team| ctx.backfill.caught_up.begin(team)),
    })
}

/// Returns the team to which a channel or a round's thread belongs.
fn team_key(guild: &Guild, channel: ChannelId) -> Option<TeamKey> {
    let team = guild.team(channel);
    let team = team.or_else(|| guild.team_by_message(channel.starter_message()))?;
    Some(TeamKey {
        guild: guild.id(),
        channel: team.channel,
    })
}

/// Counts a message if it is a reply, and waits for its ✅.
pub async fn on_message(ctx: Arc<BotContext>, mut message: MessageInTeam) {
    if let Some(reaction) = count_message(&ctx, &mut message).await {
        // The sender never sends a value. It is dropped when the reaction is done.
        let _ = reaction.await;
    }
    if let Some(team) = message.team {
        let caught_up = &ctx.backfill.caught_up;
        caught_up.received(team, message.event.message);
    }
}

/// Counts a message if it is a reply. A member's first reply gets a ✅ as soon as it is saved.
pub async fn count_message(ctx: &BotContext, message: &mut MessageInTeam) -> Option<ReactionDone> {
    let event = message.event;
    if !event.may_be_reply {
        return None;
    }
    let guild = load_guild::with_retry(ctx, event.guild).await?;
    if message.team.is_none() {
        message.team = guild.read(|state| team_key(state, event.channel)).flatten();
        message.in_progress = message.team.map(|team| ctx.backfill.caught_up.begin(team));
    }
    if let Some((target, commit)) = count_reply(&guild, event) {
        return Some(react_when_saved(ctx, target, event, commit).await);
    }
    if let Some(round) = missed_thread(&guild, event) {
        ctx.outside_of_thread
            .remember(event.guild, event.channel, event.author, round);
    }
    None
}

/// Requests a backfill if a member asks for their streak where they reply to the open round, and has
/// no counted reply there: the bot may have missed it.
pub fn on_streak_request(ctx: &BotContext, team: &LoadedTeam, channel: ChannelId, user: UserId) {
    let is_uncounted = |team: &Team| {
        team.open_round().is_some_and(|round| {
            round.thread_id().unwrap_or(team.channel) == channel
                && team.result(user, round.number) == RoundResult::Nothing
        })
    };
    if team.read(is_uncounted) == Some(true) {
        ctx.backfill.hint_team(team.key());
    }
}

/// Counts a message. Returns the commit that must be durable before the reply is acknowledged.
fn count_reply(guild: &LoadedGuild, event: IncomingMessage) -> Option<(ReplyTarget, Commit)> {
    if !event.may_be_reply {
        return None;
    }
    let target = reply_target(guild, event)?;
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
    let reaction_done = ctx.queue_reaction(target.key, event.channel, event.message);
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

/// Returns the message of the open round, if a message in the team's channel may have been meant as a
/// reply to it: the member can still answer, and the round has a thread.
fn missed_thread(guild: &LoadedGuild, event: IncomingMessage) -> Option<MessageId> {
    if !event.may_be_reply || event.reply_to.is_some() {
        return None;
    }
    let round = guild.read(|guild| {
        let team = guild.team(event.channel)?;
        let open = team
            .open_round()
            .filter(|_| team.can_answer(event.author))?;
        open.thread_id()?;
        open.message.filter(|message| *message < event.message)
    });
    round.flatten()
}

/// Counts a page of history, and adds missing reactions.
async fn count_page(
    ctx: &BotContext,
    guild: &LoadedGuild,
    page: &[HistoryMessage],
) -> Vec<ReactionDone> {
    let (mut counted, mut reactions) = (Vec::new(), Vec::new());
    for message in page.iter().filter(|message| message.event.may_be_reply) {
        let event = message.event;
        if let Some((target, commit)) = count_reply(guild, event) {
            counted.push((target, event, commit));
        } else if !message.has_own_reaction
            && let Some(team) = team_that_counted(guild, event)
        {
            // Either the process crashed between the save and the reaction, or a gateway event
            // counted this reply just now and it may not be saved yet.
            if guild.latest_commit().wait_durable().await {
                reactions.push(ctx.queue_reaction(team, event.channel, event.message));
            }
        }
    }
    for (target, event, commit) in counted {
        reactions.push(react_when_saved(ctx, target, event, commit).await);
    }
    reactions
}

/// Returns the team of which a message is a counted reply.
fn team_that_counted(guild: &LoadedGuild, event: IncomingMessage) -> Option<TeamKey> {
    let target = reply_target(guild, event)?;
    let is_counted =
        |team: &Team| team.is_first_reply(target.round_message, event.author, event.message);
    let team = guild.team(target.key.channel);
    (team.read(is_counted) == Some(true)).then_some(target.key)
}

//! Updates the number of replies in the footer of a daily message, with few edits.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::bot::context::BotContext;
use crate::bot::discord::rest::ApiError;
use crate::bot::load_guild;
use crate::bot::render;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::scheduler::backoff::{Backoff, is_over};
use quizloop_core::id::{MessageId, TeamKey};

/// Minimum time between two edits of a message.
const EDIT_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Identifies a daily message by its team and message id.
type FooterKey = (TeamKey, MessageId);

#[derive(Debug, Clone, Copy)]
struct FooterState {
    /// When the next edit is allowed.
    next_edit: Timestamp,
    /// Whether the number of replies differs from the footer.
    stale: bool,
    /// Whether an edit is in progress. The next one waits for it, because they could arrive at
    /// Discord in the wrong order.
    busy: bool,
    /// The failures since the last edit that succeeded.
    backoff: Option<Backoff>,
}

/// Edits stale footers until the sender is dropped. The first edit of a message is immediate,
/// further ones follow at most every ten seconds. Messages don't wait for each other.
pub async fn run(ctx: Arc<BotContext>, mut stale: mpsc::UnboundedReceiver<FooterKey>) {
    let mut states: HashMap<FooterKey, FooterState> = HashMap::new();
    let mut running = JoinSet::new();
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        for footer in take_due(&mut states, now) {
            let ctx = Arc::clone(&ctx);
            running.spawn(async move {
                let outcome = edit(&ctx, footer).await;
                (footer, outcome)
            });
        }
        let next = states
            .values()
            .filter(|state| state.stale && !state.busy)
            .map(|state| state.next_edit)
            .min();
        tokio::select! {
            footer = stale.recv() => match footer {
                Some(footer) => mark_stale(&mut states, footer),
                None => return,
            },
            Some(result) = running.join_next() => match result {
                Ok((footer, outcome)) => {
                    mark_done(&mut states, footer, outcome, ctx.clock.now());
                }
                // The error does not name the message, so all of them are released.
                Err(error) => {
                    tracing::error!(%error, "footer task panicked");
                    for state in states.values_mut() {
                        state.busy = false;
                    }
                }
            },
            () = ctx.clock.wait_until(next, seq) => {}
        }
    }
}

/// Result of an attempt to edit a footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EditOutcome {
    /// The footer is up to date, or the message can't be edited any more.
    Done,
    /// A retry may succeed soon.
    FailedInPassing,
    /// The bot lacks a permission.
    Refused,
}

fn mark_done(
    states: &mut HashMap<FooterKey, FooterState>,
    footer: FooterKey,
    outcome: EditOutcome,
    now: Timestamp,
) {
    let Some(state) = states.get_mut(&footer) else {
        return;
    };
    state.busy = false;
    state.backoff = match outcome {
        EditOutcome::Done => None,
        EditOutcome::FailedInPassing => Some(Backoff::after(state.backoff, true, now)),
        EditOutcome::Refused => Some(Backoff::after(state.backoff, false, now)),
    };
    if let Some(backoff) = state.backoff {
        state.stale = true;
        state.next_edit = state.next_edit.max(backoff.until);
    }
}

fn mark_stale(states: &mut HashMap<FooterKey, FooterState>, footer: FooterKey) {
    let never_edited = FooterState {
        next_edit: Timestamp::MIN,
        stale: true,
        busy: false,
        backoff: None,
    };
    states.entry(footer).or_insert(never_edited).stale = true;
}

/// Returns the messages to edit now, and drops the entries of messages that are up to date.
fn take_due(states: &mut HashMap<FooterKey, FooterState>, now: Timestamp) -> Vec<FooterKey> {
    states.retain(|_, state| state.stale || state.busy || !is_over(state.next_edit, now));
    let mut due = Vec::new();
    for (footer, state) in states
        .iter_mut()
        .filter(|(_, state)| state.stale && !state.busy && is_over(state.next_edit, now))
    {
        *state = FooterState {
            next_edit: now + EDIT_INTERVAL,
            stale: false,
            busy: true,
            backoff: state.backoff,
        };
        due.push(*footer);
    }
    due
}

async fn edit(ctx: &BotContext, (key, message): FooterKey) -> EditOutcome {
    let Some(guild) = load_guild::with_retry(ctx, key.guild).await else {
        return EditOutcome::Done;
    };
    let found = guild.read(|state| {
        let team = state.team(key.channel)?;
        let round = team.round_by_message(message)?;
        Some((
            round.clone(),
            team.reply_count(round.number),
            team.settings.role,
            LevelDisplay::hidden_if(state.hides_level(&round.question)),
        ))
    });
    let Some((round, replied, role, level)) = found.flatten() else {
        return EditOutcome::Done;
    };
    // If the question was removed from the bank, its message can't be rendered again.
    let Some(question) = ctx.question_of_round(key.guild, &round) else {
        return EditOutcome::Done;
    };
    let mut post = render::daily::post(&question, &round, replied, level);
    if let Some(role) = role {
        post = post.name_role(role);
    }
    let Err(error) = ctx.rest.edit_message(key.channel, message, &post).await else {
        return EditOutcome::Done;
    };
    let TeamKey { guild, channel } = key;
    tracing::debug!(%guild, %channel, %error, "footer could not be updated");
    match error {
        ApiError::Transient(_) => EditOutcome::FailedInPassing,
        ApiError::Forbidden { .. } => EditOutcome::Refused,
        // The message was deleted, or Discord does not accept it.
        ApiError::NotFound { .. } | ApiError::Rejected { .. } | ApiError::Unauthorized => {
            EditOutcome::Done
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quizloop_core::id::{ChannelId, GuildId};

    #[test]
    fn a_footer_stays_stale_until_its_edit_succeeds() {
        let start: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        let footer = (
            TeamKey {
                guild: GuildId::new(1),
                channel: ChannelId::new(2),
            },
            MessageId::new(3),
        );
        let mut states = HashMap::new();
        mark_stale(&mut states, footer);
        let mut edit_at = |now, outcome| {
            let due = !take_due(&mut states, now).is_empty();
            if due {
                mark_done(&mut states, footer, outcome, now);
            }
            due
        };
        assert!(edit_at(at(0), EditOutcome::FailedInPassing));
        assert!(!edit_at(at(9), EditOutcome::Done));
        assert!(edit_at(at(10), EditOutcome::Refused));
        assert!(!edit_at(at(20), EditOutcome::Done), "not at once again");
        assert!(edit_at(at(10 + 30 * 60), EditOutcome::Done));
        assert!(!edit_at(at(2 * 60 * 60), EditOutcome::Done), "up to date");
    }

    #[test]
    fn many_replies_cause_one_edit_every_ten_seconds() {
        let start: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let key = TeamKey {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
        };
        let footer = (key, MessageId::new(3));
        let mut states = HashMap::new();
        let mut edits = Vec::new();
        for second in 0..45 {
            if second < 25 {
                mark_stale(&mut states, footer);
            }
            let due = take_due(&mut states, start + SignedDuration::from_secs(second));
            edits.extend(due.iter().map(|_| second));
            // Each edit takes two seconds.
            if edits.last().is_some_and(|begun| begun + 2 == second) {
                let now = start + SignedDuration::from_secs(second);
                mark_done(&mut states, footer, EditOutcome::Done, now);
            }
        }
        assert_eq!(edits, [0, 10, 20, 30]);
        assert!(
            states.is_empty(),
            "the entry of an up-to-date message is dropped"
        );
    }
}

//! Updates the number of replies in the footer of a daily message, with few edits.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::bot::context::BotContext;
use crate::bot::render;
use quizloop_core::id::{MessageId, TeamKey};

/// Minimum time between two edits of a message.
const EDIT_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Identifies a daily message by its team and message id.
type FooterKey = (TeamKey, MessageId);

#[derive(Debug, Clone, Copy)]
struct FooterState {
    /// Time of the last edit.
    edited: Timestamp,
    /// Whether the number of replies has changed since.
    stale: bool,
    /// Whether an edit is in progress. The next one waits for it, because they could arrive at
    /// Discord in the wrong order.
    busy: bool,
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
                edit(&ctx, footer).await;
                footer
            });
        }
        let next = states
            .values()
            .filter(|state| state.stale && !state.busy)
            .map(|state| state.edited + EDIT_INTERVAL)
            .min();
        tokio::select! {
            footer = stale.recv() => match footer {
                Some(footer) => mark_stale(&mut states, footer),
                None => return,
            },
            Some(result) = running.join_next() => match result {
                Ok(footer) => mark_done(&mut states, footer),
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

fn mark_done(states: &mut HashMap<FooterKey, FooterState>, footer: FooterKey) {
    if let Some(state) = states.get_mut(&footer) {
        state.busy = false;
    }
}

fn mark_stale(states: &mut HashMap<FooterKey, FooterState>, footer: FooterKey) {
    let never_edited = FooterState {
        edited: Timestamp::MIN,
        stale: true,
        busy: false,
    };
    states.entry(footer).or_insert(never_edited).stale = true;
}

/// Returns the messages to edit now, and drops the entries of messages that are up to date.
fn take_due(states: &mut HashMap<FooterKey, FooterState>, now: Timestamp) -> Vec<FooterKey> {
    let cooled_down = |state: &FooterState| now.duration_since(state.edited) >= EDIT_INTERVAL;
    states.retain(|_, state| state.stale || state.busy || !cooled_down(state));
    let mut due = Vec::new();
    for (footer, state) in states
        .iter_mut()
        .filter(|(_, state)| state.stale && !state.busy && cooled_down(state))
    {
        *state = FooterState {
            edited: now,
            stale: false,
            busy: true,
        };
        due.push(*footer);
    }
    due
}

async fn edit(ctx: &BotContext, (key, message): FooterKey) {
    let Ok(guild) = ctx.store.load(key.guild).await else {
        return;
    };
    let found = guild.team(key.channel).read(|team| {
        let round = team.round_by_message(message)?;
        Some((
            round.clone(),
            team.reply_count(round.number),
            team.settings.role,
        ))
    });
    let Some((round, replied, role)) = found.flatten() else {
        return;
    };
    // If the question was removed from the bank, its message can't be rendered again.
    let Some(question) = ctx.question_of_round(key.guild, &round) else {
        return;
    };
    let mut post = render::daily::post(question, &round, replied);
    if let Some(role) = role {
        post = post.name_role(role);
    }
    if let Err(error) = ctx.rest.edit_message(key.channel, message, &post).await {
        let TeamKey { guild, channel } = key;
        tracing::debug!(%guild, %channel, %error, "footer could not be updated");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quizloop_core::id::{ChannelId, GuildId};

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
                mark_done(&mut states, footer);
            }
        }
        assert_eq!(edits, [0, 10, 20, 30]);
        assert!(
            states.is_empty(),
            "the entry of an up-to-date message is dropped"
        );
    }
}

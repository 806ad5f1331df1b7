//! Notes that a member gets once, in a private message after the bot's next private answer to them: a
//! milestone of their streak, and a message that they wrote in the channel instead of the thread.
//!
//! That a milestone was mentioned is saved before it is mentioned: if the process dies in between, the
//! note is lost and never repeated. Messages outside of the thread are only in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::member_notes::{self as render, OutsideOfThread};
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_core::milestones::Milestone;
use quizloop_core::round::Round;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

/// Maximum number of members of whom a message outside of the thread is remembered. With more, those
/// before are dropped: a hint is no promise.
const REMEMBERED_MAX: usize = 10_000;

/// The members who wrote in a team's channel, and not in the thread of the open question. Only in
/// memory, and without the text: a restart drops it.
#[derive(Debug, Default)]
pub struct MessagesOutsideOfThread(Mutex<HashMap<(GuildId, UserId), Outside>>);

#[derive(Debug, Clone, Copy)]
struct Outside {
    channel: ChannelId,
    /// The message of the round that was open.
    round: MessageId,
    /// Whether the note was sent. There is one for each round.
    is_told: bool,
}

impl MessagesOutsideOfThread {
    /// Remembers that a member wrote in the channel while that round was open.
    pub fn remember(&self, guild: GuildId, channel: ChannelId, user: UserId, round: MessageId) {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (guild, user);
        if members.get(&key).is_some_and(|one| one.round == round) {
            return;
        }
        if members.len() >= REMEMBERED_MAX {
            members.clear();
        }
        let outside = Outside {
            channel,
            round,
            is_told: false,
        };
        members.insert(key, outside);
    }

    /// Returns channel and round of a message that the member was not told of, once.
    fn take(&self, guild: GuildId, user: UserId) -> Option<(ChannelId, MessageId)> {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outside = members.get_mut(&(guild, user))?;
        let is_told = std::mem::replace(&mut outside.is_told, true);
        (!is_told).then_some((outside.channel, outside.round))
    }

    /// Drops what is remembered of a member.
    pub fn forget(&self, guild: GuildId, user: UserId) {
        let mut members = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        members.remove(&(guild, user));
    }
}

/// Sends a member's notes, after a private answer.
pub async fn send(ctx: &BotContext, interaction: &Interaction) {
    // The interaction has loaded the guild. If it was evicted since, the notes come with the next one.
    let guild = interaction.guild.and_then(|guild| ctx.store.loaded(guild));
    let Some(guild) = guild else {
        return;
    };
    let user = interaction.user;
    let milestones = mention_milestones(&guild, user).await;
    let outside = outside_of_thread(ctx, &guild, user);
    let outside = outside.as_ref().map(|(channel, round)| OutsideOfThread {
        guild: guild.id(),
        channel: *channel,
        round,
    });
    let Some(message) = render::notes(&milestones, outside) else {
        return;
    };
    if let Err(error) = ctx.rest.create_followup(&interaction.token, &message).await {
        tracing::warn!(guild = %guild.id(), member = %user, %error, "private note failed");
    }
}

/// Returns the milestones to mention now.
async fn mention_milestones(guild: &LoadedGuild, user: UserId) -> Vec<(ChannelId, Milestone)> {
    let reached = guild.read(|state| {
        let teams = state.teams().values();
        let reached = teams.filter(|team| team.unmentioned_milestone(user).is_some());
        reached.map(|team| team.channel).collect::<Vec<_>>()
    });
    let mut mentioned = Vec::new();
    for channel in reached.unwrap_or_default() {
        let (milestone, commit) = guild
            .team(channel)
            .update(|team| team.mention_milestone(user));
        failpoint::hit("milestone.changed");
        if commit.wait().await.is_ok() {
            failpoint::hit("milestone.saved");
            mentioned.extend(milestone.flatten().map(|milestone| (channel, milestone)));
        }
    }
    mentioned
}

/// Returns the open round to which the member may still reply, if they wrote outside of its thread.
fn outside_of_thread(
    ctx: &BotContext,
    guild: &LoadedGuild,
    user: UserId,
) -> Option<(ChannelId, Round)> {
    let (channel, message) = ctx.outside_of_thread.take(guild.id(), user)?;
    let round = guild.read(|state| {
        let team = state.team(channel).filter(|team| team.can_answer(user))?;
        let open = team
            .open_round()
            .filter(|open| open.message == Some(message))?;
        Some((channel, open.clone()))
    });
    round.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_told_once_for_each_round() {
        let outside = MessagesOutsideOfThread::default();
        let (guild, channel, ada) = (GuildId::new(1), ChannelId::new(2), UserId::new(3));
        let (first, second) = (MessageId::new(10), MessageId::new(20));
        assert_eq!(outside.take(guild, ada), None);
        outside.remember(guild, channel, ada, first);
        outside.remember(guild, channel, ada, first);
        assert_eq!(outside.take(guild, ada), Some((channel, first)));
        outside.remember(guild, channel, ada, first);
        assert_eq!(outside.take(guild, ada), None);
        outside.remember(guild, channel, ada, second);
        assert_eq!(outside.take(guild, UserId::new(4)), None);
        assert_eq!(outside.take(guild, ada), Some((channel, second)));
        outside.forget(guild, ada);
        outside.remember(guild, channel, ada, second);
        assert_eq!(outside.take(guild, ada), Some((channel, second)));
    }

    #[test]
    fn the_memory_is_bounded() {
        let outside = MessagesOutsideOfThread::default();
        for number in 1..=REMEMBERED_MAX as u64 + 5 {
            let user = UserId::new(number);
            outside.remember(GuildId::new(1), ChannelId::new(2), user, MessageId::new(3));
        }
        let members = outside.0.lock().unwrap();
        assert!(members.len() <= REMEMBERED_MAX);
    }
}

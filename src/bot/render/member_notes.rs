//! What a member reads once, privately, after the bot's next answer to them.

use super::message::Message;
use super::remind::reply_button;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::milestones::Milestone;
use quizloop_core::round::Round;

/// A member wrote in the channel while the open question has a thread.
#[derive(Debug, Clone, Copy)]
pub struct OutsideOfThread<'a> {
    pub guild: GuildId,
    pub channel: ChannelId,
    pub round: &'a Round,
}

/// The notes as one message; `None` if there are none.
pub fn notes(
    milestones: &[(ChannelId, Milestone)],
    outside: Option<OutsideOfThread<'_>>,
) -> Option<Message> {
    let praise = milestones
        .iter()
        .map(|(channel, reached)| milestone(*channel, *reached));
    let hint = outside.map(|outside| {
        format!(
            "Your message in <#{}> isn't in the thread of today's question, so it doesn't count as an \
             answer.",
            outside.channel
        )
    });
    let lines: Vec<String> = praise.chain(hint).collect();
    if lines.is_empty() {
        return None;
    }
    let message = Message::text(lines.join("\n")).ephemeral();
    let button = outside.and_then(|one| reply_button(one.guild, one.channel, one.round));
    Some(match button {
        Some(button) => message.buttons(vec![button]),
        None => message,
    })
}

fn milestone(channel: ChannelId, reached: Milestone) -> String {
    let Milestone {
        streak,
        earned_freeze,
        ..
    } = reached;
    let freeze = if earned_freeze {
        ", and you earned a freeze ❄️: it saves your streak on a day you miss."
    } else {
        "!"
    };
    format!("🔥 **{streak} questions in a row** in <#{channel}>{freeze}")
}

//! Reminders, and what `/remind` says.

use jiff::civil::Time;

use super::message::{Message, message_link};
use crate::bank::Question;
use crate::practice::id::{ChannelId, GuildId};
use crate::practice::round::Round;
use crate::practice::schedule::Schedule;

fn format_time(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// The direct message.
pub fn reminder(
    guild: GuildId,
    channel: ChannelId,
    round: &Round,
    question: Option<&Question>,
) -> Message {
    let asked = question.map_or_else(String::new, |question| {
        format!("\n> **{}**", question.question)
    });
    let place = match (round.thread_id(), round.message) {
        (Some(thread), _) => {
            format!("\n[Reply in the thread](https://discord.com/channels/{guild}/{thread}).")
        }
        (None, Some(message)) => {
            format!(
                "\n[Reply to the question]({}).",
                message_link(guild, channel, message)
            )
        }
        (None, None) => String::new(),
    };
    Message::text(format!(
        "{} of <#{channel}> is open, and you have not replied yet.{asked}{place}\n\
         -# You asked for this with `/remind on`; `/remind off` in that channel ends it.",
        round.label()
    ))
}

/// Reminders are on.
pub fn enabled(channel: ChannelId, at: Time, schedule: &Schedule) -> Message {
    Message::text(format!(
        "If you have not replied to the day's question of <#{channel}> by {} ({}), I remind you then in a direct message, \
         once. Allow direct messages from members of this server for that. `/remind off` ends it.",
        format_time(at),
        schedule.zone
    ))
}

/// Reminders are off, from now on or since long.
pub fn disabled(channel: ChannelId, were_on: bool) -> Message {
    let already = if were_on { "" } else { " already" };
    Message::text(format!(
        "Reminders of <#{channel}> are off{already}. `/remind on` brings them back."
    ))
}

/// What is set.
pub fn status(channel: ChannelId, at: Option<Time>, schedule: &Schedule) -> Message {
    match at {
        None => Message::text(format!(
            "Reminders of <#{channel}> are off. `/remind on time:17:00` switches them on: a direct message on days on which you \
             have not replied by then."
        )),
        Some(at) => enabled(channel, at, schedule),
    }
}

/// A time at which no reminder could ever come.
pub fn too_early(at: Time, schedule: &Schedule) -> String {
    format!(
        "At {} there is nothing to remind of: the question comes at {} ({}). Choose a later time of the same day.",
        format_time(at),
        format_time(schedule.at),
        schedule.zone
    )
}

/// Said once, when Discord has refused a reminder.
pub fn dm_failed(channel: ChannelId) -> Message {
    Message::text(format!(
        "I could not remind you of the question in <#{channel}>: Discord does not let me send you direct messages. So reminders \
         are off now. Allow direct messages from members of this server, then `/remind on` brings them back. I say this only once."
    ))
}

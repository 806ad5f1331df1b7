//! Reminders and the replies to `/remind`.

use jiff::civil::Time;

use super::component::Button;
use super::message::{Message, channel_link, message_link};
use super::text::pluralize;
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::reminders::ReminderState;
use quizloop_core::review_reminders::{MIN_REVIEWS_DUE, ReviewsDue};
use quizloop_core::round::Round;
use quizloop_core::schedule::Schedule;
use quizloop_core::zone::Zone;

fn format_time(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

/// The direct message that reminds a member of the open round.
pub fn reminder(
    guild: GuildId,
    channel: ChannelId,
    round: &Round,
    question: Option<&Question>,
) -> Message {
    let asked = question.map_or_else(String::new, |question| {
        format!("\n> **{}**", question.question)
    });
    let reminder = Message::text(format!(
        "⏰ Today's question in <#{channel}> is waiting for you.{asked}\n\
         -# You turned this on with `/remind on`. To stop, use `/remind off` in that channel."
    ));
    match reply_button(guild, channel, round) {
        Some(button) => reminder.buttons(vec![button]),
        None => reminder,
    }
}

/// The button that leads to the place in which members reply to a round.
pub fn reply_button(guild: GuildId, channel: ChannelId, round: &Round) -> Option<Button> {
    Some(match (round.thread_id(), round.message?) {
        (Some(thread), _) => Button::link("Reply in the thread", channel_link(guild, thread)),
        (None, message) => Button::link(
            "Reply to the question",
            message_link(guild, channel, message),
        ),
    })
}

/// The direct message that reminds a member of due reviews.
pub fn reviews_due(guild: GuildId, due: ReviewsDue) -> Message {
    let reviews = pluralize(due.count, "review is", "reviews are");
    let channel = due.channel;
    Message::text(format!(
        "🔁 {reviews} due today. Use `/quiz` in <#{channel}>.\n\
         -# You turned this on with `/remind reviews on`. To stop, use `/remind reviews off` there."
    ))
    .buttons(vec![Button::link(
        "Open the channel",
        channel_link(guild, channel),
    )])
}

/// Reminders are on.
pub fn enabled(channel: ChannelId, at: Time, schedule: &Schedule) -> Message {
    Message::text(format!(
        "I'll send you a direct message at {} ({}) on days you haven't answered the question in \
         <#{channel}>. Make sure you allow direct messages from members of this server. To stop, use \
         `/remind off`.",
        format_time(at),
        schedule.zone
    ))
}

/// Reminders are off; `were_on`: they were on until now.
pub fn disabled(channel: ChannelId, were_on: bool) -> Message {
    let are = if were_on { "are now" } else { "were already" };
    Message::text(format!(
        "Reminders for <#{channel}> {are} off. To turn them back on, use `/remind on`."
    ))
}

/// The member's reminder time, or how to set one.
pub fn status(channel: ChannelId, state: ReminderState, schedule: &Schedule) -> Message {
    match state {
        ReminderState::Off => Message::text(format!(
            "Reminders for <#{channel}> are off. `/remind on time:17:00` sends you a direct message \
             on days you haven't answered by then."
        )),
        ReminderState::On { at } => enabled(channel, at, schedule),
        ReminderState::QuestionLate { at } => {
            let today = "Today's question came after that time, so there is no reminder today.";
            let usual = enabled(channel, at, schedule).content.unwrap_or_default();
            Message::text(format!("{usual}\n{today}"))
        }
        ReminderState::BeforeQuestion { at } => Message::text(format!(
            "Your reminder for <#{channel}> is set to {} ({zone}), but the question now comes at {}, \
             so you get none. Choose a later time with `/remind on`, or use `/remind off`.",
            format_time(at),
            format_time(schedule.at),
            zone = schedule.zone
        )),
    }
}

/// Reminders of due reviews are on.
pub fn reviews_enabled(at: Time, zone: &Zone) -> Message {
    Message::text(format!(
        "I'll send you a direct message at {} ({zone}) on days with at least {MIN_REVIEWS_DUE} reviews \
         due. Make sure you allow direct messages from members of this server. To stop, use \
         `/remind reviews off`.",
        format_time(at)
    ))
}

/// Reminders of due reviews are off; `were_on`: they were on until now.
pub fn reviews_disabled(were_on: bool) -> Message {
    let are = if were_on { "are now" } else { "were already" };
    Message::text(format!(
        "Reminders of due reviews {are} off. To turn them back on, use `/remind reviews on`."
    ))
}

/// Adds the member's review reminder to the status of their other reminder.
pub fn with_review_reminder(mut status: Message, at: Time, zone: &Zone) -> Message {
    let reviews = format!(
        "\nReminders of due reviews are on: at {} ({zone}).",
        format_time(at)
    );
    status.content.get_or_insert_default().push_str(&reviews);
    status
}

/// The time is not later than the question, so no reminder could ever be sent.
pub fn too_early(at: Time, schedule: &Schedule) -> String {
    format!(
        "At {} the question isn't out yet: it comes at {} ({}). Choose a later time on the same day.",
        format_time(at),
        format_time(schedule.at),
        schedule.zone
    )
}

/// Discord refused to deliver a reminder. Sent once.
pub fn dm_failed(channel: ChannelId) -> Message {
    Message::text(format!(
        "I couldn't remind you of the question in <#{channel}>: Discord doesn't let me send you \
         direct messages, so I turned your reminders off. Allow direct messages from members of this \
         server, then use `/remind on`."
    ))
}

/// Discord refused to deliver a reminder of due reviews. Sent once.
pub fn review_dm_failed() -> Message {
    Message::text(
        "I couldn't remind you of your due reviews: Discord doesn't let me send you direct messages, \
         so I turned this reminder off. Allow direct messages from members of this server, then use \
         `/remind reviews on`.",
    )
}

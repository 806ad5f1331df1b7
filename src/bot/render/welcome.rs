//! The message with which the bot introduces itself in a team's channel.

use jiff::Timestamp;

use super::message::Message;
use super::team::timestamp;
use quizloop_core::team::Team;

/// What comes when, and how to take part. Everyone in the channel sees it.
pub fn welcome(team: &Team, now: Timestamp) -> Message {
    let schedule = &team.settings.schedule;
    let at = schedule.at.strftime("%H:%M");
    let first = team.next_post_times(now, 1);
    let first = first.first().map_or(String::new(), |first| {
        format!(" The first one comes {}.", timestamp(*first))
    });
    Message::text(format!(
        "👋 **Hello! I help you practise for Python asyncio interviews.**\n\
         I post a question here **{} at {at}** ({}).{first}\n\
         **To take part**, reply in the question's thread in your own words. The ✅ means that your \
         answer is saved and your streak grows. *Model answer* then shows you, privately, what a good \
         answer has.\n\
         `/quiz` practises in private at any time, `/remind on` reminds you, and `/help` explains the \
         rest.",
        schedule.days, schedule.zone
    ))
}

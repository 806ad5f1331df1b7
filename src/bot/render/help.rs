//! `/help`.

use super::message::{Embed, Message};
use super::text::bullets;

/// What members can do, and what admins can do in addition.
pub fn help(admin: bool) -> Message {
    let members = bullets([
        "A new question comes every working day. Reply in its thread in your own words: your first reply counts, and ✅ means it is saved.",
        "`/answer` shows the model answer, and `/hint` a hint. The buttons on the question do the same.",
        "`/quiz` lets you practise in private at any time, and repeats what you didn't know.",
        "`/streak` shows how many questions in a row you have answered; `why:True` explains the last 14.",
        "`/leaderboard` shows who answered the most this month.",
        "`/remind on time:17:00` sends you a direct message on days you haven't answered by then.",
        "`/privacy` shows, exports or deletes your data.",
    ]);
    let streaks = bullets([
        "You can only miss a question that was posted: weekends, holidays and pauses never break a streak.",
        "Every 7 answers earn a freeze, which saves your streak on a day you miss. You can hold 2.",
        "A reply after the next question is out is too late: it is recorded, but doesn't repair your streak.",
    ]);
    let mut embed = Embed {
        title: Some("Quizloop: an asyncio interview question every working day".into()),
        description: Some(members),
        color: 0x4f_7c_d8,
        ..Embed::default()
    }
    .field("Streaks", streaks);
    if admin {
        embed = embed.field(
            "For admins",
            bullets([
                "`/setup` starts a team in a channel, or changes its settings.",
                "`/team status` shows the next questions and any missing permissions.",
                "`/team reports` lists the mistakes in questions that members reported.",
                "`/team post`, `pause`, `resume`, `skip`, `void`, `credit`, `settings`, `remove` do the rest.",
            ]),
        );
    }
    Message::embed(embed.footer("I store ids, dates and counts, never the text of a reply."))
}

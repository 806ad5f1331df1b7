//! `/help`.

use super::message::{Embed, Message};
use super::text::bullets;

/// What members can do, and for admins what they can do besides.
pub fn help(admin: bool) -> Message {
    let members = bullets([
        "Each working day a question comes. Reply in its thread, in your own words: your first reply counts, and a ✅ says that it is saved.",
        "`/answer` shows the model answer, `/hint` how to answer. The buttons on the question do the same.",
        "`/quiz` asks you questions at any time, for you alone, and brings back what you did not know.",
        "`/streak` shows how many rounds in a row you have answered; `why:True` explains each of the last 14.",
        "`/leaderboard` shows who answered the most this month.",
        "`/remind on time:17:00` sends you a direct message on days on which you have not replied by then.",
        "`/privacy` shows what is kept of you, and exports or deletes it.",
    ]);
    let streaks = bullets([
        "Only a posted question can be missed: weekends, holidays and pauses never break a streak.",
        "Every 7 answered rounds earn a freeze; it covers one missed round by itself. You can hold 2.",
        "A reply after the next question has come is late: it is noted and does not repair the streak.",
    ]);
    let mut embed = Embed {
        title: Some("Quizloop: one asyncio interview question a working day".into()),
        description: Some(members),
        color: 0x4f_7c_d8,
        ..Embed::default()
    }
    .field("Streaks", streaks);
    if admin {
        embed = embed.field(
            "For admins",
            bullets([
                "`/setup` starts a team in a channel, or changes one.",
                "`/team status` shows the next posts and whether a permission is missing.",
                "`/team reports` shows mistakes in questions that members reported.",
                "`/team post`, `pause`, `resume`, `skip`, `void`, `credit`, `settings`, `remove` do the rest.",
            ]),
        );
    }
    Message::embed(embed.footer("I keep ids, dates and counts; never the text of a reply."))
}

//! `/help`.

use super::message::{Embed, Message};
use super::text::bullets;
use quizloop_core::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE};

/// What members can do, and what admins can do in addition. The arguments are the lines about the
/// commands.
pub fn help(member_lines: Vec<String>, admin_lines: Option<Vec<String>>) -> Message {
    let daily = "A new question comes every working day. Reply in its thread in your own words: your first reply counts, and ✅ means it is saved.";
    let members = bullets(std::iter::once(daily.to_owned()).chain(member_lines));
    let streaks = bullets([
        "You can only miss a question that was posted: weekends, holidays and pauses never break a streak.",
        &format!(
            "Every {ROUNDS_PER_FREEZE} answers earn a freeze, which saves your streak on a day you miss. You can hold {MAX_FREEZES}."
        ),
        "A reply after the next question is out is too late: it is recorded, but doesn't repair your streak.",
    ]);
    let mut embed = Embed {
        title: Some("Quizloop: an asyncio interview question every working day".into()),
        description: Some(members),
        color: 0x4f_7c_d8,
        ..Embed::default()
    }
    .field("Streaks", streaks);
    if let Some(lines) = admin_lines {
        embed = embed.field("For admins", bullets(lines));
    }
    Message::embed(embed.footer("I store ids, dates and counts, never the text of a reply."))
}

//! The wrap-up in a round's thread.

use super::daily::{LevelDisplay, answer_button, color, hint_button};
use super::message::{Embed, Message};
use super::text::{bullets, pluralize, spoiler};
use quizloop_bank::Question;
use quizloop_core::round::Round;

/// The wrap-up of a round that `answered` members have answered. `missed` are key points that were
/// often missed. The question may have been removed.
///
/// The points are spoilers, because members may still reply. Nobody is counted but those who have
/// answered: a number of those who have not would put them under pressure.
pub fn wrap_up(
    round: &Round,
    question: Option<&Question>,
    answered: usize,
    missed: &[&str],
    level: LevelDisplay,
) -> Message {
    let members = pluralize(answered, "member has", "members have");
    let mut content = match answered {
        0 => "**Wrap-up:** nobody has answered yet.".to_owned(),
        _ => format!("**Wrap-up:** {members} answered so far."),
    };
    if !missed.is_empty() {
        content.push_str("\nOften missed:\n");
        content += &bullets(missed.iter().map(|point| spoiler(point)));
    }
    let embed = Embed {
        description: Some("Replies count until the next question is out.".into()),
        color: question.map_or(color(None), |question| level.color(question)),
        ..Embed::default()
    };
    let mut message = Message::embed(embed.footer(round.wrap_up_label()));
    message.content = Some(content);
    match question {
        Some(question) => message.buttons(vec![answer_button(question), hint_button(question)]),
        None => message,
    }
}

//! Practice at any time: one message for one member, edited from question to hint to answer.

use super::daily::{asked, button, color, topic};
use super::message::{Embed, Message, Style};
use super::reveal::answer_embed;
use crate::bank::Question;
use crate::bot::press::{Press, Quiz};

/// How much of a question is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// The question alone.
    Question,
    /// The question with the hint.
    Hint,
    /// Everything.
    Answer,
}

/// The message of a quiz.
pub fn quiz(question: &Question, quiz: &Quiz, open: Open) -> Message {
    let embed = match open {
        Open::Question => question_embed(question),
        Open::Hint => {
            question_embed(question).field("How to answer", question.how_to_answer.as_str())
        }
        Open::Answer => answer_embed(question),
    };
    let mut buttons = Vec::new();
    if open == Open::Question {
        buttons.push(button(
            Style::Secondary,
            "Hint",
            &Press::QuizHint(quiz.clone()),
        ));
    }
    if open != Open::Answer {
        buttons.push(button(
            Style::Primary,
            "Answer",
            &Press::QuizAnswer(quiz.clone()),
        ));
    }
    buttons.push(button(
        Style::Secondary,
        "Another",
        &Press::QuizNext(quiz.clone()),
    ));
    Message::embed(embed).buttons(buttons)
}

fn question_embed(question: &Question) -> Embed {
    Embed {
        title: Some("Practice".into()),
        description: Some(asked(question)),
        color: color(question.level),
        ..Embed::default()
    }
    .inline("Level", question.level.to_string())
    .inline("Topic", topic(&question.topic))
    .footer("Answer aloud before you press. Practice does not touch your streak.")
}

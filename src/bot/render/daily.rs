//! The daily message and its thread.

use super::message::{Button, ButtonStyle, Embed, Message};
use super::text::{pluralize, python_block, truncate};
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::{Kind, Level, Question};
use quizloop_core::round::Round;

/// Discord's limit for the name of a thread, in characters (Discord docs, resources/channel,
/// "Start Thread from Message").
pub const THREAD_NAME_MAX: usize = 100;

/// The numbers of new questions left in the deck at which the daily message says so.
const DECK_NOTICE_AT: [usize; 3] = [7, 3, 0];

/// The embed colour for a question's level.
pub const fn color(level: Level) -> u32 {
    match level {
        Level::Junior => 0x3b_a5_5d,
        Level::Mid => 0x4f_7c_d8,
        Level::Senior => 0x9b_59_b6,
    }
}

/// The daily message of a round. `replied` is the number of members who have replied.
pub fn post(question: &Question, round: &Round, replied: usize) -> Message {
    let mut embed = Embed {
        title: Some("Question of the day".into()),
        description: Some(question_text(question)),
        color: color(question.level),
        ..Embed::default()
    }
    .inline_field("Level", question.level.to_string())
    .inline_field("Topic", topic_label(&question.topic));
    if DECK_NOTICE_AT.contains(&round.remaining) {
        embed = embed.field("Coming up", deck_notice(round.remaining));
    }
    let id = &question.id;
    Message::embed(embed.footer(footer(round, replied))).buttons(vec![
        button(
            ButtonStyle::Secondary,
            "Hint",
            &ComponentId::Hint {
                question: id.clone(),
            },
        ),
        button(
            ButtonStyle::Secondary,
            "Model answer",
            &ComponentId::Answer {
                question: id.clone(),
            },
        ),
        button(ButtonStyle::Secondary, "My streak", &ComponentId::Streak),
    ])
}

/// A button that sends the custom id of `component`.
pub fn button(style: ButtonStyle, label: &str, component: &ComponentId) -> Button {
    Button::new(style, label, component.custom_id())
}

/// The question, with its code if it can't be understood without it.
pub fn question_text(question: &Question) -> String {
    let code = match question.kind {
        Kind::Predict => question.code.as_deref(),
        Kind::Bug => question.broken.as_deref(),
        Kind::Concept | Kind::Compare | Kind::Design => None,
    };
    match code {
        Some(code) => format!("**{}**\n{}", question.question, python_block(code)),
        None => format!("**{}**", question.question),
    }
}

/// A topic for display: `structured-concurrency` becomes "structured concurrency".
pub fn topic_label(topic: &str) -> String {
    topic.replace('-', " ")
}

fn deck_notice(left: usize) -> String {
    match left {
        0 => "This is the last new question. After it, they start over in a new order.".into(),
        left => format!(
            "{} left, then they start over.",
            pluralize(left, "new question", "new questions")
        ),
    }
}

fn footer(round: &Round, replied: usize) -> String {
    let label = round.label();
    match replied {
        0 => format!("{label} · reply in the thread"),
        replied => format!("{label} · {}", pluralize(replied, "answer", "answers")),
    }
}

/// The name of a question's thread.
pub fn thread_name(question: &str) -> String {
    // Thread names don't render Markdown.
    truncate(&question.replace('`', ""), THREAD_NAME_MAX)
}

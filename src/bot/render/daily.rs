//! The daily message and its thread.

use super::message::{Button, ButtonStyle, Embed, Message};
use super::text::{pluralize, python_block, truncate};
use crate::bank::{Kind, Level, Question};
use crate::bot::custom_id::ComponentId;
use crate::practice::round::Round;

/// Discord's limit for the name of a thread, in characters (Discord docs, resources/channel,
/// "Start Thread from Message").
const THREAD_NAME_MAX: usize = 100;

/// Notices are given when so many unseen questions are left in the deck.
const DECK_NOTICE_AT: [usize; 3] = [7, 3, 0];

/// The colour of a question's bar, by its level.
pub const fn color(level: Level) -> u32 {
    match level {
        Level::Junior => 0x3b_a5_5d,
        Level::Mid => 0x4f_7c_d8,
        Level::Senior => 0x9b_59_b6,
    }
}

/// The message with which a round is posted. `replied`: how many members have replied.
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
        embed = embed.field("The deck", deck_notice(round.remaining));
    }
    let id = &question.id;
    Message::embed(embed.footer(footer(round, replied))).buttons(vec![
        button(
            ButtonStyle::Secondary,
            "How to answer",
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

/// A button that means `press`.
pub fn button(style: ButtonStyle, label: &str, press: &ComponentId) -> Button {
    Button::new(style, label, press.custom_id())
}

/// The question, with the code it is about where it can't be asked without.
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

/// A topic as people read it: `structured-concurrency` is "structured concurrency".
pub fn topic_label(topic: &str) -> String {
    topic.replace('-', " ")
}

fn deck_notice(left: usize) -> String {
    match left {
        0 => "This is the last unseen question; after it the deck starts anew, shuffled.".into(),
        left => format!(
            "{} left until the deck starts anew.",
            pluralize(left, "unseen question", "unseen questions")
        ),
    }
}

fn footer(round: &Round, replied: usize) -> String {
    let label = round.label();
    match replied {
        0 => format!("{label} · reply in the thread"),
        1 => format!("{label} · 1 has replied"),
        many => format!("{label} · {many} have replied"),
    }
}

/// The name of a question's thread.
pub fn thread_name(question: &str) -> String {
    // Code marks don't show in names.
    truncate(&question.replace('`', ""), THREAD_NAME_MAX)
}

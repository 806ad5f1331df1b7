//! The daily message and its thread.

use super::message::{
    Button, ButtonStyle, CONTENT_MAX, Embed, Message, ROLE_MENTION_MAX, channel_link, message_link,
};
use super::text::{pluralize, python_block, truncate, without_link_previews};
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::{Kind, Level, OTHER_TOPIC, Question};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::round::{DrawReason, Round, ThreadStatus};

/// Discord's limit for the name of a thread, in characters (Discord docs, resources/channel,
/// "Start Thread from Message").
pub const THREAD_NAME_MAX: usize = 100;

/// Maximum length of the text of a daily message, in characters, without the mention of a role.
pub const POST_CONTENT_MAX: usize = CONTENT_MAX - ROLE_MENTION_MAX;

/// The numbers of new questions left in the deck at which the daily message says so.
const DECK_NOTICE_AT: [usize; 3] = [7, 3, 0];

/// What the daily message says about a question that is repeated.
const REPEAT_NOTICE: &str = "You have had this one: many of its points were missed.";

/// The embed colour for a question's level.
pub const fn color(level: Option<Level>) -> u32 {
    match level {
        Some(Level::Junior) => 0x3b_a5_5d,
        Some(Level::Mid) => 0x4f_7c_d8,
        Some(Level::Senior) => 0x9b_59_b6,
        None => 0x74_7f_8d,
    }
}

/// Whether a message shows level and topic of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelDisplay {
    Shown,
    /// Until the answer is revealed.
    Hidden,
}

impl LevelDisplay {
    pub const fn hidden_if(is_hidden: bool) -> Self {
        if is_hidden { Self::Hidden } else { Self::Shown }
    }

    /// The embed colour for a question.
    pub const fn color(self, question: &Question) -> u32 {
        match self {
            Self::Shown => color(question.level),
            Self::Hidden => color(None),
        }
    }

    /// Adds level and topic of a question to an embed, unless they are hidden.
    pub fn add_fields(self, embed: Embed, question: &Question) -> Embed {
        match self {
            Self::Shown => embed
                .inline_field("Level", level_label(question.level))
                .inline_field("Topic", named_topic(question).unwrap_or_default()),
            Self::Hidden => embed,
        }
    }
}

/// The daily message of a round. `replied` is the number of members who have replied.
///
/// The question is in the message's text, because members can hide all embeds in Discord's settings
/// ("Show embeds and preview website links"), and a phone's notification shows only the text. The
/// embed has the rest, and the footer by which the bot recognises its own message.
pub fn post(question: &Question, round: &Round, replied: usize, level: LevelDisplay) -> Message {
    let PostText { content, overflow } = post_text(question);
    let embed = Embed {
        description: overflow,
        color: level.color(question),
        ..Embed::default()
    };
    let mut embed = level.add_fields(embed, question);
    if round.reason == DrawReason::Repeat {
        embed = embed.field("Repeat", REPEAT_NOTICE);
    }
    if DECK_NOTICE_AT.contains(&round.remaining) {
        embed = embed.field("Coming up", deck_notice(round.remaining));
    }
    let mut message = Message::embed(embed.footer(footer(round, replied)));
    message.content = Some(content);
    let streak = button(ButtonStyle::Secondary, "My streak", &ComponentId::Streak);
    message.buttons(vec![hint_button(question), answer_button(question), streak])
}

/// The texts of a daily message.
#[derive(Debug, PartialEq, Eq)]
pub struct PostText {
    /// The message's text, with room left for the mention of a role.
    pub content: String,
    /// The code, if it does not fit into the text. It is shown in the embed.
    pub overflow: Option<String>,
}

/// The texts of the daily message of a question. The first line is what a notification shows.
pub fn post_text(question: &Question) -> PostText {
    let asked = format!("**Question of the day:** {}", question.question);
    let asked = without_link_previews(&asked);
    let code = question_code(question).map(python_block);
    let whole = match &code {
        Some(code) => format!("{asked}\n{code}"),
        None => asked.clone(),
    };
    if whole.chars().count() <= POST_CONTENT_MAX {
        return PostText {
            content: whole,
            overflow: None,
        };
    }
    PostText {
        content: truncate(&asked, POST_CONTENT_MAX),
        overflow: code,
    }
}

/// A button that sends the custom id of `component`.
pub fn button(style: ButtonStyle, label: &str, component: &ComponentId) -> Button {
    Button::new(style, label, component.custom_id())
}

/// The button that shows the hint, to the member alone.
pub fn hint_button(question: &Question) -> Button {
    let question = question.id.clone();
    button(
        ButtonStyle::Secondary,
        "Hint",
        &ComponentId::Hint { question },
    )
}

/// The button that shows the model answer, to the member alone.
pub fn answer_button(question: &Question) -> Button {
    let question = question.id.clone();
    button(
        ButtonStyle::Secondary,
        "Model answer",
        &ComponentId::Answer { question },
    )
}

/// The code without which the question can't be understood.
fn question_code(question: &Question) -> Option<&str> {
    match question.kind {
        Some(Kind::Predict) => question.code.as_deref(),
        Some(Kind::Bug) => question.broken.as_deref(),
        Some(Kind::Concept | Kind::Compare | Kind::Design) | None => None,
    }
}

/// The question, with its code if it can't be understood without it.
pub fn question_text(question: &Question) -> String {
    match question_code(question) {
        Some(code) => format!("**{}**\n{}", question.question, python_block(code)),
        None => format!("**{}**", question.question),
    }
}

/// A topic for display: `structured-concurrency` becomes "structured concurrency".
pub fn topic_label(topic: &str) -> String {
    topic.replace('-', " ")
}

/// The topic of a question for display, if its author named one.
pub fn named_topic(question: &Question) -> Option<String> {
    (question.topic != OTHER_TOPIC).then(|| topic_label(&question.topic))
}

/// A level for display; empty if there is none.
pub fn level_label(level: Option<Level>) -> &'static str {
    level.map_or("", Level::name)
}

fn deck_notice(left: usize) -> String {
    match left {
        0 => "This is the last new question. After it, they start over.".into(),
        left => format!(
            "{} left, then they start over.",
            pluralize(left, "new question", "new questions")
        ),
    }
}

fn footer(round: &Round, replied: usize) -> String {
    let label = round.label();
    let place = match round.thread {
        ThreadStatus::Pending | ThreadStatus::Created => "reply in the thread",
        ThreadStatus::Unavailable => "reply to this message",
    };
    match replied {
        0 => format!("{label} · {place}"),
        replied => {
            let answers = pluralize(replied, "answer", "answers");
            format!("{label} · {place} · {answers}")
        }
    }
}

/// The link to a round's thread, or to its message if it has none. `channel` is the team's.
pub fn round_link(guild: GuildId, channel: ChannelId, round: &Round) -> Option<String> {
    match (round.thread_id(), round.message) {
        (Some(thread), _) => Some(channel_link(guild, thread)),
        (None, Some(message)) => Some(message_link(guild, channel, message)),
        (None, None) => None,
    }
}

/// The name of a question's thread.
pub fn thread_name(question: &str) -> String {
    // Thread names don't render Markdown.
    truncate(&question.replace('`', ""), THREAD_NAME_MAX)
}

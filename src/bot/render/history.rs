//! `/history`: the past questions of a team.

use super::daily::{LevelDisplay, button, named_topic, round_link, topic_label};
use super::message::{Button, ButtonStyle, Embed, Message};
use super::streak::outcome_text;
use super::text::{pluralize, quote, truncate};
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::round::Round;
use quizloop_core::streak::RoundOutcome;

/// The embed colour of the list.
const HISTORY_COLOR: u32 = 0x4f_7c_d8;

/// Number of questions on a page. With the longest texts they fill most of a description.
pub const PAGE_SIZE: usize = 8;

/// Maximum length of a question's text in characters.
const QUESTION_MAX: usize = 150;

/// A past question.
#[derive(Debug, Clone, Copy)]
pub struct HistoryEntry<'a> {
    pub round: &'a Round,
    /// `None` if the question was removed.
    pub question: Option<&'a Question>,
    pub level: LevelDisplay,
    /// Number of members who have replied.
    pub replied: usize,
    /// What the member did; `None` if the round was before their first reply.
    pub outcome: Option<RoundOutcome>,
}

/// A page of past questions.
#[derive(Debug, Clone)]
pub struct HistoryPage<'a> {
    pub guild: GuildId,
    /// The team's channel.
    pub channel: ChannelId,
    /// The topic that the member chose.
    pub topic: Option<&'a str>,
    /// The page, counted from 0.
    pub page: usize,
    /// Number of questions on all pages.
    pub total: usize,
    /// The questions on this page, newest first.
    pub entries: Vec<HistoryEntry<'a>>,
}

/// Returns the page that is shown for a requested one: the last page for any after it.
pub fn existing_page(requested: usize, total: usize) -> usize {
    requested.min(total.saturating_sub(1) / PAGE_SIZE)
}

/// The page.
pub fn history(page: &HistoryPage<'_>) -> Message {
    let lines: Vec<String> = page
        .entries
        .iter()
        .map(|entry| entry_text(page, entry))
        .collect();
    let title = match page.topic {
        Some(topic) => format!("Past questions: {}", topic_label(topic)),
        None => "Past questions".into(),
    };
    let last = existing_page(usize::MAX, page.total);
    let questions = pluralize(page.total, "question", "questions");
    let footer = match last {
        0 => questions,
        last => format!("Page {} of {} · {questions}", page.page + 1, last + 1),
    };
    let message = Message::embed(
        Embed {
            title: Some(title),
            description: Some(lines.join("\n\n")),
            color: HISTORY_COLOR,
            ..Embed::default()
        }
        .footer(footer),
    );
    match page_buttons(page, last) {
        none if none.is_empty() => message,
        buttons => message.buttons(buttons),
    }
}

/// No question of the team has that topic.
pub fn no_question_on(topic: &str) -> Message {
    Message::text(format!(
        "No past question on \"{}\" yet. `/history` without a topic lists all of them.",
        quote(&topic_label(topic))
    ))
}

fn entry_text(page: &HistoryPage<'_>, entry: &HistoryEntry<'_>) -> String {
    let shown = entry
        .question
        .filter(|_| entry.level == LevelDisplay::Shown);
    let level = shown.and_then(|question| question.level);
    let parts = [
        Some(linked_label(page, entry.round)),
        level.map(|level| level.to_string()),
        shown.and_then(named_topic),
    ];
    let heading: Vec<String> = parts.into_iter().flatten().collect();
    let heading = heading.join(" · ");
    let question = entry.question.map_or_else(
        || "a removed question".to_owned(),
        |question| truncate(&question.question.replace('\n', " "), QUESTION_MAX),
    );
    let answers = pluralize(entry.replied, "answer", "answers");
    let outcome = entry.outcome.as_ref().map_or_else(String::new, |outcome| {
        format!(" · {}", outcome_text(outcome))
    });
    format!("{heading}\n{question}\n{answers}{outcome}")
}

/// The round's label as a link to its thread, or to its message if it has none.
fn linked_label(page: &HistoryPage<'_>, round: &Round) -> String {
    match round_link(page.guild, page.channel, round) {
        Some(link) => format!("[{}]({link})", round.label()),
        None => round.label(),
    }
}

fn page_buttons(shown: &HistoryPage<'_>, last: usize) -> Vec<Button> {
    let to = |label, page| {
        let topic = shown.topic.map(str::to_owned);
        button(
            ButtonStyle::Secondary,
            label,
            &ComponentId::History { page, topic },
        )
    };
    let newer = shown.page.checked_sub(1).map(|page| to("Newer", page));
    let older = (shown.page < last).then(|| to("Older", shown.page + 1));
    newer.into_iter().chain(older).collect()
}

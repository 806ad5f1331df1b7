//! Practice at any time: one message for one member, edited from question to hint to answer to score.

use std::iter;

use jiff::civil::Date;

use super::component::{ButtonStyle, SelectOption, StringSelect};
use super::daily::{button, color, question_text, topic_label};
use super::feedback::report_button;
use super::message::{CONTENT_MAX, Embed, Message};
use super::modal::{Modal, TextInput, TextInputStyle};
use super::reveal::answer_embed;
use super::text::{output_block, pluralize, truncate};
use crate::bank::Question;
use crate::bot::custom_id::{ComponentId, ModalId};
use crate::bot::quiz::{OPTION_COUNT, QuizAction, QuizState};
use crate::practice::question_picker::PickReason;
use crate::practice::review::{Rating, Review};

/// Characters of an answer that a member writes for themselves: it is shown back with marks before its
/// lines, in a text of 2,000.
const ANSWER_MAX: usize = 1500;

/// The name of the field in which a member writes.
pub const ANSWER_FIELD: &str = "answer";

/// The outputs are offered under these letters.
const OPTION_LETTERS: [&str; OPTION_COUNT] = ["A", "B", "C", "D"];

/// What is known when a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuizHeader {
    /// Why it comes.
    pub reason: PickReason,
    /// How many reviews are due today, this one included.
    pub due: u32,
}

/// What a member did before the answer was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt<'a> {
    /// Nothing that we know of.
    Unknown,
    /// They wrote an answer.
    Text(&'a str),
    /// They chose an output, by its place.
    Output(u8),
}

/// How a review went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Key points that were made, and how many there are.
    pub points: (usize, usize),
    /// The memory after it.
    pub review: Review,
    /// Whether it was entered now, or had been before.
    pub is_new: bool,
    /// The team's local date.
    pub today: Date,
    /// How many reviews are still due today.
    pub due: u32,
}

/// The question, with the hint if it was asked for.
pub fn question(question: &Question, at: &QuizState, card: QuizHeader, hint: bool) -> Message {
    let outputs = outputs(question, at);
    let choice =
        |(letter, printed): (&&str, &&str)| format!("**{letter}**\n{}", output_block(printed));
    let choices = OPTION_LETTERS.iter().zip(&outputs).map(choice);
    let text: Vec<String> = iter::once(question_text(question)).chain(choices).collect();
    let mut embed = Embed {
        title: Some("Practice".into()),
        description: Some(text.join("\n")),
        color: color(question.level),
        ..Embed::default()
    }
    .inline_field("Level", question.level.to_string())
    .inline_field("Topic", topic_label(&question.topic))
    .inline_field("Why now", reason_text(card.reason));
    if hint {
        embed = embed.field("How to answer", question.how_to_answer.as_str());
    }
    let message = Message::embed(embed.footer(footer(card.due, !outputs.is_empty())));
    let press = |style, label: &str, step| quiz_button(style, label, step, at);
    let hint = (!hint).then(|| press(ButtonStyle::Secondary, "Hint", QuizAction::Hint));
    let another = press(ButtonStyle::Secondary, "Another", QuizAction::Next);
    if outputs.is_empty() {
        let own = press(ButtonStyle::Secondary, "Write my answer", QuizAction::Write);
        let answer = press(ButtonStyle::Primary, "Show the answer", QuizAction::Answer);
        return message.buttons(hint.into_iter().chain([own, answer, another]).collect());
    }
    let choose = |(place, letter): (u8, &&str)| {
        press(ButtonStyle::Primary, letter, QuizAction::Choose(place))
    };
    let answer = press(ButtonStyle::Secondary, "I don't know", QuizAction::Answer);
    message
        .buttons((0..).zip(&OPTION_LETTERS).map(choose).collect())
        .buttons(hint.into_iter().chain([answer, another]).collect())
}

fn reason_text(why: PickReason) -> &'static str {
    match why {
        PickReason::Due => "it is due again",
        PickReason::New => "new to you",
        PickReason::Again => "missed today",
        PickReason::Ahead => "ahead of its day",
    }
}

fn footer(due: u32, choose: bool) -> String {
    let due = match due {
        0 => String::new(),
        due => format!("{due} due today · "),
    };
    let how = if choose {
        "Choose what it prints"
    } else {
        "Answer aloud before you look"
    };
    format!("{due}{how}. Practice does not touch your streak.")
}

/// The outputs to choose from, in the order of this quiz; empty where there is nothing to choose.
fn outputs<'a>(question: &'a Question, at: &QuizState) -> Vec<&'a str> {
    let right = question.output.as_deref();
    let wrong = question.wrong_outputs.iter().map(String::as_str);
    let all: Vec<&str> = right.into_iter().chain(wrong).collect();
    if all.len() != OPTION_COUNT {
        return Vec::new();
    }
    at.order.permutation().map(|place| all[place]).into()
}

fn quiz_button(
    style: ButtonStyle,
    label: &str,
    step: QuizAction,
    at: &QuizState,
) -> super::component::Button {
    let at = at.clone();
    button(
        style,
        label,
        &ComponentId::Quiz {
            action: step,
            state: at,
        },
    )
}

/// The form in which a member writes their own answer.
pub fn answer_modal(at: &QuizState) -> Modal {
    let field = TextInput::new(
        TextInputStyle::Paragraph,
        ANSWER_FIELD,
        "As you would say it",
        ANSWER_MAX,
    )
    .placeholder("Only you see it, beside the model answer. It is not kept.");
    Modal::new(
        "My answer",
        ModalId::Quiz(at.clone()).custom_id(),
        vec![field],
    )
}

/// The model answer, and the question which of its points were made.
pub fn answer(question: &Question, at: &QuizState, tried: Attempt<'_>) -> Message {
    let choice = |(number, point): (usize, &String)| {
        // Code marks don't show in menus.
        SelectOption::new(&point.replace('`', ""), number.to_string())
    };
    let choices: Vec<SelectOption> = question.points.iter().enumerate().map(choice).collect();
    let points = choices.len();
    let id = ComponentId::Quiz {
        action: QuizAction::Points,
        state: at.clone(),
    };
    let menu = StringSelect::new(id.custom_id(), "Which of these did you say?", choices)
        .value_range(1, points);
    let mut message = Message::embed(answer_embed(question))
        .select(menu)
        .buttons(vec![
            quiz_button(
                ButtonStyle::Secondary,
                "None of them",
                QuizAction::NoPoints,
                at,
            ),
            quiz_button(
                ButtonStyle::Secondary,
                "Next, without a score",
                QuizAction::Next,
                at,
            ),
            report_button(question),
        ]);
    message.content = Some(attempt_text(question, at, tried));
    message
}

fn attempt_text(question: &Question, at: &QuizState, tried: Attempt<'_>) -> String {
    match tried {
        Attempt::Unknown => String::new(),
        Attempt::Text(text) => {
            let lines: Vec<String> = text
                .trim()
                .lines()
                .map(|line| format!("> {line}"))
                .collect();
            let text = format!("**You wrote**\n{}", lines.join("\n"));
            truncate(&text, CONTENT_MAX)
        }
        Attempt::Output(place) => chosen_output_text(question, at, usize::from(place)),
    }
}

fn chosen_output_text(question: &Question, at: &QuizState, place: usize) -> String {
    let (outputs, places) = (outputs(question, at), at.order.permutation());
    let (Some(printed), Some(letter)) = (outputs.get(place), OPTION_LETTERS.get(place)) else {
        return String::new();
    };
    let verdict = if places.get(place) == Some(&0) {
        "that is what it prints. ✅"
    } else {
        "that is not what it prints. ❌"
    };
    format!(
        "You chose **{letter}**: {verdict}\n{}",
        output_block(printed)
    )
}

/// The score beside the answer. What the member wrote stays above.
pub fn score_message(question: &Question, at: &QuizState, score: &Score) -> Message {
    let embed = Embed {
        title: Some(title(score)),
        description: Some(format!(
            "{}\n{}",
            next_review_text(score),
            remaining_due_text(score)
        )),
        color: color(question.level),
        ..Embed::default()
    };
    let next = quiz_button(ButtonStyle::Primary, "Next", QuizAction::Next, at);
    let mut message =
        Message::embed(answer_embed(question)).buttons(vec![next, report_button(question)]);
    message.embeds.push(embed);
    message.keep_content()
}

fn title(score: &Score) -> String {
    if !score.is_new {
        return "This one was counted before".into();
    }
    let (made, points) = score.points;
    let points = pluralize(points, "key point", "key points");
    format!("{made} of {points}: {}", score.review.rating.as_str())
}

fn next_review_text(score: &Score) -> String {
    let review = score.review;
    let day = review.due.strftime("%a %-d %b %Y");
    let again = if review.rating == Rating::Again && review.last == score.today {
        " You can try it once more today."
    } else {
        ""
    };
    format!(
        "It comes again {} ({day}).{again}",
        relative_day(score.today, review.due)
    )
}

fn remaining_due_text(score: &Score) -> String {
    match score.due {
        0 => "Nothing else is due today.".into(),
        due => format!("{due} more due today."),
    }
}

/// A day in words: "tomorrow", "in 9 days".
pub fn relative_day(today: Date, day: Date) -> String {
    let days = today.until(day).map_or(0, |span| span.get_days());
    match days {
        ..=0 => "today".into(),
        1 => "tomorrow".into(),
        days => format!("in {days} days"),
    }
}

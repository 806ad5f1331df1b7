//! Practice at any time: one message for one member, edited from question to hint to answer to score.

use std::iter;

use jiff::civil::Date;

use super::component::{Choice, Menu, Style};
use super::daily::{asked, button, color, topic};
use super::feedback::report_button;
use super::message::{CONTENT_MAX, Embed, Message};
use super::modal::{Field, Modal, Room};
use super::reveal::answer_embed;
use super::text::{count, cut, output};
use crate::bank::Question;
use crate::bot::press::{Form, Press};
use crate::bot::quiz::{OPTIONS, Quiz, Step};
use crate::practice::question_picker::PickReason;
use crate::practice::review::{Rating, Review};

/// Characters of an answer that a member writes for themselves: it is shown back with marks before its
/// lines, in a text of 2,000.
const WRITTEN_MAX: usize = 1500;

/// The name of the field in which a member writes.
pub const WRITTEN: &str = "answer";

/// The outputs are offered under these letters.
const LETTERS: [&str; OPTIONS] = ["A", "B", "C", "D"];

/// What is known when a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Why it comes.
    pub why: PickReason,
    /// How many reviews are due today, this one included.
    pub due: u32,
}

/// What a member did before the answer was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried<'a> {
    /// Nothing that we know of.
    Nothing,
    /// They wrote an answer.
    Written(&'a str),
    /// They chose an output, by its place.
    Chose(u8),
}

/// How a review went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Key points that were made, and how many there are.
    pub points: (usize, usize),
    /// The memory after it.
    pub review: Review,
    /// Whether it was entered now, or had been before.
    pub new: bool,
    /// The team's local date.
    pub today: Date,
    /// How many reviews are still due today.
    pub due: u32,
}

/// The question, with the hint if it was asked for.
pub fn question(question: &Question, at: &Quiz, card: Card, hint: bool) -> Message {
    let outputs = outputs(question, at);
    let choice = |(letter, printed): (&&str, &&str)| format!("**{letter}**\n{}", output(printed));
    let choices = LETTERS.iter().zip(&outputs).map(choice);
    let text: Vec<String> = iter::once(asked(question)).chain(choices).collect();
    let mut embed = Embed {
        title: Some("Practice".into()),
        description: Some(text.join("\n")),
        color: color(question.level),
        ..Embed::default()
    }
    .inline("Level", question.level.to_string())
    .inline("Topic", topic(&question.topic))
    .inline("Why now", why(card.why));
    if hint {
        embed = embed.field("How to answer", question.how_to_answer.as_str());
    }
    let message = Message::embed(embed.footer(footer(card.due, !outputs.is_empty())));
    let press = |style, label: &str, step| pressed(style, label, step, at);
    let hint = (!hint).then(|| press(Style::Secondary, "Hint", Step::Hint));
    let another = press(Style::Secondary, "Another", Step::Next);
    if outputs.is_empty() {
        let own = press(Style::Secondary, "Write my answer", Step::Write);
        let answer = press(Style::Primary, "Show the answer", Step::Answer);
        return message.buttons(hint.into_iter().chain([own, answer, another]).collect());
    }
    let choose = |(place, letter): (u8, &&str)| press(Style::Primary, letter, Step::Choose(place));
    let answer = press(Style::Secondary, "I don't know", Step::Answer);
    message
        .buttons((0..).zip(&LETTERS).map(choose).collect())
        .buttons(hint.into_iter().chain([answer, another]).collect())
}

fn why(why: PickReason) -> &'static str {
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
fn outputs<'a>(question: &'a Question, at: &Quiz) -> Vec<&'a str> {
    let right = question.output.as_deref();
    let wrong = question.wrong_outputs.iter().map(String::as_str);
    let all: Vec<&str> = right.into_iter().chain(wrong).collect();
    if all.len() != OPTIONS {
        return Vec::new();
    }
    at.order.places().map(|place| all[place]).into()
}

fn pressed(style: Style, label: &str, step: Step, at: &Quiz) -> super::component::Button {
    let at = at.clone();
    button(style, label, &Press::Quiz { step, at })
}

/// The form in which a member writes their own answer.
pub fn form(at: &Quiz) -> Modal {
    let field = Field::new(Room::Paragraph, WRITTEN, "As you would say it", WRITTEN_MAX)
        .placeholder("Only you see it, beside the model answer. It is not kept.");
    Modal::new("My answer", Form::Quiz(at.clone()).custom_id(), vec![field])
}

/// The model answer, and the question which of its points were made.
pub fn answer(question: &Question, at: &Quiz, tried: Tried<'_>) -> Message {
    let choice = |(number, point): (usize, &String)| {
        // Code marks don't show in menus.
        Choice::new(&point.replace('`', ""), number.to_string())
    };
    let choices: Vec<Choice> = question.points.iter().enumerate().map(choice).collect();
    let points = choices.len();
    let id = Press::Quiz {
        step: Step::Points,
        at: at.clone(),
    };
    let menu =
        Menu::new(id.custom_id(), "Which of these did you say?", choices).choosing(1, points);
    let mut message = Message::embed(answer_embed(question))
        .menu(menu)
        .buttons(vec![
            pressed(Style::Secondary, "None of them", Step::NoPoints, at),
            pressed(Style::Secondary, "Next, without a score", Step::Next, at),
            report_button(question),
        ]);
    message.content = Some(what_was_tried(question, at, tried));
    message
}

fn what_was_tried(question: &Question, at: &Quiz, tried: Tried<'_>) -> String {
    match tried {
        Tried::Nothing => String::new(),
        Tried::Written(text) => {
            let lines: Vec<String> = text
                .trim()
                .lines()
                .map(|line| format!("> {line}"))
                .collect();
            let text = format!("**You wrote**\n{}", lines.join("\n"));
            cut(&text, CONTENT_MAX)
        }
        Tried::Chose(place) => chosen(question, at, usize::from(place)),
    }
}

fn chosen(question: &Question, at: &Quiz, place: usize) -> String {
    let (outputs, places) = (outputs(question, at), at.order.places());
    let (Some(printed), Some(letter)) = (outputs.get(place), LETTERS.get(place)) else {
        return String::new();
    };
    let verdict = if places.get(place) == Some(&0) {
        "that is what it prints. ✅"
    } else {
        "that is not what it prints. ❌"
    };
    format!("You chose **{letter}**: {verdict}\n{}", output(printed))
}

/// The score beside the answer. What the member wrote stays above.
pub fn scored(question: &Question, at: &Quiz, score: &Score) -> Message {
    let embed = Embed {
        title: Some(title(score)),
        description: Some(format!("{}\n{}", comes_back(score), still_due(score))),
        color: color(question.level),
        ..Embed::default()
    };
    let next = pressed(Style::Primary, "Next", Step::Next, at);
    let mut message =
        Message::embed(answer_embed(question)).buttons(vec![next, report_button(question)]);
    message.embeds.push(embed);
    message.keeping_text()
}

fn title(score: &Score) -> String {
    if !score.new {
        return "This one was counted before".into();
    }
    let (made, points) = score.points;
    let points = count(points, "key point", "key points");
    format!("{made} of {points}: {}", score.review.rating.as_str())
}

fn comes_back(score: &Score) -> String {
    let review = score.review;
    let day = review.due.strftime("%a %-d %b %Y");
    let again = if review.rating == Rating::Again && review.last == score.today {
        " You can try it once more today."
    } else {
        ""
    };
    format!(
        "It comes again {} ({day}).{again}",
        days_ahead(score.today, review.due)
    )
}

fn still_due(score: &Score) -> String {
    match score.due {
        0 => "Nothing else is due today.".into(),
        due => format!("{due} more due today."),
    }
}

/// A day in words: "tomorrow", "in 9 days".
pub fn days_ahead(today: Date, day: Date) -> String {
    let days = today.until(day).map_or(0, |span| span.get_days());
    match days {
        ..=0 => "today".into(),
        1 => "tomorrow".into(),
        days => format!("in {days} days"),
    }
}

//! Length limits of single texts.
//!
//! Each limit is below the limit of the part of a Discord message in which the field is shown
//! (Discord docs, resources/message, "Embed Limits"; components/reference). Texts that share a
//! part may still be too long together; only the code that renders the messages can measure that
//! (see [`Bank::check`](super::Bank::check)).

use super::question::Question;
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Maximum length of an id in characters: with the other data of a button it fits a custom id of
/// 100 characters.
pub const ID_MAX: usize = 45;

/// Maximum length of a topic in characters.
pub const TOPIC_MAX: usize = 30;

/// Maximum number of tags: more would hardly tell entries apart.
const TAGS_MAX: usize = 5;

/// Maximum length of a tag in characters, like that of a topic.
const TAG_MAX: usize = TOPIC_MAX;

/// Maximum lengths of text fields in characters.
const FIELD_LIMITS: [(&str, usize); 7] = [
    ("question", 300),
    ("answer", 1400),
    ("how_to_answer", 900),
    ("example_answer", 1000),
    ("code", 900),
    ("broken", 900),
    ("follow_up", 200),
];

/// Maximum length of a program's output in characters.
const OUTPUT_MAX: usize = 400;

/// Maximum length of all points together, and of all pitfalls, in characters: each list is one
/// embed field of 1024, with a bullet and a line break per item.
const LIST_MAX: usize = 900;

/// Maximum length of a point in characters: it becomes an option of a select menu (Discord docs,
/// components/reference, "Select Option Structure").
const POINT_MAX: usize = 100;

/// Maximum number of lines of a program: more does not fit the screen of a phone.
const CODE_LINES_MAX: usize = 15;

/// Returns an error for each text that is too long and each list with a wrong number of items.
pub fn check(entry: &SourcedQuestion, source: &Source) -> Vec<Diagnostic> {
    let question = &entry.question;
    let mut diagnostics = Vec::new();
    let mut report = |field: &str, message: String, fix: &str| {
        diagnostics.push(entry.error(source, field, message).fix(fix));
    };
    let named = [
        ("id", &question.id, ID_MAX),
        ("topic", &question.topic, TOPIC_MAX),
    ];
    for (field, text, max) in named {
        if let Some(excess) = check_length(text, max) {
            report(field, excess.message(field), "shorten it");
        }
    }
    for (field, max) in FIELD_LIMITS {
        if let Some(excess) = field_text(question, field).and_then(|text| check_length(text, max)) {
            report(field, excess.message(field), "shorten it");
        }
    }
    for (field, printed) in [
        ("output", &question.output),
        ("broken_output", &question.broken_output),
    ] {
        if let Some(excess) = printed
            .as_ref()
            .and_then(|text| check_length(text, OUTPUT_MAX))
        {
            report(field, excess.message(field), "make the program print less");
        }
    }
    for (number, text) in (1..).zip(&question.wrong_outputs) {
        if let Some(excess) = check_length(text, OUTPUT_MAX) {
            let message = excess.message(&format!("wrong output {number}"));
            report("wrong_outputs", message, "shorten it");
        }
    }
    for (field, code) in [("code", &question.code), ("broken", &question.broken)] {
        let lines = code.as_ref().map_or(0, |code| code.lines().count());
        if lines > CODE_LINES_MAX {
            report(
                field,
                format!(
                    "`{field}` has {lines} lines, {} more than the limit of {CODE_LINES_MAX}",
                    lines - CODE_LINES_MAX
                ),
                "shorten the program",
            );
        }
    }
    check_lists(question, &mut report);
    check_tags(question, &mut report);
    diagnostics
}

fn check_lists(question: &Question, report: &mut impl FnMut(&str, String, &str)) {
    for (field, items, counts) in [
        ("points", &question.points, 3..=6),
        ("pitfalls", &question.pitfalls, 1..=4),
    ] {
        if !counts.contains(&items.len()) {
            let message = format!(
                "`{field}` has {} items, but needs {} to {}",
                items.len(),
                counts.start(),
                counts.end()
            );
            report(field, message, "add or remove items");
        }
        if let Some(excess) = check_length(&items.join("\n• "), LIST_MAX) {
            report(field, excess.message(field), "shorten the items");
        }
    }
    for (index, point) in (1..).zip(&question.points) {
        if let Some(excess) = check_length(point, POINT_MAX) {
            report(
                "points",
                excess.message(&format!("point {index}")),
                "shorten it",
            );
        }
    }
}

fn check_tags(question: &Question, report: &mut impl FnMut(&str, String, &str)) {
    let count = question.tags.len();
    if count > TAGS_MAX {
        let message = format!("`tags` has {count} items, but at most {TAGS_MAX} are allowed");
        report("tags", message, "keep those that say most");
    }
    for (index, tag) in (1..).zip(&question.tags) {
        if let Some(excess) = check_length(tag, TAG_MAX) {
            report(
                "tags",
                excess.message(&format!("tag {index}")),
                "shorten it",
            );
        }
    }
}

fn field_text<'q>(question: &'q Question, field: &str) -> Option<&'q String> {
    match field {
        "question" => Some(&question.question),
        "answer" => Some(&question.answer),
        "how_to_answer" => Some(&question.how_to_answer),
        "example_answer" => Some(&question.example_answer),
        "code" => question.code.as_ref(),
        "broken" => question.broken.as_ref(),
        "follow_up" => Some(&question.follow_up),
        _ => None,
    }
}

/// A text that is too long.
struct Excess {
    length: usize,
    max: usize,
}

impl Excess {
    fn message(&self, name: &str) -> String {
        let name = if name.contains(' ') {
            name.to_owned()
        } else {
            format!("`{name}`")
        };
        let over = self.length - self.max;
        format!(
            "{name} has {} characters, {over} more than the limit of {}",
            self.length, self.max
        )
    }
}

fn check_length(text: &str, max: usize) -> Option<Excess> {
    let length = text.chars().count();
    (length > max).then_some(Excess { length, max })
}

//! Length limits of single texts.
//!
//! Each limit is below the limit of the part of a Discord message in which the field is shown
//! (Discord docs, resources/message, "Embed Limits"; components/reference). Texts that share a
//! part may still be too long together; only the code that renders the messages can measure that
//! (see [`Bank::check`](super::Bank::check)).

use std::ops::RangeInclusive;

use super::field_error::FieldError;
use super::question::Question;

/// Maximum length of an id in characters: with the other data of a button it fits a custom id of
/// 100 characters.
pub const ID_MAX: usize = 45;

/// Maximum length of a topic in characters.
pub const TOPIC_MAX: usize = 30;

/// Maximum number of tags: more would hardly tell entries apart.
pub(crate) const TAGS_MAX: usize = 5;

/// Maximum length of a tag in characters, like that of a topic.
pub(crate) const TAG_MAX: usize = TOPIC_MAX;

/// Maximum length of a question in characters.
pub(crate) const QUESTION_MAX: usize = 300;

/// Maximum lengths of text fields in characters.
const FIELD_LIMITS: [(&str, usize); 7] = [
    ("question", QUESTION_MAX),
    ("answer", 1400),
    ("how_to_answer", 900),
    ("example_answer", 1000),
    ("code", 900),
    ("broken", 900),
    ("follow_up", 200),
];

/// Maximum length of a program's output in characters.
pub(crate) const OUTPUT_MAX: usize = 400;

/// Maximum length of all points together, and of all pitfalls, in characters: each list is one
/// embed field of 1024, with a bullet and a line break per item.
const LIST_MAX: usize = 900;

/// Maximum length of a point in characters: it becomes an option of a select menu (Discord docs,
/// components/reference, "Select Option Structure").
const POINT_MAX: usize = 100;

/// Maximum number of lines of a program: more does not fit the screen of a phone.
pub(crate) const CODE_LINES_MAX: usize = 15;

/// Returns an error for each text that is too long and each list with a wrong number of items.
/// Built-in questions need key points and pitfalls.
pub fn check(question: &Question, built_in: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_texts(question, &mut errors);
    check_programs(question, &mut errors);
    let counts = if built_in {
        [3..=6, 1..=4]
    } else {
        [0..=6, 0..=4]
    };
    check_lists(question, counts, &mut errors);
    check_tags(question, &mut errors);
    errors
}

fn check_texts(question: &Question, errors: &mut Vec<FieldError>) {
    let names = [
        ("id", &question.id, ID_MAX),
        ("topic", &question.topic, TOPIC_MAX),
    ];
    let texts = FIELD_LIMITS
        .into_iter()
        .filter_map(|(field, max)| Some((field, field_text(question, field)?, max)));
    for (field, text, max) in names.into_iter().chain(texts) {
        if let Some(excess) = check_length(text, max) {
            let message = excess.message(field);
            errors.push(FieldError::new(field, message, "shorten it"));
        }
    }
}

fn check_programs(question: &Question, errors: &mut Vec<FieldError>) {
    let outputs = [
        ("output", &question.output),
        ("broken_output", &question.broken_output),
    ];
    for (field, printed) in outputs {
        let text = printed.as_ref();
        if let Some(excess) = text.and_then(|text| check_length(text, OUTPUT_MAX)) {
            let fix = "make the program print less";
            errors.push(FieldError::new(field, excess.message(field), fix));
        }
    }
    for (number, text) in (1..).zip(&question.wrong_outputs) {
        if let Some(excess) = check_length(text, OUTPUT_MAX) {
            let message = excess.message(&format!("wrong output {number}"));
            errors.push(FieldError::new("wrong_outputs", message, "shorten it"));
        }
    }
    for (field, code) in [("code", &question.code), ("broken", &question.broken)] {
        let lines = code.as_ref().map_or(0, |code| code.lines().count());
        if lines > CODE_LINES_MAX {
            let message = format!(
                "`{field}` has {lines} lines, {} more than the limit of {CODE_LINES_MAX}",
                lines - CODE_LINES_MAX
            );
            errors.push(FieldError::new(field, message, "shorten the program"));
        }
    }
}

fn check_lists(
    question: &Question,
    [points, pitfalls]: [RangeInclusive<usize>; 2],
    errors: &mut Vec<FieldError>,
) {
    for (field, items, counts) in [
        ("points", &question.points, points),
        ("pitfalls", &question.pitfalls, pitfalls),
    ] {
        let count = items.len();
        if !counts.contains(&count) {
            let (min, max) = counts.into_inner();
            let message = if min == 0 {
                format!("`{field}` has {count} items, but at most {max} are allowed")
            } else {
                format!("`{field}` has {count} items, but needs {min} to {max}")
            };
            errors.push(FieldError::new(field, message, "add or remove items"));
        }
        if let Some(excess) = check_length(&items.join("\n• "), LIST_MAX) {
            let message = excess.message(field);
            errors.push(FieldError::new(field, message, "shorten the items"));
        }
    }
    for (index, point) in (1..).zip(&question.points) {
        if let Some(excess) = check_length(point, POINT_MAX) {
            let message = excess.message(&format!("point {index}"));
            errors.push(FieldError::new("points", message, "shorten it"));
        }
    }
}

fn check_tags(question: &Question, errors: &mut Vec<FieldError>) {
    let count = question.tags.len();
    if count > TAGS_MAX {
        let message = format!("`tags` has {count} items, but at most {TAGS_MAX} are allowed");
        let fix = "keep those that say most";
        errors.push(FieldError::new("tags", message, fix));
    }
    for (index, tag) in (1..).zip(&question.tags) {
        if let Some(excess) = check_length(tag, TAG_MAX) {
            let message = excess.message(&format!("tag {index}"));
            errors.push(FieldError::new("tags", message, "shorten it"));
        }
    }
}

fn field_text<'q>(question: &'q Question, field: &str) -> Option<&'q String> {
    match field {
        "question" => Some(&question.question),
        "answer" => Some(&question.answer),
        "how_to_answer" => question.how_to_answer.as_ref(),
        "example_answer" => question.example_answer.as_ref(),
        "code" => question.code.as_ref(),
        "broken" => question.broken.as_ref(),
        "follow_up" => question.follow_up.as_ref(),
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

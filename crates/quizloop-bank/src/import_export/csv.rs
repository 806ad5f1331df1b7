//! CSV with a header (RFC 4180, UTF-8): one column per key. A list is a cell with one item per
//! line. Outputs may contain line breaks, so a list of outputs is JSON instead. Tags are separated by
//! spaces.

use super::super::question::Question;
use super::super::read::KEYS;
use super::question_record::QuestionRecord;
use super::record::{BULLETS, needs_json};

/// Exports the questions as CSV.
pub fn csv(questions: &[&Question]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(KEYS);
    for question in questions {
        let _ = writer.write_record(record(&QuestionRecord::unchanged(question)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the cells, in the order of [`KEYS`].
fn record(one: &QuestionRecord<'_>) -> [String; KEYS.len()] {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        one.id.to_owned(),
        one.number
            .map(|number| number.to_string())
            .unwrap_or_default(),
        one.topic.to_owned(),
        one.level.unwrap_or_default().to_owned(),
        one.kind.unwrap_or_default().to_owned(),
        one.tags.join(" "),
        one.asked.unwrap_or_default().to_owned(),
        optional(&one.since),
        one.question.clone(),
        one.answer.clone(),
        optional(&one.how_to_answer),
        optional(&one.example_answer),
        item_lines(&one.points),
        item_lines(&one.pitfalls),
        optional(&one.code),
        optional(&one.output),
        json_list(&one.wrong_outputs),
        optional(&one.broken),
        optional(&one.broken_output),
        optional(&one.python),
        one.docs.unwrap_or_default().to_owned(),
        optional(&one.follow_up),
    ]
}

/// Formats a list as JSON; an empty list is an empty cell.
fn json_list(texts: &[String]) -> String {
    if texts.is_empty() {
        return String::new();
    }
    // Serializing strings cannot fail.
    serde_json::to_string(texts).unwrap_or_default()
}

/// Formats a list with one item per line, or as JSON if it would be split in another way. Importing removes a bullet from each line, so an item
/// that starts with a bullet gets a second one.
fn item_lines(items: &[String]) -> String {
    if needs_json(items) {
        return json_list(items);
    }
    let has_bullet = |item: &str| BULLETS.iter().any(|bullet| item.starts_with(bullet));
    let line = |item: &String| {
        let bullet = if has_bullet(item) { BULLETS[0] } else { "" };
        format!("{bullet}{item}")
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

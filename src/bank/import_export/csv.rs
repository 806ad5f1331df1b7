//! CSV with a header: a column a key, lists with a line an item (RFC 4180, UTF-8). Outputs have lines of their own,
//! so a list of them is JSON.

use super::super::question::Question;
use super::super::read::KEYS;
use super::import::BULLETS;
use super::question_record::QuestionRecord;

/// The questions as CSV.
pub fn csv(questions: &[&Question]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(KEYS);
    for question in questions {
        let _ = writer.write_record(record(&QuestionRecord::unchanged(question)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The cells, in the order of [`KEYS`].
fn record(one: &QuestionRecord<'_>) -> [String; KEYS.len()] {
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        one.id.to_owned(),
        one.number.to_string(),
        one.topic.to_owned(),
        one.level.to_owned(),
        one.kind.to_owned(),
        one.question.clone(),
        one.answer.clone(),
        one.how_to_answer.clone(),
        one.example_answer.clone(),
        item_lines(&one.points),
        item_lines(&one.pitfalls),
        maybe(&one.code),
        maybe(&one.output),
        json_list(&one.wrong_outputs),
        maybe(&one.broken),
        maybe(&one.broken_output),
        one.python.clone(),
        one.docs.to_owned(),
        one.follow_up.clone(),
    ]
}

/// A list in JSON; an empty one is an empty cell.
fn json_list(texts: &[String]) -> String {
    if texts.is_empty() {
        return String::new();
    }
    // Texts always have a form in JSON.
    serde_json::to_string(texts).unwrap_or_default()
}

/// A line an item. Reading takes a bullet away, so an item that begins with one gets another.
fn item_lines(items: &[String]) -> String {
    let has_bullet = |item: &str| BULLETS.iter().any(|bullet| item.starts_with(bullet));
    let line = |item: &String| {
        let more = if has_bullet(item) { BULLETS[0] } else { "" };
        format!("{more}{item}")
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

//! JSON: a list of objects with the keys of a question file, or one object.

use serde::Serialize;

use super::super::question::Question;
use super::question_record::QuestionRecord;

/// Exports the questions as JSON.
pub fn json(questions: &[&Question]) -> String {
    let records: Vec<_> = questions
        .iter()
        .map(|one| QuestionRecord::unchanged(one))
        .collect();
    pretty(&records)
}

/// Exports a question as a JSON object, with all its texts unchanged.
pub fn json_object(question: &Question) -> String {
    pretty(&QuestionRecord::unchanged(question))
}

fn pretty(records: &impl Serialize) -> String {
    // Serializing strings, numbers and lists cannot fail.
    serde_json::to_string_pretty(records).unwrap_or_default() + "\n"
}

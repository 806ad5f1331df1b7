//! JSON: a list of objects with the keys of a question file.

use super::super::question::Question;
use super::question_record::QuestionRecord;

/// The questions as JSON.
pub fn json(questions: &[&Question]) -> String {
    let written: Vec<_> = questions
        .iter()
        .map(|one| QuestionRecord::unchanged(one))
        .collect();
    // Strings, numbers and lists always have a form in JSON.
    serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
}

//! Question files, written so that people like to edit them.

use serde::Serialize;
use textwrap::{Options, WordSplitter};

use super::super::question::Question;
use super::question_record::QuestionRecord;

/// Columns at which prose is wrapped.
const WIDTH: usize = 100;

#[derive(Serialize)]
struct QuestionFile<'q> {
    question: Vec<QuestionRecord<'q>>,
}

/// The questions as a question file.
pub fn pack(questions: &[&Question]) -> String {
    let question = questions
        .iter()
        .map(|one| QuestionRecord::new(one, wrap, with_final_newline))
        .collect();
    // Strings, numbers and lists always have a form in TOML.
    toml::to_string_pretty(&QuestionFile { question }).unwrap_or_default()
}

/// Prose wrapped; reading joins the lines again.
fn wrap(text: &str) -> String {
    // Only at spaces: reading puts one where a line ended.
    let options = Options::new(WIDTH)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    let paragraphs: Vec<_> = text
        .split("\n\n")
        .map(|one| textwrap::fill(one, &options))
        .collect();
    paragraphs.join("\n\n")
}

/// Programs end with a line end, so that they are written as lines.
fn with_final_newline(text: &str) -> String {
    format!("{text}\n")
}

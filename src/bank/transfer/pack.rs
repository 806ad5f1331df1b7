//! Question files, written so that people like to edit them.

use serde::Serialize;
use textwrap::{Options, WordSplitter};

use super::super::question::Question;
use super::written::Written;

/// Columns at which prose is wrapped.
const WIDTH: usize = 100;

#[derive(Serialize)]
struct File<'q> {
    question: Vec<Written<'q>>,
}

/// The questions as a question file.
pub fn pack(questions: &[&Question]) -> String {
    let question = questions
        .iter()
        .map(|one| Written::new(one, wrapped, lines))
        .collect();
    // Strings, numbers and lists always have a form in TOML.
    toml::to_string_pretty(&File { question }).unwrap_or_default()
}

/// Prose wrapped; reading joins the lines again.
fn wrapped(text: &str) -> String {
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
fn lines(text: &str) -> String {
    format!("{text}\n")
}

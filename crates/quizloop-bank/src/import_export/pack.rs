//! Export of question files, formatted for editing by hand.

use serde::Serialize;
use textwrap::{Options, WordSplitter};

use super::super::question::Question;
use super::super::reflow::reflow_blocks;
use super::question_record::QuestionRecord;

/// Column at which prose is wrapped.
const WIDTH: usize = 100;

#[derive(Serialize)]
struct QuestionFile<'q> {
    question: Vec<QuestionRecord<'q>>,
}

/// Exports the questions as a question file.
pub fn pack(questions: &[&Question]) -> String {
    let question = questions
        .iter()
        .map(|one| QuestionRecord::new(one, wrap, with_final_newline))
        .collect();
    // Serializing strings, numbers and lists cannot fail.
    toml::to_string_pretty(&QuestionFile { question }).unwrap_or_default()
}

/// Wraps prose. Reading joins the lines again.
///
/// A paragraph in which a line break would replace several spaces, which matter in code such as
/// `` `x  =  1` ``, stays on one line, and so does a text with a code block.
fn wrap(text: &str) -> String {
    if text.contains("```") {
        return text.to_owned();
    }
    // Breaks lines only at spaces, because reading joins lines with a space.
    let options = Options::new(WIDTH)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    let paragraphs: Vec<_> = text
        .split("\n\n")
        .map(|one| {
            let wrapped = textwrap::fill(one, &options);
            if !one.contains('\n') && reflow_blocks(&wrapped) == one {
                wrapped
            } else {
                one.to_owned()
            }
        })
        .collect();
    paragraphs.join("\n\n")
}

/// Adds a final newline, so that the serializer writes the program as a multi-line string.
fn with_final_newline(text: &str) -> String {
    format!("{text}\n")
}

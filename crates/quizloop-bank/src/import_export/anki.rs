//! Export for Anki's text import (Anki manual, "Importing: Text Files"): tab-separated HTML. The
//! question id is the note's GUID, so that a later import updates the notes instead of duplicating
//! them.

use super::super::markup::{StyledSpan, styled_spans};
use super::super::question::{Kind, Question};

/// Header of the file. The GUID and the tags are not fields of the note.
const HEADER: &str = "#separator:tab\n#html:true\n#notetype:Basic\n#deck:Python asyncio\n\
                      #columns:GUID\tFront\tBack\tTags\n#guid column:1\n#tags column:4\n";

/// Exports the questions for Anki: front, back and tags.
pub fn anki(questions: &[&Question]) -> String {
    let notes = questions.iter().map(|question| {
        let cells = [
            format!("quizloop-{}", question.id),
            front(question),
            back(question),
            format!(
                "quizloop {} {} {}",
                question.topic, question.level, question.kind
            ),
        ];
        cells.map(|cell| one_line(&cell)).join("\t") + "\n"
    });
    HEADER.to_owned() + &notes.collect::<String>()
}

fn front(question: &Question) -> String {
    let code = match question.kind {
        Kind::Predict => question.code.as_deref(),
        Kind::Bug => question.broken.as_deref(),
        Kind::Concept | Kind::Compare | Kind::Design => None,
    };
    prose(&question.question) + &code.map(program).unwrap_or_default()
}

fn back(question: &Question) -> String {
    let mut back = prose(&question.answer);
    if question.kind != Kind::Predict {
        back += &question.code.as_deref().map(program).unwrap_or_default();
    }
    back += &question.output.as_deref().map(program).unwrap_or_default();
    let lists = [
        ("Key points", &question.points),
        ("Pitfalls", &question.pitfalls),
    ];
    for (name, items) in lists {
        let items: Vec<_> = items
            .iter()
            .map(|item| html_element("li", &styled_html(item)))
            .collect();
        back += &html_element("p", &html_element("b", name));
        back += &html_element("ul", &items.concat());
    }
    let docs = escape(&question.docs);
    back + &html_element("p", &format!("<a href=\"{docs}\">{docs}</a>"))
}

fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n");
    paragraphs
        .map(|one| html_element("p", &styled_html(one)))
        .collect()
}

fn styled_html(paragraph: &str) -> String {
    let html = |span| match span {
        StyledSpan::Plain(text) => escape(text),
        StyledSpan::Bold(text) => html_element("b", &escape(text)),
        StyledSpan::Code(text) => html_element("code", &escape(text)),
    };
    styled_spans(paragraph).into_iter().map(html).collect()
}

fn program(text: &str) -> String {
    html_element("pre", &escape(text))
}

fn html_element(tag: &str, html: &str) -> String {
    format!("<{tag}>{html}</{tag}>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Puts a cell on one line, as Anki requires: line breaks become `<br>`, and tabs become spaces.
fn one_line(cell: &str) -> String {
    cell.replace('\t', "    ").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::super::super::{Bank, built_in};
    use super::*;

    #[test]
    fn a_note() {
        let (bank, _) = Bank::load(built_in(), &[]);
        insta::assert_snapshot!("anki", anki(&[&bank.questions()[0]]));
    }

    #[test]
    fn each_note_is_one_line_of_four_cells() {
        let (bank, _) = Bank::load(built_in(), &[]);
        let all: Vec<_> = bank.questions().iter().collect();
        let text = anki(&all);
        let notes: Vec<_> = text.lines().skip(HEADER.lines().count()).collect();
        assert_eq!(notes.len(), all.len());
        for note in notes {
            assert_eq!(note.matches('\t').count(), 3, "{note}");
        }
    }
}

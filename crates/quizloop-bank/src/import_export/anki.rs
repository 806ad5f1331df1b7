//! Export for Anki's text import (Anki manual, "Importing: Text Files"): tab-separated HTML. The
//! GUID of a note depends on the question's id only, so that a later import updates the notes
//! instead of duplicating them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::super::markup::{Block, StyledSpan, blocks, styled_spans};
use super::super::question::{Kind, Level, Question};

/// How questions become Anki notes. The default is one card per question, with tags, in the deck
/// "Python asyncio".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnkiOptions {
    pub deck: AnkiDeckName,
    pub cards: AnkiCards,
    /// Leaves out the tags. An import replaces all tags of existing notes if the file has tags,
    /// and keeps them if it has none.
    pub omits_tags: bool,
}

/// What a card asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AnkiCards {
    /// The whole answer to a question.
    #[default]
    Questions,
    /// One key point of an answer, while the others are shown; the whole answer of a question
    /// without key points.
    Points,
}

/// Name of an Anki deck: not empty, and on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnkiDeckName(String);

/// A text is not the name of a deck.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a deck's name is one line of text and not empty")]
pub struct ParseAnkiDeckNameError;

impl Default for AnkiDeckName {
    fn default() -> Self {
        Self("Python asyncio".to_owned())
    }
}

impl fmt::Display for AnkiDeckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AnkiDeckName {
    type Err = ParseAnkiDeckNameError;

    fn from_str(text: &str) -> Result<Self, ParseAnkiDeckNameError> {
        let name = text.trim();
        if name.is_empty() || name.contains(char::is_control) {
            return Err(ParseAnkiDeckNameError);
        }
        Ok(Self(name.to_owned()))
    }
}

/// Exports the questions for Anki: GUID, front, back and, unless they are left out, tags.
pub fn anki(questions: &[&Question], options: &AnkiOptions) -> String {
    let mut text = header(options);
    for question in questions {
        for [guid, front, back] in notes(question, options.cards) {
            let mut cells = vec![guid, left_aligned(&front), left_aligned(&back)];
            if !options.omits_tags {
                cells.push(tags(question));
            }
            let cells: Vec<_> = cells.iter().map(|cell| one_line(cell)).collect();
            text += &cells.join("\t");
            text.push('\n');
        }
    }
    text
}

/// Returns the header of the file. It doesn't name the note type's fields: their names are
/// translated, and if Anki finds none of them, it puts the GUID on the front and nothing on the
/// back. Without names it fills the fields in order, from the columns that are neither the GUID nor
/// the tags.
fn header(options: &AnkiOptions) -> String {
    let tags = if options.omits_tags {
        ""
    } else {
        "#tags column:4\n"
    };
    format!(
        "#separator:tab\n#html:true\n#notetype:Basic\n#deck:{}\n#guid column:1\n{tags}",
        options.deck
    )
}

/// Returns a question's notes: GUID, front and back.
fn notes(question: &Question, cards: AnkiCards) -> Vec<[String; 3]> {
    let guid = format!("quizloop-{}", question.id);
    match cards {
        AnkiCards::Points if !question.points.is_empty() => {
            let points = question.points.iter().enumerate();
            let note = |(index, point): (usize, &String)| {
                // A slash can't occur in an id, so no question has the same GUID.
                let guid = format!("{guid}/point-{}", index + 1);
                [
                    guid,
                    point_front(question, index),
                    point_back(question, point),
                ]
            };
            points.map(note).collect()
        }
        AnkiCards::Questions | AnkiCards::Points => {
            vec![[guid, front(question), back(question)]]
        }
    }
}

/// Returns topic, level, kind and tags, separated by spaces. They are below one parent, so that
/// they don't mix with the user's own. A topic can have the name of a kind or of a tag.
fn tags(question: &Question) -> String {
    let names = [
        Some(question.topic.as_str()),
        question.level.map(Level::name),
        question.kind.map(Kind::name),
    ];
    let tags = question.tags.iter().map(String::as_str);
    let names: BTreeSet<_> = names.into_iter().flatten().chain(tags).collect();
    let tags: Vec<_> = names
        .iter()
        .map(|name| format!("quizloop::{name}"))
        .collect();
    tags.join(" ")
}

fn front(question: &Question) -> String {
    let code = match question.kind {
        Some(Kind::Predict) => question.code.as_deref(),
        Some(Kind::Bug) => question.broken.as_deref(),
        Some(Kind::Concept | Kind::Compare | Kind::Design) | None => None,
    };
    prose(&question.question) + &code.map(program).unwrap_or_default()
}

/// Shows the question with its key points except one.
fn point_front(question: &Question, missing: usize) -> String {
    let points = question.points.iter().enumerate();
    let shown = points.map(|(index, point)| {
        if index == missing {
            html_element("b", "?")
        } else {
            styled_html(point)
        }
    });
    front(question) + &heading("Which key point is missing?") + &list(shown)
}

fn point_back(question: &Question, point: &str) -> String {
    html_element("p", &html_element("b", &styled_html(point)))
        + &collapsed("Model answer", &answer(question))
        + &documentation(question)
}

fn back(question: &Question) -> String {
    answer(question)
        + &section("Key points", &question.points)
        + &section("Pitfalls", &question.pitfalls)
        + &coaching(question)
        + &documentation(question)
}

/// Returns a list with its heading, if it has items.
fn section(name: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    heading(name) + &list(items.iter().map(|item| styled_html(item)))
}

/// Returns the model answer with its programs and outputs.
fn answer(question: &Question) -> String {
    let is_predict = question.kind == Some(Kind::Predict);
    let code_name = if question.broken.is_some() {
        "Fixed code"
    } else {
        "Code"
    };
    let programs = [
        ("Output with the bug", question.broken_output.as_deref()),
        (code_name, question.code.as_deref().filter(|_| !is_predict)),
        ("Output", question.output.as_deref()),
    ];
    let programs = programs
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    let wrong = question.wrong_outputs.iter();
    let wrong = wrong.map(|text| ("Wrong output", text.as_str()));
    let programs = programs.chain(wrong);
    let programs: String = programs
        .map(|(name, text)| heading(name) + &program(text))
        .collect();
    prose(&question.answer) + &programs
}

/// Returns the texts about giving the answer aloud. They are collapsed, because the answer alone
/// fills a phone's screen.
fn coaching(question: &Question) -> String {
    let texts = [
        ("Example answer", &question.example_answer),
        ("How to answer", &question.how_to_answer),
        ("Likely follow-up", &question.follow_up),
    ];
    texts
        .into_iter()
        .filter_map(|(name, text)| Some(collapsed(name, &prose(text.as_deref()?))))
        .collect()
}

fn documentation(question: &Question) -> String {
    let python = question.python.map(|python| format!("Python {python}"));
    let link = question.docs.as_deref().map(|docs| {
        let docs = escape(docs);
        format!("<a href=\"{docs}\">{docs}</a>")
    });
    let parts: Vec<_> = python.into_iter().chain(link).collect();
    if parts.is_empty() {
        return String::new();
    }
    html_element("p", &parts.join(" · "))
}

fn prose(text: &str) -> String {
    let html = |block: Block<'_>| match block {
        Block::Prose(prose) => {
            let paragraphs = prose.split("\n\n");
            paragraphs
                .map(|one| html_element("p", &styled_html(one).replace('\n', "<br>")))
                .collect()
        }
        Block::Code { text, .. } => program(&text),
    };
    blocks(text).into_iter().map(html).collect()
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

fn heading(name: &str) -> String {
    html_element("p", &html_element("b", name))
}

/// Returns a list whose items are HTML.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| html_element("li", &item)).collect();
    html_element("ul", &items)
}

/// Returns a part of the card that stays closed until the reader opens it.
fn collapsed(name: &str, html: &str) -> String {
    let summary = html_element("summary", name);
    html_element("details", &(summary + html))
}

/// Aligns a field to the left. Anki's note type Basic centres every line, also those of programs,
/// whose indentation would be lost.
fn left_aligned(html: &str) -> String {
    format!("<div style=\"text-align: left\">{html}</div>")
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

    fn export(question: &str, options: &AnkiOptions) -> String {
        let (bank, _) = Bank::load(built_in(), &[]);
        anki(&[bank.get(question).unwrap()], options)
    }

    #[test]
    fn a_note() {
        let text = export("asyncio-in-a-nutshell", &AnkiOptions::default());
        insta::assert_snapshot!("anki", text);
    }

    #[test]
    fn tags_are_those_of_the_entry_too_and_none_occurs_twice() {
        let (bank, _) = Bank::load(built_in(), &[]);
        // It has the topic and the tag `queues`.
        let question = bank.get("queue-shutdown").unwrap();
        assert_eq!(
            tags(question),
            "quizloop::concept quizloop::mid quizloop::queues quizloop::shutdown \
             quizloop::version-changes"
        );
    }

    #[test]
    fn a_note_per_key_point() {
        let options = AnkiOptions {
            deck: "Team::Interviews".parse().unwrap(),
            cards: AnkiCards::Points,
            omits_tags: true,
        };
        insta::assert_snapshot!("anki_points", export("asyncio-in-a-nutshell", &options));
    }

    #[test]
    fn a_note_of_a_question_with_nothing_but_an_answer() {
        let question = Question {
            id: "closures".into(),
            question: "What is a closure?".into(),
            answer: "A function with the variables of its scope.".into(),
            ..Question::default()
        };
        let note = |cards| {
            let options = AnkiOptions {
                cards,
                ..AnkiOptions::default()
            };
            let text = anki(&[&question], &options);
            text.lines().last().unwrap().replace('\t', "\n")
        };
        insta::assert_snapshot!(note(AnkiCards::Questions), @r#"
        quizloop-closures
        <div style="text-align: left"><p>What is a closure?</p></div>
        <div style="text-align: left"><p>A function with the variables of its scope.</p></div>
        quizloop::other
        "#);
        assert_eq!(note(AnkiCards::Points), note(AnkiCards::Questions));
    }

    #[test]
    fn every_note_contains_all_texts_and_keeps_the_indentation() {
        let (bank, _) = Bank::load(built_in(), &[]);
        for question in bank.questions() {
            let note = anki(&[question], &AnkiOptions::default());
            let cells: Vec<_> = note.lines().last().unwrap().split('\t').collect();
            for cell in &cells[1..=2] {
                assert!(
                    cell.starts_with("<div style=\"text-align: left\">"),
                    "{cell}"
                );
            }
            let expected = question.text_fields().map(|field| prose(field.text));
            let expected = expected.map(|html| html[3..html.len() - 4].to_owned());
            let programs = question.programs().map(|(_, text)| program(text));
            for text in expected.chain(programs) {
                assert!(note.contains(&one_line(&text)), "{}: {text}", question.id);
            }
            let python = question.python.unwrap();
            assert!(note.contains(&format!("Python {python}")));
        }
    }

    #[test]
    fn each_note_is_one_line_of_four_cells_or_three_without_tags() {
        let (bank, _) = Bank::load(built_in(), &[]);
        let all: Vec<_> = bank.questions().iter().collect();
        let points = all.iter().map(|question| question.points.len()).sum();
        for (cards, number) in [
            (AnkiCards::Questions, all.len()),
            (AnkiCards::Points, points),
        ] {
            for (omits_tags, tabs) in [(false, 3), (true, 2)] {
                let options = AnkiOptions {
                    cards,
                    omits_tags,
                    ..AnkiOptions::default()
                };
                let text = anki(&all, &options);
                let notes: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
                assert_eq!(notes.len(), number);
                for note in notes {
                    assert_eq!(note.matches('\t').count(), tabs, "{note}");
                }
            }
        }
    }

    #[test]
    fn a_deck_name_is_one_line() {
        for bad in ["", " ", "a\nb", "a\tb"] {
            assert!(bad.parse::<AnkiDeckName>().is_err(), "{bad:?}");
        }
        let name: AnkiDeckName = " Team::Interviews ".parse().unwrap();
        assert_eq!(name.to_string(), "Team::Interviews");
    }
}

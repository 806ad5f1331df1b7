//! The blocks after a question: a program, choices, the answer and its explanation.

use super::super::super::markup::{Block, blocks};
use super::super::fields::Field;
use super::super::record::{FieldValue, Record};
use super::outline::{BlockKind, OutlineBlock, outline};
use super::{ANSWER_LABELS, Item, heading_text, label_word};

/// Longest label, in characters, of a choice that is the code block after it.
const CODE_CHOICE_MAX: usize = 2;

/// A choice of a question.
struct Choice {
    text: String,
    is_checked: bool,
}

/// What was read so far.
#[derive(Default)]
struct Body {
    /// Texts before the answer.
    before: Vec<String>,
    /// Programs before the answer.
    code: Vec<String>,
    choices: Vec<Choice>,
    /// Text after "Answer:" on the same line.
    inline_answer: String,
    /// Texts after the choices, or after the word "Answer".
    after: Vec<String>,
    has_label: bool,
}

/// Adds the blocks after a question to its row. Returns whether there are any.
pub(super) fn read(item: &Item<'_>, record: &mut Record) -> bool {
    let rest = dedent(item.rest);
    let mut body = Body::default();
    for block in outline(&rest, item.line + 1).iter().chain(&item.body) {
        body.add(block);
    }
    body.write(&item.question, record)
}

impl Body {
    fn add(&mut self, block: &OutlineBlock<'_>) {
        let source = block.source;
        match &block.kind {
            BlockKind::Rule => {}
            BlockKind::Heading(_) if self.add_label(heading_text(source)) => {}
            BlockKind::Paragraph if self.add_labelled_paragraph(source) => {}
            BlockKind::Bullets if self.add_choices(source) => {}
            BlockKind::Code => self.add_code(source),
            BlockKind::Html => self.add_html(source),
            _ => self.add_text(source),
        }
    }

    fn is_after(&self) -> bool {
        self.has_label || !self.choices.is_empty()
    }

    fn add_text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let texts = if self.is_after() {
            &mut self.after
        } else {
            &mut self.before
        };
        texts.push(text.trim_end().to_owned());
    }

    /// Reads "Answer: D". Returns whether the text is such a label.
    fn add_label(&mut self, text: &str) -> bool {
        if !ANSWER_LABELS.contains(&label_word(text).as_str()) {
            return false;
        }
        self.has_label = true;
        let answer = text.split_once(':').map_or("", |(_, answer)| answer);
        if self.inline_answer.is_empty() {
            answer
                .trim_matches(['*', ' '])
                .clone_into(&mut self.inline_answer);
        }
        true
    }

    fn add_labelled_paragraph(&mut self, source: &str) -> bool {
        let (first, rest) = source.split_once('\n').unwrap_or((source, ""));
        let is_label = self.add_label(first);
        if is_label {
            self.add_text(rest);
        }
        is_label
    }

    /// Reads a list with check boxes or letters. Returns whether the list is one.
    fn add_choices(&mut self, source: &str) -> bool {
        let items = list_items(source);
        let choices: Option<Vec<Choice>> = items.iter().map(|item| choice(item)).collect();
        let Some(choices) = choices.filter(|choices| !choices.is_empty()) else {
            return false;
        };
        self.choices.extend(choices);
        true
    }

    fn add_code(&mut self, source: &str) {
        let is_after = self.is_after();
        match self.choices.last_mut() {
            // "A" or nothing before a code block: the block is the choice.
            Some(choice) if !self.has_label && choice.text.chars().count() <= CODE_CHOICE_MAX => {
                source.trim().clone_into(&mut choice.text);
            }
            _ if is_after => self.after.push(source.trim_end().to_owned()),
            _ => {
                self.before.push(source.trim_end().to_owned());
                self.code.extend(program(source));
            }
        }
    }

    /// Reads the tags around an answer that is folded away.
    fn add_html(&mut self, source: &str) {
        let mut text = source.to_owned();
        if let Some((before, after)) = source.split_once("<summary>")
            && let Some((summary, after)) = after.split_once("</summary>")
        {
            let is_label = self.add_label(&without_tags(summary));
            let summary = if is_label { "" } else { summary };
            text = format!("{before}{summary}{after}");
        }
        let folding = ["<details>", "<details open>", "</details>", "<p>", "</p>"];
        let text = folding.iter().fold(text, |text, tag| text.replace(tag, ""));
        self.add_text(text.trim());
    }

    fn write(mut self, question: &str, record: &mut Record) -> bool {
        let checked = self.choices.iter().position(|choice| choice.is_checked);
        let answer = match checked {
            Some(index) => self.choices[index].text.clone(),
            None => std::mem::take(&mut self.inline_answer),
        };
        let has_separate_answer = self.has_label || checked.is_some();
        if !has_separate_answer {
            // There is nothing but the answer. Choices without a right one are a part of it.
            let choices = self
                .choices
                .iter()
                .map(|choice| format!("- {}", choice.text));
            let choices = choices.collect::<Vec<_>>().join("\n");
            let mut all = std::mem::take(&mut self.before);
            all.push(choices);
            all.append(&mut self.after);
            all.retain(|text| !text.is_empty());
            record.set_text(Field::Answer, all.join("\n\n"));
            return !all.is_empty();
        }
        let before = std::mem::take(&mut self.before);
        let texts = before
            .iter()
            .filter(|text| !text.trim_start().starts_with("```"));
        let asked: Vec<&str> = std::iter::once(question)
            .chain(texts.map(String::as_str))
            .collect();
        let mut whole = Record::new(record.line, record.markup);
        whole.set_text(Field::Question, asked.join(" "));
        whole.set_text(Field::Code, self.code.join("\n\n"));
        let choices = self.choices.into_iter().map(|choice| choice.text).collect();
        whole.set(Field::Choices, FieldValue::List(choices));
        let after = self.after.join("\n\n");
        if answer.is_empty() {
            whole.set_text(Field::Answer, after);
        } else {
            whole.set_text(Field::Answer, answer);
            whole.set_text(Field::Explanation, after);
        }
        *record = whole;
        true
    }
}

/// Removes the indentation of the first line from all lines.
fn dedent(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let indentation = first.map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
    let dedented = text.lines().map(|line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        &line[spaces.min(indentation)..]
    });
    dedented.collect::<Vec<_>>().join("\n")
}

/// Returns the items of a list, without their bullets.
fn list_items(source: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in source.lines() {
        let bullet = ["- ", "* ", "+ "]
            .iter()
            .find_map(|bullet| line.strip_prefix(bullet));
        match (bullet, items.last_mut()) {
            (Some(item), _) => items.push(item.trim().to_owned()),
            (None, Some(last)) => {
                last.push('\n');
                last.push_str(line.strip_prefix("  ").unwrap_or(line));
            }
            (None, None) => {}
        }
    }
    items
}

/// Reads an item with a check box or a letter.
fn choice(item: &str) -> Option<Choice> {
    for (mark, is_checked) in [("[ ]", false), ("[x]", true), ("[X]", true), ("[]", false)] {
        if let Some(text) = item.strip_prefix(mark) {
            let text = text.trim().to_owned();
            return Some(Choice { text, is_checked });
        }
    }
    let (letter, text) = item.split_at_checked(1)?;
    let is_letter = letter.bytes().all(|byte| byte.is_ascii_alphabetic());
    let text = text.strip_prefix([':', ')', '.'])?.trim();
    (is_letter && !text.is_empty()).then(|| Choice {
        text: text.to_owned(),
        is_checked: false,
    })
}

/// Returns the lines of a code block.
fn program(source: &str) -> Option<String> {
    blocks(source).into_iter().find_map(|block| match block {
        Block::Code { text, .. } => Some(text),
        Block::Prose(_) => None,
    })
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    text.trim().to_owned()
}

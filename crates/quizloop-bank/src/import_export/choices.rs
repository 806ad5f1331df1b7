//! Multiple-choice questions of other tools. Discord's questions are answered in words, so the
//! choices become a part of the question, if they fit.

use super::super::limits::{OUTPUT_MAX, QUESTION_MAX};
use super::super::question::{Kind, Question};

/// Number of choices of a question of type predict: with the right output, members choose from four.
const OUTPUT_CHOICES: usize = 4;

/// The choices of a question.
pub(super) struct Choices {
    /// All choices, in their order.
    pub(super) texts: Vec<String>,
    /// Index of the right one.
    pub(super) right: usize,
}

impl Choices {
    /// Finds the right answer among all choices. The answer may be the letter of a choice.
    pub(super) fn among(all: &[String], answer: &str) -> Option<Self> {
        let texts: Vec<String> = all.iter().map(|text| one_line(text)).collect();
        let answer = one_line(answer);
        let same = |text: &String| text.eq_ignore_ascii_case(&answer);
        let right = texts
            .iter()
            .position(same)
            .or_else(|| letter_index(&answer));
        let right = right.filter(|right| *right < texts.len())?;
        (texts.len() > 1).then_some(Self { texts, right })
    }

    /// Adds the right answer to the wrong ones. The alphabet decides the order, so that it tells
    /// nothing.
    pub(super) fn with_wrong(wrong: &[String], answer: &str) -> Option<Self> {
        let answer = one_line(answer);
        let mut texts: Vec<String> = wrong.iter().map(|text| one_line(text)).collect();
        texts.retain(|text| !text.is_empty() && *text != answer);
        texts.push(answer.clone());
        texts.sort_by_key(|text| text.to_lowercase());
        texts.dedup();
        let right = texts.iter().position(|text| *text == answer)?;
        (texts.len() > 1).then_some(Self { texts, right })
    }

    /// Returns the text of the right choice.
    pub(super) fn answer(&self) -> &str {
        self.texts.get(self.right).map_or("", String::as_str)
    }

    /// Makes the choices a part of the question. Returns whether they fit.
    pub(super) fn add_to(&self, question: &mut Question) -> bool {
        self.add_outputs(question);
        let usable = self
            .texts
            .iter()
            .all(|text| !text.is_empty() && !text.contains("```"));
        let listed = format!("{} {}", question.question, self.listed());
        if !usable || listed.chars().count() > QUESTION_MAX {
            return !question.wrong_outputs.is_empty();
        }
        question.question = listed;
        if question.answer == self.answer() {
            question.answer = format!("{}) {}", letter(self.right), self.answer());
        }
        true
    }

    /// The choices of a question about a program are its possible outputs.
    fn add_outputs(&self, question: &mut Question) {
        if question.code.is_none() || question.output.is_some() {
            return;
        }
        let mut outputs: Vec<String> = self
            .texts
            .iter()
            .map(|text| without_code_marks(text))
            .collect();
        let fits = |text: &String| !text.is_empty() && text.chars().count() <= OUTPUT_MAX;
        let output = outputs.remove(self.right);
        if !fits(&output) {
            return;
        }
        let mut distinct = outputs.clone();
        distinct.push(output.clone());
        distinct.sort();
        distinct.dedup();
        if distinct.len() == OUTPUT_CHOICES && outputs.iter().all(fits) {
            question.wrong_outputs = outputs;
        }
        question.output = Some(output);
        question.kind = Some(Kind::Predict);
    }

    fn listed(&self) -> String {
        let item = |(index, text): (usize, &String)| format!("{}) {text}", letter(index));
        let items: Vec<_> = self.texts.iter().enumerate().map(item).collect();
        items.join(" ")
    }
}

fn one_line(text: &str) -> String {
    if text.contains("```") {
        return text.trim().to_owned();
    }
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

fn letter(index: usize) -> char {
    ('A'..='Z').nth(index).unwrap_or('?')
}

/// Returns the index of a choice that is named by its letter: `B`, `b)`.
fn letter_index(text: &str) -> Option<usize> {
    let name = text.trim_end_matches([')', '.', ':']);
    let mut characters = name.chars();
    let letter = characters.next()?.to_ascii_uppercase();
    let is_single = characters.next().is_none();
    is_single.then(|| ('A'..='Z').position(|one| one == letter))?
}

/// Removes the backticks: an output is shown as code.
fn without_code_marks(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_right_choice_is_named_by_its_text_or_its_letter() {
        let all = texts(&["a queue", "a lock", "an event"]);
        for (answer, right) in [
            ("A Lock", Some(1)),
            ("c", Some(2)),
            ("B)", Some(1)),
            ("D", None),
        ] {
            let found = Choices::among(&all, answer).map(|choices| choices.right);
            assert_eq!(found, right, "{answer}");
        }
    }

    #[test]
    fn choices_become_a_part_of_the_question_if_they_fit() {
        let choices = Choices::with_wrong(&texts(&["a lock", "An event"]), "a queue").unwrap();
        let mut question = Question {
            question: "What hands items over?".into(),
            answer: "a queue".into(),
            ..Question::default()
        };
        assert!(choices.add_to(&mut question));
        assert_eq!(
            question.question,
            "What hands items over? A) a lock B) a queue C) An event"
        );
        assert_eq!(question.answer, "B) a queue");
        question.question = "?".repeat(QUESTION_MAX);
        assert!(!choices.add_to(&mut question));
    }

    #[test]
    fn the_choices_of_a_program_are_its_outputs() {
        let all = texts(&["`1`", "`2`", "`3`", "nothing"]);
        let choices = Choices::among(&all, "`2`").unwrap();
        let mut question = Question {
            question: "What's the output?".into(),
            answer: "`2`".into(),
            code: Some("print(2)".into()),
            ..Question::default()
        };
        assert!(choices.add_to(&mut question));
        assert_eq!(question.kind, Some(Kind::Predict));
        assert_eq!(question.output.as_deref(), Some("2"));
        assert_eq!(question.wrong_outputs, ["1", "3", "nothing"]);
    }
}

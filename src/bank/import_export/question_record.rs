//! A question under the keys of a question file.

use serde::Serialize;

use super::super::question::Question;

/// A question with all its keys, in the order in which they are written.
#[derive(Debug, Serialize)]
pub struct QuestionRecord<'q> {
    pub id: &'q str,
    pub number: u32,
    pub topic: &'q str,
    pub level: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub question: String,
    pub answer: String,
    pub how_to_answer: String,
    pub example_answer: String,
    pub points: Vec<String>,
    pub pitfalls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wrong_outputs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_output: Option<String>,
    pub python: String,
    pub docs: &'q str,
    pub follow_up: String,
}

impl<'q> QuestionRecord<'q> {
    /// The question with `prose` done to its prose and `program` to its programs and what they print.
    pub fn new(
        question: &'q Question,
        prose: impl Fn(&str) -> String,
        program: impl Fn(&str) -> String,
    ) -> Self {
        let list = |items: &[String]| items.iter().map(|item| prose(item)).collect();
        let programs = |texts: &[String]| texts.iter().map(|text| program(text)).collect();
        let maybe = |text: &Option<String>| text.as_deref().map(&program);
        Self {
            id: &question.id,
            number: question.number,
            topic: &question.topic,
            level: question.level.name(),
            kind: question.kind.name(),
            question: prose(&question.question),
            answer: prose(&question.answer),
            how_to_answer: prose(&question.how_to_answer),
            example_answer: prose(&question.example_answer),
            points: list(&question.points),
            pitfalls: list(&question.pitfalls),
            code: maybe(&question.code),
            output: maybe(&question.output),
            wrong_outputs: programs(&question.wrong_outputs),
            broken: maybe(&question.broken),
            broken_output: maybe(&question.broken_output),
            python: question.python.to_string(),
            docs: &question.docs,
            follow_up: prose(&question.follow_up),
        }
    }

    /// The question as it is.
    pub fn unchanged(question: &'q Question) -> Self {
        Self::new(question, str::to_owned, str::to_owned)
    }
}

//! A question in its serialized form, with the keys of a question file.

use serde::Serialize;

use super::super::question::{Frequency, Kind, Level, Question};

/// A question with the keys that it has, in the order in which they are serialized.
#[derive(Debug, Serialize)]
pub struct QuestionRecord<'q> {
    pub id: &'q str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    pub topic: &'q str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub tags: &'q [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub question: String,
    pub answer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how_to_answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example_answer: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
}

impl<'q> QuestionRecord<'q> {
    /// Creates a record, applying `prose` to each text and `program` to each program and output.
    pub fn new(
        question: &'q Question,
        prose: impl Fn(&str) -> String,
        program: impl Fn(&str) -> String,
    ) -> Self {
        let list = |items: &[String]| items.iter().map(|item| prose(item)).collect();
        let programs = |texts: &[String]| texts.iter().map(|text| program(text)).collect();
        let text = |text: &Option<String>| text.as_deref().map(&prose);
        let optional = |text: &Option<String>| text.as_deref().map(&program);
        Self {
            id: &question.id,
            number: question.number,
            topic: &question.topic,
            level: question.level.map(Level::name),
            kind: question.kind.map(Kind::name),
            tags: &question.tags,
            asked: question.asked.map(Frequency::name),
            since: question.since.map(|since| since.to_string()),
            question: prose(&question.question),
            answer: prose(&question.answer),
            how_to_answer: text(&question.how_to_answer),
            example_answer: text(&question.example_answer),
            points: list(&question.points),
            pitfalls: list(&question.pitfalls),
            code: optional(&question.code),
            output: optional(&question.output),
            wrong_outputs: programs(&question.wrong_outputs),
            broken: optional(&question.broken),
            broken_output: optional(&question.broken_output),
            python: question.python.map(|python| python.to_string()),
            docs: question.docs.as_deref(),
            follow_up: text(&question.follow_up),
        }
    }

    /// Creates a record with unchanged texts.
    pub fn unchanged(question: &'q Question) -> Self {
        Self::new(question, str::to_owned, str::to_owned)
    }
}

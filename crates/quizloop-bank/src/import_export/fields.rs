//! The fields that other tools' files have, and the names of their columns.

use std::str::FromStr;

/// A field of a row. The first ones are the keys of question files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Id,
    Number,
    Topic,
    Level,
    Kind,
    Tags,
    Asked,
    Since,
    Question,
    Answer,
    HowToAnswer,
    ExampleAnswer,
    Points,
    Pitfalls,
    Code,
    Output,
    WrongOutputs,
    Broken,
    BrokenOutput,
    Python,
    Docs,
    FollowUp,
    /// Text that follows the answer.
    Explanation,
    /// All choices of a multiple-choice question, with the right one.
    Choices,
    /// The choices without the right one.
    WrongChoices,
}

/// Each field with its key and with other names for it, without case, spaces and punctuation.
const NAMES: [(Field, &str, &[&str]); 25] = [
    (Field::Id, "id", &["key", "slug"]),
    (Field::Number, "number", &[]),
    (
        Field::Topic,
        "topic",
        &["category", "subject", "theme", "topicfocus", "section"],
    ),
    (
        Field::Level,
        "level",
        &["difficulty", "seniority", "experience"],
    ),
    (Field::Kind, "type", &["kind"]),
    (Field::Tags, "tags", &["tag", "keywords", "labels"]),
    (Field::Asked, "asked", &["frequency"]),
    (Field::Since, "since", &[]),
    (
        Field::Question,
        "question",
        &["front", "prompt", "questiontext", "q", "text"],
    ),
    (
        Field::Answer,
        "answer",
        &[
            "back",
            "solution",
            "correctanswer",
            "correct",
            "rightanswer",
            "modelanswer",
            "answers",
            "definition",
            "a",
        ],
    ),
    (
        Field::HowToAnswer,
        "how_to_answer",
        &["hint", "hints", "howto", "tip"],
    ),
    (Field::ExampleAnswer, "example_answer", &["sampleanswer"]),
    (Field::Points, "points", &["keypoints", "point"]),
    (Field::Pitfalls, "pitfalls", &["pitfall", "traps"]),
    (Field::Code, "code", &["program", "snippet"]),
    (Field::Output, "output", &[]),
    (Field::WrongOutputs, "wrong_outputs", &[]),
    (Field::Broken, "broken", &[]),
    (Field::BrokenOutput, "broken_output", &[]),
    (Field::Python, "python", &[]),
    (
        Field::Docs,
        "docs",
        &["link", "url", "source", "reference", "documentation"],
    ),
    (
        Field::FollowUp,
        "follow_up",
        &["followup", "followupquestion"],
    ),
    (
        Field::Explanation,
        "explanation",
        &["info", "rationale", "details", "extra"],
    ),
    (Field::Choices, "choices", &["options"]),
    (
        Field::WrongChoices,
        "incorrect_answers",
        &["wronganswers", "incorrect", "distractors", "wrong"],
    ),
];

/// Beginnings of the names of numbered columns, one for each wrong choice: `choice_1`.
const NUMBERED_CHOICES: [&str; 6] = [
    "choice",
    "option",
    "incorrectanswer",
    "wronganswer",
    "incorrect",
    "distractor",
];

impl Field {
    /// Returns the key of the field.
    pub(super) fn key(self) -> &'static str {
        NAMES
            .iter()
            .find(|(field, ..)| *field == self)
            .map_or("", |(_, key, _)| key)
    }

    /// Returns the field with this key or name, ignoring case, spaces and punctuation.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = plain(name);
        let has_name = |(_, key, others): &&(Self, &str, &[&str])| {
            plain(key) == name || others.contains(&name.as_str())
        };
        let found = NAMES.iter().find(has_name).map(|(field, ..)| *field);
        found.or_else(|| is_numbered_choice(&name).then_some(Self::WrongChoices))
    }

    /// Whether the name is the key itself, and not only another name for the field.
    fn is_key(self, name: &str) -> bool {
        plain(self.key()) == plain(name)
    }

    /// Whether several columns may have this field.
    const fn is_list(self) -> bool {
        matches!(self, Self::WrongChoices | Self::Choices)
    }

    /// Returns all keys.
    pub(super) fn keys() -> Vec<&'static str> {
        NAMES.iter().map(|(_, key, _)| *key).collect()
    }
}

/// Returns a name in lower case, without spaces and punctuation.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn is_numbered_choice(name: &str) -> bool {
    NUMBERED_CHOICES.iter().any(|beginning| {
        name.strip_prefix(beginning).is_some_and(|rest| {
            matches!(
                rest.as_bytes(),
                [b'0'..=b'9' | b'a'..=b'h'] | [b'0'..=b'9', b'0'..=b'9']
            )
        })
    })
}

/// Number of columns that are looked at. No table of questions has more.
const COLUMNS_MAX: usize = 200;

/// Maximum number of columns that a message lists.
pub(super) const LISTED_COLUMNS: usize = 30;

/// Says which field a column has: `question=Frage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMapping {
    field: Field,
    column: String,
}

/// A text does not say which field a column has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseColumnMappingError {
    /// The text has another form.
    #[error("\"{0}\" is not of the form FIELD=COLUMN, such as question=Frage")]
    Form(String),
    /// There is no such field.
    #[error("there is no field \"{0}\"; {1}")]
    Field(String, String),
}

impl FromStr for ColumnMapping {
    type Err = ParseColumnMappingError;

    fn from_str(text: &str) -> Result<Self, ParseColumnMappingError> {
        let form = || ParseColumnMappingError::Form(text.to_owned());
        let (name, column) = text.split_once('=').ok_or_else(form)?;
        let (name, column) = (name.trim(), column.trim().trim_matches('"'));
        if name.is_empty() || column.is_empty() {
            return Err(form());
        }
        let field = Field::named(name).ok_or_else(|| {
            let help = quizloop_diagnostics::did_you_mean(name, &Field::keys());
            ParseColumnMappingError::Field(name.to_owned(), help)
        })?;
        Ok(Self {
            field,
            column: column.to_owned(),
        })
    }
}

/// The columns of a table, or the keys of an object, with the field of each.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Field of each column; `None` if no field has that name.
    pub(super) fields: Vec<Option<Field>>,
    /// The first column with the same field and an equally good name as another one.
    pub(super) duplicate: Option<String>,
}

impl Columns {
    /// Finds the field of each column: the mapped ones first, then those that are named like a key,
    /// then other names. A field belongs to one column, besides lists.
    pub(super) fn of(names: &[String], mappings: &[ColumnMapping]) -> Self {
        let mut columns = Self {
            fields: vec![None; names.len()],
            duplicate: None,
        };
        let mapped = |name: &String| {
            let mut all = mappings.iter();
            let found = all.find(|one| one.column.to_lowercase() == name.trim().to_lowercase());
            found.map(|one| one.field)
        };
        let by_key = |name: &String| Field::named(name).filter(|field| field.is_key(name));
        columns.assign(names, mapped);
        columns.assign(names, by_key);
        columns.assign(names, |name| Field::named(name));
        columns
    }

    /// Assigns fields to the columns without one.
    fn assign(&mut self, names: &[String], field_of: impl Fn(&String) -> Option<Field>) {
        let taken: Vec<Field> = self.fields.iter().flatten().copied().collect();
        let mut here: Vec<Field> = Vec::new();
        for (index, name) in names.iter().take(COLUMNS_MAX).enumerate() {
            let Some(field) = field_of(name).filter(|_| self.fields[index].is_none()) else {
                continue;
            };
            let is_repeated = !field.is_list() && here.contains(&field);
            if is_repeated && field.is_key(name) {
                self.duplicate.get_or_insert_with(|| name.clone());
            }
            if !is_repeated && (field.is_list() || !taken.contains(&field)) {
                self.fields[index] = Some(field);
                here.push(field);
            }
        }
    }

    pub(super) fn contain(&self, field: Field) -> bool {
        self.fields.contains(&Some(field))
    }

    /// Returns the names of the columns without a field, without duplicates.
    pub(super) fn ignored(&self, names: &[String]) -> Vec<String> {
        let mut ignored: Vec<String> = Vec::new();
        let all = names.iter().zip(&self.fields);
        for (name, _) in all.filter(|(_, field)| field.is_none()) {
            let shown = if name.trim().is_empty() {
                "(without a name)"
            } else {
                name.trim()
            };
            if ignored.len() < LISTED_COLUMNS && !ignored.iter().any(|other| other == shown) {
                ignored.push(shown.to_owned());
            }
        }
        ignored
    }

    /// Returns the number of columns with a field.
    pub(super) fn understood(&self) -> usize {
        self.fields.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[&str], mappings: &[&str]) -> Vec<Option<Field>> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mappings: Vec<_> = mappings.iter().map(|one| one.parse().unwrap()).collect();
        Columns::of(&names, &mappings).fields
    }

    #[test]
    fn usual_names_of_columns_are_understood() {
        for (name, field) in [
            ("Question", Field::Question),
            ("front", Field::Question),
            ("Prompt ", Field::Question),
            ("Back", Field::Answer),
            ("solution", Field::Answer),
            ("correct_answer", Field::Answer),
            ("Category", Field::Topic),
            ("Difficulty", Field::Level),
            ("How to answer", Field::HowToAnswer),
            ("follow-up", Field::FollowUp),
            ("Example Answer", Field::ExampleAnswer),
            ("choice_2", Field::WrongChoices),
        ] {
            assert_eq!(Field::named(name), Some(field), "{name}");
        }
        for unknown in ["Frage", "", "choices left", "notes"] {
            assert_eq!(Field::named(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_mapped_column_comes_before_a_key_and_a_key_before_other_names() {
        use Field::{Answer, Question};
        assert_eq!(
            fields(&["Frage", "question", "Back"], &["question=frage"]),
            [Some(Question), None, Some(Answer)]
        );
        assert_eq!(fields(&["solution", "answer"], &[]), [None, Some(Answer)]);
        let names = ["answer".to_owned(), "Answer".to_owned()];
        assert_eq!(
            Columns::of(&names, &[]).duplicate.as_deref(),
            Some("Answer")
        );
    }

    #[test]
    fn a_mapping_is_a_field_and_a_column() {
        let error = |text: &str| text.parse::<ColumnMapping>().unwrap_err().to_string();
        insta::assert_snapshot!([error("Frage"), error("=x"), error("qestion=Frage")].join("\n"), @r#"
        "Frage" is not of the form FIELD=COLUMN, such as question=Frage
        "=x" is not of the form FIELD=COLUMN, such as question=Frage
        there is no field "qestion"; did you mean `question`?
        "#);
    }
}

//! Paths: ordered selections of questions, such as those for a first week.

use std::collections::HashSet;

use super::read::Origin;
use super::rules::{KEBAB_CASE_FIX, is_kebab_case};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable};
use quizloop_diagnostics::{Diagnostic, Source, Span, near_matches};

/// Maximum length of a path's name in characters: with the other data of a button it fits a custom
/// id of 100 characters.
pub const PATH_NAME_MAX: usize = 24;

/// Maximum length of a title in characters.
const TITLE_MAX: usize = 25;

/// Maximum length of a summary in characters: with the title and a colon it fits a suggestion of 100
/// characters (Discord docs, interactions/application-commands, "Application Command Option Choice
/// Structure").
const SUMMARY_MAX: usize = 72;

/// Names that mean something else where the order of a team's questions is chosen.
const RESERVED_NAMES: [&str; 3] = ["shuffled", "syllabus", "topics"];

/// The name of a path's table.
const PATH_TABLE: &str = "[[path]]";

const KEYS: [&str; 4] = ["name", "title", "summary", "questions"];

/// An ordered selection of questions. It has at least one question, all of them are in the bank,
/// and none occurs twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionPath {
    /// Name in kebab-case, unique among the paths.
    pub name: String,
    /// What people read, such as "First week".
    pub title: String,
    /// For whom it is, in one sentence.
    pub summary: String,
    /// Ids of the questions, in the order in which they are asked.
    pub questions: Vec<String>,
}

/// A path with its positions in the file, for diagnostics.
#[derive(Debug, Clone)]
pub struct SourcedPath {
    pub path: QuestionPath,
    /// Index of the file.
    pub file: usize,
    /// Whether the path is built in.
    pub built_in: bool,
    name_span: Span,
    /// Positions of the ids.
    question_spans: Vec<Span>,
}

/// Reads all paths of a file's `path` key. A path with errors is skipped, and each error becomes a
/// diagnostic.
pub fn read(
    reader: &mut TomlReader<'_>,
    list: &[toml_reader::TomlValue<'_>],
    origin: Origin,
) -> Vec<SourcedPath> {
    let tables = reader.items("path", list, toml_reader::table);
    tables
        .into_iter()
        .filter_map(|found| {
            let table = reader.table(found.value, found.span, PATH_TABLE, &KEYS);
            read_path(reader, &table, origin)
        })
        .collect()
}

fn read_path(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    origin: Origin,
) -> Option<SourcedPath> {
    let name = reader.required(table, "name", toml_reader::text);
    let title = text_field(reader, table, "title", TITLE_MAX);
    let summary = text_field(reader, table, "summary", SUMMARY_MAX);
    let list = reader.required(table, "questions", toml_reader::array);
    let name = name.filter(|name| is_valid_name(reader, name));
    let list = list?;
    let questions = reader.items("questions", list.value, toml_reader::text);
    if list.value.is_empty() {
        let fix = "add the ids of its questions in order, or remove the path";
        reader.error(&list.span, "a path without questions", fix);
    }
    let is_complete = !questions.is_empty() && questions.len() == list.value.len();
    let name = name?;
    is_complete.then_some(SourcedPath {
        path: QuestionPath {
            name: name.value.to_owned(),
            title: title?,
            summary: summary?,
            questions: questions.iter().map(|id| id.value.to_owned()).collect(),
        },
        file: origin.file,
        built_in: origin.built_in,
        name_span: name.span,
        question_spans: questions.into_iter().map(|id| id.span).collect(),
    })
}

fn is_valid_name(reader: &mut TomlReader<'_>, name: &TomlField<&str>) -> bool {
    let length = name.value.chars().count();
    let (message, fix) = if RESERVED_NAMES.contains(&name.value) {
        let message = format!("a path can't have the name `{}`", name.value);
        (message, "choose another one: it is an order of its own")
    } else if !is_kebab_case(name.value) {
        let message = format!("the name \"{}\" is not in kebab-case", name.value);
        (message, KEBAB_CASE_FIX)
    } else if length > PATH_NAME_MAX {
        (too_long("name", length, PATH_NAME_MAX), "shorten it")
    } else {
        return true;
    };
    reader.error(&name.span, message, fix);
    false
}

/// Reads a text on one line.
fn text_field(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    key: &str,
    max: usize,
) -> Option<String> {
    let found = reader.required(table, key, toml_reader::text)?;
    let text = found.value.trim();
    let length = text.chars().count();
    let (message, fix) = if text.is_empty() {
        (format!("`{key}` is empty"), "write it, or remove the path")
    } else if text.contains(char::is_control) {
        let message = format!("`{key}` contains a line break or control character");
        (message, "write it on one line")
    } else if length > max {
        (too_long(key, length, max), "shorten it")
    } else {
        return Some(text.to_owned());
    };
    reader.error(&found.span, message, fix);
    None
}

fn too_long(key: &str, length: usize, max: usize) -> String {
    let over = length - max;
    format!("`{key}` has {length} characters, {over} more than the limit of {max}")
}

impl SourcedPath {
    /// Returns an error for each id that occurs twice and each that is not among the questions.
    pub fn check(&self, source: &Source, questions: &HashSet<String>) -> Vec<Diagnostic> {
        let mut first: Vec<&str> = Vec::new();
        let mut diagnostics = Vec::new();
        for (id, span) in self.path.questions.iter().zip(&self.question_spans) {
            if first.contains(&id.as_str()) {
                let message = format!("the question `{id}` is a duplicate");
                let diagnostic = Diagnostic::at(source, span, message);
                diagnostics.push(diagnostic.fix("remove one of the two"));
            } else if !questions.contains(id) {
                let message = format!("there is no question `{id}`");
                let ids = questions.iter().map(String::as_str);
                let fix = match near_matches(id, ids, 1).first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`quizloop bank list` lists all ids".to_owned(),
                };
                diagnostics.push(Diagnostic::at(source, span, message).fix(fix));
            }
            first.push(id);
        }
        diagnostics
    }

    /// Returns an error about a name that an earlier path has.
    pub fn duplicate_name(&self, sources: &[Source], first: &Self) -> Diagnostic {
        let message = format!("the path `{}` already exists", self.path.name);
        Diagnostic::at(&sources[self.file], &self.name_span, message)
            .related(&sources[first.file], &first.name_span, "first used here")
            .fix("change one of the two names")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bank, PackFile, QuestionPath, built_in};
    use super::*;
    use crate::tests::GOOD;
    use quizloop_diagnostics::render_all;

    const PATH: &str = r#"
[[path]]
name = "ours"
title = "Ours"
summary = "What we ask first."
questions = ["task-object", "own-question"]
"#;

    fn load(texts: &[&str]) -> (Bank, String) {
        let pack = |(index, text): (usize, &&str)| PackFile {
            name: format!("{index}.toml"),
            bytes: text.as_bytes().to_vec(),
        };
        let packs: Vec<_> = texts.iter().enumerate().map(pack).collect();
        let (bank, diagnostics) = Bank::load(built_in(), &packs);
        (bank, render_all(&diagnostics))
    }

    fn names(bank: &Bank) -> Vec<&str> {
        bank.paths().iter().map(|path| path.name.as_str()).collect()
    }

    #[test]
    fn the_built_in_paths_come_in_their_order() {
        let (bank, diagnostics) = load(&[]);
        assert_eq!(diagnostics, "nothing found");
        let expected = [
            "first-week",
            "backend",
            "data-pipelines",
            "live-coding",
            "senior-in-production",
            "python-3-11-to-3-15",
        ];
        assert_eq!(names(&bank), expected);
        let week = bank.path("first-week").unwrap();
        assert_eq!(week.title, "First week");
        let level = |id: &String| bank.get(id).unwrap().level.unwrap().name();
        assert!(week.questions.iter().all(|id| level(id) == "junior"));
        assert_eq!(bank.path("second-week"), None);
    }

    #[test]
    fn an_operators_path_is_added_or_replaces_a_built_in_one() {
        let (bank, diagnostics) = load(&[GOOD, PATH]);
        assert_eq!(diagnostics, "nothing found");
        assert_eq!(names(&bank).last(), Some(&"ours"));
        let expected = QuestionPath {
            name: "ours".into(),
            title: "Ours".into(),
            summary: "What we ask first.".into(),
            questions: vec!["task-object".into(), "own-question".into()],
        };
        assert_eq!(bank.path("ours"), Some(&expected));
        let backend = PATH.replace("\"ours\"", "\"backend\"");
        let (bank, diagnostics) = load(&[&(GOOD.to_owned() + &backend)]);
        assert_eq!(diagnostics, "nothing found");
        assert_eq!(bank.paths().len(), 6);
        assert_eq!(bank.path("backend").unwrap().title, "Ours");
    }

    #[test]
    fn unknown_and_duplicate_questions_are_reported() {
        let questions = r#""task-objects", "cooking", "task-object", "task-object""#;
        let text = PATH.replace(r#""task-object", "own-question""#, questions);
        let (bank, diagnostics) = load(&[&text]);
        assert_eq!(bank.path("ours"), None);
        insta::assert_snapshot!(diagnostics, @r#"
        error: there is no question `task-objects`
         --> 0.toml:6:14
          |
        6 | questions = ["task-objects", "cooking", "task-object", "task-object"]
          |              ^^^^^^^^^^^^^^
          |
          = help: did you mean `task-object`?

        error: there is no question `cooking`
         --> 0.toml:6:30
          |
        6 | questions = ["task-objects", "cooking", "task-object", "task-object"]
          |                              ^^^^^^^^^
          |
          = help: `quizloop bank list` lists all ids

        error: the question `task-object` is a duplicate
         --> 0.toml:6:56
          |
        6 | questions = ["task-objects", "cooking", "task-object", "task-object"]
          |                                                        ^^^^^^^^^^^^^
          |
          = help: remove one of the two

        3 errors
        "#);
    }

    #[test]
    fn other_mistakes_are_reported_and_the_path_is_left_out() {
        let text = r#"
[[path]]
name = "syllabus"
title = ""
summary = "What we ask first."
questions = []

[[path]]
name = "A path with a long name"
title = "A title that is much too long"
summary = "What\nwe ask."
question = ["task-object"]

[[path]]
name = "a-path-with-a-name-that-is-long"
title = "Long"
summary = "What we ask first."
questions = "task-object"
"#;
        let (bank, diagnostics) = load(&[text]);
        assert_eq!(bank.paths().len(), 6);
        insta::assert_snapshot!(diagnostics, @r#"
        error: a path can't have the name `syllabus`
         --> 0.toml:3:8
          |
        3 | name = "syllabus"
          |        ^^^^^^^^^^
          |
          = help: choose another one: it is an order of its own

        error: `title` is empty
         --> 0.toml:4:9
          |
        4 | title = ""
          |         ^^
          |
          = help: write it, or remove the path

        error: a path without questions
         --> 0.toml:6:13
          |
        6 | questions = []
          |             ^^
          |
          = help: add the ids of its questions in order, or remove the path

        error: the name "A path with a long name" is not in kebab-case
         --> 0.toml:9:8
          |
        9 | name = "A path with a long name"
          |        ^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: write lower-case letters and digits, with single hyphens between words

        error: `title` has 29 characters, 4 more than the limit of 25
          --> 0.toml:10:9
           |
        10 | title = "A title that is much too long"
           |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: shorten it

        error: `summary` contains a line break or control character
          --> 0.toml:11:11
           |
        11 | summary = "What\nwe ask."
           |           ^^^^^^^^^^^^^^^
           |
           = help: write it on one line

        error: unknown key `question` in [[path]]
          --> 0.toml:12:1
           |
        12 | question = ["task-object"]
           | ^^^^^^^^
           |
           = help: did you mean `questions`?

        error: `name` has 31 characters, 7 more than the limit of 24
          --> 0.toml:15:8
           |
        15 | name = "a-path-with-a-name-that-is-long"
           |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: shorten it

        error: `questions` must be an array, not a string
          --> 0.toml:18:13
           |
        18 | questions = "task-object"
           |             ^^^^^^^^^^^^^
           |
           = help: put it in square brackets

        9 errors
        "#);
    }

    #[test]
    fn two_paths_with_one_name() {
        let (bank, diagnostics) = load(&[GOOD, PATH, &PATH.replace("Ours", "Theirs")]);
        assert_eq!(bank.path("ours").unwrap().title, "Ours");
        insta::assert_snapshot!(diagnostics, @r#"
        error: the path `ours` already exists
         --> 2.toml:3:8
          |
        3 | name = "ours"
          |        ^^^^^^
          |
        note: first used here
         --> 1.toml:3:8
          |
        3 | name = "ours"
          |        ^^^^^^
          = help: change one of the two names

        1 error
        "#);
    }

    /// Only the question's own error is reported.
    #[test]
    fn a_path_with_a_question_that_has_an_error_is_left_out() {
        let bad = GOOD.replace("level = \"mid\"\n", "level = \"mid\"\ntags = [\"A B\"]\n");
        let (bank, diagnostics) = load(&[&bad, PATH]);
        assert_eq!(bank.path("ours"), None);
        assert!(diagnostics.ends_with("\n1 error"), "{diagnostics}");
    }

    /// Two orders of a team and their separator are no names of paths.
    #[test]
    fn names_of_orders_are_reserved() {
        for name in RESERVED_NAMES {
            let (bank, diagnostics) =
                load(&[GOOD, &PATH.replace("\"ours\"", &format!("\"{name}\""))]);
            assert_eq!(bank.path(name), None);
            assert!(diagnostics.contains("can't have the name"), "{diagnostics}");
        }
    }
}

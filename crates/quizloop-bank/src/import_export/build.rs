//! Turns the rows of another tool's file into questions.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use super::super::field_error::{FieldError, check_question};
use super::super::limits::{CODE_LINES_MAX, OUTPUT_MAX, TAG_MAX, TAGS_MAX, TOPIC_MAX};
use super::super::markup::{Block, blocks};
use super::super::question::{Kind, Level, Question};
use super::super::reflow::{reflow, reflow_blocks, trim_lines};
use super::choices::Choices;
use super::fields::Field;
use super::read_any::{ImportedQuestion, Mistake, ReadOptions};
use super::record::{FieldValue, Markup, Record, json_list};
use super::{html, ids, tidy};

/// The reason for which a row without an answer is rejected.
pub(super) const NO_ANSWER: &str = "it has no answer";

/// The reason for which a row without a question is rejected.
const NO_QUESTION: &str = "it has no question";

/// Maximum length of the beginning of a question that names it in a mistake, in characters.
const NAME_MAX: usize = 50;

/// Maximum number of words that a warning lists.
const LISTED_WORDS: usize = 5;

/// Types of questions of trivia databases, which say nothing about the answer.
const FOREIGN_KINDS: [&str; 4] = ["multiple", "boolean", "multiple choice", "text"];

/// Words for levels in other tools' files, without case and punctuation.
const LEVEL_WORDS: [(Level, &[&str]); 3] = [
    (
        Level::Junior,
        &[
            "junior",
            "juniorlevel",
            "jr",
            "easy",
            "beginner",
            "basic",
            "basics",
            "entry",
            "entrylevel",
            "novice",
        ],
    ),
    (
        Level::Mid,
        &[
            "mid",
            "midlevel",
            "medium",
            "intermediate",
            "middle",
            "moderate",
        ],
    ),
    (
        Level::Senior,
        &[
            "senior",
            "seniorlevel",
            "sr",
            "hard",
            "advanced",
            "expert",
            "difficult",
        ],
    ),
];

/// Returns the level that a word of another tool stands for.
pub(super) fn level_of(word: &str) -> Option<Level> {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    let word: String = letters.flat_map(char::to_lowercase).collect();
    let mut all = LEVEL_WORDS.iter();
    let found = all.find(|(_, words)| words.contains(&word.as_str()));
    found.map(|(level, _)| *level)
}

/// Turns rows into questions. Reports what rows that were accepted had to leave out.
pub(super) struct QuestionBuilder<'o> {
    options: &'o ReadOptions<'o>,
    /// The questions so far, by their ids.
    seen: HashMap<String, Seen>,
    numbers: Numbers,
    notes: Notes,
}

struct Seen {
    line: usize,
    answer: String,
}

/// Numbers for rows without one.
struct Numbers {
    in_file: HashSet<u32>,
    /// The next number, if such rows get any.
    next: Option<u32>,
}

/// What was left out of accepted rows.
#[derive(Default)]
struct Notes {
    /// Words that are no level, with the number of rows.
    levels: BTreeMap<String, usize>,
    /// Words that are no type, with the number of rows.
    kinds: BTreeMap<String, usize>,
    /// Words of which no topic can be made, with the number of rows.
    topics: BTreeMap<String, usize>,
    without_choices: usize,
    default_answers: usize,
}

impl<'o> QuestionBuilder<'o> {
    pub(super) fn new(records: &[Record], options: &'o ReadOptions<'o>) -> Self {
        Self {
            options,
            seen: HashMap::new(),
            numbers: Numbers::new(records, options.first_number),
            notes: Notes::default(),
        }
    }

    /// Turns a row into a question, or says why not.
    pub(super) fn build(&mut self, record: &Record) -> Result<ImportedQuestion, Mistake> {
        let mistake = |reasons| Mistake::at(record.line, name_of(record), reasons);
        let own_id = own_id(record);
        let has_own_key = own_id.is_some();
        let mut question = self.read(record, has_own_key).map_err(mistake)?;
        question.id = own_id.unwrap_or_else(|| self.generated_id(&question));
        let errors = check_question(&question, self.options.rule);
        if !errors.is_empty() {
            return Err(mistake(errors.iter().map(reason).collect()));
        }
        if let Some(Seen { line, .. }) = self.seen.get(&question.id) {
            let reason = if has_own_key {
                format!("the id `{}` is already used on line {line}", question.id)
            } else {
                format!("the same question is already on line {line}")
            };
            return Err(mistake(vec![reason]));
        }
        let seen = Seen {
            line: record.line,
            answer: question.answer.clone(),
        };
        self.seen.insert(question.id.clone(), seen);
        if question.number.is_none() {
            question.number = self.numbers.generate();
        }
        Ok(ImportedQuestion {
            key: question.id.clone(),
            has_own_key,
            has_level: question.level.is_some(),
            line: record.line,
            question,
        })
    }

    /// Returns an id that depends on what is asked, and also on the answer if the same was asked
    /// before with another answer.
    fn generated_id(&self, question: &Question) -> String {
        let id = ids::generated_id(question);
        let has_other_answer = |seen: &Seen| seen.answer != question.answer;
        let is_taken = self.seen.get(&id).is_some_and(has_other_answer);
        if is_taken || (self.options.is_taken)(&id) {
            ids::generated_id_with_answer(question)
        } else {
            id
        }
    }

    /// Returns warnings about what accepted rows had to leave out.
    pub(super) fn warnings(&self) -> Vec<String> {
        let notes = &self.notes;
        let mut warnings = Vec::new();
        if let Some(words) = listed(&notes.levels) {
            let message = "these are no levels, so the questions have none";
            let help = "write junior, mid or senior";
            warnings.push(format!("{message}: {words} ({help})"));
        }
        if let Some(words) = listed(&notes.kinds) {
            warnings.push(format!(
                "these are no types of questions and were left out: {words}"
            ));
        }
        if let Some(words) = listed(&notes.topics) {
            warnings.push(format!(
                "topics are written in letters from a to z; these were left out: {words}"
            ));
        }
        if notes.without_choices > 0 {
            warnings.push(format!(
                "{} without the choices, which do not fit into the question",
                questions_come(notes.without_choices)
            ));
        }
        if notes.default_answers > 0 {
            warnings.push(format!(
                "{} with the answer that you gave for all",
                questions_come(notes.default_answers)
            ));
        }
        warnings
    }

    fn read(&mut self, record: &Record, is_own: bool) -> Result<Question, Vec<String>> {
        let text = |field| texts_of(record, is_own).get(field);
        let mut reasons = Vec::new();
        let question_text = text(Field::Question).unwrap_or_default();
        if question_text.is_empty() {
            reasons.push(NO_QUESTION.to_owned());
        }
        let mut answer = text(Field::Answer);
        if answer.is_none()
            && let Some(default) = self.options.default_answer
        {
            self.notes.default_answers += 1;
            answer = Some(default.to_owned());
        }
        if answer.is_none() {
            reasons.push(NO_ANSWER.to_owned());
        }
        let program = |field| record.text(field).map(|text| trim_lines(&text));
        let list = |field| texts_of(record, is_own).list(field);
        let mut question = Question {
            number: parsed(record, Field::Number, "a whole number", &mut reasons),
            question: question_text,
            answer: answer.unwrap_or_default(),
            how_to_answer: text(Field::HowToAnswer),
            example_answer: text(Field::ExampleAnswer),
            points: list(Field::Points),
            pitfalls: list(Field::Pitfalls),
            code: program(Field::Code).map(|code| if is_own { code } else { compact(&code) }),
            output: program(Field::Output),
            wrong_outputs: wrong_outputs(record, &mut reasons),
            broken: program(Field::Broken),
            broken_output: program(Field::BrokenOutput),
            asked: parsed(
                record,
                Field::Asked,
                "often, sometimes or rarely",
                &mut reasons,
            ),
            since: parsed(
                record,
                Field::Since,
                "a Python version such as 3.12",
                &mut reasons,
            ),
            python: parsed(
                record,
                Field::Python,
                "a Python version such as 3.12",
                &mut reasons,
            ),
            follow_up: text(Field::FollowUp),
            ..Question::default()
        };
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.read_labels(record, is_own, &mut question);
        if !is_own {
            take_program(&mut question);
            self.add_choices(record, &mut question);
            add_output(&mut question);
        }
        if let Some(explanation) = text(Field::Explanation) {
            question.answer = format!("{}\n\n{explanation}", question.answer);
        }
        question.docs = docs(record, is_own, &mut question.answer);
        Ok(question)
    }

    /// Reads level, type, topic and tags. Words that stand for none of them are left out.
    fn read_labels(&mut self, record: &Record, is_own: bool, question: &mut Question) {
        let mut tags = tags(record);
        question.level = record.text(Field::Level).and_then(|word| {
            let level = level_of(&word);
            note_unless(level.is_some(), &word, &mut self.notes.levels);
            level
        });
        question.kind = record.text(Field::Kind).and_then(|word| {
            let word = word.trim().to_lowercase();
            let kind = Kind::from_str(&word).ok();
            let is_known = kind.is_some() || FOREIGN_KINDS.contains(&word.as_str());
            note_unless(is_known, &word, &mut self.notes.kinds);
            kind
        });
        let topic = record.text(Field::Topic).and_then(|name| {
            let topic = label(&name, TOPIC_MAX);
            note_unless(topic.is_some(), &name, &mut self.notes.topics);
            topic
        });
        if !is_own {
            question.level = question
                .level
                .or_else(|| take(&mut tags, |tag| level_of(tag)));
            question.kind = question
                .kind
                .or_else(|| take(&mut tags, |tag| tag.parse().ok()));
        }
        let first_tag = || (!is_own).then(|| tags.first().cloned()).flatten();
        let topic = topic.or_else(first_tag);
        if !is_own {
            tags.retain(|tag| Some(tag) != topic.as_ref());
            tags.truncate(TAGS_MAX);
        }
        let default = || self.options.default_topic.to_owned();
        question.topic = topic.unwrap_or_else(default);
        question.tags = tags;
    }

    fn add_choices(&mut self, record: &Record, question: &mut Question) {
        let choices = |field| texts_of(record, false).choices(field);
        let (all, wrong) = (choices(Field::Choices), choices(Field::WrongChoices));
        let choices = if all.is_empty() {
            Choices::with_wrong(&wrong, &question.answer)
        } else {
            Choices::among(&all, &question.answer)
        };
        let Some(choices) = choices.filter(|_| !(all.is_empty() && wrong.is_empty())) else {
            return;
        };
        choices.answer().clone_into(&mut question.answer);
        if !choices.add_to(question) {
            self.notes.without_choices += 1;
        }
    }
}

impl Numbers {
    fn new(records: &[Record], first: Option<u32>) -> Self {
        let number = |record: &Record| record.text(Field::Number)?.trim().parse().ok();
        Self {
            in_file: records.iter().filter_map(number).collect(),
            next: first,
        }
    }

    /// Returns the next number that the file does not have, if there is one.
    fn generate(&mut self) -> Option<u32> {
        let mut number = self.next?;
        while self.in_file.contains(&number) {
            number = number.checked_add(1)?;
        }
        self.next = number.checked_add(1);
        Some(number)
    }
}

/// The texts of a row as Markdown in the form of the bank.
struct Texts<'r> {
    record: &'r Record,
    /// Whether the row has an id of the bank's form. Such a row was written for this bot, possibly
    /// by an export, and is taken as it is.
    is_own: bool,
}

const fn texts_of(record: &Record, is_own: bool) -> Texts<'_> {
    Texts { record, is_own }
}

impl Texts<'_> {
    fn get(&self, field: Field) -> Option<String> {
        let text = match self.record.value(field)? {
            FieldValue::List(items) if field == Field::Answer => accepted_answers(items),
            _ => self.record.text(field)?,
        };
        let text = self.markdown(&text, field);
        (!text.is_empty()).then_some(text)
    }

    fn list(&self, field: Field) -> Vec<String> {
        let items = match self.record.value(field) {
            // A list in HTML is one text.
            Some(FieldValue::Text(text)) if self.is_html(text) => {
                let mut record = Record::new(self.record.line, Markup::Markdown);
                record.set_text(field, self.converted(text));
                record.list(field)
            }
            _ => self.record.list(field),
        };
        items.iter().map(|item| reflow(item)).collect()
    }

    /// Returns choices in the form of an answer, to which they are compared.
    fn choices(&self, field: Field) -> Vec<String> {
        let items = self.record.list(field);
        let choices = items.iter().map(|item| self.markdown(item, Field::Answer));
        choices.collect()
    }

    fn markdown(&self, text: &str, field: Field) -> String {
        if self.is_own {
            return flow(text, field);
        }
        let text = if self.is_html(text) {
            self.converted(text)
        } else {
            text.to_owned()
        };
        flow(&tidy::tidy(&text), field)
    }

    fn is_html(&self, text: &str) -> bool {
        match self.record.markup {
            Markup::Html => true,
            Markup::Unknown => !self.is_own && html::contains_html(text),
            Markup::Markdown => false,
        }
    }

    fn converted(&self, text: &str) -> String {
        if self.record.markup == Markup::Html {
            html::to_markdown(text, false)
        } else {
            html::mixed_to_markdown(text)
        }
    }
}

/// Joins the lines of paragraphs. Only an answer keeps lists and programs.
fn flow(text: &str, field: Field) -> String {
    if matches!(field, Field::Answer | Field::Explanation) || text.contains("```") {
        reflow_blocks(text)
    } else {
        reflow(text)
    }
}

/// Several spellings of an answer, as trivia bots have them.
fn accepted_answers(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first}\n\nAlso right: {}", others.join(", ")),
    }
}

/// Removes the empty lines of a program that has too many lines.
fn compact(code: &str) -> String {
    if code.lines().count() <= CODE_LINES_MAX {
        return code.to_owned();
    }
    let lines: Vec<_> = code
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.join("\n")
}

/// Moves a code block of the question to where questions have their program.
fn take_program(question: &mut Question) {
    if question.code.is_some() || !question.question.contains("```") {
        return;
    }
    let (mut prose, mut programs) = (Vec::new(), Vec::new());
    for block in blocks(&question.question) {
        match block {
            Block::Prose(text) => prose.push(reflow(text)),
            Block::Code { text, .. } => programs.push(compact(&trim_lines(&text))),
        }
    }
    if let [program] = programs.as_slice() {
        question.code = Some(program.clone());
        question.question = prose.join("\n\n");
    }
}

/// A program is shown with its question only if its output is asked for. A short answer is what is
/// asked for.
fn add_output(question: &mut Question) {
    let is_short = !question.answer.contains('\n') && question.answer.chars().count() <= OUTPUT_MAX;
    if question.code.is_some() && question.output.is_none() && is_short {
        question.output = Some(question.answer.replace('`', ""));
        question.kind = Some(Kind::Predict);
    }
}

fn parsed<T: FromStr>(
    record: &Record,
    field: Field,
    expected: &str,
    reasons: &mut Vec<String>,
) -> Option<T> {
    let text = record.text(field)?;
    let parsed = text.trim().parse().ok();
    if parsed.is_none() {
        reasons.push(format!(
            "`{}` is not {expected}: \"{}\"",
            field.key(),
            beginning(&text)
        ));
    }
    parsed
}

/// Outputs contain line breaks, so a list of them in a cell is JSON.
fn wrong_outputs(record: &Record, reasons: &mut Vec<String>) -> Vec<String> {
    let field = Field::WrongOutputs;
    let list = match record.value(field) {
        None => Some(Vec::new()),
        Some(FieldValue::List(items)) => Some(items.clone()),
        Some(FieldValue::Text(text)) => json_list(text),
    };
    if list.is_none() {
        reasons.push(format!(
            r#"`{}` is not a JSON list of texts, such as ["a\nb", "b\na", "a"]"#,
            field.key()
        ));
    }
    let list = list.unwrap_or_default();
    list.iter().map(|text| trim_lines(text)).collect()
}

/// Returns the link to read on: that of the row, or a link that is the last paragraph of the answer
/// and is removed there.
fn docs(record: &Record, is_own: bool, answer: &mut String) -> Option<String> {
    if let Some(link) = record.text(Field::Docs) {
        let link = link.trim().to_owned();
        return (is_own || link.starts_with("https://")).then_some(link);
    }
    if is_own {
        return None;
    }
    let (rest, last) = answer.rsplit_once("\n\n")?;
    let link = tidy::only_link(last)?.to_owned();
    *answer = rest.to_owned();
    Some(link)
}

/// Returns the tags in kebab-case. A cell has them separated by commas or semicolons, or else by
/// spaces.
fn tags(record: &Record) -> Vec<String> {
    let names: Vec<String> = match record.value(Field::Tags) {
        None => Vec::new(),
        Some(FieldValue::List(items)) => items.clone(),
        Some(FieldValue::Text(text)) => json_list(text).unwrap_or_else(|| split_names(text)),
    };
    let mut tags: Vec<String> = Vec::new();
    // Anki's tags may be inside each other: `python::asyncio`.
    let names = names
        .iter()
        .map(|name| name.rsplit("::").next().unwrap_or(name));
    for tag in names.filter_map(|name| label(name, TAG_MAX)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn split_names(text: &str) -> Vec<String> {
    let is_separator = |c: char| matches!(c, ',' | ';' | '\n');
    let names: Vec<&str> = if text.contains(is_separator) {
        text.split(is_separator).collect()
    } else {
        text.split_whitespace().collect()
    };
    names.into_iter().map(str::to_owned).collect()
}

/// Returns a topic or a tag in kebab-case, in at most `max` characters.
fn label(name: &str, max: usize) -> Option<String> {
    let name = ids::kebab_case(name);
    let name = ids::first_words(&name, max);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Removes the first tag that stands for something else and returns what it stands for.
fn take<T>(tags: &mut Vec<String>, meaning: impl Fn(&String) -> Option<T>) -> Option<T> {
    let index = tags.iter().position(|tag| meaning(tag).is_some())?;
    meaning(&tags.remove(index))
}

fn note_unless(is_known: bool, word: &str, notes: &mut BTreeMap<String, usize>) {
    if !is_known {
        *notes.entry(beginning(word)).or_default() += 1;
    }
}

/// Lists words with the numbers of their rows: `"0" (4 rows), "1" (3 rows)`.
fn listed(words: &BTreeMap<String, usize>) -> Option<String> {
    let item = |(word, count): (&String, &usize)| match count {
        1 => format!("\"{word}\""),
        count => format!("\"{word}\" ({count} rows)"),
    };
    let mut items: Vec<_> = words.iter().take(LISTED_WORDS).map(item).collect();
    if words.len() > LISTED_WORDS {
        items.push(format!("and {} more", words.len() - LISTED_WORDS));
    }
    (!items.is_empty()).then(|| items.join(", "))
}

fn questions_come(count: usize) -> String {
    match count {
        1 => "1 question comes".to_owned(),
        count => format!("{count} questions come"),
    }
}

fn own_id(record: &Record) -> Option<String> {
    let id = record.text(Field::Id)?;
    ids::own_id(&id, record.is_export)
}

/// Returns the id of a row, or the beginning of its question.
fn name_of(record: &Record) -> String {
    own_id(record)
        .or_else(|| record.text(Field::Question).map(|text| beginning(&text)))
        .unwrap_or_default()
}

/// Returns the beginning of a text on one line.
fn beginning(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= NAME_MAX {
        return line;
    }
    let kept: String = line.chars().take(NAME_MAX - 1).collect();
    format!("{}…", kept.trim_end())
}

fn reason(error: &FieldError) -> String {
    format!("{} ({})", error.message, error.fix)
}

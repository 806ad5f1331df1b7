//! `bank import`: turns another tool's file into a question file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{output, write_new};
use crate::bot::render::question_check;
use crate::cli::exit::{CliError, Exit};
use crate::cli::help;
use quizloop_bank::import_export::{
    self, ColumnMapping, Formats, ImportedFile, Mistake, ReadOptions, read_any,
};
use quizloop_bank::{Bank, built_in};
use quizloop_core::text::pluralize;
use quizloop_diagnostics::redact;

/// Number of mistakes that are shown without `--details`.
const SHOWN_MISTAKES: usize = 5;

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop bank import ours.csv",
        "Write ours.toml from a table",
    ),
    (
        "quizloop bank import fragen.csv --map question=Frage --map answer=Antwort",
        "Say which column is which",
    ),
    (
        "quizloop bank import list.txt --answer \"Discuss it.\"",
        "Import questions that have no answers",
    ),
];

#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct ImportArgs {
    /// File with questions and answers: a table (.csv, .tsv), a list (.json, .yaml), Markdown (.md),
    /// Anki's text export, or text (.txt) with one question per line
    file: PathBuf,
    /// Question file to write [default: the same name with .toml]
    #[arg(long, value_name = "PACK")]
    output: Option<PathBuf>,
    /// Field of a column with an unusual name, such as question=Frage; can be given several times
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    columns: Vec<ColumnMapping>,
    /// Answer for questions that have none in the file
    #[arg(long, value_name = "TEXT")]
    answer: Option<String>,
    /// Number for the first question without one; the next ones follow. Choose a range that none
    /// of your other files uses [default: such questions stay without a number]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    first_number: Option<u32>,
    /// List every mistake, not only the first ones
    #[arg(long)]
    details: bool,
    /// Print a JSON object with every mistake
    #[arg(long, conflicts_with = "details")]
    json: bool,
}

/// The result for scripts.
#[derive(Serialize)]
struct JsonResult<'a> {
    /// The question file, if it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// Number of questions in it.
    questions: usize,
    mistakes: Vec<JsonMistake>,
    warnings: &'a [String],
    ignored_columns: &'a [String],
}

#[derive(Serialize)]
struct JsonMistake {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Id of the question or its beginning.
    #[serde(skip_serializing_if = "String::is_empty")]
    question: String,
    reasons: Vec<String>,
}

impl From<&Mistake> for JsonMistake {
    fn from(mistake: &Mistake) -> Self {
        let hidden = |text: &String| redact(text).into_owned();
        Self {
            line: mistake.line,
            question: hidden(&mistake.name),
            reasons: mistake.reasons.iter().map(hidden).collect(),
        }
    }
}

/// Writes the valid rows and reports the others. If there are others, it fails after writing.
pub fn run(args: &ImportArgs) -> Result<(), CliError> {
    let name = args.file.display().to_string();
    let usage =
        |message: &dyn std::fmt::Display| CliError::new(Exit::Usage, format!("{name}: {message}"));
    let bytes = std::fs::read(&args.file).map_err(|error| usage(&error))?;
    let (built_in, _) = Bank::load(built_in(), &[]);
    let file = read_any(
        &name,
        &bytes,
        &ReadOptions {
            formats: Formats::CommandLine,
            columns: &args.columns,
            default_answer: args.answer.as_deref(),
            first_number: args.first_number,
            is_taken: &|id| built_in.get(id).is_some(),
            rule: &question_check::check,
            ..ReadOptions::default()
        },
    );
    let written = write(args, &file)?;
    if args.json {
        output::json(&JsonResult {
            output: written.map(|path| path.display().to_string()),
            questions: file.questions.len(),
            mistakes: file.mistakes.iter().map(JsonMistake::from).collect(),
            warnings: &file.warnings,
            ignored_columns: &file.ignored_columns,
        })?;
        return result(&name, &file);
    }
    if let Some(path) = written {
        print_written(args, &path, file.questions.len())?;
    }
    report(args, &name, &file);
    result(&name, &file)
}

/// Writes the question file if there is a question, and returns its path.
fn write(args: &ImportArgs, file: &ImportedFile) -> Result<Option<PathBuf>, CliError> {
    if file.questions.is_empty() {
        return Ok(None);
    }
    let default = || args.file.with_extension("toml");
    let path = args.output.clone().unwrap_or_else(default);
    let questions: Vec<_> = file.questions.iter().map(|one| &one.question).collect();
    write_new(&path, &import_export::pack(&questions))?;
    Ok(Some(path))
}

fn print_written(args: &ImportArgs, path: &Path, questions: usize) -> Result<(), CliError> {
    output::line(format_args!(
        "Wrote {} to {}. To use the file, add it to the config: [bank] paths = [\"{}\"]",
        pluralize(questions, "question", "questions"),
        path.display(),
        path.display()
    ))?;
    if let Some(first) = args.first_number {
        output::line(format_args!(
            "Questions without a number got one from {first} on."
        ))?;
    }
    Ok(())
}

/// Prints what was left out: in short, or with `--details` everything.
fn report(args: &ImportArgs, name: &str, file: &ImportedFile) {
    for warning in &file.warnings {
        output::note(format_args!("{name}: {warning}"));
    }
    if !file.ignored_columns.is_empty() && !file.lacks_columns {
        let ignored = file.ignored_columns.join(", ");
        output::note(format_args!("{name}: ignored unknown columns: {ignored}"));
    }
    if is_only_about_file(file) {
        // The error says it.
        return;
    }
    let shown = if args.details {
        file.mistakes.len()
    } else {
        SHOWN_MISTAKES
    };
    for mistake in file.mistakes.iter().take(shown) {
        output::note(mistake_text(name, mistake));
    }
    let hidden = file.mistakes.len().saturating_sub(shown);
    if hidden > 0 {
        let more = pluralize(hidden, "more mistake", "more mistakes");
        output::note(format_args!("{name}: {more}; --details lists all"));
    }
}

/// Whether the only mistake is about the whole file.
fn is_only_about_file(file: &ImportedFile) -> bool {
    file.questions.is_empty() && matches!(file.mistakes.as_slice(), [only] if only.line.is_none())
}

fn mistake_text(name: &str, mistake: &Mistake) -> String {
    if let Some(diagnostic) = &mistake.diagnostic {
        return diagnostic.to_string();
    }
    let Some(line) = mistake.line else {
        return format!("{name}: {mistake}");
    };
    let question = match mistake.name.as_str() {
        "" => String::new(),
        beginning => format!(" \"{}\":", redact(beginning)),
    };
    match mistake.reasons.as_slice() {
        [only] => format!("{name}:{line}:{question} {}", redact(only)),
        reasons => format!(
            "{name}:{line}:{question}\n  {}",
            redact(&reasons.join("\n  "))
        ),
    }
}

fn result(name: &str, file: &ImportedFile) -> Result<(), CliError> {
    let message = match file.mistakes.as_slice() {
        [] => return Ok(()),
        [only] if is_only_about_file(file) => format!("{name}: {only}{}", map_help(file)),
        _ if file.questions.is_empty() => "nothing was imported; see the mistakes".to_owned(),
        mistakes => {
            let count = pluralize(mistakes.len(), "mistake", "mistakes");
            format!("{count}; the other questions were imported")
        }
    };
    Err(CliError::new(Exit::Usage, message))
}

/// Says how to name the columns of a table on the command line.
fn map_help(file: &ImportedFile) -> &'static str {
    if file.lacks_columns {
        " (each as an option: --map question=…)"
    } else {
        ""
    }
}

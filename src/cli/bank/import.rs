//! `bank import`: converts a CSV or JSON file into a question file.

use std::path::PathBuf;

use clap::Args;

use super::{output, write_new};
use crate::bot::render::question_check;
use crate::cli::exit::{CliError, Exit};
use crate::cli::load::diagnostics_error;
use quizloop_bank::import_export::{self, ImportOptions, ImportResult, RejectedRow};
use quizloop_core::text::pluralize;
use quizloop_diagnostics::Source;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A .csv file with a header, or a .json file with a list of objects; columns and keys are
    /// named like the keys of question files
    file: PathBuf,
    /// Question file to write [default: the same name with .toml]
    #[arg(long, value_name = "PACK")]
    output: Option<PathBuf>,
    /// Number for the first question without one; the next ones follow. Choose a range that none
    /// of your other files uses [default: such questions stay without a number]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    first_number: Option<u32>,
}

/// Writes the valid rows and reports the others. If there are others, it fails after writing.
pub fn run(args: &ImportArgs) -> Result<(), CliError> {
    let name = args.file.display().to_string();
    let usage =
        |message: &dyn std::fmt::Display| CliError::new(Exit::Usage, format!("{name}: {message}"));
    let bytes = std::fs::read(&args.file).map_err(|error| usage(&error))?;
    let source =
        Source::decode(&name, &bytes).map_err(|diagnostic| diagnostics_error(&[*diagnostic]))?;
    let options = ImportOptions {
        first_number: args.first_number,
        rule: &question_check::check,
    };
    let extension = args
        .file
        .extension()
        .and_then(|extension| extension.to_str());
    let import = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => import_export::import_csv(&source, &options),
        Some("json") => import_export::import_json(&source, &options),
        _ => return Err(usage(&"the file name must end in .csv or .json")),
    };
    let import = import.map_err(|error| usage(&error))?;
    for row in &import.rejected {
        output::error(rejection_text(row, &name));
    }
    if !import.unknown_columns.is_empty() {
        let unknown = import.unknown_columns.join(", ");
        output::error(format_args!("ignored unknown columns: {unknown}"));
    }
    write(args, &import)?;
    if import.rejected.is_empty() {
        return Ok(());
    }
    let rows = pluralize(import.rejected.len(), "row", "rows");
    let message = format!("{rows} could not be imported; see the reasons above");
    Err(CliError::new(Exit::Usage, message))
}

fn write(args: &ImportArgs, import: &ImportResult) -> Result<(), CliError> {
    if import.questions.is_empty() {
        return Ok(());
    }
    let default = || args.file.with_extension("toml");
    let file = args.output.clone().unwrap_or_else(default);
    let questions: Vec<_> = import.questions.iter().collect();
    write_new(&file, &import_export::pack(&questions))?;
    output::line(format_args!(
        "Wrote {} to {}. To use the file, add it to the config: [bank] paths = [\"{}\"]",
        pluralize(questions.len(), "question", "questions"),
        file.display(),
        file.display()
    ))?;
    if let Some(first) = import.first_generated_number {
        output::line(format_args!(
            "Questions without a number got one from {first} on."
        ))?;
    }
    Ok(())
}

fn rejection_text(row: &RejectedRow, file: &str) -> String {
    let name = if row.name.is_empty() {
        String::new()
    } else {
        format!(" {}:", row.name)
    };
    let reasons: Vec<_> = row
        .reasons
        .iter()
        .map(|reason| format!("\n  {reason}"))
        .collect();
    format!(
        "{file}:{}:{name} not imported{}",
        row.line,
        reasons.concat()
    )
}

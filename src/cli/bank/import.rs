//! `bank import`: a table or list of questions becomes a question file.

use std::path::PathBuf;

use clap::Args;

use super::{output, write_new};
use crate::bank::import_export::{self, ImportResult, RejectedRow};
use crate::cli::exit::{CliError, Exit};

/// Options of `bank import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A .csv file with a header, or a .json file with a list; the columns are the keys of question files
    file: PathBuf,
    /// The question file to write [default: the same name, with .toml]
    #[arg(long, value_name = "PACK")]
    output: Option<PathBuf>,
}

/// Writes what can be taken and names what can't. It fails, after writing, if there was anything that
/// could not.
pub fn run(args: &ImportArgs) -> Result<(), CliError> {
    let name = args.file.display();
    let bad = |what: &dyn std::fmt::Display| CliError::new(Exit::Usage, format!("{name}: {what}"));
    let text = std::fs::read_to_string(&args.file).map_err(|error| bad(&error))?;
    let ending = args.file.extension().and_then(|ending| ending.to_str());
    let import = match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => import_export::import_csv(&text),
        Some("json") => import_export::import_json(&text),
        _ => Err("the name must end in .csv or .json".to_owned()),
    };
    let import = import.map_err(|what| bad(&what))?;
    for row in &import.rejected {
        output::error(rejection_text(row, &args.file.display().to_string()));
    }
    if !import.unknown_columns.is_empty() {
        let unknown = import.unknown_columns.join(", ");
        output::error(format_args!("left out, as no key of a question: {unknown}"));
    }
    write(args, &import)?;
    if import.rejected.is_empty() {
        return Ok(());
    }
    let what = format!("{} could not be taken", count_rows(import.rejected.len()));
    Err(CliError::new(Exit::Usage, what))
}

fn write(args: &ImportArgs, import: &ImportResult) -> Result<(), CliError> {
    if import.questions.is_empty() {
        return Ok(());
    }
    let usual = || args.file.with_extension("toml");
    let output = args.output.clone().unwrap_or_else(usual);
    let questions: Vec<_> = import.questions.iter().collect();
    write_new(&output, &import_export::pack(&questions))?;
    output::line(format_args!(
        "{} written to {}. Name it in the config: [bank] paths = [\"{}\"]",
        count_rows(questions.len()).replace("row", "question"),
        output.display(),
        output.display()
    ));
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
        "{file}:{}:{name} not taken, because{}",
        row.line,
        reasons.concat()
    )
}

fn count_rows(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} row{plural}")
}

//! `bank`: the questions on the command line, to read, to take to other tools, and to bring from there.

mod import;
mod show;

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::{CliError, Exit};
use super::output;
use super::{CommonArgs, load};
use crate::bank::{Bank, Level, Question, SEARCH_MAX, import_export};

/// Options of `bank`.
#[derive(Debug, Args)]
pub struct BankArgs {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: BankCommand,
}

#[derive(Debug, Subcommand)]
enum BankCommand {
    /// List the questions
    List {
        #[command(flatten)]
        filter: QuestionFilter,
        /// Words of the question, its id or its number; the best match first, at most 25
        words: Vec<String>,
    },
    /// Show one question with everything that belongs to it
    Show {
        /// Its id or its number
        question: String,
    },
    /// Print the questions for another tool
    Export {
        #[command(flatten)]
        filter: QuestionFilter,
        /// What the other tool reads
        #[arg(long, value_enum)]
        format: ExportFormat,
    },
    /// Write a question file from a table or a list; what can't be taken is named with its line
    Import(import::ImportArgs),
}

/// Which questions.
#[derive(Debug, Args)]
struct QuestionFilter {
    /// Only this topic, such as cancellation
    #[arg(long)]
    topic: Option<String>,
    /// Only this level
    #[arg(long, value_parser = ["junior", "mid", "senior"])]
    level: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    /// A list of objects
    Json,
    /// A table with a header; points and pitfalls have a line an item
    Csv,
    /// A text import for Anki, with front, back and tags
    AnkiTsv,
}

impl QuestionFilter {
    fn matches(&self, question: &Question) -> bool {
        let level: Option<Level> = self.level.as_deref().and_then(|level| level.parse().ok());
        self.topic
            .as_ref()
            .is_none_or(|topic| *topic == question.topic)
            && level.is_none_or(|level| level == question.level)
    }
}

/// Does what is asked.
pub fn run(args: &BankArgs) -> Result<(), CliError> {
    if let BankCommand::Import(import) = &args.command {
        return import::run(import);
    }
    let bank = load::bank(&load::config(&args.common)?)?;
    match &args.command {
        BankCommand::List { filter, words } => list(&bank, filter, &words.join(" ")),
        BankCommand::Show { question } => show(&bank, question),
        BankCommand::Export { filter, format } => export(&bank, filter, *format),
        BankCommand::Import(_) => Ok(()),
    }
}

/// The questions asked for; that there are none is a mistake worth a sentence.
fn select_questions<'b>(
    bank: &'b Bank,
    filter: &QuestionFilter,
    words: &str,
) -> Result<Vec<&'b Question>, CliError> {
    if let Some(topic) = &filter.topic
        && !bank.topics().any(|known| known == topic)
    {
        let topics: Vec<_> = bank.topics().collect();
        let what = format!(
            "there is no topic \"{topic}\"; there are {}",
            topics.join(", ")
        );
        return Err(CliError::new(Exit::Usage, what));
    }
    let found: Vec<_> = if words.is_empty() {
        bank.questions().iter().collect()
    } else {
        bank.search(words, SEARCH_MAX)
    };
    let found: Vec<_> = found
        .into_iter()
        .filter(|question| filter.matches(question))
        .collect();
    if found.is_empty() {
        return Err(CliError::new(Exit::Usage, "no question fits"));
    }
    Ok(found)
}

fn list(bank: &Bank, filter: &QuestionFilter, words: &str) -> Result<(), CliError> {
    let found = select_questions(bank, filter, words)?;
    let style = show::TerminalStyle::for_terminal();
    output::styled(show::list(&found, &style));
    Ok(())
}

fn show(bank: &Bank, named: &str) -> Result<(), CliError> {
    let number = named.trim_start_matches('#').parse::<u32>().ok();
    let by_number = || {
        let mut all = bank.questions().iter();
        all.find(|question| Some(question.number) == number)
    };
    let Some(question) = bank.get(named.trim()).or_else(by_number) else {
        let near = bank.search(named, 3);
        let near: Vec<_> = near.iter().map(|question| question.id.as_str()).collect();
        let help = if near.is_empty() {
            "`quizloop bank list` shows all".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        let what = format!("there is no question \"{named}\": {help}");
        return Err(CliError::new(Exit::Usage, what));
    };
    output::styled(show::question(
        question,
        &show::TerminalStyle::for_terminal(),
    ));
    Ok(())
}

fn export(bank: &Bank, filter: &QuestionFilter, format: ExportFormat) -> Result<(), CliError> {
    let found = select_questions(bank, filter, "")?;
    output::text(match format {
        ExportFormat::Json => import_export::json(&found),
        ExportFormat::Csv => import_export::csv(&found),
        ExportFormat::AnkiTsv => import_export::anki(&found),
    });
    Ok(())
}

/// Writes a file that must not be there yet.
fn write_new(path: &PathBuf, text: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        let what = if error.kind() == std::io::ErrorKind::AlreadyExists {
            "it is there already; name another file with --output".to_owned()
        } else {
            error.to_string()
        };
        CliError::new(Exit::Usage, format!("{}: {what}", path.display()))
    };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

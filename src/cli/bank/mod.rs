//! `bank`: lists, shows, exports and imports questions, and compares them with the reviews.

mod import;
mod show;
mod stats;

use std::io::Write as _;
use std::path::Path;

use clap::{Args, Subcommand, ValueEnum};

use super::exit::{CliError, Exit};
use super::output;
use super::state::source::StateSource;
use super::{CommonArgs, ConfigArgs, help, load};
use quizloop_bank::import_export::{AnkiCards, AnkiDeckName, AnkiOptions};
use quizloop_bank::{Bank, Level, Question, SEARCH_MAX, import_export};
use quizloop_diagnostics::did_you_mean;

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop bank list --topic queues",
        "List the questions of a topic",
    ),
    ("quizloop bank show 17", "Show a question with its answer"),
    (
        "quizloop bank import ours.csv",
        "Create a question file from a table",
    ),
];

/// List, show, export, import and compare questions
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct BankArgs {
    #[command(subcommand)]
    command: BankCommand,
}

#[derive(Debug, Subcommand)]
enum BankCommand {
    /// List the questions
    #[command(after_long_help = help::examples(&[
        ("quizloop bank list", "List all questions"),
        ("quizloop bank list --level junior cancel", "Search the questions of a level"),
        ("quizloop bank list --topic queues --json", "List questions with all their texts for a script"),
    ]))]
    List {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        filter: QuestionFilter,
        /// Search words, an id or a number; lists at most 25 of the questions that pass the filters,
        /// the best match first
        words: Vec<String>,
        /// Print a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Show a question with its answer and notes
    #[command(after_long_help = help::examples(&[
        ("quizloop bank show 17", "Show the question with that number"),
        ("quizloop bank show queue-handover", "Show the question with that id"),
        ("quizloop bank show 17 --json", "Print its texts for a script"),
    ]))]
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// Id or number of the question
        question: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print questions in the format of another tool
    #[command(after_long_help = help::examples(&[
        ("quizloop bank export --format anki-tsv > asyncio.txt", "Make cards for Anki"),
        ("quizloop bank export --format csv --topic queues > queues.csv", "Make a table of a topic"),
    ]))]
    Export {
        #[command(flatten)]
        config: ConfigArgs,
        #[command(flatten)]
        filter: QuestionFilter,
        /// Output format
        #[arg(long, value_enum)]
        format: ExportFormat,
        #[command(flatten)]
        anki: AnkiArgs,
    },
    /// Create a question file from another tool's file, and report what can't be imported
    Import(import::ImportArgs),
    /// Compare the levels of the questions with how well members know them
    #[command(after_long_help = help::examples(&[
        ("quizloop bank stats", "Compare, and list the questions whose level seems wrong"),
        ("quizloop bank stats --json", "Print the numbers for a script"),
    ]))]
    Stats {
        #[command(flatten)]
        common: CommonArgs,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct QuestionFilter {
    /// Only questions of this topic, such as cancellation
    #[arg(long)]
    topic: Option<String>,
    /// Only questions with this tag, such as fastapi
    #[arg(long)]
    tag: Option<String>,
    /// Only questions of this level
    #[arg(long, value_parser = ["junior", "mid", "senior"])]
    level: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ExportFormat {
    /// A JSON list of objects
    Json,
    /// A table with a header; cells with several points or pitfalls have one per line
    Csv,
    /// Tab-separated text for Anki, with front, back and tags; a later import updates the notes
    AnkiTsv,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Options for the format anki-tsv")]
struct AnkiArgs {
    /// Deck for new notes; write "::" between a deck and one inside it [default: Python asyncio]
    #[arg(long, value_name = "NAME")]
    deck: Option<AnkiDeckName>,
    /// What each card asks for [default: questions]
    #[arg(long, value_enum)]
    cards: Option<CardsArg>,
    /// Leave out the tags, so that a later import keeps the tags that you gave to notes in Anki,
    /// instead of replacing them
    #[arg(long)]
    no_tags: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CardsArg {
    /// The whole answer to a question
    Questions,
    /// One key point of an answer, while the others are shown; a card per key point
    Points,
}

impl AnkiArgs {
    /// Returns the options, or an error if one is set for a format that ignores it.
    fn options(&self, format: ExportFormat) -> Result<AnkiOptions, CliError> {
        let is_set = self.deck.is_some() || self.cards.is_some() || self.no_tags;
        if is_set && !matches!(format, ExportFormat::AnkiTsv) {
            let message = "--deck, --cards and --no-tags are only for --format anki-tsv; \
                           remove them or choose that format";
            return Err(CliError::new(Exit::Usage, message));
        }
        Ok(AnkiOptions {
            deck: self.deck.clone().unwrap_or_default(),
            cards: match self.cards {
                None | Some(CardsArg::Questions) => AnkiCards::Questions,
                Some(CardsArg::Points) => AnkiCards::Points,
            },
            omits_tags: self.no_tags,
        })
    }
}

impl QuestionFilter {
    fn matches(&self, question: &Question) -> bool {
        let level: Option<Level> = self.level.as_deref().and_then(|level| level.parse().ok());
        self.topic
            .as_ref()
            .is_none_or(|topic| *topic == question.topic)
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| question.tags.contains(tag))
            && level.is_none_or(|level| question.matches_level(level))
    }
}

pub fn run(args: &BankArgs) -> Result<(), CliError> {
    match &args.command {
        BankCommand::List {
            config,
            filter,
            words,
            json,
        } => list(&load_bank(config)?, filter, &words.join(" "), *json),
        BankCommand::Show {
            config,
            question,
            json,
        } => show(&load_bank(config)?, question, *json),
        BankCommand::Export {
            config,
            filter,
            format,
            anki,
        } => {
            let bank = load_bank(config)?;
            export(&select_questions(&bank, filter, "")?, *format, anki)
        }
        BankCommand::Import(import) => import::run(import),
        BankCommand::Stats { common, json } => {
            let config = load::config(common)?;
            let bank = load::bank(&config)?;
            stats::run(&bank, &StateSource::open(&config)?, *json)
        }
    }
}

fn load_bank(config: &ConfigArgs) -> Result<Bank, CliError> {
    load::bank(&load::config(config)?)
}

/// Returns the matching questions, or an error if there are none.
fn select_questions<'b>(
    bank: &'b Bank,
    filter: &QuestionFilter,
    words: &str,
) -> Result<Vec<&'b Question>, CliError> {
    if let Some(topic) = &filter.topic
        && !bank.topics().any(|known| known == topic)
    {
        let topics: Vec<_> = bank.topics().collect();
        let message = format!(
            "there is no topic \"{topic}\". The topics are: {}",
            topics.join(", ")
        );
        return Err(CliError::new(Exit::Usage, message));
    }
    if let Some(tag) = &filter.tag
        && !bank.tags().contains(&tag.as_str())
    {
        let message = format!(
            "no question has the tag \"{tag}\"; {}",
            did_you_mean(tag, &bank.tags())
        );
        return Err(CliError::new(Exit::Usage, message));
    }
    let matches = |question: &Question| filter.matches(question);
    let found: Vec<_> = if words.is_empty() {
        let all = bank.questions().iter();
        all.filter(|question| matches(question)).collect()
    } else {
        bank.search_among(words, SEARCH_MAX, matches)
    };
    if found.is_empty() {
        return Err(CliError::new(
            Exit::Usage,
            "no question matches; remove a filter or a search word",
        ));
    }
    Ok(found)
}

fn list(bank: &Bank, filter: &QuestionFilter, words: &str, json: bool) -> Result<(), CliError> {
    let found = select_questions(bank, filter, words)?;
    if json {
        return Ok(output::text(import_export::json(&found))?);
    }
    let style = show::TerminalStyle::for_terminal();
    output::styled(show::list(&found, &style))?;
    Ok(())
}

fn show(bank: &Bank, wanted: &str, json: bool) -> Result<(), CliError> {
    let number = wanted.trim_start_matches('#').parse::<u32>().ok();
    let by_number = || {
        let mut all = bank.questions().iter();
        all.find(|question| question.number.is_some() && question.number == number)
    };
    let Some(question) = bank.get(wanted.trim()).or_else(by_number) else {
        let similar = bank.search(wanted, 3);
        let similar: Vec<_> = similar
            .iter()
            .map(|question| question.id.as_str())
            .collect();
        let help = if similar.is_empty() {
            "`quizloop bank list` lists all questions".to_owned()
        } else {
            format!("did you mean {}?", similar.join(" or "))
        };
        let message = format!("there is no question \"{wanted}\": {help}");
        return Err(CliError::new(Exit::Usage, message));
    };
    if json {
        return Ok(output::text(import_export::json_object(question))?);
    }
    output::styled(show::question(
        question,
        &show::TerminalStyle::for_terminal(),
    ))?;
    Ok(())
}

fn export(found: &[&Question], format: ExportFormat, anki: &AnkiArgs) -> Result<(), CliError> {
    let options = anki.options(format)?;
    output::text(match format {
        ExportFormat::Json => import_export::json(found),
        ExportFormat::Csv => import_export::csv(found),
        ExportFormat::AnkiTsv => import_export::anki(found, &options),
    })?;
    Ok(())
}

/// Writes a new file; an existing one is never overwritten. A file that can't be written completely
/// is removed.
fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    let mut file = std::fs::File::create_new(path).map_err(|error| {
        let message = if error.kind() == std::io::ErrorKind::AlreadyExists {
            format!(
                "{}: the file already exists; choose another one with --output",
                path.display()
            )
        } else {
            output::write_problem(path, &error)
        };
        CliError::new(Exit::Usage, message)
    })?;
    // Some file systems report a full disk only when the file is synced.
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|error| {
        // The error below matters more than a file that can't be removed either.
        let _ = std::fs::remove_file(path);
        CliError::new(Exit::Failed, output::write_problem(path, &error))
    })
}

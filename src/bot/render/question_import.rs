//! `/team questions import`: what was found in a file, and what was imported.

use super::component::{Button, ButtonStyle};
use super::daily::button;
use super::file::File;
use super::message::Message;
use super::text::{escape_markdown, pluralize, quote, truncate};
use crate::bot::discord::download::DownloadError;
use crate::bot::interactions::custom_id::ComponentId;
use crate::bot::interactions::drafts::DraftId;
use crate::bot::interactions::question_import::{
    ImportCounts, ImportLimit, ImportMode, ImportPlan,
};
use quizloop_bank::import_export::Mistake;
use quizloop_core::server_questions::{MAX_SERVER_QUESTIONS, ServerQuestionError};

/// Mistakes in the message; the attached file has all of them.
const SHOWN_MISTAKES: usize = 5;
/// Maximum length of a mistake in the message, in characters. Five of them and the rest of the
/// message keep Discord's limit.
const LINE_MAX: usize = 180;
/// The same for the first one.
const FIRST_LINE_MAX: usize = 300;
/// Warnings in the message.
const SHOWN_WARNINGS: usize = 1;
/// Maximum length of the list of columns in the message, in characters.
const COLUMNS_MAX: usize = 200;
/// Maximum size of the attached list of mistakes in bytes. A file can have as many mistakes as
/// lines.
const MISTAKES_FILE_MAX: usize = 256 * 1024;
const MISTAKES_FILE: &str = "mistakes.txt";

/// What was found in a file.
#[derive(Debug, Clone, Copy)]
pub struct FoundQuestions<'f> {
    /// The name of the file.
    pub file: &'f str,
    /// How many of its questions the server has already.
    pub counts: ImportCounts,
    /// The import in each mode.
    pub plans: &'f [(ImportMode, ImportPlan)],
    pub mistakes: &'f [Mistake],
    /// What the questions had to leave out.
    pub warnings: &'f [String],
    /// The header of a table.
    pub header: Option<&'f [String]>,
    pub ignored_columns: &'f [String],
    /// The kept questions.
    pub draft: DraftId,
}

impl FoundQuestions<'_> {
    const fn count(&self) -> usize {
        self.counts.same + self.counts.changed + self.counts.new
    }

    fn plan(&self, mode: ImportMode) -> Option<&ImportPlan> {
        let mut plans = self.plans.iter();
        plans.find(|(of, _)| *of == mode).map(|(_, plan)| plan)
    }
}

/// Shows what was found, with a button for each way to import it.
pub fn found(found: &FoundQuestions<'_>) -> Message {
    let mut lines = vec![summary(found)];
    let shown = found.mistakes.iter().take(SHOWN_MISTAKES).enumerate();
    lines.extend(shown.map(|(index, mistake)| {
        // What is wrong with the whole file comes first, and is longer.
        let max = if index == 0 { FIRST_LINE_MAX } else { LINE_MAX };
        format!("- {}", line(&mistake.to_string(), max))
    }));
    let more = found.mistakes.len().saturating_sub(SHOWN_MISTAKES);
    if more > 0 {
        lines.push(format!(
            "- and {more} more: `{MISTAKES_FILE}` has all of them"
        ));
    }
    lines.extend(columns(found));
    let warnings = found.warnings.iter().take(SHOWN_WARNINGS);
    lines.extend(warnings.map(|warning| format!("Note: {}", line(warning, LINE_MAX))));
    lines.extend(known(found.counts));
    let buttons = buttons(found);
    lines.extend(limit(found, buttons.is_empty()));
    if !buttons.is_empty() {
        lines.push("Nothing is imported yet. I keep the file for 15 minutes.".into());
    }
    let message = Message::text(lines.join("\n"));
    let message = match mistakes_file(found) {
        Some(file) => message.attach(file),
        None => message,
    };
    if buttons.is_empty() {
        message
    } else {
        message.buttons(buttons)
    }
}

/// Escapes and truncates a line that contains text of the file.
fn line(text: &str, max: usize) -> String {
    truncate(&escape_markdown(text), max)
}

fn summary(found: &FoundQuestions<'_>) -> String {
    let file = quote(found.file);
    let questions = match found.count() {
        0 => "no questions".to_owned(),
        count => pluralize(count, "question", "questions"),
    };
    match found.mistakes.len() {
        0 => format!("**{file}**: {questions}, no mistakes."),
        count => {
            let mistakes = pluralize(count, "mistake", "mistakes");
            format!("**{file}**: {questions} and {mistakes}:")
        }
    }
}

/// Says what became of the columns of a table. If there is no question, a mistake names them.
fn columns(found: &FoundQuestions<'_>) -> Option<String> {
    if found.count() == 0 && found.header.is_some() {
        return Some("The option `columns` says which is which.".into());
    }
    if found.ignored_columns.is_empty() {
        return None;
    }
    let names = found.ignored_columns.iter();
    let names: Vec<String> = names.map(|name| format!("\"{}\"", quote(name))).collect();
    let names = truncate(&names.join(", "), COLUMNS_MAX);
    Some(format!("Columns left out: {names}."))
}

/// Says how many questions the server has already.
fn known(counts: ImportCounts) -> Option<String> {
    let ImportCounts { same, changed, new } = counts;
    let known = same + changed;
    Some(match (same, changed, new) {
        (0, 0, _) => return None,
        (_, 0, 0) => "This server has all of them already, with the same texts.".into(),
        (_, 0, _) => format!("This server has {known} of them already, with the same texts."),
        (0, _, 0) => "This server has all of them already, with other texts.".into(),
        (0, _, _) => format!("This server has {known} of them already, with other texts."),
        _ => format!("This server has {known} of them already, {changed} with other texts."),
    })
}

/// Says why the questions can't be imported, all of them or in one of the modes.
fn limit(found: &FoundQuestions<'_>, none_fits: bool) -> Option<String> {
    let mut plans = found.plans.iter();
    let exceeds = plans.find_map(|(_, plan)| plan.exceeds)?;
    let limit = match exceeds {
        ImportLimit::Count(count) => format!(
            "This server would have {count} questions of its own, and can have {MAX_SERVER_QUESTIONS}."
        ),
        ImportLimit::Bytes(bytes) => {
            const KB: usize = 1000;
            let size = bytes.div_ceil(KB);
            format!("This server's questions would have {size} kB of text, and can have 2000 kB.")
        }
    };
    Some(if none_fits {
        format!("{limit} Import a smaller file, or remove questions with `/team questions remove`.")
    } else {
        format!("Adding all of them is not possible: {limit}")
    })
}

fn buttons(found: &FoundQuestions<'_>) -> Vec<Button> {
    let ImportCounts { same, changed, new } = found.counts;
    let add = |style, label: String| (ImportMode::Add, style, label);
    let all = found.count();
    let mut offered = Vec::new();
    if same + changed == 0 && new > 0 {
        // Nothing is known, so all modes do the same. This one adds nothing twice.
        let label = format!("Import {}", pluralize(new, "question", "questions"));
        offered.push((ImportMode::Skip, ButtonStyle::Primary, label));
    } else if all > 0 {
        if changed > 0 {
            let also = if new > 0 {
                format!(", add {new}")
            } else {
                String::new()
            };
            let label = format!("Update {changed}{also}");
            offered.push((ImportMode::Update, ButtonStyle::Primary, label));
        }
        if new > 0 {
            let label = format!("Skip {}, add {new}", same + changed);
            offered.push((ImportMode::Skip, ButtonStyle::Secondary, label));
        }
        offered.push(add(ButtonStyle::Secondary, format!("Add all {all} as new")));
    }
    let fits = |mode| found.plan(mode).is_some_and(|plan| plan.exceeds.is_none());
    let fitting = offered.into_iter().filter(|(mode, ..)| fits(*mode));
    let with_id = fitting.map(|(mode, style, label)| {
        let draft = found.draft;
        button(style, &label, &ComponentId::Import { draft, mode })
    });
    with_id.collect()
}

/// Returns all mistakes as a text file, one a line, and what the questions had to leave out.
fn mistakes_file(found: &FoundQuestions<'_>) -> Option<File> {
    let mistakes = found.mistakes;
    if mistakes.is_empty() && found.warnings.len() <= SHOWN_WARNINGS {
        return None;
    }
    let count = pluralize(mistakes.len(), "mistake", "mistakes");
    let mut text = format!("{}: {count}\n", found.file);
    let mistakes = mistakes.iter().map(ToString::to_string);
    let mut lines = mistakes.chain(found.warnings.iter().cloned());
    for line in lines.by_ref() {
        text.push_str(&line);
        text.push('\n');
        if text.len() > MISTAKES_FILE_MAX {
            break;
        }
    }
    let more = lines.count();
    if more > 0 {
        text.push_str("and ");
        text.push_str(&more.to_string());
        text.push_str(" more\n");
    }
    Some(File::new(
        MISTAKES_FILE,
        "All mistakes in the file",
        text.into_bytes(),
    ))
}

/// Confirms a saved import. `numbers` are those of the first and the last added question.
pub fn imported(file: &str, plan: &ImportPlan, numbers: Option<(u32, u32)>) -> Message {
    let file = quote(file);
    if plan.added + plan.updated == 0 {
        return Message::text(format!(
            "Nothing to do: this server has all questions of **{file}** already."
        ));
    }
    let mut parts = Vec::new();
    if plan.added > 0 {
        let range = match numbers {
            Some((first, last)) if first == last => format!(" (#s{first})"),
            Some((first, last)) => format!(" (#s{first} to #s{last})"),
            None => String::new(),
        };
        parts.push(format!(
            "{} added{range}",
            pluralize(plan.added, "question", "questions")
        ));
    }
    if plan.updated > 0 {
        parts.push(format!("{} updated", plan.updated));
    }
    if plan.unchanged > 0 {
        parts.push(format!("{} left as they were", plan.unchanged));
    }
    Message::text(format!(
        "**{file}** is imported: {}. `/team questions list` shows them.",
        parts.join(", ")
    ))
}

/// Answers a press for a file that is no longer kept.
pub fn draft_gone() -> String {
    "I no longer have this file: I keep it for 15 minutes, until I'm restarted, or until it is \
     imported. Please send it again with `/team questions import`. Questions that are here already \
     won't be doubled."
        .into()
}

/// Says that the reader failed, which is a bug.
pub fn unreadable(file: &str) -> String {
    format!(
        "I couldn't read **{}**. Please report this to the person who runs the bot.",
        quote(file)
    )
}

/// Says why an import was refused although its button was offered: the questions changed meanwhile.
pub fn refused(error: ServerQuestionError) -> String {
    format!(
        "Nothing was imported: {error}. Remove questions with `/team questions remove`, or import a smaller file."
    )
}

/// Says why a file could not be downloaded, and what to do.
pub fn download_failed(file: &str, error: &DownloadError) -> String {
    let file = quote(file);
    match error {
        DownloadError::TooLarge => format!(
            "**{file}** is larger than 1 MiB, so I didn't read it. Split it into smaller files, and \
             import one after the other."
        ),
        DownloadError::OtherHost => format!(
            "I only read files from Discord's own servers, and **{file}** is elsewhere. Attach the \
             file itself to the command."
        ),
        DownloadError::Gone => {
            format!("Discord no longer has **{file}**. Please send it again.")
        }
        DownloadError::TimedOut | DownloadError::Failed(_) => {
            format!("I couldn't get **{file}** from Discord. Please send it again in a minute.")
        }
    }
}

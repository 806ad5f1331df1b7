//! The picture of `/progress`, with a short text.

use std::sync::Arc;

use super::file::File;
use super::message::{CONTENT_MAX, Message};
use super::text::{escape_markdown, pluralize, quote, truncate};
use quizloop_chart::{Progress, alt_text, unsupported_names};

/// The picture with its alternative text. It is an attachment and not in an embed, because Discord
/// shows attachments larger. Without a picture, the message is the alternative text.
pub fn progress(progress: &Progress, picture: Option<Arc<[u8]>>) -> Message {
    let words = alt_text(progress);
    let Some(picture) = picture else {
        // Names of topics may come from an operator's files and must not be read as Markdown.
        let text = format!(
            "The picture couldn't be drawn. Here it is in words:\n{}",
            escape_markdown(&words)
        );
        return Message::text(truncate(&text, CONTENT_MAX));
    };
    let mut lines = vec![summary(progress)];
    lines.extend(names_without_glyph(progress));
    Message::text(truncate(&lines.join("\n"), CONTENT_MAX)).attach(File::new(
        "progress.png",
        &words,
        picture,
    ))
}

/// Adds lines about other things that the member did below the text.
pub fn with_lines(mut message: Message, lines: impl IntoIterator<Item = String>) -> Message {
    let text = message.content.into_iter().chain(lines);
    let text = text.collect::<Vec<_>>().join("\n");
    message.content = Some(truncate(&text, CONTENT_MAX));
    message
}

fn summary(progress: &Progress) -> String {
    if progress.is_empty() {
        return "Nothing to show yet. Answer a daily question or try `/quiz` to get started."
            .into();
    }
    let questions = pluralize(progress.streak, "question", "questions");
    let due = match progress.forecast[0] {
        0 => "Nothing to repeat today.".into(),
        due => format!(
            "**{}** to repeat today: use `/quiz mode:due`.",
            pluralize(due, "question", "questions")
        ),
    };
    format!(
        "**{questions}** in a row (longest: {}). {due}",
        progress.longest
    )
}

/// The topic names that the picture's font can't write; Discord's own fonts can.
fn names_without_glyph(progress: &Progress) -> Option<String> {
    let unwritten = unsupported_names(progress);
    let names: Vec<String> = unwritten
        .iter()
        .map(|one| format!("{} is {}", one.label, quote(one.name)))
        .collect();
    (!names.is_empty()).then(|| format!("In the picture, {}.", names.join(", ")))
}

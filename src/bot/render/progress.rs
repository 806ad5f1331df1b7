//! The picture of `/progress`, with words beside it.

use std::sync::Arc;

use super::file::File;
use super::message::{CONTENT_MAX, Message};
use super::text::{escape_markdown, pluralize, quote, truncate};
use crate::chart::{Progress, alt_text, unsupported_names};

/// The picture with what it says in words as its description. It is no part of an embed: Discord shows an attachment
/// larger. Without a picture the words stand for it.
pub fn progress(progress: &Progress, picture: Option<Arc<[u8]>>) -> Message {
    let words = alt_text(progress);
    let Some(picture) = picture else {
        // Names of topics may be an operator's; what they write is no Markdown.
        let text = format!(
            "The picture could not be drawn; in words it is this.\n{}",
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

fn summary(progress: &Progress) -> String {
    if progress.is_empty() {
        return "Nothing to show yet. Reply to the day's question or try `/quiz`, and this fills up.".into();
    }
    let rounds = pluralize(progress.streak as usize, "round", "rounds");
    let due = match progress.forecast[0] {
        0 => "Nothing is due today.".into(),
        due => format!(
            "**{}** due today: `/quiz mode:due` asks.",
            pluralize(due as usize, "review is", "reviews are")
        ),
    };
    format!(
        "**{rounds}** in a row (longest {}). {due}",
        progress.longest
    )
}

/// Names that the picture's font can't write, for the reader's own fonts.
fn names_without_glyph(progress: &Progress) -> Option<String> {
    let unwritten = unsupported_names(progress);
    let names: Vec<String> = unwritten
        .iter()
        .map(|one| format!("{} is {}", one.label, quote(one.name)))
        .collect();
    (!names.is_empty()).then(|| format!("In the picture {}.", names.join(", ")))
}

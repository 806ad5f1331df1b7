//! Parts of the help that all commands share.
//!
//! `-h` prints one line for each option, `--help` everything, with examples at the end. Every
//! command has examples, so the two layouts are the same everywhere.

use std::fmt::Write as _;

use anstyle::{Effects, Style};
use clap::builder::StyledStr;

/// The style of clap's own headings.
const HEADING: Style = Style::new().effects(Effects::BOLD.insert(Effects::UNDERLINE));
/// The style of clap's own names of commands and options.
const LITERAL: Style = Style::new().effects(Effects::BOLD);

/// Returns the examples of a command: each a command line, and what it does.
pub fn examples(examples: &[(&str, &str)]) -> StyledStr {
    let mut text = format!("{HEADING}Examples:{HEADING:#}");
    for (line, purpose) in examples {
        let _ = write!(text, "\n  {LITERAL}{line}{LITERAL:#}\n          {purpose}");
    }
    text.into()
}

/// Returns examples, and a paragraph after them.
pub fn examples_and(examples_: &[(&str, &str)], paragraph: &str) -> StyledStr {
    format!("{}\n\n{paragraph}", examples(examples_).ansi()).into()
}

//! Printing to stdout and stderr. `println!` panics if a write fails; these functions return an
//! error, except if the reader closed the pipe, as in `quizloop state list | head`.
//!
//! Messages may quote files. They are printed without secrets, and without control characters, which
//! could control the terminal.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::os_error;
use quizloop_diagnostics::{Diagnostic, redact, render_all_styled};

/// The styles of the words "error" and "warning", those of diagnostics.
const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
#[cfg(feature = "sandbox")]
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// The output is incomplete, for example because the disk is full.
#[derive(Debug, thiserror::Error)]
#[error(
    "the output is incomplete because it can't be written: {0}. Check the target's free space, then run the command again"
)]
pub struct OutputError(io::Error);

impl From<OutputError> for CliError {
    fn from(error: OutputError) -> Self {
        Self::new(Exit::Failed, error)
    }
}

/// Prints a message to stdout.
pub fn line(text: impl Display) -> Result<(), OutputError> {
    print(&mut io::stdout(), format_args!("{}\n", printable(&text)))
}

/// Prints data that contains its own line breaks to stdout, unchanged.
pub fn text(text: impl Display) -> Result<(), OutputError> {
    print(&mut io::stdout(), format_args!("{text}"))
}

/// Prints text with ANSI styles to stdout. The styles are removed if stdout is not a terminal or if
/// `NO_COLOR` is set.
pub fn styled(text: impl Display) -> Result<(), OutputError> {
    print(&mut anstream::stdout(), format_args!("{text}"))
}

/// Prints data as JSON to stdout.
pub fn json(data: &impl Serialize) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(data).map_err(anyhow::Error::from)?;
    Ok(text(json + "\n")?)
}

/// Returns why a file can't be written, and what to do if its folder is missing.
pub fn write_problem(path: &Path, error: &io::Error) -> String {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if error.kind() == io::ErrorKind::NotFound => format!(
            "can't write {}: create the folder {} first",
            path.display(),
            folder.display()
        ),
        _ => format!("can't write {}: {error}", path.display()),
    }
}

/// Prints a message to stderr. As with the functions below, a failure is ignored: it could be
/// reported only here.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{}", printable(&text));
}

/// Prints an error to stderr, in colour on a terminal.
pub fn error(text: impl Display) {
    labelled(ERROR, "error", &text);
}

/// Prints a warning to stderr, in colour on a terminal.
#[cfg(feature = "sandbox")]
pub fn warning(text: impl Display) {
    labelled(WARNING, "warning", &text);
}

fn labelled(style: Style, label: &str, text: &impl Display) {
    let text = printable(text);
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {text}");
}

/// Prints diagnostics to stderr, in colour on a terminal.
pub fn diagnostics(diagnostics: &[Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    let text = os_error::explain(render_all_styled(diagnostics).trim_end());
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Returns a message without secrets, and with symbols in place of control characters.
fn printable(text: &impl Display) -> String {
    let text = os_error::explain(&text.to_string());
    redact(&text).chars().map(visible).collect()
}

/// Returns the symbol of a control character, and every other character unchanged.
fn visible(c: char) -> char {
    /// The first of the symbols for the control characters U+0000 to U+001F.
    const SYMBOL_FOR_NULL: u32 = 0x2400;
    match c {
        '\n' | '\t' => c,
        '\0'..='\x1f' => char::from_u32(SYMBOL_FOR_NULL + u32::from(c)).unwrap_or('\u{fffd}'),
        _ if c.is_control() => '\u{fffd}',
        _ => c,
    }
}

/// Passes the result of a write on, but ignores that the reader closed the pipe.
pub fn checked(result: io::Result<()>) -> Result<(), OutputError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(OutputError(error)),
        _ => Ok(()),
    }
}

/// Flushes as well: stdout keeps text in its buffer, and ignores errors when the process ends.
fn print(out: &mut impl Write, text: fmt::Arguments<'_>) -> Result<(), OutputError> {
    checked(out.write_fmt(text).and_then(|()| out.flush()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails in the write, or only in the flush.
    struct Failing {
        kind: io::ErrorKind,
        in_flush: bool,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.in_flush {
                Ok(bytes.len())
            } else {
                Err(self.kind.into())
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.kind.into())
        }
    }

    #[test]
    fn a_message_has_no_control_characters_and_no_secrets() {
        let text = "a\tb\n\u{1b}[2J\u{9b}c postgres://ada:hunter2@db/quiz";
        let shown = "a\tb\n\u{241b}[2J\u{fffd}c postgres://ada:(secret)@db/quiz";
        assert_eq!(printable(&text), shown);
    }

    #[test]
    fn only_a_closed_pipe_is_ignored() {
        for in_flush in [false, true] {
            let print = |kind| print(&mut Failing { kind, in_flush }, format_args!("text\n"));
            assert!(print(io::ErrorKind::BrokenPipe).is_ok());
            for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
                assert!(print(kind).is_err(), "{kind}");
            }
        }
    }
}

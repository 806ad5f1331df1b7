//! Printing to stdout and stderr. `println!` panics if the reader closes the pipe, as in
//! `quizloop state list | head`; these functions do not.

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line to stdout.
pub fn line(text: impl Display) {
    // A failed write means that the pipe is closed.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints text that contains its own line breaks to stdout.
pub fn text(text: impl Display) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}");
    // A prompt ends without a line break, so stdout would keep it in its buffer.
    let _ = out.flush();
}

/// Prints text with ANSI styles to stdout. The styles are removed if stdout is not a terminal or if
/// `NO_COLOR` is set.
pub fn styled(text: impl Display) {
    let _ = write!(anstream::stdout(), "{text}");
}

/// Prints a line to stderr.
pub fn error(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

//! Printing for people and scripts. A reader who has enough (`quizloop state list | head`) closes the pipe;
//! `println!` would panic then.

use std::fmt::Display;
use std::io::Write as _;

/// Prints a line to stdout.
pub fn line(text: impl Display) {
    // Nobody reads any more, so there is nobody to tell.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints text to stdout that has its own line ends.
pub fn text(text: impl Display) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}");
    // A question has no line end.
    let _ = out.flush();
}

/// Prints text with ANSI styles to stdout; they go where it is no terminal, or `NO_COLOR` is set.
pub fn styled(text: impl Display) {
    let _ = write!(anstream::stdout(), "{text}");
}

/// Prints a line to stderr.
pub fn error(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

//! Formats diagnostics as text.

use std::fmt;

use super::{Diagnostic, Location, Severity};

/// Maximum number of characters shown of a line.
const MAX_LINE_CHARS: usize = 100;

/// Maximum number of characters shown before the position in a long line.
const MAX_CHARS_BEFORE: usize = 60;

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Prints the message, file, line and column, the line with a caret, and the fix.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let related = self.related.iter().map(|related| &related.location);
        let locations = self.location.iter().chain(related);
        let gutter = locations
            .map(|location| digits(location.line))
            .max()
            .unwrap_or(1);
        write!(f, "{}: {}", self.severity, self.message)?;
        write_location(f, gutter, &self.file, self.location.as_ref())?;
        for related in &self.related {
            write!(f, "\nnote: {}", related.message)?;
            write_location(f, gutter, &related.file, Some(&related.location))?;
        }
        match &self.fix {
            Some(fix) => write!(f, "\n{:gutter$} = help: {fix}", ""),
            None => Ok(()),
        }
    }
}

/// Maximum number of diagnostics shown. The first ones often cause the others.
const MAX_SHOWN: usize = 100;

/// Formats diagnostics, separated by empty lines, with their number in the last line. If there are
/// more than `MAX_SHOWN`, errors are shown before warnings.
pub fn render_all(diagnostics: &[Diagnostic]) -> String {
    use fmt::Write as _;
    let mut text = String::new();
    let mut shown: Vec<_> = diagnostics.iter().collect();
    if shown.len() > MAX_SHOWN {
        shown.sort_by_key(|diagnostic| !diagnostic.is_error());
        shown.truncate(MAX_SHOWN);
    }
    for diagnostic in &shown {
        let _ = writeln!(text, "{diagnostic}\n");
    }
    let more = diagnostics.len() - shown.len();
    if more > 0 {
        let _ = writeln!(text, "and {more} more\n");
    }
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count();
    text + &totals(errors, diagnostics.len() - errors)
}

fn totals(errors: usize, warnings: usize) -> String {
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{number} {word}s")),
    };
    let counted: Vec<_> = [count(errors, "error"), count(warnings, "warning")]
        .into_iter()
        .flatten()
        .collect();
    if counted.is_empty() {
        "nothing found".to_owned()
    } else {
        counted.join(", ")
    }
}

fn write_location(
    f: &mut fmt::Formatter<'_>,
    gutter: usize,
    file: &str,
    location: Option<&Location>,
) -> fmt::Result {
    write!(f, "\n{:gutter$}--> {file}", "")?;
    let Some(location) = location else {
        return Ok(());
    };
    let (text, before, width) = visible_part(location);
    write!(f, ":{}:{}", location.line, location.column)?;
    write!(f, "\n{:gutter$} |", "")?;
    write!(f, "\n{:>gutter$} | {text}", location.line)?;
    write!(f, "\n{:gutter$} | {:before$}{}", "", "", "^".repeat(width))
}

/// Returns the visible part of a line, the number of its characters before the position, and the
/// number of characters to mark.
fn visible_part(location: &Location) -> (String, usize, usize) {
    let line: Vec<char> = location.text.trim_end().chars().map(printable).collect();
    let column = location.column - 1;
    let start = if line.len() <= MAX_LINE_CHARS {
        0
    } else {
        column.saturating_sub(MAX_CHARS_BEFORE)
    };
    let end = line.len().min(start + MAX_LINE_CHARS);
    let mut text = String::new();
    let mut before = column - start;
    if start > 0 {
        text.push('…');
        before += 1;
    }
    text.extend(line.get(start..end).unwrap_or_default());
    if end < line.len() {
        text.push('…');
    }
    let max_width = end.saturating_sub(column).max(1);
    (text, before, location.width.clamp(1, max_width))
}

/// Replaces tabs, which would shift the caret, and control characters, which would control the
/// terminal.
fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    #[test]
    fn a_diagnostic_looks_like_that_of_a_compiler() {
        let source = Source::new(
            "pack.toml",
            "a = 1\n".repeat(9) + "\tidd = \"x\u{1b}[31m\"\n",
        );
        let diagnostic = Diagnostic::at(&source, &(55..58), "unknown key `idd`")
            .related(&source, &(0..1), "the first `a`")
            .fix("did you mean `id`?");
        insta::assert_snapshot!(diagnostic, @r#"
        error: unknown key `idd`
          --> pack.toml:10:2
           |
        10 |  idd = "x�[31m"
           |  ^^^
        note: the first `a`
          --> pack.toml:1:1
           |
         1 | a = 1
           | ^
           = help: did you mean `id`?
        "#);
    }

    #[test]
    fn long_lines_are_truncated_around_the_position() {
        let source = Source::new(
            "pack.toml",
            format!("x = \"{}BAD{}\"", "a".repeat(200), "b".repeat(200)),
        );
        let diagnostic = Diagnostic::at(&source, &(205..208), "bad").severity(Severity::Warning);
        insta::assert_snapshot!(diagnostic, @r"
        warning: bad
         --> pack.toml:1:206
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaBADbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                                              ^^^
        ");
    }

    #[test]
    fn the_last_line_has_the_totals() {
        let error = Diagnostic::error("a", "bad");
        let warning = Diagnostic::warning("a", "odd");
        assert_eq!(render_all(&[]), "nothing found");
        let text = render_all(&[error, warning.clone(), warning]);
        assert!(text.ends_with("\n\n1 error, 2 warnings"), "{text}");
    }
}

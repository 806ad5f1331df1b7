//! How findings look.

use std::fmt;

use super::{Finding, Place, Severity};

/// How much of a long line is shown.
const SHOWN: usize = 100;

/// How much of a long line is shown before the spot.
const SHOWN_BEFORE: usize = 60;

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Like a compiler: the message, file, line and column, the line with a caret, and the fix.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spots = self
            .place
            .iter()
            .chain(self.related.iter().map(|related| &related.place));
        let gutter = spots.map(|place| digits(place.line)).max().unwrap_or(1);
        write!(f, "{}: {}", self.severity, self.message)?;
        write_spot(f, gutter, &self.file, self.place.as_ref())?;
        for related in &self.related {
            write!(f, "\nnote: {}", related.message)?;
            write_spot(f, gutter, &related.file, Some(&related.place))?;
        }
        match &self.fix {
            Some(fix) => write!(f, "\n{:gutter$} = help: {fix}", ""),
            None => Ok(()),
        }
    }
}

/// So many findings are shown; nobody reads on, and the first ones often are the reason for the others.
const FINDINGS_SHOWN: usize = 100;

/// The findings with an empty line between them, and a last line that counts them. Of very many only the first
/// are shown, errors before warnings.
pub fn render_all(findings: &[Finding]) -> String {
    use fmt::Write as _;
    let mut text = String::new();
    let mut shown: Vec<_> = findings.iter().collect();
    if shown.len() > FINDINGS_SHOWN {
        shown.sort_by_key(|finding| !finding.is_error());
        shown.truncate(FINDINGS_SHOWN);
    }
    for finding in &shown {
        let _ = writeln!(text, "{finding}\n");
    }
    let more = findings.len() - shown.len();
    if more > 0 {
        let _ = writeln!(text, "and {more} more\n");
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    text + &totals(errors, findings.len() - errors)
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

fn write_spot(
    f: &mut fmt::Formatter<'_>,
    gutter: usize,
    file: &str,
    place: Option<&Place>,
) -> fmt::Result {
    write!(f, "\n{:gutter$}--> {file}", "")?;
    let Some(place) = place else {
        return Ok(());
    };
    let (text, before, width) = window(place);
    write!(f, ":{}:{}", place.line, place.column)?;
    write!(f, "\n{:gutter$} |", "")?;
    write!(f, "\n{:>gutter$} | {text}", place.line)?;
    write!(f, "\n{:gutter$} | {:before$}{}", "", "", "^".repeat(width))
}

/// The part of a line that is shown, how many characters of it are before the spot, and how many
/// belong to the spot.
fn window(place: &Place) -> (String, usize, usize) {
    let line: Vec<char> = place.text.trim_end().chars().map(printable).collect();
    let column = place.column - 1;
    let start = if line.len() <= SHOWN {
        0
    } else {
        column.saturating_sub(SHOWN_BEFORE)
    };
    let end = line.len().min(start + SHOWN);
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
    let room = end.saturating_sub(column).max(1);
    (text, before, place.width.clamp(1, room))
}

/// Tabs would shift the caret, and control characters would work on the terminal.
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
    fn looks_like_a_compiler() {
        let source = Source::new(
            "pack.toml",
            "a = 1\n".repeat(9) + "\tidd = \"x\u{1b}[31m\"\n",
        );
        let finding = Finding::at(&source, &(55..58), "unknown key `idd`")
            .related(&source, &(0..1), "the first `a`")
            .fix("did you mean `id`?");
        insta::assert_snapshot!(finding, @r#"
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
    fn long_lines_are_cut_around_the_spot() {
        let source = Source::new(
            "pack.toml",
            format!("x = \"{}BAD{}\"", "a".repeat(200), "b".repeat(200)),
        );
        let finding = Finding::at(&source, &(205..208), "bad").severity(Severity::Warning);
        insta::assert_snapshot!(finding, @r"
        warning: bad
         --> pack.toml:1:206
          |
        1 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaBADbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                                              ^^^
        ");
    }

    #[test]
    fn the_last_line_counts() {
        let error = Finding::error("a", "bad");
        let warning = Finding::warning("a", "odd");
        assert_eq!(render_all(&[]), "nothing found");
        let text = render_all(&[error, warning.clone(), warning]);
        assert!(text.ends_with("\n\n1 error, 2 warnings"), "{text}");
    }
}

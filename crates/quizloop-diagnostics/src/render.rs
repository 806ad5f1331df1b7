//! Formats diagnostics as text.

use std::fmt;

use annotate_snippets::{
    Annotation, AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
};

use super::{Diagnostic, Location, Severity};

/// Maximum width of the output in columns. Longer lines are cut around the position.
const MAX_WIDTH: usize = 110;

/// Prints the message, file, line and column, the line with a caret, and the fix, without secrets.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Renderer::plain()))
    }
}

impl Diagnostic {
    fn render(&self, renderer: Renderer) -> String {
        let shown = self.redacted();
        let level = match shown.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(shown.message.as_str());
        // Unlike lines and primary titles, the library prints all other texts as they are.
        let mut groups = vec![match &shown.location {
            Some(location) => title.element(snippet(&shown.file, location)),
            None => title.element(Origin::path(normalize_untrusted_str(&shown.file))),
        }];
        groups.extend(shown.related.iter().map(|related| {
            let title = Level::NOTE.secondary_title(normalize_untrusted_str(&related.message));
            title.element(snippet(&related.file, &related.location))
        }));
        if let Some(fix) = &shown.fix
            && let Some(last) = groups.pop()
        {
            let fix = Level::HELP.message(normalize_untrusted_str(fix));
            groups.push(last.element(fix));
        }
        renderer.term_width(MAX_WIDTH).render(&groups)
    }
}

fn snippet<'a>(file: &'a str, location: &'a Location) -> Snippet<'a, Annotation<'a>> {
    let span = location.span.clone();
    Snippet::source(location.text.as_str())
        .path(normalize_untrusted_str(file))
        .line_start(location.line)
        .annotation(AnnotationKind::Primary.span(span))
}

/// Maximum number of diagnostics shown. The first ones often cause the others.
const MAX_SHOWN: usize = 100;

/// Formats diagnostics, separated by empty lines, with their number in the last line. If there are
/// more than `MAX_SHOWN`, errors are shown before warnings.
pub fn render_all(diagnostics: &[Diagnostic]) -> String {
    render_all_with(diagnostics, &Renderer::plain())
}

/// Formats diagnostics like [`render_all`], with ANSI styles for a terminal. What the diagnostics
/// quote can't control the terminal.
pub fn render_all_styled(diagnostics: &[Diagnostic]) -> String {
    render_all_with(diagnostics, &Renderer::styled())
}

fn render_all_with(diagnostics: &[Diagnostic], renderer: &Renderer) -> String {
    use fmt::Write as _;
    let mut text = String::new();
    let mut shown: Vec<_> = diagnostics.iter().collect();
    if shown.len() > MAX_SHOWN {
        shown.sort_by_key(|diagnostic| !diagnostic.is_error());
        shown.truncate(MAX_SHOWN);
    }
    for diagnostic in &shown {
        let _ = writeln!(text, "{}\n", diagnostic.render(renderer.clone()));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        10 |     idd = "x␛[31m"
           |     ^^^
           |
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
        insta::assert_snapshot!(diagnostic, @"
        warning: bad
         --> pack.toml:1:206
          |
        1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaBADbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...
          |                                                    ^^^
        ");
    }

    #[test]
    fn the_caret_is_below_wide_characters() {
        let source = Source::new("pack.toml", "x = \"日本語\" ! y");
        let diagnostic = Diagnostic::at(&source, &(16..17), "bad");
        insta::assert_snapshot!(diagnostic, @r#"
        error: bad
         --> pack.toml:1:11
          |
        1 | x = "日本語" ! y
          |              ^
        "#);
    }

    proptest! {
        #[test]
        fn any_line_can_be_rendered(
            text in "[ab\t\r\n\u{0}\u{1b}\u{202e}\u{301}\u{200d}\u{feff}日👩]{0,200}",
            span in (0..800_usize, 0..9_usize),
        ) {
            let source = Source::new("a", text);
            let diagnostic = Diagnostic::at(&source, &(span.0..span.0 + span.1), "bad");
            let text = diagnostic.to_string();
            prop_assert!(text.starts_with("error: bad\n") && text.contains('^'), "{text}");
            prop_assert!(!text.contains(['\t', '\u{0}', '\u{1b}', '\u{202e}']), "{text}");
        }
    }

    #[test]
    fn styles_change_no_text_and_quoted_text_has_none() {
        let source = Source::new("pack.toml\u{1b}[1m", "idd = \"x\u{1b}[31m\"\n");
        let diagnostic = Diagnostic::at(&source, &(0..3), "unknown \u{1b}[2J")
            .related(&source, &(0..1), "first\u{1b}[2J")
            .fix("write \u{1b}[2J");
        let styled = render_all_styled(std::slice::from_ref(&diagnostic));
        let mut plain = String::new();
        let mut codes = styled.split("\u{1b}[");
        plain.push_str(codes.next().unwrap());
        for code in codes {
            let (style, text) = code.split_once('m').unwrap();
            assert!(
                style
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b';'),
                "{style}"
            );
            plain.push_str(text);
        }
        assert!(styled.len() > plain.len());
        assert_eq!(plain, render_all(&[diagnostic]));
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

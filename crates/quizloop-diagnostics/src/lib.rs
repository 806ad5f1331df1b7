//! Diagnostics about a file, printed like those of a compiler: the file, the line, a caret under the
//! position, and a suggested fix.
//!
//! A reader of such a file collects all diagnostics instead of stopping at the first. This crate
//! knows TOML, text, and the form of secrets, but not questions or teams.

mod render;
mod secret;
mod source;
mod suggest;
pub mod toml_reader;

use std::ops::Range;

pub use self::render::{render_all, render_all_styled};
pub use self::secret::{contains_secret, redact};
pub use self::source::{MAX_BYTES, RawFile, Source};
pub use self::suggest::{did_you_mean, near_matches};
pub use self::toml_reader::{TomlField, TomlReader, TomlTable};

/// A range of bytes in a source.
pub type Span = Range<usize>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input can't be used.
    Error,
    /// The input can be used, but probably contains a mistake.
    Warning,
}

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Line number, from 1.
    pub line: usize,
    /// The whole line.
    pub text: String,
    /// Bytes of the line that are marked. If empty, a caret still shows the position.
    pub span: Span,
}

impl Location {
    /// Returns the column of the position in characters, from 1.
    pub fn column(&self) -> usize {
        let before = self.text.get(..self.span.start).unwrap_or(&self.text);
        before.chars().count() + 1
    }
}

/// Another position that belongs to a diagnostic, such as the first use of a duplicate name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub message: String,
    pub file: String,
    pub location: Location,
}

/// A problem in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Name of the file, as the operator wrote it.
    pub file: String,
    /// Position in the file; `None` if the diagnostic is about the whole file.
    pub location: Option<Location>,
    pub message: String,
    /// Other positions that belong to the problem.
    pub related: Vec<Related>,
    /// Suggested fix.
    pub fix: Option<String>,
}

impl Diagnostic {
    /// Creates an error about a whole file.
    pub fn error(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.into(),
            location: None,
            message: message.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// Creates a warning about a whole file.
    pub fn warning(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(file, message)
        }
    }

    /// Creates an error at a position.
    pub fn at(source: &Source, span: &Span, message: impl Into<String>) -> Self {
        Self {
            location: Some(source.location(span)),
            ..Self::error(source.name(), message)
        }
    }

    /// Sets the severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the suggested fix.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Sets or removes the suggested fix.
    #[must_use]
    pub fn maybe_fix(mut self, fix: Option<String>) -> Self {
        self.fix = fix;
        self
    }

    /// Adds another position that belongs to the problem.
    #[must_use]
    pub fn related(mut self, source: &Source, span: &Span, message: impl Into<String>) -> Self {
        self.related.push(Related {
            message: message.into(),
            file: source.name().to_owned(),
            location: source.location(span),
        });
        self
    }

    /// Returns the diagnostic without the secrets in it.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let hidden = |text: &String| secret::redact(text).into_owned();
        let masked = |location: &Location| Location {
            text: secret::mask_line(&location.text),
            ..location.clone()
        };
        Self {
            severity: self.severity,
            file: hidden(&self.file),
            location: self.location.as_ref().map(masked),
            message: hidden(&self.message),
            related: self
                .related
                .iter()
                .map(|related| Related {
                    message: hidden(&related.message),
                    file: hidden(&related.file),
                    location: masked(&related.location),
                })
                .collect(),
            fix: self.fix.as_ref().map(hidden),
        }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts diagnostics by file name and position.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    let position = |diagnostic: &Diagnostic| {
        diagnostic
            .location
            .as_ref()
            .map(|location| (location.line, location.span.start))
    };
    diagnostics.sort_by(|a, b| (&a.file, position(a)).cmp(&(&b.file, position(b))));
}

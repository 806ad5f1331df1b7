//! What is wrong with a file that somebody wrote, told like a compiler: file, line, a caret under the
//! spot, and what to do about it.
//!
//! Everything that reads such a file collects all its diagnostics instead of stopping at the first. This
//! is a leaf: it knows TOML and text, and nothing of questions, teams or Discord.

mod render;
mod source;
mod suggest;
pub mod toml_reader;

use std::ops::Range;

pub use self::render::render_all;
pub use self::source::{MAX_BYTES, RawFile, Source};
pub use self::suggest::{did_you_mean, near_matches};
pub use self::toml_reader::{TomlField, TomlReader, TomlTable};

/// A stretch of a source, in bytes.
pub type Span = Range<usize>;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// What was found can't be used.
    Error,
    /// It works, but somebody should look.
    Warning,
}

/// A spot in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters of the line the spot covers, at least 1.
    pub width: usize,
    /// The whole line.
    pub text: String,
}

/// Another spot that has to do with a diagnostic, such as the first use of a name that is there twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What is there.
    pub message: String,
    /// The file's name as the person who wrote it knows it.
    pub file: String,
    /// Where in the file.
    pub location: Location,
}

/// One thing that is wrong, where it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file's name as the person who wrote it knows it.
    pub file: String,
    /// Where in the file; none if it is about the whole file.
    pub location: Option<Location>,
    /// What is wrong.
    pub message: String,
    /// Further spots.
    pub related: Vec<Related>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Diagnostic {
    /// Something about a whole file that makes it useless.
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

    /// Something about a whole file that somebody should look at.
    pub fn warning(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(file, message)
        }
    }

    /// An error at a spot.
    pub fn at(source: &Source, span: &Span, message: impl Into<String>) -> Self {
        Self {
            location: Some(source.location(span)),
            ..Self::error(source.name(), message)
        }
    }

    /// The same diagnostic with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds what to do, if there is something to say.
    #[must_use]
    pub fn maybe_fix(mut self, fix: Option<String>) -> Self {
        self.fix = fix;
        self
    }

    /// Adds another spot.
    #[must_use]
    pub fn related(mut self, source: &Source, span: &Span, message: impl Into<String>) -> Self {
        self.related.push(Related {
            message: message.into(),
            file: source.name().to_owned(),
            location: source.location(span),
        });
        self
    }

    /// Whether what was found can't be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Puts diagnostics in the order of their files and lines; files in the order of their names.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    let spot = |diagnostic: &Diagnostic| {
        diagnostic
            .location
            .as_ref()
            .map(|place| (place.line, place.column))
    };
    diagnostics.sort_by(|a, b| (&a.file, spot(a)).cmp(&(&b.file, spot(b))));
}

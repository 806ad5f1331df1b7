//! Whether entries are good, not only usable: wording, Markdown, an answer that holds its own points,
//! no question asked twice.
//!
//! For our own entries each diagnostic is an error, for an operator's a warning.

mod duplicates;
mod key_point_coverage;
mod markup;
mod prose;
mod stemming;

use super::sourced_question::SourcedQuestion;
use crate::diagnostics::{Diagnostic, Source};

/// Everything about these entries that a careful editor would mend.
pub fn lint(entries: &[SourcedQuestion], sources: &[Source]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for entry in entries {
        let source = &sources[entry.file];
        markup::check(entry, source, &mut diagnostics);
        prose::check(entry, source, &mut diagnostics);
        key_point_coverage::check(entry, source, &mut diagnostics);
    }
    duplicates::check(entries, sources, &mut diagnostics);
    diagnostics
}

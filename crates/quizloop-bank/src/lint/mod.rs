//! Editorial lints: wording, Markdown, answers that cover their key points, and duplicate
//! questions.
//!
//! A finding in a built-in question is an error; in an operator's question it is a warning.

mod duplicates;
mod key_point_coverage;
mod markup;
mod prose;
mod stemming;

use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Runs all lints on these entries.
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

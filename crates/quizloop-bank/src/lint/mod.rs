//! Editorial lints for the built-in questions: wording, spelling, key points that can be ticked and
//! that the answer covers, tags, and duplicate questions.
//!
//! They are a tool for this project's authors: only tests compile them, and a finding fails
//! `cargo test`.

mod duplicates;
mod key_point_coverage;
mod key_points;
mod prose;
mod stemming;
mod tags;
mod tests;

use super::load::LoadedFiles;
use quizloop_diagnostics::{self as diagnostics, Diagnostic};

/// Runs all lints on files, given as names with texts.
fn lint(files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let loaded = LoadedFiles::read(files, &[]);
    let mut diagnostics = Vec::new();
    for entry in &loaded.questions {
        let source = &loaded.sources[entry.file];
        prose::check(entry, source, &mut diagnostics);
        key_points::check(entry, source, &mut diagnostics);
        key_point_coverage::check(entry, source, &mut diagnostics);
        tags::check(entry, source, &mut diagnostics);
    }
    duplicates::check(&loaded.questions, &loaded.sources, &mut diagnostics);
    diagnostics::sort(&mut diagnostics);
    diagnostics
}

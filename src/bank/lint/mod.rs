//! Whether entries are good, not only usable: wording, Markdown, an answer that holds its own points,
//! no question asked twice.
//!
//! For our own entries each finding is an error, for an operator's a warning.

mod markup;
mod prose;
mod stems;
mod terms;
mod twins;

use super::entry::Entry;
use crate::findings::{Finding, Source};

/// Everything about these entries that a careful editor would mend.
pub fn lint(entries: &[Entry], sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in entries {
        let source = &sources[entry.file];
        markup::check(entry, source, &mut findings);
        prose::check(entry, source, &mut findings);
        terms::check(entry, source, &mut findings);
    }
    twins::check(entries, sources, &mut findings);
    findings
}

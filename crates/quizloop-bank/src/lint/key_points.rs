//! Checks that a member can tick each key point on a phone: it is short and makes one claim.

use super::super::markup::{Segment, segments};
use super::super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Maximum length of a key point in characters: two lines of a select menu on a phone.
const LENGTH_MAX: usize = 80;

/// Reports key points that are too long, or that join two claims with a semicolon.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for (item, point) in entry.question.points.iter().enumerate() {
        let mut report = |message: String, fix: &str| {
            let span = entry.key_span("points", Some(item));
            diagnostics.push(Diagnostic::at(source, &span, message).fix(fix));
        };
        if joins_claims(point) {
            report(
                format!("point {} joins two claims", item + 1),
                "split it, or remove one claim: nobody can tick half of a point",
            );
        }
        let length = point.chars().count();
        if length > LENGTH_MAX {
            let over = length - LENGTH_MAX;
            let message = format!(
                "point {} has {length} characters, {over} more than fit a phone ({LENGTH_MAX})",
                item + 1
            );
            report(message, "shorten it");
        }
    }
}

fn joins_claims(point: &str) -> bool {
    let is_joint =
        |segment: &Segment<'_>| matches!(segment, Segment::Prose(prose) if prose.contains(';'));
    segments(point).iter().any(is_joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_outside_of_code_joins_claims() {
        assert!(joins_claims("It waits; it never raises"));
        assert!(!joins_claims("`a; b` runs both"));
    }
}

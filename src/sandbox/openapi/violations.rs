//! Turns a schema's errors into lines that a person can act on.
//!
//! Most of Discord's schemas are unions. A value that fits none of the branches is best explained by the
//! branch it comes closest to, and it is excused if all that is wrong with some branch is excused.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use super::known_deviations;

/// How many characters of a line are shown: a wrong value may be a whole message.
const MAX_LINE_LENGTH: usize = 300;

/// The lines for these errors, without the excused ones.
pub fn describe_all<'a>(errors: impl IntoIterator<Item = ValidationError<'a>>) -> Vec<String> {
    errors
        .into_iter()
        .flat_map(|error| describe(&error))
        .collect()
}

fn describe(error: &ValidationError<'_>) -> Vec<String> {
    if known_deviations::is_known_deviation(error) {
        return Vec::new();
    }
    let (Kind::AnyOf { context } | Kind::OneOfNotValid { context }) = error.kind() else {
        return vec![line(error)];
    };
    let branches = context.iter().map(|branch| {
        let lines: Vec<String> = branch.iter().flat_map(describe).collect();
        (
            branch.iter().any(|inner| is_of_another_kind(error, inner)),
            lines,
        )
    });
    let closest =
        branches.min_by_key(|(is_another, lines)| (*is_another && !lines.is_empty(), lines.len()));
    closest.map_or_else(|| vec![line(error)], |(_, lines)| lines)
}

/// Whether a branch fails because it is for another kind of object (`type`), or for no object at all.
fn is_of_another_kind(union: &ValidationError<'_>, inner: &ValidationError<'_>) -> bool {
    let place = union.instance_path().as_str();
    let inner_place = inner.instance_path().as_str();
    let is_its_type = inner_place.strip_prefix(place) == Some("/type");
    is_its_type || (inner_place == place && matches!(inner.kind(), Kind::Type { .. }))
}

fn line(error: &ValidationError<'_>) -> String {
    let line = format!("{}: {error}", error.instance_path().as_str());
    match line.char_indices().nth(MAX_LINE_LENGTH) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

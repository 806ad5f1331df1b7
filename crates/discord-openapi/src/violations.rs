//! Turns schema errors into readable lines.
//!
//! Most of Discord's schemas are unions. For a value that matches no branch, the errors of the
//! closest branch are reported. If the errors of some branch are all known deviations, nothing is
//! reported.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use super::known_deviations;

/// Maximum length of a line in characters: an invalid value may be a whole message.
const MAX_LINE_LENGTH: usize = 300;

/// Returns a line for each error that is not a known deviation.
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

/// Whether a branch fails because it describes another kind of object (`type`), or no object.
fn is_of_another_kind(union: &ValidationError<'_>, inner: &ValidationError<'_>) -> bool {
    let path = union.instance_path().as_str();
    let inner_path = inner.instance_path().as_str();
    let is_type_field = inner_path.strip_prefix(path) == Some("/type");
    is_type_field || (inner_path == path && matches!(inner.kind(), Kind::Type { .. }))
}

fn line(error: &ValidationError<'_>) -> String {
    let line = format!("{}: {error}", error.instance_path().as_str());
    match line.char_indices().nth(MAX_LINE_LENGTH) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

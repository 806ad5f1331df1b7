//! Turns schema errors into readable lines.
//!
//! Most of Discord's schemas are unions. For a value that matches no branch, the errors of the
//! closest branch are reported. If the errors of some branch are all known deviations, nothing is
//! reported.

use boon::{ErrorKind, ValidationError};
use serde_json::Value;

use crate::known_deviations;

/// Maximum length of a line in characters: an invalid value may be a whole message.
const MAX_LINE_LENGTH: usize = 300;

/// Returns a line for each error of `value` that is not a known deviation.
pub fn describe_all(error: &ValidationError<'_, '_>, value: &Value) -> Vec<String> {
    let errors = separate(error).into_iter();
    errors.flat_map(|one| describe(one, value)).collect()
}

/// Returns the errors of a schema, those of its parts and of the schemas to which it refers. A union
/// is one error.
fn separate<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> Vec<&'e ValidationError<'s, 'v>> {
    match error.kind {
        ErrorKind::Group
        | ErrorKind::Schema { .. }
        | ErrorKind::Reference { .. }
        | ErrorKind::AllOf => error.causes.iter().flat_map(separate).collect(),
        _ => vec![error],
    }
}

fn describe(error: &ValidationError<'_, '_>, value: &Value) -> Vec<String> {
    let path = error.instance_location.to_string();
    if known_deviations::is_known_deviation(error, &path, value) {
        return Vec::new();
    }
    match &error.kind {
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => {}
        ErrorKind::Required { want } => {
            let missing = want.iter();
            return missing
                .map(|name| line(&path, &format!("{name:?} is missing")))
                .collect();
        }
        other => return vec![line(&path, &other.to_string())],
    }
    let branches = error.causes.iter().map(|branch| {
        let errors = separate(branch);
        let is_another = errors.iter().any(|inner| is_of_another_kind(&path, inner));
        let lines = errors.into_iter().flat_map(|inner| describe(inner, value));
        (is_another, lines.collect::<Vec<String>>())
    });
    let closest =
        branches.min_by_key(|(is_another, lines)| (*is_another && !lines.is_empty(), lines.len()));
    closest.map_or_else(
        || vec![line(&path, &error.kind.to_string())],
        |(_, lines)| lines,
    )
}

/// Whether a branch of the union at `path` fails because it describes another kind of object
/// (`type`), or no object.
fn is_of_another_kind(path: &str, inner: &ValidationError<'_, '_>) -> bool {
    let inner_path = inner.instance_location.to_string();
    let is_type_field = inner_path.strip_prefix(path) == Some("/type");
    is_type_field || (inner_path == path && matches!(inner.kind, ErrorKind::Type { .. }))
}

fn line(path: &str, problem: &str) -> String {
    let line = format!("{path}: {problem}");
    match line.char_indices().nth(MAX_LINE_LENGTH) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

//! Where Discord's description and Discord's documentation differ, and the documentation is right.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// Whether this error is one of the known differences.
pub fn is_known_deviation(error: &ValidationError<'_>) -> bool {
    let place = error.instance_path().as_str();
    let field = place.rsplit('/').next().unwrap_or_default();
    let is_of_another_type = matches!(error.kind(), Kind::Type { .. });
    match field {
        // Docs, interactions/application-commands: "default_member_permissions: ?string, set of
        // permissions represented as a bit set"; the description wants a number in requests.
        "default_member_permissions" => is_of_another_type && is_bit_set(error.instance()),
        // Docs, reference, "Error Messages": the codes of single fields are words, such as
        // BASE_TYPE_REQUIRED; the description has numbers there as for the whole answer.
        "code" => is_of_another_type && place.contains("/_errors/") && error.instance().is_string(),
        // Docs, reference, "Uploading Files": new files are named by their number, "id": 0; the
        // description knows ids as strings only.
        "id" => is_of_another_type && place.contains("/attachments/") && error.instance().is_u64(),
        _ => false,
    }
}

fn is_bit_set(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.parse::<u64>().is_ok())
}

//! Known errors of Discord's OpenAPI description, where Discord's documentation is right.

use boon::{ErrorKind, ValidationError};
use discord_sandbox::permission;
use serde_json::Value;

/// Whether a violation in `root` comes from a known error of the description. `path` is the JSON
/// pointer to it.
pub fn is_known_deviation(error: &ValidationError<'_, '_>, path: &str, root: &Value) -> bool {
    let field = path.rsplit('/').next().unwrap_or_default();
    let is_type_error = matches!(error.kind, ErrorKind::Type { .. });
    let value = root.pointer(path).unwrap_or(&Value::Null);
    match field {
        // Docs, interactions/application-commands: "default_member_permissions: ?string, set of
        // permissions represented as a bit set"; the description requires a number in requests.
        "default_member_permissions" => is_type_error && permission::parse_bits(value).is_some(),
        // Docs, resources/application, "Edit Current Application": "description: string" and, in
        // the install params object, "permissions: string"; the description requires an object with
        // translations, which Discord's own page sends, and a number.
        "description" => is_type_error && path == "/description" && value.is_string(),
        "permissions" => {
            let is_install = path.ends_with("install_params/permissions");
            is_type_error && is_install && permission::parse_bits(value).is_some()
        }
        // Docs, reference, "Error Messages": error codes of single fields are strings, such as
        // BASE_TYPE_REQUIRED; the description requires numbers, as for the whole response.
        "code" => is_type_error && path.contains("/_errors/") && value.is_string(),
        // Docs, reference, "Uploading Files": new files are identified by index, "id": 0; the
        // description allows only strings.
        "id" => is_type_error && path.contains("/attachments/") && value.is_u64(),
        _ => false,
    }
}

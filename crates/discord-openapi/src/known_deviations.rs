//! Known errors of Discord's OpenAPI description, where Discord's documentation is right.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use discord_sandbox::permission;

/// Whether a violation comes from a known error of the description.
pub fn is_known_deviation(error: &ValidationError<'_>) -> bool {
    let path = error.instance_path().as_str();
    let field = path.rsplit('/').next().unwrap_or_default();
    let is_type_error = matches!(error.kind(), Kind::Type { .. });
    match field {
        // Docs, interactions/application-commands: "default_member_permissions: ?string, set of
        // permissions represented as a bit set"; the description requires a number in requests.
        "default_member_permissions" => {
            is_type_error && permission::parse_bits(error.instance()).is_some()
        }
        // Docs, resources/application, "Edit Current Application": "description: string" and, in
        // the install params object, "permissions: string"; the description requires an object with
        // translations, which Discord's own page sends, and a number.
        "description" => is_type_error && path == "/description" && error.instance().is_string(),
        "permissions" => {
            let is_install = path.ends_with("install_params/permissions");
            is_type_error && is_install && permission::parse_bits(error.instance()).is_some()
        }
        // Docs, reference, "Error Messages": error codes of single fields are strings, such as
        // BASE_TYPE_REQUIRED; the description requires numbers, as for the whole response.
        "code" => is_type_error && path.contains("/_errors/") && error.instance().is_string(),
        // Docs, reference, "Uploading Files": new files are identified by index, "id": 0; the
        // description allows only strings.
        "id" => is_type_error && path.contains("/attachments/") && error.instance().is_u64(),
        _ => false,
    }
}

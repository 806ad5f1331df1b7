//! Validation of `allowed_mentions` (Discord docs, resources/message, "Allowed Mentions Object").

use serde_json::Value;

use super::validation::FieldErrors;
use crate::mention::MentionPolicy;

/// Maximum number of listed users, and of listed roles.
const IDS_MAX: usize = 100;

/// Parses and validates the object. Returns `None` if it was not sent.
pub fn parse(body: &Value, errors: &mut FieldErrors) -> Option<MentionPolicy> {
    body.as_object()?;
    let parse = body["parse"].as_array();
    let has = |kind: &str| parse.is_some_and(|all| all.iter().any(|one| one == kind));
    for (index, one) in parse.into_iter().flatten().enumerate() {
        if !matches!(one.as_str(), Some("users" | "roles" | "everyone")) {
            let path = format!("allowed_mentions.parse.{index}");
            errors.push_invalid_choice(&path, "'users', 'everyone', 'roles'");
        }
    }
    let listed = |key: &str, errors: &mut FieldErrors| {
        let Some(ids) = body[key].as_array() else {
            return Vec::new();
        };
        if has(key) && !ids.is_empty() {
            let message = format!("parse:[\"{key}\"] and {key}: [ids...] are mutually exclusive.");
            errors.push(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                &message,
            );
        }
        errors.check_count(&format!("allowed_mentions.{key}"), ids.len(), 0, IDS_MAX);
        ids.iter()
            .filter_map(|id| id.as_str()?.parse().ok())
            .collect()
    };
    Some(MentionPolicy {
        users: has("users"),
        roles: has("roles"),
        everyone: has("everyone"),
        only_users: listed("users", errors),
        only_roles: listed("roles", errors),
        replied_user: body["replied_user"].as_bool().unwrap_or(false),
    })
}

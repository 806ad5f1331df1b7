//! Edits the application of the bot (Discord docs, resources/application, "Edit Current
//! Application").

use serde_json::{Map, Value, json};

use super::current_user;
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult};
use crate::model::Discord;
use crate::permission;

/// Maximum length of a description, and of a tag, in characters (Discord's OpenAPI description,
/// `ApplicationFormPartial`).
const DESCRIPTION_MAX: usize = 400;
const TAG_MAX: usize = 20;

/// Maximum number of tags.
const TAGS_MAX: usize = 5;

/// The installation contexts: 0 is for guilds, 1 for users.
const INSTALL_CONTEXTS: [&str; 2] = ["0", "1"];

/// Stores the given parts; the others stay as they are. Parts that the sandbox doesn't know are
/// ignored, as are unknown fields on Discord.
pub fn edit(discord: &mut Discord, request: &ApiRequest) -> HandlerResult {
    let body = &request.body;
    let mut errors = FieldErrors::default();
    let description = description(body, &mut errors);
    let tags = tags(body, &mut errors);
    let install_params = match body.get("install_params") {
        Some(Value::Null) | None => body.get("install_params").map(|_| None),
        Some(params) => Some(Some(install_params("install_params", params, &mut errors))),
    };
    let contexts = contexts(body, &mut errors);
    errors.finish()?;
    let profile = &mut discord.app.profile;
    if let Some(description) = description {
        profile.description = description;
    }
    if let Some(tags) = tags {
        profile.tags = tags;
    }
    if let Some(params) = install_params {
        profile.install_params = params;
    }
    if let Some(contexts) = contexts {
        profile.integration_types = contexts;
    }
    current_user::application(discord)
}

/// Returns the description. Clients send a text, as documented; Discord's OpenAPI description has
/// an object with a default and translations, which Discord's own page sends.
fn description(body: &Value, errors: &mut FieldErrors) -> Option<String> {
    let text = match body.get("description")? {
        Value::Null => "",
        Value::String(text) => text,
        other => other["default"].as_str().unwrap_or_default(),
    };
    errors.check_length("description", text, 0, DESCRIPTION_MAX);
    Some(text.to_owned())
}

fn tags(body: &Value, errors: &mut FieldErrors) -> Option<Vec<String>> {
    let tags = body.get("tags")?.as_array().cloned().unwrap_or_default();
    errors.check_count("tags", tags.len(), 0, TAGS_MAX);
    let mut texts = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let path = format!("tags.{index}");
        match tag.as_str() {
            Some(tag) => {
                errors.check_length(&path, tag, 1, TAG_MAX);
                texts.push(tag.to_owned());
            }
            None => errors.push_required(&path),
        }
    }
    Some(texts)
}

/// Returns the parameters of an installation as Discord answers them: the permissions as a text.
fn install_params(path: &str, params: &Value, errors: &mut FieldErrors) -> Value {
    let scopes: Vec<&str> = params["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if scopes.is_empty() {
        errors.push_required(&format!("{path}.scopes"));
    }
    let bits = permission::parse_bits(&params["permissions"]);
    if bits.is_none() {
        errors.push_required(&format!("{path}.permissions"));
    }
    json!({ "scopes": scopes, "permissions": bits.unwrap_or(0).to_string() })
}

fn contexts(body: &Value, errors: &mut FieldErrors) -> Option<Map<String, Value>> {
    let given = body.get("integration_types_config")?.as_object()?;
    let mut contexts = Map::new();
    for (context, config) in given {
        let path = format!("integration_types_config.{context}");
        if !INSTALL_CONTEXTS.contains(&context.as_str()) {
            errors.push_invalid_choice(&path, "0, 1");
        }
        let params = config
            .get("oauth2_install_params")
            .filter(|params| !params.is_null());
        let params = params
            .map(|params| install_params(&format!("{path}.oauth2_install_params"), params, errors));
        let config = params.map_or_else(
            || json!({}),
            |params| json!({ "oauth2_install_params": params }),
        );
        contexts.insert(context.clone(), config);
    }
    Some(contexts)
}

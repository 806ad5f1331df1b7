//! Validation of embeds, and the form in which Discord returns them (Discord docs,
//! resources/message, "Embed Limits").

use serde_json::{Map, Value, json};

use super::validation::FieldErrors;

/// Maximum number of embeds per message.
const EMBEDS_MAX: usize = 10;
/// Maximum number of fields per embed.
const FIELDS_MAX: usize = 25;
/// Maximum total length of the texts in all embeds of a message, in characters.
const TOTAL_MAX: usize = 6000;
/// Maximum length of a URL, in characters.
const URL_MAX: usize = 2048;

/// Texts of an embed and their maximum lengths, in characters.
const TEXTS: [(&str, usize); 4] = [
    ("title", 256),
    ("description", 4096),
    ("footer.text", 2048),
    ("author.name", 256),
];

/// Validates embeds and returns them as Discord does.
pub fn check(embeds: &[Value], errors: &mut FieldErrors) -> Vec<Value> {
    errors.check_count("embeds", embeds.len(), 0, EMBEDS_MAX);
    let mut sum = 0;
    let mut normalised = Vec::new();
    for (index, embed) in embeds.iter().enumerate() {
        let path = format!("embeds.{index}");
        sum += check_texts(embed, &path, errors) + check_fields(&embed["fields"], &path, errors);
        normalised.push(normalise(embed));
    }
    if sum > TOTAL_MAX {
        let message = format!("Embed size exceeds maximum size of {TOTAL_MAX}");
        errors.push("embeds", "MAX_EMBED_SIZE_EXCEEDED", &message);
    }
    normalised
}

fn check_texts(embed: &Value, path: &str, errors: &mut FieldErrors) -> usize {
    let mut sum = 0;
    for (name, max) in TEXTS {
        let pointer = format!("/{}", name.replace('.', "/"));
        let Some(text) = embed.pointer(&pointer).and_then(Value::as_str) else {
            continue;
        };
        errors.check_length(&format!("{path}.{name}"), text.trim(), 0, max);
        sum += text.trim().chars().count();
    }
    for name in [
        "url",
        "image/url",
        "thumbnail/url",
        "author/url",
        "footer/icon_url",
    ] {
        let Some(url) = embed.pointer(&format!("/{name}")).and_then(Value::as_str) else {
            continue;
        };
        let path = format!("{path}.{}", name.replace('/', "."));
        errors.check_length(&path, url, 0, URL_MAX);
        if !["http://", "https://", "attachment://"]
            .iter()
            .any(|one| url.starts_with(one))
        {
            errors.push(&path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
        }
    }
    if embed["color"]
        .as_u64()
        .is_some_and(|color| color > 0xFF_FFFF)
    {
        let message = "int value should be less than or equal to 16777215.";
        errors.push(&format!("{path}.color"), "NUMBER_TYPE_MAX", message);
    }
    sum
}

fn check_fields(fields: &Value, path: &str, errors: &mut FieldErrors) -> usize {
    let Some(fields) = fields.as_array() else {
        return 0;
    };
    errors.check_count(&format!("{path}.fields"), fields.len(), 0, FIELDS_MAX);
    let mut sum = 0;
    for (index, field) in fields.iter().enumerate() {
        for (name, max) in [("name", 256), ("value", 1024)] {
            let text = field[name].as_str().unwrap_or_default().trim();
            errors.check_length(&format!("{path}.fields.{index}.{name}"), text, 1, max);
            sum += text.chars().count();
        }
    }
    sum
}

/// Returns an embed as Discord does: known keys only, with trimmed texts.
fn normalise(embed: &Value) -> Value {
    let mut json = Map::new();
    json.insert("type".into(), json!("rich"));
    for key in [
        "title",
        "description",
        "url",
        "timestamp",
        "color",
        "author",
    ] {
        if let Some(value) = embed.get(key).filter(|value| !value.is_null()) {
            json.insert(key.into(), trimmed(value));
        }
    }
    if let Some(fields) = embed["fields"]
        .as_array()
        .filter(|fields| !fields.is_empty())
    {
        let field = |field: &Value| {
            json!({
                "name": trimmed(&field["name"]),
                "value": trimmed(&field["value"]),
                "inline": field["inline"].as_bool().unwrap_or(false),
            })
        };
        json.insert("fields".into(), fields.iter().map(field).collect());
    }
    if let Some(text) = embed.pointer("/footer/text") {
        json.insert("footer".into(), json!({ "text": trimmed(text) }));
    }
    for key in ["image", "thumbnail"] {
        if let Some(url) = embed[key]["url"].as_str() {
            json.insert(key.into(), json!({ "url": url, "proxy_url": url }));
        }
    }
    Value::Object(json)
}

fn trimmed(value: &Value) -> Value {
    value
        .as_str()
        .map_or_else(|| value.clone(), |text| json!(text.trim()))
}

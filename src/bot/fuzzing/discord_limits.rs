//! Discord's limits: Discord rejects a response that exceeds them, so the member gets no answer.

use serde_json::Value;

use crate::bot::interactions::response::Response;
use crate::bot::render::limits;

/// Panics if Discord would reject the response.
pub fn check(response: &Response) {
    match response {
        Response::New(message) | Response::Update(message) => {
            let json = serde_json::to_value(message).expect("a message is JSON");
            check_message(&json);
        }
        Response::Cached(message) | Response::CachedUpdate(message) => {
            let json = serde_json::to_value(message).expect("a message is JSON");
            check_message(&json);
        }
        Response::Modal(modal) => {
            check_modal(&serde_json::to_value(modal).expect("a modal is JSON"));
        }
        Response::Autocomplete(choices) => {
            assert!(choices.len() <= 25, "{} suggestions", choices.len());
            for choice in choices {
                fits("a choice's name", &choice.name, 1..=100);
                fits("a choice's value", &choice.value, 1..=100);
            }
        }
    }
}

/// Panics if Discord would reject the message (Discord docs, resources/message: "Create Message",
/// "Embed Limits", "Allowed Mentions").
pub fn check_message(message: &Value) {
    assert_eq!(limits::check_message(message), [], "{message}");
    let mentions = &message["allowed_mentions"];
    assert_eq!(mentions["parse"], serde_json::json!([]), "{message}");
    assert!(
        mentions["roles"].is_null(),
        "an answer mentions no role: {message}"
    );
    for embed in list(&message["embeds"]) {
        assert!(list(&embed["fields"]).len() <= 25, "{embed}");
        let parts = ["title", "description", "fields", "image", "footer"];
        let has_part = parts.iter().any(|part| !embed[part].is_null());
        assert!(has_part, "an empty embed: {message}");
    }
    check_action_rows(list(&message["components"]));
    let empty = text(&message["content"]).trim().is_empty() && list(&message["embeds"]).is_empty();
    assert!(!empty, "an empty message: {message}");
}

/// Discord docs, components/reference: "Action Row", "Button", "String Select".
fn check_action_rows(rows: &[Value]) {
    assert!(rows.len() <= 5, "{} rows", rows.len());
    let mut ids = Vec::new();
    for row in rows {
        let components = list(&row["components"]);
        let is_menu = components.iter().any(|component| component["type"] == 3);
        let max = if is_menu { 1 } else { 5 };
        assert!((1..=max).contains(&components.len()), "{row}");
        for component in components {
            // A link has none.
            ids.extend(component.get("custom_id"));
            if is_menu {
                check_select(component);
            }
        }
    }
    let count = ids.len();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), count, "duplicate custom id: {rows:?}");
}

fn check_select(menu: &Value) {
    let options = list(&menu["options"]);
    assert!((1..=25).contains(&options.len()), "{menu}");
    let bound = |name: &str| menu[name].as_u64().unwrap_or(1);
    let (min, max) = (bound("min_values"), bound("max_values"));
    assert!(
        min <= max && max >= 1 && max <= options.len() as u64,
        "{menu}"
    );
    let mut values: Vec<&str> = options
        .iter()
        .map(|option| text(&option["value"]))
        .collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), options.len(), "duplicate value: {menu}");
}

/// Panics if Discord would reject the modal (Discord docs, interactions/receiving-and-responding,
/// "Modal", and components/reference, "Text Input" and "Text Display").
pub fn check_modal(form: &Value) {
    assert_eq!(limits::check_modal(form), [], "{form}");
    let rows = list(&form["components"]).iter();
    let rows: Vec<_> = rows.filter(|component| component["type"] != 10).collect();
    assert!((1..=5).contains(&rows.len()), "{form}");
    for row in rows {
        let [field] = list(&row["components"]) else {
            panic!("a row must have one field: {row}");
        };
        let max = field["max_length"].as_u64();
        assert!(max.is_some_and(|max| (1..=4000).contains(&max)), "{field}");
    }
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}

fn list(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn fits(what: &str, text: &str, range: std::ops::RangeInclusive<usize>) {
    let count = text.chars().count();
    assert!(
        range.contains(&count),
        "{what} has {count} characters: {text}"
    );
}

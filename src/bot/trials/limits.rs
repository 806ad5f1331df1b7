//! Discord's limits: an answer beyond them is refused, and the member gets none.

use serde_json::Value;

use crate::bot::response::Response;

/// Whether Discord would take it.
pub fn check(response: &Response) {
    match response {
        Response::New(message) | Response::Update(message) => {
            let json = serde_json::to_value(message).expect("a message is JSON");
            check_message(&json);
        }
        Response::Suggestions(choices) => {
            assert!(choices.len() <= 25, "{} suggestions", choices.len());
            for choice in choices {
                fits("a choice's name", &choice.name, 1..=100);
                fits("a choice's value", &choice.value, 1..=100);
            }
        }
    }
}

/// Discord docs, resources/message: "Create Message", "Embed Limits", "Allowed Mentions".
fn check_message(message: &Value) {
    fits("the content", text(&message["content"]), 0..=2000);
    let mentions = &message["allowed_mentions"];
    assert_eq!(mentions["parse"], serde_json::json!([]), "{message}");
    assert!(
        mentions["roles"].is_null(),
        "an answer mentions no role: {message}"
    );
    let mut size = 0;
    for embed in list(&message["embeds"]) {
        let mut part = |what: &str, json: &Value, range| {
            size += text(json).trim().chars().count();
            fits(what, text(json), range);
        };
        part("a title", &embed["title"], 0..=256);
        part("a description", &embed["description"], 0..=4096);
        part("a footer", &embed["footer"]["text"], 0..=2048);
        for field in list(&embed["fields"]) {
            part("a field's name", &field["name"], 1..=256);
            part("a field's value", &field["value"], 1..=1024);
        }
        assert!(list(&embed["fields"]).len() <= 25, "{embed}");
    }
    assert!(size <= 6000, "{size} characters in embeds");
    for row in list(&message["components"]) {
        assert!(list(&row["components"]).len() <= 5, "{row}");
        for button in list(&row["components"]) {
            fits("a label", text(&button["label"]), 1..=80);
            fits("a custom id", text(&button["custom_id"]), 1..=100);
        }
    }
    let empty = text(&message["content"]).trim().is_empty() && list(&message["embeds"]).is_empty();
    assert!(!empty, "an empty message: {message}");
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

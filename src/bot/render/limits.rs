//! Discord's limits on the lengths of texts, measured in the JSON that is sent.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::component::{OPTION_TEXT_MAX, PLACEHOLDER_MAX as SELECT_PLACEHOLDER_MAX};
use super::daily::THREAD_NAME_MAX;
use super::message::{CONTENT_MAX, DESCRIPTION_MAX, EMBEDS_MAX, FIELD_MAX};
use super::modal::{LABEL_MAX, PLACEHOLDER_MAX, TEXT_MAX, TITLE_MAX};

/// Maximum length of an embed's title, and of the name of a field (Discord docs, resources/message,
/// "Embed Limits").
const EMBED_NAME_MAX: usize = 256;
/// Maximum length of an embed's footer (the same page).
const FOOTER_MAX: usize = 2048;
/// Maximum length of a custom id (Discord docs, components/reference, "Custom ID").
const CUSTOM_ID_MAX: usize = 100;
/// Maximum length of a button's label (the same page, "Button").
const BUTTON_LABEL_MAX: usize = 80;
/// The style of a button with a link, which has no custom id (the same page).
const LINK: u64 = 5;
/// Maximum length of the link (the same page).
const URL_MAX: usize = 512;
/// The type of a select menu (the same page, "Component Types").
const STRING_SELECT: u64 = 3;
/// The type of a text in a modal (the same page).
const TEXT_DISPLAY: u64 = 10;

/// A text because of which Discord would reject a message or modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LengthError {
    /// The part that has the text, such as "the description".
    pub part: &'static str,
    pub text: String,
    /// Length in characters.
    pub length: usize,
    pub allowed: RangeInclusive<usize>,
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, length, max) = (self.part, self.length, self.allowed.end());
        match length.checked_sub(*max) {
            Some(over) if over > 0 => write!(
                f,
                "{part} has {length} characters, {over} more than the limit of {max}"
            ),
            _ => write!(f, "{part} is empty"),
        }
    }
}

/// Returns the texts of a message that are too long, or empty where Discord requires a text.
pub fn check_message(message: &Value) -> Vec<LengthError> {
    let mut errors = LengthErrors::default();
    errors.check("the text", &message["content"], 0..=CONTENT_MAX);
    let mut all = Vec::new();
    for embed in list(&message["embeds"]) {
        let mut check = |part, json: &Value, allowed| {
            all.push(text(json).trim().to_owned());
            errors.check(part, json, allowed);
        };
        check("the title", &embed["title"], 0..=EMBED_NAME_MAX);
        check(
            "the description",
            &embed["description"],
            0..=DESCRIPTION_MAX,
        );
        check("the footer", &embed["footer"]["text"], 0..=FOOTER_MAX);
        for field in list(&embed["fields"]) {
            check("the name of a field", &field["name"], 1..=EMBED_NAME_MAX);
            check("a field", &field["value"], 1..=FIELD_MAX);
        }
    }
    let length = all.iter().map(|text| text.chars().count()).sum();
    errors.check_length(
        "the text of all embeds",
        all.join("\n"),
        length,
        0..=EMBEDS_MAX,
    );
    for component in components(message) {
        if component["style"] == LINK {
            errors.check("a link", &component["url"], 1..=URL_MAX);
        } else {
            errors.check("a custom id", &component["custom_id"], 1..=CUSTOM_ID_MAX);
        }
        if component["type"] == STRING_SELECT {
            errors.check_select(component);
        } else {
            errors.check("a button", &component["label"], 1..=BUTTON_LABEL_MAX);
        }
    }
    errors.0
}

/// Returns the texts of a modal that are too long, or empty where Discord requires a text.
pub fn check_modal(modal: &Value) -> Vec<LengthError> {
    let mut errors = LengthErrors::default();
    errors.check("the title", &modal["title"], 1..=TITLE_MAX);
    errors.check("the custom id", &modal["custom_id"], 1..=CUSTOM_ID_MAX);
    let texts = list(&modal["components"])
        .iter()
        .filter(|one| one["type"] == TEXT_DISPLAY);
    let texts: String = texts.map(|one| text(&one["content"])).collect();
    errors.check("the text", &texts.into(), 0..=TEXT_MAX);
    for field in components(modal) {
        errors.check(
            "a field's custom id",
            &field["custom_id"],
            1..=CUSTOM_ID_MAX,
        );
        errors.check("a field's label", &field["label"], 1..=LABEL_MAX);
        errors.check("a placeholder", &field["placeholder"], 0..=PLACEHOLDER_MAX);
        errors.check("a field's value", &field["value"], 0..=TEXT_MAX);
    }
    errors.0
}

/// Returns an error if the name of a thread is empty or too long.
pub fn check_thread_name(name: &str) -> Vec<LengthError> {
    let mut errors = LengthErrors::default();
    errors.check("the name", &name.into(), 1..=THREAD_NAME_MAX);
    errors.0
}

#[derive(Default)]
struct LengthErrors(Vec<LengthError>);

impl LengthErrors {
    fn check(&mut self, part: &'static str, json: &Value, allowed: RangeInclusive<usize>) {
        let text = text(json);
        // Discord removes surrounding spaces, so a text of spaces is empty.
        let length = match text.trim() {
            "" => 0,
            _ => text.chars().count(),
        };
        self.check_length(part, text.to_owned(), length, allowed);
    }

    fn check_length(
        &mut self,
        part: &'static str,
        text: String,
        length: usize,
        allowed: RangeInclusive<usize>,
    ) {
        if !allowed.contains(&length) {
            self.0.push(LengthError {
                part,
                text,
                length,
                allowed,
            });
        }
    }

    fn check_select(&mut self, menu: &Value) {
        let placeholder = &menu["placeholder"];
        self.check("a placeholder", placeholder, 0..=SELECT_PLACEHOLDER_MAX);
        for option in list(&menu["options"]) {
            self.check("an option", &option["label"], 1..=OPTION_TEXT_MAX);
            self.check("an option's value", &option["value"], 1..=OPTION_TEXT_MAX);
            let description = &option["description"];
            self.check("an option's description", description, 0..=OPTION_TEXT_MAX);
        }
    }
}

/// Returns the components of all rows.
fn components(json: &Value) -> impl Iterator<Item = &Value> {
    let rows = list(&json["components"]).iter();
    rows.flat_map(|row| list(&row["components"]))
}

fn text(json: &Value) -> &str {
    json.as_str().unwrap_or_default()
}

fn list(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

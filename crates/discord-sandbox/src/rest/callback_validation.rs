//! Validation of autocomplete choices and modals (Discord docs,
//! interactions/receiving-and-responding and components/reference).

use std::collections::BTreeSet;

use serde_json::Value;

use super::component;
use super::error_response::ErrorResponse;
use super::validation::FieldErrors;
use crate::model::InteractionState;

/// Maximum number of autocomplete choices.
const CHOICES_MAX: usize = 25;
/// Maximum length of the name and the value of a choice, in characters.
const CHOICE_MAX: usize = 100;
/// Maximum length of a modal's title and of an input's label, in characters.
const TITLE_MAX: usize = 45;
/// Maximum length of custom ids and placeholders, in characters.
const SHORT_MAX: usize = 100;
/// Maximum number of rows of a modal.
const ROWS_MAX: usize = 5;
/// Maximum length of the text in an input, in characters.
const TEXT_MAX: u64 = 4000;
/// Maximum length of a displayed text, in characters.
const DISPLAY_MAX: usize = 4000;
/// Component type of a text input.
const TEXT_INPUT: u64 = 4;
/// Component type of a text between the inputs (Discord docs, components/reference, "Text Display").
const TEXT_DISPLAY: u64 = 10;

/// Validates the choices of an autocomplete result.
pub fn choices(data: &Value) -> Result<InteractionState, ErrorResponse> {
    let mut errors = FieldErrors::default();
    let Some(choices) = data["choices"].as_array() else {
        errors.push_required("data.choices");
        return Err(errors
            .finish()
            .err()
            .unwrap_or_else(super::error_response::not_json));
    };
    errors.check_count("data.choices", choices.len(), 0, CHOICES_MAX);
    for (index, choice) in choices.iter().enumerate() {
        let path = format!("data.choices.{index}");
        let name = choice["name"].as_str().unwrap_or_default();
        errors.check_length(&format!("{path}.name"), name, 1, CHOICE_MAX);
        match &choice["value"] {
            Value::String(value) => {
                errors.check_length(&format!("{path}.value"), value, 1, CHOICE_MAX);
            }
            Value::Number(_) => {}
            _ => errors.push_required(&format!("{path}.value")),
        }
    }
    errors.finish()?;
    Ok(InteractionState::Choices(choices.clone()))
}

/// Validates a modal and assigns component ids.
pub fn modal(data: &Value) -> Result<InteractionState, ErrorResponse> {
    let mut errors = FieldErrors::default();
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    errors.check_length("data.title", text("title"), 1, TITLE_MAX);
    errors.check_length("data.custom_id", text("custom_id"), 1, SHORT_MAX);
    let rows = data["components"].as_array().map_or(&[][..], Vec::as_slice);
    errors.check_count("data.components", rows.len(), 1, ROWS_MAX);
    let mut seen = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
        if row["type"] == TEXT_DISPLAY {
            let content = row["content"].as_str().unwrap_or_default();
            let path = format!("data.components.{index}.content");
            errors.check_length(&path, content, 1, DISPLAY_MAX);
            continue;
        }
        let path = format!("data.components.{index}.components");
        let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        errors.check_count(&path, inner.len(), 1, 1);
        for one in inner {
            input(one, &format!("{path}.0"), &mut errors);
            if !seen.insert(one["custom_id"].as_str()) {
                let message = "Component custom id cannot be duplicated";
                errors.push(&path, "COMPONENT_CUSTOM_ID_DUPLICATED", message);
            }
        }
    }
    errors.finish()?;
    let mut data = data.clone();
    data["components"] = Value::Array(component::with_ids(rows));
    Ok(InteractionState::Modal(data))
}

fn input(one: &Value, path: &str, errors: &mut FieldErrors) {
    let text = |key: &str| one[key].as_str().unwrap_or_default();
    if one["type"] != TEXT_INPUT {
        errors.push_invalid_choice(&format!("{path}.type"), "4");
    }
    if !matches!(one["style"].as_u64(), Some(1 | 2)) {
        errors.push_invalid_choice(&format!("{path}.style"), "1, 2");
    }
    errors.check_length(
        &format!("{path}.custom_id"),
        text("custom_id"),
        1,
        SHORT_MAX,
    );
    errors.check_length(&format!("{path}.label"), text("label"), 1, TITLE_MAX);
    errors.check_length(
        &format!("{path}.placeholder"),
        text("placeholder"),
        0,
        SHORT_MAX,
    );
    let (min, max) = (one["min_length"].as_u64(), one["max_length"].as_u64());
    let is_valid = min.unwrap_or(0) <= max.unwrap_or(TEXT_MAX)
        && max.is_none_or(|max| (1..=TEXT_MAX).contains(&max));
    if !is_valid {
        let message = "max_length must be between 1 and 4000, and at least min_length.";
        errors.push(
            &format!("{path}.max_length"),
            "BASE_TYPE_BAD_VALUE",
            message,
        );
    }
}

//! Answers to interactions that are no messages: choices for what is being typed, and forms (Discord
//! docs, interactions/receiving-and-responding and components/reference).

use std::collections::BTreeSet;

use serde_json::Value;

use super::component;
use super::error_response::ErrorResponse;
use super::validation::FieldErrors;
use crate::sandbox::model::InteractionState;

/// Choices that autocomplete may offer.
const CHOICES_MAX: usize = 25;
/// Characters of a choice's name and value.
const CHOICE_MAX: usize = 100;
/// Characters of a form's title and of an input's label.
const TITLE_MAX: usize = 45;
/// Characters of custom ids and placeholders.
const SHORT_MAX: usize = 100;
/// Rows of a form.
const ROWS_MAX: usize = 5;
/// Characters of a text.
const TEXT_MAX: u64 = 4000;
/// The type of a text input.
const TEXT_INPUT: u64 = 4;

/// Checks the choices for autocomplete.
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
                errors.check_length(&format!("{path}.value"), value, 1, CHOICE_MAX)
            }
            Value::Number(_) => {}
            _ => errors.push_required(&format!("{path}.value")),
        }
    }
    errors.finish()?;
    Ok(InteractionState::Choices(choices.clone()))
}

/// Checks a form; what comes back has numbered components.
pub fn modal(data: &Value) -> Result<InteractionState, ErrorResponse> {
    let mut errors = FieldErrors::default();
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    errors.check_length("data.title", text("title"), 1, TITLE_MAX);
    errors.check_length("data.custom_id", text("custom_id"), 1, SHORT_MAX);
    let rows = data["components"].as_array().map_or(&[][..], Vec::as_slice);
    errors.check_count("data.components", rows.len(), 1, ROWS_MAX);
    let mut seen = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
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
    let fits = min.unwrap_or(0) <= max.unwrap_or(TEXT_MAX)
        && max.is_none_or(|max| (1..=TEXT_MAX).contains(&max));
    if !fits {
        let message = "min_length and max_length do not fit together.";
        errors.push(
            &format!("{path}.max_length"),
            "BASE_TYPE_BAD_VALUE",
            message,
        );
    }
}

//! Validation of message components: buttons and select menus (Discord docs, components/reference).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::validation::FieldErrors;

/// Maximum number of action rows per message.
const ROWS_MAX: usize = 5;
/// Maximum number of buttons per row.
const BUTTONS_MAX: usize = 5;
/// Maximum length of a custom id, in characters.
const CUSTOM_ID_MAX: usize = 100;
/// Maximum length of a button's label, in characters.
const LABEL_MAX: usize = 80;
/// Maximum length of a button's URL, in characters.
const URL_MAX: usize = 512;
/// Maximum number of options of a select menu.
const OPTIONS_MAX: usize = 25;
/// Maximum length of an option's label, value and description, in characters.
const OPTION_TEXT_MAX: usize = 100;
/// Maximum length of a select menu's placeholder, in characters.
const PLACEHOLDER_MAX: usize = 150;

const ACTION_ROW: u64 = 1;
const BUTTON: u64 = 2;
const STRING_SELECT: u64 = 3;
const LINK_STYLE: u64 = 5;
const PREMIUM_STYLE: u64 = 6;

/// Validates action rows and returns them with component ids, as Discord does.
pub fn check(rows: &[Value], errors: &mut FieldErrors) -> Vec<Value> {
    errors.check_count("components", rows.len(), 0, ROWS_MAX);
    let mut seen = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
        let path = format!("components.{index}");
        if row["type"] == ACTION_ROW {
            check_row(row, &path, &mut seen, errors);
        } else {
            errors.push_invalid_choice(&format!("{path}.type"), "1");
        }
    }
    with_ids(rows)
}

fn check_row(row: &Value, path: &str, seen: &mut BTreeSet<String>, errors: &mut FieldErrors) {
    let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
    let is_select = |one: &Value| matches!(one["type"].as_u64(), Some(3 | 5..=8));
    let max = if inner.iter().any(is_select) {
        1
    } else {
        BUTTONS_MAX
    };
    errors.check_count(&format!("{path}.components"), inner.len(), 1, max);
    for (index, one) in inner.iter().enumerate() {
        let path = format!("{path}.components.{index}");
        match one["type"].as_u64() {
            Some(BUTTON) => check_button(one, &path, errors),
            Some(STRING_SELECT) => check_select(one, &path, errors),
            Some(5..=8) => {}
            _ => errors.push_invalid_choice(&format!("{path}.type"), "2, 3, 5, 6, 7, 8"),
        }
        check_custom_id(one, &path, seen, errors);
    }
}

fn check_custom_id(one: &Value, path: &str, seen: &mut BTreeSet<String>, errors: &mut FieldErrors) {
    if one["type"] == BUTTON && matches!(one["style"].as_u64(), Some(LINK_STYLE | PREMIUM_STYLE)) {
        return;
    }
    let path = format!("{path}.custom_id");
    let id = one["custom_id"].as_str().unwrap_or_default();
    errors.check_length(&path, id, 1, CUSTOM_ID_MAX);
    if !id.is_empty() && !seen.insert(id.to_owned()) {
        let message = "Component custom id cannot be duplicated";
        errors.push(&path, "COMPONENT_CUSTOM_ID_DUPLICATED", message);
    }
}

fn check_button(button: &Value, path: &str, errors: &mut FieldErrors) {
    let label = button["label"].as_str().unwrap_or_default();
    errors.check_length(&format!("{path}.label"), label, 0, LABEL_MAX);
    match button["style"].as_u64() {
        Some(1..=4) => {
            if label.is_empty() && button["emoji"].is_null() {
                errors.push_required(&format!("{path}.label"));
            }
        }
        Some(LINK_STYLE) => {
            let url = button["url"].as_str().unwrap_or_default();
            errors.check_length(&format!("{path}.url"), url, 1, URL_MAX);
        }
        Some(PREMIUM_STYLE) => {}
        _ => errors.push_invalid_choice(&format!("{path}.style"), "1, 2, 3, 4, 5, 6"),
    }
}

fn check_select(select: &Value, path: &str, errors: &mut FieldErrors) {
    let placeholder = select["placeholder"].as_str().unwrap_or_default();
    errors.check_length(
        &format!("{path}.placeholder"),
        placeholder,
        0,
        PLACEHOLDER_MAX,
    );
    let options = select["options"].as_array().map_or(&[][..], Vec::as_slice);
    errors.check_count(&format!("{path}.options"), options.len(), 1, OPTIONS_MAX);
    let mut values = BTreeSet::new();
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.options.{index}");
        for (name, min) in [("label", 1), ("value", 1), ("description", 0)] {
            let text = option[name].as_str().unwrap_or_default();
            errors.check_length(&format!("{path}.{name}"), text, min, OPTION_TEXT_MAX);
        }
        if !values.insert(option["value"].as_str()) {
            let message = "The specified option value is already used";
            errors.push(
                &format!("{path}.value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                message,
            );
        }
    }
    let count = |name: &str, default: u64| select[name].as_u64().unwrap_or(default);
    let (min, max) = (count("min_values", 1), count("max_values", 1));
    if min > max || max > options.len() as u64 || max == 0 {
        let message =
            "max_values must be between 1 and the number of options, and at least min_values.";
        errors.push(
            &format!("{path}.max_values"),
            "BASE_TYPE_BAD_VALUE",
            message,
        );
    }
}

/// Assigns ids to components without one, counted from 1 within the message, and sets the default
/// values of select menus.
pub fn with_ids(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    let mut next = 1;
    let mut assign_id = |one: &mut Value| {
        if one["id"].as_u64().unwrap_or(0) == 0 {
            one["id"] = json!(next);
        }
        next += 1;
        if matches!(one["type"].as_u64(), Some(STRING_SELECT | 5..=8)) {
            for name in ["min_values", "max_values"] {
                if one[name].is_null() {
                    one[name] = json!(1);
                }
            }
        }
    };
    for row in rows.iter_mut().filter(|row| row.is_object()) {
        assign_id(row);
        for one in row["components"].as_array_mut().into_iter().flatten() {
            if one.is_object() {
                assign_id(one);
            }
        }
    }
    rows
}

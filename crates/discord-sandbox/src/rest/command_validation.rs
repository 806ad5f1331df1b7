//! Validation of application commands (Discord docs, interactions/application-commands).

use std::collections::BTreeSet;

use serde_json::Value;

use super::error_response::ErrorResponse;
use super::validation::FieldErrors;
use crate::permission;

/// Maximum number of commands per scope, by type: slash, user and message commands.
const COMMANDS_MAX: [(u64, usize); 3] = [(1, 100), (2, 15), (3, 15)];
/// Maximum number of options of a command, and of choices of an option.
const OPTIONS_MAX: usize = 25;
/// Maximum length of names, in characters.
const NAME_MAX: usize = 32;
/// Maximum length of descriptions and of a choice's name and value, in characters.
const TEXT_MAX: usize = 100;

const SUBCOMMAND: u64 = 1;
const SUBCOMMAND_GROUP: u64 = 2;
/// Option types that contain other options.
const GROUPS: [u64; 2] = [SUBCOMMAND, SUBCOMMAND_GROUP];

/// Validates a complete set of commands.
///
/// # Errors
///
/// Returns 50035 with all field errors.
pub fn check(body: &Value) -> Result<(), ErrorResponse> {
    let mut errors = FieldErrors::default();
    let Some(commands) = body.as_array() else {
        errors.push(
            "_",
            "LIST_TYPE_CONVERT",
            "Only iterables may be used in a ListType",
        );
        return errors.finish();
    };
    let mut names = BTreeSet::new();
    for (index, command) in commands.iter().enumerate() {
        let kind = command["type"].as_u64().unwrap_or(1);
        check_command(command, kind, &index.to_string(), &mut errors);
        if !names.insert((kind, command["name"].as_str())) {
            let message = "Application command names must be unique";
            errors.push(
                &format!("{index}.name"),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                message,
            );
        }
    }
    for (kind, max) in COMMANDS_MAX {
        let count = commands
            .iter()
            .filter(|one| one["type"].as_u64().unwrap_or(1) == kind)
            .count();
        errors.check_count("_", count, 0, max);
    }
    errors.finish()
}

fn check_command(command: &Value, kind: u64, path: &str, errors: &mut FieldErrors) {
    let name = command["name"].as_str().unwrap_or_default();
    if kind == 1 {
        check_name(name, &format!("{path}.name"), errors);
        let description = command["description"].as_str().unwrap_or_default();
        errors.check_length(&format!("{path}.description"), description, 1, TEXT_MAX);
    } else {
        errors.check_length(&format!("{path}.name"), name, 1, NAME_MAX);
    }
    let permissions = &command["default_member_permissions"];
    if !permissions.is_null() && permission::parse_bits(permissions).is_none() {
        let message = "Value is not a set of permission bits.";
        let path = format!("{path}.default_member_permissions");
        errors.push(&path, "BITSET_TYPE_COERCE", message);
    }
    check_options(&command["options"], path, errors);
}

fn check_options(options: &Value, path: &str, errors: &mut FieldErrors) {
    let Some(options) = options.as_array() else {
        return;
    };
    errors.check_count(&format!("{path}.options"), options.len(), 0, OPTIONS_MAX);
    let mut names = BTreeSet::new();
    let mut has_optional = false;
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.options.{index}");
        check_option(option, &path, errors);
        let is_required = option["required"].as_bool().unwrap_or(false);
        if is_required && has_optional {
            let message = "Required options must be placed before non-required options";
            errors.push(
                &path,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                message,
            );
        }
        has_optional |= !is_required;
        if !names.insert(option["name"].as_str()) {
            let message = "Option names must be unique";
            errors.push(
                &path,
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                message,
            );
        }
    }
    let is_group = |option: &Value| {
        option["type"]
            .as_u64()
            .is_some_and(|one| GROUPS.contains(&one))
    };
    let groups = options.iter().filter(|one| is_group(one)).count();
    if groups != 0 && groups != options.len() {
        let message = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        let path = format!("{path}.options");
        errors.push(&path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
}

fn check_option(option: &Value, path: &str, errors: &mut FieldErrors) {
    check_name(
        option["name"].as_str().unwrap_or_default(),
        &format!("{path}.name"),
        errors,
    );
    let description = option["description"].as_str().unwrap_or_default();
    errors.check_length(&format!("{path}.description"), description, 1, TEXT_MAX);
    match option["type"].as_u64() {
        Some(kind @ 1..=11) if GROUPS.contains(&kind) => {
            check_options(&option["options"], path, errors);
            check_nesting(&option["options"], kind, path, errors);
        }
        Some(1..=11) => check_choices(option, path, errors),
        _ => {
            errors
                .push_invalid_choice(&format!("{path}.type"), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11");
        }
    }
}

/// Validates that a group contains only subcommands, and a subcommand neither (Discord docs,
/// interactions/application-commands, "Subcommands and Subcommand Groups").
fn check_nesting(options: &Value, parent: u64, path: &str, errors: &mut FieldErrors) {
    for (index, option) in options.as_array().into_iter().flatten().enumerate() {
        let is_subcommand = option["type"] == SUBCOMMAND;
        let is_group = option["type"] == SUBCOMMAND_GROUP;
        if is_group || is_subcommand != (parent == SUBCOMMAND_GROUP) {
            let message = "Sub-command and sub-command group option types can not be nested here";
            let path = format!("{path}.options.{index}.type");
            errors.push(&path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
        }
    }
}

fn check_choices(option: &Value, path: &str, errors: &mut FieldErrors) {
    let choices = option["choices"].as_array().map_or(&[][..], Vec::as_slice);
    errors.check_count(&format!("{path}.choices"), choices.len(), 0, OPTIONS_MAX);
    if option["autocomplete"] == true && !choices.is_empty() {
        let message = "autocomplete and choices are mutually exclusive";
        let path = format!("{path}.autocomplete");
        errors.push(&path, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", message);
    }
    for (index, choice) in choices.iter().enumerate() {
        let path = format!("{path}.choices.{index}");
        let name = choice["name"].as_str().unwrap_or_default();
        errors.check_length(&format!("{path}.name"), name, 1, TEXT_MAX);
        if let Some(value) = choice["value"].as_str() {
            errors.check_length(&format!("{path}.value"), value, 0, TEXT_MAX);
        }
    }
}

/// Validates the name of a slash command or option: 1–32 lower-case letters, digits, `-`, `_` or
/// `'`.
fn check_name(name: &str, path: &str, errors: &mut FieldErrors) {
    errors.check_length(path, name, 1, NAME_MAX);
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\'');
    let is_lower = name.to_lowercase() == name;
    if !name.chars().all(is_allowed) || !is_lower {
        let message = "Command name is invalid";
        errors.push(path, "APPLICATION_COMMAND_INVALID_NAME", message);
    }
}

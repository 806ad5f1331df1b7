//! Texts of members and of Discord before they become part of the state, and plurals.

/// Returns a number with the noun in its form: `1 reply`, `3 replies`.
pub fn pluralize(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Returns the text without control characters, except for line feeds and tabs. No one can see
/// them, and PostgreSQL can't store U+0000 (its manual, "8.14. JSON Types").
pub fn remove_control_characters(text: &str) -> String {
    let is_kept = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
    text.chars().filter(is_kept).collect()
}

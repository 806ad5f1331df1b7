//! Texts that several modules build.

/// Returns a number with the noun in its form: `1 reply`, `3 replies`.
pub fn pluralize(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}

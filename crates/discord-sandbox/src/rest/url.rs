//! Decoding of paths and query strings.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Returns the decoded parameters of a query string.
pub fn parse_query(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (percent_decode(key), percent_decode(value)))
        .collect()
}

/// Decodes percent-encoded text. Invalid sequences are kept as they are.
pub fn percent_decode(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), Cow::into_owned)
}

/// Returns the value of a boolean query parameter (Discord docs, reference, "Boolean Query
/// Strings").
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "1" => Some(true),
        "false" | "False" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        assert_eq!(percent_decode("%E2%9C%85"), "✅");
        assert_eq!(percent_decode("a%2"), "a%2");
        assert_eq!(percent_decode("%FF"), "%FF");
        assert_eq!(parse_query("after=7&limit=100")["limit"], "100");
    }
    #[test]
    fn booleans_have_three_spellings() {
        assert_eq!(["true", "True", "1"].map(parse_bool), [Some(true); 3]);
        assert_eq!(["false", "False", "0"].map(parse_bool), [Some(false); 3]);
        assert_eq!(["", "2", "yes"].map(parse_bool), [None; 3]);
    }
}

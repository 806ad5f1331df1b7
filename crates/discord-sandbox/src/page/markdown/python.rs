//! Syntax highlighting for Python: comments, strings, numbers, keywords, built-ins, definitions.
//!
//! This is a small scanner of our own: the maintained highlighting crates either contain a megabyte
//! of grammars or make no promise of soundness, and only one language is needed. For any input, the
//! tokens joined together are the input again.

use super::MarkdownPart;

const KEYWORDS: [&str; 37] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class",
    "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if",
    "import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "pass", "raise", "return",
    "try", "while", "with", "yield",
];
const BUILT_IN: [&str; 30] = [
    "BaseException",
    "Exception",
    "KeyboardInterrupt",
    "RuntimeError",
    "StopIteration",
    "TimeoutError",
    "TypeError",
    "ValueError",
    "bool",
    "bytes",
    "dict",
    "enumerate",
    "float",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "max",
    "min",
    "next",
    "object",
    "open",
    "print",
    "range",
    "self",
    "set",
    "str",
    "super",
    "tuple",
];

/// Splits code into tokens, each with the name of its colour.
pub fn highlight(code: &str) -> Vec<MarkdownPart> {
    let mut parts: Vec<MarkdownPart> = Vec::new();
    let mut rest = code;
    let mut defines = false;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next_token(rest, first, defines);
        let (text, after) = rest.split_at(length);
        if !text.trim().is_empty() {
            defines = matches!(text, "def" | "class");
        }
        match parts.last_mut().filter(|last| last.kind == kind) {
            Some(last) => last.text.push_str(text),
            None => parts.push(MarkdownPart::text(kind, text)),
        }
        rest = after;
    }
    parts
}

/// Returns the colour of the next token and its length in bytes, at least one character.
fn next_token(rest: &str, first: char, defines: bool) -> (&'static str, usize) {
    if first == '#' {
        return ("comment", rest.find('\n').unwrap_or(rest.len()));
    }
    if let Some(length) = string(rest) {
        return ("string", length);
    }
    if first.is_ascii_digit() {
        let is_in = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        return ("number", rest.find(|c| !is_in(c)).unwrap_or(rest.len()));
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if first == '@' || is_word(first) {
        let skipped = first.len_utf8();
        let tail = &rest[skipped..];
        let length = skipped + tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        return (classify_word(&rest[..length], defines), length);
    }
    ("text", first.len_utf8())
}

fn classify_word(word: &str, defines: bool) -> &'static str {
    if word.len() > 1 && word.starts_with('@') {
        "decorator"
    } else if KEYWORDS.contains(&word) {
        "keyword"
    } else if defines {
        "defined"
    } else if BUILT_IN.contains(&word) {
        "built-in"
    } else {
        "text"
    }
}

/// Returns the length of the string literal at the start, if there is one. An unclosed literal ends
/// with its line, or with the code if it is triple-quoted.
fn string(rest: &str) -> Option<usize> {
    let prefix = rest
        .find(|c: char| !"rRbBfFuU".contains(c))
        .filter(|length| *length <= 2)?;
    let body = &rest[prefix..];
    let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let triple = quote.to_string().repeat(3);
    let is_triple = body.starts_with(&triple);
    let open = prefix + if is_triple { 3 } else { 1 };
    let mut is_escaped = false;
    for (at, c) in rest[open..].char_indices() {
        let here = open + at;
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if is_triple && rest[here..].starts_with(&triple) {
            return Some(here + 3);
        } else if !is_triple && c == quote {
            return Some(here + 1);
        } else if !is_triple && c == '\n' {
            return Some(here);
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(code: &str) -> String {
        let parts = highlight(code);
        let shown = parts.iter().map(|part| match part.kind {
            "text" => part.text.clone(),
            kind => format!("[{kind} {}]", part.text),
        });
        shown.collect()
    }

    #[test]
    fn each_kind_of_token_has_its_colour() {
        let code = "@wraps(f)\nasync def main(n=0x1F):  # go\n    print(f\"{n}\\\"\", 'it', defer)";
        assert_eq!(
            shown(code),
            "[decorator @wraps](f)\n[keyword async] [keyword def] [defined main](n=[number 0x1F]):  \
             [comment # go]\n    [built-in print]([string f\"{n}\\\"\"], [string 'it'], defer)"
        );
        assert_eq!(
            shown("x = \"\"\"a\n'b'\n\"\"\" + 'open\ny"),
            "x = [string \"\"\"a\n'b'\n\"\"\"] + [string 'open]\ny"
        );
    }

    proptest! {
        #[test]
        fn the_tokens_joined_are_the_code(code in "[a-f\"'\\\\\n#@0-9 é_]{0,60}") {
            let joined: String = highlight(&code).iter().map(|part| part.text.as_str()).collect();
            prop_assert_eq!(joined, code);
        }
    }
}

//! Reads a TOML document and collects diagnostics.
//!
//! serde stops at the first error. With [`TomlReader`], the caller asks for each key with its type
//! and receives the value with its position, or `None` after a diagnostic was added. The caller then
//! continues with the next key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Diagnostic, Source, Span, did_you_mean, near_matches};

/// A TOML value with its position.
pub type TomlValue<'d> = Spanned<DeValue<'d>>;

/// Maximum number of syntax errors shown for a file. One mistake can cause many of them.
const MAX_SYNTAX_ERRORS: usize = 5;

/// The parser's message about a duplicate key. The rest of the document is usable in this case.
const DUPLICATE_KEY: &str = "duplicate key";

/// A value with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlField<T> {
    pub value: T,
    /// Position of the key; for an item of an array, of the item.
    pub key: Span,
    /// Position of the value.
    pub span: Span,
}

/// A table of the document.
#[derive(Debug, Clone)]
pub struct TomlTable<'d> {
    items: &'d DeTable<'d>,
    /// Position of the table's beginning.
    pub span: Span,
    /// Name of the table in messages, such as `[[team]]`.
    pub name: &'static str,
    /// Known keys for which unknown keys are probably misspellings.
    probable_keys: Vec<String>,
}

/// Reads a source and collects diagnostics.
#[derive(Debug)]
pub struct TomlReader<'s> {
    source: &'s Source,
    diagnostics: Vec<Diagnostic>,
    /// What to do about a value of the wrong type, while a caller knows better than "put it in
    /// quotes".
    advice: Option<String>,
}

impl TomlTable<'_> {
    /// Returns whether the table has the key, whatever its value.
    pub fn contains_key(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }
}

impl<'s> TomlReader<'s> {
    pub const fn new(source: &'s Source) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
            advice: None,
        }
    }

    /// Reads with a fix for values of the wrong type.
    pub fn with_advice<T>(
        &mut self,
        advice: Option<String>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.advice = advice;
        let result = read(self);
        self.advice = None;
        result
    }

    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Returns whether there are no diagnostics so far.
    pub const fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    pub const fn source(&self) -> &'s Source {
        self.source
    }

    /// Parses the source. Returns `None` after a syntax error, because further diagnostics would be
    /// misleading.
    pub fn document(&mut self) -> Option<Spanned<DeTable<'s>>> {
        let (document, errors) = DeTable::parse_recoverable(self.source.text());
        let is_usable = errors.iter().all(|error| error.message() == DUPLICATE_KEY);
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            let diagnostic = self.syntax_error(error);
            self.push(diagnostic);
        }
        is_usable.then_some(document)
    }

    fn syntax_error(&self, error: &toml::de::Error) -> Diagnostic {
        let end = self.source.text().len();
        let span = error.span().unwrap_or(end..end);
        if error.message() == DUPLICATE_KEY {
            let key = self.source.text().get(span.clone()).unwrap_or_default();
            return Diagnostic::at(self.source, &span, format!("duplicate key `{key}`"))
                .fix("keep one of them");
        }
        let message = format!("invalid TOML: {}", error.message());
        Diagnostic::at(self.source, &span, message).fix(syntax_fix(error.message()))
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds an error at a position, with a suggested fix.
    pub fn error(&mut self, span: &Span, message: impl Into<String>, fix: impl Into<String>) {
        self.push(Diagnostic::at(self.source, span, message).fix(fix));
    }

    /// Opens a table, and reports keys that are not among the known ones.
    pub fn table<'d>(
        &mut self,
        items: &'d DeTable<'d>,
        span: Span,
        name: &'static str,
        known: &[&str],
    ) -> TomlTable<'d> {
        let mut probable_keys = Vec::new();
        for key in items.keys() {
            let word = key.get_ref().as_ref();
            if !known.contains(&word) {
                let message = format!("unknown key `{word}` in {name}");
                self.error(&key.span(), message, did_you_mean(word, known));
                let near = near_matches(word, known.iter().copied(), 1);
                probable_keys.extend(near.into_iter().map(str::to_owned));
            }
        }
        TomlTable {
            items,
            span,
            name,
            probable_keys,
        }
    }

    /// Reads a key that may be missing.
    pub fn optional<'d, T>(
        &mut self,
        table: &TomlTable<'d>,
        key: &str,
        read: impl FnOnce(&'d TomlValue<'d>) -> Result<T, &'static str>,
    ) -> Option<TomlField<T>> {
        let (name, value) = table.items.get_key_value(key)?;
        match read(value) {
            Ok(read) => Some(TomlField {
                value: read,
                key: name.span(),
                span: value.span(),
            }),
            Err(expected) => {
                self.wrong_type(key, value, expected);
                None
            }
        }
    }

    /// Reads a key that must be present.
    pub fn required<'d, T>(
        &mut self,
        table: &TomlTable<'d>,
        key: &str,
        read: impl FnOnce(&'d TomlValue<'d>) -> Result<T, &'static str>,
    ) -> Option<TomlField<T>> {
        // If the key is probably misspelled, that was reported already.
        if !table.contains_key(key) && !table.probable_keys.iter().any(|probable| probable == key) {
            let message = format!("missing key `{key}` in {}", table.name);
            self.error(&table.span, message, format!("add a line `{key} = …`"));
        }
        self.optional(table, key, read)
    }

    /// Reads a string that may be missing and then has a default. The function `read` parses the
    /// string and reports its problems.
    pub fn text_or_default<'d, T>(
        &mut self,
        table: &TomlTable<'d>,
        key: &str,
        default: T,
        read: impl FnOnce(&mut Self, &TomlField<&'d str>) -> Option<T>,
    ) -> Option<T> {
        if !table.contains_key(key) {
            return Some(default);
        }
        let found = self.optional(table, key, text)?;
        read(self, &found)
    }

    /// Reads the items of an array that must all have the same type.
    pub fn items<'d, T>(
        &mut self,
        key: &str,
        array: &'d [TomlValue<'d>],
        read: impl Fn(&'d TomlValue<'d>) -> Result<T, &'static str>,
    ) -> Vec<TomlField<T>> {
        let mut fields = Vec::with_capacity(array.len());
        for value in array {
            match read(value) {
                Ok(read) => fields.push(TomlField {
                    value: read,
                    key: value.span(),
                    span: value.span(),
                }),
                Err(expected) => self.wrong_type(&format!("an item of `{key}`"), value, expected),
            }
        }
        fields
    }

    fn wrong_type(&mut self, key: &str, value: &TomlValue<'_>, expected: &str) {
        let key = if key.contains('`') {
            key.to_owned()
        } else {
            format!("`{key}`")
        };
        let actual = with_article(value.get_ref().type_str());
        let message = format!("{key} must be {expected}, not {actual}");
        let diagnostic = Diagnostic::at(self.source, &value.span(), message);
        let fix = match (expected, value.get_ref()) {
            _ if self.advice.is_some() => self.advice.clone(),
            (TEXT, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)) => {
                Some("put it in quotes".to_owned())
            }
            (NUMBER, DeValue::String(_)) => Some("remove the quotes".to_owned()),
            (ARRAY, DeValue::String(_)) => Some("put it in square brackets".to_owned()),
            (ARRAY, DeValue::Table(_)) => {
                Some("write its name in two pairs of brackets: [[…]]".to_owned())
            }
            _ => None,
        };
        self.push(diagnostic.maybe_fix(fix));
    }
}

/// Returns a suggested fix for a syntax error, depending on the parser's message.
fn syntax_fix(message: &str) -> &'static str {
    if message.contains("string") {
        "end the string with the quotes it begins with; a string of several lines has three at each end"
    } else if message.contains("table") {
        "close the brackets around the table's name"
    } else {
        "fix this line or the one before it"
    }
}

const TEXT: &str = "a string";
const NUMBER: &str = "a whole number from 1";
const ARRAY: &str = "an array";

pub fn text<'d>(value: &'d TomlValue<'d>) -> Result<&'d str, &'static str> {
    value.get_ref().as_str().ok_or(TEXT)
}

/// Reads a whole number from 1.
pub fn positive_integer(value: &TomlValue<'_>) -> Result<u32, &'static str> {
    let integer = value.get_ref().as_integer();
    integer
        .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok())
        .filter(|number| *number > 0)
        .ok_or(NUMBER)
}

/// Reads a float or an integer.
pub fn float(value: &TomlValue<'_>) -> Result<f64, &'static str> {
    let value = value.get_ref();
    let float = value
        .as_float()
        .and_then(|float| float.as_str().parse().ok());
    let whole = || value.as_integer()?.as_str().parse().ok();
    float.or_else(whole).ok_or("a number such as 0.9")
}

pub fn boolean(value: &TomlValue<'_>) -> Result<bool, &'static str> {
    value.get_ref().as_bool().ok_or("true or false")
}

pub fn array<'d>(value: &'d TomlValue<'d>) -> Result<&'d [TomlValue<'d>], &'static str> {
    value
        .get_ref()
        .as_array()
        .map(|array| array.iter().as_slice())
        .ok_or(ARRAY)
}

pub fn table<'d>(value: &'d TomlValue<'d>) -> Result<&'d DeTable<'d>, &'static str> {
    value.get_ref().as_table().ok_or("a table")
}

fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

//! Walks through a TOML document and notes everything that is not as it should be.
//!
//! serde would stop at the first mistake. Here each reader asks for a key with its type, gets the
//! value with its place or nothing, and goes on; what was wrong has been noted.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Diagnostic, Source, Span, did_you_mean, near_matches};

/// A TOML value with its place.
pub type TomlValue<'d> = Spanned<DeValue<'d>>;

/// How many syntax errors of one file are shown: one slip can make a parser stumble for pages.
const MAX_SYNTAX_ERRORS: usize = 5;

/// What the parser says when a key is there twice. The document's shape is sound nevertheless.
const DUPLICATE_KEY: &str = "duplicate key";

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlField<T> {
    /// What is there.
    pub value: T,
    /// Where its key stands; for an item of an array, the item.
    pub key: Span,
    /// Where the value stands.
    pub span: Span,
}

/// A table of the document.
#[derive(Debug, Clone)]
pub struct TomlTable<'d> {
    items: &'d DeTable<'d>,
    /// Where it begins.
    pub span: Span,
    /// What people call it: `[[team]]`.
    pub name: &'static str,
    /// Keys that an unknown key was probably meant to be.
    probable_keys: Vec<String>,
}

/// The notes of one walk through one source.
#[derive(Debug)]
pub struct TomlReader<'s> {
    source: &'s Source,
    diagnostics: Vec<Diagnostic>,
}

impl TomlTable<'_> {
    /// Whether the key is there, whatever its value.
    pub fn contains_key(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }
}

impl<'s> TomlReader<'s> {
    /// Begins.
    pub const fn new(source: &'s Source) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
        }
    }

    /// What was noted.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Whether nothing was noted so far.
    pub const fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The source.
    pub const fn source(&self) -> &'s Source {
        self.source
    }

    /// Parses the source. After a syntax error there is no document: what follows from it would only
    /// confuse.
    pub fn document(&mut self) -> Option<Spanned<DeTable<'s>>> {
        let (document, errors) = DeTable::parse_recoverable(self.source.text());
        let sound = errors.iter().all(|error| error.message() == DUPLICATE_KEY);
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            let diagnostic = self.syntax_error(error);
            self.push(diagnostic);
        }
        sound.then_some(document)
    }

    fn syntax_error(&self, error: &toml::de::Error) -> Diagnostic {
        let end = self.source.text().len();
        let span = error.span().unwrap_or(end..end);
        if error.message() == DUPLICATE_KEY {
            let key = self.source.text().get(span.clone()).unwrap_or_default();
            return Diagnostic::at(self.source, &span, format!("the key `{key}` is here twice"))
                .fix("keep one of them");
        }
        let message = format!("this is not TOML: {}", error.message());
        Diagnostic::at(self.source, &span, message).fix(syntax_fix(error.message()))
    }

    /// Notes a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes an error at a place, with what to do.
    pub fn error(&mut self, span: &Span, message: impl Into<String>, fix: impl Into<String>) {
        self.push(Diagnostic::at(self.source, span, message).fix(fix));
    }

    /// Takes a table whose keys must be among the known ones.
    pub fn table<'d>(
        &mut self,
        items: &'d DeTable<'d>,
        span: Span,
        name: &'static str,
        known: &[&str],
    ) -> TomlTable<'d> {
        let mut meant = Vec::new();
        for key in items.keys() {
            let word = key.get_ref().as_ref();
            if !known.contains(&word) {
                let message = format!("unknown key `{word}` in {name}");
                self.error(&key.span(), message, did_you_mean(word, known));
                let near = near_matches(word, known.iter().copied(), 1);
                meant.extend(near.into_iter().map(str::to_owned));
            }
        }
        TomlTable {
            items,
            span,
            name,
            probable_keys: meant,
        }
    }

    /// A key that may be left out.
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
            Err(wanted) => {
                self.wrong_type(key, value, wanted);
                None
            }
        }
    }

    /// A key that must be there.
    pub fn required<'d, T>(
        &mut self,
        table: &TomlTable<'d>,
        key: &str,
        read: impl FnOnce(&'d TomlValue<'d>) -> Result<T, &'static str>,
    ) -> Option<TomlField<T>> {
        // Of a key with a slip in it, the slip was noted.
        if !table.contains_key(key) && !table.probable_keys.iter().any(|meant| meant == key) {
            let message = format!("{} lacks the key `{key}`", table.name);
            self.error(&table.span, message, format!("add a line `{key} = …`"));
        }
        self.optional(table, key, read)
    }

    /// A string that may be left out, read by a function that notes what is wrong with it. Left out,
    /// it is the default.
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

    /// The items of an array that all must be of one type; those that are not are noted.
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
                Err(wanted) => self.wrong_type(&format!("an item of `{key}`"), value, wanted),
            }
        }
        fields
    }

    fn wrong_type(&mut self, key: &str, value: &TomlValue<'_>, wanted: &str) {
        let key = if key.contains('`') {
            key.to_owned()
        } else {
            format!("`{key}`")
        };
        let is = with_article(value.get_ref().type_str());
        let message = format!("{key} must be {wanted}, not {is}");
        let diagnostic = Diagnostic::at(self.source, &value.span(), message);
        let fix = match (wanted, value.get_ref()) {
            (TEXT, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_)) => {
                Some("put it in quotes".to_owned())
            }
            (NUMBER, DeValue::String(_)) => Some("take the quotes away".to_owned()),
            (ARRAY, DeValue::String(_)) => Some("put it in square brackets".to_owned()),
            (ARRAY, DeValue::Table(_)) => {
                Some("write its name in two pairs of brackets: [[…]]".to_owned())
            }
            _ => None,
        };
        self.push(diagnostic.maybe_fix(fix));
    }
}

/// What to do about a syntax error, by what the parser says of it.
fn syntax_fix(message: &str) -> &'static str {
    if message.contains("string") {
        "end the text with the quotes it began with; a text of several lines has three at each end"
    } else if message.contains("table") {
        "close the brackets around the table's name"
    } else {
        "mend this line, or the one before it"
    }
}

const TEXT: &str = "a string";
const NUMBER: &str = "a whole number from 1";
const ARRAY: &str = "an array";

/// Reads a string.
///
/// # Errors
///
/// It is something else.
pub fn text<'d>(value: &'d TomlValue<'d>) -> Result<&'d str, &'static str> {
    value.get_ref().as_str().ok_or(TEXT)
}

/// Reads a whole number from 1.
///
/// # Errors
///
/// It is something else.
pub fn positive_integer(value: &TomlValue<'_>) -> Result<u32, &'static str> {
    let integer = value.get_ref().as_integer();
    integer
        .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok())
        .filter(|number| *number > 0)
        .ok_or(NUMBER)
}

/// Reads a number with a fraction, or a whole one.
///
/// # Errors
///
/// It is something else.
pub fn float(value: &TomlValue<'_>) -> Result<f64, &'static str> {
    let value = value.get_ref();
    let float = value
        .as_float()
        .and_then(|float| float.as_str().parse().ok());
    let whole = || value.as_integer()?.as_str().parse().ok();
    float.or_else(whole).ok_or("a number such as 0.9")
}

/// Reads a yes or no.
///
/// # Errors
///
/// It is something else.
pub fn boolean(value: &TomlValue<'_>) -> Result<bool, &'static str> {
    value.get_ref().as_bool().ok_or("true or false")
}

/// Reads an array.
///
/// # Errors
///
/// It is something else.
pub fn array<'d>(value: &'d TomlValue<'d>) -> Result<&'d [TomlValue<'d>], &'static str> {
    value
        .get_ref()
        .as_array()
        .map(|array| array.iter().as_slice())
        .ok_or(ARRAY)
}

/// Reads a table.
///
/// # Errors
///
/// It is something else.
pub fn table<'d>(value: &'d TomlValue<'d>) -> Result<&'d DeTable<'d>, &'static str> {
    value.get_ref().as_table().ok_or("a table")
}

fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

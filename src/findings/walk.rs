//! Walks through a TOML document and notes everything that is not as it should be.
//!
//! serde would stop at the first mistake. Here each reader asks for a key with its type, gets the
//! value with its place or nothing, and goes on; what was wrong has been noted.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Finding, Source, Span, did_you_mean, near_matches};

/// A TOML value with its place.
pub type Value<'d> = Spanned<DeValue<'d>>;

/// How many syntax errors of one file are shown: one slip can make a parser stumble for pages.
const MAX_SYNTAX_ERRORS: usize = 5;

/// What the parser says when a key is there twice. The document's shape is sound nevertheless.
const DUPLICATE_KEY: &str = "duplicate key";

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<T> {
    /// What is there.
    pub value: T,
    /// Where its key stands; for an item of an array, the item.
    pub key: Span,
    /// Where the value stands.
    pub span: Span,
}

/// A table of the document.
#[derive(Debug, Clone)]
pub struct Table<'d> {
    items: &'d DeTable<'d>,
    /// Where it begins.
    pub span: Span,
    /// What people call it: `[[team]]`.
    pub name: &'static str,
    /// Keys that an unknown key was probably meant to be.
    meant: Vec<String>,
}

/// The notes of one walk through one source.
#[derive(Debug)]
pub struct Walk<'s> {
    source: &'s Source,
    findings: Vec<Finding>,
}

impl Table<'_> {
    /// Whether the key is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.items.contains_key(key)
    }
}

impl<'s> Walk<'s> {
    /// Begins.
    pub const fn new(source: &'s Source) -> Self {
        Self {
            source,
            findings: Vec::new(),
        }
    }

    /// What was noted.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Whether nothing was noted so far.
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
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
            let finding = self.syntax(error);
            self.note(finding);
        }
        sound.then_some(document)
    }

    fn syntax(&self, error: &toml::de::Error) -> Finding {
        let end = self.source.text().len();
        let span = error.span().unwrap_or(end..end);
        if error.message() == DUPLICATE_KEY {
            let key = self.source.text().get(span.clone()).unwrap_or_default();
            return Finding::at(self.source, &span, format!("the key `{key}` is here twice"))
                .fix("keep one of them");
        }
        let message = format!("this is not TOML: {}", error.message());
        Finding::at(self.source, &span, message).fix(syntax_fix(error.message()))
    }

    /// Notes a finding.
    pub fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Notes an error at a place, with what to do.
    pub fn error(&mut self, span: &Span, message: impl Into<String>, fix: impl Into<String>) {
        self.note(Finding::at(self.source, span, message).fix(fix));
    }

    /// Takes a table whose keys must be among the known ones.
    pub fn table<'d>(
        &mut self,
        items: &'d DeTable<'d>,
        span: Span,
        name: &'static str,
        known: &[&str],
    ) -> Table<'d> {
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
        Table {
            items,
            span,
            name,
            meant,
        }
    }

    /// A key that may be left out.
    pub fn optional<'d, T>(
        &mut self,
        table: &Table<'d>,
        key: &str,
        read: impl FnOnce(&'d Value<'d>) -> Result<T, &'static str>,
    ) -> Option<Field<T>> {
        let (name, value) = table.items.get_key_value(key)?;
        match read(value) {
            Ok(read) => Some(Field {
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
        table: &Table<'d>,
        key: &str,
        read: impl FnOnce(&'d Value<'d>) -> Result<T, &'static str>,
    ) -> Option<Field<T>> {
        // Of a key with a slip in it, the slip was noted.
        if !table.has(key) && !table.meant.iter().any(|meant| meant == key) {
            let message = format!("{} lacks the key `{key}`", table.name);
            self.error(&table.span, message, format!("add a line `{key} = …`"));
        }
        self.optional(table, key, read)
    }

    /// A string that may be left out, read by a function that notes what is wrong with it. Left out,
    /// it is the default.
    pub fn text_or<'d, T>(
        &mut self,
        table: &Table<'d>,
        key: &str,
        default: T,
        read: impl FnOnce(&mut Self, &Field<&'d str>) -> Option<T>,
    ) -> Option<T> {
        if !table.has(key) {
            return Some(default);
        }
        let found = self.optional(table, key, text)?;
        read(self, &found)
    }

    /// The items of an array that all must be of one type; those that are not are noted.
    pub fn items<'d, T>(
        &mut self,
        key: &str,
        array: &'d [Value<'d>],
        read: impl Fn(&'d Value<'d>) -> Result<T, &'static str>,
    ) -> Vec<Field<T>> {
        let mut fields = Vec::with_capacity(array.len());
        for value in array {
            match read(value) {
                Ok(read) => fields.push(Field {
                    value: read,
                    key: value.span(),
                    span: value.span(),
                }),
                Err(wanted) => self.wrong_type(&format!("an item of `{key}`"), value, wanted),
            }
        }
        fields
    }

    fn wrong_type(&mut self, key: &str, value: &Value<'_>, wanted: &str) {
        let key = if key.contains('`') {
            key.to_owned()
        } else {
            format!("`{key}`")
        };
        let is = with_article(value.get_ref().type_str());
        let message = format!("{key} must be {wanted}, not {is}");
        let finding = Finding::at(self.source, &value.span(), message);
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
        self.note(finding.maybe_fix(fix));
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
pub fn text<'d>(value: &'d Value<'d>) -> Result<&'d str, &'static str> {
    value.get_ref().as_str().ok_or(TEXT)
}

/// Reads a whole number from 1.
///
/// # Errors
///
/// It is something else.
pub fn number(value: &Value<'_>) -> Result<u32, &'static str> {
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
pub fn share(value: &Value<'_>) -> Result<f64, &'static str> {
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
pub fn flag(value: &Value<'_>) -> Result<bool, &'static str> {
    value.get_ref().as_bool().ok_or("true or false")
}

/// Reads an array.
///
/// # Errors
///
/// It is something else.
pub fn array<'d>(value: &'d Value<'d>) -> Result<&'d [Value<'d>], &'static str> {
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
pub fn table<'d>(value: &'d Value<'d>) -> Result<&'d DeTable<'d>, &'static str> {
    value.get_ref().as_table().ok_or("a table")
}

fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

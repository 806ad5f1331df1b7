//! Reads JSON with the line of each value.

use std::fmt;

use quizloop_diagnostics::{Diagnostic, Source};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{DEPTH_MAX, Tree, TreeEntry, TreeValue};

/// Reads a JSON text.
pub(super) fn parse(source: &Source) -> Result<Tree, Box<Diagnostic>> {
    let text = source.text();
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Ok(tree(source, raw, 0)),
        Err(error) => Err(Box::new(syntax_error(source, &error))),
    }
}

fn syntax_error(source: &Source, error: &serde_json::Error) -> Diagnostic {
    let lines = source.text().split_inclusive('\n');
    let before = error.line().saturating_sub(1);
    let start: usize = lines.take(before).map(str::len).sum();
    let at = start + error.column().saturating_sub(1);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Diagnostic::at(
        source,
        &(at..at + 1),
        format!("this is not JSON: {message}"),
    )
    .fix("check the commas, quotes and brackets there and on the line before")
}

/// Reads one level of a value at a time, because only raw values have positions.
fn tree(source: &Source, raw: &RawValue, depth: usize) -> Tree {
    // The value is a slice of the text.
    let text = raw.get();
    let start = (text.as_ptr() as usize).saturating_sub(source.text().as_ptr() as usize);
    let line = source.line_number(start);
    let value = match serde_json::from_str(text) {
        Ok(JsonLevel::List(_) | JsonLevel::Map(_)) if depth > DEPTH_MAX => TreeValue::TooDeep,
        Ok(JsonLevel::List(items)) => {
            let items = items.into_iter().map(|item| tree(source, item, depth + 1));
            TreeValue::List(items.collect())
        }
        Ok(JsonLevel::Map(entries)) => {
            let entry = |(key, value): (String, &RawValue)| {
                let tree = tree(source, value, depth + 1);
                TreeEntry {
                    line: tree.line,
                    key,
                    tree,
                }
            };
            TreeValue::Map(entries.into_iter().map(entry).collect())
        }
        Ok(JsonLevel::Text(text)) => TreeValue::Text(text),
        Ok(JsonLevel::Null) => TreeValue::Null,
        // A number or a word; keep it as it is written.
        Ok(JsonLevel::Other) | Err(_) => TreeValue::Text(text.to_owned()),
    };
    Tree { line, value }
}

/// One level of a value.
enum JsonLevel<'t> {
    Null,
    Text(String),
    List(Vec<&'t RawValue>),
    Map(Vec<(String, &'t RawValue)>),
    Other,
}

impl<'de> Deserialize<'de> for JsonLevel<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonLevelVisitor)
    }
}

struct JsonLevelVisitor;

impl<'de> Visitor<'de> for JsonLevelVisitor {
    type Value = JsonLevel<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonLevel::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(JsonLevel::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(JsonLevel::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(JsonLevel::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(JsonLevel::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonLevel::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(JsonLevel::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(JsonLevel::Map(map))
    }
}

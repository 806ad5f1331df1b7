//! Which shards a process may have: `[discord] shards`.

use toml::de::DeValue;

use crate::diagnostics::toml_reader::{TomlField, TomlReader, TomlValue};
use crate::practice::shard::ShardRange;

/// What may stand there.
const EXAMPLE: &str = "write \"auto\" for as many as Discord recommends, a number for so many, or \"0-3/16\" for the first four of 16 in this process";

/// As many as Discord recommends.
const AUTO: &str = "auto";

/// A text or a number, as text.
pub fn text_or_number(value: &TomlValue<'_>) -> Result<String, &'static str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.trim().to_owned()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        _ => Err("\"auto\", a number or a range such as \"0-3/16\""),
    }
}

/// Reads them; none for as many as Discord recommends.
pub fn read(reader: &mut TomlReader<'_>, found: &TomlField<String>) -> Option<ShardRange> {
    if found.value == AUTO {
        return None;
    }
    let shards = found.value.parse();
    if let Err(error) = &shards {
        reader.error(&found.span, format!("`shards`: {error}"), EXAMPLE);
    }
    shards.ok()
}

//! The shards that a process may own: `[discord] shards`.

use toml::de::DeValue;

use quizloop_core::shard::ShardRange;
use quizloop_diagnostics::toml_reader::{TomlField, TomlReader, TomlValue};

/// Help for an invalid value.
const EXAMPLE: &str = "write \"auto\" for the number that Discord recommends, a number of shards, or \"0-3/16\" to run the first four of 16 shards in this process";

/// The number of shards that Discord recommends.
const AUTO: &str = "auto";

/// Reads a string or an integer as text.
pub fn text_or_number(value: &TomlValue<'_>) -> Result<String, &'static str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.trim().to_owned()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        _ => Err("\"auto\", a number or a range such as \"0-3/16\""),
    }
}

/// Reads the shards; `None` for the number that Discord recommends.
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

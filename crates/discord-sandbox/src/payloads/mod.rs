//! Discord's JSON representation of the model, for REST responses and gateway events.
//!
//! The functions only convert. Permissions are checked by their callers.

pub mod attachment;
pub mod channel;
pub mod command;
pub mod guild;
pub mod message;
pub mod user;

use jiff::Timestamp;
use serde_json::Value;

/// Returns an id as JSON. Discord sends ids as strings, because JavaScript numbers lose precision
/// (Discord docs, reference, "Snowflakes").
pub fn id(id: u64) -> Value {
    Value::String(id.to_string())
}

/// Returns an id as JSON, or null.
pub fn maybe_id(id: Option<u64>) -> Value {
    id.map_or(Value::Null, self::id)
}

/// Returns a JSON array of ids.
pub fn ids<'a>(ids: impl IntoIterator<Item = &'a u64>) -> Value {
    ids.into_iter().copied().map(id).collect()
}

/// Returns a time (Unix milliseconds) in Discord's format: `2026-03-27T08:00:00.000000+00:00`.
pub fn time(ms: i64) -> Value {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    Value::String(time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())
}

/// Returns a time (Unix milliseconds) in Discord's format, or null.
pub fn maybe_time(ms: Option<i64>) -> Value {
    ms.map_or(Value::Null, time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_digits_and_an_offset() {
        assert_eq!(time(1_774_598_400_123), "2026-03-27T08:00:00.123000+00:00");
        assert_eq!(time(1_774_598_400_000), "2026-03-27T08:00:00.000000+00:00");
    }
}

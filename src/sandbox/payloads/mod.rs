//! The model as Discord's JSON. Nothing is decided here.

pub mod channel;
pub mod command;
pub mod guild;
pub mod message;
pub mod user;

use jiff::Timestamp;
use serde_json::Value;

/// An id as Discord writes it: a string, since JavaScript can't hold it as a number.
pub fn id(id: u64) -> Value {
    Value::String(id.to_string())
}

/// An id that may be missing.
pub fn maybe_id(id: Option<u64>) -> Value {
    id.map_or(Value::Null, self::id)
}

/// A list of ids.
pub fn ids<'a>(ids: impl IntoIterator<Item = &'a u64>) -> Value {
    ids.into_iter().copied().map(id).collect()
}

/// A time as Discord writes it: `2026-03-27T08:00:00.000000+00:00`.
pub fn time(ms: i64) -> Value {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    Value::String(time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())
}

/// A time that may be missing.
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

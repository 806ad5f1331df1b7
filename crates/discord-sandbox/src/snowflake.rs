//! Snowflake ids: milliseconds since Discord's epoch in the upper bits, a counter in the lower ones
//! (Discord docs, reference, "Snowflakes").

/// Discord's epoch, 2015-01-01T00:00:00Z, in Unix milliseconds.
const EPOCH_MS: i64 = 1_420_070_400_000;
/// Number of bits below the time: worker id, process id and increment.
const TIME_SHIFT: u32 = 22;

/// Generator of strictly increasing ids. They increase even if the clock is stopped or set back.
#[derive(Debug, Default)]
pub struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    /// Returns the next id at `now_ms` (Unix milliseconds).
    pub fn next(&mut self, now_ms: i64) -> u64 {
        self.last = first_id_at(now_ms).max(self.last + 1);
        self.last
    }
}

/// Returns the smallest id that can be created at `ms` (Unix milliseconds).
pub fn first_id_at(ms: i64) -> u64 {
    u64::try_from(ms - EPOCH_MS).unwrap_or(0) << TIME_SHIFT
}

/// Returns the creation time of an id, in Unix milliseconds.
pub fn timestamp_ms(id: u64) -> i64 {
    i64::try_from(id >> TIME_SHIFT).unwrap_or(0) + EPOCH_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_and_contain_their_time() {
        let mut ids = Snowflakes::default();
        let now = 1_774_594_800_000;
        let (first, second) = (ids.next(now), ids.next(now));
        assert!(first < second);
        assert_eq!((timestamp_ms(first), timestamp_ms(second)), (now, now));
        assert!(ids.next(now - 5_000) > second);
    }
}

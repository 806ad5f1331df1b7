//! Ids as Discord makes them: the time in the upper bits, a counter below
//! (Discord docs, reference, "Snowflakes").

/// Discord's epoch, the first second of 2015, in Unix milliseconds.
const EPOCH_MS: i64 = 1_420_070_400_000;
/// Bits below the time: worker, process and increment.
const TIME_SHIFT: u32 = 22;

/// Makes ids that only grow, also while the clock stands still or is set back.
#[derive(Debug, Default)]
pub struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    /// The next id at `now_ms` (Unix milliseconds).
    pub fn next(&mut self, now_ms: i64) -> u64 {
        self.last = first_id_at(now_ms).max(self.last + 1);
        self.last
    }
}

/// The smallest id that can have been made at `ms` (Unix milliseconds).
pub fn first_id_at(ms: i64) -> u64 {
    u64::try_from(ms - EPOCH_MS).unwrap_or(0) << TIME_SHIFT
}

/// When an id was made, in Unix milliseconds.
pub fn timestamp_ms(id: u64) -> i64 {
    i64::try_from(id >> TIME_SHIFT).unwrap_or(0) + EPOCH_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_hold_their_time() {
        let mut ids = Snowflakes::default();
        let now = 1_774_594_800_000;
        let (first, second) = (ids.next(now), ids.next(now));
        assert!(first < second);
        assert_eq!((timestamp_ms(first), timestamp_ms(second)), (now, now));
        assert!(ids.next(now - 5_000) > second);
    }
}

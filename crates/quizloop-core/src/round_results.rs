//! The result of a member in a round, and a compact list of results: eight per byte for most members.
//!
//! A team of two hundred members has fifty thousand results a year, and a process has thousands of
//! teams.

/// Result of a member in one round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RoundResult {
    /// Neither replied nor peeked.
    #[default]
    Nothing,
    /// Replied within the round's window.
    Answered,
    /// Replied after the next round had opened.
    Late,
    /// Saw the model answer and has not replied.
    Peeked,
    /// Saw the model answer first, then replied within the window.
    PeekedFirst,
    /// An admin credited the member with the round.
    Credited,
}

impl RoundResult {
    const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Answered,
        Self::Late,
        Self::Peeked,
        Self::PeekedFirst,
        Self::Credited,
    ];

    /// Encodes the result in at most three bits; [`Self::Nothing`] is 0, and frequent results are
    /// small.
    const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the number of bits that the code takes, at least one.
    const fn width(self) -> u8 {
        match self.code() {
            0 | 1 => 1,
            2 | 3 => 2,
            _ => 3,
        }
    }

    /// Decodes a result; unknown codes are [`Self::Nothing`].
    fn from_code(code: u16) -> Self {
        let known = Self::ALL.get(usize::from(code));
        known.copied().unwrap_or(Self::Nothing)
    }

    pub(super) const fn letter(self) -> char {
        match self {
            Self::Nothing => '.',
            Self::Answered => 'a',
            Self::Late => 'l',
            Self::Peeked => 'v',
            Self::PeekedFirst => 'w',
            Self::Credited => 'c',
        }
    }

    pub(super) const fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            '.' => Self::Nothing,
            'a' => Self::Answered,
            'l' => Self::Late,
            'v' => Self::Peeked,
            'w' => Self::PeekedFirst,
            'c' => Self::Credited,
            _ => return None,
        })
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// Whether the member wrote a reply.
    pub const fn replied(self) -> bool {
        matches!(self, Self::Answered | Self::Late | Self::PeekedFirst)
    }
}

/// A list of results. It ends with the last result that is not [`RoundResult::Nothing`].
///
/// Every result takes as many bits as the rarest one in the list needs: one bit for a member who
/// answers or does not, two for one who was late or peeked, three for all others. A year of 250
/// rounds takes 33, 64 or 95 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedResults {
    /// The number of bits of a result, then the results from the lowest bit of a byte to the
    /// highest. Empty without results. The width is the smallest possible one, and unused bits and
    /// bytes are left out or 0, so equal lists have equal bytes.
    bytes: Box<[u8]>,
}

impl PackedResults {
    fn width(&self) -> usize {
        self.bytes.first().copied().map_or(0, usize::from)
    }

    /// Returns the result at that index; beyond the end, [`RoundResult::Nothing`].
    pub fn get(&self, index: usize) -> RoundResult {
        let width = self.width();
        let (byte, shift) = (index * width / 8, index * width % 8);
        let packed = self.bytes.get(1..).unwrap_or_default();
        let byte_at = |index: usize| packed.get(index).copied().unwrap_or_default();
        let bits = u16::from_le_bytes([byte_at(byte), byte_at(byte + 1)]) >> shift;
        RoundResult::from_code(bits & !(u16::MAX << width))
    }

    /// Sets the result at that index and grows the list if necessary.
    pub fn put(&mut self, index: usize, result: RoundResult) {
        if self.get(index) == result {
            return;
        }
        let mut results: Vec<_> = self.iter().collect();
        results.resize(results.len().max(index + 1), RoundResult::Nothing);
        results[index] = result;
        *self = results.into_iter().collect();
    }

    pub fn len(&self) -> usize {
        let Some(bits) = (self.bytes.len() * 8)
            .checked_sub(8)
            .filter(|bits| *bits > 0)
        else {
            return 0;
        };
        let longest = bits.div_ceil(self.width());
        let is_something = |index: &usize| self.get(*index) != RoundResult::Nothing;
        let last = (0..longest).rev().find(is_something);
        last.map_or(0, |last| last + 1)
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = RoundResult> {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl FromIterator<RoundResult> for PackedResults {
    fn from_iter<I: IntoIterator<Item = RoundResult>>(results: I) -> Self {
        let mut results: Vec<_> = results.into_iter().collect();
        while results.last() == Some(&RoundResult::Nothing) {
            results.pop();
        }
        let Some(width) = results.iter().map(|result| result.width()).max() else {
            return Self::default();
        };
        let mut bytes = vec![0; 1 + (results.len() * usize::from(width)).div_ceil(8)];
        bytes[0] = width;
        for (index, result) in results.into_iter().enumerate() {
            let bit = index * usize::from(width);
            let [low, high] = (u16::from(result.code()) << (bit % 8)).to_le_bytes();
            bytes[1 + bit / 8] |= low;
            if high > 0 {
                bytes[2 + bit / 8] |= high;
            }
        }
        Self {
            bytes: bytes.into_boxed_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn result() -> impl Strategy<Value = RoundResult> {
        prop::sample::select(&RoundResult::ALL)
    }

    proptest! {
        /// A list takes no more bits than its rarest result needs.
        #[test]
        fn frequent_results_take_one_bit(count in 1_usize..300, wide in 1_usize..6) {
            let result = RoundResult::ALL[wide];
            let mut results: PackedResults =
                std::iter::repeat_n(RoundResult::Answered, count).collect();
            prop_assert_eq!(results.bytes.len(), 1 + count.div_ceil(8));
            results.put(count, result);
            let width = [0, 1, 2, 2, 3, 3][wide];
            prop_assert_eq!(results.bytes.len(), 1 + ((count + 1) * width).div_ceil(8));
            results.put(count, RoundResult::Answered);
            prop_assert_eq!(results.bytes.len(), 1 + (count + 1).div_ceil(8));
        }

        /// Random writes lead to the same contents as in a plain list.
        #[test]
        fn behaves_like_a_plain_list(puts in prop::collection::vec((0_usize..40, result()), 0..60)) {
            let (mut results, mut plain) = (PackedResults::default(), Vec::new());
            for (index, result) in puts {
                results.put(index, result);
                if index >= plain.len() {
                    plain.resize(index + 1, RoundResult::Nothing);
                }
                plain[index] = result;
                while plain.last() == Some(&RoundResult::Nothing) {
                    plain.pop();
                }
                prop_assert_eq!(results.len(), plain.len());
                prop_assert_eq!(results.iter().collect::<Vec<_>>(), plain.clone());
                prop_assert_eq!(&plain.iter().copied().collect::<PackedResults>(), &results);
                prop_assert_eq!(results.get(plain.len() + 5), RoundResult::Nothing);
                prop_assert_eq!(results.is_empty(), plain.is_empty());
            }
        }
    }
}

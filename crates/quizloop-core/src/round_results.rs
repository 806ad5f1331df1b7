//! The result of a member in a round, and a compact list of results: two per byte.
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

    /// Encodes the result in half a byte; [`Self::Nothing`] is 0.
    const fn nibble(self) -> u8 {
        self as u8
    }

    /// Decodes half a byte; unknown values are [`Self::Nothing`].
    fn from_nibble(nibble: u8) -> Self {
        let known = Self::ALL.get(usize::from(nibble));
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackedResults {
    /// The lower half of a byte comes first. Unused halves are 0, so equal lists have equal bytes.
    nibbles: Box<[u8]>,
}

impl PackedResults {
    /// Returns the result at that index; beyond the end, [`RoundResult::Nothing`].
    pub fn get(&self, index: usize) -> RoundResult {
        let byte = self.nibbles.get(index / 2).copied().unwrap_or_default();
        RoundResult::from_nibble(byte >> shift(index) & 0x0F)
    }

    /// Sets the result at that index and grows the list if necessary.
    pub fn put(&mut self, index: usize, result: RoundResult) {
        let mut bytes = std::mem::take(&mut self.nibbles).into_vec();
        if index / 2 >= bytes.len() {
            // No spare capacity: a list grows by at most one result a day.
            bytes.reserve_exact(index / 2 + 1 - bytes.len());
            bytes.resize(index / 2 + 1, 0);
        }
        let byte = &mut bytes[index / 2];
        *byte = *byte & !(0x0F << shift(index)) | result.nibble() << shift(index);
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        self.nibbles = bytes.into_boxed_slice();
    }

    pub fn len(&self) -> usize {
        let last_is_half = self.nibbles.last().is_some_and(|last| last >> 4 == 0);
        self.nibbles.len() * 2 - usize::from(last_is_half)
    }

    pub fn is_empty(&self) -> bool {
        self.nibbles.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = RoundResult> {
        (0..self.len()).map(|index| self.get(index))
    }
}

const fn shift(index: usize) -> u8 {
    if index.is_multiple_of(2) { 0 } else { 4 }
}

impl FromIterator<RoundResult> for PackedResults {
    fn from_iter<I: IntoIterator<Item = RoundResult>>(results: I) -> Self {
        let mut bytes: Vec<u8> = Vec::new();
        for (index, result) in results.into_iter().enumerate() {
            match bytes.last_mut().filter(|_| shift(index) > 0) {
                Some(last) => *last |= result.nibble() << 4,
                None => bytes.push(result.nibble()),
            }
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Self {
            nibbles: bytes.into_boxed_slice(),
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

//! What a member did in a round, and many of these in a row, two to a byte.
//!
//! A team of two hundred has fifty thousand of them in a year, and a process has thousands of teams.

/// What a member did in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    Nothing,
    /// Replied within the round's window.
    Answered,
    /// Replied after the next round had opened.
    Late,
    /// Looked at the model answer and has not replied.
    Looked,
    /// Looked at the model answer first, then replied within the window.
    LookedFirst,
    /// An admin credited the member with the round.
    Credited,
}

impl Mark {
    /// All of them.
    const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Answered,
        Self::Late,
        Self::Looked,
        Self::LookedFirst,
        Self::Credited,
    ];

    /// Half a byte for it; 0 for nothing.
    const fn half(self) -> u8 {
        self as u8
    }

    /// The mark for half a byte.
    fn of_half(half: u8) -> Self {
        let known = Self::ALL.get(usize::from(half));
        known.copied().unwrap_or(Self::Nothing)
    }

    pub(super) const fn letter(self) -> char {
        match self {
            Self::Nothing => '.',
            Self::Answered => 'a',
            Self::Late => 'l',
            Self::Looked => 'v',
            Self::LookedFirst => 'w',
            Self::Credited => 'c',
        }
    }

    pub(super) const fn of(letter: char) -> Option<Self> {
        Some(match letter {
            '.' => Self::Nothing,
            'a' => Self::Answered,
            'l' => Self::Late,
            'v' => Self::Looked,
            'w' => Self::LookedFirst,
            'c' => Self::Credited,
            _ => return None,
        })
    }

    /// Whether the member wrote a reply.
    pub const fn replied(self) -> bool {
        matches!(self, Self::Answered | Self::Late | Self::LookedFirst)
    }
}

/// A list of marks. It is as long as its last mark that says something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The lower half of a byte comes first. A half that is not used says nothing, so equal lists are equal bytes.
    halves: Box<[u8]>,
}

impl Marks {
    /// The mark at that place; nothing beyond the end.
    pub fn get(&self, place: usize) -> Mark {
        let byte = self.halves.get(place / 2).copied().unwrap_or_default();
        Mark::of_half(byte >> shift(place) & 0x0F)
    }

    /// Puts a mark at that place.
    pub fn put(&mut self, place: usize, mark: Mark) {
        let mut bytes = std::mem::take(&mut self.halves).into_vec();
        if place / 2 >= bytes.len() {
            // Not more than it takes: a list grows by one in a day.
            bytes.reserve_exact(place / 2 + 1 - bytes.len());
            bytes.resize(place / 2 + 1, 0);
        }
        let byte = &mut bytes[place / 2];
        *byte = *byte & !(0x0F << shift(place)) | mark.half() << shift(place);
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        self.halves = bytes.into_boxed_slice();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let last_is_half = self.halves.last().is_some_and(|last| last >> 4 == 0);
        self.halves.len() * 2 - usize::from(last_is_half)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.halves.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Mark> {
        (0..self.len()).map(|place| self.get(place))
    }
}

const fn shift(place: usize) -> u8 {
    if place.is_multiple_of(2) { 0 } else { 4 }
}

impl FromIterator<Mark> for Marks {
    fn from_iter<I: IntoIterator<Item = Mark>>(marks: I) -> Self {
        let mut bytes: Vec<u8> = Vec::new();
        for (place, mark) in marks.into_iter().enumerate() {
            match bytes.last_mut().filter(|_| shift(place) > 0) {
                Some(last) => *last |= mark.half() << 4,
                None => bytes.push(mark.half()),
            }
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Self {
            halves: bytes.into_boxed_slice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark() -> impl Strategy<Value = Mark> {
        prop::sample::select(&Mark::ALL)
    }

    proptest! {
        /// Whatever is put wherever, it is what a plain list would be.
        #[test]
        fn as_a_plain_list(puts in prop::collection::vec((0_usize..40, mark()), 0..60)) {
            let (mut marks, mut plain) = (Marks::default(), Vec::new());
            for (place, mark) in puts {
                marks.put(place, mark);
                if place >= plain.len() {
                    plain.resize(place + 1, Mark::Nothing);
                }
                plain[place] = mark;
                while plain.last() == Some(&Mark::Nothing) {
                    plain.pop();
                }
                prop_assert_eq!(marks.len(), plain.len());
                prop_assert_eq!(marks.iter().collect::<Vec<_>>(), plain.clone());
                prop_assert_eq!(&plain.iter().copied().collect::<Marks>(), &marks);
                prop_assert_eq!(marks.get(plain.len() + 5), Mark::Nothing);
                prop_assert_eq!(marks.is_empty(), plain.is_empty());
            }
        }
    }
}

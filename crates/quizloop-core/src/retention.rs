//! Desired retention of a team: the higher it is, the sooner questions come back for review.

use serde::{Deserialize, Serialize};

/// Share of questions that members should still recall when they are due, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Retention(u8);

/// A percentage is outside [`Retention::MIN`] to [`Retention::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the retention must be from {min} to {max} %, not {0} %",
    min = Retention::MIN,
    max = Retention::MAX
)]
pub struct RetentionError(u8);

impl Retention {
    /// Minimum: below it, members forget more than they save in reviews (Anki manual, "Desired
    /// Retention").
    pub const MIN: u8 = 70;
    /// Maximum: above it, the number of reviews per day grows without bound (the same page).
    pub const MAX: u8 = 97;

    /// Creates a retention in percent; `None` outside [`Self::MIN`] to [`Self::MAX`].
    pub fn from_percent(percent: u8) -> Option<Self> {
        (Self::MIN..=Self::MAX)
            .contains(&percent)
            .then_some(Self(percent))
    }

    /// Creates the nearest retention to a share from 0 to 1; `None` outside the bounds.
    pub(crate) fn from_share(share: f64) -> Option<Self> {
        let percent = (share * 100.0).round();
        (Self::MIN..=Self::MAX)
            .find(|one| (f64::from(*one) - percent).abs() < 0.5)
            .map(Self)
    }

    /// Returns the percentage.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Returns the share, from 0 to 1.
    pub fn share(self) -> f32 {
        f32::from(self.0) / 100.0
    }

    /// Whether it is the default of new teams.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The default of FSRS.
impl Default for Retention {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<u8> for Retention {
    type Error = RetentionError;

    fn try_from(percent: u8) -> Result<Self, RetentionError> {
        Self::from_percent(percent).ok_or(RetentionError(percent))
    }
}

impl From<Retention> for u8 {
    fn from(retention: Retention) -> Self {
        retention.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_shares_and_percents_within_bounds() {
        assert_eq!(Retention::from_share(0.9), Some(Retention::default()));
        assert_eq!(Retention::from_share(0.85), Retention::from_percent(85));
        for outside in [0.0, 0.69, 0.98, 1.0, 90.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Retention::from_share(outside), None, "{outside}");
        }
        let error = serde_json::from_str::<Retention>("99").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the retention must be from 70 to 97 %, not 99 %"
        );
    }
}

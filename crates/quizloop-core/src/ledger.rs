//! The ledger: one member's result in each round of a team.
//!
//! A ledger stores results only. Whether a round was missed or covered by a freeze is computed from
//! them (see [`super::streak`]). At one bit per round, a year takes 33 bytes for most members.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::round_results::PackedResults;
pub use super::round_results::RoundResult;

/// The admin who performed an action, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The admin; `None` if their data was deleted later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    pub at: Timestamp,
}

/// The admin's id, in texts for operators.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.user {
            Some(user) => user.fmt(f),
            None => f.write_str("an admin whose data was deleted"),
        }
    }
}

impl Actor {
    /// Removes the admin's id and keeps the record of the action.
    pub(super) fn anonymize(&mut self, user: UserId) {
        if self.user == Some(user) {
            self.user = None;
        }
    }
}

/// Credit for one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credit {
    /// The admin who gave it; `None` if their data was deleted later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    at: Timestamp,
    /// The member's own result, which counts if the credit is taken back. Earlier versions did not
    /// store it.
    #[serde(default, skip_serializing_if = "RoundResult::is_nothing")]
    #[serde(rename = "was", with = "result_letter")]
    own: RoundResult,
}

impl Credit {
    const fn by(&self) -> Actor {
        Actor {
            user: self.user,
            at: self.at,
        }
    }
}

/// A result as its letter.
mod result_letter {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::RoundResult;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub fn serialize<S: Serializer>(result: &RoundResult, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_char(result.letter())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RoundResult, D::Error> {
        let letter = char::deserialize(from)?;
        let result = RoundResult::from_letter(letter);
        let own = result.filter(|result| *result != RoundResult::Credited);
        own.ok_or_else(|| D::Error::custom(format!("'{letter}' in `was` is not one of . a l v w")))
    }
}

/// The results of one member. Rounds before their first result are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredLedger", into = "StoredLedger")]
pub struct Ledger {
    from: u32,
    results: PackedResults,
    /// Boxed, because few members have credits.
    #[expect(
        clippy::box_collection,
        reason = "16 bytes less for each of those without"
    )]
    credits: Option<Box<BTreeMap<u32, Credit>>>,
}

impl Ledger {
    /// Returns the number of the member's first round, or `None` without any result.
    pub fn first_round(&self) -> Option<u32> {
        if self.results.is_empty() {
            None
        } else {
            Some(self.from)
        }
    }

    /// Returns the result in that round.
    pub fn result(&self, round: u32) -> RoundResult {
        let index = round.checked_sub(self.from);
        index.map_or(RoundResult::Nothing, |index| {
            self.results.get(index as usize)
        })
    }

    /// Returns the admin who credited that round.
    pub(crate) fn credited_by(&self, round: u32) -> Option<Actor> {
        let credit = self.credits.as_ref()?.get(&round)?;
        Some(credit.by())
    }

    /// Returns the member's own result in that round: what it would be without credit.
    pub fn own_result(&self, round: u32) -> RoundResult {
        let credits = self.credits.as_ref();
        let credit = credits.and_then(|credits| credits.get(&round));
        credit.map_or_else(|| self.result(round), |credit| credit.own)
    }

    /// Records the member's own result. Credit from an admin stays.
    pub fn record(&mut self, round: u32, result: RoundResult) {
        let mut credits = self.credits.iter_mut();
        match credits.find_map(|credits| credits.get_mut(&round)) {
            Some(credit) => credit.own = result,
            None => self.put(round, result),
        }
    }

    /// Records credit for a round. Returns false if the round already has credit.
    pub fn credit(&mut self, round: u32, by: Actor) -> bool {
        if self.credited_by(round).is_some() {
            return false;
        }
        let Actor { user, at } = by;
        let own = self.result(round);
        self.put(round, RoundResult::Credited);
        let credits = self.credits.get_or_insert_default();
        credits.insert(round, Credit { user, at, own });
        true
    }

    /// Takes credit for a round back, so that the member's own result counts. Returns false if the
    /// round has no credit.
    pub fn take_back_credit(&mut self, round: u32) -> bool {
        let Some(credits) = &mut self.credits else {
            return false;
        };
        let Some(credit) = credits.remove(&round) else {
            return false;
        };
        if credits.is_empty() {
            self.credits = None;
        }
        self.put(round, credit.own);
        self.trim();
        true
    }

    /// Returns the rounds with credit, in ascending order.
    pub fn credited_rounds(&self) -> impl Iterator<Item = u32> {
        let credits = self.credits.iter().flat_map(|credits| credits.keys());
        credits.copied()
    }

    /// Drops rounds without a result at the beginning: the member's first round is one with a result.
    fn trim(&mut self) {
        let is_nothing = |result: &RoundResult| *result == RoundResult::Nothing;
        let gap = self.results.iter().take_while(is_nothing).count();
        if gap == self.results.len() {
            self.from = 0;
            self.results = PackedResults::default();
        } else if gap > 0 {
            self.from += u32::try_from(gap).unwrap_or(0);
            self.results = self.results.iter().skip(gap).collect();
        }
    }

    /// Returns the number of credits that this admin gave.
    pub(super) fn credits_given_by(&self, user: UserId) -> usize {
        let credits = self.credits_by_admins();
        credits.filter(|by| by.user == Some(user)).count()
    }

    /// Returns who gave each credit.
    pub(super) fn credits_by_admins(&self) -> impl Iterator<Item = Actor> {
        let credits = self.credits.iter().flat_map(|credits| credits.values());
        credits.map(Credit::by)
    }

    /// Removes an admin's id from the credits.
    pub(super) fn anonymize_credits_by(&mut self, user: UserId) {
        let credits = self.credits.iter_mut();
        for credit in credits.flat_map(|credits| credits.values_mut()) {
            credit.user = credit.user.filter(|by| *by != user);
        }
    }

    fn put(&mut self, round: u32, result: RoundResult) {
        if self.result(round) == result {
            return;
        }
        if self.results.is_empty() {
            self.from = round;
        }
        if round < self.from {
            let gap = (self.from - round) as usize;
            let before = std::iter::repeat_n(RoundResult::Nothing, gap);
            self.results = before.chain(self.results.iter()).collect();
            self.from = round;
        }
        self.results.put((round - self.from) as usize, result);
    }

    /// Returns the number of the last round with a result, or 0 without any result.
    pub fn last_round(&self) -> u32 {
        let length = u32::try_from(self.results.len()).unwrap_or(u32::MAX);
        self.from.saturating_add(length).saturating_sub(1)
    }
}

/// Why a ledger in a snapshot is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseLedgerError {
    #[error("'{0}' in `marks` is not one of . a l v w c")]
    UnknownLetter(char),
    #[error("`credits` does not match `marks`: each c needs one entry")]
    CreditMismatch,
    #[error("`from` is 0, but rounds are numbered from 1")]
    RoundZero,
}

/// Snapshot format of a ledger.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLedger {
    from: u32,
    marks: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    credits: BTreeMap<u32, Credit>,
}

impl From<Ledger> for StoredLedger {
    fn from(ledger: Ledger) -> Self {
        Self {
            from: ledger.from,
            marks: ledger.results.iter().map(RoundResult::letter).collect(),
            credits: ledger
                .credits
                .map_or_else(BTreeMap::new, |credits| *credits),
        }
    }
}

impl TryFrom<StoredLedger> for Ledger {
    type Error = ParseLedgerError;

    fn try_from(stored: StoredLedger) -> Result<Self, ParseLedgerError> {
        let read = |letter| {
            RoundResult::from_letter(letter).ok_or(ParseLedgerError::UnknownLetter(letter))
        };
        let credits = stored.credits;
        let ledger = Self {
            from: stored.from,
            results: stored.marks.chars().map(read).collect::<Result<_, _>>()?,
            credits: (!credits.is_empty()).then(|| Box::new(credits.clone())),
        };
        let credited = |round: &u32| ledger.result(*round) == RoundResult::Credited;
        let credited_rounds = ledger
            .results
            .iter()
            .filter(|result| *result == RoundResult::Credited);
        if !credits.keys().all(credited) || credited_rounds.count() != credits.len() {
            return Err(ParseLedgerError::CreditMismatch);
        }
        if ledger.from == 0 && !ledger.results.is_empty() {
            return Err(ParseLedgerError::RoundZero);
        }
        Ok(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshot_format_is_short_and_readable() {
        let mut ledger = Ledger::default();
        ledger.record(12, RoundResult::Answered);
        ledger.record(14, RoundResult::Late);
        ledger.record(10, RoundResult::PeekedFirst);
        let by = Actor {
            user: Some(UserId::new(7)),
            at: "2026-03-27T08:00:00Z".parse().unwrap(),
        };
        assert!(ledger.credit(13, by));
        assert!(!ledger.credit(13, by), "credit is given once");
        ledger.record(13, RoundResult::Answered);
        let json = serde_json::to_string(&ledger).unwrap();
        insta::assert_snapshot!(json, @r#"{"from":10,"marks":"w.acl","credits":{"13":{"user":"7","at":"2026-03-27T08:00:00Z","was":"a"}}}"#);
        assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), ledger);
        assert_eq!((ledger.first_round(), ledger.last_round()), (Some(10), 14));
    }

    /// The reply to round 13 came after the credit. Earlier versions stored credit without the
    /// member's own result.
    #[test]
    fn credit_that_is_taken_back_leaves_the_members_own_result() {
        let json = r#"{"from":10,"marks":"c..l","credits":{"10":{"at":"2026-03-27T08:00:00Z"}}}"#;
        let mut ledger: Ledger = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&ledger).unwrap(), json);
        let by = Actor {
            user: Some(UserId::new(7)),
            at: "2026-03-27T08:00:00Z".parse().unwrap(),
        };
        assert!(ledger.credit(13, by) && ledger.credit(15, by));
        let json = serde_json::to_string(&ledger).unwrap();
        assert!(
            json.contains(r#""at":"2026-03-27T08:00:00Z","was":"l"}"#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), ledger);
        ledger.record(15, RoundResult::Answered);
        assert_eq!(ledger.result(15), RoundResult::Credited);
        assert!(ledger.take_back_credit(10) && ledger.take_back_credit(15));
        assert!(!ledger.take_back_credit(15) && !ledger.take_back_credit(11));
        assert_eq!(
            (ledger.first_round(), ledger.result(15)),
            (Some(13), RoundResult::Answered)
        );
        assert!(ledger.take_back_credit(13));
        let json = serde_json::to_string(&ledger).unwrap();
        assert_eq!(json, r#"{"from":13,"marks":"l.a"}"#);
    }

    #[test]
    fn refuses_unknown_letters_and_credit_without_an_admin() {
        let error_of = |json| {
            serde_json::from_str::<Ledger>(json)
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(error_of(r#"{"from":1,"marks":"ax"}"#), @"'x' in `marks` is not one of . a l v w c");
        insta::assert_snapshot!(error_of(r#"{"from":1,"marks":"ac"}"#), @"`credits` does not match `marks`: each c needs one entry");
        let credit =
            r#"{"from":1,"marks":"c","credits":{"1":{"at":"2026-03-27T08:00:00Z","was":"c"}}}"#;
        let error = error_of(credit);
        assert!(
            error.starts_with("'c' in `was` is not one of . a l v w"),
            "{error}"
        );
        insta::assert_snapshot!(error_of(r#"{"from":0,"marks":"a"}"#), @"`from` is 0, but rounds are numbered from 1");
    }
}

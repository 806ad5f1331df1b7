//! Mistakes in questions that members report, until an admin closes them.
//!
//! The text of a report is the one text of a person that is kept: they wrote it for the admins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::guild::Guild;
use super::id::UserId;

/// Characters of a report.
pub const MAX_REPORT_CHARS: usize = 500;

/// Open reports that a guild keeps: as many as an admin may still go through.
pub const MAX_OPEN_REPORTS: usize = 100;

/// Open reports that a guild keeps of one member, so that nobody fills it up alone.
pub const MAX_OPEN_REPORTS_PER_MEMBER: usize = 5;

/// A mistake that somebody found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionReport {
    /// From 1, and never given again in this guild.
    pub number: u32,
    /// The id of the question.
    pub question: String,
    /// Who reported it.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
    /// What is wrong, in their words; at most [`MAX_REPORT_CHARS`] characters.
    pub text: String,
}

/// The reports of a guild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionReports {
    /// The number of the newest report there ever was.
    #[serde(rename = "last")]
    last_number: u32,
    /// Those that no admin has closed, the oldest first.
    open: Vec<QuestionReport>,
}

/// Why a report can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The guild has [`MAX_OPEN_REPORTS`] open ones.
    #[error("{MAX_OPEN_REPORTS} reports are open in this server already")]
    GuildFull,
    /// The member has [`MAX_OPEN_REPORTS_PER_MEMBER`] open ones.
    #[error("{MAX_OPEN_REPORTS_PER_MEMBER} of your reports are open already")]
    MemberFull,
    /// There is nothing to read in it.
    #[error("there is nothing in it")]
    Empty,
}

impl QuestionReports {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, report: QuestionReport) -> Result<u32, ReportError> {
        // Sent again because the first answer was lost, or because it could not be saved at first.
        let same = |one: &&QuestionReport| {
            (one.user, &one.question, &one.text) == (report.user, &report.question, &report.text)
        };
        if let Some(same) = self.open.iter().find(same) {
            return Ok(same.number);
        }
        if self.open.len() >= MAX_OPEN_REPORTS {
            return Err(ReportError::GuildFull);
        }
        if self.by_member(report.user).count() >= MAX_OPEN_REPORTS_PER_MEMBER {
            return Err(ReportError::MemberFull);
        }
        self.last_number = self.last_number.saturating_add(1);
        let number = self.last_number;
        self.open.push(QuestionReport { number, ..report });
        Ok(number)
    }

    fn by_member(&self, user: UserId) -> impl Iterator<Item = &QuestionReport> {
        self.open.iter().filter(move |report| report.user == user)
    }

    /// When a member wrote their newest one.
    pub(super) fn latest_by(&self, user: UserId) -> Option<Timestamp> {
        self.by_member(user).map(|report| report.at).max()
    }

    /// Who wrote them.
    pub(super) fn authors(&self) -> impl Iterator<Item = UserId> {
        self.open.iter().map(|report| report.user)
    }

    pub(super) fn erase(&mut self, user: UserId) {
        self.open.retain(|report| report.user != user);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let numbers = self.open.iter().map(|report| report.number);
        if !numbers.clone().is_sorted_by(|one, next| one < next)
            || numbers
                .clone()
                .any(|number| number == 0 || number > self.last_number)
        {
            return Err("reports must be numbered in order, up to the last one".into());
        }
        Ok(())
    }
}

impl Guild {
    /// The open reports, the oldest first.
    pub fn reports(&self) -> &[QuestionReport] {
        &self.reports.open
    }

    /// The open reports of one member, the oldest first.
    pub fn reports_by(&self, user: UserId) -> impl Iterator<Item = &QuestionReport> {
        self.reports.by_member(user)
    }

    /// Enters a report; gives its number. One that is open with the same words is that one.
    ///
    /// # Errors
    ///
    /// There are too many, or nothing is in it.
    pub fn add_report(
        &mut self,
        question: &str,
        user: UserId,
        text: &str,
        at: Timestamp,
    ) -> Result<u32, ReportError> {
        let text: String = text.trim().chars().take(MAX_REPORT_CHARS).collect();
        if text.is_empty() {
            return Err(ReportError::Empty);
        }
        let question = question.to_owned();
        self.reports.add(QuestionReport {
            number: 0,
            question,
            user,
            at,
            text,
        })
    }

    /// Closes a report, which deletes it. Returns false if it is not open.
    pub fn close_report(&mut self, number: u32) -> bool {
        let before = self.reports.open.len();
        self.reports.open.retain(|report| report.number != number);
        self.reports.open.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::id::GuildId;
    use proptest::prelude::*;

    const ADA: UserId = UserId::new(7);

    fn at() -> Timestamp {
        "2026-03-27T08:00:00Z".parse().unwrap()
    }

    fn guild() -> Guild {
        Guild::new(GuildId::new(1))
    }

    #[test]
    fn a_report_is_kept_until_it_is_closed_and_its_number_is_not_given_again() {
        let mut guild = guild();
        let report = |guild: &mut Guild, text: &str| guild.add_report("queues", ADA, text, at());
        assert_eq!(report(&mut guild, " It blocks.\n"), Ok(1));
        assert_eq!(report(&mut guild, "It blocks."), Ok(1), "sent twice");
        assert_eq!(report(&mut guild, " \n"), Err(ReportError::Empty));
        let json = serde_json::to_string(&guild.reports).unwrap();
        insta::assert_snapshot!(json, @r#"{"last":1,"open":[{"number":1,"question":"queues","user":"7","at":"2026-03-27T08:00:00Z","text":"It blocks."}]}"#);
        assert!(guild.close_report(1));
        assert!(!guild.close_report(1));
        assert_eq!(report(&mut guild, "It blocks."), Ok(2));
        let long = "ü".repeat(600);
        assert_eq!(report(&mut guild, &long), Ok(3));
        assert_eq!(guild.reports()[1].text.chars().count(), MAX_REPORT_CHARS);
        assert_eq!(guild.check(), Ok(()));
    }

    #[test]
    fn a_member_who_is_forgotten_takes_their_reports_along() {
        let mut guild = guild();
        guild.add_report("queues", ADA, "wrong", at()).unwrap();
        guild
            .add_report("queues", UserId::new(8), "wrong", at())
            .unwrap();
        assert!(guild.has_data_of(ADA));
        assert_eq!(guild.last_seen(ADA), Some(jiff::civil::date(2026, 3, 27)));
        guild.delete_member(ADA, at());
        assert!(!guild.has_data_of(ADA));
        assert_eq!(guild.reports().len(), 1);
        assert_eq!(
            guild.delete_inactive_members(jiff::civil::date(2027, 4, 27)),
            0
        );
        assert_eq!(
            guild.delete_inactive_members(jiff::civil::date(2027, 4, 28)),
            1
        );
        assert_eq!(guild.reports(), []);
    }

    #[test]
    fn numbers_out_of_order_are_told() {
        let check_json = |reports: &str| {
            serde_json::from_str::<QuestionReports>(reports)
                .unwrap()
                .check()
        };
        let one =
            r#"{"number":1,"question":"queues","user":"7","at":"2026-03-27T08:00:00Z","text":"x"}"#;
        assert_eq!(
            check_json(&format!(r#"{{"last":1,"open":[{one}]}}"#)),
            Ok(())
        );
        for bad in [
            format!(r#"{{"last":0,"open":[{one}]}}"#),
            format!(r#"{{"last":2,"open":[{one},{one}]}}"#),
        ] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(check_json(&bad).unwrap_err(), @"reports must be numbered in order, up to the last one");
            }
        }
    }

    proptest! {
        /// Whoever reports whatever, and whatever is closed: nobody has more than their share, the guild neither.
        #[test]
        fn nobody_fills_it_up(acts in prop::collection::vec((0_u64..40, 0_u32..60, any::<bool>()), 0..400)) {
            let mut guild = guild();
            for (user, number, close) in acts {
                if close {
                    guild.close_report(number);
                } else {
                    let entered = guild.add_report("queues", UserId::new(user), &format!("{number}"), at());
                    let mine = guild.reports.by_member(UserId::new(user)).count();
                    prop_assert_eq!(entered == Err(ReportError::GuildFull), entered.is_err() && guild.reports().len() == MAX_OPEN_REPORTS);
                    prop_assert!(entered != Err(ReportError::MemberFull) || mine == MAX_OPEN_REPORTS_PER_MEMBER);
                    prop_assert!(mine <= MAX_OPEN_REPORTS_PER_MEMBER);
                }
                prop_assert!(guild.reports().len() <= MAX_OPEN_REPORTS);
                prop_assert_eq!(guild.check(), Ok(()));
            }
        }
    }
}

//! Members' reports of mistakes in questions, until an admin closes them.
//!
//! Besides questions, a report is the only text of a member that is stored: it is written for the admins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::guild::Guild;
use super::id::UserId;
use super::text::remove_control_characters;

/// Maximum length of a report in characters.
pub const MAX_REPORT_CHARS: usize = 500;

/// Maximum number of open reports in a guild: an admin can still read them all.
pub(crate) const MAX_OPEN_REPORTS: usize = 100;

/// Maximum number of open reports per member, so that one member cannot use up the guild's limit.
pub const MAX_OPEN_REPORTS_PER_MEMBER: usize = 5;

/// A report of a mistake in a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionReport {
    /// Numbered from 1; a number is never reused in a guild.
    pub number: u32,
    /// Question id.
    pub question: String,
    /// The member who reported it.
    pub user: UserId,
    pub at: Timestamp,
    /// The member's text; at most [`MAX_REPORT_CHARS`] characters.
    pub text: String,
}

/// The reports of a guild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionReports {
    /// The highest number that was ever given to a report.
    #[serde(rename = "last")]
    last_number: u32,
    /// Open reports, oldest first.
    open: Vec<QuestionReport>,
}

/// The numbers of the open reports do not increase, or exceed the last number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("report numbers must increase and must not exceed `last`")]
pub struct ReportNumberError;

/// Why a report is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("this server already has {MAX_OPEN_REPORTS} open reports")]
    GuildFull,
    #[error("you already have {MAX_OPEN_REPORTS_PER_MEMBER} open reports")]
    MemberFull,
    /// The text is blank.
    #[error("the text is empty")]
    Empty,
}

impl QuestionReports {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, report: QuestionReport) -> Result<u32, ReportError> {
        // The member sends a report again if the first response was lost or the save failed.
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

    /// Adds the open reports of another guild. They get new numbers, unless this guild never had a
    /// report.
    pub(super) fn fill_from(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        self.last_number = self.last_number.max(other.last_number);
        let same = |one: &QuestionReport, other: &QuestionReport| {
            (one.user, one.at, &one.text) == (other.user, other.at, &other.text)
        };
        for report in other.open {
            if self.open.iter().any(|one| same(one, &report)) {
                continue;
            }
            self.last_number = self.last_number.saturating_add(1);
            let number = self.last_number;
            self.open.push(QuestionReport { number, ..report });
        }
    }

    fn by_member(&self, user: UserId) -> impl Iterator<Item = &QuestionReport> {
        self.open.iter().filter(move |report| report.user == user)
    }

    pub(super) fn erase(&mut self, user: UserId) {
        self.open.retain(|report| report.user != user);
    }

    pub(super) fn check(&self) -> Result<(), ReportNumberError> {
        let numbers = self.open.iter().map(|report| report.number);
        if !numbers.clone().is_sorted_by(|one, next| one < next)
            || numbers
                .clone()
                .any(|number| number == 0 || number > self.last_number)
        {
            return Err(ReportNumberError);
        }
        Ok(())
    }
}

impl Guild {
    /// Returns the open reports, oldest first.
    pub fn reports(&self) -> &[QuestionReport] {
        &self.reports.open
    }

    /// Returns the open reports of one member, oldest first.
    pub fn reports_by(&self, user: UserId) -> impl Iterator<Item = &QuestionReport> {
        self.reports.by_member(user)
    }

    /// Adds a report and returns its number. If the member already has an open report on the
    /// question with the same text, returns the number of that one.
    ///
    /// # Errors
    ///
    /// Fails if the text is blank, or if too many reports are open.
    pub fn add_report(
        &mut self,
        question: &str,
        user: UserId,
        text: &str,
        at: Timestamp,
    ) -> Result<u32, ReportError> {
        let text = remove_control_characters(text);
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

    /// Closes and deletes a report. Returns false if no open report has that number.
    pub fn close_report(&mut self, number: u32) -> bool {
        let before = self.reports.open.len();
        self.reports.open.retain(|report| report.number != number);
        self.reports.open.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GuildId;
    use proptest::prelude::*;

    const ADA: UserId = UserId::new(7);

    fn at() -> Timestamp {
        "2026-03-27T08:00:00Z".parse().unwrap()
    }

    fn guild() -> Guild {
        Guild::new(GuildId::new(1))
    }

    #[test]
    fn a_report_is_kept_until_it_is_closed_and_its_number_is_not_reused() {
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
    fn control_characters_are_removed_from_a_report() {
        let mut guild = guild();
        let text = "\0 It\0 blocks:\r\n\tqueue.get()\u{1b}\u{7f}\u{85}\n";
        assert_eq!(guild.add_report("queues", ADA, text, at()), Ok(1));
        assert_eq!(guild.reports()[0].text, "It blocks:\n\tqueue.get()");
        let empty = guild.add_report("queues", ADA, "\0 \r\n\u{7}", at());
        assert_eq!(empty, Err(ReportError::Empty));
    }

    #[test]
    fn deleting_a_member_deletes_their_reports() {
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
    fn numbers_out_of_order_are_reported() {
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
                insta::assert_snapshot!(check_json(&bad).unwrap_err(), @"report numbers must increase and must not exceed `last`");
            }
        }
    }

    proptest! {
        /// Random reports and closings never exceed the limits of a member or of the guild.
        #[test]
        fn limits_are_never_exceeded(actions in prop::collection::vec((0_u64..40, 0_u32..60, any::<bool>()), 0..400)) {
            let mut guild = guild();
            for (user, number, close) in actions {
                if close {
                    guild.close_report(number);
                } else {
                    let added = guild.add_report("queues", UserId::new(user), &format!("{number}"), at());
                    let mine = guild.reports.by_member(UserId::new(user)).count();
                    prop_assert_eq!(added == Err(ReportError::GuildFull), added.is_err() && guild.reports().len() == MAX_OPEN_REPORTS);
                    prop_assert!(added != Err(ReportError::MemberFull) || mine == MAX_OPEN_REPORTS_PER_MEMBER);
                    prop_assert!(mine <= MAX_OPEN_REPORTS_PER_MEMBER);
                }
                prop_assert!(guild.reports().len() <= MAX_OPEN_REPORTS);
                prop_assert_eq!(guild.check(), Ok(()));
            }
        }
    }
}

//! The weekly report of a team: when it is due, and the steps to post it.
//!
//! The report is due on the last scheduled day of the team's week, some hours after that day's
//! question, so that members have time to answer. Like a round it is posted exactly once
//! ([`super::delivery`]).
//!
//! A team's week begins with the first day after the days without a question
//! (`Weekdays::first_day_of_week`): on Monday for Monday to Friday, on Sunday for
//! Sunday to Thursday.

use jiff::civil::{Date, Time, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::delivery::{Delivery, Label};
use super::id::MessageId;
use super::round::{Round, nonce};
use super::schedule::{MIN_ANSWER_TIME, Schedule};
use super::team::Team;

/// How long after the week's last question the report is due.
const REPORT_DELAY: SignedDuration = SignedDuration::from_hours(8);
/// Latest local time of the report, unless [`MIN_ANSWER_TIME`] requires a later one.
const LATEST_TIME: Time = time(20, 0, 0, 0);
/// Latest local time in any case: the report is due on the day of the last question.
const END_OF_DAY: Time = time(23, 59, 0, 0);

/// Maximum number of weeks to search for the next report: more than any run of holidays.
const MAX_WEEKS_AHEAD: i64 = 54;

/// A report for which an intent was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyReport {
    /// The first day of the reported week.
    #[serde(rename = "monday")]
    pub first_day: Date,
    pub due: Timestamp,
    /// Nonce of the message: Discord uses it to detect a second attempt to post the same report.
    pub nonce: String,
    pub state: WeeklyReportState,
}

/// State of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeeklyReportState {
    /// Not posted yet.
    #[serde(rename = "wanted")]
    Pending,
    /// Posted with this message.
    Posted(MessageId),
    /// Expired before it could be posted, or its message was deleted.
    #[serde(rename = "given-up")]
    Abandoned,
}

/// The next step for a team's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStep {
    /// A report is due: save the intent with [`Team::begin_report`].
    Begin {
        /// The first day of the reported week.
        first_day: Date,
        due: Timestamp,
    },
    /// A report has no message: deliver it ([`Team::pending_report_post`]), then call
    /// [`Team::record_report_post`] or [`Team::abandon_report`].
    Deliver,
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

impl WeeklyReport {
    /// Returns the text of the message's footer, by which the bot recognises it.
    pub fn label(&self) -> String {
        format!("Week of {}", self.first_day)
    }
}

/// Returns the seven days of a week.
fn days_of_week(first_day: Date) -> impl DoubleEndedIterator<Item = Date> {
    (0..7_i64).map(move |days| first_day.saturating_add(days.days()))
}

impl Schedule {
    /// Returns the first day of the team's week that contains a day.
    pub(crate) fn week_start(&self, day: Date) -> Date {
        let first = self.days.first_day_of_week();
        let days = day.weekday().since(first);
        day.saturating_sub(i64::from(days).days())
    }

    /// Returns when the report on the week that starts on `first_day` is due, or `None` if the
    /// schedule has no day in that week.
    ///
    /// It is due 8 hours after the question of the week's last scheduled day, but at 20:00 at the
    /// latest. A late question moves it to an hour after the question, but never to the next day.
    /// It is not due before that day's wrap-up. Skips and pauses don't change it.
    pub(crate) fn report_due_at(&self, first_day: Date) -> Option<Timestamp> {
        let (day, asked) = days_of_week(first_day)
            .rev()
            .filter(|day| self.includes(*day))
            .find_map(|day| Some((day, self.due_at(day)?)))?;
        let evening = self.zone.at_local_time(day, LATEST_TIME)?;
        let day_ends = self.zone.at_local_time(day, END_OF_DAY)?;
        let due = (asked + REPORT_DELAY)
            .min(evening)
            .max(asked + MIN_ANSWER_TIME);
        let due = due.min(day_ends).max(asked);
        Some(self.wrap_up_due_at(day).map_or(due, |at| due.max(at)))
    }
}

impl Team {
    /// Returns the next step for the weekly report.
    pub fn next_report_step(&self, now: Timestamp) -> ReportStep {
        if let Some(report) = self.pending_report() {
            return match self.report_waits_until(report, now) {
                Some(until) => ReportStep::Wait(until),
                None => ReportStep::Deliver,
            };
        }
        if !self.settings.send_weekly_report {
            return ReportStep::Idle;
        }
        let schedule = &self.settings.schedule;
        let this_week = schedule.week_start(schedule.zone.date(now));
        for week in 0..MAX_WEEKS_AHEAD {
            let first_day = this_week.saturating_add((week * 7).days());
            let Some(due) = schedule.report_due_at(first_day) else {
                continue;
            };
            if self.is_reported(first_day, due, this_week) {
                continue;
            }
            if due > now {
                return ReportStep::Wait(due);
            }
            let has_rounds = self.rounds_of_week(first_day).next().is_some();
            if has_rounds && due >= self.since && self.is_report_in_time(due, now) {
                return ReportStep::Begin { first_day, due };
            }
        }
        ReportStep::Idle
    }

    /// Whether a week is done: the newest report is on that week or a later one, also if the week
    /// began on another day when it was written. A report from far ahead of this week was recorded
    /// while the machine's clock was wrong, and is ignored.
    fn is_reported(&self, first_day: Date, due: Timestamp, this_week: Date) -> bool {
        let plausible = this_week.saturating_add(7.days());
        self.weekly_report.as_ref().is_some_and(|last| {
            last.first_day <= plausible && (first_day <= last.first_day || due <= last.due)
        })
    }

    /// Returns until when an intended report waits for the wrap-up of the open round. It does not
    /// wait for longer than it may be late itself.
    fn report_waits_until(&self, report: &WeeklyReport, now: Timestamp) -> Option<Timestamp> {
        let schedule = &self.settings.schedule;
        let latest = schedule.latest_start(schedule.zone.date(report.due), report.due);
        let until = self.wrap_up_expected_until()?.min(latest);
        (now < until).then_some(until)
    }

    /// Returns when the next report is posted, provided that its week has a round and nothing
    /// changes.
    pub fn next_report_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.next_report_step(now) {
            ReportStep::Wait(at) | ReportStep::Begin { due: at, .. } => Some(at),
            ReportStep::Deliver => self.settings.send_weekly_report.then_some(now),
            ReportStep::Idle => None,
        }
    }

    /// Returns the report that has an intent but no message yet.
    pub fn pending_report(&self) -> Option<&WeeklyReport> {
        let report = self.weekly_report.as_ref();
        report.filter(|report| report.state == WeeklyReportState::Pending)
    }

    /// Returns the delivery of the report that has no message yet.
    pub fn pending_report_post(&self) -> Option<Delivery> {
        let report = self.pending_report()?;
        let schedule = &self.settings.schedule;
        let window = if self.settings.send_weekly_report {
            schedule.delivery_window(schedule.zone.date(report.due), report.due)
        } else {
            // Switched off since.
            Timestamp::MAX..=Timestamp::MIN
        };
        Some(Delivery {
            place: self.channel,
            label: Label::Text(report.label()),
            nonce: Some(report.nonce.clone()),
            older: self
                .rounds_of_week(report.first_day)
                .last()
                .and_then(|round| round.message),
            window,
        })
    }

    /// Whether the report may be begun: like a round, on its local day and within the catch-up
    /// limit.
    fn is_report_in_time(&self, due: Timestamp, now: Timestamp) -> bool {
        let schedule = &self.settings.schedule;
        schedule.zone.date(now) == schedule.zone.date(due)
            && now.duration_since(due) <= schedule.max_lateness()
    }

    /// Step 1: records the intent to post. Returns false if that week already has a report.
    pub fn begin_report(&mut self, first_day: Date, due: Timestamp) -> bool {
        if self.is_reported(first_day, due, first_day) {
            return false;
        }
        self.weekly_report = Some(WeeklyReport {
            first_day,
            due,
            // A round of this channel may be due in the same second.
            nonce: format!("{}w", nonce(self.channel, due)),
            state: WeeklyReportState::Pending,
        });
        true
    }

    /// Step 3: records the posted message.
    pub fn record_report_post(&mut self, message: MessageId) {
        self.finish_report(WeeklyReportState::Posted(message));
    }

    /// Drops the pending report: that week has none.
    pub fn abandon_report(&mut self) {
        self.finish_report(WeeklyReportState::Abandoned);
    }

    fn finish_report(&mut self, state: WeeklyReportState) {
        let report = self.weekly_report.as_mut();
        if let Some(report) = report.filter(|report| report.state == WeeklyReportState::Pending) {
            report.state = state;
        }
    }

    /// Returns the rounds that were posted in a week, oldest first.
    pub(crate) fn rounds_of_week(&self, first_day: Date) -> impl Iterator<Item = &Round> {
        let last_day = days_of_week(first_day).next_back().unwrap_or(first_day);
        self.posted_rounds()
            .filter(move |round| (first_day..=last_day).contains(&round.day))
    }
}

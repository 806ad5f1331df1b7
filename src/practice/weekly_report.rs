//! The report on a team's week: when it is due, the steps of its post, and what is in it.
//!
//! It comes on the last day of the ISO week on which the schedule wants a question, some hours after that question, so
//! that people could answer. Like a round it is posted once: the intent is on disk before the message is sent, and a
//! message that was sent is found again.

use jiff::civil::{Date, Time, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::id::MessageId;
use super::round::{Round, nonce};
use super::schedule::Schedule;
use super::team::Team;

/// So long after the last question people usually have answered it.
const REPORT_DELAY: SignedDuration = SignedDuration::from_hours(8);
/// But in the evening it comes, however late the question was.
const LATEST_TIME: Time = time(20, 0, 0, 0);
/// So long there is at least for an answer.
const MIN_ANSWER_TIME: SignedDuration = SignedDuration::from_hours(1);
/// And always on the same day.
const END_OF_DAY: Time = time(23, 59, 0, 0);

/// So many weeks ahead one is looked for: beyond any run of holidays.
const MAX_WEEKS_AHEAD: i64 = 54;

/// A report that was intended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyReport {
    /// The Monday of its week.
    pub monday: Date,
    /// When it was due.
    pub due: Timestamp,
    /// With this Discord recognises a second attempt to post the same report.
    pub nonce: String,
    /// What became of it.
    pub state: WeeklyReportState,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeeklyReportState {
    /// It is still to be posted.
    #[serde(rename = "wanted")]
    Pending,
    /// It is there.
    Posted(MessageId),
    /// Its time was over before it could be posted, or somebody deleted it.
    #[serde(rename = "given-up")]
    Abandoned,
}

/// What is to be done about a team's report now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStep {
    /// One is due: make it with [`Team::begin_report`].
    Begin {
        /// The Monday of its week.
        monday: Date,
        /// The due time.
        due: Timestamp,
    },
    /// Look for it in the channel, else post it, then [`Team::record_report_post`].
    Post,
    /// Its time is over: look for it once more, else [`Team::abandon_report`].
    Abandon,
    /// Nothing until then.
    Wait(Timestamp),
    /// Nothing at all.
    Idle,
}

impl WeeklyReport {
    /// The text at the end of the message that tells this report from all others, also when the bot looks for it
    /// after a crash.
    pub fn label(&self) -> String {
        format!("Week of {}", self.monday)
    }
}

/// The Monday of a day's ISO week.
fn monday_of(day: Date) -> Date {
    let days = i64::from(day.weekday().to_monday_zero_offset());
    day.saturating_sub(days.days())
}

/// The days of a week.
fn days_of_week(monday: Date) -> impl DoubleEndedIterator<Item = Date> {
    (0..7_i64).map(move |days| monday.saturating_add(days.days()))
}

impl Schedule {
    /// When the report on the week of that Monday is due: 8 hours after the question of the last day with one,
    /// but at 20:00 at the latest; at least an hour after the question even so, and always on that day. None: the
    /// week has no such day. Skips and pauses don't move it.
    pub fn report_due_at(&self, monday: Date) -> Option<Timestamp> {
        let (day, asked) = days_of_week(monday)
            .rev()
            .filter(|day| self.includes(*day))
            .find_map(|day| Some((day, self.due_at(day)?)))?;
        let evening = self.zone.at_local_time(day, LATEST_TIME)?;
        let day_ends = self.zone.at_local_time(day, END_OF_DAY)?;
        let due = (asked + REPORT_DELAY)
            .min(evening)
            .max(asked + MIN_ANSWER_TIME);
        Some(due.min(day_ends).max(asked))
    }
}

impl Team {
    /// What is to be done about the week's report now.
    pub fn next_report_step(&self, now: Timestamp) -> ReportStep {
        if let Some(report) = self.pending_report() {
            return if self.settings.send_weekly_report && self.is_report_in_time(report.due, now) {
                ReportStep::Post
            } else {
                ReportStep::Abandon
            };
        }
        if !self.settings.send_weekly_report {
            return ReportStep::Idle;
        }
        let schedule = &self.settings.schedule;
        let this_week = monday_of(schedule.zone.date(now));
        for week in 0..MAX_WEEKS_AHEAD {
            let monday = this_week.saturating_add((week * 7).days());
            let over = self
                .weekly_report
                .as_ref()
                .is_some_and(|last| monday <= last.monday);
            let Some(due) = schedule.report_due_at(monday).filter(|_| !over) else {
                continue;
            };
            if due > now {
                return ReportStep::Wait(due);
            }
            let has_rounds = self.rounds_of_week(monday).next().is_some();
            if has_rounds && due >= self.since && self.is_report_in_time(due, now) {
                return ReportStep::Begin { monday, due };
            }
        }
        ReportStep::Idle
    }

    /// When the next report comes, if its week has a question and nothing changes.
    pub fn next_report_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.next_report_step(now) {
            ReportStep::Wait(at) | ReportStep::Begin { due: at, .. } => Some(at),
            ReportStep::Post => Some(now),
            ReportStep::Abandon | ReportStep::Idle => None,
        }
    }

    /// The report that is still to be posted.
    pub fn pending_report(&self) -> Option<&WeeklyReport> {
        let report = self.weekly_report.as_ref();
        report.filter(|report| report.state == WeeklyReportState::Pending)
    }

    /// Like a round: on the same local day and within the catch-up limit.
    fn is_report_in_time(&self, due: Timestamp, now: Timestamp) -> bool {
        let schedule = &self.settings.schedule;
        schedule.zone.date(now) == schedule.zone.date(due)
            && now.duration_since(due) <= schedule.catch_up
    }

    /// Step 1: the report is intended. Returns false if that week had one.
    pub fn begin_report(&mut self, monday: Date, due: Timestamp) -> bool {
        if self
            .weekly_report
            .as_ref()
            .is_some_and(|last| monday <= last.monday)
        {
            return false;
        }
        self.weekly_report = Some(WeeklyReport {
            monday,
            due,
            // A round of this channel may be due in the same second.
            nonce: format!("{}w", nonce(self.channel, due)),
            state: WeeklyReportState::Pending,
        });
        true
    }

    /// Step 3: the message is there.
    pub fn record_report_post(&mut self, message: MessageId) {
        self.finish_report(WeeklyReportState::Posted(message));
    }

    /// That week has no report.
    pub fn abandon_report(&mut self) {
        self.finish_report(WeeklyReportState::Abandoned);
    }

    fn finish_report(&mut self, state: WeeklyReportState) {
        let wanted = self.weekly_report.as_mut();
        if let Some(report) = wanted.filter(|report| report.state == WeeklyReportState::Pending) {
            report.state = state;
        }
    }

    /// The rounds that were posted in a week, the oldest first.
    pub fn rounds_of_week(&self, monday: Date) -> impl Iterator<Item = &Round> {
        let sunday = days_of_week(monday).next_back().unwrap_or(monday);
        self.posted_rounds()
            .filter(move |round| (monday..=sunday).contains(&round.day))
    }
}

//! Schedules: when a team's questions are due, from local time, zone, weekdays, holidays and
//! pauses.
//!
//! A due time is computed from the local day, never by adding 24 hours, so the local time stays the
//! same across clock changes. Each local day is due at most once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::weekdays::Weekdays;
use super::zone::Zone;

/// How late a question may be posted by default, if the bot was down when it was due.
pub(crate) const DEFAULT_CATCH_UP: SignedDuration = SignedDuration::from_hours(3);

/// How late a post still is on time. Waking up, saving the intent and waiting for Discord take a
/// moment, so a shorter catch-up limit means "on time only". An intent that was recorded in time may
/// be finished for as long.
pub(crate) const ON_TIME: SignedDuration = SignedDuration::from_mins(5);

/// How long after a question its wrap-up comes at the earliest, and the week's report after the last
/// question, so that members can answer first.
pub(crate) const MIN_ANSWER_TIME: SignedDuration = SignedDuration::from_hours(1);

/// How many days [`Schedule::upcoming`] searches: two years, more than any realistic run of
/// holidays or pause.
const HORIZON_DAYS: usize = 731;

/// Schedule of a team's questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Local time of day.
    pub at: Time,
    /// Time zone of `at`.
    pub zone: Zone,
    /// Weekdays with a question.
    pub days: Weekdays,
    /// Dates without a question.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<Date>,
    /// How late a question may be posted if the bot was down when it was due, at least `ON_TIME`.
    /// It must also still be the same local day.
    #[serde(with = "minutes")]
    pub catch_up: SignedDuration,
    /// Local time of day of the wrap-up, at least `MIN_ANSWER_TIME` later in the day than `at`;
    /// `None` if there are no wrap-ups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_at: Option<Time>,
}

/// A pause in questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The first day with a question again, as an admin ordered it; `None` until an admin resumes.
    pub until: Option<Date>,
    /// Whether the team is paused because it left the operator's config file. The pause then lasts
    /// until the team is in the file again, or until an admin resumes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_config: bool,
}

impl Pause {
    pub(crate) fn covers(self, day: Date) -> bool {
        self.by_config || self.until.is_none_or(|until| day < until)
    }
}

/// Exceptions to a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleOverrides {
    /// Questions that were due before this time are not posted: a team that is set up at 15:00 with
    /// questions at 09:00 starts tomorrow.
    pub since: Timestamp,
    /// The last day with a question, posted or abandoned. Days up to it are done.
    pub last_day: Option<Date>,
    /// A pause in questions.
    pub pause: Option<Pause>,
    /// A day that an admin chose to skip.
    pub skip: Option<Date>,
}

/// When the next question is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A question is due today, since `at`.
    Now {
        /// The local day.
        day: Date,
        /// The due time, at most `Schedule::max_lateness` ago.
        at: Timestamp,
    },
    /// A question will be due at `at`.
    Later {
        /// The local day.
        day: Date,
        /// The due time.
        at: Timestamp,
    },
    /// No question is due within two years.
    Never,
}

impl Schedule {
    /// Creates a schedule for Monday to Friday with the default catch-up limit.
    pub fn weekdays_at(at: Time, zone: Zone) -> Self {
        Self {
            at,
            zone,
            days: Weekdays::working(),
            holidays: BTreeSet::new(),
            catch_up: DEFAULT_CATCH_UP,
            wrap_up_at: None,
        }
    }

    /// Returns the due time on that day, if the day exists in the zone; see
    /// `Zone::at_local_time`.
    pub fn due_at(&self, day: Date) -> Option<Timestamp> {
        self.zone.at_local_time(day, self.at)
    }

    /// Returns when the wrap-up of a day is due; `None` if there are no wrap-ups.
    pub(crate) fn wrap_up_due_at(&self, day: Date) -> Option<Timestamp> {
        self.zone.at_local_time(day, self.wrap_up_at?)
    }

    /// Whether the schedule has a question on that day.
    pub fn includes(&self, day: Date) -> bool {
        self.days.contains(day.weekday()) && !self.holidays.contains(&day)
    }

    /// Returns how late a post may be begun.
    pub(crate) fn max_lateness(&self) -> SignedDuration {
        self.catch_up.max(ON_TIME)
    }

    /// Returns when a post of that day, due at `due`, may be sent. An intent that was recorded at the
    /// last moment may still be finished for [`ON_TIME`].
    pub(crate) fn delivery_window(&self, day: Date, due: Timestamp) -> RangeInclusive<Timestamp> {
        let day_starts = self.midnight(day).unwrap_or(Timestamp::MIN);
        let last = self.latest_start(day, due).saturating_add(ON_TIME);
        day_starts..=last.unwrap_or(Timestamp::MAX)
    }

    /// Returns until when a message of that day, due at `due`, may be begun: within the catch-up
    /// limit and on the same day.
    pub(crate) fn latest_start(&self, day: Date, due: Timestamp) -> Timestamp {
        // A zone may skip a day (Samoa, 30 December 2011).
        let mut next_days = day.series(1.day()).skip(1).take(2);
        let day_ends = next_days.find_map(|day| self.midnight(day));
        let limit = due.saturating_add(self.max_lateness());
        let limit = limit.unwrap_or(Timestamp::MAX);
        limit.min(day_ends.unwrap_or(Timestamp::MAX))
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        self.zone.at_local_time(day, Time::midnight())
    }

    /// Returns whether a question is due now, or else when the next one is.
    pub fn due(&self, now: Timestamp, overrides: &ScheduleOverrides) -> Due {
        let today = self.zone.date(now);
        if let Some(at) = self.due_on(today, overrides)
            && at <= now
            && now.duration_since(at) <= self.max_lateness()
        {
            return Due::Now { day: today, at };
        }
        self.upcoming(now, overrides)
            .next()
            .map_or(Due::Never, |(day, at)| Due::Later { day, at })
    }

    /// Returns the next days with a question and their due times, all after `now`.
    pub fn upcoming(
        &self,
        now: Timestamp,
        overrides: &ScheduleOverrides,
    ) -> impl Iterator<Item = (Date, Timestamp)> {
        self.zone
            .date(now)
            .series(1.day())
            .take(HORIZON_DAYS)
            .filter_map(move |day| self.due_on(day, overrides).map(|at| (day, at)))
            .filter(move |(_, at)| *at > now)
    }

    /// Returns the due time of a day, unless the schedule or an exception excludes the day.
    fn due_on(&self, day: Date, overrides: &ScheduleOverrides) -> Option<Timestamp> {
        let is_done = overrides.last_day.is_some_and(|last| day <= last);
        let is_excluded =
            overrides.skip == Some(day) || overrides.pause.is_some_and(|pause| pause.covers(day));
        if is_done || is_excluded || !self.includes(day) {
            return None;
        }
        self.due_at(day).filter(|at| *at >= overrides.since)
    }
}

/// Serializes the catch-up limit in whole minutes.
mod minutes {
    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(limit: &SignedDuration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(limit.as_mins())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SignedDuration, D::Error> {
        u16::deserialize(from).map(|minutes| SignedDuration::from_mins(minutes.into()))
    }
}

//! When a team's questions are due: local time, zone, weekdays, holidays, pause.
//!
//! A due time is worked out from the civil day, never by adding 24 hours, so wall time stays the same
//! across clock changes. Each civil day is due once at most.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::weekdays::Weekdays;
use super::zone::Zone;

/// How late a question may be posted after the bot was away, unless the team says otherwise.
pub const DEFAULT_CATCH_UP: SignedDuration = SignedDuration::from_hours(3);

/// How far [`Schedule::upcoming`] looks: two years, more than any run of holidays or pause that
/// someone would want to see the end of.
const HORIZON_DAYS: usize = 731;

/// When a team gets its questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Local time of day.
    pub at: Time,
    /// Where that time is.
    pub zone: Zone,
    /// The weekdays with a question.
    pub days: Weekdays,
    /// Dates without one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<Date>,
    /// How late a question may come if the bot was away at the due time. It also must be the same
    /// local day.
    #[serde(with = "minutes")]
    pub catch_up: SignedDuration,
}

/// A stretch without questions that an admin ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// The first day with a question again; none: until somebody resumes.
    pub until: Option<Date>,
}

impl Pause {
    fn covers(self, day: Date) -> bool {
        self.until.is_none_or(|until| day < until)
    }
}

/// What keeps single days without a question, besides the schedule itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleOverrides {
    /// Nothing due before this moment is posted: a team set up at 15:00 for 09:00 starts tomorrow.
    pub since: Timestamp,
    /// The last day that had its question, or was given up. Days up to it are over.
    pub last_day: Option<Date>,
    /// An ordered pause.
    pub pause: Option<Pause>,
    /// One day an admin chose to skip.
    pub skip: Option<Date>,
}

/// When the next question is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// It is due, today, since `at`.
    Now {
        /// The local day.
        day: Date,
        /// The due time, which may be up to the catch-up limit ago.
        at: Timestamp,
    },
    /// It will be due then.
    Later {
        /// The local day.
        day: Date,
        /// The due time.
        at: Timestamp,
    },
    /// No day within two years is a day with a question.
    Never,
}

impl Schedule {
    /// Every weekday from Monday to Friday, with the default catch-up limit.
    pub fn weekdays_at(at: Time, zone: Zone) -> Self {
        Self {
            at,
            zone,
            days: Weekdays::working(),
            holidays: BTreeSet::new(),
            catch_up: DEFAULT_CATCH_UP,
        }
    }

    /// The due time on that day, if the day has one in its zone; see [`Zone::at_local_time`].
    pub fn due_at(&self, day: Date) -> Option<Timestamp> {
        self.zone.at_local_time(day, self.at)
    }

    /// Whether the schedule wants a question on that day.
    pub fn includes(&self, day: Date) -> bool {
        self.days.contains(day.weekday()) && !self.holidays.contains(&day)
    }

    /// Whether, and if not when, a question is due.
    pub fn due(&self, now: Timestamp, overrides: &ScheduleOverrides) -> Due {
        let today = self.zone.date(now);
        if let Some(at) = self.due_on(today, overrides)
            && at <= now
            && now.duration_since(at) <= self.catch_up
        {
            return Due::Now { day: today, at };
        }
        self.upcoming(now, overrides)
            .next()
            .map_or(Due::Never, |(day, at)| Due::Later { day, at })
    }

    /// The days to come with their due times, all after `now`.
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

    /// The due time of a day on which nothing speaks against a question.
    fn due_on(&self, day: Date, overrides: &ScheduleOverrides) -> Option<Timestamp> {
        let over = overrides.last_day.is_some_and(|last| day <= last);
        let kept_free =
            overrides.skip == Some(day) || overrides.pause.is_some_and(|pause| pause.covers(day));
        if over || kept_free || !self.includes(day) {
            return None;
        }
        self.due_at(day).filter(|at| *at >= overrides.since)
    }
}

/// The catch-up limit is written in whole minutes.
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

//! Reminders: a member's own time of day at which they want to hear that the day's round is still open.
//!
//! A day has at most one a team, whatever is set, changed or switched off and on again, and wherever the clock
//! goes. That a reminder went out is written down before it is sent.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::ledger::RoundResult;
use super::round::Round;
use super::team::Team;

/// A reminder that comes later than this after its time has lost its sense, and is dropped.
pub const MAX_LATENESS: SignedDuration = SignedDuration::from_hours(1);

/// What one member asked a team for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// The team's local time at which it comes. None: it is off, and only what keeps a day from having two of
    /// them, or what the member has still to be told, is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// When that was asked for: a time that had passed by then begins tomorrow.
    #[serde(rename = "since")]
    pub requested_at: Timestamp,
    /// The last local day that had its reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "last")]
    pub last_day: Option<Date>,
    /// Whether Discord refused it, which the member has still to be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[serde(rename = "refused")]
    pub unreported_dm_failure: bool,
}

/// A reminder that is due, or will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReminder {
    /// For whom.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

impl Team {
    /// What a member asked for, if it is on.
    pub fn reminder(&self, user: UserId) -> Option<&Reminder> {
        self.reminders.get(&user).filter(|one| one.at.is_some())
    }

    /// Whether a reminder at that time can come: it must be later in the day than the question.
    pub fn can_remind_at(&self, at: Time) -> bool {
        at > self.settings.schedule.at
    }

    /// From now on a member is reminded at that time.
    pub fn set_reminder(&mut self, user: UserId, at: Time, now: Timestamp) {
        let known = self.reminders.get(&user);
        let reminder = Reminder {
            at: Some(at),
            // The same time again is no news: it must not take today's away.
            requested_at: known
                .filter(|known| known.at == Some(at))
                .map_or(now, |known| known.requested_at),
            last_day: known.and_then(|known| known.last_day),
            unreported_dm_failure: false,
        };
        self.reminders.insert(user, reminder);
    }

    /// Reminds a member no more. Returns false if it was off.
    pub fn disable_reminder(&mut self, user: UserId, now: Timestamp) -> bool {
        let today = self.settings.schedule.zone.date(now);
        let Some(reminder) = self.reminders.get_mut(&user) else {
            return false;
        };
        let was_on = reminder.at.take().is_some();
        reminder.unreported_dm_failure = false;
        // Switched on again today, it must not bring a second one.
        if reminder.last_day.is_none_or(|last| last < today) {
            self.reminders.remove(&user);
        }
        was_on
    }

    /// Discord does not let the bot write to the member: it is off, and they are to be told.
    pub fn record_dm_failure(&mut self, user: UserId) {
        if let Some(reminder) = self.reminders.get_mut(&user) {
            reminder.at = None;
            reminder.unreported_dm_failure = true;
        }
    }

    /// Whether a member has to be told that reminders are off because Discord refused one.
    pub fn has_unreported_dm_failure(&self, user: UserId) -> bool {
        self.reminders
            .get(&user)
            .is_some_and(|one| one.unreported_dm_failure)
    }

    /// They are being told. Returns false if there was nothing to tell.
    pub fn acknowledge_dm_failure(&mut self, user: UserId, now: Timestamp) -> bool {
        let owed = self.has_unreported_dm_failure(user);
        if owed {
            self.disable_reminder(user, now);
        }
        owed
    }

    /// Today's reminders that are not over: for the open round, if it is today's, and for those who have done
    /// nothing about it yet.
    pub fn reminders_today(&self, now: Timestamp) -> impl Iterator<Item = DueReminder> {
        let today = self.settings.schedule.zone.date(now);
        let open = self
            .open_round()
            .filter(|round| round.day == today && round.voided_by.is_none());
        let wanted = open.map(|round| {
            let due = move |(user, one): (&UserId, &Reminder)| {
                let at = self.reminder_due_at(one, round)?;
                let untouched = self.result(*user, round.number) == RoundResult::Nothing;
                let in_time = now.duration_since(at) <= MAX_LATENESS;
                (untouched && in_time).then_some(DueReminder { user: *user, at })
            };
            self.reminders.iter().filter_map(due)
        });
        wanted.into_iter().flatten()
    }

    /// Notes that a member's reminder goes out now, and for which round; none if it is not due.
    pub fn begin_reminder(&mut self, user: UserId, now: Timestamp) -> Option<&Round> {
        let is_due = |due: DueReminder| due.user == user && due.at <= now;
        if !self.reminders_today(now).any(is_due) {
            return None;
        }
        let today = self.settings.schedule.zone.date(now);
        self.reminders.get_mut(&user)?.last_day = Some(today);
        self.open_round()
    }

    /// When a round's reminder is due, unless the day had one. A round that opened later than that has none: its
    /// question was late, and nobody needs to hear of it a second time at once.
    fn reminder_due_at(&self, reminder: &Reminder, round: &Round) -> Option<Timestamp> {
        if reminder.last_day.is_some_and(|last| round.day <= last) {
            return None;
        }
        let zone = &self.settings.schedule.zone;
        let at = zone.at_local_time(round.day, reminder.at?)?;
        (at >= reminder.requested_at && round.opened_at()? <= at).then_some(at)
    }
}

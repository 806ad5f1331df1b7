//! Reminders: a member chooses a time of day at which the bot reminds them of the open round.
//!
//! A member gets at most one reminder per team and day, even if they change the reminder, switch it
//! off and on again, or if the clock jumps. The bot saves that a reminder goes out before it sends
//! it.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::round::Round;
use super::team::Team;

/// How late a reminder may be sent. Later ones are useless and are dropped.
pub(crate) const MAX_LATENESS: SignedDuration = SignedDuration::from_hours(1);

/// A reminder that a member set: for a team, or for their reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// The local time of the reminder. `None` means off: the entry then only prevents a
    /// second reminder on the same day, or waits to report a failed direct message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// When the member set it. If the time of day had already passed, the first reminder is
    /// tomorrow.
    #[serde(rename = "since")]
    pub requested_at: Timestamp,
    /// The last local day with a reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "last")]
    pub last_day: Option<Date>,
    /// Whether a direct message failed and the member has not heard of it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[serde(rename = "refused")]
    pub unreported_dm_failure: bool,
}

impl Reminder {
    /// Returns the reminder after the member has set it to that time.
    pub(super) fn set(previous: Option<&Self>, at: Time, now: Timestamp) -> Self {
        Self {
            at: Some(at),
            // Setting the same time again must not cancel today's reminder.
            requested_at: previous
                .filter(|previous| previous.at == Some(at))
                .map_or(now, |previous| previous.requested_at),
            last_day: previous.and_then(|previous| previous.last_day),
            unreported_dm_failure: false,
        }
    }

    /// Switches the reminder off. Returns false if it already was off.
    pub(super) fn disable(&mut self) -> bool {
        self.unreported_dm_failure = false;
        self.at.take().is_some()
    }

    /// Whether a reminder that is off can be removed. If today had one, it is kept: switching it on
    /// again must not cause a second one.
    pub(super) fn is_obsolete(&self, today: Date) -> bool {
        self.last_day.is_none_or(|last| last < today)
    }

    /// Switches the reminder off because the member does not accept direct messages.
    pub(super) const fn record_dm_failure(&mut self) {
        self.at = None;
        self.unreported_dm_failure = true;
    }
}

/// When a member's reminder comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReminderState {
    /// Never: the member has set none.
    Off,
    /// On each day without a reply, at this time.
    On { at: Time },
    /// Not today, because the question came after this time.
    QuestionLate { at: Time },
    /// Never: the question comes at this time or later since its time was changed.
    BeforeQuestion { at: Time },
}

/// A reminder that is due now or later today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReminder {
    pub user: UserId,
    pub at: Timestamp,
}

impl Team {
    /// Returns a member's reminder, if it is on.
    pub fn reminder(&self, user: UserId) -> Option<&Reminder> {
        self.reminders.get(&user).filter(|one| one.at.is_some())
    }

    /// Whether a reminder at that time is possible: it must be later in the day than the question.
    pub fn can_remind_at(&self, at: Time) -> bool {
        at > self.settings.schedule.at
    }

    /// Returns how many reminders are set to a time at which the question is not out yet: the time
    /// of the question has changed since.
    pub fn early_reminders(&self) -> usize {
        let times = self.reminders.values().filter_map(|one| one.at);
        times.filter(|at| !self.can_remind_at(*at)).count()
    }

    /// Returns when a member's reminder comes, as far as the schedule and today's round tell.
    pub fn reminder_state(&self, user: UserId, now: Timestamp) -> ReminderState {
        let Some(at) = self.reminder(user).and_then(|one| one.at) else {
            return ReminderState::Off;
        };
        if !self.can_remind_at(at) {
            return ReminderState::BeforeQuestion { at };
        }
        let zone = &self.settings.schedule.zone;
        let today = zone.date(now);
        let round = self.open_round().filter(|round| round.day == today);
        let opened = round.and_then(Round::opened_at);
        let is_too_late = |opened| zone.at_local_time(today, at).is_some_and(|at| at < opened);
        if opened.is_some_and(is_too_late) {
            return ReminderState::QuestionLate { at };
        }
        ReminderState::On { at }
    }

    /// Sets a member's reminder to that time.
    pub fn set_reminder(&mut self, user: UserId, at: Time, now: Timestamp) {
        let reminder = Reminder::set(self.reminders.get(&user), at, now);
        self.reminders.insert(user, reminder);
    }

    /// Switches a member's reminder off. Returns false if it already was off.
    pub fn disable_reminder(&mut self, user: UserId, now: Timestamp) -> bool {
        let today = self.settings.schedule.zone.date(now);
        let Some(reminder) = self.reminders.get_mut(&user) else {
            return false;
        };
        let was_on = reminder.disable();
        if reminder.is_obsolete(today) {
            self.reminders.remove(&user);
        }
        was_on
    }

    /// Switches the reminder off because the member does not accept direct messages from the bot,
    /// and remembers to report that to them.
    pub fn record_dm_failure(&mut self, user: UserId) {
        if let Some(reminder) = self.reminders.get_mut(&user) {
            reminder.record_dm_failure();
        }
    }

    /// Whether the bot still has to report to a member that a failed message switched reminders
    /// off.
    pub fn has_unreported_dm_failure(&self, user: UserId) -> bool {
        self.reminders
            .get(&user)
            .is_some_and(|one| one.unreported_dm_failure)
    }

    /// Marks the failure as reported. Returns false if there was none.
    pub fn acknowledge_dm_failure(&mut self, user: UserId, now: Timestamp) -> bool {
        let is_unreported = self.has_unreported_dm_failure(user);
        if is_unreported {
            self.disable_reminder(user, now);
        }
        is_unreported
    }

    /// Returns today's reminders that are due now or later: only for an open round of today, and
    /// only for members who have neither replied nor peeked.
    pub fn reminders_today(&self, now: Timestamp) -> impl Iterator<Item = DueReminder> {
        let today = self.settings.schedule.zone.date(now);
        let open = self
            .open_round()
            .filter(|round| round.day == today && round.voided_by.is_none());
        let reminders = open.map(|round| {
            let due = move |(user, one): (&UserId, &Reminder)| {
                let at = self.reminder_due_at(one, round)?;
                let untouched = self.is_untouched(round.number, *user);
                let in_time = now.duration_since(at) <= MAX_LATENESS;
                (untouched && in_time).then_some(DueReminder { user: *user, at })
            };
            self.reminders.iter().filter_map(due)
        });
        reminders.into_iter().flatten()
    }

    /// Records that a member's reminder goes out now and returns its round, or `None` if it is not
    /// due.
    pub fn begin_reminder(&mut self, user: UserId, now: Timestamp) -> Option<&Round> {
        let is_due = |due: DueReminder| due.user == user && due.at <= now;
        if !self.reminders_today(now).any(is_due) {
            return None;
        }
        let today = self.settings.schedule.zone.date(now);
        self.reminders.get_mut(&user)?.last_day = Some(today);
        self.open_round()
    }

    /// Returns when a round's reminder is due, unless the day already had one. A round that opened
    /// after the reminder's time has none: a second message right after a late question would be
    /// noise.
    fn reminder_due_at(&self, reminder: &Reminder, round: &Round) -> Option<Timestamp> {
        if reminder.last_day.is_some_and(|last| round.day <= last) {
            return None;
        }
        let zone = &self.settings.schedule.zone;
        let at = zone.at_local_time(round.day, reminder.at?)?;
        (at >= reminder.requested_at && round.opened_at()? <= at).then_some(at)
    }
}

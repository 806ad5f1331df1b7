//! Review reminders: a member chooses a time of day at which the bot tells them, on days with at
//! least [`MIN_REVIEWS_DUE`] due reviews, that they are due.
//!
//! A member has at most one in a server, whatever the number of teams. It comes at most once a day,
//! and the bot saves that it goes out before it sends it, as with [`crate::reminders`].

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::guild::Guild;
use super::id::{ChannelId, UserId};
use super::member_profile::MemberProfile;
use super::reminders::{DueReminder, MAX_LATENESS, Reminder};
use super::zone::Zone;

/// Minimum number of due reviews on a day with a reminder (docs/decisions, reminders).
pub const MIN_REVIEWS_DUE: usize = 3;

/// Number of days in which the next reminder is found: the first may be over or be the day on which
/// it was set, and a zone may have skipped the second (Samoa, 30 December 2011).
const DAYS_SEARCHED: i64 = 3;

/// The review reminder that a member set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewReminder {
    /// The channel where the member practises. Its team's time zone applies.
    pub channel: ChannelId,
    #[serde(rename = "time")]
    pub reminder: Reminder,
}

/// The place where a member practises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PracticePlace {
    pub channel: ChannelId,
    pub zone: Zone,
}

/// The reviews of which a member is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewsDue {
    /// The channel where the member practises.
    pub channel: ChannelId,
    /// Number of due reviews.
    pub count: usize,
}

/// The next review reminder of a member.
struct NextReminder {
    /// The local day for which it counts.
    day: Date,
    at: Timestamp,
}

/// For each reviewed question, whether it can be practised.
struct Practisable(Vec<bool>);

impl Practisable {
    /// Returns the days on which the member's reviews are due.
    fn due_days(&self, profile: &MemberProfile) -> Vec<Date> {
        let is_practisable = |question: u32| self.0.get(question as usize) == Some(&true);
        let reviews = profile.reviews.iter();
        reviews
            .filter(|review| is_practisable(review.question))
            .map(|review| review.due)
            .collect()
    }
}

impl Guild {
    /// Returns where members practise who use a command in that channel: the team of the channel,
    /// else the first team, else the channel itself in UTC.
    pub fn practice_place(&self, channel: ChannelId) -> PracticePlace {
        let first = || self.teams.values().map(Box::as_ref).next();
        match self.team(channel).or_else(first) {
            Some(team) => PracticePlace {
                channel: team.channel,
                zone: team.settings.schedule.zone.clone(),
            },
            None => PracticePlace {
                channel,
                zone: Zone::utc(),
            },
        }
    }

    /// Returns a member's review reminder, if it is on.
    pub fn review_reminder(&self, user: UserId) -> Option<&ReviewReminder> {
        let reminder = self.profile(user)?.review_reminder.as_deref()?;
        reminder.reminder.at.is_some().then_some(reminder)
    }

    /// Sets a member's review reminder to that time.
    pub fn set_review_reminder(
        &mut self,
        user: UserId,
        channel: ChannelId,
        at: Time,
        now: Timestamp,
    ) {
        self.update_profile(user, |profile| {
            let previous = profile.review_reminder.as_deref();
            let previous = previous.map(|previous| &previous.reminder);
            let reminder = Reminder::set(previous, at, now);
            profile.review_reminder = Some(Box::new(ReviewReminder { channel, reminder }));
        });
    }

    /// Switches a member's review reminder off. Returns false if it already was off.
    pub fn disable_review_reminder(&mut self, user: UserId, now: Timestamp) -> bool {
        let set = self
            .profile(user)
            .and_then(|one| one.review_reminder.as_ref());
        let Some(channel) = set.map(|reminder| reminder.channel) else {
            return false;
        };
        let today = self.practice_place(channel).zone.date(now);
        self.update_profile(user, |profile| {
            let Some(one) = &mut profile.review_reminder else {
                return false;
            };
            let was_on = one.reminder.disable();
            if one.reminder.is_obsolete(today) {
                profile.review_reminder = None;
            }
            was_on
        })
    }

    /// Switches the review reminder off because the member does not accept direct messages from the
    /// bot, and remembers to report that to them.
    pub fn record_review_dm_failure(&mut self, user: UserId) {
        let profile = self.profiles.get_mut(&user);
        if let Some(one) = profile.and_then(|profile| profile.review_reminder.as_mut()) {
            one.reminder.record_dm_failure();
        }
    }

    /// Whether the bot still has to report to a member that a failed message switched their review
    /// reminder off.
    pub fn has_unreported_review_dm_failure(&self, user: UserId) -> bool {
        self.profile(user)
            .and_then(|profile| profile.review_reminder.as_ref())
            .is_some_and(|one| one.reminder.unreported_dm_failure)
    }

    /// Marks the failure as reported. Returns false if there was none.
    pub fn acknowledge_review_dm_failure(&mut self, user: UserId, now: Timestamp) -> bool {
        let is_unreported = self.has_unreported_review_dm_failure(user);
        if is_unreported {
            self.disable_review_reminder(user, now);
        }
        is_unreported
    }

    /// Returns for each member when their next review reminder is due, if nothing happens before.
    /// Only questions for which `exists` returns true count, and none that is open.
    pub fn review_reminders(
        &self,
        now: Timestamp,
        exists: impl Fn(&str) -> bool,
    ) -> Vec<DueReminder> {
        let mut profiles = self
            .profiles
            .iter()
            .filter(|(_, one)| one.review_reminder.is_some())
            .peekable();
        if profiles.peek().is_none() {
            return Vec::new();
        }
        let practisable = self.practisable(exists);
        let next = |(user, profile): (&UserId, &MemberProfile)| {
            let next = self.next_review_reminder(profile, &practisable, now)?;
            let (user, at) = (*user, next.at);
            Some(DueReminder { user, at })
        };
        profiles.filter_map(next).collect()
    }

    /// Returns the reviews of which a member has to be reminded now; `None` if the reminder is not
    /// due.
    pub fn due_review_reminder(
        &self,
        user: UserId,
        now: Timestamp,
        exists: impl Fn(&str) -> bool,
    ) -> Option<ReviewsDue> {
        let due = self.find_due_review_reminder(user, now, exists);
        due.map(|(_, reviews)| reviews)
    }

    /// Records that a member's review reminder goes out now and returns its reviews, or `None` if it
    /// is not due.
    pub fn begin_review_reminder(
        &mut self,
        user: UserId,
        now: Timestamp,
        exists: impl Fn(&str) -> bool,
    ) -> Option<ReviewsDue> {
        let (day, reviews) = self.find_due_review_reminder(user, now, exists)?;
        let profile = self.profiles.get_mut(&user)?;
        profile.review_reminder.as_mut()?.reminder.last_day = Some(day);
        Some(reviews)
    }

    /// Returns the day of a reminder that is due, and its reviews.
    fn find_due_review_reminder(
        &self,
        user: UserId,
        now: Timestamp,
        exists: impl Fn(&str) -> bool,
    ) -> Option<(Date, ReviewsDue)> {
        let profile = self.profile(user)?;
        let channel = profile.review_reminder.as_ref()?.channel;
        let practisable = self.practisable(exists);
        let next = self.next_review_reminder(profile, &practisable, now)?;
        if next.at > now {
            return None;
        }
        let due_days = practisable.due_days(profile);
        let reviews = ReviewsDue {
            channel: self.practice_place(channel).channel,
            count: due_days.iter().filter(|due| **due <= next.day).count(),
        };
        Some((next.day, reviews))
    }

    /// Returns when a member's review reminder is next due: on the first day that has enough due
    /// reviews, has had no reminder yet, and whose time is not over.
    fn next_review_reminder(
        &self,
        profile: &MemberProfile,
        practisable: &Practisable,
        now: Timestamp,
    ) -> Option<NextReminder> {
        let set = profile.review_reminder.as_deref()?;
        let Reminder {
            at,
            requested_at,
            last_day,
            ..
        } = set.reminder;
        let time = at?;
        let mut due_days = practisable.due_days(profile);
        if due_days.len() < MIN_REVIEWS_DUE {
            return None;
        }
        let (_, enough_due, _) = due_days.select_nth_unstable(MIN_REVIEWS_DUE - 1);
        let zone = self.practice_place(set.channel).zone;
        let not_over = now.saturating_sub(MAX_LATENESS).unwrap_or(Timestamp::MIN);
        let earliest = not_over.max(requested_at);
        let unreminded = last_day.map_or(Date::MIN, |last| last.saturating_add(1.day()));
        let first = zone.date(earliest).max(*enough_due).max(unreminded);
        (0..DAYS_SEARCHED).find_map(|ahead| {
            let day = first.saturating_add(ahead.days());
            let at = zone.at_local_time(day, time)?;
            (at >= earliest).then_some(NextReminder { day, at })
        })
    }

    fn practisable(&self, exists: impl Fn(&str) -> bool) -> Practisable {
        let questions = self.reviewed_questions.iter();
        let is_practisable =
            |question: &String| exists(question) && !self.is_question_open(question);
        Practisable(questions.map(is_practisable).collect())
    }
}

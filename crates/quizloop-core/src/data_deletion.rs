//! Deletion of a member's data: on request, or after a long time of inactivity.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::guild::Guild;
use super::id::{MessageId, UserId};
use super::ledger::Actor;
use super::team::Team;

/// Number of inactive months after which a member's data is deleted. The bot does not see members
/// leave a server, because that requires a privileged intent.
pub const INACTIVITY_MONTHS: i32 = 13;

/// Number of days for which the operator can restore the data of a removed server or team. A
/// member's own deletion reaches it at once.
pub const RESTORABLE_DAYS: i64 = 7;

/// Number of newest rounds whose history the bot may read again. Messages in it that a member wrote
/// before their data was deleted must not count again.
pub const BACKFILL_ROUNDS: usize = 3;

impl Guild {
    /// Whether any data of a member is stored, apart from the fact that it was deleted.
    pub fn has_data_of(&self, user: UserId) -> bool {
        let mut found = false;
        self.visit_members(&mut |member, _| found |= member == user);
        found
    }

    /// Deletes all data of a member. Messages that they wrote until `at` no longer count.
    pub fn delete_member(&mut self, user: UserId, at: Timestamp) {
        self.erase(user);
        for team in self.teams.values_mut() {
            // Without a round there is no history to read again.
            if team.open_round().is_some() {
                team.deleted_members.insert(user, at);
            }
        }
    }

    /// Deletes all data of members who were inactive for [`INACTIVITY_MONTHS`] months. Returns how
    /// many.
    pub fn delete_inactive_members(&mut self, today: Date) -> usize {
        let inactive = self.inactive_members(today);
        for user in &inactive {
            self.erase(*user);
        }
        inactive.len()
    }

    /// Returns the members who were inactive for [`INACTIVITY_MONTHS`] months, sorted.
    pub fn inactive_members(&self, today: Date) -> Vec<UserId> {
        let limit = today.saturating_sub(INACTIVITY_MONTHS.months());
        let members = self.last_seen_by_member().into_iter();
        let inactive = members.filter(|(_, seen)| seen.is_none_or(|seen| seen < limit));
        inactive.map(|(user, _)| user).collect()
    }

    /// Returns all members with stored data, with the day of their last recorded activity.
    pub fn last_seen_by_member(&self) -> BTreeMap<UserId, Option<Date>> {
        let mut members = BTreeMap::new();
        self.visit_members(&mut |user, day| {
            let seen: &mut Option<Date> = members.entry(user).or_default();
            *seen = day.max(*seen);
        });
        members
    }

    /// Returns the day of a member's last recorded activity.
    pub fn last_seen(&self, user: UserId) -> Option<Date> {
        let mut seen = None;
        self.visit_members(&mut |member, day| {
            if member == user {
                seen = day.max(seen);
            }
        });
        seen
    }

    /// Calls `visit` for every place that names a member, with the day of the activity behind it.
    ///
    /// The only list of these places: a place that is missing here is neither shown, exported nor
    /// deleted. [`Guild::erase`] must remove everything that is visited.
    fn visit_members(&self, visit: &mut dyn FnMut(UserId, Option<Date>)) {
        for (user, profile) in &self.profiles {
            visit(*user, profile.last_seen());
        }
        for report in self.reports() {
            // The local day may differ by one, which does not matter within thirteen months.
            visit(
                report.user,
                Some(report.at.to_zoned_datetime(TimeZone::UTC).date()),
            );
        }
        if let Some(own) = self.server_questions() {
            own.visit_members(visit);
        }
        for team in self.teams.values() {
            team.visit_members(visit);
        }
    }

    fn erase(&mut self, user: UserId) {
        self.profiles.remove(&user);
        self.reports.erase(user);
        self.erase_from_server_questions(user);
        for team in self.teams.values_mut() {
            team.erase(user);
        }
    }
}

impl Team {
    /// Whether the member wrote that message before their data was deleted.
    pub fn was_deleted(&self, user: UserId, message: MessageId) -> bool {
        self.deleted_members
            .get(&user)
            .is_some_and(|at| message.time() <= *at)
    }

    /// Forgets deletions that are older than all history the bot may still read. An entry is only
    /// needed while the bot may read a message from before the deletion.
    pub(super) fn prune_deleted_members(&mut self) {
        let oldest = self.posted_rounds().rev().take(BACKFILL_ROUNDS).last();
        let opened = oldest.and_then(super::round::Round::opened_at);
        self.deleted_members
            .retain(|_, at| opened.is_none_or(|opened| *at >= opened));
    }

    pub(super) fn has_data_of(&self, user: UserId) -> bool {
        let mut found = false;
        self.visit_members(&mut |member, _| found |= member == user);
        found
    }

    /// As [`Guild::visit_members`], for this team.
    fn visit_members(&self, visit: &mut dyn FnMut(UserId, Option<Date>)) {
        let day_of = |at: Timestamp| self.settings.schedule.zone.date(at);
        for (user, ledger) in &self.members {
            let last = self.round(ledger.last_round()).map(|round| round.day);
            visit(*user, last);
            for by in ledger.credits_by_admins() {
                visit_actor(by, day_of(by.at), visit);
            }
        }
        for (user, reminder) in &self.reminders {
            // Setting a reminder is an activity; receiving one is not.
            visit(*user, Some(day_of(reminder.requested_at)));
        }
        for round in &self.rounds {
            for user in round.window.members().chain(round.assessments.members()) {
                visit(user, Some(round.day));
            }
            if let Some(by) = round.voided_by {
                visit_actor(by, day_of(by.at), visit);
            }
        }
        if let Some(user) = self.set_up_by {
            // The day on which the team was set up or, if it is later, last resumed.
            visit(user, Some(day_of(self.since)));
        }
    }

    fn erase(&mut self, user: UserId) {
        self.members.remove(&user);
        self.reminders.remove(&user);
        if self.set_up_by == Some(user) {
            self.set_up_by = None;
        }
        for round in &mut self.rounds {
            round.window.replies.remove(&user);
            round.window.peeks.remove(&user);
            round.assessments.erase(user);
            if let Some(by) = &mut round.voided_by {
                by.anonymize(user);
            }
        }
        for ledger in self.members.values_mut() {
            ledger.anonymize_credits_by(user);
        }
    }
}

fn visit_actor(by: Actor, day: Date, visit: &mut dyn FnMut(UserId, Option<Date>)) {
    if let Some(user) = by.user {
        visit(user, Some(day));
    }
}

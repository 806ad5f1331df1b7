//! Deletion of a member's data: on request, or after a long time of inactivity.

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

/// Number of newest rounds whose history the bot may read again. Messages in it that a member wrote
/// before their data was deleted must not count again.
pub const BACKFILL_ROUNDS: usize = 3;

impl Guild {
    /// Whether any data of a member is stored, apart from the fact that it was deleted.
    pub fn has_data_of(&self, user: UserId) -> bool {
        self.profiles.contains_key(&user)
            || self.reports.latest_by(user).is_some()
            || self.teams.values().any(|team| team.has_data_of(user))
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

    /// Returns the members who were inactive for [`INACTIVITY_MONTHS`] months.
    pub fn inactive_members(&self, today: Date) -> Vec<UserId> {
        let limit = today.saturating_sub(INACTIVITY_MONTHS.months());
        let mut members = self.members_with_data();
        members.retain(|user| self.last_seen(*user).is_none_or(|seen| seen < limit));
        members
    }

    /// Returns the members with stored data, sorted.
    pub(super) fn members_with_data(&self) -> Vec<UserId> {
        let teams = || self.teams.values();
        let mut members: Vec<UserId> = teams()
            .flat_map(|team| team.members())
            .map(|(user, _)| user)
            .collect();
        members.extend(self.profiles.keys());
        members.extend(self.reports.authors());
        members.extend(teams().flat_map(|team| team.reminders.keys()));
        // A member who only peeked has no ledger.
        let rounds = teams().flat_map(|team| team.rounds());
        members.extend(rounds.flat_map(|round| round.window.members()));
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Returns the day of a member's last recorded activity.
    pub fn last_seen(&self, user: UserId) -> Option<Date> {
        let profile = self
            .profile(user)
            .and_then(super::member_profile::MemberProfile::last_seen);
        let teams = self.teams.values().filter_map(|team| team.last_seen(user));
        let report = self.reports.latest_by(user);
        // The local day may differ by one, which does not matter within thirteen months.
        let report = report.map(|at| at.to_zoned(TimeZone::UTC).date());
        teams.max().max(profile).max(report)
    }

    fn erase(&mut self, user: UserId) {
        self.profiles.remove(&user);
        self.reports.erase(user);
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
        let acted = |by: Option<Actor>| by.is_some_and(|by| by.user == Some(user));
        self.members.contains_key(&user)
            || self.reminders.contains_key(&user)
            || self.set_up_by == Some(user)
            || self.rounds.iter().any(|round| {
                acted(round.voided_by) || round.window.members().any(|member| member == user)
            })
            || self
                .members
                .values()
                .any(|ledger| ledger.credits_given_by(user) > 0)
    }

    fn last_seen(&self, user: UserId) -> Option<Date> {
        let ledger = self.members.get(&user);
        let answered = ledger.and_then(|ledger| self.round(ledger.last_round()));
        let mut newest_first = self.rounds.iter().rev();
        let peeked = newest_first.find(|round| round.window.peeks.contains_key(&user));
        // Setting a reminder is an activity; receiving one is not.
        let reminder = self.reminders.get(&user);
        let requested = reminder.map(|one| self.settings.schedule.zone.date(one.requested_at));
        let day = |round: &super::round::Round| round.day;
        answered.map(day).max(peeked.map(day)).max(requested)
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
            if let Some(by) = &mut round.voided_by {
                by.anonymize(user);
            }
        }
        for ledger in self.members.values_mut() {
            ledger.anonymize_credits_by(user);
        }
    }
}

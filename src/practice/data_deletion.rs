//! Forgetting a member: at their wish, or because they were not seen for a long time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::guild::Guild;
use super::id::{MessageId, UserId};
use super::ledger::Actor;
use super::team::Team;

/// Who was not seen for so many months is forgotten. The bot can't see people leave: that takes a
/// privileged intent.
pub const INACTIVITY_MONTHS: i32 = 13;

/// So many of the newest rounds are read from the channel's history again: what somebody wrote there
/// before they were forgotten must not bring them back.
pub const BACKFILL_ROUNDS: usize = 3;

impl Guild {
    /// Whether anything is kept of a member, besides that they were forgotten.
    pub fn has_data_of(&self, user: UserId) -> bool {
        self.profiles.contains_key(&user)
            || self.reports.latest_by(user).is_some()
            || self.teams.values().any(|team| team.has_data_of(user))
    }

    /// Deletes all that is kept of a member. What they wrote until that moment does not count any more.
    pub fn delete_member(&mut self, user: UserId, at: Timestamp) {
        self.erase(user);
        for team in self.teams.values_mut() {
            // Without a round there is nothing that could be read again.
            if team.open_round().is_some() {
                team.deleted_members.insert(user, at);
            }
        }
    }

    /// Deletes all that is kept of members who were not seen for [`INACTIVITY_MONTHS`] months; gives how many.
    pub fn delete_inactive_members(&mut self, today: Date) -> usize {
        let inactive = self.inactive_members(today);
        for user in &inactive {
            self.erase(*user);
        }
        inactive.len()
    }

    /// Members who were not seen for [`INACTIVITY_MONTHS`] months.
    pub fn inactive_members(&self, today: Date) -> Vec<UserId> {
        let limit = today.saturating_sub(INACTIVITY_MONTHS.months());
        let mut known = self.members_with_data();
        known.retain(|user| self.last_seen(*user).is_none_or(|seen| seen < limit));
        known
    }

    /// Members of whom something is kept, sorted.
    pub(super) fn members_with_data(&self) -> Vec<UserId> {
        let members = self.teams.values().flat_map(|team| team.members());
        let mut known: Vec<UserId> = members.map(|(user, _)| user).collect();
        known.extend(self.profiles.keys());
        known.extend(self.reports.authors());
        let teams = self.teams.values();
        known.extend(teams.flat_map(|team| team.reminders.keys()));
        known.sort_unstable();
        known.dedup();
        known
    }

    /// When a member last did something that is kept.
    pub fn last_seen(&self, user: UserId) -> Option<Date> {
        let profile = self
            .profile(user)
            .and_then(super::member_profile::MemberProfile::last_seen);
        let teams = self.teams.values().filter_map(|team| team.last_seen(user));
        let report = self.reports.latest_by(user);
        // In some zone it was the day before or after, which makes no difference in thirteen months.
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
    /// Whether that message was written by a member before they were forgotten.
    pub fn was_deleted(&self, user: UserId, message: MessageId) -> bool {
        self.deleted_members
            .get(&user)
            .is_some_and(|at| message.time() <= *at)
    }

    /// Drops what only kept forgotten members from coming back, once nothing is read any more that they
    /// can have written.
    pub(super) fn prune_deleted_members(&mut self) {
        let oldest = self.posted_rounds().rev().take(BACKFILL_ROUNDS).last();
        let opened = oldest.and_then(super::round::Round::opened_at);
        self.deleted_members
            .retain(|_, at| opened.is_none_or(|opened| *at >= opened));
    }

    pub(super) fn has_data_of(&self, user: UserId) -> bool {
        let signed = |by: Option<Actor>| by.is_some_and(|by| by.user == Some(user));
        self.members.contains_key(&user)
            || self.reminders.contains_key(&user)
            || self.set_up_by == Some(user)
            || self.rounds.iter().any(|round| {
                signed(round.voided_by) || round.window.members().any(|member| member == user)
            })
            || self
                .members
                .values()
                .any(|ledger| ledger.credits_given_by(user) > 0)
    }

    fn last_seen(&self, user: UserId) -> Option<Date> {
        let ledger = self.members.get(&user);
        let round = ledger.and_then(|ledger| self.round(ledger.last_round()));
        // Being reminded is not being seen; asking for it is.
        let asked = self.reminders.get(&user).map(|one| one.requested_at);
        let asked = asked.map(|at| self.settings.schedule.zone.date(at));
        round.map(|round| round.day).max(asked)
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

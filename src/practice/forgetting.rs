//! Forgetting a member: at their wish, or because they were not seen for a long time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::guild::Guild;
use super::id::{MessageId, UserId};
use super::ledger::By;
use super::team::Team;

/// Who was not seen for so many months is forgotten. The bot can't see people leave: that takes a
/// privileged intent.
pub const MONTHS_KEPT: i32 = 13;

/// So many of the newest rounds are read from the channel's history again: what somebody wrote there
/// before they were forgotten must not bring them back.
pub const ROUNDS_READ: usize = 3;

impl Guild {
    /// Whether anything is kept of a member, besides that they were forgotten.
    pub fn knows(&self, user: UserId) -> bool {
        self.people.contains_key(&user)
            || self.reports.newest_of(user).is_some()
            || self.teams.values().any(|team| team.knows(user))
    }

    /// Deletes all that is kept of a member. What they wrote until that moment does not count any more.
    pub fn forget(&mut self, user: UserId, at: Timestamp) {
        self.erase(user);
        for team in self.teams.values_mut() {
            // Without a round there is nothing that could be read again.
            if team.open_round().is_some() {
                team.forgotten.insert(user, at);
            }
        }
    }

    /// Deletes all that is kept of members who were not seen for [`MONTHS_KEPT`] months; gives how many.
    pub fn forget_unseen(&mut self, today: Date) -> usize {
        let unseen = self.unseen(today);
        for user in &unseen {
            self.erase(*user);
        }
        unseen.len()
    }

    /// Members who were not seen for [`MONTHS_KEPT`] months.
    pub fn unseen(&self, today: Date) -> Vec<UserId> {
        let limit = today.saturating_sub(MONTHS_KEPT.months());
        let mut known = self.members_known();
        known.retain(|user| self.last_seen(*user).is_none_or(|seen| seen < limit));
        known
    }

    /// Members of whom something is kept, sorted.
    pub(super) fn members_known(&self) -> Vec<UserId> {
        let members = self.teams.values().flat_map(|team| team.members());
        let mut known: Vec<UserId> = members.map(|(user, _)| user).collect();
        known.extend(self.people.keys());
        known.extend(self.reports.members());
        let teams = self.teams.values();
        known.extend(teams.flat_map(|team| team.reminders.keys()));
        known.sort_unstable();
        known.dedup();
        known
    }

    /// When a member last did something that is kept.
    pub fn last_seen(&self, user: UserId) -> Option<Date> {
        let person = self.person(user).and_then(super::person::Person::last_seen);
        let teams = self.teams.values().filter_map(|team| team.last_seen(user));
        let report = self.reports.newest_of(user);
        // In some zone it was the day before or after, which makes no difference in thirteen months.
        let report = report.map(|at| at.to_zoned(TimeZone::UTC).date());
        teams.max().max(person).max(report)
    }

    fn erase(&mut self, user: UserId) {
        self.people.remove(&user);
        self.reports.erase(user);
        for team in self.teams.values_mut() {
            team.erase(user);
        }
    }
}

impl Team {
    /// Whether that message was written by a member before they were forgotten.
    pub fn was_forgotten(&self, user: UserId, message: MessageId) -> bool {
        self.forgotten
            .get(&user)
            .is_some_and(|at| message.time() <= *at)
    }

    /// Drops what only kept forgotten members from coming back, once nothing is read any more that they
    /// can have written.
    pub(super) fn drop_forgotten(&mut self) {
        let oldest = self.posted_rounds().rev().take(ROUNDS_READ).last();
        let opened = oldest.and_then(super::round::Round::opened);
        self.forgotten
            .retain(|_, at| opened.is_none_or(|opened| *at >= opened));
    }

    pub(super) fn knows(&self, user: UserId) -> bool {
        let signed = |by: Option<By>| by.is_some_and(|by| by.user == Some(user));
        self.members.contains_key(&user)
            || self.reminders.contains_key(&user)
            || self.set_up_by == Some(user)
            || self.rounds.iter().any(|round| {
                signed(round.void) || round.window.members().any(|member| member == user)
            })
            || self.members.values().any(|ledger| ledger.signed(user) > 0)
    }

    fn last_seen(&self, user: UserId) -> Option<Date> {
        let ledger = self.members.get(&user);
        let round = ledger.and_then(|ledger| self.round(ledger.last_round()));
        // Being reminded is not being seen; asking for it is.
        let asked = self.reminders.get(&user).map(|one| one.since);
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
            round.window.looks.remove(&user);
            if let Some(by) = &mut round.void {
                by.erase(user);
            }
        }
        for ledger in self.members.values_mut() {
            ledger.erase_signature(user);
        }
    }
}

//! What admins may order: pause, resume, skip, void, credit.

use jiff::Timestamp;
use jiff::civil::Date;

use super::id::UserId;
use super::ledger::Actor;
use super::schedule::Pause;
use super::team::Team;

/// Why an order about a round can't be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdminActionError {
    /// There is no such round.
    #[error("there is no round {0}")]
    RoundNotFound(u32),
    /// The round is void already.
    #[error("round {0} is void already")]
    AlreadyVoid(u32),
    /// The member has that round already.
    #[error("the member has round {0} already")]
    AlreadyCounted(u32),
}

impl Team {
    /// No questions before that day, or until [`Team::resume`].
    pub fn pause(&mut self, until: Option<Date>) {
        self.pause = Some(Pause { until });
    }

    /// Ends a pause, or an admin's skip. What was due before `now` is not made up for.
    pub fn resume(&mut self, now: Timestamp) {
        self.pause = None;
        self.skip = None;
        self.since = self.since.max(now);
    }

    /// Skips the next question that is to come; returns its day.
    pub fn skip_next(&mut self, now: Timestamp) -> Option<Date> {
        let overrides = self.schedule_overrides();
        let (day, _) = self.settings.schedule.upcoming(now, &overrides).next()?;
        self.skip = Some(day);
        Some(day)
    }

    /// Voids a round for all.
    ///
    /// # Errors
    ///
    /// There is no such round, or it is void already.
    pub fn void(&mut self, number: u32, by: Actor) -> Result<(), AdminActionError> {
        let round = self
            .round_mut(number)
            .filter(|round| round.message.is_some())
            .ok_or(AdminActionError::RoundNotFound(number))?;
        if round.voided_by.is_some() {
            return Err(AdminActionError::AlreadyVoid(number));
        }
        round.voided_by = Some(by);
        Ok(())
    }

    /// Credits a member with a round.
    ///
    /// # Errors
    ///
    /// There is no such round, or the member answered it or was credited with it before.
    pub fn credit(&mut self, number: u32, user: UserId, by: Actor) -> Result<(), AdminActionError> {
        if self
            .round(number)
            .is_none_or(|round| round.message.is_none())
        {
            return Err(AdminActionError::RoundNotFound(number));
        }
        let ledger = self.members.entry(user).or_default();
        if ledger.result(number) == super::ledger::RoundResult::Answered
            || !ledger.credit(number, by)
        {
            return Err(AdminActionError::AlreadyCounted(number));
        }
        Ok(())
    }
}

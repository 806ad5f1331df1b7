//! Actions of admins: pause, resume, skip, void, credit, and what undoes the last two.

use jiff::Timestamp;
use jiff::civil::Date;

use super::id::UserId;
use super::ledger::{Actor, RoundResult};
use super::schedule::Pause;
use super::team::Team;

/// Why an action on a round is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdminActionError {
    #[error("there is no round {0}")]
    RoundNotFound(u32),
    #[error("round {0} is already void")]
    AlreadyVoid(u32),
    /// It counts for nobody, so credit for it would change nothing.
    #[error("round {0} is void")]
    Void(u32),
    #[error("round {0} is not void")]
    NotVoid(u32),
    /// The member has no credit that could be taken back.
    #[error("the member has no credit for round {0}")]
    NoCredit(u32),
    /// The member answered the round, or was credited with it before.
    #[error("round {0} already counts for this member")]
    AlreadyCounted(u32),
}

impl Team {
    /// Stops questions until that day, or until [`Team::resume`] if `until` is `None`.
    pub fn pause(&mut self, until: Option<Date>) {
        self.pause = Some(Pause {
            until,
            by_config: false,
        });
    }

    /// Stops questions because the team left the operator's config file. A pause until an admin
    /// resumes stays as it is.
    pub fn pause_by_config(&mut self) {
        let until = self.pause.map(|pause| pause.until);
        if until != Some(None) {
            self.pause = Some(Pause {
                until: until.flatten(),
                by_config: true,
            });
        }
    }

    /// Ends a pause by [`Team::pause_by_config`], because the team is in the file again. Questions
    /// that were due before `now` are not posted later. Returns false if there is no such pause.
    pub fn resume_by_config(&mut self, now: Timestamp) -> bool {
        let Some(pause) = self.pause.filter(|pause| pause.by_config) else {
            return false;
        };
        let until = pause.until;
        self.pause = until.map(|_| Pause {
            until,
            by_config: false,
        });
        self.since = self.since.max(now);
        true
    }

    /// Ends a pause or an admin's skip. Questions that were due before `now` are not posted later.
    pub fn resume(&mut self, now: Timestamp) {
        self.pause = None;
        self.skip = None;
        self.since = self.since.max(now);
    }

    /// Returns the day of the next question, which [`Team::skip_next`] would skip.
    pub fn next_day(&self, now: Timestamp) -> Option<Date> {
        let overrides = self.schedule_overrides(now);
        let next = self.settings.schedule.upcoming(now, &overrides).next();
        next.map(|(day, _)| day)
    }

    /// Skips the next question and returns its day.
    pub fn skip_next(&mut self, now: Timestamp) -> Option<Date> {
        let day = self.next_day(now)?;
        self.skip = Some(day);
        Some(day)
    }

    /// Voids a round for all members. Their results are kept, and [`Team::restore_round`] makes them
    /// count again.
    ///
    /// # Errors
    ///
    /// Fails if the round does not exist or is already void.
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

    /// Undoes [`Team::void`]: the members' results count again, and replies that came meanwhile
    /// count as if the round had never been void. A member who saw the model answer meanwhile did
    /// not have to confirm it, so that is not known.
    ///
    /// # Errors
    ///
    /// Fails if the round does not exist or is not void.
    pub fn restore_round(&mut self, number: u32) -> Result<(), AdminActionError> {
        let round = self
            .round_mut(number)
            .ok_or(AdminActionError::RoundNotFound(number))?;
        let by = round.voided_by.take();
        by.map(drop).ok_or(AdminActionError::NotVoid(number))
    }

    /// Credits a member with a round.
    ///
    /// # Errors
    ///
    /// Fails if the round does not exist or is void, or if the member answered it or already has
    /// credit for it.
    pub fn credit(&mut self, number: u32, user: UserId, by: Actor) -> Result<(), AdminActionError> {
        self.can_credit(number, user)?;
        self.members.entry(user).or_default().credit(number, by);
        Ok(())
    }

    /// Checks whether a member can be credited with a round.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`Team::credit`].
    pub fn can_credit(&self, number: u32, user: UserId) -> Result<(), AdminActionError> {
        let posted = self.round(number).filter(|round| round.message.is_some());
        let round = posted.ok_or(AdminActionError::RoundNotFound(number))?;
        if round.voided_by.is_some() {
            return Err(AdminActionError::Void(number));
        }
        match self.result(user, number) {
            RoundResult::Answered | RoundResult::Credited => {
                Err(AdminActionError::AlreadyCounted(number))
            }
            RoundResult::Nothing
            | RoundResult::Late
            | RoundResult::Peeked
            | RoundResult::PeekedFirst => Ok(()),
        }
    }

    /// Undoes [`Team::credit`]: the member's own result counts, as if there had been no credit.
    ///
    /// # Errors
    ///
    /// Fails if the round does not exist, or if the member has no credit for it.
    pub fn take_back_credit(&mut self, number: u32, user: UserId) -> Result<(), AdminActionError> {
        if self.round(number).is_none() {
            return Err(AdminActionError::RoundNotFound(number));
        }
        let no_credit = || AdminActionError::NoCredit(number);
        let ledger = self.members.get_mut(&user).ok_or_else(no_credit)?;
        if !ledger.take_back_credit(number) {
            return Err(no_credit());
        }
        if ledger.first_round().is_none() {
            // The member took part by the credit only.
            self.members.remove(&user);
        }
        Ok(())
    }
}

//! The interviews of a match: who interviews whom, which points were said, and the result that only
//! the candidate sees.
//!
//! The members sit in a ring: each is interviewed by the one before them, so that after two
//! interviews, or three in a group of three, each has interviewed once. Example: Ada, Sam and Lin are
//! a group, and Sam presses *I interview first*:
//!
//! 1. Phase 1: Sam interviews Lin, ticks what she says, and finishes (phase 2).
//! 2. Lin opens her result and confirms it, which is a review. *Swap* begins phase 3: Lin
//!    interviews Ada.
//! 3. A press of a button from phase 1 changes nothing any more.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Match, NoticeState, RESULT_KEPT, after};
use crate::guild::Guild;
use crate::id::{ChannelId, UserId};
use crate::members::NewRating;
use crate::review::{Rating, Review};
use crate::self_assessment::Ticks;

/// An interview that is in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningTurn {
    pub interviewer: UserId,
    pub candidate: UserId,
    /// Question id.
    pub question: String,
    /// The key points that the candidate said, once the interviewer has ticked some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticks: Option<Ticks>,
}

/// A finished interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchResult {
    /// The phase that began when it was finished.
    pub phase: u32,
    pub candidate: UserId,
    pub finished_at: Timestamp,
    /// The message that says that the result is ready.
    pub(super) notice: NoticeState,
    /// `None` once the candidate has confirmed it, or after [`RESULT_KEPT`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ResultContent>,
}

/// What the candidate said. Only they may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultContent {
    /// Question id.
    pub question: String,
    /// The ticks of the interviewer. Empty for a question without key points.
    pub ticks: Ticks,
}

/// Who interviews whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub interviewer: UserId,
    pub candidate: UserId,
}

/// Why a press in a match's thread changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MatchPressError {
    #[error("the match is over")]
    Over,
    #[error("the member is not in the match")]
    NotMember,
    #[error("the match has another phase by now")]
    OtherPhase,
    #[error("only the interviewer may do that")]
    NotInterviewer,
    #[error("only the candidate may do that")]
    NotCandidate,
    #[error("the result was confirmed, or has expired")]
    NoResult,
    #[error("each member has interviewed")]
    AllInterviewed,
}

/// A press in a match's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchPress {
    /// The number of the match.
    pub number: u32,
    /// The phase in which the button was shown.
    pub phase: u32,
    pub user: UserId,
}

/// What [`Match::open_result`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenResult<'m> {
    pub question: &'m str,
    pub ticks: Ticks,
}

/// An interview that was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FinishedTurn {
    pub candidate: UserId,
    /// The phase of the result.
    pub phase: u32,
}

impl MatchResult {
    /// Returns when the result is deleted, if the candidate has not confirmed it.
    pub(super) fn kept_until(&self) -> Option<Timestamp> {
        let ends = after(self.finished_at, RESULT_KEPT);
        self.content.as_ref().map(|_| ends)
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        if self.kept_until().is_some_and(|at| at <= now) {
            self.content = None;
        }
    }
}

impl Match {
    /// Returns the result with that phase.
    pub fn result(&self, phase: u32) -> Option<&MatchResult> {
        self.results.iter().find(|result| result.phase == phase)
    }

    pub(super) fn result_mut(&mut self, phase: u32) -> Option<&mut MatchResult> {
        self.results.iter_mut().find(|result| result.phase == phase)
    }

    /// Whether another member may interview, once nobody does.
    pub const fn has_turns_left(&self) -> bool {
        self.results.len() < self.members.len()
    }

    fn check_member(&self, user: UserId) -> Result<(), MatchPressError> {
        if !self.members.contains(&user) {
            return Err(MatchPressError::NotMember);
        }
        if self.is_active() {
            Ok(())
        } else {
            Err(MatchPressError::Over)
        }
    }

    fn member_after(&self, user: UserId) -> Option<UserId> {
        let index = self.members.iter().position(|one| *one == user)?;
        let next = (index + 1) % self.members.len();
        self.members.get(next).copied().filter(|next| *next != user)
    }

    /// Returns who would interview whom if `user` pressed *I interview first* or *Swap* in that
    /// phase. The first interviewer is the member who presses; after that, the last candidate
    /// interviews the next member.
    ///
    /// # Errors
    ///
    /// Fails if the member may not begin an interview now.
    pub fn next_turn(&self, phase: u32, user: UserId) -> Result<Turn, MatchPressError> {
        self.check_member(user)?;
        if self.phase != phase || self.running.is_some() {
            return Err(MatchPressError::OtherPhase);
        }
        if !self.has_turns_left() {
            return Err(MatchPressError::AllInterviewed);
        }
        let last = self.results.last().map(|result| result.candidate);
        let last = last.filter(|last| self.members.contains(last));
        let interviewer = last.unwrap_or(user);
        let candidate = self.member_after(interviewer);
        let candidate = candidate.ok_or(MatchPressError::Over)?;
        Ok(Turn {
            interviewer,
            candidate,
        })
    }

    /// Returns the running interview, for its interviewer.
    ///
    /// # Errors
    ///
    /// Fails if the member does not interview in that phase.
    pub fn running_for_interviewer(
        &self,
        phase: u32,
        user: UserId,
    ) -> Result<&RunningTurn, MatchPressError> {
        self.check_member(user)?;
        let running = self.running.as_ref().filter(|_| self.phase == phase);
        let running = running.ok_or(MatchPressError::OtherPhase)?;
        if running.interviewer == user {
            Ok(running)
        } else {
            Err(MatchPressError::NotInterviewer)
        }
    }

    /// Returns a result, for its candidate.
    ///
    /// # Errors
    ///
    /// Fails if the member is not the candidate, or if the result is not kept any more.
    pub fn open_result(&self, phase: u32, user: UserId) -> Result<OpenResult<'_>, MatchPressError> {
        let result = self.result(phase).ok_or(MatchPressError::NoResult)?;
        if result.candidate != user {
            return Err(MatchPressError::NotCandidate);
        }
        let content = result.content.as_ref().ok_or(MatchPressError::NoResult)?;
        Ok(OpenResult {
            question: &content.question,
            ticks: content.ticks,
        })
    }
}

impl Guild {
    fn match_of(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
    ) -> Result<&mut Match, MatchPressError> {
        let team = self.team_mut(channel);
        let found = team.and_then(|team| team.match_mut(press.number));
        found.ok_or(MatchPressError::Over)
    }

    /// Begins an interview with that question. The press of the first member wins.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member may not begin an interview now.
    pub fn begin_turn(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
        question: &str,
    ) -> Result<Turn, MatchPressError> {
        let one = self.match_of(channel, press)?;
        let turn = one.next_turn(press.phase, press.user)?;
        one.phase += 1;
        one.running = Some(RunningTurn {
            interviewer: turn.interviewer,
            candidate: turn.candidate,
            question: question.to_owned(),
            ticks: None,
        });
        Ok(turn)
    }

    /// Stores the key points that the candidate has said so far.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member does not interview in that phase.
    pub fn tick_points(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
        ticks: Ticks,
    ) -> Result<(), MatchPressError> {
        let one = self.match_of(channel, press)?;
        one.running_for_interviewer(press.phase, press.user)?;
        if let Some(running) = &mut one.running {
            running.ticks = Some(ticks);
        }
        Ok(())
    }

    /// Finishes an interview: its result is ready, and both members held one more mock interview.
    /// `points` is the number of the question's key points.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member does not interview in that phase.
    pub fn finish_turn(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
        points: usize,
        now: Timestamp,
    ) -> Result<FinishedTurn, MatchPressError> {
        let one = self.match_of(channel, press)?;
        one.running_for_interviewer(press.phase, press.user)?;
        let running = one.running.take().ok_or(MatchPressError::OtherPhase)?;
        one.phase += 1;
        let finished = FinishedTurn {
            candidate: running.candidate,
            phase: one.phase,
        };
        one.results.push(MatchResult {
            phase: one.phase,
            candidate: running.candidate,
            finished_at: now,
            notice: NoticeState::Pending,
            content: Some(ResultContent {
                question: running.question,
                ticks: running.ticks.unwrap_or_else(|| Ticks::new(points, [])),
            }),
        });
        for user in [running.interviewer, running.candidate] {
            self.update_profile(user, |profile| {
                profile.mock_interviews = profile.mock_interviews.saturating_add(1);
            });
        }
        Ok(finished)
    }

    /// Confirms a result, which is a review of its question. It counts once.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member is not the candidate, or if the result was confirmed
    /// or has expired.
    pub fn confirm_result(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
        rating: Rating,
        today: Date,
    ) -> Result<Review, MatchPressError> {
        let one = self.match_of(channel, press)?;
        one.open_result(press.phase, press.user)?;
        let result = one.result_mut(press.phase);
        let content = result.and_then(|result| result.content.take());
        let question = content.ok_or(MatchPressError::NoResult)?.question;
        let retention = self.team(channel).map(|team| team.settings.retention);
        let reviewed = self.review(press.user, &question);
        let rated = NewRating {
            question: &question,
            review_count: reviewed.map_or(0, |review| review.count),
            rating,
            retention: retention.unwrap_or_default(),
            today,
        };
        Ok(self.rate(press.user, &rated).0)
    }

    /// Records whether the members of a match met, as one of them says.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member is not in the match, or if its week is over.
    pub fn answer_check(
        &mut self,
        channel: ChannelId,
        press: MatchPress,
        met: bool,
    ) -> Result<(), MatchPressError> {
        let one = self.match_of(channel, press)?;
        one.check_member(press.user)?;
        if one.is_evaluated {
            return Err(MatchPressError::Over);
        }
        one.answers.insert(press.user, met);
        Ok(())
    }
}

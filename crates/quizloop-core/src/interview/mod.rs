//! An interview: a member answers up to five questions against the clock, and afterwards ticks
//! which key points they said.
//!
//! Example: Ada starts one of 15 minutes at 10:00. She answers four questions and is on the fifth
//! when the time runs out at 10:15. Then she sees the five answers one by one and ticks. With the
//! last ticks her five reviews and the result are stored in one change. At 10:15 on the next day the
//! interview itself is dropped; a part that she has not ticked by then counts nowhere.
//!
//! All times come from the ids of interactions, so that the clock of this machine does not matter.

mod draw;
mod text;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::draw::{InterviewCandidate, InterviewKind};
pub use self::text::{ParseInterviewAnswerError, ParseInterviewResultError};
use super::guild::Guild;
use super::id::UserId;
use super::member_profile::MemberProfile;
use super::members::NewRating;
use super::retention::Retention;
use super::review::Rating;
use super::self_assessment::Ticks;
use super::zone::Zone;

/// Number of questions of an interview, if that many match.
pub const INTERVIEW_QUESTIONS: usize = 5;

/// The lengths of an interview, in minutes.
pub const INTERVIEW_MINUTES: [u8; 3] = [10, 15, 25];

/// Number of results that are kept of each member.
pub const INTERVIEW_RESULTS_KEPT: usize = 20;

/// Maximum number of missed points that a result names.
const WEAKEST_POINTS: usize = 2;

/// How long an interview is kept after its end.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The interviews of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interviews {
    /// The newest one, until a day after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<Interview>,
    /// The results of the last ones, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) results: Vec<InterviewResult>,
}

/// One interview of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interview {
    /// It also identifies the interview, to the millisecond.
    #[serde(rename = "start")]
    pub started_at: Timestamp,
    pub minutes: u8,
    questions: Vec<InterviewQuestion>,
    /// Whether its reviews and its result are stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finished: bool,
}

/// A question of an interview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterviewQuestion {
    /// Question id.
    pub question: String,
    /// The member's number of reviews of it when the interview began. If it has grown by the end,
    /// the memory stays as it is.
    #[serde(rename = "reviews")]
    pub review_count: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<InterviewAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "said")]
    pub assessment: Option<InterviewAssessment>,
}

/// How a member answered a question, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterviewAnswer {
    pub kind: AnswerKind,
    /// Seconds from the start of the interview.
    pub after: u32,
}

/// How a member answered a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    Said,
    Written,
    Skipped,
    /// They chose an output by its position, counted from 0.
    Predicted {
        output: u8,
        is_right: bool,
    },
}

/// What a member said of the model answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterviewAssessment {
    /// The key points of a question that has some.
    Points(Ticks),
    /// The member's own rating of a question without key points.
    Rated(Rating),
    /// The question was removed, or its answer may not be shown. It is not reviewed.
    LeftOut,
}

/// What a member does next in an interview. Questions are given by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterviewPhase {
    /// They answer this question.
    Question(usize),
    /// They assess their answer to this question.
    Assessment(usize),
    /// They have assessed all questions that were shown.
    Finished,
}

/// The lasting result of an interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterviewResult {
    pub started_at: Timestamp,
    pub minutes: u8,
    /// How long the member took.
    pub seconds: u32,
    /// Number of questions that were assessed.
    pub questions: u8,
    /// Number of key points that the member said.
    pub said: u16,
    /// Number of key points of these questions.
    pub points: u16,
}

/// A missed key point, by the positions of its question and of the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissedPoint {
    pub question: usize,
    pub point: usize,
}

/// An interview that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewInterview<'a> {
    pub started_at: Timestamp,
    pub minutes: u8,
    /// Question ids.
    pub questions: &'a [&'a str],
    /// The start of an interview whose answers the member will not assess any more.
    pub replaces: Option<Timestamp>,
}

/// A question of an interview to which a member does something.
#[derive(Debug, Clone, Copy)]
pub struct InterviewStep {
    /// The interview, by its start.
    pub started_at: Timestamp,
    /// Position of the question.
    pub position: usize,
    pub now: Timestamp,
}

/// The team's values by which an interview is rated.
#[derive(Debug, Clone, Copy)]
pub struct InterviewRating {
    pub retention: Retention,
    /// The team's local date.
    pub today: Date,
}

/// Why a member's input changes nothing in an interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InterviewError {
    #[error("there is no such interview any more")]
    NotFound,
    #[error("the question was answered or assessed before")]
    Repeated,
    #[error("the time is over")]
    TimeOver,
    #[error("the question is not answered yet")]
    NotYet,
}

impl Interview {
    /// Returns the questions in their order. At least one.
    pub fn questions(&self) -> &[InterviewQuestion] {
        &self.questions
    }

    /// Returns when the time is over.
    pub fn ends_at(&self) -> Timestamp {
        let length = SignedDuration::from_mins(self.minutes.into());
        saturating_add(self.started_at, length)
    }

    /// Returns the number of answered questions.
    pub fn answered(&self) -> usize {
        let is_answered = |one: &&InterviewQuestion| one.answer.is_some();
        self.questions.iter().take_while(is_answered).count()
    }

    /// Returns what comes next.
    pub fn phase(&self, now: Timestamp) -> InterviewPhase {
        if !self.is_over(now) {
            return InterviewPhase::Question(self.answered());
        }
        let mut shown = self.questions[..self.shown()].iter();
        match shown.position(|one| one.assessment.is_none()) {
            Some(position) => InterviewPhase::Assessment(position),
            None => InterviewPhase::Finished,
        }
    }

    /// Whether no question can be answered any more. Once one was assessed it stays so, even for an
    /// interaction that is handled late.
    fn is_over(&self, now: Timestamp) -> bool {
        self.answered() == self.questions.len()
            || now >= self.ends_at()
            || self.questions.iter().any(|one| one.assessment.is_some())
    }

    /// Returns the number of questions that the member has seen once the interview is over: those
    /// answered, and the one that was on when the time ran out.
    pub fn shown(&self) -> usize {
        (self.answered() + 1).min(self.questions.len())
    }

    /// Returns how many seconds the member spent on each question that they saw.
    pub fn seconds(&self) -> Vec<u32> {
        let limit = u32::from(self.minutes) * 60;
        let ends = self.questions[..self.shown()]
            .iter()
            .map(|one| one.answer.map_or(limit, |answer| answer.after));
        let mut from = 0;
        ends.map(|end| end.saturating_sub(std::mem::replace(&mut from, end)))
            .collect()
    }

    /// Returns when it is dropped: a day after its end.
    pub fn expires_at(&self) -> Timestamp {
        let last = self.questions.last().and_then(|one| one.answer);
        let end = last.map_or(self.ends_at(), |answer| {
            saturating_add(
                self.started_at,
                SignedDuration::from_secs(answer.after.into()),
            )
        });
        saturating_add(end, KEPT_FOR)
    }

    /// Returns up to two missed key points: the first one of each of the questions of which the
    /// smallest share was said. If only one question has missed points, the first two of it.
    pub fn weakest_points(&self) -> Vec<MissedPoint> {
        let ticks = |one: &InterviewQuestion| match one.assessment {
            Some(InterviewAssessment::Points(ticks)) if ticks.missed().next().is_some() => {
                Some(ticks)
            }
            _ => None,
        };
        let questions = self.questions.iter().enumerate();
        let mut missed: Vec<(usize, Ticks)> = questions
            .filter_map(|(question, one)| Some((question, ticks(one)?)))
            .collect();
        missed.sort_by(|(_, a), (_, b)| (a.made() * b.points()).cmp(&(b.made() * a.points())));
        let nth = |nth: usize| {
            let missed = missed.iter();
            missed.filter_map(move |(question, ticks)| {
                let point = ticks.missed().nth(nth)?;
                let question = *question;
                Some(MissedPoint { question, point })
            })
        };
        nth(0).chain(nth(1)).take(WEAKEST_POINTS).collect()
    }

    /// Returns the lasting result.
    pub fn result(&self) -> InterviewResult {
        let (mut questions, mut said, mut points) = (0_u8, 0_u16, 0_u16);
        for question in &self.questions {
            match question.assessment {
                Some(InterviewAssessment::Points(ticks)) => {
                    questions += 1;
                    said = said.saturating_add(to_u16(ticks.made()));
                    points = points.saturating_add(to_u16(ticks.points()));
                }
                Some(InterviewAssessment::Rated(_)) => questions += 1,
                Some(InterviewAssessment::LeftOut) | None => {}
            }
        }
        InterviewResult {
            started_at: self.started_at,
            minutes: self.minutes,
            seconds: self.seconds().iter().sum(),
            questions,
            said,
            points,
        }
    }

    /// Checks that it can have come about.
    fn check(&self) -> Result<(), InterviewCheckError> {
        if !(1..=INTERVIEW_QUESTIONS).contains(&self.questions.len()) {
            return Err(InterviewCheckError::QuestionCount);
        }
        let (answered, shown) = (self.answered(), self.shown());
        let later = &self.questions[answered..];
        let answers = self.questions[..answered].iter();
        let times: Vec<u32> = answers
            .filter_map(|one| one.answer)
            .map(|one| one.after)
            .collect();
        if later.iter().any(|one| one.answer.is_some()) || !times.is_sorted() {
            return Err(InterviewCheckError::AnswerOrder);
        }
        let mut unseen = self.questions[shown..].iter();
        if unseen.any(|one| one.assessment.is_some()) {
            return Err(InterviewCheckError::AssessedUnseen);
        }
        Ok(())
    }
}

/// Why the stored interviews of a member are inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InterviewCheckError {
    #[error("an interview has 1 to {INTERVIEW_QUESTIONS} questions")]
    QuestionCount,
    #[error("the questions of an interview are answered one after the other")]
    AnswerOrder,
    #[error("a question of an interview is assessed that was not shown")]
    AssessedUnseen,
    #[error("results of interviews must be sorted by start, at most {INTERVIEW_RESULTS_KEPT}")]
    Results,
}

impl InterviewAssessment {
    /// Returns how well the member knew the answer; `None` if it is not rated.
    fn rating(self, answer: Option<InterviewAnswer>) -> Option<Rating> {
        let rating = match self {
            Self::Points(ticks) => ticks.rating(),
            Self::Rated(rating) => rating,
            Self::LeftOut => return None,
        };
        // After a wrong prediction, as in `/quiz`, ticks change nothing.
        let failed = matches!(
            answer.map(|answer| answer.kind),
            Some(
                AnswerKind::Skipped
                    | AnswerKind::Predicted {
                        is_right: false,
                        ..
                    }
            )
        );
        Some(if failed { Rating::Again } else { rating })
    }
}

impl Interviews {
    /// Returns the interview, unless it has expired.
    pub fn current(&self, now: Timestamp) -> Option<&Interview> {
        let current = self.current.as_ref();
        current.filter(|interview| interview.expires_at() > now)
    }

    /// Whether an interview is stored, expired or not.
    pub const fn has_interview(&self) -> bool {
        self.current.is_some()
    }

    /// Returns the results of the last interviews, oldest first.
    pub fn results(&self) -> &[InterviewResult] {
        &self.results
    }

    /// Returns the day of the last activity.
    pub(super) fn last_seen(&self) -> Option<Date> {
        let current = self.current.iter().map(|one| one.started_at);
        let results = self.results.iter().map(|one| one.started_at);
        current.chain(results).max().map(|at| Zone::utc().date(at))
    }

    /// Adds what these interviews do not have of others of the same member.
    pub(super) fn fill_from(&mut self, other: Self) {
        self.current = self.current.take().or(other.current);
        for result in other.results {
            self.insert_result(result);
        }
    }

    fn insert_result(&mut self, result: InterviewResult) {
        let start = |one: &InterviewResult| one.started_at;
        match self.results.binary_search_by_key(&result.started_at, start) {
            // The same one, from restored data. Where the clock stands still, also another one.
            Ok(index) => self.results[index] = result,
            Err(index) => self.results.insert(index, result),
        }
        let excess = self.results.len().saturating_sub(INTERVIEW_RESULTS_KEPT);
        self.results.drain(..excess);
        self.results.shrink_to_fit();
    }

    pub(super) fn check(&self) -> Result<(), InterviewCheckError> {
        let unsorted = |two: &[InterviewResult]| two[0].started_at >= two[1].started_at;
        if self.results.len() > INTERVIEW_RESULTS_KEPT || self.results.windows(2).any(unsorted) {
            return Err(InterviewCheckError::Results);
        }
        self.current.as_ref().map_or(Ok(()), Interview::check)
    }
}

impl MemberProfile {
    /// Changes the member's interviews.
    fn update_interviews<R>(&mut self, change: impl FnOnce(&mut Interviews) -> R) -> R {
        let interviews = self.interviews.get_or_insert_default();
        let result = change(interviews);
        if **interviews == Interviews::default() {
            self.interviews = None;
        }
        result
    }
}

impl Guild {
    /// Returns a member's interview, until a day after its end.
    pub fn interview(&self, user: UserId, now: Timestamp) -> Option<&Interview> {
        self.profile(user)?.interviews()?.current(now)
    }

    /// Returns the results of a member's last interviews, oldest first.
    pub fn interview_results(&self, user: UserId) -> &[InterviewResult] {
        let interviews = self.profile(user).and_then(MemberProfile::interviews);
        interviews.map_or(&[], Interviews::results)
    }

    /// Starts an interview. Returns false if the member has one that is not finished, which then
    /// stays, unless the new one replaces it. Without questions, none is started.
    pub fn start_interview(&mut self, user: UserId, new: &NewInterview<'_>) -> bool {
        if let Some(current) = self.interview(user, new.started_at) {
            let is_same = current.started_at == new.started_at;
            let is_replaced = new.replaces == Some(current.started_at);
            if !current.finished && (is_same || !is_replaced) {
                return false;
            }
        }
        let review_count = |id: &str| self.review(user, id).map_or(0, |review| review.count);
        let question = |id: &&str| InterviewQuestion {
            question: (*id).to_owned(),
            review_count: review_count(id),
            answer: None,
            assessment: None,
        };
        let questions: Vec<_> = new.questions.iter().map(question).collect();
        if questions.is_empty() {
            return false;
        }
        let interview = Interview {
            started_at: new.started_at,
            minutes: new.minutes,
            questions,
            finished: false,
        };
        self.update_profile(user, |profile| {
            profile.update_interviews(|one| one.current = Some(interview));
        });
        true
    }

    /// Records that a member answered a question.
    ///
    /// # Errors
    ///
    /// Fails without any change if it is not the question that they are on.
    pub fn answer_interview(
        &mut self,
        user: UserId,
        step: InterviewStep,
        kind: AnswerKind,
    ) -> Result<(), InterviewError> {
        let interview = self.interview_of_step(user, step)?;
        match interview.phase(step.now) {
            InterviewPhase::Question(on) if on == step.position => {}
            InterviewPhase::Question(on) if on < step.position => {
                return Err(InterviewError::NotYet);
            }
            _ if step.position < interview.answered() => return Err(InterviewError::Repeated),
            _ => return Err(InterviewError::TimeOver),
        }
        let elapsed = step.now.duration_since(interview.started_at).as_secs();
        let before = interview.questions[..step.position].last();
        let earliest = before.and_then(|one| one.answer).map_or(0, |one| one.after);
        let after = u32::try_from(elapsed).unwrap_or(0).max(earliest);
        interview.questions[step.position].answer = Some(InterviewAnswer { kind, after });
        Ok(())
    }

    /// Records what a member said of the model answer. With the last question that they saw, the
    /// reviews and the result are stored in the same change.
    ///
    /// # Errors
    ///
    /// Fails without any change if it is not the question that they assess.
    pub fn assess_interview(
        &mut self,
        user: UserId,
        step: InterviewStep,
        assessment: InterviewAssessment,
        rating: InterviewRating,
    ) -> Result<(), InterviewError> {
        let interview = self.interview_of_step(user, step)?;
        match interview.phase(step.now) {
            InterviewPhase::Question(_) => return Err(InterviewError::NotYet),
            InterviewPhase::Assessment(on) if on == step.position => {}
            InterviewPhase::Assessment(on) if on < step.position => {
                return Err(InterviewError::NotYet);
            }
            InterviewPhase::Assessment(_) | InterviewPhase::Finished => {
                return Err(InterviewError::Repeated);
            }
        }
        interview.questions[step.position].assessment = Some(assessment);
        if interview.phase(step.now) == InterviewPhase::Finished {
            interview.finished = true;
            let finished = interview.clone();
            self.record_interview(user, &finished, rating);
        }
        Ok(())
    }

    fn record_interview(&mut self, user: UserId, finished: &Interview, rating: InterviewRating) {
        for question in &finished.questions {
            let assessment = question.assessment;
            let rated = assessment.and_then(|assessment| assessment.rating(question.answer));
            if let Some(rated) = rated {
                let rated = NewRating {
                    question: &question.question,
                    review_count: question.review_count,
                    rating: rated,
                    retention: rating.retention,
                    today: rating.today,
                };
                self.rate(user, &rated);
            }
        }
        let result = finished.result();
        // With nothing but left-out questions there is nothing to remember.
        if result.questions > 0 {
            self.update_profile(user, |profile| {
                profile.update_interviews(|one| one.insert_result(result));
            });
        }
    }

    fn interview_of_step(
        &mut self,
        user: UserId,
        step: InterviewStep,
    ) -> Result<&mut Interview, InterviewError> {
        let profile = self.profiles.get_mut(&user);
        let interviews = profile.and_then(|profile| profile.interviews.as_deref_mut());
        let current = interviews.and_then(|interviews| interviews.current.as_mut());
        current
            .filter(|one| one.started_at == step.started_at && one.expires_at() > step.now)
            .ok_or(InterviewError::NotFound)
    }

    /// Returns when the next interview is to be dropped.
    pub fn next_interview_expiry(&self) -> Option<Timestamp> {
        let interviews = self.profiles.values().filter_map(MemberProfile::interviews);
        let current = interviews.filter_map(|one| one.current.as_ref());
        current.map(Interview::expires_at).min()
    }

    /// Drops the interviews that ended a day ago or earlier. Returns how many.
    pub fn drop_expired_interviews(&mut self, now: Timestamp) -> usize {
        let is_expired = |profile: &MemberProfile| {
            let current = profile.interviews().and_then(|one| one.current.as_ref());
            current.is_some_and(|one| one.expires_at() <= now)
        };
        let profiles = self.profiles.iter().filter(|(_, one)| is_expired(one));
        let expired: Vec<UserId> = profiles.map(|(user, _)| *user).collect();
        for user in &expired {
            self.update_profile(*user, |profile| {
                profile.update_interviews(|one| one.current = None);
            });
        }
        expired.len()
    }
}

fn saturating_add(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

/// Converts a number of points, which is far below the limit of the type.
fn to_u16(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

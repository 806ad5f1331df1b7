//! Mock interviews: members of a team who interview each other, matched once a week.
//!
//! A match goes through these steps, each committed before the next. For example, a team matches on
//! Monday at 10:00:
//!
//! 1. [`Team::begin_matching`] matches the members who joined. All matches are committed as a whole,
//!    which is also the intent to make their threads.
//! 2. One match after another gets a private thread ([`Team::record_match_thread`]), its members
//!    ([`Team::record_members`]) and a guide ([`Team::record_notice`]); see `setup.rs`.
//! 3. In the thread one member interviews another; see `turns.rs`. The phase of a match grows
//!    with each change, and each button carries the phase in which it was shown.
//! 4. After four days the bot asks whether they met, unless an interview was finished.
//! 5. When the week is over, [`Team::expire_mock_interviews`] or the next matching evaluates the
//!    match. A week later it is deleted; who met whom is kept for 52 weeks.

mod participants;
mod setup;
mod turns;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::participants::{JoinRequest, Participant};
pub use self::setup::{MatchNotice, MatchSetupStep, NoticeStep};
pub use self::turns::{
    FinishedTurn, MatchPress, MatchPressError, MatchResult, OpenResult, ResultContent, RunningTurn,
    Turn,
};
use super::export::{MatchExport, MockInterviewsExport, RunningTurnExport};
use super::guild::Guild;
use super::id::{ChannelId, MessageId, UserId};
use super::team::{PostingFailure, Team};

/// How long a result that the candidate did not confirm is kept.
pub const RESULT_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long after the matching the members are asked whether they met.
pub const CHECK_AFTER: SignedDuration = SignedDuration::from_hours(4 * 24);
/// How long after the matching it is evaluated who met, unless the next matching comes first.
pub(crate) const EVALUATED_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a match is kept, so that members who meet late can still use its thread.
pub(crate) const MATCH_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Number of weeks for which it is kept who met whom.
pub const HISTORY_WEEKS: i64 = 52;
/// Number of weeks in a row without an answer after which a member is not matched any more.
pub const SILENT_WEEKS_MAX: u8 = 2;

/// The mock interviews of a team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockInterviews {
    /// Members who joined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) participants: BTreeMap<UserId, Participant>,
    /// The local day of the newest matching, also of one that was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_day: Option<Date>,
    /// The number of the newest match.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) last_number: u32,
    /// The matches of the last two weeks, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) matches: Vec<Match>,
    /// Who met whom, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) meetings: Vec<Meeting>,
    /// Threads that a request made twice. They belong to no match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) discarded_threads: Vec<ChannelId>,
    /// A member who is about to get a message that nobody else is free this week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alone: Option<UserId>,
    /// How many groups of the newest evaluated matching met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<MeetingSummary>,
    /// Why the newest matching was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<PostingFailure>,
}

/// The members of a match, kept so that they meet others first. It assumes that they met unless
/// they said that they did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meeting {
    /// The number of the match.
    pub(super) number: u32,
    pub(super) day: Date,
    pub(super) members: Vec<UserId>,
}

/// How many groups of a matching met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeetingSummary {
    pub day: Date,
    pub groups: u32,
    pub met: u32,
}

/// State of a match's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchThread {
    /// Intended. It may exist.
    Pending,
    /// Created, with this id.
    Created(ChannelId),
    /// Refused by Discord, or not made in time.
    Abandoned,
}

/// State of a message in a match's thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeState {
    /// Not intended yet, and perhaps never.
    #[default]
    Unplanned,
    /// The intent is recorded, so a message may exist.
    Pending,
    /// Sent with this message.
    Sent(MessageId),
    /// Expired, or refused by Discord.
    Abandoned,
}

impl NoticeState {
    fn is_unplanned(&self) -> bool {
        *self == Self::Unplanned
    }
}

/// Two or three members who interview each other.
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are independent facts about a match"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// Numbered from 1 in each team.
    pub number: u32,
    /// The team's local date of the matching.
    pub day: Date,
    /// When it was committed.
    pub intended_at: Timestamp,
    /// The bot recognises the match's thread and messages by it.
    code: String,
    /// The members who can see the thread, or shall be added to it.
    pub members: Vec<UserId>,
    pub thread: MatchThread,
    /// Whether each member was added to the thread, or left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    members_added: bool,
    /// Whether a member was left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_incomplete: bool,
    #[serde(default, skip_serializing_if = "NoticeState::is_unplanned")]
    guide: NoticeState,
    /// The number of changes of interviewer, question or end of an interview.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub phase: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<RunningTurn>,
    /// The finished interviews, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<MatchResult>,
    /// The question whether they met.
    #[serde(default, skip_serializing_if = "NoticeState::is_unplanned")]
    check: NoticeState,
    /// Who said whether they met.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<UserId, bool>,
    /// Whether the week of the match is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_evaluated: bool,
    /// Whether it ended early: its thread was deleted, or a single member is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_ended: bool,
}

/// Whether a count is zero, for fields that are then left out.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to the field"
)]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Match {
    /// Returns the text of the guide's footer, by which the bot recognises the match's thread.
    pub fn label(&self) -> String {
        format!("Mock interview of {} · {}", self.day, self.code)
    }

    /// Returns the text of the footer of the result of an interview.
    pub fn result_label(&self, phase: u32) -> String {
        format!("Result {phase} of {} · {}", self.day, self.code)
    }

    /// Returns the text of the footer of the question whether they met.
    pub fn check_label(&self) -> String {
        format!("Did you meet? {} · {}", self.day, self.code)
    }

    /// Returns the thread, if it was created.
    pub const fn thread_id(&self) -> Option<ChannelId> {
        match self.thread {
            MatchThread::Created(thread) => Some(thread),
            MatchThread::Pending | MatchThread::Abandoned => None,
        }
    }

    /// Whether the members still can interview each other.
    pub const fn is_active(&self) -> bool {
        !self.has_ended && matches!(self.thread, MatchThread::Created(_))
    }

    fn was_held(&self) -> bool {
        !self.results.is_empty()
    }

    /// Whether the members finished an interview, or one of them said that they met.
    fn has_met(&self) -> bool {
        self.was_held() || self.answers.values().any(|met| *met)
    }

    /// Ends the match: nothing can be sent to its members any more.
    fn end_without_thread(&mut self) {
        self.members_added = true;
        self.has_ended = true;
        self.running = None;
        let guide_and_check = [&mut self.guide, &mut self.check];
        let results = self.results.iter_mut().map(|one| &mut one.notice);
        for notice in guide_and_check.into_iter().chain(results) {
            if !matches!(notice, NoticeState::Sent(_)) {
                *notice = NoticeState::Abandoned;
            }
        }
    }

    /// Returns when the match is deleted.
    fn kept_until(&self) -> Timestamp {
        let open = self.results.iter().filter_map(MatchResult::kept_until);
        let match_ends = after(self.intended_at, MATCH_KEPT);
        open.fold(match_ends, Timestamp::max)
    }
}

/// Adds a duration to a time, which is capped at the end of the calendar.
fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.saturating_add(duration).unwrap_or(Timestamp::MAX)
}

impl Team {
    /// Returns the team's mock interviews, if there ever were any.
    pub fn mock_interviews(&self) -> Option<&MockInterviews> {
        self.mock_interviews.as_deref()
    }

    pub(super) fn mock_interviews_mut(&mut self) -> &mut MockInterviews {
        self.mock_interviews.get_or_insert_default()
    }

    /// Returns why the newest matching was left out, for a change.
    pub fn pair_failure_mut(&mut self) -> &mut Option<PostingFailure> {
        &mut self.mock_interviews_mut().failure
    }

    /// Returns the matches of the last two weeks, oldest first.
    pub fn matches(&self) -> &[Match] {
        let stored = self.mock_interviews.as_deref();
        stored.map_or(&[], |stored| &stored.matches)
    }

    /// Returns the match with that number.
    pub fn match_by_number(&self, number: u32) -> Option<&Match> {
        self.matches().iter().find(|one| one.number == number)
    }

    /// Returns the match with that thread.
    pub fn match_by_thread(&self, thread: ChannelId) -> Option<&Match> {
        let mut matches = self.matches().iter();
        matches.find(|one| one.thread_id() == Some(thread))
    }

    pub(super) fn match_mut(&mut self, number: u32) -> Option<&mut Match> {
        let stored = self.mock_interviews.as_deref_mut()?;
        stored.matches.iter_mut().find(|one| one.number == number)
    }

    /// Ends the match whose thread was deleted. If the members have not met by then, they come first
    /// next time, as after a match that could not be set up. Returns false if there is no such match.
    pub fn end_match_of_thread(&mut self, thread: ChannelId) -> bool {
        let number = self.match_by_thread(thread).map(|one| one.number);
        let Some(one) = number.and_then(|number| self.match_mut(number)) else {
            return false;
        };
        if one.has_ended {
            return true;
        }
        let (number, counts) = (one.number, one.has_met() || one.is_evaluated);
        let members = one.members.clone();
        one.end_without_thread();
        if !counts {
            self.prefer_next_time(&members);
            self.set_meeting(number, &[]);
        }
        true
    }

    /// Ends all matches with a thread, because the channel was deleted with its threads.
    pub fn end_all_matches(&mut self) {
        let threads: Vec<ChannelId> = self.matches().iter().filter_map(Match::thread_id).collect();
        for thread in threads {
            self.end_match_of_thread(thread);
        }
    }
}

impl Guild {
    /// Returns the team with the match that has that thread.
    pub fn team_by_match(&self, thread: ChannelId) -> Option<&Team> {
        let mut teams = self.teams.values().map(Box::as_ref);
        teams.find(|team| team.match_by_thread(thread).is_some())
    }
}

impl MockInterviews {
    /// Whether there is no data.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the member's participation, if they joined.
    pub fn participant(&self, user: UserId) -> Option<&Participant> {
        self.participants.get(&user)
    }

    /// Returns how many members joined and are matched.
    pub fn participant_count(&self) -> usize {
        let participants = self.participants.values();
        participants.filter(|one| !one.is_suspended).count()
    }

    /// Returns how many groups of the newest evaluated matching met.
    pub const fn summary(&self) -> Option<MeetingSummary> {
        self.summary
    }

    /// Returns the matches of a member that are not deleted yet, oldest first.
    pub fn matches_of(&self, user: UserId) -> impl Iterator<Item = &Match> {
        self.matches
            .iter()
            .filter(move |one| one.members.contains(&user))
    }

    /// Returns the results that the member can open.
    pub fn open_results(&self, user: UserId) -> impl Iterator<Item = &MatchResult> {
        let results = self.matches.iter().flat_map(|one| &one.results);
        results.filter(move |one| one.candidate == user && one.content.is_some())
    }

    /// Returns the days on which the member was matched in the last 52 weeks.
    pub fn meeting_days(&self, user: UserId) -> impl Iterator<Item = Date> {
        let meetings = self.meetings.iter();
        meetings
            .filter(move |one| one.members.contains(&user))
            .map(|one| one.day)
    }

    /// Calls `visit` for every place that names a member, with the day of the activity behind it.
    pub(super) fn visit_members(
        &self,
        day_of: impl Fn(Timestamp) -> Date,
        visit: &mut dyn FnMut(UserId, Option<Date>),
    ) {
        for (user, participant) in &self.participants {
            visit(*user, Some(day_of(participant.joined_at)));
        }
        if let Some(user) = self.alone {
            visit(user, self.last_day);
        }
        for one in &self.matches {
            let running = one.running.iter();
            let running = running.flat_map(|running| [running.interviewer, running.candidate]);
            let results = one.results.iter().map(|result| result.candidate);
            let members = one.members.iter().copied().chain(running).chain(results);
            for user in members.chain(one.answers.keys().copied()) {
                visit(user, Some(one.day));
            }
        }
        for one in &self.meetings {
            for user in &one.members {
                visit(*user, Some(one.day));
            }
        }
    }

    /// Returns the data of a member, if there is any.
    pub(super) fn export(&self, user: UserId) -> Option<MockInterviewsExport> {
        let export = MockInterviewsExport {
            joined: self.participant(user).cloned(),
            matched_on: self.meeting_days(user).collect(),
            matches: self.matches_of(user).map(|one| one.export(user)).collect(),
        };
        let is_empty =
            export.joined.is_none() && export.matched_on.is_empty() && export.matches.is_empty();
        (!is_empty).then_some(export)
    }

    /// Deletes all data of a member. The others of their matches keep their own results; who has no
    /// partner any more comes first next time.
    pub(super) fn erase(&mut self, user: UserId) {
        self.participants.remove(&user);
        self.alone = self.alone.filter(|alone| *alone != user);
        for one in &mut self.matches {
            let counts = one.has_ended || one.has_met() || one.is_evaluated;
            one.erase(user);
            if one.has_ended && !counts {
                for left in &one.members {
                    if let Some(participant) = self.participants.get_mut(left) {
                        participant.comes_first = true;
                    }
                }
            }
        }
        for one in &mut self.meetings {
            one.members.retain(|member| *member != user);
        }
        self.meetings.retain(|one| one.members.len() > 1);
    }
}

impl Match {
    fn export(&self, user: UserId) -> MatchExport {
        let own = self.results.iter().filter(|one| one.candidate == user);
        let contents = own.filter_map(|one| one.content.as_ref());
        let running = self.running.as_ref();
        let running = running.filter(|one| one.interviewer == user || one.candidate == user);
        MatchExport {
            day: self.day,
            thread: self.thread_id(),
            met: self.answers.get(&user).copied(),
            results: contents
                .map(|content| (content.question.clone(), content.ticks))
                .collect(),
            running: running.map(|one| RunningTurnExport {
                is_interviewer: one.interviewer == user,
                ticks: one.ticks,
            }),
        }
    }

    fn erase(&mut self, user: UserId) {
        let names =
            |running: &RunningTurn| running.interviewer == user || running.candidate == user;
        if self.running.as_ref().is_some_and(names) {
            self.running = None;
            self.phase += 1;
        }
        self.results.retain(|result| result.candidate != user);
        self.answers.remove(&user);
        if self.members.contains(&user) {
            self.members.retain(|member| *member != user);
            self.has_ended |= self.members.len() < 2;
        }
    }
}

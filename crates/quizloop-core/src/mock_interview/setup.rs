//! The steps from a match to its thread, its members and its guide, and the other messages in the
//! thread.
//!
//! The request that makes a thread has no nonce, so a thread that may exist is searched for. The
//! matches get their threads in the order of their numbers, and each one gets its guide before the
//! next one gets its thread. So a private thread without a guide, made by the bot since the
//! matching, can only be the one of the match that is next.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::participants::{MatchingTime, meeting_expires};
use super::{
    CHECK_AFTER, EVALUATED_AFTER, Match, MatchResult, MatchThread, NoticeState, RESULT_KEPT, after,
};
use crate::delivery::{Delivery, Label};
use crate::id::{ChannelId, MessageId, UserId, snowflake_at};
use crate::round::base36;
use crate::team::Team;

/// How long after the matching its threads may be made.
const THREADS_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// How long after the matching the guide may be sent.
const GUIDE_WITHIN: SignedDuration = SignedDuration::from_hours(48);
/// How late the question whether the members met may be sent.
const CHECK_WITHIN: SignedDuration = SignedDuration::from_hours(48);
/// How far the machine's clock may differ from Discord's while the bot acts. A thread that is older
/// than the matching by more than this is not the match's.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A message in the thread of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchNotice {
    /// How to go on, with the button *I interview first*.
    Guide,
    /// The result of the interview that ended with this phase is ready.
    Result { phase: u32 },
    /// The question whether they met.
    Check,
}

/// The next step of the matching and of the threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchSetupStep {
    /// Data has expired: call [`Team::expire_mock_interviews`].
    Expire,
    /// A matching is due: call [`Team::begin_matching`].
    Begin { day: Date, due: Timestamp },
    /// Make the thread of the match with this number ([`Team::pending_thread`]), then call
    /// [`Team::record_match_thread`] or [`Team::abandon_match`].
    CreateThread(u32),
    /// Add the members to the thread, then call [`Team::record_members`].
    AddMembers(u32),
    /// Deliver the guide ([`Team::pending_notice`]), then call [`Team::record_notice`] or
    /// [`Team::abandon_notice`].
    SendGuide(u32),
    /// A member is alone: call [`Team::take_alone`] and send them a direct message.
    TellAlone,
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

/// The next step of the other messages in the threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeStep {
    /// Record the intent to ask whether they met: call [`Team::begin_check`].
    BeginCheck(u32),
    /// Deliver the message, then call [`Team::record_notice`] or [`Team::abandon_notice`].
    Deliver(u32, MatchNotice),
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

/// Returns a short code for the members of a match: a thread with other members must not be taken
/// for the match's.
pub(super) fn code(channel: ChannelId, day: Date, members: &[UserId]) -> String {
    let mut ids: Vec<u64> = members.iter().map(|one| one.get()).collect();
    ids.sort_unstable();
    let days = day.to_zoned_datetime(TimeZone::UTC);
    let days = days.map_or(0, |midnight| midnight.timestamp().as_second());
    // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), with 64 bits at a time.
    let parts = ids.into_iter().chain([channel.get(), days.unsigned_abs()]);
    let hash = parts.fold(0xcbf2_9ce4_8422_2325_u64, |hash, part| {
        let mixed = (hash ^ part).wrapping_mul(0x0100_0000_01b3);
        mixed ^ (mixed >> 29)
    });
    base36(hash % 36_u64.pow(CODE_LENGTH))
}

/// Maximum length of a code.
const CODE_LENGTH: u32 = 5;

impl Match {
    fn notice(&self, notice: MatchNotice) -> NoticeState {
        match notice {
            MatchNotice::Guide => self.guide,
            MatchNotice::Result { phase } => self
                .result(phase)
                .map_or(NoticeState::Unplanned, |result| result.notice),
            MatchNotice::Check => self.check,
        }
    }

    fn notice_mut(&mut self, notice: MatchNotice) -> Option<&mut NoticeState> {
        match notice {
            MatchNotice::Guide => Some(&mut self.guide),
            MatchNotice::Check => Some(&mut self.check),
            MatchNotice::Result { phase } => self.result_mut(phase).map(|one| &mut one.notice),
        }
    }

    /// Whether the members are to be asked whether they met.
    const fn needs_check(&self) -> bool {
        self.is_active()
            && matches!(self.check, NoticeState::Unplanned)
            && matches!(self.guide, NoticeState::Sent(_))
            && self.results.is_empty()
            && !self.is_evaluated
    }

    fn check_due(&self) -> Timestamp {
        after(self.intended_at, CHECK_AFTER)
    }

    /// Returns the next step until the guide is sent.
    const fn next_setup_step(&self) -> Option<MatchSetupStep> {
        match self.thread {
            MatchThread::Pending => Some(MatchSetupStep::CreateThread(self.number)),
            MatchThread::Abandoned => None,
            MatchThread::Created(_) if !self.members_added => {
                Some(MatchSetupStep::AddMembers(self.number))
            }
            MatchThread::Created(_) => match self.guide {
                NoticeState::Pending => Some(MatchSetupStep::SendGuide(self.number)),
                _ => None,
            },
        }
    }

    /// Returns the notice, besides the guide, whose intent is recorded.
    fn pending_message(&self) -> Option<MatchNotice> {
        let is_pending = |one: &&MatchResult| one.notice == NoticeState::Pending;
        let result = self.results.iter().find(is_pending);
        let result = result.map(|one| MatchNotice::Result { phase: one.phase });
        result.or_else(|| (self.check == NoticeState::Pending).then_some(MatchNotice::Check))
    }
}

impl Team {
    /// Returns the next step of the matching and of the threads.
    pub fn next_match_setup_step(&self, now: Timestamp) -> MatchSetupStep {
        let expiry = self.next_mock_interview_expiry();
        if expiry.is_some_and(|at| at <= now) {
            return MatchSetupStep::Expire;
        }
        if let Some(step) = self.matches().iter().find_map(Match::next_setup_step) {
            return step;
        }
        let stored = self.mock_interviews();
        if stored.is_some_and(|stored| stored.alone.is_some()) {
            return MatchSetupStep::TellAlone;
        }
        let matching = self.matching_time(now);
        if let Some(MatchingTime { day, due }) = matching.filter(|one| one.due <= now) {
            return MatchSetupStep::Begin { day, due };
        }
        let next = matching.map(|one| one.due);
        let next = next.into_iter().chain(expiry).min();
        next.map_or(MatchSetupStep::Idle, MatchSetupStep::Wait)
    }

    /// Returns the next step of the messages besides the guides.
    pub fn next_notice_step(&self, now: Timestamp) -> NoticeStep {
        let mut matches = self.matches().iter();
        let pending = matches.find_map(|one| Some((one.number, one.pending_message()?)));
        if let Some((number, notice)) = pending {
            return NoticeStep::Deliver(number, notice);
        }
        if self.settings.pairs.is_none() {
            return NoticeStep::Idle;
        }
        let to_check = self.matches().iter().filter(|one| one.needs_check());
        match to_check.min_by_key(|one| one.check_due()) {
            Some(one) if one.check_due() <= now => NoticeStep::BeginCheck(one.number),
            Some(one) => NoticeStep::Wait(one.check_due()),
            None => NoticeStep::Idle,
        }
    }

    /// Returns the delivery of the thread of a match. Its message is the thread.
    pub fn pending_thread(&self, number: u32) -> Option<Delivery> {
        let one = self.match_by_number(number)?;
        if one.thread != MatchThread::Pending {
            return None;
        }
        let is_wanted = self.settings.pairs.is_some() && !one.has_ended;
        let oldest = one.intended_at.checked_sub(CLOCK_TOLERANCE);
        Some(Delivery {
            place: self.channel,
            label: Label::Text(one.label()),
            nonce: None,
            older: Some(MessageId::new(snowflake_at(oldest.unwrap_or_default()))),
            window: window(is_wanted, after(one.intended_at, THREADS_WITHIN)),
        })
    }

    /// Returns the delivery of a message in the thread of a match.
    pub fn pending_notice(&self, number: u32, notice: MatchNotice) -> Option<Delivery> {
        let one = self.match_by_number(number)?;
        let place = one.thread_id()?;
        if one.notice(notice) != NoticeState::Pending {
            return None;
        }
        let (label, kind, ends) = match notice {
            MatchNotice::Guide => (
                one.label(),
                "guide".to_owned(),
                after(one.intended_at, GUIDE_WITHIN),
            ),
            MatchNotice::Result { phase } => (
                one.result_label(phase),
                format!("result-{phase}"),
                after(one.result(phase)?.finished_at, RESULT_KEPT),
            ),
            MatchNotice::Check => (
                one.check_label(),
                "check".to_owned(),
                after(one.check_due(), CHECK_WITHIN),
            ),
        };
        // The guide also says that nobody else is left.
        let is_wanted = !one.has_ended || notice == MatchNotice::Guide;
        Some(Delivery {
            place,
            label: Label::Text(label),
            nonce: Some(notice_nonce(place, &kind)),
            // The first message of a thread has a later id than the thread.
            older: Some(MessageId::new(place.get())),
            window: window(is_wanted, ends),
        })
    }

    /// Returns the threads that belong to a match, or to none for certain.
    pub fn known_match_threads(&self) -> impl Iterator<Item = ChannelId> {
        let threads = self.matches().iter().filter_map(Match::thread_id);
        threads.chain(self.discarded_match_threads().iter().copied())
    }

    /// Returns the threads that a request of the newest matching made twice.
    pub fn discarded_match_threads(&self) -> &[ChannelId] {
        let stored = self.mock_interviews();
        stored.map_or(&[][..], |stored| &stored.discarded_threads)
    }

    /// Records threads that a request made twice.
    pub fn discard_match_threads(&mut self, threads: &[ChannelId]) {
        let stored = self.mock_interviews_mut();
        stored.discarded_threads.extend(threads);
    }

    /// Step 2: records the thread of a match.
    pub fn record_match_thread(&mut self, number: u32, thread: ChannelId) {
        let one = self.match_mut(number);
        if let Some(one) = one.filter(|one| one.thread == MatchThread::Pending) {
            one.thread = MatchThread::Created(thread);
        }
    }

    /// Gives a match up that has no thread: its members come first next time.
    pub fn abandon_match(&mut self, number: u32) {
        let Some(one) = self.match_mut(number) else {
            return;
        };
        if one.thread != MatchThread::Pending {
            return;
        }
        one.thread = MatchThread::Abandoned;
        one.has_ended = true;
        let members = one.members.clone();
        self.prefer_next_time(&members);
        self.set_meeting(number, &[]);
    }

    /// Gives all matches up that have no thread, because Discord refuses the thread of one.
    pub fn abandon_pending_matches(&mut self) {
        let pending = |one: &&Match| one.thread == MatchThread::Pending;
        let numbers: Vec<u32> = self
            .matches()
            .iter()
            .filter(pending)
            .map(|one| one.number)
            .collect();
        for number in numbers {
            self.abandon_match(number);
        }
    }

    /// Ends a match whose members could not be added, or whose guide could not be sent: its members
    /// come first next time.
    pub fn fail_match(&mut self, number: u32) {
        let Some(one) = self.match_mut(number) else {
            return;
        };
        one.end_without_thread();
        let members = one.members.clone();
        self.prefer_next_time(&members);
        self.set_meeting(number, &[]);
    }

    /// Step 3: records that the members were added to the thread, except these. Who could not be
    /// added is left out of this week, and has one more silent week. If a single member remains,
    /// they come first next time.
    pub fn record_members(&mut self, number: u32, left_out: &[UserId]) {
        let Some(one) = self.match_mut(number) else {
            return;
        };
        if one.members_added {
            return;
        }
        one.members_added = true;
        one.is_incomplete = !left_out.is_empty();
        one.members.retain(|user| !left_out.contains(user));
        one.guide = if one.members.is_empty() {
            NoticeState::Abandoned
        } else {
            NoticeState::Pending
        };
        one.has_ended |= one.members.len() < 2;
        let members = one.members.clone();
        for user in left_out {
            if let Some(participant) = self.participant_mut(*user) {
                participant.count_silent_week();
            }
        }
        if members.len() < 2 {
            self.prefer_next_time(&members);
        }
        self.set_meeting(number, &members);
    }

    pub(super) fn prefer_next_time(&mut self, members: &[UserId]) {
        for user in members {
            if let Some(participant) = self.participant_mut(*user) {
                participant.comes_first = true;
            }
        }
    }

    /// Keeps the meeting of these members, or none if they are fewer than two.
    pub(super) fn set_meeting(&mut self, number: u32, members: &[UserId]) {
        let meetings = &mut self.mock_interviews_mut().meetings;
        if let Some(meeting) = meetings.iter_mut().find(|one| one.number == number) {
            meeting.members = members.to_vec();
        }
        meetings.retain(|one| one.members.len() > 1);
    }

    /// Records the intent to ask the members of a match whether they met. Returns false if that is
    /// not due.
    pub fn begin_check(&mut self, number: u32, now: Timestamp) -> bool {
        let due = |one: &&mut Match| one.needs_check() && one.check_due() <= now;
        let one = self.match_mut(number).filter(due);
        one.map(|one| one.check = NoticeState::Pending).is_some()
    }

    /// Records a message in the thread of a match.
    pub fn record_notice(&mut self, number: u32, notice: MatchNotice, message: MessageId) {
        self.finish_notice(number, notice, NoticeState::Sent(message));
        if let Some(stored) = self.mock_interviews.as_deref_mut() {
            // Threads can be made again.
            stored.failure = stored
                .failure
                .take()
                .filter(|_| notice != MatchNotice::Guide);
        }
    }

    /// Gives a message up.
    pub fn abandon_notice(&mut self, number: u32, notice: MatchNotice) {
        self.finish_notice(number, notice, NoticeState::Abandoned);
    }

    fn finish_notice(&mut self, number: u32, notice: MatchNotice, state: NoticeState) {
        let one = self.match_mut(number);
        let pending = one.and_then(|one| one.notice_mut(notice));
        if let Some(pending) = pending.filter(|one| **one == NoticeState::Pending) {
            *pending = state;
        }
    }

    /// Returns when data about mock interviews expires next.
    pub(crate) fn next_mock_interview_expiry(&self) -> Option<Timestamp> {
        let stored = self.mock_interviews()?;
        let zone = &self.settings.schedule.zone;
        let matches = stored.matches.iter().flat_map(|one| {
            let evaluated = after(one.intended_at, EVALUATED_AFTER);
            let evaluated = (!one.is_evaluated).then_some(evaluated);
            let results = one.results.iter().filter_map(MatchResult::kept_until);
            results.chain(evaluated).chain([one.kept_until()])
        });
        let oldest = stored.meetings.iter().map(|one| one.day).min();
        let meetings = oldest.and_then(|day| {
            // A zone may skip a day.
            let mut days = meeting_expires(day).series(1.day()).take(2);
            days.find_map(|day| zone.at_local_time(day, jiff::civil::Time::midnight()))
        });
        matches.chain(meetings).min()
    }

    /// Deletes what has expired: results that were not confirmed, matches, and who met whom.
    pub fn expire_mock_interviews(&mut self, now: Timestamp) {
        self.evaluate_matches(|one| after(one.intended_at, EVALUATED_AFTER) <= now);
        let today = self.settings.schedule.zone.date(now);
        if let Some(stored) = self.mock_interviews.as_deref_mut() {
            for result in stored.matches.iter_mut().flat_map(|one| &mut one.results) {
                result.expire(now);
            }
            stored.matches.retain(|one| one.kept_until() > now);
            stored.prune_meetings(today);
        }
        self.drop_empty_mock_interviews();
    }
}

/// Returns the times until `ends`, or none if the message is not wanted any more.
fn window(is_wanted: bool, ends: Timestamp) -> std::ops::RangeInclusive<Timestamp> {
    if is_wanted {
        Timestamp::MIN..=ends
    } else {
        Timestamp::MAX..=Timestamp::MIN
    }
}

/// Returns the nonce of a message in a thread: at most 13 + 1 + 9 characters.
fn notice_nonce(thread: ChannelId, kind: &str) -> String {
    format!("{}-{kind}", base36(thread.get()))
}

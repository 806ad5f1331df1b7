//! The members who joined mock interviews, and the weekly matching.

use std::collections::BTreeMap;

use jiff::civil::{Date, ISOWeekDate};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::setup::code;
use super::{
    HISTORY_WEEKS, Match, MatchThread, Meeting, MeetingSummary, MockInterviews, NoticeState,
    SILENT_WEEKS_MAX,
};
use crate::id::UserId;
use crate::matching::{MatchCandidate, match_members};
use crate::team::Team;

/// A member who joined mock interviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    pub joined_at: Timestamp,
    /// When the member was matched last, or joined.
    pub waiting_since: Timestamp,
    /// The topic on which the member wants to be interviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Keyword of the level of the member's questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether the member is left out of the next matching, at their request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skips: bool,
    /// Whether the member chooses first in the next matching.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub comes_first: bool,
    /// Number of weeks in a row in which the member neither interviewed nor answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    silent_weeks: u8,
    /// Whether the member is not matched until they join again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_suspended: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to the field"
)]
const fn is_zero(count: &u8) -> bool {
    *count == 0
}

impl Participant {
    /// Counts a week without a sign of the member.
    pub(super) fn count_silent_week(&mut self) {
        self.silent_weeks = self.silent_weeks.saturating_add(1);
        self.is_suspended |= self.silent_weeks >= SILENT_WEEKS_MAX;
    }
}

/// What a member chose when they joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoinRequest {
    pub topic: Option<String>,
    /// Keyword of a level.
    pub level: Option<String>,
}

impl Team {
    /// Joins a member, or changes what they chose. A member who joined before keeps their place.
    pub fn join_mock_interviews(&mut self, user: UserId, request: JoinRequest, now: Timestamp) {
        let JoinRequest { topic, level } = request;
        let participants = &mut self.mock_interviews_mut().participants;
        let before = participants.get(&user).filter(|one| !one.is_suspended);
        let joined = Participant {
            joined_at: before.map_or(now, |one| one.joined_at),
            waiting_since: before.map_or(now, |one| one.waiting_since),
            topic,
            level,
            skips: false,
            comes_first: before.is_some_and(|one| one.comes_first),
            silent_weeks: before.map_or(0, |one| one.silent_weeks),
            is_suspended: false,
        };
        participants.insert(user, joined);
    }

    /// Ends a member's participation. Their present match remains. Returns false if the member had
    /// not joined.
    pub fn leave_mock_interviews(&mut self, user: UserId) -> bool {
        let stored = self.mock_interviews.as_deref_mut();
        let left = stored.is_some_and(|stored| {
            stored.alone = stored.alone.filter(|alone| *alone != user);
            stored.participants.remove(&user).is_some()
        });
        self.drop_empty_mock_interviews();
        left
    }

    /// Leaves a member out of the next matching. Returns false if the member has not joined.
    pub fn skip_mock_interview(&mut self, user: UserId) -> bool {
        let participant = self.participant_mut(user).filter(|one| !one.is_suspended);
        participant.map(|one| one.skips = true).is_some()
    }

    pub(super) fn participant_mut(&mut self, user: UserId) -> Option<&mut Participant> {
        let stored = self.mock_interviews.as_deref_mut()?;
        stored.participants.get_mut(&user)
    }

    pub(crate) fn drop_empty_mock_interviews(&mut self) {
        self.mock_interviews.take_if(|stored| stored.is_empty());
    }

    /// Returns the day and the time of the matching that is due, or else of the next one; `None` also
    /// if no member would be matched.
    pub(super) fn matching_time(&self, now: Timestamp) -> Option<MatchingTime> {
        let stored = self.mock_interviews.as_deref()?;
        let mut participants = stored.participants.values();
        if participants.all(|one| one.is_suspended) {
            return None;
        }
        let has_members = |time: &MatchingTime| {
            let mut participants = stored.participants.values();
            participants
                .any(|one| !one.is_suspended && (time.due > now || one.joined_at <= time.due))
        };
        self.matching_times(now).find(has_members)
    }

    /// Returns the times of matchings, the first of which may be due. A matching may be as late as a
    /// question, and not later than the end of its day. There is one a calendar week, and none during
    /// a pause or on a holiday.
    fn matching_times(&self, now: Timestamp) -> impl Iterator<Item = MatchingTime> {
        let schedule = &self.settings.schedule;
        let today = schedule.zone.date(now);
        let pairs = self.settings.pairs.into_iter();
        let days = pairs.flat_map(move |time| {
            let days = today.series(1.day()).take(DAYS_AHEAD);
            days.map(move |day| (time, day))
        });
        days.filter_map(move |(time, day)| {
            let stored = self.mock_interviews.as_deref();
            let is_possible = day.weekday() == time.day
                && !schedule.holidays.contains(&day)
                && !self.pause.is_some_and(|pause| pause.covers(day))
                && !stored.is_some_and(|stored| stored.is_matched(day));
            if !is_possible {
                return None;
            }
            let due = schedule.zone.at_local_time(day, time.at)?;
            let is_in_time = due > now || now <= schedule.latest_start(day, due);
            (is_in_time && due >= self.since).then_some(MatchingTime { day, due })
        })
    }

    /// Returns when the members are matched next, for display.
    pub fn next_matching(&self, now: Timestamp) -> Option<Timestamp> {
        let mut later = self.matching_times(now).filter(|time| time.due > now);
        later.next().map(|time| time.due)
    }

    /// Step 1: matches the members who joined before `due`. Returns whether there are matches; false
    /// without any change if no matching is due on that day.
    pub fn begin_matching(&mut self, day: Date, now: Timestamp) -> bool {
        let due = self.matching_time(now);
        let Some(MatchingTime { due, .. }) = due.filter(|one| one.day == day && one.due <= now)
        else {
            return false;
        };
        self.evaluate_matches(|_| true);
        let channel = self.channel;
        let stored = self.mock_interviews_mut();
        stored.prune_meetings(day);
        stored.last_day = Some(day);
        stored.alone = None;
        stored.discarded_threads.clear();
        let mut candidates = Vec::new();
        for (user, one) in &mut stored.participants {
            if one.is_suspended || one.joined_at > due {
                continue;
            }
            if std::mem::take(&mut one.skips) {
                continue;
            }
            candidates.push(MatchCandidate {
                user: *user,
                comes_first: one.comes_first,
                waiting_since: one.waiting_since,
            });
        }
        let last_met = stored.last_meetings();
        let matching = match_members(&candidates, |one, other| {
            last_met.get(&(one.min(other), one.max(other))).copied()
        });
        for members in matching.groups {
            stored.last_number += 1;
            for user in &members {
                if let Some(one) = stored.participants.get_mut(user) {
                    one.comes_first = false;
                    one.waiting_since = due;
                }
            }
            stored.meetings.push(Meeting {
                number: stored.last_number,
                day,
                members: members.clone(),
            });
            stored.matches.push(Match {
                number: stored.last_number,
                day,
                intended_at: now,
                code: code(channel, day, &members),
                members,
                thread: MatchThread::Pending,
                members_added: false,
                is_incomplete: false,
                guide: NoticeState::Unplanned,
                phase: 0,
                running: None,
                results: Vec::new(),
                check: NoticeState::Unplanned,
                answers: BTreeMap::new(),
                is_evaluated: false,
                has_ended: false,
            });
        }
        let is_alone = candidates.len() == 1;
        for user in matching.unmatched.into_iter().filter(|_| is_alone) {
            stored.alone = Some(user);
            if let Some(one) = stored.participants.get_mut(&user) {
                one.comes_first = true;
            }
        }
        true
    }

    /// Leaves a matching out that is due: it is not made up for. The members keep their places.
    pub fn leave_out_matching(&mut self, day: Date) {
        let stored = self.mock_interviews_mut();
        stored.last_day = Some(day);
    }

    /// Returns the member who gets a message that nobody else was free, and forgets it: the message
    /// comes at most once.
    pub fn take_alone(&mut self) -> Option<UserId> {
        self.mock_interviews.as_deref_mut()?.alone.take()
    }

    /// Evaluates matches whose week is over: counts silent members, and forgets meetings that did
    /// not happen.
    pub(super) fn evaluate_matches(&mut self, is_over: impl Fn(&Match) -> bool) {
        let Some(stored) = self.mock_interviews.as_deref_mut() else {
            return;
        };
        for one in &mut stored.matches {
            if one.is_evaluated || !is_over(one) {
                continue;
            }
            one.is_evaluated = true;
            if one.thread_id().is_none() {
                continue;
            }
            let was_asked = matches!(one.check, NoticeState::Sent(_));
            for user in &one.members {
                let Some(participant) = stored.participants.get_mut(user) else {
                    continue;
                };
                if one.was_held() || one.answers.contains_key(user) {
                    participant.silent_weeks = 0;
                } else if was_asked && !one.has_ended {
                    participant.count_silent_week();
                }
            }
            let met = one.has_met();
            if !met && !one.answers.is_empty() {
                stored
                    .meetings
                    .retain(|meeting| meeting.number != one.number);
            }
            let summary = stored.summary.filter(|summary| summary.day == one.day);
            let summary = summary.unwrap_or(MeetingSummary {
                day: one.day,
                groups: 0,
                met: 0,
            });
            stored.summary = Some(MeetingSummary {
                groups: summary.groups + 1,
                met: summary.met + u32::from(met),
                ..summary
            });
        }
    }
}

/// The day and the time of a matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MatchingTime {
    pub(super) day: Date,
    pub(super) due: Timestamp,
}

/// How many days [`Team::matching_times`] searches: more than any realistic run of holidays or pause.
const DAYS_AHEAD: usize = 731;

impl MockInterviews {
    /// Whether the week of a day had its matching. One from far ahead was recorded while the
    /// machine's clock was wrong, and is ignored.
    fn is_matched(&self, day: Date) -> bool {
        let week = |day: Date| {
            let week: ISOWeekDate = day.iso_week_date();
            (week.year(), week.week())
        };
        self.last_day
            .is_some_and(|last| last <= day.saturating_add(6.days()) && week(day) <= week(last))
    }

    /// Returns the day on which each two members were matched last; the smaller id comes first.
    fn last_meetings(&self) -> BTreeMap<(UserId, UserId), Date> {
        let mut last = BTreeMap::new();
        for meeting in &self.meetings {
            for one in &meeting.members {
                for other in meeting.members.iter().filter(|other| one < *other) {
                    let day: &mut Date = last.entry((*one, *other)).or_insert(meeting.day);
                    *day = meeting.day.max(*day);
                }
            }
        }
        last
    }

    /// Deletes meetings that are as old as is kept.
    pub(super) fn prune_meetings(&mut self, today: Date) {
        self.meetings.retain(|one| meeting_expires(one.day) > today);
    }
}

/// Returns the first day on which a meeting is not kept any more.
pub(super) fn meeting_expires(day: Date) -> Date {
    day.saturating_add(HISTORY_WEEKS.weeks())
}

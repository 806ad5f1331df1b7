//! Summary of an evicted guild: when it is next due, and which channels may contain replies.
//!
//! The store evicts guilds that were not used for a while and keeps their summaries in memory, so
//! that no guild is loaded only to find that it has nothing to do. For example: the team of an
//! evicted guild posts at 09:00. The scheduler reads `next_due` from the summary and loads the
//! guild at 09:00. If a message arrives at 03:00, the bot loads the guild only if
//! [`GuildSummary::may_contain_reply`] is true for the message's channel.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::data_deletion::INACTIVITY_MONTHS;
use super::guild::Guild;
use super::id::{ChannelId, MessageId};
use super::mock_interview::{MatchSetupStep, NoticeStep};
use super::posting::PostStep;
use super::team::Team;
use super::weekly_report::ReportStep;
use super::wrap_up::WrapUpStep;

/// The [`GuildSummary::next_due`] of a guild that has work now. It is neither the present time nor
/// the time at which the work was due: a summary is stored, and the clock of this machine or of the
/// one that reads it may be wrong.
const WORK_NOW: Timestamp = Timestamp::MIN;

/// The summary of a guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuildSummary {
    /// When the guild next has work, if nothing happens before; `None` means never, and
    /// [`Timestamp::MIN`] now or unknown. It may be too early, never too late.
    pub next_due: Option<Timestamp>,
    /// Whether the operator's configuration file defines one of its teams.
    pub managed: bool,
    /// Sorted 16-bit hashes of the teams' channels and the threads of rounds and matches; `None` if
    /// unknown.
    channel_hashes: Option<Box<[u16]>>,
}

impl GuildSummary {
    /// Creates the summary of an unknown guild: it is due now and may contain any reply.
    pub const fn unknown() -> Self {
        Self {
            next_due: Some(WORK_NOW),
            managed: true,
            channel_hashes: None,
        }
    }

    /// Creates a summary from stored parts; see [`GuildSummary::channel_hashes`].
    pub fn from_parts(next_due: Option<Timestamp>, managed: bool, hashes: &[u8]) -> Self {
        let (pairs, _) = hashes.as_chunks();
        let hashes = pairs.iter().copied().map(u16::from_le_bytes).collect();
        Self {
            next_due,
            managed,
            channel_hashes: Some(hashes),
        }
    }

    /// Returns the hashes of the guild's channels and threads, two bytes each in little-endian
    /// order, or `None` if they are unknown.
    pub fn channel_hashes(&self) -> Option<Vec<u8>> {
        let hashes = self.channel_hashes.as_ref()?;
        Some(hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect())
    }

    /// Whether a message in that channel or thread may be a reply. It is also true for threads of
    /// matches, and for other channels by chance, with a probability of the number of rounds / 65,536;
    /// the guild is then loaded needlessly.
    pub fn may_contain_reply(&self, channel: ChannelId) -> bool {
        let hashes = self.channel_hashes.as_ref();
        hashes.is_none_or(|hashes| hashes.binary_search(&hash16(channel.get())).is_ok())
    }
}

/// Hashes an id to 16 bits with Fibonacci hashing, because ids themselves are not evenly
/// distributed (Knuth, The Art of Computer Programming, volume 3, section 6.4).
const fn hash16(id: u64) -> u16 {
    let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread >> 48) as u16
}

impl Guild {
    /// Whether a message in that channel or thread may be a reply.
    pub fn may_contain_reply(&self, channel: ChannelId) -> bool {
        self.team(channel).is_some() || self.team_by_message(channel.starter_message()).is_some()
    }

    /// Whether the guild has a team, a round or a match with that channel or thread.
    pub fn uses_channel(&self, channel: ChannelId) -> bool {
        self.may_contain_reply(channel) || self.team_by_match(channel).is_some()
    }

    /// Returns the summary of the guild as of `now`.
    pub fn summary(&self, now: Timestamp) -> GuildSummary {
        let teams = self.teams.values();
        let hashes: BTreeSet<u16> = teams.flat_map(|team| team.channel_hashes()).collect();
        GuildSummary {
            next_due: self.next_due(now),
            managed: self.teams.values().any(|team| team.managed),
            channel_hashes: Some(hashes.into_iter().collect()),
        }
    }

    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let inactive = self.next_inactive_day().map(|day| utc_midnight(day, now));
        self.next_work(now).into_iter().chain(inactive).min()
    }

    /// Returns when the guild next has work for its teams, a review reminder or an ended interview,
    /// if nothing happens before; `None` means never. The result stays valid as time passes. It may be too early for a
    /// reminder, because the bank, from which questions may have been removed, is unknown here.
    pub fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        let teams = self.teams.values();
        let teams = teams.filter_map(|team| team.next_work(now));
        let reminders = self.review_reminders(now, |_| true).into_iter();
        let interviews = self.next_interview_expiry().into_iter();
        let members = reminders.map(|due| due.at).chain(interviews);
        teams.chain(members).min()
    }

    /// Returns the first day on which a member's data may have to be deleted for inactivity.
    fn next_inactive_day(&self) -> Option<Date> {
        let first = |seen: Option<Date>| {
            let over = seen.map(|day| day.saturating_add(INACTIVITY_MONTHS.months()));
            over.map_or(Date::MIN, |day| day.saturating_add(1.day()))
        };
        self.last_seen_by_member().into_values().map(first).min()
    }
}

/// Returns the start of a day in UTC, or `now` if it is outside the calendar.
fn utc_midnight(day: Date, now: Timestamp) -> Timestamp {
    let start = day.to_zoned_datetime(TimeZone::UTC);
    start.map_or(now, |start| start.timestamp())
}

impl Team {
    /// Returns when the team next has work.
    fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        let round = match self.next_post_step(now) {
            PostStep::Wait(at) => Some(at),
            PostStep::Idle => None,
            PostStep::Begin { .. } | PostStep::Deliver | PostStep::CreateThread => Some(WORK_NOW),
        };
        let wrap_up = match self.next_wrap_up_step(now) {
            WrapUpStep::Wait(at) => Some(at),
            WrapUpStep::Idle => None,
            WrapUpStep::Begin { .. } | WrapUpStep::Deliver => Some(WORK_NOW),
        };
        let week = match self.next_report_step(now) {
            ReportStep::Wait(at) => Some(at),
            ReportStep::Idle => None,
            ReportStep::Begin { .. } | ReportStep::Deliver => Some(WORK_NOW),
        };
        let matches = match self.next_match_setup_step(now) {
            MatchSetupStep::Wait(at) => Some(at),
            MatchSetupStep::Idle => None,
            MatchSetupStep::Expire
            | MatchSetupStep::Begin { .. }
            | MatchSetupStep::CreateThread(_)
            | MatchSetupStep::AddMembers(_)
            | MatchSetupStep::SendGuide(_)
            | MatchSetupStep::TellAlone => Some(WORK_NOW),
        };
        let notices = match self.next_notice_step(now) {
            NoticeStep::Wait(at) => Some(at),
            NoticeStep::Idle => None,
            NoticeStep::BeginCheck(_) | NoticeStep::Deliver(..) => Some(WORK_NOW),
        };
        let reminders = self.reminders_today(now).map(|due| due.at);
        let posts = [round, wrap_up, week, matches, notices];
        let posts = posts.into_iter().flatten();
        posts.chain(reminders).min()
    }

    fn channel_hashes(&self) -> impl Iterator<Item = u16> {
        let messages = self.rounds.iter().filter_map(|round| round.message);
        let threads = messages.map(MessageId::get);
        let matches = self.matches().iter();
        let matches = matches.filter_map(|one| one.thread_id().map(ChannelId::get));
        threads
            .chain(matches)
            .chain([self.channel.get()])
            .map(hash16)
    }
}

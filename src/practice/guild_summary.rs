//! What has to be known of a guild that is not at hand: when it is next wanted, and which channels may concern it.
//!
//! Guilds that nobody has touched for a while are let go. Their outlines stay, so that nobody has to fetch a guild only to
//! find that there is nothing to do.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::data_deletion::INACTIVITY_MONTHS;
use super::guild::Guild;
use super::id::{ChannelId, MessageId, UserId};
use super::posting::PostStep;
use super::team::Team;
use super::weekly_report::ReportStep;

/// The summary of a guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuildSummary {
    /// When there is next something to do for it, if nothing happens before; none: never. A moment too early does no harm.
    pub next_due: Option<Timestamp>,
    /// Whether the operator's file declares one of its teams.
    pub managed: bool,
    /// Its teams' channels and its rounds' threads, sorted, 16 bits of each; none: not known.
    channel_hashes: Option<Box<[u16]>>,
}

impl GuildSummary {
    /// Of a guild of which nothing is known: it has to be looked at now, for everything.
    pub const fn unknown() -> Self {
        Self {
            next_due: Some(Timestamp::MIN),
            managed: true,
            channel_hashes: None,
        }
    }

    /// A summary that was kept elsewhere; see [`GuildSummary::channel_hashes`].
    pub fn from_parts(next_due: Option<Timestamp>, managed: bool, hashes: &[u8]) -> Self {
        let (pairs, _) = hashes.as_chunks();
        let hashes = pairs.iter().copied().map(u16::from_le_bytes).collect();
        Self {
            next_due,
            managed,
            channel_hashes: Some(hashes),
        }
    }

    /// Two bytes, the lower one first, for each channel and thread that may concern the guild; none if that is not known.
    pub fn channel_hashes(&self) -> Option<Vec<u8>> {
        let hashes = self.channel_hashes.as_ref()?;
        Some(hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect())
    }

    /// Whether a message in that channel or thread may be a reply. Of others one in some hundreds is taken for one
    /// (rounds by 65,536), which costs a look.
    pub fn may_contain_reply(&self, channel: ChannelId) -> bool {
        let hashes = self.channel_hashes.as_ref();
        hashes.is_none_or(|hashes| hashes.binary_search(&hash16(channel.get())).is_ok())
    }
}

/// 16 bits of an id, as evenly spread as ids are not: the highest ones of Fibonacci hashing (Knuth, The Art of Computer
/// Programming, volume 3, section 6.4).
const fn hash16(id: u64) -> u16 {
    let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread >> 48) as u16
}

impl Guild {
    /// Its summary, as of now.
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

    /// When there is next something to do for its teams, if nothing happens before; none: never. It holds for every later
    /// moment as well: what is due by then is not due before.
    pub fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        let teams = self.teams.values();
        teams.filter_map(|team| team.next_work(now)).min()
    }

    /// The day from which somebody may have been inactive for too long.
    fn next_inactive_day(&self) -> Option<Date> {
        let first = |user: UserId| {
            let seen = self.last_seen(user);
            let over = seen.map(|day| day.saturating_add(INACTIVITY_MONTHS.months()));
            over.map_or(Date::MIN, |day| day.saturating_add(1.day()))
        };
        self.members_with_data().into_iter().map(first).min()
    }
}

/// The first moment of a day at UTC, where days are counted for this; now, if that can't be told.
fn utc_midnight(day: Date, now: Timestamp) -> Timestamp {
    let start = day.to_zoned(TimeZone::UTC);
    start.map_or(now, |start| start.timestamp())
}

impl Team {
    /// When there is next something to do for it.
    fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        let round = match self.next_post_step(now) {
            PostStep::Wait(at) => Some(at),
            PostStep::Idle => None,
            PostStep::Begin { .. }
            | PostStep::Post
            | PostStep::Abandon
            | PostStep::CreateThread => Some(now),
        };
        let week = match self.next_report_step(now) {
            ReportStep::Wait(at) => Some(at),
            ReportStep::Idle => None,
            ReportStep::Begin { .. } | ReportStep::Post | ReportStep::Abandon => Some(now),
        };
        let reminders = self.reminders_today(now).map(|due| due.at);
        round.into_iter().chain(week).chain(reminders).min()
    }

    fn channel_hashes(&self) -> impl Iterator<Item = u16> {
        let messages = self.rounds.iter().filter_map(|round| round.message);
        let threads = messages.map(MessageId::get);
        threads.chain([self.channel.get()]).map(hash16)
    }
}

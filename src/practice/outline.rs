//! What has to be known of a guild that is not at hand: when it is next wanted, and which channels may concern it.
//!
//! Guilds that nobody has touched for a while are let go. Their outlines stay, so that nobody has to fetch a guild only to
//! find that there is nothing to do.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::forgetting::MONTHS_KEPT;
use super::guild::Guild;
use super::id::{ChannelId, MessageId, UserId};
use super::posting::Next;
use super::team::Team;
use super::week::NextWeek;

/// The outline of a guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// When there is next something to do for it, if nothing happens before; none: never. A moment too early does no harm.
    pub wake: Option<Timestamp>,
    /// Whether the operator's file declares one of its teams.
    pub managed: bool,
    /// Its teams' channels and its rounds' threads, sorted, 16 bits of each; none: not known.
    places: Option<Box<[u16]>>,
}

impl Outline {
    /// Of a guild of which nothing is known: it has to be looked at now, for everything.
    pub const fn unknown() -> Self {
        Self {
            wake: Some(Timestamp::MIN),
            managed: true,
            places: None,
        }
    }

    /// An outline that was kept elsewhere; see [`Outline::places`].
    pub fn kept(wake: Option<Timestamp>, managed: bool, places: &[u8]) -> Self {
        let (pairs, _) = places.as_chunks();
        let places = pairs.iter().copied().map(u16::from_le_bytes).collect();
        Self {
            wake,
            managed,
            places: Some(places),
        }
    }

    /// Two bytes, the lower one first, for each channel and thread that may concern the guild; none if that is not known.
    pub fn places(&self) -> Option<Vec<u8>> {
        let places = self.places.as_ref()?;
        Some(
            places
                .iter()
                .flat_map(|place| place.to_le_bytes())
                .collect(),
        )
    }

    /// Whether a message in that channel or thread may be a reply. Of others one in some hundreds is taken for one
    /// (rounds by 65,536), which costs a look.
    pub fn may_concern(&self, channel: ChannelId) -> bool {
        let places = self.places.as_ref();
        places.is_none_or(|places| places.binary_search(&short(channel.get())).is_ok())
    }
}

/// 16 bits of an id, as evenly spread as ids are not: the highest ones of Fibonacci hashing (Knuth, The Art of Computer
/// Programming, volume 3, section 6.4).
const fn short(id: u64) -> u16 {
    let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread >> 48) as u16
}

impl Guild {
    /// Its outline, as of now.
    pub fn outline(&self, now: Timestamp) -> Outline {
        let teams = self.teams.values();
        let places: BTreeSet<u16> = teams.flat_map(|team| team.places()).collect();
        Outline {
            wake: self.wake(now),
            managed: self.teams.values().any(|team| team.managed),
            places: Some(places.into_iter().collect()),
        }
    }

    fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let unseen = self.next_unseen().map(|day| start_of(day, now));
        self.next_work(now).into_iter().chain(unseen).min()
    }

    /// When there is next something to do for its teams, if nothing happens before; none: never. It holds for every later
    /// moment as well: what is due by then is not due before.
    pub fn next_work(&self, now: Timestamp) -> Option<Timestamp> {
        let teams = self.teams.values();
        teams.filter_map(|team| team.wake(now)).min()
    }

    /// The day from which somebody may have been unseen for too long.
    fn next_unseen(&self) -> Option<Date> {
        let first = |user: UserId| {
            let seen = self.last_seen(user);
            let over = seen.map(|day| day.saturating_add(MONTHS_KEPT.months()));
            over.map_or(Date::MIN, |day| day.saturating_add(1.day()))
        };
        self.members_known().into_iter().map(first).min()
    }
}

/// The first moment of a day at UTC, where days are counted for this; now, if that can't be told.
fn start_of(day: Date, now: Timestamp) -> Timestamp {
    let start = day.to_zoned(TimeZone::UTC);
    start.map_or(now, |start| start.timestamp())
}

impl Team {
    /// When there is next something to do for it.
    fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let round = match self.next(now) {
            Next::Wait(at) => Some(at),
            Next::Rest => None,
            Next::Intend { .. } | Next::Post | Next::GiveUp | Next::Thread => Some(now),
        };
        let week = match self.next_week(now) {
            NextWeek::Wait(at) => Some(at),
            NextWeek::Rest => None,
            NextWeek::Intend { .. } | NextWeek::Post | NextWeek::GiveUp => Some(now),
        };
        let reminders = self.reminders_today(now).map(|due| due.at);
        round.into_iter().chain(week).chain(reminders).min()
    }

    fn places(&self) -> impl Iterator<Item = u16> {
        let messages = self.rounds.iter().filter_map(|round| round.message);
        let threads = messages.map(MessageId::get);
        threads.chain([self.channel.get()]).map(short)
    }
}

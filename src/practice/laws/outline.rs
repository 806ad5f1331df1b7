//! Whoever knows a guild by its outline alone misses nothing.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::schedule::{ZONES, settings};
use crate::practice::guild::Guild;
use crate::practice::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::practice::outline::Outline;
use crate::practice::posting::Next;
use crate::practice::team::Team;
use crate::practice::week::NextWeek;
use crate::practice::weekdays::Weekdays;
use jiff::civil::time;

fn start() -> Timestamp {
    "2026-03-25T06:00:00Z".parse().unwrap()
}

/// A guild with two teams in which things happened.
fn guild(seed: u64, things: usize) -> (Guild, Timestamp) {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut guild, mut now) = (Guild::new(GuildId::new(1)), start());
    for channel in [10, 20] {
        let zone = ZONES[random.random_range(0..ZONES.len())];
        let at = time(random.random_range(0..24), 30, 0, 0);
        let mut settings = settings(at, zone, Weekdays::working());
        settings.report = random.random_bool(0.5);
        guild.put(Team::new(ChannelId::new(channel), settings, now));
    }
    for _ in 0..things {
        now += SignedDuration::from_mins(random.random_range(1..900));
        let channel = ChannelId::new(if random.random_bool(0.5) { 10 } else { 20 });
        let user = UserId::new(random.random_range(1..5));
        if random.random_bool(0.1) {
            guild.change_person(user, |person| person.hidden = None);
        }
        if let Some(team) = guild.team_mut(channel) {
            happen(team, user, now, &mut random);
        }
    }
    (guild, now)
}

fn happen(team: &mut Team, user: UserId, now: Timestamp, random: &mut StdRng) {
    if random.random_bool(0.2) {
        team.remind_at(user, time(random.random_range(0..24), 0, 0, 0), now);
        return;
    }
    match team.next(now) {
        Next::Intend { day, due } => {
            team.intend(day, due, &["a", "b", "c", "d"], random);
        }
        Next::Post => {
            team.posted(MessageId::new(snowflake_at(now)));
        }
        Next::GiveUp => {
            team.give_up();
        }
        Next::Thread => {
            let newest = team.open_round().and_then(|round| round.message).unwrap();
            team.threaded(newest, crate::practice::round::Thread::There);
        }
        Next::Wait(_) | Next::Rest => {
            if let Some(posted) = team.open_round().and_then(|round| round.message) {
                team.reply(posted, user, MessageId::new(snowflake_at(now)));
            }
        }
    }
}

/// Whether there is something to do.
fn is_wanted(guild: &Guild, now: Timestamp) -> bool {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let rests = |team: &Team| {
        matches!(team.next(now), Next::Wait(_) | Next::Rest)
            && matches!(team.next_week(now), NextWeek::Wait(_) | NextWeek::Rest)
            && team.reminders_today(now).all(|due| due.at > now)
    };
    !guild.teams().values().all(|team| rests(team)) || !guild.unseen(today).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Before the outline's moment there is nothing to do, and if there ever is something there is a moment.
    #[test]
    fn nothing_is_due_before_its_moment(seed in any::<u64>(), things in 0_usize..120) {
        let (guild, now) = guild(seed, things);
        let wake = guild.outline(now).wake;
        prop_assert!(wake.is_none_or(|wake| wake <= now) || !is_wanted(&guild, now));
        // Half a year by the hour, then by the day until everybody is forgotten.
        for hours in (1..4_000).chain((4_000..12_000).step_by(24)) {
            let later = now + SignedDuration::from_hours(hours);
            if wake.is_some_and(|wake| wake <= later) {
                break;
            }
            prop_assert!(!is_wanted(&guild, later), "{later} is before {wake:?}");
        }
        // What was worked out earlier holds later.
        for hours in [1, 7, 30, 80] {
            let later = now + SignedDuration::from_hours(hours);
            let then = guild.next_work(later);
            let first = guild.next_work(now);
            let late = first.is_none_or(|first| first > later);
            prop_assert!(!late || then.is_none_or(|then| then > later), "{first:?} was said, {then:?} it is");
        }
    }

    /// What may be a reply is never taken for something else, also by an outline that was kept elsewhere.
    #[test]
    fn every_place_of_a_reply_is_known(seed in any::<u64>(), things in 0_usize..200) {
        let (guild, now) = guild(seed, things);
        let outline = guild.outline(now);
        let places = outline.places().unwrap();
        let kept = Outline::kept(outline.wake, outline.managed, &places);
        prop_assert_eq!(&kept, &outline);
        for team in guild.teams().values() {
            prop_assert!(kept.may_concern(team.channel));
            for message in team.rounds().iter().filter_map(|round| round.message) {
                prop_assert!(kept.may_concern(message.thread()));
            }
        }
        let others = (0..2_000).filter(|number| {
            kept.may_concern(ChannelId::new(snowflake_at(start()) + (number << 22)))
        });
        prop_assert!(others.count() < 20, "few others are looked at");
    }
}

#[test]
fn a_guild_without_teams_is_never_wanted() {
    let outline = Guild::new(GuildId::new(1)).outline(start());
    assert_eq!(outline.wake, None);
    assert!(!outline.managed && !outline.may_concern(ChannelId::new(1)));
    let unknown = Outline::unknown();
    assert!(unknown.wake <= Some(start()) && unknown.managed);
    assert!(unknown.may_concern(ChannelId::new(1)) && unknown.places().is_none());
}

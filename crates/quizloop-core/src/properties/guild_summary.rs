//! The summary of a guild is sufficient: it misses neither due work nor replies.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::schedule::{ZONES, settings};
use crate::guild::Guild;
use crate::guild_summary::GuildSummary;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::members::NewRating;
use crate::posting::PostStep;
use crate::retention::Retention;
use crate::review::Rating;
use crate::round::ThreadStatus;
use crate::team::Team;
use crate::weekdays::Weekdays;
use crate::weekly_report::ReportStep;
use crate::wrap_up::WrapUpStep;
use jiff::civil::time;

fn start() -> Timestamp {
    "2026-03-25T06:00:00Z".parse().unwrap()
}

/// Creates a guild with two teams and a random history of `steps` events.
fn guild(seed: u64, steps: usize) -> (Guild, Timestamp) {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut guild, mut now) = (Guild::new(GuildId::new(1)), start());
    for channel in [10, 20] {
        let zone = ZONES[random.random_range(0..ZONES.len())];
        let at = time(random.random_range(0..24), 30, 0, 0);
        let mut settings = settings(at, zone, Weekdays::working());
        settings.send_weekly_report = random.random_bool(0.5);
        if random.random_bool(0.5) {
            let wrap_up_at =
                at.saturating_add(SignedDuration::from_hours(random.random_range(1..12)));
            settings.schedule.wrap_up_at = Some(wrap_up_at);
        }
        guild.insert_team(Team::new(ChannelId::new(channel), settings, now));
    }
    for _ in 0..steps {
        now += SignedDuration::from_mins(random.random_range(1..900));
        let channel = ChannelId::new(if random.random_bool(0.5) { 10 } else { 20 });
        let user = UserId::new(random.random_range(1..5));
        if random.random_bool(0.1) {
            guild.update_profile(user, |profile| profile.hidden_since = None);
        }
        if random.random_bool(0.3) {
            practise(&mut guild, channel, user, now, &mut random);
        }
        if let Some(team) = guild.team_mut(channel) {
            advance(team, user, now, &mut random);
        }
    }
    (guild, now)
}

/// Sets the review reminder, or rates a question.
fn practise(
    guild: &mut Guild,
    channel: ChannelId,
    user: UserId,
    now: Timestamp,
    random: &mut StdRng,
) {
    if random.random_bool(0.2) {
        let at = time(random.random_range(0..24), 0, 0, 0);
        guild.set_review_reminder(user, channel, at, now);
        return;
    }
    let question = ["a", "b", "c", "d", "e", "f"][random.random_range(0..6)];
    let rated = NewRating {
        question,
        review_count: guild.review(user, question).map_or(0, |one| one.count),
        rating: Rating::ALL[random.random_range(0..4)],
        retention: Retention::default(),
        today: guild.practice_place(channel).zone.date(now),
    };
    guild.rate(user, &rated);
}

fn advance(team: &mut Team, user: UserId, now: Timestamp, random: &mut StdRng) {
    if random.random_bool(0.2) {
        team.set_reminder(user, time(random.random_range(0..24), 0, 0, 0), now);
        return;
    }
    if random.random_bool(0.5) {
        match team.next_wrap_up_step(now) {
            WrapUpStep::Begin { .. } => assert!(team.begin_wrap_up(now)),
            WrapUpStep::Deliver => team.record_wrap_up(MessageId::new(snowflake_at(now))),
            WrapUpStep::Wait(_) | WrapUpStep::Idle => {}
        }
    }
    match team.next_post_step(now) {
        PostStep::Begin { day, due } => {
            team.begin_round(day, due, &["a", "b", "c", "d"], random);
            // The other steps follow at once, or when the team comes up again.
            if random.random_bool(0.7) {
                let message = MessageId::new(snowflake_at(now));
                team.record_post(message);
                team.record_thread(message, ThreadStatus::Created);
            }
        }
        PostStep::Deliver if team.pending_post().unwrap().window.contains(&now) => {
            team.record_post(MessageId::new(snowflake_at(now)));
        }
        PostStep::Deliver => {
            team.abandon_round(now);
        }
        PostStep::CreateThread => {
            let newest = team.open_round().and_then(|round| round.message).unwrap();
            team.record_thread(newest, ThreadStatus::Created);
        }
        PostStep::Wait(_) | PostStep::Idle => {
            if let Some(posted) = team.open_round().and_then(|round| round.message) {
                team.count_reply(posted, user, MessageId::new(snowflake_at(now)));
            }
        }
    }
}

/// Whether the guild has work now.
fn has_work(guild: &Guild, now: Timestamp) -> bool {
    let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let is_idle = |team: &Team| {
        matches!(team.next_post_step(now), PostStep::Wait(_) | PostStep::Idle)
            && matches!(
                team.next_report_step(now),
                ReportStep::Wait(_) | ReportStep::Idle
            )
            && matches!(
                team.next_wrap_up_step(now),
                WrapUpStep::Wait(_) | WrapUpStep::Idle
            )
            && team.reminders_today(now).all(|due| due.at > now)
    };
    let is_reminded = |user: u64| {
        let due = guild.due_review_reminder(UserId::new(user), now, |_| true);
        due.is_some()
    };
    !guild.teams().values().all(|team| is_idle(team))
        || (1..5).any(is_reminded)
        || !guild.inactive_members(today).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A guild has no work before the due time in its summary, and has a due time if it ever has
    /// work.
    #[test]
    fn no_work_is_due_before_the_summary_says(seed in any::<u64>(), steps in 0_usize..120) {
        let (guild, now) = guild(seed, steps);
        let next_due = guild.summary(now).next_due;
        prop_assert!(next_due.is_none_or(|next_due| next_due <= now) || !has_work(&guild, now));
        // Hourly for half a year, then daily until the data of all members is deleted.
        for hours in (1..4_000).chain((4_000..12_000).step_by(24)) {
            let later = now + SignedDuration::from_hours(hours);
            if next_due.is_some_and(|next_due| next_due <= later) {
                break;
            }
            prop_assert!(!has_work(&guild, later), "{later} is before {next_due:?}");
        }
        // An earlier result stays valid later.
        for hours in [1, 7, 30, 80] {
            let later = now + SignedDuration::from_hours(hours);
            let then = guild.next_work(later);
            let first = guild.next_work(now);
            let is_later = first.is_none_or(|first| first > later);
            prop_assert!(!is_later || then.is_none_or(|then| then > later), "{first:?} became {then:?}");
        }
    }

    /// A summary never misses a channel or thread with replies, even after it was stored and read
    /// again.
    #[test]
    fn every_channel_with_replies_is_known(seed in any::<u64>(), steps in 0_usize..200) {
        let (guild, now) = guild(seed, steps);
        let summary = guild.summary(now);
        let hashes = summary.channel_hashes().unwrap();
        let stored = GuildSummary::from_parts(summary.next_due, summary.managed, &hashes);
        prop_assert_eq!(&stored, &summary);
        for team in guild.teams().values() {
            prop_assert!(stored.may_contain_reply(team.channel));
            for message in team.rounds().iter().filter_map(|round| round.message) {
                prop_assert!(stored.may_contain_reply(message.thread()));
            }
        }
        let others = (0..2_000).filter(|number| {
            stored.may_contain_reply(ChannelId::new(snowflake_at(start()) + (number << 22)))
        });
        prop_assert!(others.count() < 20, "few other channels match");
    }
}

/// A process whose clock is 90 seconds ahead is killed between the steps of a post, and the next one
/// has the right time: the guild is due for it.
#[test]
fn unfinished_work_is_due_for_a_process_with_an_earlier_clock() {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::working());
    let mut team = Team::new(ChannelId::new(10), settings, start());
    let (nine, ahead) = (
        "2026-03-25T09:00:00Z".parse().unwrap(),
        "2026-03-25T09:01:30Z".parse().unwrap(),
    );
    let next_due = |team: &Team| {
        let mut guild = Guild::new(GuildId::new(1));
        guild.insert_team(team.clone());
        guild.summary(ahead).next_due
    };
    let is_due = |team: &Team| next_due(team).is_some_and(|due| due <= nine);
    assert!(is_due(&team), "not begun");
    let PostStep::Begin { day, due } = team.next_post_step(ahead) else {
        panic!("a question is due");
    };
    team.begin_round(day, due, &["a"], &mut StdRng::seed_from_u64(1));
    assert!(is_due(&team), "not sent");
    team.record_post(MessageId::new(snowflake_at(nine)));
    assert!(is_due(&team), "without its thread");
}

#[test]
fn a_guild_without_teams_is_never_due() {
    let summary = Guild::new(GuildId::new(1)).summary(start());
    assert_eq!(summary.next_due, None);
    assert!(!summary.managed && !summary.may_contain_reply(ChannelId::new(1)));
    let unknown = GuildSummary::unknown();
    assert!(unknown.next_due <= Some(start()) && unknown.managed);
    assert!(unknown.may_contain_reply(ChannelId::new(1)) && unknown.channel_hashes().is_none());
}

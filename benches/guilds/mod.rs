//! Guilds of configurable size for the benchmarks.

use jiff::civil::{Date, date, time};
use jiff::{SignedDuration, ToSpan};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use quizloop_core::members::NewRating;
use quizloop_core::retention::Retention;
use quizloop_core::review::Rating;
use quizloop_core::round::ThreadStatus;
use quizloop_core::schedule::Schedule;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::zone::Zone;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Channel of the only team of each guild.
pub const CHANNEL: ChannelId = ChannelId::new(1_120_000_000_000_000_001);

/// Returns the date `number` days after 1 January 2026.
pub fn day(number: i64) -> Date {
    date(2026, 1, 1).saturating_add(number.days())
}

/// Builds a guild with one team, in which every member answered every round.
pub fn guild(id: u64, members: u64, rounds: i64) -> Guild {
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
        ..TeamSettings::default()
    };
    let start = "2026-01-01T09:00:00Z".parse().expect("valid timestamp");
    let mut team = Team::new(CHANNEL, settings, start);
    let mut rng = StdRng::seed_from_u64(1);
    let bank: Vec<String> = (0..131)
        .map(|number| format!("a-question-of-the-bank-{number}"))
        .collect();
    let bank: Vec<&str> = bank.iter().map(String::as_str).collect();
    for number in 0..rounds {
        let opened = start + SignedDuration::from_hours(24 * number);
        let posted = MessageId::new(snowflake_at(opened));
        team.begin_round(day(number), opened, &bank, &mut rng)
            .expect("one round per day");
        team.record_post(posted);
        team.record_thread(posted, ThreadStatus::Created);
        for member in 1..=members {
            let reply = snowflake_at(opened + SignedDuration::from_mins(5)) + member;
            team.count_reply(
                posted,
                UserId::new(1_150_000_000_000_000_000 + member),
                MessageId::new(reply),
            );
        }
    }
    let mut guild = Guild::new(GuildId::new(id));
    guild.insert_team(team);
    guild
}

/// Builds a guild in which every member has a review of each of `questions` questions.
pub fn guild_with_reviews(id: u64, members: u64, questions: usize) -> Guild {
    let mut guild = guild(id, members, 20);
    for member in 1..=members {
        for number in 0..questions {
            let question = format!("a-question-of-the-bank-{number}");
            let rated = NewRating {
                question: &question,
                review_count: 0,
                rating: Rating::ALL[number % 4],
                retention: Retention::default(),
                today: day(i64::try_from(number).expect("fits in i64")),
            };
            guild.rate(UserId::new(1_150_000_000_000_000_000 + member), &rated);
        }
    }
    guild
}

//! Collects the data for the chart of `/progress`: rounds from a member's ledger, practice from
//! their reviews.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bot::render::daily::topic_label;
use quizloop_bank::{GuildQuestions, Question};
use quizloop_chart::{
    Day, DayOutcome, InterviewHistory, InterviewScore, PointsSaid, Progress, Topic, first_day,
};
use quizloop_core::guild::Guild;
use quizloop_core::id::UserId;
use quizloop_core::interview::{INTERVIEW_RESULTS_KEPT, InterviewResult};
use quizloop_core::member_profile::MemberProfile;
use quizloop_core::self_assessment::TopicPoints;
use quizloop_core::streak::{RoundOutcome, replay};
use quizloop_core::team::Team;
use quizloop_core::zone::Zone;

/// Returns a member's progress: rounds and streak in one team, and reviews in the whole guild.
pub fn progress(
    guild: &Guild,
    team: Option<&Team>,
    questions: &GuildQuestions,
    user: UserId,
    today: Date,
) -> Progress {
    let streak = team.map(|team| team.streak(user)).unwrap_or_default();
    let is_known = |question: &str| questions.is_asked(question);
    let zone = team.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
    let mock_interviews = guild.profile(user).map_or(0, |one| one.mock_interviews);
    Progress {
        today,
        days: days(guild, team, user, today),
        topics: topics(guild, questions, user, today),
        forecast: guild.forecast(user, today, is_known),
        streak: streak.current,
        longest: streak.longest,
        interviews: interviews(guild.interview_results(user), mock_interviews, &zone),
    }
}

/// Returns the interviews of a member, from the results that are kept.
pub fn interviews(
    results: &[InterviewResult],
    mock_interviews: u32,
    zone: &Zone,
) -> InterviewHistory {
    let with_points = results.iter().filter(|one| one.points > 0);
    let scores = with_points.map(|one| InterviewScore {
        date: zone.date(one.started_at),
        percent: u8::try_from(u32::from(one.said) * 100 / u32::from(one.points)).unwrap_or(100),
    });
    InterviewHistory {
        held: to_u32(results.len()),
        is_minimum: results.len() >= INTERVIEW_RESULTS_KEPT,
        scores: scores.collect(),
        mock_interviews,
    }
}

/// Returns the days of the heat map with a round or a review.
fn days(guild: &Guild, team: Option<&Team>, user: UserId, today: Date) -> Vec<Day> {
    let mut days: BTreeMap<Date, (Option<DayOutcome>, u16)> = BTreeMap::new();
    for (date, outcome) in team.map(|team| rounds(team, user)).unwrap_or_default() {
        days.entry(date).or_default().0 = Some(outcome);
    }
    let practice_days = guild.profile(user).map(MemberProfile::practice_days);
    for practice in practice_days.unwrap_or_default() {
        days.entry(practice.day).or_default().1 += practice.count;
    }
    let shown = first_day(today)..=today;
    days.into_iter()
        .filter(|(date, _)| shown.contains(date))
        .map(|(date, (round, reviews))| Day {
            date,
            round,
            reviews,
        })
        .collect()
}

/// Returns the rounds of a member that the chart shows, the oldest first.
fn rounds(team: &Team, user: UserId) -> Vec<(Date, DayOutcome)> {
    let ledger = team.ledger(user);
    replay(&ledger, team.rounds())
        .filter_map(|(round, entry, _)| Some((round.day, outcome(&entry)?)))
        .collect()
}

/// Returns how the chart shows a round; `None` if the round is open or has no effect on a streak.
const fn outcome(outcome: &RoundOutcome) -> Option<DayOutcome> {
    match outcome {
        RoundOutcome::Answered | RoundOutcome::Credited(_) => Some(DayOutcome::Answered),
        RoundOutcome::Frozen { .. } => Some(DayOutcome::Frozen),
        RoundOutcome::Missed { .. } => Some(DayOutcome::Missed),
        RoundOutcome::PeekedFirst | RoundOutcome::Void(_) | RoundOutcome::Open { .. } => None,
    }
}

/// Returns for each topic of the bank how much of it the member has seen and how well they remember
/// it.
fn topics(guild: &Guild, questions: &GuildQuestions, user: UserId, today: Date) -> Vec<Topic> {
    let mut recalls: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for (question, review) in guild.reviews(user) {
        let asked = questions
            .get(question)
            .filter(|_| questions.is_enabled(question));
        if let Some(Question { topic, .. }) = asked {
            let recalls = recalls.entry(topic).or_default();
            recalls.push(review.retrievability(today));
        }
    }
    let profile = guild.profile(user);
    let topic = |name: &str| {
        let recalls = recalls.get(name).map_or(&[][..], Vec::as_slice);
        Topic {
            name: topic_label(name),
            seen: to_u32(recalls.len()),
            total: to_u32(questions.filter(Some(name), None).count()),
            recall: mean(recalls),
            assessed: profile.map_or_else(PointsSaid::default, |one| points_said(one, name)),
        }
    };
    questions.topics().map(topic).collect()
}

/// Returns what a member said in their replies to a topic's questions.
fn points_said(profile: &MemberProfile, topic: &str) -> PointsSaid {
    let TopicPoints {
        questions,
        made,
        points,
    } = profile.topic_points(topic);
    PointsSaid {
        questions,
        said: made,
        points,
    }
}

/// Converts a number of questions, which is far below the limit of the type.
fn to_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Returns the arithmetic mean; 0 for an empty slice.
fn mean(values: &[f32]) -> f32 {
    let mut mean = 0.0;
    for (count, value) in (1_u16..).zip(values) {
        mean += (value - mean) / f32::from(count);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::DayOutcome::{Answered, Frozen, Missed};
    use super::*;
    use jiff::civil::{date, time};
    use quizloop_bank::{Bank, built_in};
    use quizloop_core::id::{ChannelId, GuildId, MessageId, snowflake_at};
    use quizloop_core::ledger::Actor;
    use quizloop_core::members::NewRating;
    use quizloop_core::retention::Retention;
    use quizloop_core::review::Rating;
    use quizloop_core::schedule::Schedule;
    use quizloop_core::self_assessment::{NewAssessment, Ticks};
    use quizloop_core::team::TeamSettings;
    use quizloop_core::zone::Zone;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const ADA: UserId = UserId::new(1);
    const CHANNEL: ChannelId = ChannelId::new(20);

    fn message(day: Date, hour: i8) -> MessageId {
        let time = day
            .at(hour, 0, 0, 0)
            .to_zoned_datetime(jiff::tz::TimeZone::UTC);
        MessageId::new(snowflake_at(time.unwrap().timestamp()))
    }

    /// Ada answers the first seven rounds and the twelfth; the eighth is void, the last one is
    /// open.
    fn guild() -> Guild {
        let settings = TeamSettings {
            schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
            ..TeamSettings::default()
        };
        let mut team = Team::new(CHANNEL, settings, "2026-03-01T00:00:00Z".parse().unwrap());
        let mut rng = StdRng::seed_from_u64(1);
        for (number, day) in (1_u32..).zip(2..=14) {
            let day = date(2026, 3, day);
            let posted = message(day, 9);
            team.begin_round(day, posted.time(), &["a", "b"], &mut rng)
                .unwrap();
            team.record_post(posted);
            if number <= 7 || number == 12 {
                team.count_reply(posted, ADA, message(day, 10));
            }
        }
        let by = Actor {
            user: None,
            at: "2026-03-14T10:00:00Z".parse().unwrap(),
        };
        team.void(8, by).unwrap();
        let mut guild = Guild::new(GuildId::new(1));
        guild.insert_team(team);
        guild
    }

    fn rate(guild: &mut Guild, question: &str, rating: Rating, today: Date) {
        let rated = NewRating {
            question,
            review_count: 0,
            rating,
            retention: Retention::default(),
            today,
        };
        guild.rate(ADA, &rated);
    }

    #[test]
    fn days_show_the_ledger() {
        let guild = guild();
        let days = days(&guild, guild.team(CHANNEL), ADA, date(2026, 3, 14));
        let days = days.iter().map(|day| (day.date.day(), day.round.unwrap()));
        let after_the_void: Vec<_> = days.filter(|(day, _)| *day > 7).collect();
        // The 9th is void, the 14th open.
        let expected = [
            (8, Answered),
            (10, Frozen),
            (11, Missed),
            (12, Missed),
            (13, Answered),
        ];
        assert_eq!(after_the_void, expected);
    }

    #[test]
    fn practice_is_shown_and_old_days_are_left_out() {
        let mut guild = guild();
        let today = date(2026, 3, 14);
        rate(&mut guild, "old", Rating::Good, date(2025, 9, 14));
        rate(&mut guild, "a", Rating::Good, today);
        rate(&mut guild, "b", Rating::Good, today);
        let days = days(&guild, None, ADA, today);
        let expected = Day {
            date: today,
            round: None,
            reviews: 2,
        };
        assert_eq!(days, [expected]);
        let progress = progress(
            &guild,
            guild.team(CHANNEL),
            &GuildQuestions::new(bank().into()),
            ADA,
            today,
        );
        assert_eq!((progress.streak, progress.longest), (1, 7));
    }

    /// Ada assesses the open round twice; the second press changes nothing.
    #[test]
    fn topics_have_the_points_that_were_said() {
        let mut guild = guild();
        let open = message(date(2026, 3, 14), 9);
        let team = guild.team_mut(CHANNEL).unwrap();
        team.count_reply(open, ADA, message(date(2026, 3, 14), 10));
        for made in [1, 3] {
            let ticks = Ticks::new(4, 0..made);
            let new = NewAssessment {
                message: open,
                topic: "queues",
                ticks,
                rating: ticks.rating(),
                review_count: 0,
                now: message(date(2026, 3, 14), 11).time(),
            };
            guild.assess(ADA, &new).unwrap();
        }
        let bank = bank();
        let questions = &GuildQuestions::new(bank.into());
        let progress = progress(&guild, None, questions, ADA, date(2026, 3, 14));
        let assessed: Vec<_> = progress
            .topics
            .iter()
            .filter(|topic| topic.assessed != PointsSaid::default())
            .map(|topic| (topic.name.as_str(), topic.assessed))
            .collect();
        let expected = PointsSaid {
            questions: 1,
            said: 1,
            points: 4,
        };
        assert_eq!(assessed, [("queues", expected)]);
    }

    fn bank() -> Bank {
        Bank::load(built_in(), &[]).0
    }

    #[test]
    fn topics_have_share_and_mean_recall() {
        let questions = GuildQuestions::new(bank().into());
        let of_queues: Vec<&str> = questions
            .filter(Some("queues"), None)
            .map(|one| one.id.as_str())
            .collect();
        let today = date(2026, 3, 14);
        let mut guild = guild();
        rate(&mut guild, of_queues[0], Rating::Easy, today);
        rate(&mut guild, of_queues[1], Rating::Again, today);
        rate(&mut guild, "not in the bank", Rating::Again, today);
        let then = date(2026, 3, 22);
        let recall = |id: &str| guild.review(ADA, id).unwrap().retrievability(then);
        let mean = f32::midpoint(recall(of_queues[0]), recall(of_queues[1]));
        let progress = progress(&guild, None, &questions, ADA, then);
        let names: Vec<_> = progress
            .topics
            .iter()
            .map(|topic| topic.name.as_str())
            .collect();
        assert!(names.contains(&"context managers"), "{names:?}");
        let queues = progress
            .topics
            .iter()
            .find(|topic| topic.name == "queues")
            .unwrap();
        assert_eq!((queues.seen, queues.total as usize), (2, of_queues.len()));
        assert_eq!(queues.assessed, PointsSaid::default());
        assert!((queues.recall - mean).abs() < 1e-6);
        assert!(
            progress
                .topics
                .iter()
                .filter(|topic| topic.seen > 0)
                .count()
                == 1
        );
        // Both questions are due by then; the one that is not in the bank is not counted.
        assert_eq!(progress.forecast[0], 2);
    }
}

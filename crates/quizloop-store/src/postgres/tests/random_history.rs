//! Random changes to a guild.

use jiff::civil::{Date, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use quizloop_core::ledger::Actor;
use quizloop_core::members::NewRating;
use quizloop_core::retention::Retention;
use quizloop_core::review::Rating;
use quizloop_core::round::ThreadStatus;
use quizloop_core::schedule::Schedule;
use quizloop_core::server_questions::QuestionContent;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::zone::Zone;

const QUESTIONS: [&str; 5] = [
    "tasks-1",
    "queues-1",
    "sync-1",
    "timeouts-1",
    "ünïcode-\"quoted\"",
];
const FIRST: Date = date(2026, 3, 2);

/// Generates random changes from a seed.
pub struct RandomHistory {
    random: StdRng,
    /// For the server's own questions, which come beside the other changes.
    server_random: StdRng,
    day: i64,
}

impl RandomHistory {
    /// The same seed gives the same changes.
    pub fn new(seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        let server_random = StdRng::seed_from_u64(seed + 1);
        Self {
            random,
            server_random,
            day: 0,
        }
    }

    /// Makes one random change.
    pub fn step(&mut self, guild: &mut Guild) {
        let channel = ChannelId::new(self.random.random_range(1..=2));
        let user = UserId::new(self.random.random_range(1..=4));
        let now = self.now();
        match self.server_random.random_range(0..12) {
            0 => self.change_own_question(guild, user, now),
            1 => self.change_suggestion(guild, user, now),
            _ => {}
        }
        match self.random.random_range(0..16) {
            0 if guild.team(channel).is_none() => guild.insert_team(team(channel, now)),
            1 => drop(
                guild
                    .remove_team(channel)
                    .filter(|_| self.random.random_bool(0.9))
                    .map(|team| guild.insert_team(team)),
            ),
            2..=4 => self.rate(guild, user),
            5 => guild.update_profile(user, |person| person.hidden_since = Some(FIRST)),
            6 if self.random.random_bool(0.2) => guild.delete_member(user, now),
            7 => drop(guild.add_report(QUESTIONS[0], user, "a 'mistake' \\ \u{1f9f5}", now)),
            8 => guild.update_profile(user, |person| person.hidden_since = None),
            _ => {
                if let Some(team) = guild.team_mut(channel) {
                    self.change_team(team, user, now);
                }
            }
        }
    }

    fn change_own_question(&mut self, guild: &mut Guild, user: UserId, now: Timestamp) {
        let first = guild
            .server_questions()
            .and_then(|own| own.questions().first());
        let first = first.map(|question| question.id.clone());
        match (self.server_random.random_range(0..4), first) {
            (0, Some(id)) => drop(guild.remove_question(&id)),
            (1, Some(id)) => drop(guild.edit_question(&id, content("edited \0?"))),
            (2, id) => {
                let id = id.unwrap_or_else(|| QUESTIONS[0].to_owned());
                let enabled = self.server_random.random_bool(0.5);
                let _ = guild.set_question_enabled(&id, enabled);
            }
            _ => drop(guild.add_question(
                content("why \u{1f9f5}?"),
                user,
                now,
                &mut self.server_random,
            )),
        }
    }

    fn change_suggestion(&mut self, guild: &mut Guild, user: UserId, now: Timestamp) {
        let open = guild
            .server_questions()
            .and_then(|own| own.suggestions().first());
        let number = open.map(|suggestion| suggestion.number);
        match (self.server_random.random_range(0..4), number) {
            (0, Some(number)) => drop(guild.reject_suggestion(number, user, now)),
            (1, Some(number)) => {
                drop(guild.approve_suggestion(number, user, now, &mut self.server_random));
            }
            (2, _) => drop(guild.take_suggestion_notices(user)),
            _ => drop(guild.suggest_question(content("suggested?"), user, now)),
        }
    }

    fn now(&self) -> Timestamp {
        let day = FIRST
            .saturating_add(self.day.days())
            .at(10, 0, 0, 123_456_789);
        day.to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
    }

    fn rate(&mut self, guild: &mut Guild, user: UserId) {
        let question = QUESTIONS.choose(&mut self.random).unwrap();
        let rated = NewRating {
            question,
            review_count: guild
                .review(user, question)
                .map_or(0, |review| review.count),
            rating: *Rating::ALL.choose(&mut self.random).unwrap(),
            retention: Retention::default(),
            today: FIRST.saturating_add(self.day.days()),
        };
        guild.rate(user, &rated);
    }

    fn change_team(&mut self, team: &mut Team, user: UserId, now: Timestamp) {
        let newest = team.rounds().last().cloned();
        let posted = newest.as_ref().and_then(|round| round.message);
        match (self.random.random_range(0..9), newest, posted) {
            (0 | 1, _, _) => {
                self.day += 1;
                let day = FIRST.saturating_add(self.day.days());
                team.begin_round(day, self.now(), &QUESTIONS, &mut self.random);
            }
            (2, Some(_), None) => {
                team.abandon_round(now);
            }
            (_, Some(_), None) => {
                let message = MessageId::new(snowflake_at(now) + 1);
                team.record_post(message);
                team.record_thread(message, ThreadStatus::Created);
            }
            (3, Some(round), Some(_)) => {
                let by = Actor {
                    user: Some(user),
                    at: now,
                };
                let _ = team.void(round.number, by);
            }
            (4, Some(round), Some(_)) => drop(team.peek(round.number, user, now)),
            (5, _, Some(posted)) => team.record_read_up_to(None, posted),
            (6, _, _) => team.set_reminder(user, time(17, 30, 0, 0), now),
            (_, _, Some(posted)) => {
                let at = now + SignedDuration::from_mins(5);
                team.count_reply(posted, user, MessageId::new(snowflake_at(at) + user.get()));
            }
            _ => {}
        }
    }
}

fn content(question: &str) -> QuestionContent {
    QuestionContent {
        question: question.into(),
        answer: "because".into(),
        points: vec!["a 'point' \\".into()],
        ..QuestionContent::default()
    }
}

fn team(channel: ChannelId, now: Timestamp) -> Team {
    let zone = Zone::from_name("Asia/Kathmandu").unwrap();
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(time(8, 45, 0, 0), zone),
        send_weekly_report: true,
        ..TeamSettings::default()
    };
    Team::new(channel, settings, now)
}

/// Returns a guild after that number of random changes.
pub fn guild_with_history(id: GuildId, seed: u64, changes: usize) -> Guild {
    let (mut guild, mut history) = (Guild::new(id), RandomHistory::new(seed));
    for _ in 0..changes {
        history.step(&mut guild);
    }
    guild
}

//! Every text that a person sees, whole.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::{date, time};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::team::{PermissionReport, TeamStatus, status};
use super::user_error::UserError;
use super::{daily, help, quiz, reveal, streak, team, user_error};
use crate::bank::{Bank, Kind, Question, built_in};
use crate::bot::rest::ApiError;
use crate::practice::id::{ChannelId, GuildId, MessageId, RoleId, UserId, snowflake_at};
use crate::practice::leaderboard::{LeaderboardRow, Period};
use crate::practice::ledger::Actor;
use crate::practice::schedule::Schedule;
use crate::practice::streak::{Streak, replay};
use crate::practice::team::{PostingFailure, Reveal, Team, TeamSettings};
use crate::practice::zone::Zone;

const ADA: UserId = UserId::new(1);
const LIN: UserId = UserId::new(2);

mod feedback;
mod pictures;
mod privacies;
mod quizzes;
mod reminders;
mod weeks;

pub fn question() -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get("coroutine-objects").unwrap().clone()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn settings() -> TeamSettings {
    TeamSettings {
        schedule: Schedule::weekdays_at(
            time(9, 0, 0, 0),
            Zone::from_name("Europe/Berlin").unwrap(),
        ),
        reveal: Reveal::AfterReply,
        role: None,
        retention: crate::practice::retention::Retention::default(),
        send_weekly_report: false,
    }
}

fn new_team() -> Team {
    Team::new(ChannelId::new(20), settings(), at("2026-03-20T12:00:00Z"))
}

fn message(day: i8, hour: i8, nth: u64) -> MessageId {
    let time = date(2026, 3, day)
        .at(hour, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap();
    MessageId::new(snowflake_at(time.timestamp()) + nth)
}

/// Ada: answered, missed, looked first, late, credited; a void round; one open.
fn team_with_rounds() -> Team {
    let mut team = new_team();
    let mut rng = StdRng::seed_from_u64(1);
    let by = Actor {
        user: Some(UserId::new(9)),
        at: at("2026-03-30T10:00:00Z"),
    };
    for (number, day) in (1..).zip([23_i8, 24, 25, 26, 27, 30, 31]) {
        let posted = message(day, 8, 0);
        team.begin_round(
            date(2026, 3, day),
            posted.time(),
            &["coroutine-objects", "b"],
            &mut rng,
        )
        .unwrap();
        team.record_post(posted);
        team.record_thread(posted, crate::practice::round::ThreadStatus::Created);
        match number {
            1 => drop(team.count_reply(posted, ADA, message(day, 9, 1))),
            3 => {
                team.peek(3, ADA, message(day, 9, 0).time());
                team.count_reply(posted, ADA, message(day, 10, 1));
            }
            5 => {
                team.count_reply(message(26, 8, 0), ADA, message(day, 9, 1));
                team.credit(5, ADA, by).unwrap();
                team.count_reply(posted, LIN, message(day, 9, 2));
            }
            6 => team.void(6, by).unwrap(),
            _ => {}
        }
    }
    team
}

#[test]
fn daily_message() {
    let team = team_with_rounds();
    let mut round = team.rounds()[0].clone();
    round.remaining = 20;
    assert_snapshot!("daily_fresh", daily::post(&question(), &round, 0));
    round.remaining = 7;
    assert_snapshot!(
        "daily_with_role_and_few_left",
        daily::post(&question(), &round, 1).mention_role(RoleId::new(5))
    );
    round.remaining = 0;
    assert_snapshot!(
        "daily_last_of_the_deck",
        daily::post(&question(), &round, 12)
    );
    let mut predict = question();
    predict.kind = Kind::Predict;
    assert_snapshot!("daily_predict", daily::post(&predict, &round, 0));
}

#[test]
fn the_label_begins_every_footer() {
    let round = team_with_rounds().rounds()[0].clone();
    for replied in [0, 1, 5] {
        let post = daily::post(&question(), &round, replied);
        let footer = &post.embeds[0].footer.as_ref().unwrap().text;
        assert!(
            footer.starts_with(&format!("{} ", round.label())),
            "{footer}"
        );
    }
}

#[test]
fn thread_names_fit() {
    assert_eq!(
        daily::thread_name("What does `await` do?"),
        "What does await do?"
    );
    assert_eq!(daily::thread_name(&"🧵".repeat(200)).chars().count(), 100);
}

#[test]
fn reveals() {
    assert_snapshot!("answer", reveal::answer(&question()));
    assert_snapshot!("hint", reveal::hint(&question()));
    assert_snapshot!(
        "confirm",
        reveal::confirm(ChannelId::new(20), 3, false, &question())
    );
    assert_snapshot!(
        "confirm_public",
        reveal::confirm(ChannelId::new(20), 3, true, &question())
    );
    let mut bug = question();
    bug.kind = Kind::Bug;
    bug.broken = Some("hello()".into());
    bug.broken_output = Some("RuntimeWarning".into());
    assert_snapshot!("answer_of_a_bug", reveal::answer(&bug));
}

#[test]
fn streaks() {
    let nothing = streak::StreakView {
        member: ADA,
        is_own: true,
        streak: Streak::default(),
        recent_rounds: Vec::new(),
    };
    assert_snapshot!("streak_none", streak::streak(&nothing));
    let team = team_with_rounds();
    let ledger = team.ledger(ADA);
    let why = replay(&ledger, team.rounds())
        .map(|(round, entry, _)| (round, entry))
        .collect();
    let standing = streak::StreakView {
        member: ADA,
        is_own: false,
        streak: team.streak(ADA),
        recent_rounds: why,
    };
    assert_snapshot!("streak_why", streak::streak(&standing));
    let full = Streak {
        current: 15,
        longest: 20,
        freezes: 2,
        answered: 30,
    };
    assert_snapshot!(
        "streak_full",
        streak::streak(&streak::StreakView {
            member: ADA,
            is_own: true,
            streak: full,
            recent_rounds: Vec::new()
        })
    );
}

#[test]
fn leaderboards() {
    let month = Period::Month(date(2026, 3, 31));
    assert_snapshot!(
        "leaderboard",
        streak::leaderboard(&team_with_rounds().leaderboard(month), month)
    );
    assert_snapshot!(
        "leaderboard_empty",
        streak::leaderboard(&[], Period::AllTime)
    );
    let rows: Vec<LeaderboardRow> = (1..13)
        .map(|user| LeaderboardRow {
            user: UserId::new(user),
            answered: 3,
            streak: Streak::default(),
        })
        .collect();
    let text = streak::leaderboard(&rows, Period::AllTime).to_string();
    assert!(
        text.ends_with("10. <@10>: 3 answered rounds, streak 0\nand 2 more\n"),
        "{text}"
    );
}

#[test]
fn helps() {
    assert_snapshot!("help", help::help(false));
    assert_snapshot!("help_admin", help::help(true));
}

#[test]
fn teams() {
    let now = at("2026-03-20T12:00:00Z");
    let fine = PermissionReport::default();
    assert_snapshot!("set_up", team::team_summary(&new_team(), now, &fine, false));
    let missing = PermissionReport {
        missing: vec!["Create Public Threads", "Add Reactions"],
        unmentionable_role: false,
    };
    assert_snapshot!(
        "set_up_missing",
        team::team_summary(&new_team(), now, &missing, false)
    );
    let mut busy = team_with_rounds();
    busy.settings.role = Some(RoleId::new(5));
    busy.settings.reveal = Reveal::Open;
    busy.settings.schedule.holidays = [date(2026, 12, 24), date(2026, 12, 25)].into();
    let later = at("2026-03-31T12:00:00Z");
    assert_snapshot!(
        "settings_changed",
        team::team_summary(&busy, later, &fine, true)
    );
    let mut state = TeamStatus {
        guild: GuildId::new(10),
        now: later,
        access: Ok(&fine),
        bank_size: 24,
    };
    assert_snapshot!("status", status(&busy, &state));
    busy.managed = true;
    busy.settings.send_weekly_report = true;
    busy.pause(Some(date(2026, 4, 7)));
    busy.posting_failure = Some(PostingFailure {
        since: later,
        message: user_error::explain(&forbidden(50_013)),
    });
    let missing = PermissionReport {
        unmentionable_role: true,
        ..missing
    };
    state.access = Ok(&missing);
    assert_snapshot!("status_trouble", status(&busy, &state));
    assert_snapshot!("paused", team::paused(&busy, later));
    busy.resume(later);
    assert_snapshot!("resumed", team::resumed(&busy, later));
    let day = busy.skip_next(later).unwrap();
    assert_snapshot!(
        "skipped",
        team::skipped(day, &busy.next_post_times(later, 3))
    );
    assert_snapshot!("confirm_removal", team::confirm_removal(&busy));
    let short = [
        team::post_started(3),
        team::already_posted_today(),
        team::voided(3),
        team::credited(ADA, 3),
        team::removed(ChannelId::new(20)),
    ];
    assert_snapshot!(
        "short_answers",
        short.map(|message| message.to_string()).concat()
    );
}

fn forbidden(code: isize) -> ApiError {
    ApiError::Forbidden {
        code,
        message: "Missing Permissions".into(),
    }
}

#[test]
fn troubles() {
    let failures = [
        forbidden(50_013),
        forbidden(50_001),
        ApiError::NotFound {
            code: 10_003,
            message: "Unknown Channel".into(),
        },
        ApiError::Rejected {
            status: 400,
            code: 50_008,
            message: "Cannot send messages in a non-text channel".into(),
        },
    ];
    let said = failures.map(|failure| {
        user_error::posting_failed_dm(ChannelId::new(20), &user_error::explain(&failure))
            .to_string()
    });
    assert_snapshot!("troubles", said.concat());
    assert_snapshot!(user_error::saving_failed_dm().to_string(), @r"
    Quizloop can't save anything at the moment: the disk of the machine it runs on is full or broken. Until it is mended no question is posted, and commands say that they could not be saved. Nobody's reply is lost: it gets its ✅ when it is saved. Whoever runs the bot finds more in its log.
    I go on trying, and say this only once.
    ");
    let sorry = [
        UserError::GuildOnly,
        UserError::TeamNotFound,
        UserError::AmbiguousTeam,
        UserError::RoundNotFound,
        UserError::QuestionNotFound("**@everyone**".into()),
        UserError::NoMatchingQuestion,
        UserError::AllAskedToday,
        UserError::NothingDue {
            today: date(2026, 3, 27),
            next: Some(date(2026, 4, 5)),
        },
        UserError::NothingDue {
            today: date(2026, 3, 27),
            next: None,
        },
        UserError::NothingUnseen,
        UserError::StreakHidden,
        UserError::AdminsOnly,
        UserError::ManagedByConfig,
        UserError::SaveFailed,
        UserError::OwnedElsewhere,
        UserError::StaleComponent,
        UserError::ModalTooLate,
        UserError::RateLimited("2026-03-27T08:00:30Z".parse().unwrap()),
    ];
    assert_snapshot!(
        "sorry",
        sorry.map(|sorry| sorry.message().to_string()).concat()
    );
}

/// Every question of the bank, as it would be sent, keeps Discord's limits.
#[test]
fn the_whole_bank_fits() {
    let (bank, _) = Bank::load(built_in(), &[]);
    let round = team_with_rounds().rounds()[0].clone();
    for question in bank.questions() {
        let at = quizzes::at(question);
        let messages = [
            daily::post(question, &round, 99),
            reveal::answer(question),
            reveal::hint(question),
            quiz::question(question, &at, quizzes::CARD, true),
            quiz::answer(question, &at, quiz::Attempt::Output(1)),
            quiz::score_message(question, &at, &quizzes::score()),
        ];
        for message in messages {
            let sizes: Vec<usize> = message
                .embeds
                .iter()
                .map(super::message::Embed::size)
                .collect();
            assert!(
                sizes.iter().sum::<usize>() <= super::message::EMBEDS_MAX,
                "{}: {sizes:?}",
                question.id
            );
            crate::bot::fuzzing::discord_limits::check(&crate::bot::response::Response::New(
                message.clone(),
            ));
            for embed in &message.embeds {
                let cut = embed.fields.iter().any(|field| field.value.ends_with('…'));
                assert!(!cut, "{}: a field was cut", question.id);
                assert!(
                    !embed
                        .description
                        .as_ref()
                        .is_some_and(|text| text.ends_with('…')),
                    "{}",
                    question.id
                );
            }
        }
    }
}

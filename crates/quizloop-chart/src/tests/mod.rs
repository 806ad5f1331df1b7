//! Tests of the whole card: the picture, the alt text, and arbitrary inputs.

mod alt_text;
mod pictures;
mod properties;
mod similarity;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use super::{
    Day, DayOutcome, FORECAST_DAYS, InterviewHistory, InterviewScore, PointsSaid, Progress, Topic,
};

const TODAY: Date = date(2026, 11, 20);

/// The names of the built-in bank's topics.
const TOPICS: [&str; 23] = [
    "fundamentals",
    "syntax",
    "tasks",
    "exceptions",
    "cancellation",
    "timeouts",
    "sync",
    "queues",
    "context managers",
    "async iteration",
    "structured concurrency",
    "threads",
    "subprocess",
    "streams",
    "context",
    "loop lifecycle",
    "testing",
    "debugging",
    "performance",
    "design",
    "comparisons",
    "output prediction",
    "bug spotting",
];

/// A member without any activity.
pub fn newcomer() -> Progress {
    let topic = |name: &str| Topic {
        name: name.to_owned(),
        total: 6,
        ..Topic::default()
    };
    Progress {
        today: TODAY,
        days: Vec::new(),
        topics: TOPICS.map(topic).into(),
        forecast: [0; FORECAST_DAYS],
        streak: 0,
        longest: 0,
        interviews: InterviewHistory::default(),
    }
}

/// A member with half a year of activity and a holiday in August.
fn regular() -> Progress {
    let seen = [
        6, 6, 5, 4, 6, 3, 2, 6, 1, 4, 3, 0, 0, 2, 5, 1, 0, 3, 6, 0, 2, 4, 5,
    ];
    let recalls = [0.97, 0.92, 0.88, 0.41, 0.95, 0.7, 1.0, 0.83, 0.9];
    let topics = TOPICS.iter().zip(seen).zip(recalls.iter().cycle());
    let topics = topics.map(|((name, seen), recall)| Topic {
        name: (*name).to_owned(),
        seen,
        total: 6,
        recall: *recall,
        assessed: assessed(seen),
    });
    Progress {
        days: (0..170).filter_map(regular_day).collect(),
        topics: topics.collect(),
        forecast: [8, 3, 0, 5, 12, 2, 1, 0, 4, 6, 2, 0, 1, 3],
        streak: 12,
        longest: 31,
        ..newcomer()
    }
}

/// Topics of which two or more questions were seen have two assessed ones.
fn assessed(seen: u32) -> PointsSaid {
    match seen {
        0 | 1 => PointsSaid::default(),
        seen => PointsSaid {
            questions: 2,
            said: seen,
            points: 8,
        },
    }
}

fn regular_day(ago: i64) -> Option<Day> {
    let date = TODAY.saturating_sub(ago.days());
    let is_weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_holiday = date.month() == 8 && date.day() < 17;
    let round = match ago {
        0 => None,
        _ if is_weekend || is_holiday => None,
        16 | 60 | 61 => Some(DayOutcome::Frozen),
        34 | 77 | 78 | 120 => Some(DayOutcome::Missed),
        _ => Some(DayOutcome::Answered),
    };
    let reviews = match (ago * ago + 3 * ago) % 11 {
        _ if is_holiday => 0,
        0 | 1 if is_weekend => 6,
        0..=3 => 0,
        4..=6 => 1,
        7 | 8 => 3,
        9 => 7,
        _ => 14,
    };
    let day = Day {
        date,
        round,
        reviews,
    };
    (round.is_some() || reviews > 0).then_some(day)
}

/// A member who held interviews, alone and with others.
fn interviewed() -> Progress {
    let score = |number: i8, percent| InterviewScore {
        date: date(2026, 10 + number / 5, 3 + 5 * (number % 5)),
        percent,
    };
    let shares = [0, 32, 45, 41, 60, 100, 77];
    Progress {
        interviews: InterviewHistory {
            held: 8,
            is_minimum: false,
            scores: (0..)
                .zip(shares)
                .map(|(number, share)| score(number, share))
                .collect(),
            mock_interviews: 3,
        },
        ..beginner()
    }
}

/// Extreme numbers and unusual names.
fn extreme() -> Progress {
    let names = [
        "Ünïcödé & <escaped> \"quotes\"",
        "非同期処理",
        "отмена задач и таймауты",
        "a name of a topic that is far too long for its bar",
        "ουρές",
        "\u{202e}turned",
        "سلاسل",
        "🧵 threads",
    ];
    let topic = |number: u32| Topic {
        name: match names.get(number as usize) {
            Some(name) => (*name).to_owned(),
            None => format!("topic of the team {number}"),
        },
        seen: number * 3,
        total: 40,
        recall: if number == 4 {
            f32::NAN
        } else {
            1.5 / (1.0 + f32::from(u8::try_from(number).unwrap()))
        },
        assessed: PointsSaid {
            questions: number,
            said: number * 1000,
            points: number * 1001,
        },
    };
    let day = |ago: i64| Day {
        date: TODAY.saturating_sub(ago.days()),
        round: match ago % 4 {
            0 => Some(DayOutcome::Missed),
            1 => Some(DayOutcome::Frozen),
            2 => Some(DayOutcome::Answered),
            _ => None,
        },
        reviews: u16::MAX,
    };
    Progress {
        days: (-20..300).map(day).collect(),
        topics: (0..40).map(topic).collect(),
        forecast: [
            999,
            u32::MAX,
            1,
            10,
            100,
            1000,
            10_000,
            100_000,
            0,
            0,
            0,
            0,
            0,
            1_000_000,
        ],
        streak: 1234,
        longest: u32::MAX,
        interviews: InterviewHistory {
            held: u32::MAX,
            is_minimum: true,
            scores: [InterviewScore {
                date: TODAY,
                percent: u8::MAX,
            }; 12]
                .into(),
            mock_interviews: u32::MAX,
        },
        ..newcomer()
    }
}

/// A member in their first week, in a team with its own bank.
fn beginner() -> Progress {
    let day = |date, round, reviews| Day {
        date,
        round,
        reviews,
    };
    let topic = |name: &str, seen, recall| Topic {
        name: name.to_owned(),
        seen,
        total: 9,
        recall,
        assessed: PointsSaid::default(),
    };
    let mut forecast = [0; FORECAST_DAYS];
    forecast[3] = 2;
    Progress {
        days: vec![
            day(date(2026, 11, 18), Some(DayOutcome::Answered), 0),
            day(date(2026, 11, 19), Some(DayOutcome::Answered), 2),
        ],
        topics: vec![
            topic("tasks", 2, 0.95),
            topic("非同期", 0, 0.0),
            topic("queues", 0, 0.0),
            topic("timeouts", 0, 0.0),
        ],
        forecast,
        streak: 2,
        longest: 2,
        ..newcomer()
    }
}

/// All examples, with the names of their reference pictures.
fn examples() -> [(&'static str, Progress); 5] {
    [
        ("newcomer", newcomer()),
        ("beginner", beginner()),
        ("interviewed", interviewed()),
        ("regular", regular()),
        ("extreme", extreme()),
    ]
}

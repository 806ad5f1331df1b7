//! The text of `/progress`.

use std::sync::Arc;

use insta::assert_snapshot;
use jiff::civil::date;

use crate::bot::render::progress::progress;
use quizloop_chart::{FORECAST_DAYS, InterviewHistory, PointsSaid, Progress, Topic};

fn newcomer() -> Progress {
    let topic = |name: &str| Topic {
        name: name.into(),
        total: 6,
        ..Topic::default()
    };
    Progress {
        today: date(2026, 3, 26),
        days: Vec::new(),
        topics: ["tasks", "非同期_*"].map(topic).into(),
        forecast: [0; FORECAST_DAYS],
        streak: 0,
        longest: 0,
        interviews: InterviewHistory::default(),
    }
}

fn practised() -> Progress {
    let mut practised = newcomer();
    (practised.streak, practised.longest) = (1, 4);
    practised.topics[0].seen = 3;
    practised.topics[0].recall = 0.876;
    practised.topics[0].assessed = PointsSaid {
        questions: 1,
        said: 2,
        points: 5,
    };
    practised
}

fn bytes() -> Arc<[u8]> {
    Arc::from([1, 2, 3])
}

#[test]
fn with_a_picture() {
    assert_snapshot!(progress(&newcomer(), Some(bytes())), @r"
    Nothing to show yet. Answer a daily question or try `/quiz` to get started.
    In the picture, topic 2 is 非同期\_\*.
    { progress.png of 3 bytes: A progress chart of 26 weeks with today marked, still empty. Reply to the question of the day or try /quiz to fill it. Topics not seen yet: 2. }
    ");
    let mut practised = practised();
    assert_snapshot!(progress(&practised, Some(bytes())), @r"
    **1 question** in a row (longest: 4). Nothing to repeat today.
    In the picture, topic 2 is 非同期\_\*.
    { progress.png of 3 bytes: Streak: 1 question in a row, longest 4. Since Mon 29 September: 0 questions answered, 0 missed, 0 covered by a freeze; no reviews. No reviews are due in the next 14 days. Assessed: 1 question, 2 of 5 points said. Topics (questions seen, recall today, points said): tasks 3 of 6 at 88 % (2/5). Topics not seen yet: 1. }
    ");
    practised.forecast[0] = 2;
    practised.topics.pop();
    assert_snapshot!(progress(&practised, Some(bytes())).content.unwrap(), @"**1 question** in a row (longest: 4). **2 questions** to repeat today: use `/quiz mode:due`.");
}

#[test]
fn without_a_picture() {
    assert_snapshot!(progress(&practised(), None), @r"
    The picture couldn't be drawn. Here it is in words:
    Streak: 1 question in a row, longest 4. Since Mon 29 September: 0 questions answered, 0 missed, 0 covered by a freeze; no reviews. No reviews are due in the next 14 days. Assessed: 1 question, 2 of 5 points said. Topics (questions seen, recall today, points said): tasks 3 of 6 at 88 % (2/5). Topics not seen yet: 1.
    ");
}

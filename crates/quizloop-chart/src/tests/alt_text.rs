//! The alt texts of the reference pictures.

use insta::assert_snapshot;

use super::{beginner, extreme, interviewed, newcomer, regular};
use crate::InterviewHistory;
use crate::{UnsupportedName, alt_text, unsupported_names};

#[test]
fn a_newcomer() {
    assert_snapshot!(alt_text(&newcomer()), @"A progress chart of 26 weeks with today marked, still empty. Reply to the question of the day or try /quiz to fill it. Topics not seen yet: 23.");
}

#[test]
fn a_beginner() {
    assert_snapshot!(alt_text(&beginner()), @"Streak: 2 questions in a row, longest 2. Since Mon 25 May: 2 questions answered, 0 missed, 0 covered by a freeze; 2 reviews on 1 day. Reviews due: 0 today, 2 in the next 14 days, 2 of them on Mon 23 November. Topics (questions seen, recall today): tasks 2 of 9 at 95 %. Topics not seen yet: 3.");
}

#[test]
fn a_regular() {
    assert_snapshot!(alt_text(&regular()), @"Streak: 12 questions in a row, longest 31. Since Mon 25 May: 106 questions answered, 3 missed, 2 covered by a freeze; 754 reviews on 133 days. Reviews due: 8 today, 47 in the next 14 days, 12 of them on Tue 24 November. Assessed: 34 questions, 72 of 136 points said. Topics (questions seen, recall today, points said): fundamentals 6 of 6 at 97 % (6/8), syntax 6 of 6 at 92 % (6/8), tasks 5 of 6 at 88 % (5/8), exceptions 4 of 6 at 41 % (4/8), cancellation 6 of 6 at 95 % (6/8), timeouts 3 of 6 at 70 % (3/8), sync 2 of 6 at 100 % (2/8), queues 6 of 6 at 83 % (6/8), context managers 1 of 6 at 90 %, async iteration 4 of 6 at 97 % (4/8), structured concurrency 3 of 6 at 92 % (3/8), streams 2 of 6 at 95 % (2/8), context 5 of 6 at 70 % (5/8), loop lifecycle 1 of 6 at 100 %, debugging 3 of 6 at 90 % (3/8), performance 6 of 6 at 97 % (6/8), comparisons 2 of 6 at 88 % (2/8), output prediction 4 of 6 at 41 % (4/8), bug spotting 5 of 6 at 95 % (5/8). Topics not seen yet: 4.");
}

/// Of questions without key points there is no number of points.
#[test]
fn assessments_without_points() {
    let mut progress = beginner();
    progress.topics[0].assessed.questions = 1;
    let text = alt_text(&progress);
    assert!(text.contains(" Assessed: 1 question. Topics"), "{text}");
}

#[test]
fn a_text_that_must_be_shortened() {
    assert_snapshot!(alt_text(&extreme()), @"Streak: 1234 questions in a row, longest 4294967295. Since Mon 25 May: 45 questions answered, 45 missed, 45 covered by a freeze; 11796300 reviews on 180 days. Reviews due: 999 today, 4296079405 in the next 14 days, 4294967295 of them on Sat 21 November. Assessed: 780 questions, 780000 of 780780 points said. Interviews held: 4294967295 or more. Key points said on Fri 20 November: 100, 100, 100, 100, 100, 100, 100, 100, 100, 100 %. Mock interviews held: 4294967295. Topics (questions seen, recall today, points said): 非同期処理 3 of 40 at 75 % (1000/1001), отмена задач и таймауты 6 of 40 at 50 % (2000/2002), a name of a topic that is far too long f 9 of 40 at 38 % (3000/3003), ουρές 12 of 40 at 0 % (4000/4004), turned 15 of 40 at 25 % (5000/5005), سلاسل 18 of 40 at 21 % (6000/6006), 🧵 threads 21 of 40 at 19 % (7000/7007), topic of the team 8 24 of 40 at 17 % (8000/8008), topic of the team 9 27 of 40 at 15 % (9000/9009), topic of the team 10 30 of 40 at 14 % (10000/10010) and 29 more. Topics not seen yet: 1.");
}

#[test]
fn interviews() {
    let text = |interviews: InterviewHistory| {
        let text = alt_text(&crate::Progress {
            interviews,
            ..beginner()
        });
        let start = text.find("November. ").unwrap() + "November. ".len();
        let end = text.find(" Topics (").unwrap();
        text[start..end].to_owned()
    };
    let all = interviewed().interviews;
    assert_snapshot!(text(all.clone()), @"Interviews held: 8. Key points said from Sat 3 October to Sun 8 November: 0, 32, 45, 41, 60, 100, 77 %. Mock interviews held: 3.");
    let one = InterviewHistory {
        held: 1,
        scores: all.scores[..1].into(),
        ..InterviewHistory::default()
    };
    assert_snapshot!(text(one), @"Interviews held: 1. Key points said on Sat 3 October: 0 %.");
    let many = InterviewHistory {
        held: 20,
        is_minimum: true,
        ..InterviewHistory::default()
    };
    assert_snapshot!(text(many), @"Interviews held: 20 or more.");
    let only_mock = InterviewHistory {
        mock_interviews: 2,
        ..InterviewHistory::default()
    };
    assert_snapshot!(text(only_mock), @"Mock interviews held: 2.");
}

/// Names that the font can't draw are listed in the message beside the picture.
#[test]
fn names_that_the_font_cannot_draw() {
    let expected = UnsupportedName {
        label: "topic 2".into(),
        name: "非同期",
    };
    assert_eq!(unsupported_names(&beginner()), [expected]);
    let extreme = extreme();
    let labels: Vec<_> = unsupported_names(&extreme)
        .into_iter()
        .map(|one| one.label)
        .collect();
    assert_eq!(labels, ["topic 2", "topic 6", "topic 7", "topic 8"]);
}

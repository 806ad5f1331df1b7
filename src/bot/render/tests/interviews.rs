//! `/interview`, from the rules to the summary.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::date;

use super::{Bank, Question, built_in, question};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::interview::{InterviewSetup, InterviewState};
use crate::bot::render::interview::{
    self, AnsweredQuestion, AskedQuestion, InterviewEnd, InterviewSummary, QuestionNote,
    QuestionOutcome, progress_line,
};
use crate::bot::render::user_error::UserError;
use quizloop_core::interview::{AnswerKind, InterviewAssessment, InterviewResult, MissedPoint};
use quizloop_core::review::Rating;
use quizloop_core::self_assessment::Ticks;

fn started() -> Timestamp {
    "2026-03-27T09:00:00Z".parse().unwrap()
}

fn at(position: u8, question: &Question) -> InterviewState {
    InterviewState {
        start: started().as_millisecond(),
        position,
        points: u8::try_from(question.points.len()).unwrap(),
    }
}

fn predict() -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get("predict-await-time").unwrap().clone()
}

fn without_points() -> Question {
    Question {
        points: Vec::new(),
        answer: "It returns a coroutine object.".into(),
        ..question()
    }
}

fn asked(question: Option<&Question>, state: InterviewState) -> AskedQuestion<'_> {
    AskedQuestion {
        question,
        state,
        total: 5,
        ends_at: "2026-03-27T09:15:00Z".parse().unwrap(),
    }
}

fn answered(question: &Question, answer: Option<AnswerKind>) -> AnsweredQuestion<'_> {
    AnsweredQuestion {
        question: Some(question),
        state: at(1, question),
        shown: 5,
        answer,
        seconds: 130,
        is_guarded: false,
    }
}

/// Returns the message without the texts of the model answer, which other tests show.
fn around_the_answer(answered: &AnsweredQuestion<'_>) -> String {
    let mut message = interview::model_answer(answered, AnswerPage::Short);
    message.embeds.remove(0);
    message.to_string()
}

#[test]
fn the_rules() {
    let setup = InterviewSetup {
        minutes: 15,
        level: None,
        topic: None,
        replaces: None,
    };
    assert_snapshot!(interview::rules(&setup, 5), @"");
    let few = InterviewSetup {
        minutes: 10,
        level: Some(quizloop_bank::Level::Senior),
        topic: Some("queues".into()),
        replaces: None,
    };
    let text = interview::rules(&few, 1).to_string();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('•')).collect();
    assert_snapshot!(lines.join("\n"), @"");
    let waiting = InterviewSetup {
        replaces: Some(started().as_millisecond()),
        ..few
    };
    assert_snapshot!(interview::answers_waiting(&waiting, at(0, &question()), started()), @"");
}

#[test]
fn the_questions() {
    let one = question();
    assert_snapshot!(interview::question(asked(Some(&one), at(0, &one))), @"");
    let program = predict();
    assert_snapshot!(interview::question(asked(Some(&program), at(2, &program))), @"");
    assert_snapshot!(interview::question(asked(None, at(3, &one))), @"");
    assert_snapshot!(interview::answer_modal(&one, at(0, &one)), @"");
    let next = || interview::question(asked(Some(&one), at(2, &one)));
    let content = |message: crate::bot::render::message::Message| message.content.unwrap();
    let answered = QuestionNote::AnsweredBefore(1);
    assert_snapshot!(content(interview::with_note(next(), answered)), @"");
    let resumed = interview::with_note(next(), QuestionNote::Resumed);
    assert_snapshot!(content(resumed.clone()), @"");
    let written = "It returns a coroutine.\nNothing runs yet.";
    assert_snapshot!(content(interview::with_written_answer(next(), written)), @"");
    assert_snapshot!(content(interview::with_written_answer(resumed, written)), @"");
}

#[test]
fn the_end() {
    let end = InterviewEnd {
        state: at(0, &question()),
        answered: 5,
        total: 5,
        seconds: 560,
        expires_at: "2026-03-28T09:09:20Z".parse().unwrap(),
    };
    assert_snapshot!(interview::end(end), @"");
    let over = InterviewEnd { answered: 3, ..end };
    assert_snapshot!(interview::end(over), @"");
    assert_snapshot!(UserError::InterviewGone.text(), @"");
    assert_snapshot!(UserError::NoInterviewQuestion.text(), @"");
}

#[test]
fn the_model_answers() {
    let one = question();
    let said = answered(&one, Some(AnswerKind::Said));
    let whole = interview::model_answer(&said, AnswerPage::Short).to_string();
    assert!(whole.contains("[Key points] • "), "{whole}");
    assert_snapshot!(around_the_answer(&said), @"");
    let explained = interview::model_answer(&said, AnswerPage::Explanation).to_string();
    assert!(explained.contains("#1 · explanation"), "{explained}");
    let content = |answer| {
        let message = interview::model_answer(&answered(&one, answer), AnswerPage::Short);
        message.content.unwrap()
    };
    assert_snapshot!(content(Some(AnswerKind::Written)), @"");
    assert_snapshot!(content(None), @"");
    assert_snapshot!(around_the_answer(&answered(&one, Some(AnswerKind::Skipped))), @"");
    let open = without_points();
    assert_snapshot!(around_the_answer(&answered(&open, Some(AnswerKind::Said))), @"");
    assert_snapshot!(around_the_answer(&answered(&open, Some(AnswerKind::Skipped))), @"");
}

#[test]
fn predictions() {
    let program = predict();
    let chosen = |output| {
        let is_right = interview::is_right(&program, at(1, &program), output);
        let answer = answered(&program, Some(AnswerKind::Predicted { output, is_right }));
        (is_right, around_the_answer(&answer))
    };
    let all: Vec<_> = (0..4).map(chosen).collect();
    let right = all.iter().find(|(is_right, _)| *is_right).unwrap();
    assert_snapshot!(right.1, @"");
    let wrong = all.iter().find(|(is_right, _)| !is_right).unwrap();
    assert_snapshot!(wrong.1.lines().take(8).collect::<Vec<_>>().join("\n"), @"");
    assert_eq!(all.iter().filter(|(is_right, _)| *is_right).count(), 1);
}

#[test]
fn answers_that_cannot_be_shown() {
    let one = question();
    let guarded = AnsweredQuestion {
        is_guarded: true,
        ..answered(&one, Some(AnswerKind::Said))
    };
    assert_snapshot!(interview::model_answer(&guarded, AnswerPage::Short), @"");
    let removed = AnsweredQuestion {
        question: None,
        ..guarded
    };
    let removed = AnsweredQuestion {
        is_guarded: false,
        ..removed
    };
    assert_snapshot!(interview::model_answer(&removed, AnswerPage::Short), @"");
}

#[test]
fn the_summary() {
    let (one, program, open) = (question(), predict(), without_points());
    let outcome = |question, answer, assessment| QuestionOutcome {
        question,
        answer,
        assessment,
        seconds: 95,
        due: Some(date(2026, 3, 31)),
    };
    let points = |points, made| {
        let ticks = Ticks::new(points, made);
        Some(InterviewAssessment::Points(ticks))
    };
    let wrong = AnswerKind::Predicted {
        output: 1,
        is_right: false,
    };
    let mut shown = InterviewSummary {
        result: InterviewResult {
            started_at: started(),
            minutes: 10,
            seconds: 600,
            questions: 3,
            said: 5,
            points: 10,
        },
        questions: vec![
            outcome(
                Some(&one),
                Some(AnswerKind::Said),
                points(6, vec![0, 1, 2, 3]),
            ),
            outcome(Some(&program), Some(wrong), points(4, vec![0])),
            outcome(
                Some(&open),
                None,
                Some(InterviewAssessment::Rated(Rating::Hard)),
            ),
            QuestionOutcome {
                due: None,
                ..outcome(
                    None,
                    Some(AnswerKind::Skipped),
                    Some(InterviewAssessment::LeftOut),
                )
            },
        ],
        total: 5,
        weakest: vec![
            MissedPoint {
                question: 1,
                point: 1,
            },
            MissedPoint {
                question: 0,
                point: 4,
            },
        ],
        today: date(2026, 3, 27),
        reviews: 2,
    };
    assert_snapshot!(interview::summary(&shown), @"");
    shown.questions = vec![outcome(
        Some(&open),
        Some(AnswerKind::Skipped),
        Some(InterviewAssessment::Rated(Rating::Again)),
    )];
    (shown.result.said, shown.result.points, shown.total) = (0, 0, 1);
    (shown.weakest, shown.reviews) = (Vec::new(), 0);
    assert_snapshot!(interview::summary(&shown), @"");
}

#[test]
fn progress() {
    let result = |day: i8, said| InterviewResult {
        started_at: format!("2026-03-{day:02}T09:00:00Z").parse().unwrap(),
        minutes: 15,
        seconds: 700,
        questions: 5,
        said,
        points: 22,
    };
    let mut results: Vec<_> = (1..=7)
        .map(|day| result(day, 10 + u16::try_from(day).unwrap()))
        .collect();
    assert_eq!(progress_line(&[]), None);
    assert_snapshot!(progress_line(&results).unwrap(), @"");
    assert_snapshot!(progress_line(&results[..1]).unwrap(), @"");
    (results[0].said, results[0].points) = (0, 0);
    assert_snapshot!(progress_line(&results[..1]).unwrap(), @"");
}

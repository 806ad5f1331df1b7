//! What `/quiz` shows, from question to score.

use insta::assert_snapshot;
use jiff::civil::date;

use super::{Bank, Question, built_in, question};
use crate::bot::quiz::{OptionOrder, QuizState};
use crate::bot::render::quiz::{self, Attempt, QuizHeader, Score};
use crate::practice::guild::Guild;
use crate::practice::id::{GuildId, UserId};
use crate::practice::members::NewRating;
use crate::practice::question_picker::{PickMode, PickReason};
use crate::practice::retention::Retention;
use crate::practice::review::Rating;

pub const CARD: QuizHeader = QuizHeader {
    reason: PickReason::Ahead,
    due: 1000,
};

pub fn at(question: &Question) -> QuizState {
    QuizState {
        question: question.id.clone(),
        topic: Some("structured-concurrency".into()),
        level: None,
        mode: PickMode::Mixed,
        reviews_before: 65_535,
        order: OptionOrder::default(),
    }
}

fn predict() -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get("predict-await-time").unwrap().clone()
}

fn scored(made: usize, points: usize) -> Score {
    let rated = NewRating {
        question: "any",
        review_count: 0,
        rating: Rating::from_points(made, points),
        retention: Retention::default(),
        today: date(2026, 3, 27),
    };
    let (review, new) = Guild::new(GuildId::new(1)).rate(UserId::new(1), &rated);
    Score {
        points: (made, points),
        review,
        is_new: new,
        today: rated.today,
        due: 0,
    }
}

/// The longest score there is.
pub fn score() -> Score {
    Score {
        due: 1000,
        ..scored(0, 6)
    }
}

#[test]
fn asking() {
    let (one, at) = (question(), at(&question()));
    let new = QuizHeader {
        reason: PickReason::New,
        due: 0,
    };
    assert_snapshot!("quiz_new", quiz::question(&one, &at, new, false));
    let due = QuizHeader {
        reason: PickReason::Due,
        due: 3,
    };
    assert_snapshot!("quiz_due_with_hint", quiz::question(&one, &at, due, true));
    assert_snapshot!("quiz_form", quiz::answer_modal(&at));
}

#[test]
fn choosing_an_output() {
    let one = predict();
    let at = at(&one);
    let again = QuizHeader {
        reason: PickReason::Again,
        due: 1,
    };
    assert_snapshot!("quiz_predict", quiz::question(&one, &at, again, false));
    let said = |place| {
        quiz::answer(&one, &at, Attempt::Output(place))
            .content
            .unwrap()
    };
    assert_snapshot!("quiz_chose_right", said(0));
    assert_snapshot!("quiz_chose_wrong", said(2));
    assert_eq!(said(9), "", "there is no such place");
}

#[test]
fn answering() {
    let (one, at) = (question(), at(&question()));
    assert_snapshot!("quiz_answer", quiz::answer(&one, &at, Attempt::Unknown));
    let mine = "They wait.\n\n```\n@everyone";
    let written = quiz::answer(&one, &at, Attempt::Text(mine));
    assert_snapshot!("quiz_written", written.content.unwrap());
    let long = "é\n".repeat(750);
    let written = quiz::answer(&one, &at, Attempt::Text(&long));
    let length = written.content.unwrap().chars().count();
    assert!(
        length <= crate::bot::render::message::CONTENT_MAX,
        "{length}"
    );
}

#[test]
fn scoring() {
    let (one, at) = (question(), at(&question()));
    let last = |score: &Score| {
        let message = quiz::score_message(&one, &at, score);
        assert_eq!(message.content, None, "what was written stays");
        let embed = message.embeds.last().unwrap();
        let text = embed.description.clone().unwrap();
        format!("# {}\n{text}\n\n", embed.title.as_deref().unwrap())
    };
    let mut said: String = [(0, 4), (2, 4), (3, 4), (4, 4)]
        .map(|(made, points)| last(&scored(made, points)))
        .concat();
    said += &last(&Score {
        is_new: false,
        due: 2,
        ..scored(4, 4)
    });
    assert_snapshot!("quiz_scores", said);
    assert_snapshot!("quiz_scored", quiz::score_message(&one, &at, &scored(3, 4)));
}

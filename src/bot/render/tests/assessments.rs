//! The self-assessment below a round's model answer.

use insta::assert_snapshot;
use jiff::civil::date;

use super::{message, question};
use crate::bot::interactions::assessment::AssessmentState;
use crate::bot::render::assessment::{AssessmentResult, closing, next_row, rows};
use crate::bot::render::user_error::UserError;
use quizloop_bank::Question;
use quizloop_core::self_assessment::{AssessmentError, Ticks};

fn shown(question: &Question) -> String {
    let state = AssessmentState {
        round: message(31, 8, 0),
        points: u8::try_from(question.points.len()).unwrap(),
        reviews_before: 2,
    };
    let rows = rows(question, state);
    rows.iter().map(ToString::to_string).collect()
}

fn without_points() -> Question {
    Question {
        points: Vec::new(),
        follow_up: None,
        ..question()
    }
}

fn result(ticks: Ticks) -> AssessmentResult {
    AssessmentResult {
        ticks,
        streak: 5,
        today: date(2026, 3, 31),
        due: Some(date(2026, 4, 2)),
        reviews: 3,
    }
}

#[test]
fn the_menu_offers_the_key_points() {
    assert_snapshot!(shown(&question()), @"
    [ Which points did your reply make? ▾ 1–6 ] q1:assess:p:1488447759974400000:6:2
      ▫ The call returns a coroutine object = 0
      ▫ None of the body has run yet = 1
      ▫ It starts when you await it, wrap it in a task or pass it to asyncio.run() = 2
      ▫ Single-use: a second await raises RuntimeError = 3
      ▫ Never awaited: the work doesn't happen = 4
      ▫ Never awaited: Python prints a RuntimeWarning = 5
    ( None of them ) q1:assess:0:1488447759974400000:6:2
    ");
    assert_snapshot!(shown(&without_points()), @"
    ( Again ) q1:assess:1:1488447759974400000:0:2
    ( Hard ) q1:assess:2:1488447759974400000:0:2
    ( Good ) q1:assess:3:1488447759974400000:0:2
    ( Easy ) q1:assess:4:1488447759974400000:0:2
    ");
}

#[test]
fn the_result_names_the_missed_points() {
    let question = question();
    let points = question.points.len();
    assert_snapshot!(closing(&question, &result(Ticks::new(points, [1]))), @"
    **Your reply made 1 of 6 key points**

    Missed:
    • The call returns a coroutine object
    • It starts when you `await` it, wrap it in a task or pass it to `asyncio.run()`
    • Single-use: a second `await` raises `RuntimeError`
    • Never awaited: the work doesn't happen
    • Never awaited: Python prints a `RuntimeWarning`

    Likely follow-up: ||How would you make the result awaitable more than once?||

    🔥 5 in a row · comes back on Thursday · 3 to repeat
    ");
    assert_snapshot!(closing(&question, &result(Ticks::new(points, 0..points))), @"
    **Your reply made 6 of 6 key points**

    Likely follow-up: ||How would you make the result awaitable more than once?||

    🔥 5 in a row · comes back on Thursday · 3 to repeat
    ");
    // The question has got another key point since.
    assert_snapshot!(closing(&question, &result(Ticks::new(points - 1, [0]))), @"
    **Your reply made 1 of 5 key points**

    Likely follow-up: ||How would you make the result awaitable more than once?||

    🔥 5 in a row · comes back on Thursday · 3 to repeat
    ");
    assert_snapshot!(closing(&without_points(), &result(Ticks::default())), @"
    **You assessed your reply**

    🔥 5 in a row · comes back on Thursday · 3 to repeat
    ");
    assert_snapshot!(next_row(&question, 3).to_string(), @"( Repeat now ) q1:quiz:n:m*a0:coroutine-objects:*");
    assert_snapshot!(next_row(&question, 0).to_string(), @"( Practise another ) q1:quiz:n:m*a0:coroutine-objects:*");
}

#[test]
fn refusals_say_what_to_do() {
    let errors = [
        AssessmentError::RoundNotFound,
        AssessmentError::Void,
        AssessmentError::TooOld,
        AssessmentError::NotAnswered,
    ];
    let errors = errors.into_iter().map(UserError::NotAssessable);
    let texts = errors.chain([UserError::KeyPointsChanged]);
    let texts: Vec<String> = texts
        .map(|error| error.message().content.unwrap())
        .collect();
    assert_snapshot!(texts.join("\n"), @"
    I no longer have this question on record, so you can't assess your reply. `/quiz` asks it again.
    An admin cancelled this question, so there is nothing to assess.
    You can assess your replies to the two newest questions. `/quiz` repeats the older ones.
    You can only assess a reply that you wrote in time and before you saw the answer. To practise a question anyway, try `/quiz`.
    The key points of this question have changed since. Open the model answer again to tick them.
    ");
}

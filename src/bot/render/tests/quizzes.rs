//! `/quiz`, from question to score.

use insta::assert_snapshot;
use jiff::civil::date;

use super::{Bank, Question, built_in, question};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::quiz::{OptionOrder, QuizState};
use crate::bot::render::daily::LevelDisplay::{Hidden, Shown};
use crate::bot::render::quiz::{
    self, PathPosition, PathProgress, QuizHeader, Score, path_progress_text,
};
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, UserId};
use quizloop_core::members::NewRating;
use quizloop_core::question_picker::{PickMode, PickReason};
use quizloop_core::retention::Retention;
use quizloop_core::review::Rating;

fn at(question: &Question) -> QuizState {
    QuizState {
        question: question.id.clone(),
        topic: Some("structured-concurrency".into()),
        path: None,
        level: None,
        mode: PickMode::Mixed,
        reviews_before: 65_535,
        order: OptionOrder::default(),
        chosen: None,
    }
}

fn predict() -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get("predict-await-time").unwrap().clone()
}

/// The first `made` points of `points` were ticked.
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
        made: (0..made).collect(),
        review,
        is_new: new,
        today: rated.today,
        due: 0,
    }
}

#[test]
fn asking() {
    let (one, at) = (question(), at(&question()));
    let new = QuizHeader {
        reason: PickReason::New,
        due: 0,
        path: None,
        level: Shown,
    };
    assert_snapshot!(quiz::question(&one, &at, new, false), @"
    # Practice
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Level] junior
    [Topic] fundamentals
    [Why now] new to you
    -- Answer out loud before you look. Practice doesn't affect your streak.
    ( Hint ) q1:quiz:h:m*a65535:coroutine-objects:structured-concurrency
    ( Write my answer ) q1:quiz:w:m*a65535:coroutine-objects:structured-concurrency
    ( Show the answer ) q1:quiz:a:m*a65535:coroutine-objects:structured-concurrency
    ( Another ) q1:quiz:n:m*a65535:coroutine-objects:structured-concurrency
    ");
    let due = QuizHeader {
        reason: PickReason::Due,
        due: 3,
        path: None,
        level: Shown,
    };
    assert_snapshot!(quiz::question(&one, &at, due, true), @"
    # Practice
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Level] junior
    [Topic] fundamentals
    [Why now] time to repeat
    [Hint] Say what it is, why it is so, and what follows from it in practice. A complete answer makes 6 key points.
    -- 3 to repeat today · Answer out loud before you look. Practice doesn't affect your streak.
    ( Write my answer ) q1:quiz:w:m*a65535:coroutine-objects:structured-concurrency
    ( Show the answer ) q1:quiz:a:m*a65535:coroutine-objects:structured-concurrency
    ( Another ) q1:quiz:n:m*a65535:coroutine-objects:structured-concurrency
    ");
    let posted = QuizHeader {
        level: Hidden,
        ..due
    };
    let posted = quiz::question(&one, &at, posted, true);
    assert_eq!(posted.embeds[0].color, Hidden.color(&one));
    let text = posted.to_string();
    assert!(
        !text.contains("junior") && !text.contains("[Topic]"),
        "{text}"
    );
    assert_snapshot!(quiz::answer_modal(&one, &at), @"
    # My answer q1:quiz:m*a65535:coroutine-objects:structured-concurrency
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    As you would say it (up to 1500) answer
      Only you will see it, next to the model answer. It isn't saved.
    ");
}

#[test]
fn asking_on_a_path() {
    let one = question();
    let at = QuizState {
        topic: None,
        path: Some("first-week".into()),
        ..at(&one)
    };
    let header = QuizHeader {
        reason: PickReason::New,
        due: 0,
        path: Some(PathPosition {
            title: "First week",
            position: 3,
            total: 15,
        }),
        level: Shown,
    };
    assert_snapshot!(quiz::question(&one, &at, header, false), @"
    # Practice
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Level] junior
    [Topic] fundamentals
    [Why now] new to you
    [Path] First week · 3 of 15
    -- Answer out loud before you look. Practice doesn't affect your streak.
    ( Hint ) q1:quiz:h:m*a65535:coroutine-objects:~first-week
    ( Write my answer ) q1:quiz:w:m*a65535:coroutine-objects:~first-week
    ( Show the answer ) q1:quiz:a:m*a65535:coroutine-objects:~first-week
    ( Another ) q1:quiz:n:m*a65535:coroutine-objects:~first-week
    ");
}

#[test]
fn the_end_of_a_path() {
    let progress = |unseen, next| PathProgress {
        title: "First week".into(),
        total: 15,
        unseen,
        today: date(2026, 3, 27),
        next,
    };
    let tomorrow = Some(date(2026, 3, 28));
    let texts = [
        progress(0, Some(date(2026, 3, 30))),
        progress(0, None),
        progress(1, tomorrow),
        progress(15, None),
        PathProgress {
            total: 0,
            ..progress(0, None)
        },
    ];
    let texts = texts.map(|one| path_progress_text(&one) + "\n");
    assert_snapshot!(texts.concat(), @"
    🎉 That's all of **First week**: you've scored every one of its 15 questions. The next repeat comes in 3 days. `/quiz path:` has other paths.
    🎉 That's all of **First week**: you've scored every one of its 15 questions. `/quiz path:` has other paths.
    That's all of **First week** for today. 1 of its 15 questions is still without a score: `/quiz path:` continues there tomorrow. The next repeat comes tomorrow.
    That's all of **First week** for today. 15 of its 15 questions are still without a score: `/quiz path:` continues there tomorrow.
    An admin has disabled every question of **First week**. `/quiz path:` has other paths.
    ");
}

#[test]
fn choosing_an_output() {
    let one = predict();
    let at = at(&one);
    let again = QuizHeader {
        reason: PickReason::Again,
        due: 1,
        path: None,
        level: Shown,
    };
    assert_snapshot!("quiz_predict", quiz::question(&one, &at, again, false));
    let chosen = |place| QuizState {
        chosen: Some(place),
        ..at.clone()
    };
    let said = |place| {
        let answer = quiz::answer(&one, &chosen(place), AnswerPage::Short, None);
        answer.content.unwrap()
    };
    assert_snapshot!(said(0), @"
    ✅ You chose **A**. It prints:
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, sleep b, wake a, wake b, two
    sleep a, wake a, sleep b, wake b, three
    ```
    ");
    assert_snapshot!(
        "quiz_wrong_prediction",
        quiz::answer(&one, &chosen(2), AnswerPage::Short, None)
    );
    assert_eq!(said(9), "", "there is no such place");
    assert_snapshot!(
        "quiz_unpredicted",
        quiz::answer(&one, &at, AnswerPage::Short, None)
    );
    // A wrong prediction is named with the score, too.
    let scored = Score {
        made: [0, 1].into_iter().collect(),
        ..scored(0, 4)
    };
    let message = quiz::score_message(&one, &chosen(2), &scored, AnswerPage::Short);
    assert_snapshot!(message.embeds[1].description.clone().unwrap(), @"
    Your prediction was wrong, so this counts as not known.
    I'll ask again tomorrow. You can also try again today.
    Nothing else to repeat today.
    ");
}

#[test]
fn answering() {
    let (one, at) = (question(), at(&question()));
    let answer = |written| quiz::answer(&one, &at, AnswerPage::Short, written);
    assert_snapshot!("quiz_answer", answer(None));
    let turned = quiz::answer(&one, &at, AnswerPage::Traps, None);
    assert_snapshot!("quiz_answer_traps", turned);
    let mine = "They wait.\n\n```\n@everyone";
    let written = answer(Some(mine));
    assert_snapshot!(written.content.unwrap(), @"
    **You wrote**
    > They wait.
    > 
    > ```
    > @everyone
    > ```
    ");
    let long = "é\n".repeat(750);
    let written = answer(Some(&long));
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
        let message = quiz::score_message(&one, &at, score, AnswerPage::Short);
        assert_eq!(message.content, None, "what was written stays");
        let embed = message.embeds.last().unwrap();
        let text = embed.description.clone().unwrap();
        format!("# {}\n{text}\n\n", embed.title.as_deref().unwrap())
    };
    let mut said: String = [(0, 6), (3, 6), (5, 6), (6, 6)]
        .map(|(made, points)| last(&scored(made, points)))
        .concat();
    said += &last(&Score {
        is_new: false,
        due: 2,
        ..scored(6, 6)
    });
    assert_snapshot!(said, @"
    # You made 0 of 6 key points
    I'll ask again tomorrow. You can also try again today.
    Nothing else to repeat today.

    # You made 3 of 6 key points
    I'll ask again tomorrow.
    Nothing else to repeat today.

    # You made 5 of 6 key points
    I'll ask again in 2 days (Sun 29 Mar 2026).
    Nothing else to repeat today.

    # You made 6 of 6 key points
    I'll ask again in 8 days (Sat 4 Apr 2026).
    Nothing else to repeat today.

    # Already scored
    I'll ask again in 8 days (Sat 4 Apr 2026).
    2 more to repeat today.
    ");
    let score = |page| quiz::score_message(&one, &at, &scored(5, 6), page);
    assert_snapshot!("quiz_scored", score(AnswerPage::Short));
    assert_snapshot!("quiz_scored_spoken", score(AnswerPage::Spoken));
}

//! Questions that lack some of their parts.

use insta::assert_snapshot;
use jiff::civil::date;
use proptest::prelude::*;

use super::{Bank, Kind, Question, Shown, built_in, team_with_rounds};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::assessment::AssessmentState;
use crate::bot::interactions::quiz::{MadePoints, OptionOrder, QuizState};
use crate::bot::render::quiz::{QuizHeader, Score};
use crate::bot::render::reveal::OpenAnswer;
use crate::bot::render::{assessment, daily, feedback, question_check, quiz, reveal, wrap_up};
use quizloop_bank::OTHER_TOPIC;
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, MessageId, UserId};
use quizloop_core::members::NewRating;
use quizloop_core::question_picker::{PickMode, PickReason};
use quizloop_core::retention::Retention;
use quizloop_core::review::Rating;

/// A question with nothing but its text and an answer.
fn minimal() -> Question {
    Question {
        id: "closures".into(),
        question: "What is a closure?".into(),
        answer: "A function with the variables of its scope.".into(),
        ..Question::default()
    }
}

fn state(question: &Question) -> QuizState {
    QuizState {
        question: question.id.clone(),
        topic: None,
        path: None,
        level: None,
        mode: PickMode::Mixed,
        reviews_before: 0,
        order: OptionOrder::default(),
        chosen: None,
    }
}

fn score(rating: Rating) -> Score {
    let rated = NewRating {
        question: "any",
        review_count: 0,
        rating,
        retention: Retention::default(),
        today: date(2026, 3, 27),
    };
    let (review, is_new) = Guild::new(GuildId::new(1)).rate(UserId::new(1), &rated);
    Score {
        made: MadePoints::default(),
        review,
        is_new,
        today: rated.today,
        due: 0,
    }
}

#[test]
fn the_daily_message_has_what_there_is() {
    let mut round = team_with_rounds().rounds()[0].clone();
    round.remaining = 20;
    assert_snapshot!(daily::post(&minimal(), &round, 0, Shown), @"
    **Question of the day:** What is a closure?
    -- Question 1 · 2026-03-23 · reply in the thread
    ( Hint ) q1:hint:closures
    ( Model answer ) q1:answer:closures
    ( My streak ) q1:streak
    ");
    assert_snapshot!(wrap_up::wrap_up(&round, Some(&minimal()), 1, &[], Shown), @"
    **Wrap-up:** 1 member has answered so far.
    Replies count until the next question is out.
    -- Wrap-up of 2026-03-23
    ( Model answer ) q1:answer:closures
    ( Hint ) q1:hint:closures
    ");
    assert_snapshot!(reveal::hint(&minimal()), @"
    # Hint
    **What is a closure?**

    The model answer has 8 words.
    ");
}

#[test]
fn the_model_answer_has_no_empty_page() {
    let open = OpenAnswer {
        question: &minimal(),
        page: AnswerPage::Short,
        public: false,
        round: Some(MessageId::new(30)),
    };
    assert_snapshot!(open.public_message(), @"
    # Model answer
    **What is a closure?**

    A function with the variables of its scope.
    ( Report a mistake ) q1:report:closures
    ");
    // Buttons that are older than the question's text lead to the first page.
    for (_, page) in AnswerPage::LETTERS {
        let turned = OpenAnswer { page, ..open };
        assert_eq!(turned.public_message(), open.public_message());
    }
    assert_snapshot!(feedback::report_modal(&minimal()), @"
    # Report a mistake q1:report:closures
    **What is a closure?**
    What's wrong? (up to 500) text
      Admins of this server will see it with your name, until they close it.
    ");
}

#[test]
fn a_question_with_a_link_and_advice_has_two_pages() {
    let question = Question {
        how_to_answer: Some("Name the scope.".into()),
        docs: Some("https://example.org/closures".into()),
        ..minimal()
    };
    let page = |page| {
        let open = OpenAnswer {
            question: &question,
            page,
            public: false,
            round: None,
        };
        open.public_message().to_string()
    };
    assert_snapshot!(page(AnswerPage::Short) + &page(AnswerPage::Traps), @"
    # Model answer
    **What is a closure?**

    A function with the variables of its scope.
    [Read more] https://example.org/closures
    ( Answer – disabled ) q1:page:s:me:-:closures
    ( Traps and tips ) q1:page:t:me:-:closures
    ( Report a mistake ) q1:report:closures
    # Traps and tips
    [How to answer] Name the scope.
    ( Answer ) q1:page:s:me:-:closures
    ( Traps and tips – disabled ) q1:page:t:me:-:closures
    ( Report a mistake ) q1:report:closures
    ");
}

#[test]
fn practice_without_key_points_is_rated_with_four_buttons() {
    let (question, state) = (minimal(), state(&minimal()));
    let header = QuizHeader {
        reason: PickReason::New,
        due: 0,
        path: None,
        level: Shown,
    };
    assert_snapshot!(quiz::question(&question, &state, header, false), @"
    # Practice
    **What is a closure?**
    [Why now] new to you
    -- Answer out loud before you look. Practice doesn't affect your streak.
    ( Hint ) q1:quiz:h:m*a0:closures:*
    ( Write my answer ) q1:quiz:w:m*a0:closures:*
    ( Show the answer ) q1:quiz:a:m*a0:closures:*
    ( Another ) q1:quiz:n:m*a0:closures:*
    ");
    let written = Some("It keeps variables.");
    assert_snapshot!(quiz::answer(&question, &state, AnswerPage::Short, written), @"
    **You wrote**
    > It keeps variables.
    # Model answer
    **What is a closure?**

    A function with the variables of its scope.
    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    ( Again ) q1:quiz:A:m*a0:closures:*
    ( Hard ) q1:quiz:H:m*a0:closures:*
    ( Good ) q1:quiz:G:m*a0:closures:*
    ( Easy ) q1:quiz:E:m*a0:closures:*
    ( Skip scoring ) q1:quiz:n:m*a0:closures:*
    ( Report a mistake ) q1:report:closures
    ");
    let scored = |score: &Score| quiz::score_message(&question, &state, score, AnswerPage::Short);
    assert_snapshot!(scored(&score(Rating::Hard)), @"
    # Model answer
    **What is a closure?**

    A function with the variables of its scope.
    # You rated your answer: Hard
    I'll ask again tomorrow.
    Nothing else to repeat today.
    ( Next ) q1:quiz:n:m*a0:closures:*
    ( Report a mistake ) q1:report:closures
    ");
    let again = Score {
        is_new: false,
        ..score(Rating::Hard)
    };
    let again = scored(&again);
    assert_eq!(again.embeds[1].title.as_deref(), Some("Already scored"));
}

/// The rating of a wrong prediction is no choice.
#[test]
fn a_wrong_prediction_without_key_points_counts_as_not_known() {
    let (bank, _) = Bank::load(built_in(), &[]);
    let question = Question {
        points: Vec::new(),
        ..bank.get("predict-await-time").unwrap().clone()
    };
    let chosen = |place| {
        let state = QuizState {
            chosen: Some(place),
            ..state(&question)
        };
        let answer = quiz::answer(&question, &state, AnswerPage::Short, None);
        let prompt = answer.embeds[1].description.clone().unwrap();
        format!("{prompt}\n{}", answer.components[0])
    };
    assert_snapshot!(chosen(0), @"
    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    ( Again ) q1:quiz:A:m*a0A:predict-await-time:*
    ( Hard ) q1:quiz:H:m*a0A:predict-await-time:*
    ( Good ) q1:quiz:G:m*a0A:predict-await-time:*
    ( Easy ) q1:quiz:E:m*a0A:predict-await-time:*
    ");
    assert_snapshot!(chosen(1), @"
    Your prediction was wrong, so this counts as not known.
    ( Again ) q1:quiz:A:m*a0B:predict-await-time:*
    ");
}

#[test]
fn a_reply_is_rated_with_the_same_buttons() {
    let state = AssessmentState {
        round: MessageId::new(30),
        points: 0,
        reviews_before: 0,
    };
    let rows = assessment::rows(&minimal(), state);
    let rows: String = rows.iter().map(ToString::to_string).collect();
    assert_snapshot!(format!("{}\n{rows}", assessment::prompt(&minimal()).unwrap()), @"
    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    ( Again ) q1:assess:1:30:0:0
    ( Hard ) q1:assess:2:30:0:0
    ( Good ) q1:assess:3:30:0:0
    ( Easy ) q1:assess:4:30:0:0
    ");
    let with_points = Question {
        points: vec!["It keeps variables".into()],
        ..minimal()
    };
    assert_eq!(assessment::prompt(&with_points), None);
}

/// A built-in question without the parts that are switched off.
fn reduced(whole: &Question, parts: [bool; 10]) -> Question {
    let [
        number,
        topic,
        level,
        kind,
        hint,
        example,
        points,
        pitfalls,
        follow_up,
        code,
    ] = parts;
    let mut one = whole.clone();
    one.number = one.number.filter(|_| number);
    one.level = one.level.filter(|_| level);
    one.how_to_answer = one.how_to_answer.filter(|_| hint);
    one.example_answer = one.example_answer.filter(|_| example);
    one.follow_up = one.follow_up.filter(|_| follow_up);
    if !topic {
        OTHER_TOPIC.clone_into(&mut one.topic);
    }
    if !points {
        one.points.clear();
    }
    if !pitfalls {
        one.pitfalls.clear();
    }
    if !kind || !code {
        one.kind = None;
        one.wrong_outputs.clear();
        (one.broken, one.broken_output) = (None, None);
    }
    if !code {
        (one.code, one.output) = (None, None);
    }
    one
}

proptest! {
    // Each case renders a dozen messages.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Discord accepts every message of a question, whatever parts it lacks, and shows all its texts.
    #[test]
    fn any_parts_can_be_missing(
        parts in prop::array::uniform10(any::<bool>()),
        [python, docs] in any::<[bool; 2]>(),
        kind in prop::sample::select(Kind::ALL.to_vec()),
        nth in any::<prop::sample::Index>(),
    ) {
        let (bank, _) = Bank::load(built_in(), &[]);
        let of_kind = bank.questions().iter().filter(|one| one.kind == Some(kind));
        let of_kind: Vec<_> = of_kind.collect();
        let mut question = reduced(of_kind[nth.index(of_kind.len())], parts);
        question.python = question.python.filter(|_| python);
        question.docs = question.docs.filter(|_| docs);
        prop_assert_eq!(quizloop_bank::check_question(&question, question_check::check), []);
        for rendered in question_check::render_all(&question) {
            let mut json = rendered.json;
            if rendered.is_modal {
                discord_limits::check_modal(&json);
                continue;
            }
            // Only the daily message mentions a role.
            json["allowed_mentions"]["roles"].take();
            discord_limits::check_message(&json);
        }
        let pages = AnswerPage::of(&question).map(|page| reveal::page_embed(&question, page));
        let shown = serde_json::to_string(&pages.collect::<Vec<_>>()).unwrap();
        let plain = |text: &str| text.replace(['*', '\\', '"', '\n'], "");
        let shown = plain(&shown.replace("\\n", ""));
        for field in question.text_fields() {
            prop_assert!(shown.contains(&plain(field.text)), "{}: {}", field, shown);
        }
    }
}

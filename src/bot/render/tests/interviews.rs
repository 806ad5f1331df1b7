//! `/interview`, from the rules to the summary.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::date;

use super::{Bank, Question, built_in, question};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::interview::{InterviewSetup, InterviewState};
use crate::bot::interactions::progress::interviews;
use crate::bot::render::interview::{
    self, AnsweredQuestion, AskedQuestion, InterviewEnd, InterviewSummary, QuestionNote,
    QuestionOutcome, progress_line,
};
use crate::bot::render::user_error::UserError;
use quizloop_core::interview::{AnswerKind, InterviewAssessment, InterviewResult, MissedPoint};
use quizloop_core::review::Rating;
use quizloop_core::self_assessment::Ticks;
use quizloop_core::zone::Zone;

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
    assert_snapshot!(interview::rules(&setup, 5), @"
    # Interview: 5 questions in 15 minutes
    The time starts when you press **Start**.
    • They become harder. Their level and topic stay hidden until the end.
    • Answer out loud, as you would in the real one, then press **I said it**. Or write: I show it back to you and don't save it.
    • There are no answers in between. At the end you see each model answer and tick what you said, and `/quiz` brings the question back in time.
    • When the time is over, nothing is sent. The buttons and `/interview` then lead you to the answers, until a day later.
    • Nobody else sees your interview or its result.
    ( Start ) q1:interview-start:15:*:*:*
    ");
    let few = InterviewSetup {
        minutes: 10,
        level: Some(quizloop_bank::Level::Senior),
        topic: Some("queues".into()),
        replaces: None,
    };
    let text = interview::rules(&few, 1).to_string();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('•')).collect();
    assert_snapshot!(lines.join("\n"), @"
    # Interview: 1 question in 10 minutes
    The time starts when you press **Start**. Only one question matches.
    ( Start ) q1:interview-start:10:senior:queues:*
    ");
    let waiting = InterviewSetup {
        replaces: Some(started().as_millisecond()),
        ..few
    };
    assert_snapshot!(interview::answers_waiting(&waiting, at(0, &question()), started()), @"
    You haven't ticked all the answers of the interview that you started <t:1774602000:R>. A new one drops what is left of it.
    ( See the answers ) q1:interview:v:1774602000000:0:6
    ( Start a new one ) q1:interview-start:10:senior:queues:1774602000000
    ");
}

#[test]
fn the_questions() {
    let one = question();
    assert_snapshot!(interview::question(asked(Some(&one), at(0, &one))), @"
    # Question 1 of 5
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Time] The interview ends <t:1774602900:R>.
    -- Answer out loud. The model answers come at the end.
    ( I said it ) q1:interview:a:1774602000000:0:6
    ( Write it ) q1:interview:w:1774602000000:0:6
    ( Skip ) q1:interview:k:1774602000000:0:6
    ");
    let program = predict();
    assert_snapshot!(interview::question(asked(Some(&program), at(2, &program))), @r#"
    # Question 3 of 5
    **Here are three ways to run two sleeps of 0.1 seconds. What does each line of the output look like, and how long does each way take?**
    ```py
    import asyncio
    async def nap(name):
        print("sleep", name, end=", ")
        await asyncio.sleep(0.1)
        print("wake", name, end=", ")
    async def main():
        await nap("a")
        await nap("b")
        print("one")
        await asyncio.wait([asyncio.create_task(nap(n)) for n in "ab"])
        print("two")
        await asyncio.create_task(nap("a"))
        await asyncio.create_task(nap("b"))
        print("three")
    asyncio.run(main())
    ```
    **A**
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, wake a, sleep b, wake b, two
    sleep a, wake a, sleep b, wake b, three
    ```
    **B**
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, sleep b, wake a, wake b, two
    sleep a, sleep b, wake a, wake b, three
    ```
    **C**
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, sleep b, wake a, wake b, two
    sleep a, wake a, sleep b, wake b, three
    ```
    **D**
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, wake a, sleep b, wake b, two
    sleep a, sleep b, wake a, wake b, three
    ```
    [Time] The interview ends <t:1774602900:R>.
    -- Choose what it prints. The model answers come at the end.
    ( A ) q1:interview:1:1774602000000:2:6
    ( B ) q1:interview:2:1774602000000:2:6
    ( C ) q1:interview:3:1774602000000:2:6
    ( D ) q1:interview:4:1774602000000:2:6
    ( Skip ) q1:interview:k:1774602000000:2:6
    "#);
    assert_snapshot!(interview::question(asked(None, at(3, &one))), @"
    # Question 4 of 5
    This question was removed during your interview, so it doesn't count.
    [Time] The interview ends <t:1774602900:R>.
    -- The model answers come at the end.
    ( Next ) q1:interview:k:1774602000000:3:6
    ");
    assert_snapshot!(interview::answer_modal(&one, at(0, &one)), @"
    # My answer q1:interview:1774602000000:0:6
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    As you would say it (up to 1500) answer
      Only you will see it, above the next question. It isn't saved.
    ");
    let next = || interview::question(asked(Some(&one), at(2, &one)));
    let content = |message: crate::bot::render::message::Message| message.content.unwrap();
    let answered = QuestionNote::AnsweredBefore(1);
    assert_snapshot!(content(interview::with_note(next(), answered)), @"You have already answered question 2. This is where you are:");
    let resumed = interview::with_note(next(), QuestionNote::Resumed);
    assert_snapshot!(content(resumed.clone()), @"Your interview is still running. This is where you are:");
    let written = "It returns a coroutine.\nNothing runs yet.";
    assert_snapshot!(content(interview::with_written_answer(next(), written)), @"
    **You wrote**
    > It returns a coroutine.
    > Nothing runs yet.
    ");
    assert_snapshot!(content(interview::with_written_answer(resumed, written)), @"
    Your interview is still running. This is where you are:

    **You wrote**
    > It returns a coroutine.
    > Nothing runs yet.
    ");
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
    assert_snapshot!(interview::end(end), @"
    🏁 That was the last question, after 9 min 20 s. Now see the model answers and tick what you said. You can do it later as well: `/interview` leads you there until <t:1774688960:f>.
    ( See the answers ) q1:interview:v:1774602000000:0:6
    ");
    let over = InterviewEnd { answered: 3, ..end };
    assert_snapshot!(interview::end(over), @"
    ⏱️ The time is over: you answered 3 of 5. Now see the model answers and tick what you said, also of the question that was on. You can do it later as well: `/interview` leads you there until <t:1774688960:f>.
    ( See the answers ) q1:interview:v:1774602000000:0:6
    ");
    assert_snapshot!(UserError::InterviewGone.text(), @"This interview is over and put away. `/interview` starts a new one, and `/progress` shows how your last ones went.");
    assert_snapshot!(UserError::NoInterviewQuestion.text(), @"No question matches, so there is nothing to ask. Leave out topic or level, or pick a topic from the list.");
}

#[test]
fn the_model_answers() {
    let one = question();
    let said = answered(&one, Some(AnswerKind::Said));
    let whole = interview::model_answer(&said, AnswerPage::Short).to_string();
    assert!(whole.contains("[Key points] • "), "{whole}");
    assert_snapshot!(around_the_answer(&said), @"
    **Answer 2 of 5** · You said your answer in 2 min 10 s.
    [ Which points did you say? ▾ 1–6 ] q1:interview:p:1774602000000:1:6
      ▫ The call returns a coroutine object = 0
      ▫ None of the body has run yet = 1
      ▫ It starts when you await it, wrap it in a task or pass it to asyncio.run() = 2
      ▫ Single-use: a second await raises RuntimeError = 3
      ▫ Never awaited: the work doesn't happen = 4
      ▫ Never awaited: Python prints a RuntimeWarning = 5
    ( None of them ) q1:interview:0:1774602000000:1:6
    ( Report a mistake ) q1:report:coroutine-objects
    ( In short – disabled ) q1:interview:s:1774602000000:1:6
    ( Explain ) q1:interview:e:1774602000000:1:6
    ( Code ) q1:interview:c:1774602000000:1:6
    ( Say it like this ) q1:interview:i:1774602000000:1:6
    ( Traps and tips ) q1:interview:t:1774602000000:1:6
    ");
    let explained = interview::model_answer(&said, AnswerPage::Explanation).to_string();
    assert!(explained.contains("#2 · explanation"), "{explained}");
    let content = |answer| {
        let message = interview::model_answer(&answered(&one, answer), AnswerPage::Short);
        message.content.unwrap()
    };
    assert_snapshot!(content(Some(AnswerKind::Written)), @"**Answer 2 of 5** · You wrote your answer in 2 min 10 s: it is further up.");
    assert_snapshot!(content(None), @"**Answer 2 of 5** · The time ran out here: tick what you said until then.");
    assert_snapshot!(around_the_answer(&answered(&one, Some(AnswerKind::Skipped))), @"
    **Answer 2 of 5** · You skipped it after 2 min 10 s.
    ( Next ) q1:interview:n:1774602000000:1:6
    ( Report a mistake ) q1:report:coroutine-objects
    ( In short – disabled ) q1:interview:s:1774602000000:1:6
    ( Explain ) q1:interview:e:1774602000000:1:6
    ( Code ) q1:interview:c:1774602000000:1:6
    ( Say it like this ) q1:interview:i:1774602000000:1:6
    ( Traps and tips ) q1:interview:t:1774602000000:1:6
    ");
    let open = without_points();
    assert_snapshot!(around_the_answer(&answered(&open, Some(AnswerKind::Said))), @"
    **Answer 2 of 5** · You said your answer in 2 min 10 s.
    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    ( Again ) q1:interview:A:1774602000000:1:0
    ( Hard ) q1:interview:H:1774602000000:1:0
    ( Good ) q1:interview:G:1774602000000:1:0
    ( Easy ) q1:interview:E:1774602000000:1:0
    ( Report a mistake ) q1:report:coroutine-objects
    ( Answer – disabled ) q1:interview:s:1774602000000:1:0
    ( Code ) q1:interview:c:1774602000000:1:0
    ( Say it like this ) q1:interview:i:1774602000000:1:0
    ( Traps and tips ) q1:interview:t:1774602000000:1:0
    ");
    assert_snapshot!(around_the_answer(&answered(&open, Some(AnswerKind::Skipped))), @"
    **Answer 2 of 5** · You skipped it after 2 min 10 s.
    ( Next ) q1:interview:n:1774602000000:1:0
    ( Report a mistake ) q1:report:coroutine-objects
    ( Answer – disabled ) q1:interview:s:1774602000000:1:0
    ( Code ) q1:interview:c:1774602000000:1:0
    ( Say it like this ) q1:interview:i:1774602000000:1:0
    ( Traps and tips ) q1:interview:t:1774602000000:1:0
    ");
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
    assert_snapshot!(right.1, @"
    **Answer 2 of 5** · You chose in 2 min 10 s.
    ✅ You chose **B**. It prints:
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, sleep b, wake a, wake b, two
    sleep a, wake a, sleep b, wake b, three
    ```
    [ Which points did you say? ▾ 1–6 ] q1:interview:p:1774602000000:1:6
      ▫ one: each await finishes before the next sleep starts = 0
      ▫ two: both tasks are created before the wait, so the sleeps overlap = 1
      ▫ three: the second task is created after the first has finished = 2
      ▫ So one and three take 0.2 seconds, and two takes 0.1 = 3
      ▫ What counts is when both are scheduled, not where they are awaited = 4
      ▫ gather() or a TaskGroup schedules everything before waiting = 5
    ( None of them ) q1:interview:0:1774602000000:1:6
    ( Report a mistake ) q1:report:predict-await-time
    ( In short – disabled ) q1:interview:s:1774602000000:1:6
    ( Explain ) q1:interview:e:1774602000000:1:6
    ( Say it like this ) q1:interview:i:1774602000000:1:6
    ( Traps and tips ) q1:interview:t:1774602000000:1:6
    ");
    let wrong = all.iter().find(|(is_right, _)| !is_right).unwrap();
    assert_snapshot!(wrong.1.lines().take(8).collect::<Vec<_>>().join("\n"), @"
    **Answer 2 of 5** · You chose in 2 min 10 s.
    ❌ You chose **A**. It prints **B**:
    ```text
    sleep a, wake a, sleep b, wake b, one
    sleep a, sleep b, wake a, wake b, two
    sleep a, wake a, sleep b, wake b, three
    ```
    [ Which points did you say? ▾ 1–6 ] q1:interview:p:1774602000000:1:6
    ");
    assert_eq!(all.iter().filter(|(is_right, _)| *is_right).count(), 1);
}

#[test]
fn answers_that_cannot_be_shown() {
    let one = question();
    let guarded = AnsweredQuestion {
        is_guarded: true,
        ..answered(&one, Some(AnswerKind::Said))
    };
    assert_snapshot!(interview::model_answer(&guarded, AnswerPage::Short), @"
    **Answer 2 of 5** · You said your answer in 2 min 10 s.
    This question is open in a team of this server now. Reply there first, then press **Try again**, or leave it out: then it doesn't count here.
    ( Try again ) q1:interview:s:1774602000000:1:6
    ( Leave it out ) q1:interview:n:1774602000000:1:6
    ");
    let removed = AnsweredQuestion {
        question: None,
        ..guarded
    };
    let removed = AnsweredQuestion {
        is_guarded: false,
        ..removed
    };
    assert_snapshot!(interview::model_answer(&removed, AnswerPage::Short), @"
    **Answer 2 of 5** · You said your answer in 2 min 10 s.
    This question was removed since your interview, so it doesn't count.
    ( Next ) q1:interview:n:1774602000000:1:6
    ");
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
    assert_snapshot!(interview::summary(&shown), @"
    # You said 5 of 10 key points
    4 questions in 10 min of 10 min. One question was not reached and doesn't count.

    **1** · 4 of 6 points · 1 min 35 s · comes back on Tuesday
    You call a function that was defined with async def. What do you get back, and when does its body s…

    **2** · 1 of 4 points · ❌ wrong output · 1 min 35 s · comes back on Tuesday
    Here are three ways to run two sleeps of 0.1 seconds. What does each line of the output look like, …

    **3** · Hard · 1 min 35 s · comes back on Tuesday
    You call a function that was defined with async def. What do you get back, and when does its body s…

    **4** · left out · skipped · 1 min 35 s
    [By topic] • fundamentals: 4 of 6
    • output prediction: 1 of 4
    [Work on these first] • `two`: both tasks are created before the wait, so the sleeps overlap
    • Never awaited: the work doesn't happen
    [Read] • https://docs.python.org/3/library/asyncio-task.html#coroutines
    ( Repeat now ) q1:quiz:n:m*a0:coroutine-objects:*
    ");
    shown.questions = vec![outcome(
        Some(&open),
        Some(AnswerKind::Skipped),
        Some(InterviewAssessment::Rated(Rating::Again)),
    )];
    (shown.result.said, shown.result.points, shown.total) = (0, 0, 1);
    (shown.weakest, shown.reviews) = (Vec::new(), 0);
    assert_snapshot!(interview::summary(&shown), @"
    # Your interview
    1 question in 10 min of 10 min.

    **1** · Again · skipped · 1 min 35 s · comes back on Tuesday
    You call a function that was defined with async def. What do you get back, and when does its body s…
    [Read] • https://docs.python.org/3/library/asyncio-task.html#coroutines
    ( Practise another ) q1:quiz:n:m*a0:coroutine-objects:*
    ");
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
    let line = |results: &[InterviewResult]| progress_line(&interviews(results, 0, &Zone::utc()));
    assert_eq!(line(&[]), None);
    assert_snapshot!(line(&results).unwrap(), @"**7 interviews** held. Key points you said: 50 % → 54 % → 59 % → 63 % → 68 % → 72 % → 77 %.");
    assert_snapshot!(line(&results[..1]).unwrap(), @"**1 interview** held. You said 50 % of the key points.");
    let many = [results[0]; 20];
    assert_snapshot!(line(&many).unwrap(), @"**20 or more interviews** held. Key points you said: 50 % → 50 % → 50 % → 50 % → 50 % → 50 % → 50 % → 50 % → 50 % → 50 %.");
    (results[0].said, results[0].points) = (0, 0);
    assert_snapshot!(line(&results[..1]).unwrap(), @"**1 interview** held.");
    // The picture's dates are those of the zone.
    let zone = Zone::from_name("Pacific/Pago_Pago").unwrap();
    let newest = interviews(&results, 2, &zone);
    assert_eq!((newest.held, newest.mock_interviews), (7, 2));
    assert_eq!(newest.scores.len(), 6);
    assert_eq!(newest.shown()[5].date, date(2026, 3, 6));
}

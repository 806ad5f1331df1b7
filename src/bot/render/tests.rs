//! Snapshots of the texts that users see.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::{date, time};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::daily::LevelDisplay::{Hidden, Shown};
use super::message::{Button, Message};
use super::reveal::{OpenAnswer, RoundPlace};
use super::streak::{AnswerCounts, NextQuestion};
use super::team::{PermissionReport, SummaryReason, TeamStatus, status};
use super::user_error::{PostingProblem, UserError};
use super::{daily, message, reveal, streak, team, user_error};
use crate::bot::discord::rest::ApiError;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::commands::help;
use quizloop_bank::{Bank, Kind, Level, Question, built_in};
use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId, snowflake_at};
use quizloop_core::leaderboard::{LeaderboardRow, Period};
use quizloop_core::ledger::Actor;
use quizloop_core::posting::OrderPostError;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::reveal_guard::GuardedRound;
use quizloop_core::schedule::Schedule;
use quizloop_core::streak::{Streak, replay};
use quizloop_core::team::{PostingFailure, Reveal, Team, TeamSettings};
use quizloop_core::zone::Zone;

const ADA: UserId = UserId::new(1);
const LIN: UserId = UserId::new(2);

mod assessments;
mod feedback;
mod histories;
mod imports;
mod interviews;
mod missing_parts;
mod pairs;
mod pictures;
mod privacies;
mod question_limits;
mod quizzes;
mod reminders;
mod server_questions;
mod team_admins;
mod weeks;
mod wrap_ups;

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
        ..TeamSettings::default()
    }
}

/// The pool of 24 questions.
fn pool() -> QuestionPool<'static> {
    (&["q"; 24]).into()
}

fn new_team() -> Team {
    Team::new(ChannelId::new(20), settings(), at("2026-03-20T12:00:00Z"))
}

fn message(day: i8, hour: i8, nth: u64) -> MessageId {
    let time = date(2026, 3, day)
        .at(hour, 0, 0, 0)
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .unwrap();
    MessageId::new(snowflake_at(time.timestamp()) + nth)
}

/// Seven rounds. Ada answered, missed, saw the answer first, was late, and was credited; one round
/// is void, and the last one is open.
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
        team.record_thread(posted, quizloop_core::round::ThreadStatus::Created);
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
    assert_snapshot!(daily::post(&question(), &round, 0, Shown), @"
    **Question of the day:** You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    [Level] junior
    [Topic] fundamentals
    -- Question 1 · 2026-03-23 · reply in the thread
    ( Hint ) q1:hint:coroutine-objects
    ( Model answer ) q1:answer:coroutine-objects
    ( My streak ) q1:streak
    ");
    round.remaining = 7;
    assert_snapshot!(daily::post(&question(), &round, 1, Shown).mention_role(RoleId::new(5)), @"
    **Question of the day:** You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    <@&5>
    [Level] junior
    [Topic] fundamentals
    [Coming up] 7 new questions left, then they start over.
    -- Question 1 · 2026-03-23 · reply in the thread · 1 answer
    ( Hint ) q1:hint:coroutine-objects
    ( Model answer ) q1:answer:coroutine-objects
    ( My streak ) q1:streak
    ");
    round.remaining = 0;
    assert_snapshot!(daily::post(&question(), &round, 12, Shown), @"
    **Question of the day:** You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    [Level] junior
    [Topic] fundamentals
    [Coming up] This is the last new question. After it, they start over.
    -- Question 1 · 2026-03-23 · reply in the thread · 12 answers
    ( Hint ) q1:hint:coroutine-objects
    ( Model answer ) q1:answer:coroutine-objects
    ( My streak ) q1:streak
    ");
    round.remaining = 20;
    let hidden = daily::post(&question(), &round, 0, Hidden);
    assert_snapshot!(hidden, @"
    **Question of the day:** You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    -- Question 1 · 2026-03-23 · reply in the thread
    ( Hint ) q1:hint:coroutine-objects
    ( Model answer ) q1:answer:coroutine-objects
    ( My streak ) q1:streak
    ");
    round.remaining = 0;
    let mut predict = question();
    predict.kind = Some(Kind::Predict);
    assert_snapshot!(daily::post(&predict, &round, 0, Shown), @r#"
    **Question of the day:** You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    ```py
    import asyncio

    async def answer():
        print("body runs")
        return 42

    async def main():
        coro = answer()
        print("got a", type(coro).__name__)
        print(await coro)
        try:
            await coro
        except RuntimeError as error:
            print(error)
    asyncio.run(main())
    ```
    [Level] junior
    [Topic] fundamentals
    [Coming up] This is the last new question. After it, they start over.
    -- Question 1 · 2026-03-23 · reply in the thread
    ( Hint ) q1:hint:coroutine-objects
    ( Model answer ) q1:answer:coroutine-objects
    ( My streak ) q1:streak
    "#);
}

/// A phone's notification shows the text without embeds, and only its beginning.
#[test]
fn the_text_of_the_daily_message_stands_alone() {
    let round = team_with_rounds().rounds()[0].clone();
    let role = RoleId::new(u64::MAX);
    let mut long = question();
    long.kind = Some(Kind::Predict);
    long.question = "What is on https://docs.python.org/3/ and `http://localhost`?".into();
    long.code = Some("print('a')\n".repeat(200));
    let post = daily::post(&long, &round, 0, Shown).mention_role(role);
    assert_snapshot!(post.content.as_deref().unwrap(), @"
    **Question of the day:** What is on <https://docs.python.org/3/> and `http://localhost`?
    <@&18446744073709551615>
    ");
    let code = post.embeds[0].description.as_deref().unwrap();
    assert!(code.starts_with("```py\nprint('a')\n"), "{code}");
    // The code just fits beside the longest mention of a role.
    let text = |code: &str| {
        let mut question = long.clone();
        question.code = Some(code.to_owned());
        daily::post_text(&question)
    };
    let room = daily::POST_CONTENT_MAX - text("").content.chars().count();
    let fits = text(&"x".repeat(room));
    assert_eq!(fits.overflow, None);
    assert_eq!(fits.content.chars().count(), daily::POST_CONTENT_MAX);
    assert!(text(&"x".repeat(room + 1)).overflow.is_some());
    long.code = Some("x".repeat(room));
    let fullest = daily::post(&long, &round, 0, Shown).mention_role(role);
    assert_eq!(
        fullest.content.unwrap().chars().count(),
        message::CONTENT_MAX
    );
}

/// Members may have hidden embeds, so nothing of the question may be in an embed alone.
#[test]
fn the_whole_bank_is_asked_in_the_text() {
    let (bank, _) = Bank::load(built_in(), &[]);
    for question in bank.questions() {
        let text = daily::post_text(question);
        assert_eq!(text.overflow, None, "{}", question.id);
        let first = text.content.lines().next().unwrap();
        assert!(first.contains(&question.question), "{first}");
    }
}

#[test]
fn the_label_begins_every_footer() {
    let round = team_with_rounds().rounds()[0].clone();
    for replied in [0, 1, 5] {
        let post = daily::post(&question(), &round, replied, Shown);
        let footer = &post.embeds[0].footer.as_ref().unwrap().text;
        assert!(
            footer.starts_with(&format!("{} ", round.label())),
            "{footer}"
        );
    }
}

/// The colour of a question whose level is hidden is that of no level.
#[test]
fn a_hidden_level_has_a_colour_of_its_own() {
    let colors = Level::ALL.map(|level| {
        let question = Question {
            level: Some(level),
            ..question()
        };
        [Shown, Hidden].map(|display| display.color(&question))
    });
    let [hidden] = BTreeSet::from(colors.map(|[_, hidden]| hidden))
        .into_iter()
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert!(colors.iter().all(|[shown, _]| *shown != hidden));
}

#[test]
fn thread_names_fit() {
    assert_eq!(
        daily::thread_name("What does `await` do?"),
        "What does await do?"
    );
    assert_eq!(daily::thread_name(&"🧵".repeat(200)).chars().count(), 100);
}

/// The pages show the same as one long message: nothing of an entry is lost.
#[test]
fn every_text_of_a_question_is_on_a_page() {
    let (bank, _) = Bank::load(built_in(), &[]);
    for question in bank.questions() {
        let pages = AnswerPage::of(question).map(|page| {
            let embed = reveal::page_embed(question, page);
            message::Message::embed(embed).to_string()
        });
        let shown = pages.collect::<Vec<_>>().join("\n");
        // The example answer is in italics, in which asterisks are escaped.
        let plain = |text: &str| text.trim_end().replace(['*', '\\'], "");
        let shown = plain(&shown);
        let prose = question.text_fields().map(|field| field.text);
        let programs = question.programs();
        let programs = programs.filter(|(field, _)| *field != "wrong_outputs");
        let programs = programs.map(|(_, program)| program);
        for text in prose.chain(programs).chain(question.docs.as_deref()) {
            assert!(shown.contains(&plain(text)), "{}: {text}", question.id);
        }
    }
}

/// A hint is read before the reply, so nothing of the answer is in it.
#[test]
fn hints() {
    let hints = Kind::ALL.map(|kind| {
        let question = Question {
            kind: Some(kind),
            ..question()
        };
        format!("{}: {}", kind.name(), reveal::hint_text(&question))
    });
    assert_snapshot!(hints.join("\n"), @"
    concept: Say what it is, why it is so, and what follows from it in practice. A complete answer makes 6 key points.
    compare: Say what they have in common, then each difference, then when you would choose which. A complete answer makes 6 key points.
    design: Say what you assume, then the parts and how they work together, then what happens when one of them fails. A complete answer makes 6 key points.
    bug: Say what goes wrong and when, why it happens, and how you would fix it. A complete answer makes 6 key points.
    predict: Follow the program in the order in which it runs. Say what it prints, and why. A complete answer makes 6 key points.
    ");
    let short = Question {
        answer: "A coroutine object.".into(),
        points: Vec::new(),
        ..question()
    };
    let without_kind = Question {
        kind: None,
        ..short.clone()
    };
    assert_snapshot!(reveal::hint_text(&without_kind), @"The model answer has 3 words.");
    assert_snapshot!(reveal::hint_text(&short), @"Say what it is, why it is so, and what follows from it in practice. The model answer has 3 words.");
    let (bank, _) = Bank::load(built_in(), &[]);
    for question in bank.questions() {
        let other = Question {
            answer: "other".into(),
            how_to_answer: Some("other".into()),
            points: vec!["other".into(); question.points.len()],
            ..question.clone()
        };
        let hint = reveal::hint_text(question);
        assert_eq!(hint, reveal::hint_text(&other), "{}", question.id);
    }
}

#[test]
fn reveals() {
    let guarded = GuardedRound {
        channel: ChannelId::new(20),
        number: 3,
    };
    let page = |question: &Question, page| {
        let open = OpenAnswer {
            question,
            page,
            public: false,
            round: Some(MessageId::new(30)),
        };
        open.public_message().to_string()
    };
    let pages = |question: &Question| -> Vec<String> {
        AnswerPage::of(question)
            .map(|one| page(question, one))
            .collect()
    };
    assert_snapshot!("answer", pages(&question()).join("\n"));
    assert_snapshot!(reveal::hint(&question()), @"
    # Hint
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**

    Say what it is, why it is so, and what follows from it in practice. A complete answer makes 6 key points.
    ");
    let reply = Button::link(
        "Reply in the thread",
        "https://discord.com/channels/1/2".into(),
    );
    assert_snapshot!(reveal::confirm(guarded, RoundPlace::Here, Some(reply), &question()), @"
    You haven't answered the question in <#20> yet. If you look now, it won't add to your streak, but it won't break it if you still reply. To keep your streak growing, reply in its thread first.
    ( Reply in the thread ) https://discord.com/channels/1/2
    ( Show it anyway ) q1:reveal:20:3:me:coroutine-objects
    ");
    assert_snapshot!(reveal::confirm(guarded, RoundPlace::Elsewhere, None, &question()), @"
    You haven't answered this question yet: a team in this server has it open. If you look now, it won't add to your streak, but it won't break it if you still reply. To keep your streak growing, reply there first.
    ( Show it anyway ) q1:reveal:20:3:me:coroutine-objects
    ");
    let mut bug = question();
    bug.kind = Some(Kind::Bug);
    bug.broken = Some("hello()".into());
    bug.broken_output = Some("RuntimeWarning".into());
    assert_snapshot!("answer_of_a_bug", pages(&bug).join("\n"));
    // Without key points, the first page has the whole answer.
    let without_points = Question {
        points: Vec::new(),
        ..question()
    };
    assert_snapshot!(page(&without_points, AnswerPage::Short), @r#"
    # #2 · model answer
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**

    The call returns a coroutine object, and not one line of the body has run. The word "coroutine" is used for both things, the function and the object, so it helps to say which one you mean.

    The body starts when something drives the object: you `await` it, you wrap it in a task, or you pass it to `asyncio.run()` or `Runner.run()`. A new task normally takes its first step on the loop's next turn.

    A coroutine object is single-use: a second `await` raises `RuntimeError`. If it's never awaited, the work doesn't happen, and Python prints a `RuntimeWarning` ("was never awaited") when the object is destroyed.

    To tell them apart, `inspect.iscoroutinefunction()` checks the function and `inspect.iscoroutine()` the object; asyncio's own `iscoroutinefunction()` is deprecated since Python 3.14.
    [Read more] https://docs.python.org/3/library/asyncio-task.html#coroutines
    -- fundamentals · junior · Python 3.11
    ( Answer – disabled ) q1:page:s:me:30:coroutine-objects
    ( Code ) q1:page:c:me:30:coroutine-objects
    ( Say it like this ) q1:page:i:me:30:coroutine-objects
    ( Traps and tips ) q1:page:t:me:30:coroutine-objects
    ( Report a mistake ) q1:report:coroutine-objects
    "#);
}

fn answers(this_month: u32) -> AnswerCounts {
    AnswerCounts {
        today: date(2026, 3, 31),
        this_month,
        all_time: 31,
    }
}

/// Their own streak, after a miss.
#[test]
fn broken_streaks() {
    let broken = |next, this_month| {
        streak::streak(&streak::StreakView {
            member: ADA,
            is_own: true,
            streak: Streak {
                longest: 4,
                answered: 6,
                ..Streak::default()
            },
            next,
            answers: answers(this_month),
            guild: GuildId::new(1),
            channel: ChannelId::new(20),
            recent_rounds: Vec::new(),
        })
    };
    assert_snapshot!(broken(NextQuestion::Open, 1), @"
    **1 answer** in March. Your streak starts again with the open question.
    Your longest was 4 questions.
    ❄️ No freezes. Answer 1 more question to earn one: it saves your streak on a day you miss.
    ");
    assert_snapshot!(broken(NextQuestion::NotOut, 0), @"
    **31 answers** so far. Your streak starts again with the next question.
    Your longest was 4 questions.
    ❄️ No freezes. Answer 1 more question to earn one: it saves your streak on a day you miss.
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of texts")]
fn streaks() {
    let own = |current, longest, freezes, answered| {
        streak::streak(&streak::StreakView {
            member: ADA,
            is_own: true,
            streak: Streak {
                current,
                longest,
                freezes,
                answered,
            },
            next: NextQuestion::Today,
            answers: answers(8),
            guild: GuildId::new(1),
            channel: ChannelId::new(20),
            recent_rounds: Vec::new(),
        })
    };
    let without_open_question = streak::streak(&streak::StreakView {
        member: ADA,
        is_own: true,
        streak: Streak::default(),
        next: NextQuestion::NotOut,
        answers: answers(0),
        guild: GuildId::new(1),
        channel: ChannelId::new(20),
        recent_rounds: Vec::new(),
    });
    assert_snapshot!(without_open_question, @"
    No streak yet. Answer the next question to start one.
    ❄️ No freezes. Answer 7 more questions to earn one: it saves your streak on a day you miss.
    ");
    assert_snapshot!(own(0, 0, 0, 0), @"
    No streak yet. Answer today's question to start one.
    ❄️ No freezes. Answer 7 more questions to earn one: it saves your streak on a day you miss.
    ");
    assert_snapshot!(own(0, 4, 0, 6), @"
    **8 answers** in March. Your streak starts again with today's question.
    Your longest was 4 questions.
    ❄️ No freezes. Answer 1 more question to earn one: it saves your streak on a day you miss.
    ");
    assert_snapshot!(own(1, 4, 1, 13), @"
    Your streak: **1 question** in a row (longest: 4).
    ❄️ 1 freeze. It saves your streak on a day you miss. Answer 1 more question to earn another.
    ");
    assert_snapshot!(own(15, 20, 2, 30), @"
    Your streak: **15 questions** in a row (longest: 20).
    ❄️ 2 freezes, the maximum. Each saves your streak on a day you miss.
    ");
    let others = |streak| {
        streak::streak(&streak::StreakView {
            member: ADA,
            is_own: false,
            streak,
            next: NextQuestion::Today,
            answers: answers(1),
            guild: GuildId::new(1),
            channel: ChannelId::new(20),
            recent_rounds: Vec::new(),
        })
    };
    assert_snapshot!(others(Streak::default()), @"
    <@1> has no streak yet.
    ❄️ No freezes.
    ");
    assert_snapshot!(others(Streak { longest: 4, ..Streak::default() }), @"
    <@1> has **1 answer** in March.
    ❄️ No freezes.
    ");
    let team = team_with_rounds();
    let ledger = team.ledger(ADA);
    let mut asked = question();
    asked.question = "What is in `[1, [2]]` after a call of `__init__` that nobody awaits?".into();
    let why = replay(&ledger, team.rounds())
        .map(|(round, outcome, _)| streak::ExplainedRound {
            round,
            outcome,
            question: (round.number != 2).then_some(&asked),
        })
        .collect();
    let standing = streak::StreakView {
        member: ADA,
        is_own: false,
        streak: team.streak(ADA),
        next: NextQuestion::Today,
        answers: answers(2),
        guild: GuildId::new(1),
        channel: ChannelId::new(20),
        recent_rounds: why,
    };
    assert_snapshot!(streak::streak(&standing), @r"
    <@1>'s streak: **1 question** in a row (longest: 1).
    ❄️ No freezes.

    **Last 7 questions**
    Tue 31 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1488447759974400000) · ⏳ still open
    Mon 30 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1488085372108800000) · ➖ doesn't count (cancelled by <@9>)
    Fri 27 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1486998208512000000) · ✅ credited by <@9>
    Thu 26 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1486635820646400000) · ✖️ too late: the next question was already out
    Wed 25 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1486273432780800000) · 👀 saw the answer first: streak unchanged
    Tue 24 Mar · [a removed question](https://discord.com/channels/1/1485911044915200000) · ✖️ missed
    Mon 23 Mar · [What is in (1, (2)) after a call of \_\_i…](https://discord.com/channels/1/1485548657049600000) · ✅ answered
    ");
}

/// The longest texts fit an embed's description.
#[test]
fn the_longest_explanation_of_a_streak_fits() {
    let long_id = u64::MAX;
    let by = Actor {
        user: Some(UserId::new(long_id)),
        at: at("2026-03-30T10:00:00Z"),
    };
    let mut round = team_with_rounds().rounds()[0].clone();
    round.message = Some(MessageId::new(long_id));
    round.thread = quizloop_core::round::ThreadStatus::Unavailable;
    let mut asked = question();
    asked.question = "_*".repeat(100);
    let explained = streak::ExplainedRound {
        round: &round,
        outcome: quizloop_core::streak::RoundOutcome::Void(by),
        question: Some(&asked),
    };
    let message = streak::streak(&streak::StreakView {
        member: UserId::new(long_id),
        is_own: true,
        streak: Streak {
            longest: u32::MAX,
            ..Streak::default()
        },
        next: NextQuestion::Today,
        answers: answers(u32::MAX),
        guild: GuildId::new(long_id),
        channel: ChannelId::new(long_id),
        recent_rounds: vec![explained; streak::EXPLAINED_ROUNDS],
    });
    let text = message.embeds[0].description.as_deref().unwrap();
    let length = text.chars().count();
    assert!(length <= message::DESCRIPTION_MAX, "{length}");
    assert!(
        text.ends_with(&format!("(cancelled by <@{long_id}>)")),
        "{text}"
    );
}

#[test]
fn leaderboards() {
    let month = Period::Month(date(2026, 3, 31));
    assert_snapshot!(streak::leaderboard(&team_with_rounds().leaderboard(month), month), @"
    # Leaderboard: March 2026
    1. <@1>: 2 answers · 🔥 1
    2. <@2>: 1 answer · 🔥 1
    ");
    assert_snapshot!(streak::leaderboard(&[], Period::AllTime), @"
    # Leaderboard: all time
    Nobody is on the board yet. Answer a question before you see its model answer to be the first.
    ");
    let answers = [7, 6, 6, 5].into_iter().chain([3; 8]);
    let rows: Vec<LeaderboardRow> = (1..)
        .zip(answers)
        .map(|(user, answered)| LeaderboardRow {
            user: UserId::new(user),
            answered,
            streak: Streak::default(),
        })
        .collect();
    assert_snapshot!(streak::leaderboard(&rows, Period::AllTime), @"
    # Leaderboard: all time
    1. <@1>: 7 answers
    2. <@2>: 6 answers
    2. <@3>: 6 answers
    4. <@4>: 5 answers
    5. <@5>: 3 answers
    5. <@6>: 3 answers
    5. <@7>: 3 answers
    5. <@8>: 3 answers
    5. <@9>: 3 answers
    5. <@10>: 3 answers
    and 2 more
    ");
}

#[test]
fn helps() {
    assert_snapshot!(help::message(false), @"
    # Quizloop: an asyncio interview question every working day
    • A new question comes every working day. Reply in its thread in your own words: your first reply counts, and ✅ means it is saved.
    • `/answer` shows the model answer, first its key points, and `/hint` how to go about it without giving it away. The buttons on the question do the same. Below the answer, tick what your reply said, and `/quiz` brings the question back in time.
    • To see your reply above the key points, open its menu and choose *Apps*, then *Compare with the model answer*.
    • `/quiz` lets you practise in private at any time, and repeats what you didn't know. With `path:` it follows a course, such as *First week*.
    • `/interview` asks five questions against the clock, in private. At the end you see the model answers and what to work on.
    • `/streak` shows how many questions in a row you have answered; `why:True` explains the last 14.
    • `/leaderboard` shows who answered the most this month.
    • `/history` lists past questions with links to their threads, and what you did with each.
    • `/remind on time:17:00` sends you a direct message on days you haven't answered by then.
    • `/remind reviews on time:08:00` sends you a direct message on days with at least 3 reviews due.
    • `/suggest` sends the admins a question that you'd like to be asked here.
    • `/pair join` matches you with a colleague each week for a mock interview.
    • `/privacy` shows, exports or deletes your data.
    [Streaks] • You can only miss a question that was posted: weekends, holidays and pauses never break a streak.
    • Every 7 answers earn a freeze, which saves your streak on a day you miss. You can hold 2.
    • A reply after the next question is out is too late: it is recorded, but doesn't repair your streak.
    -- I store ids, dates and counts, never the text of a reply.
    ");
    assert_snapshot!(help::message(true), @"
    # Quizloop: an asyncio interview question every working day
    • A new question comes every working day. Reply in its thread in your own words: your first reply counts, and ✅ means it is saved.
    • `/answer` shows the model answer, first its key points, and `/hint` how to go about it without giving it away. The buttons on the question do the same. Below the answer, tick what your reply said, and `/quiz` brings the question back in time.
    • To see your reply above the key points, open its menu and choose *Apps*, then *Compare with the model answer*.
    • `/quiz` lets you practise in private at any time, and repeats what you didn't know. With `path:` it follows a course, such as *First week*.
    • `/interview` asks five questions against the clock, in private. At the end you see the model answers and what to work on.
    • `/streak` shows how many questions in a row you have answered; `why:True` explains the last 14.
    • `/leaderboard` shows who answered the most this month.
    • `/history` lists past questions with links to their threads, and what you did with each.
    • `/remind on time:17:00` sends you a direct message on days you haven't answered by then.
    • `/remind reviews on time:08:00` sends you a direct message on days with at least 3 reviews due.
    • `/suggest` sends the admins a question that you'd like to be asked here.
    • `/pair join` matches you with a colleague each week for a mock interview.
    • `/privacy` shows, exports or deletes your data.
    [Streaks] • You can only miss a question that was posted: weekends, holidays and pauses never break a streak.
    • Every 7 answers earn a freeze, which saves your streak on a day you miss. You can hold 2.
    • A reply after the next question is out is too late: it is recorded, but doesn't repair your streak.
    [For admins] • `/setup` starts a team in a channel, or changes its settings.
    • `/team status` shows the next questions and any missing permissions.
    • `/team reports` lists the mistakes in questions that members reported.
    • `/team questions add` saves a question of your own, and `/team questions list` shows them and what members suggest. `edit`, `show`, `disable`, `enable` and `remove` are there, too.
    • `/team questions import` adds questions from a file: CSV, TOML, JSON, Markdown, or one a line.
    • `/team choose`, `post`, `pause`, `resume`, `skip`, `void`, `credit`, `restore`, `settings`, `remove` do the rest.
    -- I store ids, dates and counts, never the text of a reply.
    ");
}

/// A team with rounds, a role and holidays.
fn busy_team() -> Team {
    let mut team = team_with_rounds();
    team.settings.role = Some(RoleId::new(5));
    team.settings.reveal = Reveal::Open;
    team.settings.schedule.holidays = [date(2026, 12, 24), date(2026, 12, 25)].into();
    team
}

fn missing_permissions() -> PermissionReport {
    PermissionReport {
        missing: vec!["Create Public Threads", "Add Reactions"],
        unmentionable_role: false,
    }
}

#[test]
fn team_settings() {
    let now = at("2026-03-20T12:00:00Z");
    let fine = PermissionReport::default();
    assert_snapshot!(team::team_summary(&new_team(), now, &fine, SummaryReason::New, &pool()), @"
    # Team
    <#20> is set up.
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: after you reply; looking earlier needs confirmation
    **Role**: none
    [Questions] 24 questions: five weeks at five a week
    [Next questions] • <t:1774252800:F> (<t:1774252800:R>)
    • <t:1774339200:F> (<t:1774339200:R>)
    • <t:1774425600:F> (<t:1774425600:R>)
    -- If a question can't be posted, I'll send you one direct message.
    ( Post the first one now ) q1:post-now:20
    ");
    let missing = missing_permissions();
    assert_snapshot!(team::team_summary(&new_team(), now, &missing, SummaryReason::New, &pool()), @"
    # Team
    <#20> is set up.
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: after you reply; looking earlier needs confirmation
    **Role**: none
    [Missing permissions] In <#20>, my role still needs:
    • **Create Public Threads**
    • **Add Reactions**
    Grant them in the channel's settings. Nothing else is needed.
    [Questions] 24 questions: five weeks at five a week
    [Next questions] • <t:1774252800:F> (<t:1774252800:R>)
    • <t:1774339200:F> (<t:1774339200:R>)
    • <t:1774425600:F> (<t:1774425600:R>)
    -- If a question can't be posted, I'll send you one direct message.
    ( Post the first one now ) q1:post-now:20
    ");
    let later = at("2026-03-31T12:00:00Z");
    let asked = team::team_summary(&busy_team(), later, &fine, SummaryReason::Asked, &pool());
    let first_line = asked.embeds[0]
        .description
        .as_deref()
        .unwrap()
        .lines()
        .next();
    assert_eq!(first_line, Some("<#20> has these settings:"));
    assert_snapshot!(team::team_summary(&busy_team(), later, &fine, SummaryReason::Changed, &pool()), @"
    # Team
    <#20> now has these settings:
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: open to everyone at any time
    **Role**: <@&5>, mentioned with each question
    **Holidays**: 2026-12-24, 2026-12-25
    [Questions] 24 questions: five weeks at five a week
    [Next questions] • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    ");
    let mut settings = settings();
    settings.schedule.catch_up = jiff::SignedDuration::ZERO;
    settings.retention = quizloop_core::retention::Retention::from_percent(95).unwrap();
    let today = date(2026, 12, 25);
    assert_snapshot!(team::settings(&settings, today), @"
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: a question that is more than 5 minutes late is skipped
    **Model answer**: after you reply; looking earlier needs confirmation
    **Role**: none
    **Practice**: `/quiz` repeats questions often enough to remember 95 %
    ");
}

#[test]
fn many_holidays_are_cut_and_past_ones_left_out() {
    let mut team = new_team();
    let first = date(2026, 1, 1);
    team.settings.schedule.holidays = first.series(jiff::Span::new().days(1)).take(340).collect();
    let settings = team::settings(&team.settings, date(2026, 3, 31));
    assert_snapshot!(settings.lines().last().unwrap(), @"**Holidays**: 2026-03-31, 2026-04-01, 2026-04-02, 2026-04-03, 2026-04-04, 2026-04-05, 2026-04-06, 2026-04-07, 2026-04-08, 2026-04-09, 2026-04-10, 2026-04-11, 2026-04-12, 2026-04-13, 2026-04-14, 2026-04-15, 2026-04-16, 2026-04-17, 2026-04-18, 2026-04-19 and 231 more");
    let now = at("2026-01-01T12:00:00Z");
    let fine = PermissionReport::default();
    let state = TeamStatus {
        guild: GuildId::new(10),
        now,
        access: Ok(&fine),
        pool: &pool(),
        chosen: None,
        suggestions: 0,
    };
    for message in [
        team::team_summary(&team, now, &fine, SummaryReason::Changed, &pool()),
        status(&team, &state),
    ] {
        let response = crate::bot::interactions::response::Response::New(message);
        crate::bot::fuzzing::discord_limits::check(&response);
    }
}

#[test]
fn a_later_question_tells_the_admin_how_many_reminders_no_longer_work() {
    let mut team = new_team();
    let now = at("2026-03-20T12:00:00Z");
    for (user, hour) in [(ADA, 17), (LIN, 18), (UserId::new(3), 19)] {
        team.set_reminder(user, jiff::civil::time(hour, 0, 0, 0), now);
    }
    team.settings.schedule.at = jiff::civil::time(17, 0, 0, 0);
    let fine = PermissionReport::default();
    assert_snapshot!(team::team_summary(&team, now, &fine, SummaryReason::Changed, &pool()), @"
    # Team
    <#20> now has these settings:
    **When**: Monday to Friday at 17:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: after you reply; looking earlier needs confirmation
    **Role**: none
    [Questions] 24 questions: five weeks at five a week
    [Reminders] 1 reminder no longer works, because the question is not out yet at that time. That member can choose a later time with `/remind on`.
    [Next questions] • <t:1774022400:F> (<t:1774022400:R>)
    • <t:1774281600:F> (<t:1774281600:R>)
    • <t:1774368000:F> (<t:1774368000:R>)
    ( Post the first one now ) q1:post-now:20
    ");
    team.settings.schedule.at = jiff::civil::time(18, 0, 0, 0);
    let reminders = |message: Message| {
        let mut fields = message.embeds[0].fields.iter();
        let found = fields.find(|field| field.name == "Reminders");
        found.unwrap().value.clone()
    };
    let summary = reminders(team::team_summary(
        &team,
        now,
        &fine,
        SummaryReason::Changed,
        &pool(),
    ));
    assert_snapshot!(summary, @"2 reminders no longer work, because the question is not out yet at that time. Those members can choose a later time with `/remind on`.");
    let state = TeamStatus {
        guild: GuildId::new(10),
        now,
        access: Ok(&fine),
        pool: &pool(),
        chosen: None,
        suggestions: 0,
    };
    assert_eq!(reminders(status(&team, &state)), summary);
}

#[test]
fn team_paused_by_the_config() {
    let now = at("2026-03-31T12:00:00Z");
    let mut team = busy_team();
    team.pause(Some(date(2026, 4, 7)));
    team.pause_by_config();
    let state = TeamStatus {
        guild: GuildId::new(10),
        now,
        access: Ok(&PermissionReport::default()),
        pool: &pool(),
        chosen: None,
        suggestions: 0,
    };
    let shown = status(&team, &state).to_string();
    let paused = shown.lines().find(|line| line.contains("Paused"));
    assert_snapshot!(paused.unwrap_or_default(), @"**Paused**: no longer in the bot's config file. Resumes when it is there again, or with `/team resume`");
}

#[test]
fn team_status() {
    let now = at("2026-03-31T12:00:00Z");
    let fine = PermissionReport::default();
    let mut team = busy_team();
    let mut state = TeamStatus {
        guild: GuildId::new(10),
        now,
        access: Ok(&fine),
        pool: &pool(),
        chosen: None,
        suggestions: 0,
    };
    assert_snapshot!(status(&team, &state), @"
    # Team status
    <#20>
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: open to everyone at any time
    **Role**: <@&5>, mentioned with each question
    **Holidays**: 2026-12-24, 2026-12-25
    [Questions] 24 of 24 questions left before they start over
    [Latest question] [Question 7 · 2026-03-31](https://discord.com/channels/10/20/1488447759974400000), 0 answers
    [Next questions] • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    [Permissions] None missing.
    -- 2 members have taken part · 24 questions available
    ( Pause ) q1:panel:20:pause
    ( Skip next ) q1:panel:20:skip:2026-04-01
    ( Post now – disabled ) q1:panel:20:post
    ( Settings ) q1:panel:20:settings
    ");
    team.managed = true;
    team.settings.send_weekly_report = true;
    team.pause(Some(date(2026, 4, 7)));
    team.posting_failure = Some(PostingFailure {
        since: now,
        message: user_error::explain(PostingProblem::Message(&forbidden(50_013))),
    });
    let missing = PermissionReport {
        unmentionable_role: true,
        ..missing_permissions()
    };
    state.access = Ok(&missing);
    assert_snapshot!(status(&team, &state), @r#"
    # Team status
    <#20>
    **When**: Monday to Friday at 09:00 (Europe/Berlin)
    **If the bot was offline**: posts up to 3 hours late, on the same day
    **Model answer**: open to everyone at any time
    **Role**: <@&5>, mentioned with each question
    **Weekly report**: after the week's last question, without notifying anyone
    **Holidays**: 2026-12-24, 2026-12-25
    This team is set up in the bot's config file.
    **Paused** until Tue 7 Apr
    **Next weekly report**: <t:1775228400:F> (<t:1775228400:R>), if there is a question that week
    [Problem] Since <t:1774958400:R>: I'm missing a permission in the channel. Give my role "View Channel", "Send Messages", "Embed Links", "Read Message History", "Create Public Threads" and "Send Messages in Threads" there. `/team status` shows which one is missing.
    [Questions] 24 of 24 questions left before they start over
    [Latest question] [Question 7 · 2026-03-31](https://discord.com/channels/10/20/1488447759974400000), 0 answers
    [Next questions] • <t:1775545200:F> (<t:1775545200:R>)
    • <t:1775631600:F> (<t:1775631600:R>)
    • <t:1775718000:F> (<t:1775718000:R>)
    [Permissions] In <#20>, my role still needs:
    • **Create Public Threads**
    • **Add Reactions**
    Grant them in the channel's settings. Nothing else is needed.
    [Role] Mentioning <@&5> notifies nobody yet. In the role's settings, turn on "Allow anyone to @mention this role".
    -- 2 members have taken part · 24 questions available
    ( Resume ) q1:panel:20:resume
    ( Post now – disabled ) q1:panel:20:post
    "#);
}

#[test]
fn team_actions() {
    let now = at("2026-03-31T12:00:00Z");
    let mut team = busy_team();
    team.pause(Some(date(2026, 4, 7)));
    assert_snapshot!(team::paused(&team, now), @"Questions in <#20> are paused until Tue 7 Apr. Streaks are safe. The next question comes <t:1775545200:F> (<t:1775545200:R>).");
    team.resume(now);
    assert_snapshot!(team::resumed(&team, now), @"
    Questions in <#20> are back on. Next:
    • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    ");
    let day = team.skip_next(now).unwrap();
    assert_snapshot!(team::skipped(day, &team.next_post_times(now, 3)), @"
    No question on Wed 1 Apr. Next:
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    • <t:1775458800:F> (<t:1775458800:R>)
    To undo this, use `/team resume`.
    ");
    assert_snapshot!(team::confirm_removal(&team), @"
    Remove the team from <#20>? This deletes its history of 7 questions and the streaks of 2 members. For 7 days, only the person who runs the bot can restore them; `/team pause` keeps them.
    ( Remove the team ) q1:remove:20
    ");
    let short = [
        team::post_started(3),
        team::post_refused(OrderPostError::AlreadyPosted),
        team::post_refused(OrderPostError::Unfinished(date(2026, 3, 30))),
        team::post_refused(OrderPostError::NoQuestion),
        team::post_refused(OrderPostError::OpenElsewhere),
        team::removed(ChannelId::new(20)),
    ];
    assert_snapshot!(short.map(|message| message.to_string()).concat(), @"
    Posting question 3: it will appear in the channel in a moment.
    Today's question is already out. There is at most one a day.
    I'm still finishing the question of 2026-03-30. Try again in a minute; `/team status` shows if there is a problem.
    There is no question to post: the team's settings leave none that is free. `/team status` shows them, and `/team settings` changes them.
    Another team of this server has that question open. Choose another one.
    Team removed from <#20>, and its data is deleted. For 7 days, the person who runs the bot can restore it.
    ");
}

fn forbidden(code: isize) -> ApiError {
    ApiError::Forbidden {
        code,
        message: "Missing Permissions".into(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of all errors")]
fn errors() {
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
    let threads = ApiError::Rejected {
        status: 400,
        code: 160_006,
        message: "Maximum number of active threads reached".into(),
    };
    let mut problems: Vec<_> = failures.iter().map(PostingProblem::Message).collect();
    problems.extend([
        PostingProblem::Thread(&threads),
        PostingProblem::Thread(&failures[0]),
        PostingProblem::HistoryUnreadable,
        PostingProblem::EmptyBank,
        PostingProblem::NoQuestion,
    ]);
    let messages: Vec<_> = problems
        .into_iter()
        .map(|problem| user_error::posting_failed_dm(ChannelId::new(20), problem).to_string())
        .collect();
    assert_snapshot!(messages.concat(), @r#"
    I couldn't post the question in <#20>. I'm missing a permission in the channel. Give my role "View Channel", "Send Messages", "Embed Links", "Read Message History", "Create Public Threads" and "Send Messages in Threads" there. `/team status` shows which one is missing.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. I can't see the channel. Give my role "View Channel" and "Read Message History" there.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. The channel no longer exists. Run `/setup` in another one. `/team remove` deletes the data of the old one.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. Discord rejected the request: Cannot send messages in a non-text channel (status 400, code 50008). `/team status` shows if the problem continues.
    I'll keep trying, and won't message you about this again.
    In <#20>: The question is posted, but I couldn't start its thread. Until I can, replies to the message itself count. This server has as many active threads as Discord allows. Close threads that are no longer needed, and I'll start this one.
    I'll keep trying, and won't message you about this again.
    In <#20>: The question is posted, but I couldn't start its thread. Until I can, replies to the message itself count. I'm missing a permission in the channel. Give my role "View Channel", "Send Messages", "Embed Links", "Read Message History", "Create Public Threads" and "Send Messages in Threads" there. `/team status` shows which one is missing.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. I may have posted it already, but I'm not allowed to look. Give my role "Read Message History" in the channel. Until then I don't post it, so that it doesn't appear twice.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. There is no question to post: the question bank is empty. Ask the person who runs the bot to add questions.
    I'll keep trying, and won't message you about this again.
    I couldn't post the question in <#20>. There is no question to post: the team's settings leave none that is free. `/team status` shows them, and `/team settings` changes them.
    I'll keep trying, and won't message you about this again.
    "#);
    assert_snapshot!(user_error::saving_failed_dm(), @"
    I can't save anything right now: the disk of the machine I run on is full or broken. Until that is fixed, I post no questions and can't save commands. No replies are lost: each gets its ✅ once it is saved. The bot's log has the details.
    I'll keep trying, and won't message you about this again.
    ");
    let errors = [
        UserError::GuildOnly,
        UserError::UnknownCommand,
        UserError::TeamNotFound,
        UserError::AmbiguousTeam,
        UserError::RoundNotFound,
        UserError::QuestionNotFound("**@everyone**".into()),
        UserError::QuestionOpen,
        UserError::NoMatchingQuestion,
        UserError::TopicNotFound("xyz".into()),
        UserError::NoQuestionAtLevel {
            topic: Some("task-groups".into()),
            level: Level::Senior,
        },
        UserError::NoQuestionAtLevel {
            topic: None,
            level: Level::Junior,
        },
        UserError::AllAskedToday,
        UserError::OnlyThisDue,
        UserError::NothingDue {
            today: date(2026, 3, 27),
            next: Some(date(2026, 4, 5)),
        },
        UserError::NothingDue {
            today: date(2026, 3, 27),
            next: None,
        },
        UserError::NothingUnseen,
        UserError::PathNotFound("**@everyone**".into()),
        UserError::StreakHidden,
        UserError::AdminsOnly,
        UserError::ManagedByConfig,
        UserError::WrongClock,
        UserError::SaveFailed,
        UserError::OwnedElsewhere,
        UserError::LoadFailed,
        UserError::StaleComponent,
        UserError::ModalTooLate,
        UserError::StillLoading,
        UserError::DraftExpired,
        UserError::RateLimited("2026-03-27T08:00:30Z".parse().unwrap()),
    ];
    assert_snapshot!(
        "user_errors",
        errors.map(|error| error.message().to_string()).concat()
    );
}

#[test]
fn a_choice_says_how_long_it_lasts() {
    let lasts = |questions: usize, days: &str| {
        let mut team = new_team();
        team.settings.schedule.days = quizloop_core::weekdays::Weekdays::parse(days).unwrap();
        let ids = vec!["q"; questions];
        let (now, access) = (at("2026-03-20T12:00:00Z"), PermissionReport::default());
        let message =
            team::team_summary(&team, now, &access, SummaryReason::Changed, &(&ids).into());
        let mut fields = message.embeds[0].fields.iter();
        let found = fields.find(|field| field.name == "Questions");
        found.unwrap().value.clone()
    };
    let texts = [
        lasts(12, "mon-fri"),
        lasts(1, "mon-fri"),
        lasts(2, "mon-fri"),
        lasts(5, "mon-fri"),
        lasts(174, "mon-fri"),
        lasts(3, "mon"),
        lasts(24, "every day"),
    ];
    assert_snapshot!(texts.join("\n"), @"
    12 questions: two and a half weeks at five a week
    1 question: less than half a week at five a week
    2 questions: half a week at five a week
    5 questions: one week at five a week
    174 questions: 35 weeks at five a week
    3 questions: three weeks at one a week
    24 questions: three and a half weeks at seven a week
    ");
}

#[test]
fn the_status_shows_the_choice_of_questions() {
    let now = at("2026-03-31T12:00:00Z");
    let mut team = busy_team();
    team.settings.programme = quizloop_core::programme::Programme {
        levels: vec!["junior".into(), "mid".into()],
        topics: Vec::new(),
        sources: vec!["built-in".into(), "server".into()],
        order: "topics: task-groups, queues".parse().unwrap(),
        repeat_day: Some(jiff::civil::Weekday::Friday),
    };
    let fine = PermissionReport::default();
    let question = question();
    let state = TeamStatus {
        guild: GuildId::new(10),
        now,
        access: Ok(&fine),
        pool: &pool(),
        chosen: Some(&question),
        suggestions: 0,
    };
    let text = status(&team, &state).to_string();
    let shown = text.lines().filter(|line| {
        let parts = [
            "uestions**",
            "Repeat day",
            "[Questions]",
            "This week",
            "Next, chosen",
        ];
        parts.iter().any(|part| line.contains(part))
    });
    assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    **Questions**: junior, mid · from built-in, this server · a week each: task groups, queues
    **Repeat day**: Friday, the question with the most missed points of six weeks
    [Questions] 0 of 0 questions left before they start over
    This week's topic: task groups
    Next, chosen by an admin: #2 You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    ");
    let mut round = team.rounds()[0].clone();
    round.reason = quizloop_core::round::DrawReason::Repeat;
    let post = daily::post(&question, &round, 0, daily::LevelDisplay::Shown).to_string();
    assert!(
        post.contains("[Repeat] You have had this one: many of its points were missed."),
        "{post}"
    );
}

/// Returns the texts between quotation marks in a source, without those in comments.
fn string_literals(source: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '\'' if letters.peek() == Some(&'"') => drop(letters.next()),
            '"' => {
                let mut text = String::new();
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    text.push(letter);
                    if letter == '\\' {
                        text.extend(letters.next());
                    }
                }
                literals.push(text);
            }
            _ => {}
        }
    }
    literals
}

/// Members and admins read "question" where the code says round.
#[test]
fn no_text_says_round() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bot");
    let mut texts = 0;
    for folder in ["render", "interactions/commands"] {
        for entry in std::fs::read_dir(source.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "rs") || path.ends_with("tests.rs") {
                continue;
            }
            for text in string_literals(&std::fs::read_to_string(&path).unwrap()) {
                // A text with a space is one that people read; the others are keys.
                let mut words = text.split(|letter: char| !letter.is_alphabetic() && letter != '{');
                let says_round = words.any(|word| ["round", "rounds", "Round"].contains(&word));
                assert!(
                    !says_round || !text.contains(' '),
                    "{}: {text}",
                    path.display()
                );
                texts += 1;
            }
        }
    }
    assert!(texts > 1000, "{texts}");
}

//! Mock interviews.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::{Weekday, date, time};

use super::question;
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::pair::PairState;
use crate::bot::interactions::response::Response;
use crate::bot::render::pair::{self, OwnMatch, PairTeam};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_core::mock_interview::{JoinRequest, MatchNotice, MatchPress, MatchPressError};
use quizloop_core::self_assessment::Ticks;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::team_settings::PairTime;

const CHANNEL: ChannelId = ChannelId::new(5);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A guild whose members with these ids are matched, with a guide in the thread.
fn matched(users: &[u64]) -> Guild {
    let settings = TeamSettings {
        pairs: Some(PairTime {
            day: Weekday::Monday,
            at: time(10, 0, 0, 0),
        }),
        ..TeamSettings::default()
    };
    let sunday = at("2026-11-29T19:00:00Z");
    let mut team = Team::new(CHANNEL, settings, sunday);
    for user in users {
        team.join_mock_interviews(UserId::new(*user), JoinRequest::default(), sunday);
    }
    let ten = at("2026-11-30T10:00:00Z");
    assert!(team.begin_matching(date(2026, 11, 30), ten));
    team.record_match_thread(1, ChannelId::new(9));
    team.record_members(1, &[]);
    team.record_notice(1, MatchNotice::Guide, MessageId::new(10));
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(team);
    guild
}

fn press(phase: u32, user: u64) -> MatchPress {
    MatchPress {
        number: 1,
        phase,
        user: UserId::new(user),
    }
}

fn team(guild: &Guild) -> &Team {
    guild.team(CHANNEL).unwrap()
}

#[test]
fn messages_in_the_thread() {
    let mut guild = matched(&[7, 8]);
    let ten = at("2026-11-30T10:00:00Z");
    let one = |guild: &Guild| team(guild).matches()[0].clone();
    let guide = |guild: &Guild| pair::guide(CHANNEL, &one(guild)).to_string();
    assert_snapshot!(pair::thread_name(&one(&guild)), @"Mock interview 30 Nov");
    assert_snapshot!(guide(&guild), @"
    <@7> and <@8> You have a mock interview this week.
    # How it works
    Find half an hour this week, by voice or in this thread. One interviews, one answers; then you swap.
    1. Press *I interview first*. The question, its key points and a follow-up are for you alone.
    2. Ask, listen, tick what was said, and press *Finish*.
    3. The other member alone opens the result, and decides what counts for their reviews.

    Moderators of this server can read this thread. I store no answers, and nobody is rated.
    -- Mock interview of 2026-11-30 · 9zjde
    ( I interview first ) q1:pair:i:5:1:0
    ");
    guild.begin_turn(CHANNEL, press(0, 7), "q").unwrap();
    assert_snapshot!(guide(&guild), @"
    <@7> and <@8> You have a mock interview this week.
    **<@7> interviews, <@8> answers. Only the interviewer can open the question.**
    # How it works
    Find half an hour this week, by voice or in this thread. One interviews, one answers; then you swap.
    1. Press *I interview first*. The question, its key points and a follow-up are for you alone.
    2. Ask, listen, tick what was said, and press *Finish*.
    3. The other member alone opens the result, and decides what counts for their reviews.

    Moderators of this server can read this thread. I store no answers, and nobody is rated.
    -- Mock interview of 2026-11-30 · 9zjde
    ( Open the question ) q1:pair:c:5:1:1
    ");
    guild.finish_turn(CHANNEL, press(1, 7), 3, ten).unwrap();
    assert_snapshot!(guide(&guild), @"
    <@7> and <@8> You have a mock interview this week.
    Your first interview is finished. The result is below.
    # How it works
    Find half an hour this week, by voice or in this thread. One interviews, one answers; then you swap.
    1. Press *I interview first*. The question, its key points and a follow-up are for you alone.
    2. Ask, listen, tick what was said, and press *Finish*.
    3. The other member alone opens the result, and decides what counts for their reviews.

    Moderators of this server can read this thread. I store no answers, and nobody is rated.
    -- Mock interview of 2026-11-30 · 9zjde
    ");
    let ready = |guild: &Guild, phase| pair::result_ready(CHANNEL, &one(guild), phase).to_string();
    assert_snapshot!(ready(&guild, 2), @"
    The result for <@8> is ready. Nobody else can open it. Then <@8> interviews: press *Swap*.
    -- Result 2 of 2026-11-30 · 9zjde
    ( My result ) q1:pair:r:5:1:2
    ( Swap ) q1:pair:s:5:1:2
    ");
    guild.begin_turn(CHANNEL, press(2, 7), "q").unwrap();
    assert_snapshot!(ready(&guild, 2), @"
    The result for <@8> is ready. Nobody else can open it.
    **<@8> interviews, <@7> answers. Only the interviewer can open the question.**
    -- Result 2 of 2026-11-30 · 9zjde
    ( My result ) q1:pair:r:5:1:2
    ( Open the question ) q1:pair:c:5:1:3
    ");
    guild.finish_turn(CHANNEL, press(3, 8), 3, ten).unwrap();
    assert_snapshot!(ready(&guild, 4), @"
    The result for <@7> is ready. Nobody else can open it. Each of you has interviewed now: well done.
    -- Result 4 of 2026-11-30 · 9zjde
    ( My result ) q1:pair:r:5:1:4
    ");
    assert_snapshot!(pair::check(CHANNEL, &one(&guild)), @"
    <@7> and <@8> Did you meet for your mock interview? Only I see your answer. If you don't answer two weeks in a row, I won't match you until you join again.
    -- Did you meet? 2026-11-30 · 9zjde
    ( We met ) q1:pair:m:5:1:4
    ( We didn't meet ) q1:pair:x:5:1:4
    ");
    assert_snapshot!(pair::check_answered(true), @"
    (only you can see this)
    Thanks. Admins only see how many groups met.
    ");
    assert_snapshot!(pair::check_answered(false), @"
    (only you can see this)
    Thanks. You still have this thread if you find the time. Admins only see how many groups met.
    ");
    assert_snapshot!(pair::alone(CHANNEL), @"Nobody else is free for a mock interview in <#5> this week. Next time you come first. Colleagues can join with `/pair join`.");
}

#[test]
fn guides_of_three_and_of_one() {
    let three = matched(&[7, 8, 9]);
    assert_snapshot!(pair::guide(CHANNEL, &team(&three).matches()[0]), @"
    <@7>, <@8> and <@9> You have a mock interview this week.
    # How it works
    Find half an hour this week, by voice or in this thread. One interviews, one answers, one listens; then you take turns.
    1. Press *I interview first*. The question, its key points and a follow-up are for you alone.
    2. Ask, listen, tick what was said, and press *Finish*.
    3. The other member alone opens the result, and decides what counts for their reviews.

    Moderators of this server can read this thread. I store no answers, and nobody is rated.
    -- Mock interview of 2026-11-30 · vzkff
    ( I interview first ) q1:pair:i:5:1:0
    ");
    let mut one = matched(&[7, 8]);
    one.delete_member(UserId::new(8), at("2026-11-30T11:00:00Z"));
    assert_snapshot!(pair::guide(CHANNEL, &team(&one).matches()[0]), @"
    <@7> I couldn't add the other member to this thread, so there is no mock interview for you this week. Next time you come first.
    -- Mock interview of 2026-11-30 · 9zjde
    ");
}

#[test]
fn the_card_and_the_result() {
    let question = question();
    let mut guild = matched(&[7, 8]);
    guild
        .begin_turn(CHANNEL, press(0, 7), &question.id)
        .unwrap();
    let state = PairState {
        channel: CHANNEL,
        number: 1,
        phase: 1,
    };
    let turn = team(&guild).matches()[0].running.clone().unwrap();
    assert_snapshot!(pair::card(&question, &turn, state), @r#"
    (only you can see this)
    Ask <@8>:
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    # Only you can see this
    [Key points] • The call returns a coroutine object
    • None of the body has run yet
    • It starts when you `await` it, wrap it in a task or pass it to `asyncio.run()`
    • Single-use: a second `await` raises `RuntimeError`
    • Never awaited: the work doesn't happen
    • Never awaited: Python prints a `RuntimeWarning`
    [How to answer] Say "a coroutine object" and "nothing has run yet" as two separate statements. Then name the mistake behind the question, the forgotten `await`, and how you notice it: by the "never awaited" warning in a log or a test. If you know JavaScript, add that its async functions start at once. How the object works inside isn't asked.
    [Pitfalls] • Thinking the call starts the work in the background: that's how JavaScript's async functions behave, not Python's.
    • Storing a coroutine object to await it several times, like a cached result: that is what a task is for.
    • Writing `if is_valid(user):` with an async `is_valid`: the coroutine object is truthy, so the check always passes.
    [Follow-up to ask] How would you make the result awaitable more than once?
    [ Tick what was said ▾ 1–6 ] q1:pair:p:5:1:1
      ▫ The call returns a coroutine object = 0
      ▫ None of the body has run yet = 1
      ▫ It starts when you await it, wrap it in a task or pass it to asyncio.run() = 2
      ▫ Single-use: a second await raises RuntimeError = 3
      ▫ Never awaited: the work doesn't happen = 4
      ▫ Never awaited: Python prints a RuntimeWarning = 5
    ( Finish ) q1:pair:f:5:1:1
    "#);
    let ticks = Ticks::new(question.points.len(), [0]);
    guild.tick_points(CHANNEL, press(1, 7), ticks).unwrap();
    let turn = team(&guild).matches()[0].running.clone().unwrap();
    let ticked = pair::card(&question, &turn, state);
    assert!(ticked.to_string().contains("( Clear the ticks )"));
    assert_snapshot!(pair::result(&question, ticks, state), @"
    (only you can see this)
    Your interviewer ticked this. Confirm it, or choose other points: that counts for your reviews, once.
    # Your result, for you alone
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Said] • The call returns a coroutine object
    [Missed] • None of the body has run yet
    • It starts when you `await` it, wrap it in a task or pass it to `asyncio.run()`
    • Single-use: a second `await` raises `RuntimeError`
    • Never awaited: the work doesn't happen
    • Never awaited: Python prints a `RuntimeWarning`
    [Pitfalls] • Thinking the call starts the work in the background: that's how JavaScript's async functions behave, not Python's.
    • Storing a coroutine object to await it several times, like a cached result: that is what a task is for.
    • Writing `if is_valid(user):` with an async `is_valid`: the coroutine object is truthy, so the check always passes.
    [Likely follow-up] ||How would you make the result awaitable more than once?||
    -- fundamentals · junior
    [ I said these points ▾ 1–6 ] q1:pair:k:5:1:1
      ▪ The call returns a coroutine object = 0
      ▫ None of the body has run yet = 1
      ▫ It starts when you await it, wrap it in a task or pass it to asyncio.run() = 2
      ▫ Single-use: a second await raises RuntimeError = 3
      ▫ Never awaited: the work doesn't happen = 4
      ▫ Never awaited: Python prints a RuntimeWarning = 5
    ( Confirm ) q1:pair:y:5:1:1
    ( None of them ) q1:pair:n:5:1:1
    ");
    let due = date(2026, 12, 3);
    assert_snapshot!(pair::confirmed(&question, Some(ticks), date(2026, 11, 30), due), @"
    (only you can see this)
    **1 of 6 key points.** The question comes back in 3 days in `/quiz`.
    ( Model answer ) q1:answer:coroutine-objects
    ");
    assert_snapshot!(pair::finished(UserId::new(8)), @"
    (only you can see this)
    Finished. I've told <@8> in the thread that the result is ready; only they can open it.
    ");
    for message in [ticked, pair::result(&question, ticks, state)] {
        discord_limits::check(&Response::New(message));
    }
}

#[test]
fn the_result_of_a_question_without_key_points() {
    let state = PairState {
        channel: CHANNEL,
        number: 1,
        phase: 2,
    };
    let without = quizloop_bank::Question {
        points: Vec::new(),
        ..question()
    };
    assert_snapshot!(pair::result(&without, Ticks::default(), state), @r#"
    (only you can see this)
    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    # Your result, for you alone
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    [Answer] The call returns a coroutine object, and not one line of the body has run. The word "coroutine" is used for both things, the function and the object, so it helps to say which one you mean.

    The body starts when something drives the object: you `await` it, you wrap it in a task, or you pass it to `asyncio.run()` or `Runner.run()`. A new task normally takes its first step on the loop's next turn.

    A coroutine object is single-use: a second `await` raises `RuntimeError`. If it's never awaited, the work doesn't happen, and Python prints a `RuntimeWarning` ("was never awaited") when the object is destroyed.

    To tell them apart, `inspect.iscoroutinefunction()` checks the function and `inspect.iscoroutine()` the object; asyncio's own `iscoroutinefunction()` is deprecated since Python 3.14.
    [Pitfalls] • Thinking the call starts the work in the background: that's how JavaScript's async functions behave, not Python's.
    • Storing a coroutine object to await it several times, like a cached result: that is what a task is for.
    • Writing `if is_valid(user):` with an async `is_valid`: the coroutine object is truthy, so the check always passes.
    [Likely follow-up] ||How would you make the result awaitable more than once?||
    -- fundamentals · junior
    ( Again ) q1:pair:A:5:1:2
    ( Hard ) q1:pair:H:5:1:2
    ( Good ) q1:pair:G:5:1:2
    ( Easy ) q1:pair:E:5:1:2
    "#);
}

#[test]
fn replies_to_the_command() {
    let mut guild = matched(&[7, 8]);
    let next = Some(at("2026-12-07T10:00:00Z"));
    let here = PairTeam {
        channel: CHANNEL,
        next,
    };
    let user = UserId::new(7);
    let member = |guild: &Guild| {
        let stored = team(guild).mock_interviews().unwrap();
        stored.participant(user).cloned()
    };
    assert_snapshot!(pair::joined(here, &member(&guild).unwrap()), @"
    You've joined mock interviews in <#5>. You'll be asked the team's questions. Members are matched next <t:1796637600:F> (<t:1796637600:R>).
    I'll make a private thread for you and your partner, which moderators can read too. `/pair skip` leaves a week out, `/pair leave` ends it.
    ");
    assert_snapshot!(pair::left(CHANNEL, true), @"You won't be matched in <#5> any more. The thread of a mock interview that you have now stays.");
    assert_snapshot!(pair::left(CHANNEL, false), @"You haven't joined mock interviews in <#5>.");
    assert_snapshot!(pair::skipped(here, true), @"You're left out of the next matching in <#5> on <t:1796637600:D>, and back in after it. `/pair join` takes that back.");
    assert_snapshot!(pair::skipped(here, false), @"You haven't joined mock interviews in <#5>. `/pair join` does.");
    guild.begin_turn(CHANNEL, press(0, 8), "q").unwrap();
    let ten = at("2026-11-30T10:00:00Z");
    guild.finish_turn(CHANNEL, press(1, 8), 3, ten).unwrap();
    let request = JoinRequest {
        topic: Some("structured-concurrency".into()),
        level: Some("mid".into()),
    };
    let changed = guild.team_mut(CHANNEL).unwrap();
    changed.join_mock_interviews(user, request, ten);
    changed.skip_mock_interview(user);
    let one = &team(&guild).matches()[0];
    let own = [OwnMatch { one, user }];
    assert_snapshot!(pair::status(here, member(&guild).as_ref(), &own), @"
    You've joined mock interviews in <#5>, with questions on structured concurrency at mid level. Members are matched next <t:1796637600:F> (<t:1796637600:R>). You're left out of that one.
    Your mock interview of 30 Nov with <@8> in <#9>.
    ( My result of 30 Nov ) q1:pair:r:5:1:2
    ");
    let paused = PairTeam { next: None, ..here };
    assert_snapshot!(pair::status(paused, None, &[]), @"You haven't joined mock interviews in <#5>. `/pair join` does. No matching is planned: the team is paused, or mock interviews are off.");
    assert_snapshot!(pair::team_line(6, None), @"6 members have joined.");
    assert_eq!(pair::progress_line(0), None);
    assert_snapshot!(pair::progress_line(1).unwrap(), @"1 mock interview held.");
}

#[test]
fn errors_of_presses() {
    let all = [
        MatchPressError::Over,
        MatchPressError::NotMember,
        MatchPressError::OtherPhase,
        MatchPressError::NotInterviewer,
        MatchPressError::NotCandidate,
        MatchPressError::NoResult,
        MatchPressError::AllInterviewed,
    ];
    let texts = all.map(pair::press_error_text);
    assert_snapshot!(texts.join("\n"), @"
    This mock interview is over. `/pair status` shows when you are matched next.
    Only the members of this mock interview can do that.
    This button is from an earlier step. Use the buttons on the newest message.
    Only the interviewer sees the question. You answer this time; then you swap.
    Only the member who answered can open this result.
    This result is no longer there: you have confirmed it, or a week has passed.
    Each of you has interviewed in this mock interview.
    ");
}

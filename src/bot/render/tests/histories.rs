//! `/history`.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{ADA, Hidden, Shown, question, team_with_rounds};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::response::Response;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::history::{
    HistoryEntry, HistoryPage, PAGE_SIZE, existing_page, history, no_question_on,
};
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_core::ledger::Actor;
use quizloop_core::round::{Round, ThreadStatus};
use quizloop_core::streak::{RoundOutcome, replay};
use quizloop_core::team::Team;

/// A page with what Ada did in the newest rounds of a team. The last argument returns the question
/// of a round and how its level is displayed.
fn page<'a>(
    team: &'a Team,
    number: usize,
    find: impl Fn(&Round) -> (Option<&'a Question>, LevelDisplay),
) -> HistoryPage<'a> {
    let ledger = team.ledger(ADA);
    let outcomes: Vec<_> = replay(&ledger, team.rounds())
        .map(|(round, outcome, _)| (round.number, outcome))
        .collect();
    let newest = team.rounds().iter().rev();
    let entry = |round: &'a Round| {
        let (question, level) = find(round);
        let outcome = outcomes.iter().find(|(number, _)| *number == round.number);
        HistoryEntry {
            round,
            question,
            level,
            replied: team.reply_count(round.number),
            outcome: outcome.map(|(_, outcome)| *outcome),
        }
    };
    HistoryPage {
        guild: GuildId::new(10),
        channel: team.channel,
        topic: None,
        page: number,
        total: team.rounds().len(),
        entries: newest
            .skip(number * PAGE_SIZE)
            .take(PAGE_SIZE)
            .map(entry)
            .collect(),
    }
}

#[test]
fn histories() {
    let (team, question) = (team_with_rounds(), question());
    let one_page = page(&team, 0, |round| match round.number {
        7 => (Some(&question), Hidden),
        2 => (None, Shown),
        _ => (Some(&question), Shown),
    });
    assert_snapshot!(history(&one_page), @"
    # Past questions
    [Question 7 · 2026-03-31](https://discord.com/channels/10/1488447759974400000)
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    0 answers · ⏳ still open

    [Question 6 · 2026-03-30](https://discord.com/channels/10/1488085372108800000) · junior · fundamentals
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    0 answers · ➖ doesn't count (cancelled by <@9>)

    [Question 5 · 2026-03-27](https://discord.com/channels/10/1486998208512000000) · junior · fundamentals
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    1 answer · ✅ credited by <@9>

    [Question 4 · 2026-03-26](https://discord.com/channels/10/1486635820646400000) · junior · fundamentals
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    1 answer · ✖️ too late: the next question was already out

    [Question 3 · 2026-03-25](https://discord.com/channels/10/1486273432780800000) · junior · fundamentals
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    1 answer · 👀 saw the answer first: streak unchanged

    [Question 2 · 2026-03-24](https://discord.com/channels/10/1485911044915200000)
    a removed question
    0 answers · ✖️ missed

    [Question 1 · 2026-03-23](https://discord.com/channels/10/1485548657049600000) · junior · fundamentals
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    1 answer · ✅ answered
    -- 7 questions
    ");
    let middle = HistoryPage {
        topic: Some("structured-concurrency"),
        page: 1,
        total: 2 * PAGE_SIZE + 1,
        entries: one_page.entries[..1].to_vec(),
        ..one_page
    };
    assert_snapshot!(history(&middle), @"
    # Past questions: structured concurrency
    [Question 7 · 2026-03-31](https://discord.com/channels/10/1488447759974400000)
    You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    0 answers · ⏳ still open
    -- Page 2 of 3 · 17 questions
    ( Newer ) q1:history:0:structured-concurrency
    ( Older ) q1:history:2:structured-concurrency
    ");
    assert_snapshot!(no_question_on("*own*-topic"), @r#"No past question on "\*own\* topic" yet. `/history` without a topic lists all of them."#);
}

/// A round without a thread has a link to its message, and a member who has not replied to any
/// question yet missed none.
#[test]
fn a_round_without_a_thread_has_a_link_to_its_message() {
    let mut round = team_with_rounds().rounds()[0].clone();
    round.thread = ThreadStatus::Unavailable;
    round.message = Some(MessageId::new(30));
    let page = HistoryPage {
        guild: GuildId::new(10),
        channel: ChannelId::new(20),
        topic: None,
        page: 0,
        total: 1,
        entries: vec![HistoryEntry {
            round: &round,
            question: None,
            level: Shown,
            replied: 0,
            outcome: None,
        }],
    };
    assert_snapshot!(history(&page), @"
    # Past questions
    [Question 1 · 2026-03-23](https://discord.com/channels/10/20/30)
    a removed question
    0 answers
    -- 1 question
    ");
}

/// The texts of a page with the longest ids, numbers and words.
#[test]
fn the_longest_page_fits() {
    let mut round = team_with_rounds().rounds()[0].clone();
    round.number = u32::MAX;
    round.thread = ThreadStatus::Unavailable;
    round.message = Some(MessageId::new(u64::MAX));
    let longest = Question {
        question: "w ".repeat(quizloop_bank::TOPIC_MAX * 20),
        topic: "t".repeat(quizloop_bank::TOPIC_MAX),
        level: Some(quizloop_bank::Level::Senior),
        ..question()
    };
    let by = Actor {
        user: Some(UserId::new(u64::MAX)),
        at: jiff::Timestamp::MAX,
    };
    let entry = HistoryEntry {
        round: &round,
        question: Some(&longest),
        level: Shown,
        replied: usize::MAX,
        outcome: Some(RoundOutcome::Void(by)),
    };
    let page = HistoryPage {
        guild: GuildId::new(u64::MAX),
        channel: ChannelId::new(u64::MAX),
        topic: Some(&longest.topic),
        page: 1_000_000,
        total: usize::MAX,
        entries: vec![entry; PAGE_SIZE],
    };
    discord_limits::check(&Response::New(history(&page)));
}

proptest! {
    /// Any page that a button asks for exists, and the buttons lead through all of them.
    #[test]
    fn the_buttons_lead_to_every_page(total in 0..100_usize, requested in any::<usize>()) {
        let last = existing_page(usize::MAX, total);
        let number = existing_page(requested, total);
        prop_assert!(number <= last && number <= requested);
        prop_assert!(total <= (last + 1) * PAGE_SIZE);
        prop_assert!(total == 0 || last * PAGE_SIZE < total);
        let team = team_with_rounds();
        let shown = HistoryPage {
            page: number,
            total,
            ..page(&team, 0, |_| (None, Shown))
        };
        let text = history(&shown).to_string();
        let newer = number.checked_sub(1).map(|to| format!("( Newer ) q1:history:{to}:*"));
        prop_assert_eq!(text.contains("( Newer ) "), newer.is_some());
        prop_assert!(newer.is_none_or(|button| text.contains(&button)));
        let older = format!("( Older ) q1:history:{}:*", number + 1);
        prop_assert_eq!(text.contains(&older), number < last);
    }
}

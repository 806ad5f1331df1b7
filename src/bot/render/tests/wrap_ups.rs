//! The wrap-up in a round's thread.

use insta::assert_snapshot;

use super::{question, team_with_rounds};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::response::Response;
use crate::bot::render::daily::LevelDisplay::{Hidden, Shown};
use crate::bot::render::wrap_up;
use quizloop_core::wrap_up::POINTS_IN_WRAP_UP;

#[test]
fn wrap_ups() {
    let (team, question) = (team_with_rounds(), question());
    let round = team.open_round().unwrap();
    let shown = |answered, missed: &[&str]| {
        let message = wrap_up::wrap_up(round, Some(&question), answered, missed, Shown);
        message.to_string().replace('\u{200b}', r"\u{200b}")
    };
    assert_snapshot!(shown(0, &[]), @"
    **Wrap-up:** nobody has answered yet.
    Replies count until the next question is out.
    -- Wrap-up of 2026-03-31
    ( Model answer ) q1:answer:coroutine-objects
    ( Hint ) q1:hint:coroutine-objects
    ");
    assert_snapshot!(shown(1, &[]), @"
    **Wrap-up:** 1 member has answered so far.
    Replies count until the next question is out.
    -- Wrap-up of 2026-03-31
    ( Model answer ) q1:answer:coroutine-objects
    ( Hint ) q1:hint:coroutine-objects
    ");
    assert_snapshot!(shown(12, &["It names `a || b`.", "It says why."]), @r"
    **Wrap-up:** 12 members have answered so far.
    Often missed:
    • ||It names `a |\u{200b}| b`.||
    • ||It says why.||
    Replies count until the next question is out.
    -- Wrap-up of 2026-03-31
    ( Model answer ) q1:answer:coroutine-objects
    ( Hint ) q1:hint:coroutine-objects
    ");
    let removed = wrap_up::wrap_up(round, None, 3, &[], Shown);
    assert_snapshot!(removed, @"
    **Wrap-up:** 3 members have answered so far.
    Replies count until the next question is out.
    -- Wrap-up of 2026-03-31
    ");
}

#[test]
fn the_colour_does_not_tell_a_hidden_level() {
    let (team, question) = (team_with_rounds(), question());
    let round = team.open_round().unwrap();
    let color = |level| {
        let message = wrap_up::wrap_up(round, Some(&question), 1, &[], level);
        message.embeds[0].color
    };
    assert_eq!(color(Shown), Shown.color(&question));
    assert_eq!(color(Hidden), Hidden.color(&question));
}

/// Nobody is notified, and two points of any length fit.
#[test]
fn the_longest_wrap_up_fits() {
    let (team, question) = (team_with_rounds(), question());
    let round = team.open_round().unwrap();
    // All key points together have 1,024 characters at most.
    let point = "x".repeat(512);
    let message = wrap_up::wrap_up(
        round,
        Some(&question),
        usize::MAX,
        &[point.as_str(); POINTS_IN_WRAP_UP],
        Shown,
    );
    discord_limits::check(&Response::New(message));
}

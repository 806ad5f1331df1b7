//! `/history` of rounds whose questions the bank does not have, or whose topic is hidden.

use jiff::SignedDuration;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::bot::gateway::event::OptionValue;
use quizloop_core::id::snowflake_at;
use quizloop_core::team::Team;

/// Posts a question on the day after the newest one.
fn ask(team: &mut Team, question: &str) {
    let newest = team.rounds().last().unwrap();
    let (day, due) = (newest.day.tomorrow().unwrap(), newest.due);
    let due = due + SignedDuration::from_hours(24);
    let mut rng = StdRng::seed_from_u64(1);
    team.begin_round(day, due, &[question], &mut rng).unwrap();
    assert!(team.record_post(MessageId::new(snowflake_at(due))));
}

/// The description of `/history` after the fixture's team was changed; the text without one.
fn history(topic: Option<&str>, change: impl FnOnce(&mut Team)) -> String {
    let topic = topic.map(|topic| ("topic".to_owned(), OptionValue::Text(topic.to_owned())));
    let interaction = Interaction {
        options: topic.into_iter().collect(),
        is_admin: false,
        ..command("history")
    };
    let mut shown = String::new();
    fixture::with(|ctx, runtime| {
        let (changed, _) = fixture::loaded(ctx).team(fixture::CHANNEL).update(change);
        changed.unwrap();
        let Response::New(message) = runtime.block_on(respond(ctx, &interaction)) else {
            panic!("no new message");
        };
        assert!(message.is_ephemeral());
        let embed = message.embeds.first();
        let text = embed.and_then(|embed| embed.description.clone());
        shown = text.or(message.content).unwrap();
    });
    shown
}

/// Returns the first lines of the entries, without links.
fn entries(description: &str) -> Vec<String> {
    let entries = description.split("\n\n");
    let first_lines = entries.map(|entry| entry.lines().next().unwrap());
    first_lines
        .map(|line| line.split("](").next().unwrap().to_owned() + line.split(')').nth(1).unwrap())
        .collect()
}

#[test]
fn a_removed_question_is_listed_as_such() {
    let shown = history(None, |team| ask(team, "no-longer-there"));
    assert!(
        shown.contains(")\na removed question\n0 answers · ⏳ still open\n\n"),
        "{shown}"
    );
    assert_eq!(shown.split("\n\n").count(), 4, "{shown}");
    // Its topic is not known.
    let of_topic = history(Some("fundamentals"), |team| ask(team, "no-longer-there"));
    assert!(!of_topic.contains("removed"), "{of_topic}");
}

/// A hidden topic is neither shown nor found; the next question reveals it.
#[test]
fn a_filter_does_not_find_a_hidden_topic() {
    let hidden = |team: &mut Team| {
        team.settings.hides_level = true;
        ask(team, "coroutine-objects");
    };
    let shown = history(None, hidden);
    assert_eq!(entries(&shown)[0], "[Question 4 · 2026-03-28", "{shown}");
    let found = history(Some("Fundamentals"), hidden);
    assert!(!found.contains("Question 4"), "{found}");
    let revealed = |team: &mut Team| {
        hidden(team);
        ask(team, "no-longer-there");
    };
    let found = history(Some("Fundamentals"), revealed);
    assert_eq!(
        entries(&found)[0],
        "[Question 4 · 2026-03-28 · junior · fundamentals",
        "{found}"
    );
}

//! `/quiz path:`: the questions of a path in its order.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:00[UTC]";

/// A path of an operator, in a file without questions.
const THREE: &str = r#"
[[path]]
name = "three"
title = "Three to begin with"
summary = "Three questions that every new colleague gets."
questions = ["task-object", "coroutine-objects", "sleep-vs-sleep"]
"#;

/// Starts a world without teams, so that no question is open, with the operator's path.
async fn world() -> World {
    let mut world = World::at(FRIDAY)
        .setting("[bank]\npaths = [\"paths.toml\"]")
        .without_bot()
        .await;
    std::fs::write(world.folder().join("paths.toml"), THREE).unwrap();
    world.start_bot().await;
    world
}

async fn quiz(member: MemberHandle<'_>, path: &str) -> MessageView {
    member
        .command_message("quiz", &[("path", json!(path))])
        .await
}

/// Reveals the answer and ticks all key points.
async fn score(member: MemberHandle<'_>, question: &MessageView) -> MessageView {
    let answer = member.press(question.id, "Show the answer").await;
    let menu = answer.menu();
    let options = menu["options"].as_array().cloned().unwrap_or_default();
    let values: Vec<_> = options
        .iter()
        .filter_map(|one| one["value"].as_str())
        .collect();
    member.choose(&answer, &values).await
}

/// Returns what the fields say about the question's place.
fn place(message: &MessageView) -> String {
    let text = message.text();
    let fields = text
        .lines()
        .filter(|line| line.starts_with("[Path]") || line.starts_with("[Why now]"));
    fields.collect::<Vec<_>>().join(" ")
}

/// New questions come in the path's order, also after a restart; what is due comes first on the next
/// day; and the end is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_followed_to_its_end() {
    let mut world = world().await;
    let first = quiz(world.lin(), "three").await;
    assert!(
        first.text().contains("wrap it in a Task"),
        "{}",
        first.text()
    );
    assert_eq!(
        place(&first),
        "[Why now] new to you [Path] Three to begin with · 1 of 3"
    );
    let scored = score(world.lin(), &first).await;
    world.kill_and_restart().await;
    let second = world.lin().press(scored.id, "Next").await;
    assert!(second.text().contains("`async def`"), "{}", second.text());
    assert_eq!(
        place(&second),
        "[Why now] new to you [Path] Three to begin with · 2 of 3"
    );
    let hint = world.lin().press(second.id, "Hint").await;
    assert!(
        hint.text().contains("[Path] Three to begin with · 2 of 3"),
        "{}",
        hint.text()
    );
    // Passed over, it comes again the next day.
    let third = world.lin().press(second.id, "Another").await;
    assert!(third.text().contains("`time.sleep()`"), "{}", third.text());
    let answer = world.lin().press(third.id, "Show the answer").await;
    let missed = world.lin().press(answer.id, "None of them").await;
    let end = world.lin().press(missed.id, "Next").await;
    assert!(end.ephemeral);
    insta::assert_snapshot!(end.text(), @"That's all of **Three to begin with** for today. 1 of its 3 questions is still without a score: `/quiz` `path:` continues there tomorrow. The next repeat comes tomorrow.");

    world.advance("24h").await;
    let due = quiz(world.lin(), "Three to begin with").await;
    assert_eq!(
        place(&due),
        "[Why now] time to repeat [Path] Three to begin with · 3 of 3"
    );
    let scored = score(world.lin(), &due).await;
    let left = world.lin().press(scored.id, "Next").await;
    assert_eq!(
        place(&left),
        "[Why now] new to you [Path] Three to begin with · 2 of 3"
    );
    let scored = score(world.lin(), &left).await;
    let end = world.lin().press(scored.id, "Next").await;
    insta::assert_snapshot!(end.text(), @"🎉 That's all of **Three to begin with**: you've scored every one of its 3 questions. The next repeat comes in 3 days. `/quiz` `path:` has other paths.");
}

/// Built-in paths and the operator's are suggested; topic and level do not go with a path.
#[tokio::test(flavor = "multi_thread")]
async fn paths_are_suggested_and_checked() {
    let world = world().await;
    let suggested = async |typed: &str| {
        let options = [("path", json!(typed))];
        let choices = world
            .sandbox
            .autocomplete(ids::ASYNCIO, ids::LIN, "quiz", &options)
            .await;
        let names = choices
            .unwrap()
            .into_iter()
            .map(|choice| choice.name + "\n");
        names.collect::<String>()
    };
    insta::assert_snapshot!(suggested("").await, @"
    First week: What juniors are asked first: three questions a day for five days.
    Backend: FastAPI, Django, HTTP clients and databases, from junior to senior.
    Data pipelines: Many items through few connections: queues, limits, streams, batches.
    Live coding: Predict what a program prints, find its bug, then write one yourself.
    Senior in production: Find the cause, survive failures and load, and shut down cleanly.
    Python 3.11 to 3.15: What each version changed in asyncio, in the order of the versions.
    Three to begin with: Three questions that every new colleague gets.
    ");
    insta::assert_snapshot!(suggested("first w").await, @"First week: What juniors are asked first: three questions a day for five days.");
    let refused = world
        .lin()
        .command_message(
            "quiz",
            &[("path", json!("backend")), ("level", json!("mid"))],
        )
        .await;
    insta::assert_snapshot!(refused.text(), @"path: a path has its own questions, so leave out topic and level.");
    let unknown = quiz(world.lin(), "cooking").await;
    insta::assert_snapshot!(unknown.text(), @"There is no path \"cooking\". Pick one of the suggestions.");
    let built_in = quiz(world.lin(), "first-week").await;
    assert_eq!(
        place(&built_in),
        "[Why now] new to you [Path] First week · 1 of 15"
    );
    // A button of a path that the operator has removed since.
    let old = world
        .lin()
        .press_id("q1:quiz:n:m*a0:task-object:~gone")
        .await;
    insta::assert_snapshot!(old.text(), @"There is no path \"gone\". Pick one of the suggestions.");
}

/// The open question is left out, and the path continues behind it.
#[tokio::test(flavor = "multi_thread")]
async fn the_open_question_is_not_asked() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        .setting("[bank]\npaths = [\"paths.toml\"]")
        .team()
        .without_bot()
        .await;
    std::fs::write(world.folder().join("paths.toml"), THREE).unwrap();
    world.start_bot().await;
    world.advance("1m").await;
    let open = world.post().question_id();
    let path = format!(
        "[[path]]\nname = \"two\"\ntitle = \"Two\"\nsummary = \"Two.\"\nquestions = [\"{open}\", \"{}\"]\n",
        if open == "task-object" {
            "sleep-vs-sleep"
        } else {
            "task-object"
        }
    );
    std::fs::write(world.folder().join("paths.toml"), path).unwrap();
    world.kill_and_restart().await;
    let first = quiz(world.lin(), "two").await;
    assert_eq!(place(&first), "[Why now] new to you [Path] Two · 2 of 2");
    let scored = score(world.lin(), &first).await;
    let end = world.lin().press(scored.id, "Next").await;
    insta::assert_snapshot!(end.text(), @"That's all of **Two** for today. 1 of its 2 questions is still without a score: `/quiz` `path:` continues there tomorrow. The next repeat comes in 8 days.");
}

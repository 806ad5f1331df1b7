//! Practice commands: /quiz, /answer, /hint, and their buttons.

use quizloop_bank::{Bank, built_in};
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Returns a question file with one question, for `bank.paths`.
pub fn pack(id: &str, question: &str) -> String {
    format!(
        r#"[[question]]
id = "{id}"
number = 900
topic = "ours"
level = "senior"
type = "concept"
question = "{question}"
answer = """{} and this is the end."""
how_to_answer = "Say what you did last time."
example_answer = "I look at the queue. Then I look at the clock. Then I go home."
points = ["One thing", "Two things", "Three things"]
pitfalls = ["Going home at once"]
python = "3.11"
docs = "https://docs.python.org/3/library/asyncio.html"
follow_up = "And then?"
"#,
        "One thing, two things, three things, ".repeat(12)
    )
}

/// `/quiz` never asks the team's open question, and no question twice a day.
#[tokio::test(flavor = "multi_thread")]
async fn quiz_gives_each_question_once_a_day() {
    let world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    let open = world.post().question();
    // Fewer questions than a member may request at once.
    let filters = [("level", json!("junior")), ("topic", json!("fundamentals"))];
    let first = world.lin().command_message("quiz", &filters).await;
    assert!(first.ephemeral);
    let mut seen = vec![first.text()];
    let mut message = first;
    loop {
        let next = world.lin().press(message.id, "Another").await;
        let text = next.text();
        if text.contains("You've had every matching question today") {
            break;
        }
        assert!(!text.contains(&open), "the open question: {text}");
        assert!(!seen.contains(&text), "twice: {text}");
        assert!(text.contains("[Level] junior"), "{text}");
        seen.push(text);
        message = next;
        assert!(seen.len() < 200);
    }
    assert!(seen.len() > 5, "{}", seen.len());
    // They may be asked again the next day.
    world.advance("24h").await;
    let again = world.lin().command_message("quiz", &filters).await;
    assert!(again.text().contains("[Level] junior"), "{}", again.text());
}

/// Two files with the same number: both questions are asked.
#[tokio::test(flavor = "multi_thread")]
async fn quiz_asks_questions_that_share_a_number() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    let paths = ["one", "two"].map(|id| world.folder().join(format!("{id}.toml")));
    for (path, id) in paths.iter().zip(["one", "two"]) {
        std::fs::write(path, pack(id, &format!("What is {id}?"))).unwrap();
    }
    let config = world.folder().join("config.toml");
    let teams = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[bank]\npaths = {paths:?}\n{teams}")).unwrap();
    world.start_bot().await;
    let topic = [("topic", json!("ours"))];
    let first = world.lin().command_message("quiz", &topic).await;
    let second = world.lin().press(first.id, "Another").await;
    let mut asked = [first.text(), second.text()].map(|text| {
        let lines = text.lines().find(|line| line.contains("What is"));
        lines.unwrap_or(&text).to_owned()
    });
    asked.sort_unstable();
    assert_eq!(asked, ["**What is one?**", "**What is two?**"]);
    let third = world.lin().press(second.id, "Another").await;
    assert!(
        third
            .text()
            .contains("You've had every matching question today"),
        "{}",
        third.text()
    );
}

/// `/answer` finds any question of the bank; `public` posts the answer for the team.
#[tokio::test(flavor = "multi_thread")]
async fn answer_finds_any_question() {
    let world = World::at(FRIDAY)
        .team()
        .with("levels = [\"mid\", \"senior\"]")
        .start()
        .await;
    world.advance("1m").await;
    let mine = world
        .lin()
        .command_message("answer", &[("question", json!("asyncio-in-a-nutshell"))])
        .await;
    assert!(mine.ephemeral);
    assert!(mine.text().contains("event loop"), "{}", mine.text());
    let unknown = world
        .lin()
        .command_message("answer", &[("question", json!("zzyzx @qqqq"))])
        .await;
    assert!(
        unknown.text().contains("There is no question"),
        "{}",
        unknown.text()
    );
    let public = [("public", json!(true))];
    world.lin().reply("my own words").await;
    let thread = world.thread();
    let refused = world.lin().command_in(thread, "answer", &public).await;
    let refused = refused.message().unwrap();
    assert!(refused.ephemeral);
    insta::assert_snapshot!(refused.text(), @"This question is still open, so I can't show its answer to everyone. You can once the next question is out. Until then, `/answer` shows it to you alone.");
    // The answer of yesterday's question is for everyone in its thread.
    world.set_time("2026-03-30T09:00").await;
    world.lin().write(thread, "opens the archived thread again");
    let shown = world.lin().command_in(thread, "answer", &public).await;
    let shown = shown.message().unwrap();
    assert!(!shown.ephemeral && shown.text().contains("model answer"));
    let hint = world.sam().command_message("hint", &[]).await;
    assert!(hint.ephemeral && hint.text().contains("Hint"));
    // It is read before the reply, so the advice that names the key points is not in it.
    let (bank, _) = Bank::load(built_in(), &[]);
    let open = bank.get(&world.post().question_id()).unwrap();
    let advice = open.how_to_answer.as_deref().unwrap();
    assert!(!hint.text().contains(advice), "{}", hint.text());
}

/// 33. Text that tries to notify everybody, to break out of a code block or to reverse the line is
/// shown literally and notifies nobody.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_literally() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    let text = "@everyone <@&1140000000000000002> ||hidden|| \u{202e}reversed and why?";
    let file = world.folder().join("pack.toml");
    std::fs::write(&file, pack("hostile", text)).unwrap();
    let config = world.folder().join("config.toml");
    let teams = std::fs::read_to_string(&config).unwrap();
    let all = format!("[bank]\npaths = [{:?}]\n{teams}", file.to_str().unwrap());
    std::fs::write(&config, all).unwrap();
    world.start_bot().await;
    let message = world
        .lin()
        .command_message("quiz", &[("topic", json!("ours"))])
        .await;
    assert!(message.text().contains("why?"), "{}", message.text());
    for request in world.sandbox.requests() {
        let message = request.body.get("data").unwrap_or(&request.body);
        if message.get("embeds").is_some() {
            assert_eq!(
                message["allowed_mentions"]["parse"],
                json!([]),
                "{}",
                request.path
            );
        }
    }
}

/// Buttons of old forms and of other applications get an explanation instead of no response.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_buttons_get_an_explanation() {
    let world = World::at(FRIDAY).team().start().await;
    for custom_id in [
        "q0:hint:anything",
        "something else",
        "q1:hint",
        "q1:quiz:n:mja1:x",
    ] {
        let response = world.lin().press_id(custom_id).await;
        assert!(
            response.text().contains("This button is too old"),
            "{custom_id}: {}",
            response.text()
        );
        assert!(response.ephemeral);
    }
    let gone = world
        .lin()
        .press_id("q1:hint:a-question-that-was-removed")
        .await;
    assert!(
        gone.text().contains("There is no question"),
        "{}",
        gone.text()
    );
}

//! Questions that have nothing but a text and an answer: a team practises with them for a week.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use discord_sandbox::model::MessageKey;
use quizloop_bank::{Bank, built_in};
use quizloop_core::id::{GuildId, UserId};
use quizloop_core::review::{Rating, Review};
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::support::{MessageExt, World};

const MONDAY: &str = "2026-03-23T08:59[Europe/Berlin]";

/// Two lines after the header: all that a question needs.
const CLOSURE: &str = "[[question]]\nquestion = \"What is a closure?\"\nanswer = \"A function with the variables of its scope.\"\n";

/// A question file with minimal questions in place of all built-in ones, so that the team is asked no
/// other.
fn pack() -> String {
    let (bank, _) = Bank::load(built_in(), &[]);
    let minimal = |id: &str| {
        format!(
            "[[question]]\nid = \"{id}\"\nquestion = \"What is {id}?\"\nanswer = \"It is {id}.\"\n"
        )
    };
    bank.ids().into_iter().map(minimal).collect()
}

async fn world_with(pack: &str) -> World {
    let mut world = World::at(MONDAY)
        .team()
        .with("wrap_up_at = \"17:00\"\nreport = true")
        .failpoints()
        .without_bot()
        .await;
    let file = world.folder().join("pack.toml");
    std::fs::write(&file, pack).unwrap();
    let config = world.folder().join("config.toml");
    let teams = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!("[bank]\npaths = [\"{}\"]\n{teams}", file.display()),
    )
    .unwrap();
    world.start_bot().await;
    world
}

fn buttons(message: &MessageView) -> String {
    let rows = message.components.iter();
    let all = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    let labels: Vec<_> = all.filter_map(|one| one["label"].as_str()).collect();
    labels.join(" · ")
}

/// Replaces the question, which is drawn at random, by a placeholder.
fn anonymous(text: &str, id: &str) -> String {
    text.replace(id, "X")
}

fn reviews(world: &World) -> Vec<Review> {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap();
    let reviews = guild.reviews(UserId::new(ids::LIN));
    reviews.map(|(_, review)| *review).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_with_nothing_but_questions_and_answers() {
    let world = world_with(&pack()).await;
    let lin = world.lin();
    for day in 23..=27 {
        world.set_time(&format!("2026-03-{day}T09:00")).await;
        let post = world.post();
        assert_eq!(buttons(&post), "Hint · Model answer · My streak");
        lin.reply("in my own words").await;
        let answer = lin.press(post.id, "Model answer").await;
        let expected = "Again · Hard · Good · Easy · Report a mistake";
        assert_eq!(buttons(&answer), expected, "no page but the first");
        let rated = lin.press(answer.id, "Good").await;
        assert_eq!(rated.id, answer.id);
        if day == 23 {
            let id = post.question_id();
            insta::assert_snapshot!(anonymous(&post.text(), &id), @"**Question of the day:** What is X?");
            insta::assert_snapshot!(anonymous(&answer.text(), &id), @"
            Model answer
            **What is X?**

            It is X.

            How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
            ");
            insta::assert_snapshot!(anonymous(&rated.text(), &id), @"
            Model answer
            **What is X?**

            It is X.

            **You assessed your reply**

            🔥 1 in a row · comes back on Wednesday · nothing to repeat today
            ");
        }
        let hint = world.sam().command_message("hint", &[]).await;
        assert!(hint.text().contains("The model answer has 3 words."));
    }
    assert_eq!(lin.streak().await, 5);
    let reviews = reviews(&world);
    assert_eq!(reviews.len(), 5);
    assert!(reviews.iter().all(|review| review.rating == Rating::Good));
    world.set_time("2026-03-27T17:00").await;
    let mut messages = world.sandbox.messages(ids::ASYNCIO, ids::SAM).into_iter();
    let report = messages.rfind(|message| message.footer().starts_with("Week of "));
    let report = report.unwrap();
    assert!(report.text().contains("1 member took part in 5 questions."));
    let wrap_ups = crate::wrap_up::wrap_ups_in(&world, world.thread());
    assert_eq!(wrap_ups.len(), 1);
    assert_eq!(buttons(&wrap_ups[0]), "Model answer · Hint");
    let progress = lin.command_message("progress", &[]).await;
    assert!(progress.ephemeral);
    let found = [("question", json!("queue handover"))];
    let found = world.sam().command_message("answer", &found).await;
    insta::assert_snapshot!(found.text(), @"
    Model answer
    **What is queue-handover?**

    It is queue-handover.
    ");
}

/// The rating is one of four buttons, counts once, and is on disk before it is confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn practice_is_rated_once() {
    let mut world = world_with(CLOSURE).await;
    let topic = [("topic", json!("other")), ("level", json!("senior"))];
    let asked = world.lin().command_message("quiz", &topic).await;
    insta::assert_snapshot!(asked.text(), @"
    Practice
    **What is a closure?**
    [Why now] new to you
    ");
    assert_eq!(
        buttons(&asked),
        "Hint · Write my answer · Show the answer · Another"
    );
    let answer = world.lin().press(asked.id, "Show the answer").await;
    insta::assert_snapshot!(answer.text(), @"
    Model answer
    **What is a closure?**

    A function with the variables of its scope.

    How well did you know it? **Again**: not really. **Hard**: a part. **Good**: most of it. **Easy**: all of it.
    ");
    let expected = "Again · Hard · Good · Easy · Skip scoring · Report a mistake";
    assert_eq!(buttons(&answer), expected);
    world.kill_and_restart().await;
    let press = |world: &World, label: &str| {
        let rows = &answer.components;
        let all = rows
            .iter()
            .flat_map(|row| row["components"].as_array().unwrap());
        let button = all.clone().find(|one| one["label"] == label).unwrap();
        let data = json!({ "component_type": 2, "custom_id": button["custom_id"] });
        let message = MessageKey {
            channel: ids::ASYNCIO,
            message: answer.id,
        };
        let sandbox = world.sandbox.clone();
        async move {
            let outcome = sandbox.press_raw(message, ids::LIN, data).await;
            outcome.message().cloned().unwrap()
        }
    };
    let hard = press(&world, "Hard").await;
    insta::assert_snapshot!(hard.text(), @"
    Model answer
    **What is a closure?**

    A function with the variables of its scope.
    You rated your answer: Hard
    I'll ask again tomorrow.
    Nothing else to repeat today.
    ");
    let saved = reviews(&world);
    assert_eq!((saved[0].rating, saved[0].count), (Rating::Hard, 1));
    let easy = press(&world, "Easy").await;
    assert_eq!(easy.embeds[1]["title"], Value::from("Already scored"));
    assert_eq!(reviews(&world), saved);
    world.kill_and_restart().await;
    assert_eq!(reviews(&world), saved);
    let next = world.lin().press(answer.id, "Next").await;
    assert!(
        next.text().contains("every matching question"),
        "{}",
        next.text()
    );
}

/// The bot is killed at each step of a rating: a rating that was confirmed is on disk, and one that
/// was not can be given again, once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_rating_survives_a_kill_at_every_step() {
    for step in ["review.changed", "review.saved"] {
        let mut world = world_with(CLOSURE).await;
        let topic = [("topic", json!("other"))];
        let asked = world.lin().command_message("quiz", &topic).await;
        let answer = world.lin().press(asked.id, "Show the answer").await;
        world.set_failpoints(&format!("{step} kill"));
        let sandbox = world.sandbox.clone();
        sandbox.press(answer.id, ids::LIN, "Hard", &[]).await;
        world.kill_if_alive().await;
        world.set_failpoints("");
        world.start_bot().await;
        let again = world.lin().press(answer.id, "Good").await;
        let saved = reviews(&world);
        let title = again.embeds[1]["title"].as_str().unwrap();
        let is_saved = title == "Already scored";
        let expected = if is_saved { Rating::Hard } else { Rating::Good };
        assert_eq!((saved[0].rating, saved[0].count), (expected, 1), "{step}");
        assert!(is_saved || step == "review.changed", "{step}: {title}");
    }
}

/// The question gets key points, or loses them, while its answer is shown: nothing is rated by
/// mistake, and the answer is shown with what can be scored now.
#[tokio::test(flavor = "multi_thread")]
async fn key_points_that_come_and_go() {
    let mut world = world_with(CLOSURE).await;
    let topic = [("topic", json!("other"))];
    let asked = world.lin().command_message("quiz", &topic).await;
    let answer = world.lin().press(asked.id, "Show the answer").await;
    let file = world.folder().join("pack.toml");
    world.kill().await;
    std::fs::write(
        &file,
        format!("{CLOSURE}points = [\"scope\", \"function\"]\n"),
    )
    .unwrap();
    world.start_bot().await;
    let with_points = world.lin().press(answer.id, "Easy").await;
    assert_eq!(with_points.id, answer.id);
    assert!(
        with_points.text().contains("[Key points] • scope"),
        "{}",
        with_points.text()
    );
    world.kill().await;
    std::fs::write(&file, CLOSURE).unwrap();
    world.start_bot().await;
    let without_points = world.lin().choose(&with_points, &["0"]).await;
    assert!(buttons(&without_points).starts_with("Again · Hard"));
    let rated = world.lin().press(answer.id, "Easy").await;
    assert!(rated.text().contains("You rated your answer: Easy"));
    assert_eq!(reviews(&world)[0].rating, Rating::Easy);
}

//! Practice that comes back: /quiz from question to score, over days, restarts and failures.

use quizloop::practice::id::{GuildId, UserId};
use quizloop::practice::review::{Rating, Review};
use quizloop::sandbox::client::MessageView;
use quizloop::sandbox::ids;
use quizloop::store::inspect;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// All points of a question, by the numbers in its menu.
fn points(message: &MessageView) -> Vec<String> {
    let menu = message.menu();
    let options = menu["options"].as_array().cloned().unwrap_or_default();
    let value = |one: &serde_json::Value| one["value"].as_str().unwrap().to_owned();
    options.iter().map(value).collect()
}

/// Says that so many of the points were made.
async fn tick(member: MemberHandle<'_>, message: &MessageView, made: usize) -> MessageView {
    let all = points(message);
    let chosen: Vec<&str> = all.iter().take(made).map(String::as_str).collect();
    member.choose(message, &chosen).await
}

/// A question of those that can be answered in one's own words, with the answer shown.
async fn answered(member: MemberHandle<'_>, options: &[(&str, serde_json::Value)]) -> MessageView {
    let asked = member.command_message("quiz", options).await;
    assert!(asked.ephemeral);
    member.press(asked.id, "Show the answer").await
}

/// What is on disk of a member's reviews.
fn saved(world: &World, user: u64) -> Vec<(String, Review)> {
    let snapshot = inspect::guild(&world.state(), GuildId::new(ids::GUILD))
        .unwrap_or_else(|error| panic!("{error}"));
    let reviews = snapshot.reviews(UserId::new(user));
    reviews
        .map(|(id, review)| (id.to_owned(), *review))
        .collect()
}

fn title(message: &MessageView) -> String {
    let embed = message.embeds.last().unwrap();
    embed["title"].as_str().unwrap_or_default().to_owned()
}

/// Hint, answer, score, next day: what was half known comes back first.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_known_comes_back() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let topic = [("topic", json!("queues"))];
    let asked = lin.command_message("quiz", &topic).await;
    assert!(
        asked.text().contains("[Why now] new to you"),
        "{}",
        asked.text()
    );
    let hinted = lin.press(asked.id, "Hint").await;
    assert!(
        hinted.text().contains("[How to answer]"),
        "{}",
        hinted.text()
    );
    let shown = lin.press(asked.id, "Show the answer").await;
    assert_eq!(shown.id, asked.id, "one message, edited");
    let count = points(&shown).len();
    let scored = tick(lin, &shown, 1).await;
    assert_eq!(title(&scored), format!("1 of {count} key points: again"));
    assert!(
        scored.text().contains("It comes again tomorrow"),
        "{}",
        scored.text()
    );
    let (question, review) = saved(&world, ids::LIN).remove(0);
    assert_eq!((review.rating, review.count), (Rating::Again, 1));
    // Others see nothing of it, and their practice is their own.
    assert!(saved(&world, ids::ADA).is_empty());
    let other = answered(lin, &topic).await;
    let all = points(&other).len();
    let scored = tick(lin, &other, all).await;
    assert!(title(&scored).ends_with("easy"), "{}", title(&scored));
    world.advance("24h").await;
    let back = lin.command_message("quiz", &topic).await;
    assert!(
        back.text().contains("[Why now] it is due again"),
        "{}",
        back.text()
    );
    assert!(
        back.footer().starts_with("1 due today"),
        "{}",
        back.footer()
    );
    let shown = lin.press(back.id, "Show the answer").await;
    let scored = tick(lin, &shown, points(&shown).len()).await;
    assert!(
        scored.text().contains("Nothing else is due today"),
        "{}",
        scored.text()
    );
    let all = saved(&world, ids::LIN);
    let again = all.iter().find(|(id, _)| *id == question).unwrap().1;
    assert_eq!((again.count, again.rating), (2, Rating::Easy));
}

/// Only what is due, only what is new, and a clear word when there is none.
#[tokio::test(flavor = "multi_thread")]
async fn one_chooses_what_comes() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let mode = |mode: &str| [("topic", json!("queues")), ("mode", json!(mode))];
    let none = lin.command_message("quiz", &mode("due")).await.text();
    assert!(
        none.contains("Nothing is due: questions come back after you have scored them"),
        "{none}"
    );
    let shown = answered(lin, &mode("new")).await;
    lin.press(shown.id, "None of them").await;
    // What was missed may be tried once more on the same day.
    let again = lin.command_message("quiz", &mode("due")).await.text();
    assert!(again.contains("[Why now] missed today"), "{again}");
    loop {
        let next = lin.command_message("quiz", &mode("new")).await;
        if next
            .text()
            .contains("You have seen every question that fits")
        {
            break;
        }
        let shown = lin.press(next.id, "Show the answer").await;
        tick(lin, &shown, points(&shown).len()).await;
        world.advance("30s").await;
    }
    world.advance("24h").await;
    let due = lin.command_message("quiz", &mode("due")).await;
    assert!(due.text().contains("it is due again"), "{}", due.text());
    let shown = lin.press(due.id, "Show the answer").await;
    tick(lin, &shown, points(&shown).len()).await;
    let next = lin.command_message("quiz", &mode("due")).await.text();
    assert!(
        next.contains("Nothing is due. The next one comes in"),
        "{next}"
    );
}

/// Two quizzes at once, with a restart at every step: each goes on where it was, and each counts once.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_over_restarts() {
    let mut world = World::at(FRIDAY).team().start().await;
    let first = world
        .lin()
        .command_message("quiz", &[("topic", json!("tasks"))])
        .await;
    let second = world
        .lin()
        .command_message(
            "quiz",
            &[("level", json!("senior")), ("topic", json!("cancellation"))],
        )
        .await;
    world.kill_and_restart().await;
    let first = world.lin().press(first.id, "Hint").await;
    world.kill_and_restart().await;
    let second = world.lin().press(second.id, "Show the answer").await;
    world.kill_and_restart().await;
    let first = world.lin().press(first.id, "Show the answer").await;
    world.kill_and_restart().await;
    let scored = tick(world.lin(), &second, 99).await;
    assert!(title(&scored).ends_with("easy"), "{}", title(&scored));
    world.kill_and_restart().await;
    assert_eq!(saved(&world, ids::LIN).len(), 1, "what was said is on disk");
    let scored = world.lin().press(first.id, "None of them").await;
    assert!(title(&scored).ends_with("again"), "{}", title(&scored));
    world.kill_and_restart().await;
    let next = world.lin().press(first.id, "Next").await;
    assert!(next.text().contains("[Why now]"), "{}", next.text());
    let saved = saved(&world, ids::LIN);
    assert_eq!(saved.len(), 2);
    assert!(saved.iter().all(|(_, review)| review.count == 1));
}

/// A press that comes twice, or from a message of before, counts once.
#[tokio::test(flavor = "multi_thread")]
async fn a_score_counts_once() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let shown = answered(lin, &[("topic", json!("queues"))]).await;
    let all = points(&shown);
    let custom_id = shown.menu()["custom_id"].clone();
    let data = json!({ "component_type": 3, "custom_id": custom_id, "values": all });
    let place = (ids::ASYNCIO, ids::LIN);
    let press = || async {
        let outcome = world.sandbox.press_raw(place, shown.id, data.clone()).await;
        let message = outcome.message().cloned();
        message.unwrap_or_else(|| panic!("{outcome:?}"))
    };
    let first = press().await;
    assert!(title(&first).ends_with("easy"), "{}", title(&first));
    let before = saved(&world, ids::LIN);
    let second = press().await;
    assert_eq!(title(&second), "This one was counted before");
    assert_eq!(saved(&world, ids::LIN), before);
}

/// One's own words stand beside the model answer, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn own_words_are_shown_and_not_kept() {
    let mut world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let asked = lin
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    let words = "xyzzy waits\n||for|| @everyone";
    let shown = lin
        .submit_modal_field(asked.id, "Write my answer", ("answer", words))
        .await;
    assert_eq!(shown.id, asked.id);
    assert_eq!(
        shown.content,
        "**You wrote**\n> xyzzy waits\n> ||for|| @everyone"
    );
    let scored = tick(lin, &shown, 1).await;
    assert_eq!(
        scored.content, shown.content,
        "the words stay beside the score"
    );
    let next = lin.press(shown.id, "Next").await;
    assert_eq!(next.content, "", "the next question comes without them");
    world.stop().await;
    assert!(!world.last_log().contains("xyzzy"));
    for file in std::fs::read_dir(world.state().join("guilds")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("xyzzy"), "{text}");
    }
}

/// What a program prints is chosen from four outputs, then the answer says which it was.
#[tokio::test(flavor = "multi_thread")]
async fn an_output_is_chosen() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let asked = lin
        .command_message("quiz", &[("topic", json!("output-prediction"))])
        .await;
    assert!(asked.text().contains("**D**\n```text"), "{}", asked.text());
    let shown = lin.press(asked.id, "B").await;
    assert!(
        shown.content.starts_with("You chose **B**: that is"),
        "{}",
        shown.content
    );
    let right = shown.content.contains('✅');
    let chosen = shown.content.lines().skip(2).collect::<Vec<_>>().join("\n");
    let printed = shown.text();
    let printed = printed.rsplit("prints\n```text\n").next().unwrap();
    assert_eq!(printed.starts_with(&chosen), right, "{chosen}\n{printed}");
    let scored = tick(lin, &shown, 2).await;
    assert_eq!(scored.content, shown.content);
    assert_eq!(saved(&world, ids::LIN).len(), 1);
}

/// While nothing can be saved nothing counts, and it is said; afterwards the same press works.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_counts_that_is_not_saved() {
    let world = World::at(FRIDAY).team().failpoints().start().await;
    let lin = world.lin();
    let shown = answered(lin, &[("topic", json!("queues"))]).await;
    world.set_failpoints("disk.write error full");
    let refused = lin.press(shown.id, "None of them").await;
    assert!(
        refused.text().contains("could not be saved"),
        "{}",
        refused.text()
    );
    world.set_failpoints("");
    world.advance("1m").await;
    let scored = lin.press(shown.id, "None of them").await;
    assert!(
        scored.text().contains("It comes again tomorrow"),
        "{}",
        scored.text()
    );
    assert_eq!(saved(&world, ids::LIN).len(), 1);
}

//! Spaced repetition: /quiz from question to score, over days, restarts and failures.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use discord_sandbox::model::MessageKey;
use quizloop_core::id::{GuildId, UserId};
use quizloop_core::review::{Rating, Review};
use quizloop_store::inspect;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Keeps the daily question away from the topics of the practice: an open question is not asked.
const OTHER_TOPIC: &str = "topics = [\"syntax\"]";

/// Returns the values of all points in a question's menu.
fn points(message: &MessageView) -> Vec<String> {
    let menu = message.menu();
    let options = menu["options"].as_array().cloned().unwrap_or_default();
    let value = |one: &serde_json::Value| one["value"].as_str().unwrap().to_owned();
    options.iter().map(value).collect()
}

/// Scores the first `count` points of the question.
async fn tick(member: MemberHandle<'_>, message: &MessageView, count: usize) -> MessageView {
    let all = points(message);
    let chosen: Vec<&str> = all.iter().take(count).map(String::as_str).collect();
    member.choose(message, &chosen).await
}

/// Starts a question that is answered in one's own words, and reveals the answer.
async fn reveal_answer(
    member: MemberHandle<'_>,
    options: &[(&str, serde_json::Value)],
) -> MessageView {
    let quiz = member.command_message("quiz", options).await;
    assert!(quiz.ephemeral);
    member.press(quiz.id, "Show the answer").await
}

/// Returns a member's reviews on disk.
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

/// Returns the title of a score.
fn score_title(points: usize, of: usize) -> String {
    format!("You made {points} of {of} key points")
}

/// Hint, answer, score, next day: a partly known question is asked again first.
#[tokio::test(flavor = "multi_thread")]
async fn a_partly_known_question_is_asked_again() {
    let world = World::at(FRIDAY).team().with(OTHER_TOPIC).start().await;
    let lin = world.lin();
    let topic = [("topic", json!("queues"))];
    let quiz = lin.command_message("quiz", &topic).await;
    assert!(
        quiz.text().contains("[Why now] new to you"),
        "{}",
        quiz.text()
    );
    let hinted = lin.press(quiz.id, "Hint").await;
    assert!(hinted.text().contains("[Hint]"), "{}", hinted.text());
    let revealed = lin.press(quiz.id, "Show the answer").await;
    assert_eq!(revealed.id, quiz.id, "one message, edited");
    let count = points(&revealed).len();
    let scored = tick(lin, &revealed, 1).await;
    assert_eq!(title(&scored), score_title(1, count));
    assert!(
        scored.text().contains("I'll ask again tomorrow"),
        "{}",
        scored.text()
    );
    let (question, review) = saved(&world, ids::LIN).remove(0);
    assert_eq!((review.rating, review.count), (Rating::Again, 1));
    // Other members see nothing of it, and their practice is separate.
    assert!(saved(&world, ids::ADA).is_empty());
    let other = reveal_answer(lin, &topic).await;
    let all = points(&other).len();
    let scored = tick(lin, &other, all).await;
    assert_eq!(title(&scored), score_title(all, all));
    world.advance("24h").await;
    let repeated = lin.command_message("quiz", &topic).await;
    assert!(
        repeated.text().contains("[Why now] time to repeat"),
        "{}",
        repeated.text()
    );
    assert!(
        repeated.footer().starts_with("1 to repeat today"),
        "{}",
        repeated.footer()
    );
    let revealed = lin.press(repeated.id, "Show the answer").await;
    let scored = tick(lin, &revealed, points(&revealed).len()).await;
    assert!(
        scored.text().contains("Nothing else to repeat today"),
        "{}",
        scored.text()
    );
    let all = saved(&world, ids::LIN);
    let again = all.iter().find(|(id, _)| *id == question).unwrap().1;
    assert_eq!((again.count, again.rating), (2, Rating::Easy));
}

/// Options for due or new questions only, with an explanation when there are none.
#[tokio::test(flavor = "multi_thread")]
async fn quiz_can_ask_only_due_or_new_questions() {
    let world = World::at(FRIDAY).team().with(OTHER_TOPIC).start().await;
    let lin = world.lin();
    let mode = |mode: &str| [("topic", json!("queues")), ("mode", json!(mode))];
    let none = lin.command_message("quiz", &mode("due")).await.text();
    assert!(
        none.contains("Nothing to repeat yet. Questions come back once you've scored them"),
        "{none}"
    );
    let revealed = reveal_answer(lin, &mode("new")).await;
    lin.press(revealed.id, "None of them").await;
    // A missed question may be tried once more on the same day.
    let again = lin.command_message("quiz", &mode("due")).await.text();
    assert!(
        again.contains("[Why now] you missed it earlier today"),
        "{again}"
    );
    loop {
        let next = lin.command_message("quiz", &mode("new")).await;
        if next.text().contains("You've seen every matching question") {
            break;
        }
        let revealed = lin.press(next.id, "Show the answer").await;
        tick(lin, &revealed, points(&revealed).len()).await;
        world.advance("30s").await;
    }
    world.advance("24h").await;
    let due = lin.command_message("quiz", &mode("due")).await;
    assert!(due.text().contains("time to repeat"), "{}", due.text());
    let revealed = lin.press(due.id, "Show the answer").await;
    tick(lin, &revealed, points(&revealed).len()).await;
    let next = lin.command_message("quiz", &mode("due")).await.text();
    assert!(
        next.contains("Nothing to repeat yet. The next one comes in"),
        "{next}"
    );
}

/// Two quizzes at once, with a restart at every step: each continues where it was and counts once.
#[tokio::test(flavor = "multi_thread")]
async fn two_quizzes_continue_over_restarts() {
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
    let all = points(&second).len();
    let scored = tick(world.lin(), &second, all).await;
    assert_eq!(title(&scored), score_title(all, all));
    world.kill_and_restart().await;
    assert_eq!(saved(&world, ids::LIN).len(), 1, "what was said is on disk");
    let all = points(&first).len();
    let scored = world.lin().press(first.id, "None of them").await;
    assert_eq!(title(&scored), score_title(0, all));
    world.kill_and_restart().await;
    let next = world.lin().press(first.id, "Next").await;
    assert!(next.text().contains("[Why now]"), "{}", next.text());
    let saved = saved(&world, ids::LIN);
    assert_eq!(saved.len(), 2);
    assert!(saved.iter().all(|(_, review)| review.count == 1));
}

/// A repeated press, or one on an older message, counts once.
#[tokio::test(flavor = "multi_thread")]
async fn a_score_counts_once() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let revealed = reveal_answer(lin, &[("topic", json!("queues"))]).await;
    let all = points(&revealed);
    let custom_id = revealed.menu()["custom_id"].clone();
    let data = json!({ "component_type": 3, "custom_id": custom_id, "values": all });
    let message = MessageKey {
        channel: ids::ASYNCIO,
        message: revealed.id,
    };
    let press = || async {
        let outcome = world
            .sandbox
            .press_raw(message, ids::LIN, data.clone())
            .await;
        let message = outcome.message().cloned();
        message.unwrap_or_else(|| panic!("{outcome:?}"))
    };
    let first = press().await;
    assert_eq!(title(&first), score_title(all.len(), all.len()));
    let before = saved(&world, ids::LIN);
    let second = press().await;
    assert_eq!(title(&second), "Already scored");
    assert_eq!(saved(&world, ids::LIN), before);
}

/// A written answer is shown beside the model answer and stored nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn written_answers_are_shown_and_not_stored() {
    let mut world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let quiz = lin
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    let words = "xyzzy waits\n||for|| @everyone";
    let revealed = lin
        .submit_modal_field(quiz.id, "Write my answer", ("answer", words))
        .await;
    assert_eq!(revealed.id, quiz.id);
    assert_eq!(
        revealed.content,
        "**You wrote**\n> xyzzy waits\n> ||for|| @everyone"
    );
    let scored = tick(lin, &revealed, 1).await;
    assert_eq!(
        scored.content, revealed.content,
        "the words stay beside the score"
    );
    let next = lin.press(revealed.id, "Next").await;
    assert_eq!(next.content, "", "the next question comes without them");
    world.stop().await;
    assert!(!world.last_log().contains("xyzzy"));
    for file in std::fs::read_dir(world.state().join("guilds")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("xyzzy"), "{text}");
    }
}

/// The output of a program is chosen from four options, then the answer shows which is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_is_chosen_and_revealed() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let quiz = lin
        .command_message("quiz", &[("topic", json!("output-prediction"))])
        .await;
    assert!(quiz.text().contains("**D**\n```text"), "{}", quiz.text());
    let right = right_letter(&quiz);
    let revealed = lin.press(quiz.id, right).await;
    let start = format!("✅ You chose **{right}**. It prints:\n```text\n");
    assert!(revealed.content.starts_with(&start), "{}", revealed.content);
    let all = points(&revealed).len();
    let scored = tick(lin, &revealed, all).await;
    assert_eq!(scored.content, revealed.content);
    let (_, review) = saved(&world, ids::LIN).remove(0);
    assert_eq!(review.rating, Rating::Easy);
}

/// Returns the letter of the output that the program of a question prints.
fn right_letter(quiz: &MessageView) -> &'static str {
    let text = quiz.text();
    let (bank, _) = quizloop_bank::Bank::load(quizloop_bank::built_in(), &[]);
    let asked = |one: &&quizloop_bank::Question| text.contains(&format!("**{}**", one.question));
    let question = bank.questions().iter().find(asked).unwrap();
    let printed = question.output.as_deref().unwrap().trim_end();
    let mut letters = ["A", "B", "C", "D"].into_iter();
    let right = |letter: &&str| text.contains(&format!("**{letter}**\n```text\n{printed}\n```"));
    letters.find(right).unwrap()
}

/// A wrong prediction names the right letter and is asked again, whatever is ticked.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_prediction_is_rated_again() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let topic = [("topic", json!("output-prediction"))];
    let quiz = lin.command_message("quiz", &topic).await;
    let right = right_letter(&quiz);
    let wrong = if right == "B" { "C" } else { "B" };
    let revealed = lin.press(quiz.id, wrong).await;
    let start = format!("❌ You chose **{wrong}**. It prints **{right}**:\n```text\n");
    assert!(revealed.content.starts_with(&start), "{}", revealed.content);
    // The prediction is remembered while pages are turned.
    let turned = lin.press(quiz.id, "Explain").await;
    assert_eq!(turned.content, revealed.content);
    let turned = lin.press(quiz.id, "In short").await;
    let all = points(&turned).len();
    let scored = tick(lin, &turned, all).await;
    assert_eq!(title(&scored), score_title(all, all));
    let text = scored.text();
    assert!(
        text.contains("Your prediction was wrong, so this counts as not known."),
        "{text}"
    );
    let (_, review) = saved(&world, ids::LIN).remove(0);
    assert_eq!(review.rating, Rating::Again);
    // The next question begins without a prediction.
    let next = lin.press(quiz.id, "Next").await;
    let unpredicted = lin.press(next.id, "I don't know").await;
    assert_eq!(unpredicted.content, "");
    let scored = tick(lin, &unpredicted, points(&unpredicted).len()).await;
    assert!(!scored.text().contains("prediction"), "{}", scored.text());
}

/// The answer in `/quiz` has the same pages. What was written stays above the points, and the
/// missed points are named below the score on any page.
#[tokio::test(flavor = "multi_thread")]
async fn pages_turn_before_and_after_the_score() {
    let mut world = World::at(FRIDAY).team().start().await;
    let topic = [("topic", json!("queues"))];
    let quiz = world.lin().command_message("quiz", &topic).await;
    let words = ("answer", "xyzzy waits");
    let written = world.lin();
    let first = written
        .submit_modal_field(quiz.id, "Write my answer", words)
        .await;
    assert_eq!(first.content, "**You wrote**\n> xyzzy waits");
    assert!(first.text().contains("[Key points]"), "{}", first.text());
    let turned = world.lin().press(quiz.id, "Traps and tips").await;
    assert_eq!((turned.id, &turned.content), (quiz.id, &first.content));
    assert!(turned.text().contains("[Pitfalls]"), "{}", turned.text());
    world.kill_and_restart().await;
    let lin = world.lin();
    let back = lin.press(quiz.id, "In short").await;
    assert_eq!(back.text(), first.text());
    let menu = back.menu();
    let label = |place: usize| menu["options"][place]["label"].as_str().unwrap().to_owned();
    let scored = tick(lin, &back, 1).await;
    let text = scored.text().replace('`', "");
    let made = format!("[You made] • {}\n", label(0));
    assert!(text.contains(&made), "{text}");
    let missed = format!("[You missed] • {}\n", label(1));
    assert!(text.contains(&missed), "{text}");
    let turned = lin.press(quiz.id, "Explain").await;
    assert_eq!((turned.id, &turned.content), (quiz.id, &first.content));
    assert_eq!(title(&turned), title(&scored), "the score stays");
    assert!(turned.text().contains("[Read more]"), "{}", turned.text());
    let back = lin.press(quiz.id, "In short").await;
    assert_eq!(back.text(), scored.text());
    assert_eq!(saved(&world, ids::LIN).len(), 1, "counted once");
}

/// While nothing can be saved, a score is not counted and the member sees an error; afterwards the
/// same press works.
#[tokio::test(flavor = "multi_thread")]
async fn an_unsaved_score_does_not_count() {
    let world = World::at(FRIDAY)
        .team()
        .with(OTHER_TOPIC)
        .failpoints()
        .start()
        .await;
    let lin = world.lin();
    let revealed = reveal_answer(lin, &[("topic", json!("queues"))]).await;
    world.set_failpoints("disk.write error full");
    let refused = lin.press(revealed.id, "None of them").await;
    assert!(
        refused.text().contains("could not be saved"),
        "{}",
        refused.text()
    );
    world.set_failpoints("");
    world.advance("1m").await;
    let scored = lin.press(revealed.id, "None of them").await;
    assert!(
        scored.text().contains("I'll ask again tomorrow"),
        "{}",
        scored.text()
    );
    assert_eq!(saved(&world, ids::LIN).len(), 1);
}

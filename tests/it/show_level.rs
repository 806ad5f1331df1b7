//! `show_level = false`: nothing tells level or topic of the open question before its answer is
//! revealed.

use std::collections::BTreeMap;

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use quizloop_bank::{Bank, Level, Question, built_in};
use serde_json::{Value, json};

use crate::support::{MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// The embed colours of the levels.
const LEVEL_COLORS: [u32; 3] = [0x3b_a5_5d, 0x4f_7c_d8, 0x9b_59_b6];

fn question_of(post: &MessageView) -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get(&post.question_id()).unwrap().clone()
}

fn level_of(question: &Question) -> &'static str {
    question.level.unwrap().name()
}

/// Asserts that a message shows neither level nor topic, not even by its colour.
fn assert_hidden(message: &MessageView) {
    let text = message.text();
    for label in ["[Level]", "[Topic]"] {
        assert!(!text.contains(label), "{text}");
    }
    for embed in &message.embeds {
        let color = embed["color"].as_u64().unwrap();
        assert!(!LEVEL_COLORS.map(u64::from).contains(&color), "{embed}");
    }
    for level in Level::ALL {
        let footer = message.footer();
        assert!(!footer.contains(level.name()), "{footer}");
    }
}

fn assert_shown(message: &MessageView) {
    let question = question_of(message);
    let text = message.text();
    assert!(
        text.contains(&format!("[Level] {}", level_of(&question))),
        "{text}"
    );
    assert!(text.contains("[Topic] "), "{text}");
    assert!(
        LEVEL_COLORS
            .map(Value::from)
            .contains(&message.embeds[0]["color"])
    );
}

/// Returns a daily message once its footer counts that many answers.
async fn with_answers(world: &World, post: u64, answers: &str) -> MessageView {
    world
        .wait_for("the footer", |world| {
            let message = world.sandbox.message(post)?;
            message.footer().ends_with(answers).then_some(message)
        })
        .await
}

async fn set(world: &World, command: &str, show_level: bool) -> String {
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("show_level", json!(show_level)),
    ];
    world.ada().command_message(command, &options).await.text()
}

/// What members see before the answer: the daily message and its edits, the thread, the wrap-up,
/// hints, an old `/quiz` message, suggestions and `/history`.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_level_or_topic_until_the_answer_is_revealed() {
    let settings = "show_level = false\nwrap_up_at = \"17:00\"";
    let world = World::at(THURSDAY).team().with(settings).start().await;
    world.advance("1m").await;
    let post = world.post();
    let question = question_of(&post);
    assert_hidden(&post);
    let threads = world.sandbox.threads(ids::ASYNCIO);
    let without_code = question.question.replace('`', "");
    let beginning: String = without_code.chars().take(90).collect();
    assert!(threads[0].name.starts_with(&beginning), "{threads:?}");
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("**Level and topic**: hidden until you see the model answer"),
        "{status}"
    );
    for button in ["Hint", "Model answer", "My streak"] {
        assert_hidden(&world.lin().press(post.id, button).await);
    }
    assert_hidden(&world.lin().command_message("hint", &[]).await);
    let old_quiz = format!("q1:quiz:h:m*a0:{}:*", question.id);
    let hint = world.lin().press_id(&old_quiz).await;
    assert!(hint.text().contains("[Hint]"), "{}", hint.text());
    assert_hidden(&hint);

    world.ada().reply("in my own words").await;
    assert_hidden(&with_answers(&world, post.id, "1 answer").await);
    // The private answer is the reveal.
    let answer = world.ada().press(post.id, "Model answer").await;
    let color = answer.embeds[0]["color"].as_u64().unwrap();
    assert!(LEVEL_COLORS.map(u64::from).contains(&color));
    assert!(answer.footer().contains(level_of(&question)));
    let history = world.ada().command_message("history", &[]).await.text();
    assert!(
        history.contains(&format!("/{})\n", world.thread())),
        "nothing after the link: {history}"
    );
    let topic = [("topic", json!(question.topic))];
    let of_topic = world.ada().command_message("history", &topic).await.text();
    assert!(of_topic.contains("No past question on"), "{of_topic}");

    world.set_time("2026-03-26T17:00").await;
    let thread = world.sandbox.messages(world.thread(), ids::SAM);
    let wrap_up = thread.iter().find(|one| one.footer().contains("Wrap-up"));
    assert_hidden(wrap_up.unwrap());

    // With the next question, level and topic of this one are no secret any more.
    world.set_time("2026-03-27T09:00").await;
    assert_hidden(&world.post());
    let revealed = world
        .wait_for("the edit", |world| {
            let message = world.sandbox.message(post.id)?;
            message.text().contains("[Level]").then_some(message)
        })
        .await;
    assert_shown(&revealed);
    let of_topic = world.ada().command_message("history", &topic).await.text();
    assert!(
        of_topic.contains(&format!(" · {} · ", level_of(&question))),
        "{of_topic}"
    );
}

/// The suggestions of `/answer` have no number, because neighbouring numbers have the same topic,
/// and a topic or number does not find the question.
#[tokio::test(flavor = "multi_thread")]
async fn suggestions_do_not_find_a_hidden_question_by_its_topic() {
    for show_level in [true, false] {
        let setting = format!("show_level = {show_level}");
        let world = World::at(THURSDAY).team().with(&setting).start().await;
        world.advance("1m").await;
        let question = question_of(&world.post());
        let suggested = async |typed: &str| {
            let typed = [("question", json!(typed))];
            let choices = world
                .sandbox
                .autocomplete(ids::ASYNCIO, ids::LIN, "answer", &typed)
                .await
                .unwrap();
            let of_question = choices.into_iter().find(|one| one.value == question.id);
            of_question.map(|choice| choice.name)
        };
        let number = question.number_label().unwrap();
        let by_number = suggested(&number).await;
        assert_eq!(by_number.is_some(), show_level, "{by_number:?}");
        let name = suggested(&question.question).await.unwrap();
        let begins_with_number = name.starts_with(&format!("{number} · "));
        assert_eq!(begins_with_number, show_level, "{name}");
        // Typed without choosing a suggestion.
        let typed = [("question", json!(number))];
        let found = world.lin().command_message("answer", &typed).await.text();
        assert_eq!(
            found.contains("You haven't answered"),
            show_level,
            "{found}"
        );
    }
}

/// Returns what `/answer` suggests for a text, as names by ids.
async fn suggested(world: &World, typed: &str) -> BTreeMap<String, String> {
    let typed = [("question", json!(typed))];
    let choices = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::LIN, "answer", &typed)
        .await
        .unwrap();
    let by_id = choices.into_iter().map(|one| {
        let id = one.value.as_str().unwrap().to_owned();
        (id, one.name)
    });
    by_id.collect()
}

/// While a server takes long to load, nobody knows which question is hidden. Then each is found by its
/// text alone.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn suggestions_for_a_server_that_is_not_loaded_hide_all_questions() {
    use crate::question_forms::EndlessLoading;
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .setting(crate::eviction::LISTEN)
        .team()
        .with("show_level = false")
        .start()
        .await;
    crate::eviction::idle_until_evicted(&world).await;
    let question = question_of(&world.post());
    let number = question.number_label().unwrap();
    let topic = question.topic.replace('-', " ");
    let first_word = question.question.split(' ').next().unwrap();
    let loading = EndlessLoading::begin(&world);
    for typed in ["", &number, &question.id] {
        let found = suggested(&world, typed).await;
        assert!(found.is_empty(), "{typed}: {found:?}");
    }
    for typed in [&topic, &format!("{first_word} {topic}")] {
        let found = suggested(&world, typed).await;
        let is_word_of_text = question.question.to_lowercase().contains(&topic);
        assert!(
            is_word_of_text || !found.contains_key(&question.id),
            "{typed}"
        );
    }
    let by_text = suggested(&world, &question.question).await;
    let name = by_text.get(&question.id).expect("found by its text");
    assert!(!name.contains(" · "), "{name}");
    loading.end();
    // Once it is loaded, only the open question is hidden.
    let (bank, _) = Bank::load(built_in(), &[]);
    let other = bank.questions().iter().find(|one| one.id != question.id);
    let other = other.unwrap().number_label().unwrap();
    assert!(!suggested(&world, &other).await.is_empty());
    let found = suggested(&world, &number).await;
    assert!(!found.contains_key(&question.id), "{found:?}");
    let with_topic = suggested(&world, &format!("{first_word} {topic}")).await;
    let is_word_of_text = question.question.to_lowercase().contains(&topic);
    assert!(is_word_of_text || !with_topic.contains_key(&question.id));
}

/// Admins practise, too: what `/team` shows them of an open question tells neither level nor topic.
#[tokio::test(flavor = "multi_thread")]
async fn admins_see_no_more_of_an_open_question() {
    for show_level in [true, false] {
        let settings = format!("show_level = {show_level}\norder = \"topics: queues, tasks\"");
        let world = World::at(THURSDAY).team().with(&settings).start().await;
        let (bank, _) = Bank::load(built_in(), &[]);
        let next = bank.questions().iter().find(|one| one.topic == "timeouts");
        let next = next.unwrap();
        let choice = [("question", json!(next.id))];
        world.ada().command_message("team choose", &choice).await;
        let chosen = format!(
            "Next, chosen by an admin: {} ",
            next.number_label().unwrap()
        );
        let status = world.ada().command_message("team status", &[]).await.text();
        assert_eq!(status.contains(&chosen), show_level, "{status}");
        assert!(status.contains("This week's topic: "), "{status}");
        world.advance("1m").await;
        let status = world.ada().command_message("team status", &[]).await.text();
        let has_topic = status.contains("This week's topic: ");
        assert_eq!(has_topic, show_level, "{status}");

        world.ada().reply("in my own words").await;
        let question = question_of(&world.post());
        let option = [("question", json!(question.id))];
        let show = "team questions show";
        let shown = world.ada().command_message(show, &option).await;
        assert!(shown.text().contains("[Key points]"), "{}", shown.text());
        if show_level {
            assert!(shown.footer().contains(level_of(&question)));
        } else {
            assert_hidden(&shown);
            assert_eq!(shown.footer(), "");
            let number = question.number_label().unwrap();
            assert!(!shown.text().contains(&number), "{}", shown.text());
        }
        // With the next question it is no secret any more.
        world.set_time("2026-03-27T09:00").await;
        let shown = world.ada().command_message(show, &option).await;
        assert!(shown.footer().contains(level_of(&question)));
    }
}

/// A changed setting counts from the next question on: what is hidden stays hidden, and what
/// members have seen stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_counts_from_the_next_question_on() {
    let mut world = World::at(THURSDAY).start().await;
    let summary = set(&world, "setup", false).await;
    assert!(summary.contains("**Level and topic**: hidden"), "{summary}");
    world.advance("1m").await;
    let thursday = world.post().id;
    let summary = set(&world, "team settings", true).await;
    assert!(!summary.contains("**Level and topic**"), "{summary}");
    world.kill_and_restart().await;
    world.ada().reply("on Thursday").await;
    assert_hidden(&with_answers(&world, thursday, "1 answer").await);
    world.set_time("2026-03-27T09:00").await;
    let friday = world.post().id;
    assert_shown(&world.post());
    set(&world, "team settings", false).await;
    world.ada().reply("on Friday").await;
    assert_shown(&with_answers(&world, friday, "1 answer").await);
    world.set_time("2026-03-30T09:00").await;
    assert_hidden(&world.post());
}

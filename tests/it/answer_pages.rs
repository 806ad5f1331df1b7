//! The pages of a model answer, and the buttons that turn them.

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::ids;
use quizloop_bank::{Bank, Question, built_in};
use serde_json::{Value, json};

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// A question for beginners. Where a test posts a question beside it, the team excludes that level.
const OTHER: &str = "asyncio-in-a-nutshell";

fn question(id: &str) -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    bank.get(id).unwrap().clone()
}

/// Returns the labels of all buttons; a disabled one is in parentheses.
fn buttons(message: &MessageView) -> Vec<String> {
    let rows = message.components.iter();
    let all = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    let button = |one: &Value| {
        let label = one["label"].as_str()?;
        let is_disabled = one["disabled"] == true;
        Some(if is_disabled {
            format!("({label})")
        } else {
            label.to_owned()
        })
    };
    all.filter_map(button).collect()
}

async fn answer_to(member: MemberHandle<'_>, question: &str) -> MessageView {
    let named = [("question", json!(question))];
    member.command_message("answer", &named).await
}

/// The first page has the question and its key points; each button turns the page in place, also
/// after a restart, and all texts of the entry can be reached.
#[tokio::test(flavor = "multi_thread")]
async fn pages_turn_in_place() {
    let mut world = World::at(THURSDAY).team().start().await;
    let entry = question(OTHER);
    let first = answer_to(world.lin(), OTHER).await;
    assert!(first.ephemeral);
    let text = first.text();
    assert!(text.contains(&entry.question), "{text}");
    assert!(text.contains(&format!("[Key points] • {}\n", entry.points[0])));
    assert!(!text.contains(&entry.answer), "it is on its own page");
    insta::assert_snapshot!(buttons(&first).join(" "), @"(In short) Explain Code Say it like this Traps and tips Report a mistake");
    world.kill_and_restart().await;
    let lin = world.lin();
    let turned = lin.press(first.id, "Explain").await;
    assert_eq!(turned.id, first.id, "one message, edited");
    assert!(turned.ephemeral && turned.edited);
    assert!(turned.text().contains(&entry.answer), "{}", turned.text());
    insta::assert_snapshot!(buttons(&turned).join(" "), @"In short (Explain) Code Say it like this Traps and tips Report a mistake");
    let pages = [
        ("Code", entry.code.as_deref().unwrap().trim_end()),
        ("Say it like this", entry.follow_up.as_deref().unwrap()),
        ("Traps and tips", entry.pitfalls[0].as_str()),
        ("In short", entry.points[0].as_str()),
    ];
    for (button, text) in pages {
        let turned = lin.press(first.id, button).await;
        assert_eq!(turned.id, first.id);
        assert!(turned.text().contains(text), "{}", turned.text());
    }
    let again = world.sandbox.messages(ids::ASYNCIO, ids::LIN).pop();
    assert_eq!(again.unwrap().text(), text, "the first page again");
}

/// The buttons below the answer of a round carry the round's message, wherever it was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_a_round_carry_its_message() {
    let world = World::at(THURSDAY)
        .team()
        .with("levels = [\"mid\", \"senior\"]")
        .start()
        .await;
    world.advance("1m").await;
    let (ada, post) = (world.ada(), world.post());
    ada.reply("in my own words").await;
    let in_thread = ada.command_in(world.thread(), "answer", &[]).await;
    let pressed = ada.press(post.id, "Model answer").await;
    let named = answer_to(ada, &post.question_id()).await;
    let in_thread = in_thread.message().unwrap();
    for answer in [in_thread, &pressed, &named] {
        // Above the pages is the self-assessment.
        let id = answer.components[2]["components"][1]["custom_id"].as_str();
        let expected = format!("q1:page:e:me:{}:{}", post.id, post.question_id());
        assert_eq!(id, Some(expected.as_str()));
    }
    let other = answer_to(ada, OTHER).await;
    let id = other.components[0]["components"][1]["custom_id"].as_str();
    let unknown = format!("q1:page:e:me:-:{OTHER}");
    assert_eq!(id, Some(unknown.as_str()));
}

/// Turning the page of an answer is guarded as the answer is: the question may have been posted
/// since.
#[tokio::test(flavor = "multi_thread")]
async fn turning_a_page_of_an_open_question_asks_first() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let question = world.post().question_id();
    for audience in ["me", "all"] {
        let old = format!("q1:page:c:{audience}:-:{question}");
        let confirmation = world.lin().press_id(&old).await;
        assert!(confirmation.ephemeral, "{audience}");
        let text = confirmation.text();
        assert!(text.contains("You haven't answered"), "{audience}: {text}");
    }
    for action in ["e", "e03"] {
        let old = format!("q1:quiz:{action}:m*a0:{question}:*");
        let confirmation = world.lin().press_id(&old).await;
        let text = confirmation.text();
        assert!(text.contains("You haven't answered"), "{action}: {text}");
    }
    // After the confirmation, the pages turn.
    let old = format!("q1:page:c:me:-:{question}");
    let confirmation = world.lin().press_id(&old).await;
    let answer = world.lin().press(confirmation.id, "Show it anyway").await;
    assert_eq!(answer.content, "", "the confirmation is replaced");
    let turned = world.lin().press(answer.id, "Traps and tips").await;
    assert!(turned.text().contains("[Pitfalls]"), "{}", turned.text());
}

/// A page of a public answer is shown to the member who presses alone: the message does not change
/// under the eyes of the others.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_public_answer_open_privately() {
    let world = World::at(THURSDAY).team().start().await;
    let options = [("question", json!(OTHER)), ("public", json!(true))];
    let public = world.lin().command_message("answer", &options).await;
    assert!(!public.ephemeral);
    let mine = world.sam().press(public.id, "Say it like this").await;
    assert!(mine.ephemeral && mine.id != public.id);
    assert!(mine.text().contains("how you might say it"));
    let turned = world.sam().press(mine.id, "Explain").await;
    assert_eq!(turned.id, mine.id, "their own message turns in place");
    let seen = world.sandbox.message(public.id).unwrap();
    assert_eq!((seen.text(), seen.edited), (public.text(), false));
    // The button of the page that is shown can't be pressed.
    let press = world.sandbox.press(public.id, ids::SAM, "In short", &[]);
    let ClientOutcome::Failed(error) = press.await else {
        panic!("a disabled button was pressed");
    };
    insta::assert_snapshot!(error, @"The button In short is disabled.");
}

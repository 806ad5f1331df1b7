//! The ramp: newcomers meet easier questions first.

use discord_sandbox::client::MessageView;
use quizloop_bank::{Bank, Level, built_in};
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const WEDNESDAY: &str = "2026-03-25T08:59[Europe/Berlin]";

fn level_of(message: &MessageView) -> String {
    let text = message.text();
    let level = text.split("[Level] ").nth(1).unwrap_or_default();
    level.lines().next().unwrap_or_default().to_owned()
}

/// Asks until the question is none with outputs to choose from, which a guess may rate "again".
async fn ask(member: MemberHandle<'_>) -> MessageView {
    let mut quiz = member.command_message("quiz", &[]).await;
    while !serde_json::to_string(&quiz.components)
        .unwrap()
        .contains("Show the answer")
    {
        quiz = member.press(quiz.id, "Another").await;
    }
    quiz
}

/// Shows the answer and ticks all points.
async fn know(member: MemberHandle<'_>, quiz: &MessageView) {
    let answer = member.press(quiz.id, "Show the answer").await;
    let menu = answer.menu();
    let options = menu["options"].as_array().unwrap();
    let values: Vec<&str> = options
        .iter()
        .map(|one| one["value"].as_str().unwrap())
        .collect();
    member.choose(&answer, &values).await;
}

/// Three junior questions, then junior and mid ones. A chosen level is what is asked.
#[tokio::test(flavor = "multi_thread")]
async fn quiz_begins_with_junior_questions() {
    let mut world = World::at(WEDNESDAY).team().start().await;
    for number in 0..3 {
        let quiz = ask(world.lin()).await;
        assert_eq!(level_of(&quiz), "junior", "question {number}");
        // A look at a question that is passed over changes nothing.
        let other = world.sam().command_message("quiz", &[]).await;
        assert_eq!(level_of(&other), "junior");
        know(world.lin(), &quiz).await;
        if number == 1 {
            world.kill_and_restart().await;
        }
    }
    let mut levels = Vec::new();
    for _ in 0..8 {
        world.advance("1m").await;
        let quiz = world
            .lin()
            .command_message("quiz", &[("mode", json!("new"))])
            .await;
        levels.push(level_of(&quiz));
    }
    assert!(
        levels
            .iter()
            .all(|level| level == "junior" || level == "mid"),
        "{levels:?}"
    );
    assert!(levels.iter().any(|level| level == "mid"), "{levels:?}");
    let chosen = [("level", json!("senior"))];
    let quiz = world.sam().command_message("quiz", &chosen).await;
    assert_eq!(level_of(&quiz), "senior");
}

/// The first question of a new team is junior, the next four are junior or mid.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_team_begins_with_easier_questions() {
    let (bank, _) = Bank::load(built_in(), &[]);
    let world = World::at(WEDNESDAY).team().start().await;
    for day in ["03-25", "03-26", "03-27", "03-30", "03-31"] {
        world.set_time(&format!("2026-{day}T09:00")).await;
    }
    let posts = world.posts();
    assert_eq!(posts.len(), 5);
    let levels: Vec<_> = posts
        .iter()
        .map(|post| bank.get(&post.question_id()).unwrap().effective_level())
        .collect();
    assert_eq!(levels[0], Level::Junior);
    assert!(
        levels.iter().all(|level| *level < Level::Senior),
        "{levels:?}"
    );
}

/// Each answer names what is wrong: the topic, the level, or both together.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_choice_is_explained() {
    let world = World::at(WEDNESDAY).team().start().await;
    let ask = async |options: &[(&str, serde_json::Value)]| {
        world.lin().command_message("quiz", options).await.text()
    };
    let topic = ("topic", json!("xyz"));
    let text = ask(std::slice::from_ref(&topic)).await;
    insta::assert_snapshot!(text, @r#"There is no topic "xyz". Pick one of the suggestions."#);
    let text = ask(&[topic, ("level", json!("mid"))]).await;
    insta::assert_snapshot!(text, @r#"There is no topic "xyz". Pick one of the suggestions."#);
}

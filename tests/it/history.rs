//! `/history`: the past questions of a channel.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use quizloop_bank::{Bank, built_in};
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

async fn history(member: MemberHandle<'_>) -> MessageView {
    member.command_message("history", &[]).await
}

/// The last lines of the entries, newest first: how many answered, and what the member did.
fn results(message: &MessageView) -> Vec<String> {
    let text = message.embeds[0]["description"].as_str().unwrap();
    let entries = text.split("\n\n");
    entries
        .map(|entry| entry.lines().last().unwrap().to_owned())
        .collect()
}

/// Each question has a link to its thread, how many answered, and what the member did.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_the_member_did() {
    let world = World::at(THURSDAY).team().start().await;
    let none = history(world.lin()).await;
    assert!(none.ephemeral);
    insta::assert_snapshot!(none.text(), @"This team has no question yet. Until the first one comes, try `/quiz`.");
    world.advance("1m").await;
    let thursday = world.thread();
    world.ada().reply("in time").await;
    world.lin().reply("in time").await;
    world.set_time("2026-03-27T09:00").await;
    let confirmation = world.lin().press(world.post().id, "Model answer").await;
    world.lin().press(confirmation.id, "Show it anyway").await;
    world.lin().reply("after looking").await;
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-03-31T09:00").await;
    let shown = history(world.lin()).await;
    assert!(shown.ephemeral);
    insta::assert_snapshot!(results(&shown).join("\n"), @r"
    0 answers · ⏳ still open
    0 answers · ✖️ missed
    1 answer · 👀 saw the answer first: streak unchanged
    2 answers · ✅ answered
    ");
    let text = shown.text();
    let link = format!(
        "[Question 1 · 2026-03-26](https://discord.com/channels/{}/{thursday})",
        ids::GUILD
    );
    assert!(text.contains(&link), "{text}");
    assert_eq!(shown.footer(), "4 questions");
    // Sam took part in nothing, so nothing was missed.
    insta::assert_snapshot!(results(&history(world.sam()).await).join("\n"), @r"
    0 answers · ⏳ still open
    0 answers
    1 answer
    2 answers
    ");
    // The same in the thread of a question.
    let in_thread = world.lin().command_in(world.thread(), "history", &[]).await;
    assert_eq!(in_thread.message().unwrap().text(), text);
    let elsewhere = world.lin().command_in(ids::GENERAL, "history", &[]).await;
    insta::assert_snapshot!(elsewhere.message().unwrap().text(), @"Use `/history` in a team's channel or in the thread of one of its questions: it lists the questions of that team.");
}

/// The buttons lead from page to page, and a topic stays chosen.
#[tokio::test(flavor = "multi_thread")]
async fn it_has_pages_and_a_filter() {
    let days = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";
    let world = World::at("2026-03-01T08:59[Europe/Berlin]")
        .team()
        .with(days)
        .start()
        .await;
    for day in 1..=10 {
        world.set_time(&format!("2026-03-{day:02}T09:00")).await;
    }
    let first = history(world.lin()).await;
    assert_eq!(first.footer(), "Page 1 of 2 · 10 questions");
    assert!(first.text().contains("[Question 10 · 2026-03-10]"));
    let second = world.lin().press(first.id, "Older").await;
    assert_eq!(second.id, first.id, "the same message");
    assert_eq!(second.footer(), "Page 2 of 2 · 10 questions");
    assert_eq!(results(&second).len(), 2);
    assert!(second.text().contains("[Question 1 · 2026-03-01]"));
    let first = world.lin().press(second.id, "Newer").await;
    assert_eq!(first.footer(), "Page 1 of 2 · 10 questions");

    let (bank, _) = Bank::load(built_in(), &[]);
    let topic_of = |post: &MessageView| bank.get(&post.question_id()).unwrap().topic.clone();
    let topic = topic_of(&world.posts()[0]);
    let asked = world.posts();
    let asked = asked.iter().filter(|post| topic_of(post) == topic);
    let chosen = [("topic", json!(topic.replace('-', " ")))];
    let of_topic = world.lin().command_message("history", &chosen).await;
    assert_eq!(results(&of_topic).len(), asked.count());
    let title = of_topic.embeds[0]["title"].as_str().unwrap();
    assert_eq!(
        title,
        format!("Past questions: {}", topic.replace('-', " "))
    );
    let suggested = world
        .sandbox
        .autocomplete(
            ids::ASYNCIO,
            ids::LIN,
            "history",
            &[("topic", json!("canc"))],
        )
        .await
        .unwrap();
    assert_eq!(suggested[0].value, "cancellation");
    let unknown = [("topic", json!("none of these"))];
    let unknown = world.lin().command_message("history", &unknown).await;
    insta::assert_snapshot!(unknown.text(), @r#"No past question on "none of these" yet. `/history` without a topic lists all of them."#);
}

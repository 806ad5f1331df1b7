//! The text of the daily message: later edits keep it, and messages of earlier versions get it.

use discord_sandbox::faults::FaultRule;
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// The footer is edited after each reply. The question and the role stay, and nobody is notified
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_the_footer_keeps_the_text() {
    let role = ids::TEAM_ROLE;
    let builder = World::at(FRIDAY).team().with(&format!("role = \"{role}\""));
    let world = builder.start().await;
    world.advance("1m").await;
    let posted = world.post();
    world.lin().reply("an answer").await;
    let edited = world
        .wait_for("the edit", |world| {
            let post = world.post();
            post.footer().ends_with(" · 1 answer").then_some(post)
        })
        .await;
    assert_eq!(edited.content, posted.content);
    assert_eq!(edited.embeds[0]["fields"], posted.embeds[0]["fields"]);
    assert_eq!(edited.embeds[0]["description"], json!(null));
}

/// An earlier version had the question in the embed. If it was killed right after sending, the bot
/// recognises the message, and the first edit moves the question into the text.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_earlier_version_is_recognised_and_gets_the_text() {
    let mut world = World::at(FRIDAY).team().start().await;
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    let moved = world.set_time("2026-03-27T09:00");
    tokio::select! {
        () = moved => panic!("the bot finished although a request is held"),
        _ = hold.first_request() => {}
    }
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    let posted = world.post();
    world.sandbox.with(|discord| {
        let message = discord.message_mut(ids::ASYNCIO, posted.id).unwrap();
        message.content.clear();
        message.embeds[0]["title"] = json!("Question of the day");
        message.embeds[0]["description"] = json!(format!("**{}**", posted.question()));
    });
    world.start_bot().await;
    world.lin().write(posted.id, "an answer");
    let edited = world
        .wait_for("the edit", |world| {
            let post = world.sandbox.message(posted.id)?;
            post.footer().ends_with(" · 1 answer").then_some(post)
        })
        .await;
    assert_eq!(edited.content, posted.content);
    assert_eq!(edited.embeds[0]["description"], json!(null));
    let own = |message: &&discord_sandbox::client::MessageView| message.author == ids::APP;
    let messages = world.sandbox.messages(ids::ASYNCIO, ids::ADA);
    assert_eq!(messages.iter().filter(own).count(), 1, "posted once");
}

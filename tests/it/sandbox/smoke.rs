//! A bot connects, responds to interactions, posts and starts a thread.

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::ids;
use serde_json::json;
use serenity::all::{ChannelId, Event, MessageId};

use super::client::{Bot, assert_matches_openapi, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_responds_to_interactions() {
    let sandbox = sandbox().await;
    let mut bot = Bot::connect(&sandbox).await;
    let Event::GuildCreate(created) = bot.next("GUILD_CREATE").await else {
        unreachable!();
    };
    assert_eq!(
        (created.guild.name.as_str(), created.guild.channels.len()),
        ("Async Guild", 2)
    );
    register(&bot).await;

    let greeted = sandbox
        .command(ids::ASYNCIO, ids::LIN, "greet", &[("name", json!("Lin"))])
        .await;
    let ClientOutcome::Message(greeting) = &greeted else {
        panic!("{greeted:?}");
    };
    assert_eq!(greeting.content, "Hello");
    let pressed = sandbox.press(greeting.id, ids::SAM, "More", &[]).await;
    assert_eq!(pressed.message().unwrap().content, "Hello again");
    let pressed = sandbox.press(greeting.id, ids::SAM, "less", &[]).await;
    assert!(pressed.message().unwrap().ephemeral);
    let slow = sandbox.command(ids::ASYNCIO, ids::LIN, "slow", &[]).await;
    assert_eq!(slow.message().unwrap().content, "Sorry, that took a while");
    assert_eq!(sandbox.messages(ids::ASYNCIO, ids::LIN).len(), 2);
    assert_eq!(sandbox.messages(ids::ASYNCIO, ids::ADA).len(), 1);

    let choices = sandbox
        .autocomplete(ids::ASYNCIO, ids::LIN, "greet", &[("name", json!("t"))])
        .await
        .unwrap();
    assert_eq!(choices[0].name, "Tasks");
    let ClientOutcome::Modal(form) = sandbox.command(ids::ASYNCIO, ids::LIN, "form", &[]).await
    else {
        panic!("no form");
    };
    let sent = sandbox
        .submit_modal(ids::LIN, &form, &[("what", "that")])
        .await;
    assert_eq!(sent.message().unwrap().content, "Got it");
    let typed = sandbox.command(ids::ASYNCIO, ids::LIN, "admin", &[]).await;
    assert_eq!(
        typed,
        ClientOutcome::Failed("You can't use /admin here.".into())
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_posts_and_starts_a_thread() {
    let sandbox = sandbox().await;
    let mut bot = Bot::connect(&sandbox).await;
    let channel = ChannelId::new(ids::ASYNCIO);
    let body = json!({ "content": "What is a task?", "nonce": "q1", "enforce_nonce": true });
    let sent = bot
        .http
        .send_message(channel, Vec::new(), &body)
        .await
        .unwrap();
    let again = bot
        .http
        .send_message(channel, Vec::new(), &body)
        .await
        .unwrap();
    assert_eq!(sent.id, again.id);
    let name = json!({ "name": "What is a task?" });
    let thread = bot
        .http
        .create_thread_from_message(channel, sent.id, &name, None)
        .await
        .unwrap();
    assert_eq!(thread.id.get(), sent.id.get());
    bot.next("THREAD_CREATE").await;
    sandbox
        .clock()
        .advance(std::time::Duration::from_secs(60))
        .await
        .unwrap();
    let reply = sandbox
        .post(
            thread.id.get(),
            ids::LIN,
            "A future that drives a coroutine",
        )
        .unwrap();
    let Event::MessageCreate(received) = bot.next_message(reply).await else {
        unreachable!();
    };
    assert_eq!(
        (
            received.message.content.as_str(),
            received.message.author.name.as_str()
        ),
        ("", "lin")
    );
    bot.http
        .create_reaction(
            thread.id,
            MessageId::new(reply),
            &serenity::all::ReactionType::from('✅'),
        )
        .await
        .unwrap();
    insta::assert_snapshot!(sandbox.transcript(ids::ASYNCIO, ids::LIN), @r"
    #asyncio
    [Fri 2026-03-27 08:00] Test bot (bot)
      What is a task?
      └─ Thread: What is a task?
         [Fri 2026-03-27 08:01] Lin
           A future that drives a coroutine
           ✅ 1
    ");
    assert_matches_openapi(&sandbox);
}

async fn register(bot: &Bot) {
    let option = json!({ "type": 3, "name": "name", "description": "Whom", "autocomplete": true });
    let commands = json!([
        { "name": "greet", "description": "Says hello", "options": [option] },
        { "name": "slow", "description": "Says it later" },
        { "name": "form", "description": "Asks" },
        { "name": "admin", "description": "For admins", "default_member_permissions": "32" },
    ]);
    let registered = bot.http.create_global_commands(&commands).await.unwrap();
    assert_eq!(registered.len(), 4);
}

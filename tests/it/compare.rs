//! "Compare with the model answer": the message command on one's own reply.

use discord_sandbox::ids;
use discord_sandbox::model::Command;
use serde_json::json;

use crate::support::{MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";
const COMPARE: &str = "Compare with the model answer";

/// The reply is shown above the first page; turning pages keeps it. It is stored and logged
/// nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_shown_above_the_key_points() {
    let mut world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let reply = world.lin().reply("xyzzy runs tasks\nand ||waits||").await;
    let lin = world.lin();
    let shown = lin.run_app(reply, COMPARE).await;
    assert!(shown.ephemeral && shown.channel == world.thread());
    let words = "**You wrote**\n> xyzzy runs tasks\n> and ||waits||";
    assert_eq!(shown.content, words);
    assert!(shown.text().contains("[Key points]"), "{}", shown.text());
    let turned = lin.press(shown.id, "Explain").await;
    assert_eq!((turned.id, turned.content.as_str()), (shown.id, words));
    let post = world.post();
    let back = format!("q1:page:s:me:{}:{}", post.id, post.question_id());
    let components = json!(turned.components).to_string();
    assert!(components.contains(&back), "{components}");
    assert!(!components.contains("xyzzy"), "{components}");
    // The points are ticked beside one's own words.
    let ticked = lin.choose(&shown, &["0"]).await;
    assert_eq!((ticked.id, ticked.content.as_str()), (shown.id, words));
    assert!(ticked.text().contains("comes back"), "{}", ticked.text());
    world.stop().await;
    assert!(!world.last_log().contains("xyzzy"));
    for file in std::fs::read_dir(world.state().join("guilds")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("xyzzy"), "{text}");
    }
}

/// The first 1,500 characters are shown, and what they leave open is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_reply_is_cut_with_its_marks_closed() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let long = format!("||```py\n{}```||", "x = 1\n".repeat(320));
    let reply = world.lin().reply(&long).await;
    let shown = world.lin().run_app(reply, COMPARE).await;
    assert!(shown.content.ends_with("…\n> ```||"), "{}", shown.content);
    assert!(shown.content.chars().count() <= 2000);
}

/// On any other message one sentence says what the command is for.
#[tokio::test(flavor = "multi_thread")]
async fn other_messages_get_an_explanation() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let in_channel = world.lin().write(ids::ASYNCIO, "not in the thread");
    let of_another = world.ada().reply("in my own words").await;
    let of_the_bot = world.post().id;
    for message in [in_channel, of_another, of_the_bot] {
        let shown = world.lin().run_app(message, COMPARE).await;
        assert!(shown.ephemeral);
        assert_eq!(
            shown.text(),
            "This is for your own reply to a question: it shows what you wrote above the key \
             points of the model answer."
        );
    }
    // A reply to the question's message counts as one in its thread does.
    let draft = world.sandbox.compose(ids::ASYNCIO, ids::LIN, "as a reply");
    let reply = draft.reply_to(of_the_bot).send().unwrap();
    world.lin().wait_until_counted(reply).await;
    let shown = world.lin().run_app(reply, COMPARE).await;
    assert_eq!(shown.content, "**You wrote**\n> as a reply");
}

/// The rules of the reveal hold for a message that was not counted as a reply.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_asks_first() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    // A webhook's message becomes Lin's, so that it was not counted.
    let thread = world.thread();
    let message = world.sandbox.compose(thread, ids::LIN, "not counted");
    let message = message.by_webhook("Lin").send().unwrap();
    world.sandbox.with(|discord| {
        let message = discord.message_mut(thread, message).unwrap();
        (message.author, message.webhook) = (ids::LIN, None);
    });
    let shown = world.lin().run_app(message, COMPARE).await;
    assert!(shown.ephemeral);
    let text = shown.text();
    assert!(text.contains("You haven't answered the question"), "{text}");
    assert!(!text.contains("Key points"), "{text}");
}

/// The command is registered as Discord's description says, beside the slash commands, whose
/// mentions still work after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_is_registered_as_a_message_command() {
    let mut world = World::at(THURSDAY).team().start().await;
    let of_kind_3 = |one: &&Command| one.kind == 3;
    let registered = world.sandbox.read(|discord| {
        let all = discord.commands.registered_in(None);
        all.iter().find(of_kind_3).unwrap().body.clone()
    });
    let expected = json!({ "type": 3, "name": COMPARE, "contexts": [0], "integration_types": [0] });
    assert_eq!(registered, expected);
    assert_eq!(crate::openapi::check(&world.sandbox), Vec::<String>::new());
    let registrations = |world: &World| {
        let is_registration = |path: &str| path.ends_with("/commands");
        world.sandbox.read(|discord| {
            let all = discord.log.requests();
            all.filter(|one| one.method == "PUT" && is_registration(&one.path))
                .count()
        })
    };
    assert_eq!(registrations(&world), 1);
    world.kill_and_restart().await;
    let help = world.lin().command_message("help", &[]).await;
    assert!(help.embeds[0].to_string().contains("</quiz:"), "{help:?}");
    assert_eq!(registrations(&world), 1, "the ids are still known");
}

//! The message that introduces the bot in the channel of a new team.

use discord_sandbox::client::MessageView;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const WEDNESDAY: &str = "2026-03-25T12:00[Europe/Berlin]";

fn welcomes(world: &World, channel: u64) -> Vec<MessageView> {
    let seen = world.sandbox.messages(channel, ids::SAM).into_iter();
    seen.filter(|message| message.text().contains("👋"))
        .collect()
}

/// A new team gets one welcome; a change of the settings, a restart and a team of the config none.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_team_is_welcomed_once() {
    let mut world = World::at(WEDNESDAY).start().await;
    world.set_up_by_ada().await;
    let all = welcomes(&world, ids::ASYNCIO);
    assert_eq!(all.len(), 1);
    let text = all[0].text();
    for part in [
        "Monday to Friday at 09:00",
        "The first one comes <t:1774512000:F>",
        "reply in the question's thread",
        "`/help`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let sent = world.sandbox.requests().into_iter();
    let sent: Vec<_> = sent
        .filter(|request| {
            request.route == "CreateMessage" && request.body.to_string().contains("👋")
        })
        .collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body["allowed_mentions"], json!({ "parse": [] }));
    world.set_up_by_ada().await;
    let time = [("time", json!("5pm"))];
    let changed = world
        .ada()
        .command_message("team settings", &time)
        .await
        .text();
    assert!(changed.contains("at 17:00"), "{changed}");
    world.kill_and_restart().await;
    world.set_up_by_ada().await;
    assert_eq!(welcomes(&world, ids::ASYNCIO).len(), 1);
    // The team of another channel is a new one.
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("channel", json!(ids::GENERAL.to_string())),
    ];
    world.ada().command_message("setup", &options).await;
    assert_eq!(welcomes(&world, ids::GENERAL).len(), 1);
    assert_eq!(welcomes(&world, ids::ASYNCIO).len(), 1);
}

/// Discord refuses it: the team is set up all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_welcome_prevents_nothing() {
    let world = World::at(WEDNESDAY).start().await;
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage"),
        RequestFault::missing_permissions(),
    );
    world.set_up_by_ada().await;
    assert!(welcomes(&world, ids::ASYNCIO).is_empty());
    world.set_time("2026-03-26T09:00").await;
    assert_eq!(world.posts().len(), 1);
}

/// Everyone can't be the role that each question notifies.
#[tokio::test(flavor = "multi_thread")]
async fn everyone_is_refused_as_the_role() {
    let world = World::at(WEDNESDAY).start().await;
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("role", json!(ids::GUILD.to_string())),
    ];
    let refused = world.ada().command_message("setup", &options).await.text();
    assert!(
        refused.contains("Create a role for those who take part"),
        "{refused}"
    );
    assert!(welcomes(&world, ids::ASYNCIO).is_empty());
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("No team practises in this channel yet"),
        "{status}"
    );
}

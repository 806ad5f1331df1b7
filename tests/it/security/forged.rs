//! Forged custom ids and old messages give no access to other members' or servers' data, and no
//! admin rights.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use discord_sandbox::model::MessageKey;
use discord_sandbox::permission::MANAGE_GUILD;
use serde_json::json;

use super::set_up;
use crate::support::{MessageExt, World};

/// Returns a server's snapshot on disk.
fn saved(world: &World, guild: u64) -> String {
    std::fs::read_to_string(world.state().join(format!("guilds/{guild}.json"))).unwrap()
}

async fn press(world: &World, message: MessageKey, user: u64, custom_id: &str) -> MessageView {
    let outcome = world.press_raw(message, user, custom_id).await;
    let response = outcome.message().cloned();
    response.unwrap_or_else(|| panic!("{custom_id}: {outcome:?}\n{}", world.log()))
}

/// Returns the key of a message in the team's channel.
fn in_asyncio(message: u64) -> MessageKey {
    MessageKey {
        channel: ids::ASYNCIO,
        message,
    }
}

/// Returns the custom id of a button.
fn custom_id(message: &MessageView, label: &str) -> String {
    let buttons = message.buttons();
    let button = buttons.iter().find(|button| button.label == label);
    button
        .unwrap_or_else(|| panic!("{label}: {buttons:?}"))
        .custom_id
        .clone()
}

/// A member presses the buttons of an admin's messages, which only the admin sees: rejected, and
/// nothing changes.
#[tokio::test(flavor = "multi_thread")]
async fn members_cannot_use_admin_buttons() {
    let world = set_up().await;
    world.set_time("2026-03-27T08:00").await;
    let remove = world.ada().command_message("team remove", &[]).await;
    let before = saved(&world, ids::GUILD);
    let post_now = format!("q1:post-now:{}", ids::ASYNCIO);
    for id in [custom_id(&remove, "Remove the team"), post_now] {
        let response = press(&world, in_asyncio(remove.id), ids::LIN, &id).await;
        assert!(
            response
                .text()
                .contains("You need the \"Manage Server\" permission"),
            "{id}: {}",
            response.text()
        );
        assert!(response.ephemeral);
    }
    assert_eq!(saved(&world, ids::GUILD), before);
    assert_eq!(world.posts().len(), 1);
}

/// A former admin can't use the buttons of their old messages, nor commands that the client still
/// offers.
#[tokio::test(flavor = "multi_thread")]
async fn former_admins_cannot_use_old_buttons() {
    let world = set_up().await;
    world.set_time("2026-03-27T08:00").await;
    let admins = world.sandbox.add_role(ids::GUILD, "admins", MANAGE_GUILD);
    world
        .sandbox
        .set_member_roles(ids::GUILD, ids::LIN, &[admins]);
    let remove = world.lin().command_message("team remove", &[]).await;
    let set_up = world
        .lin()
        .command_message(
            "setup",
            &[
                ("timezone", json!("Europe/Berlin")),
                ("time", json!("20:00")),
            ],
        )
        .await;
    world.sandbox.set_member_roles(ids::GUILD, ids::LIN, &[]);
    let before = saved(&world, ids::GUILD);
    let mut buttons = vec![(remove.id, custom_id(&remove, "Remove the team"))];
    buttons.push((set_up.id, format!("q1:post-now:{}", ids::ASYNCIO)));
    for (message, id) in buttons {
        let response = press(&world, in_asyncio(message), ids::LIN, &id).await;
        assert!(
            response
                .text()
                .contains("You need the \"Manage Server\" permission"),
            "{id}: {}",
            response.text()
        );
    }
    let subs = [
        "status", "post", "pause", "resume", "skip", "void", "credit", "settings", "remove",
    ];
    let options = json!([
        { "type": 4, "name": "round", "value": 1 },
        { "type": 6, "name": "member", "value": ids::LIN.to_string() },
        { "type": 3, "name": "time", "value": "10:00" },
    ]);
    for sub in subs {
        let data = json!({ "id": "1", "name": "team", "type": 1, "options": [{ "type": 1, "name": sub, "options": options }] });
        assert_rejected(&world, data).await;
    }
    let zone = json!([{ "type": 3, "name": "timezone", "value": "UTC" }]);
    assert_rejected(
        &world,
        json!({ "id": "1", "name": "setup", "type": 1, "options": zone }),
    )
    .await;
    assert_eq!(saved(&world, ids::GUILD), before);
    assert_eq!(world.posts().len(), 1);
}

async fn assert_rejected(world: &World, data: serde_json::Value) {
    let what = data.to_string();
    let outcome = world
        .sandbox
        .command_raw(ids::ASYNCIO, ids::LIN, data)
        .await;
    let text = outcome.message().map(MessageExt::text).unwrap_or_default();
    assert!(
        text.contains("You need the \"Manage Server\" permission"),
        "{what}: {outcome:?}"
    );
}

/// An admin of one server sends another server's channels in buttons and options: nothing of that
/// server is shown or changed.
#[tokio::test(flavor = "multi_thread")]
async fn admins_cannot_reach_other_servers() {
    let world = set_up().await;
    world.ada().reply("here").await;
    let mallory = world.sandbox.add_user("Mallory");
    let guild = world.sandbox.add_guild("Elsewhere", mallory);
    let channel = world.sandbox.add_channel(guild, 0, "asyncio");
    world.sandbox.add_bot(guild);
    let message = world.sandbox.post(channel, mallory, "a message").unwrap();
    let message = MessageKey { channel, message };
    let before = saved(&world, ids::GUILD);
    let (there, question) = (ids::ASYNCIO, "gather");
    let round = world.post().id;
    for id in [
        format!("q1:remove:{there}"),
        format!("q1:post-now:{there}"),
        format!("q1:reveal:{there}:1:all:{question}"),
        format!("q1:reveal:{there}:1:me:{question}"),
        format!("q1:remove:{round}"),
        "q1:streak".into(),
    ] {
        let response = press(&world, message, mallory, &id).await;
        let text = response.text();
        assert!(
            !text.contains(&ids::ADA.to_string()) && response.ephemeral,
            "{id}: {text}"
        );
    }
    for command in [
        "team status",
        "team remove",
        "team skip",
        "team post",
        "leaderboard",
        "streak",
        "history",
    ] {
        let (name, sub) = command.split_once(' ').unwrap_or((command, ""));
        let mut options = json!([
            { "type": 7, "name": "channel", "value": there.to_string() },
            { "type": 6, "name": "member", "value": ids::ADA.to_string() },
        ]);
        if !sub.is_empty() {
            options = json!([{ "type": 1, "name": sub, "options": options }]);
        }
        let data = json!({ "id": "1", "name": name, "type": 1, "options": options });
        let outcome = world.sandbox.command_raw(channel, mallory, data).await;
        let text = outcome.message().map(MessageExt::text).unwrap_or_default();
        assert!(
            text.contains("No team practises in this channel yet"),
            "/{command}: {outcome:?}"
        );
    }
    assert_eq!(saved(&world, ids::GUILD), before);
    assert_eq!(world.posts().len(), 1);
}

/// A member presses another member's "Show it anyway": the round of the member who presses is
/// marked as peeked.
#[tokio::test(flavor = "multi_thread")]
async fn a_reveal_counts_for_the_member_who_presses() {
    let world = set_up().await;
    let confirmation = world.lin().press(world.post().id, "Model answer").await;
    assert!(confirmation.ephemeral);
    let custom_id_of_reveal = custom_id(&confirmation, "Show it anyway");
    let outcome = world
        .sandbox
        .press(confirmation.id, ids::SAM, "Show it anyway", &[])
        .await;
    assert!(
        outcome.message().is_none(),
        "Sam does not even see it: {outcome:?}"
    );
    press(
        &world,
        in_asyncio(confirmation.id),
        ids::SAM,
        &custom_id_of_reveal,
    )
    .await;
    world.sam().reply("after looking").await;
    world.lin().reply("without looking").await;
    assert_eq!(
        world.sam().streak_reasons().await,
        ["👀 saw the answer first: streak unchanged"]
    );
    assert_eq!(world.lin().streak_reasons().await, ["✅ answered"]);
    // A forged round number that is not the open round is not marked and can't be published.
    let altered = custom_id_of_reveal.replace(":1:me:", ":7:all:");
    assert_ne!(altered, custom_id_of_reveal);
    let response = press(&world, in_asyncio(confirmation.id), ids::ADA, &altered).await;
    assert!(
        response.text().contains("This question is still open"),
        "{}",
        response.text()
    );
    // Another round is asked about again.
    let altered = custom_id_of_reveal.replace(":1:me:", ":7:me:");
    let response = press(&world, in_asyncio(confirmation.id), ids::ADA, &altered).await;
    assert!(
        response
            .text()
            .contains("You haven't answered the question"),
        "{}",
        response.text()
    );
}

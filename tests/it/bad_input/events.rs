//! Malformed gateway events: missing, wrong, huge, unknown, repeated and unordered parts.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::log::{LogEntry, LoggedRequest};
use serde_json::{Value, json};

use super::{assert_still_working, friday};
use crate::support::{MessageExt, World};

/// Replacement values for each part of an event.
fn malformed_values() -> Vec<Value> {
    let mut deep = json!([]);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(""),
        json!("0"),
        json!(0),
        json!(-1),
        json!(1e308),
        json!("18446744073709551616"),
        json!([]),
        json!({}),
        json!(true),
        json!("x".repeat(100_000)),
        deep,
    ]
}

/// Returns the newest event of every kind that the bot received.
fn latest_events(world: &World) -> Vec<(String, Value)> {
    let mut latest_events = std::collections::BTreeMap::new();
    for entry in world.sandbox.log() {
        if let LogEntry::Event(event) = entry
            && !event.from_bot
            && !event.name.starts_with('(')
        {
            latest_events.insert(event.name, event.data);
        }
    }
    latest_events.into_iter().collect()
}

/// Each part of each event is removed or replaced by something else.
#[tokio::test(flavor = "multi_thread")]
async fn malformed_parts_of_events_are_survived() {
    let world = friday().await;
    world.lin().command_message("quiz", &[]).await;
    let latest_events = latest_events(&world);
    let names: Vec<_> = latest_events
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    for needed in [
        "READY",
        "GUILD_CREATE",
        "MESSAGE_CREATE",
        "INTERACTION_CREATE",
        "THREAD_CREATE",
    ] {
        assert!(names.contains(&needed), "{names:?}");
    }
    for (name, data) in &latest_events {
        let keys: Vec<String> = data
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            let mut less = data.clone();
            less.as_object_mut().unwrap().remove(&key);
            world.sandbox.dispatch_raw(name, &less);
            for value in malformed_values() {
                let mut other = data.clone();
                other[&key] = value;
                world.sandbox.dispatch_raw(name, &other);
            }
        }
        for malformed in malformed_values() {
            world.sandbox.dispatch_raw(name, &malformed);
        }
    }
    // The many new sessions make the supervisor replace the client.
    world
        .wait("another client", |discord| {
            (discord.gateway.identify_count > 1).then_some(())
        })
        .await;
    assert_still_working(&world).await;
    assert_eq!(world.ada().streak().await, 1);
}

/// Unknown kinds of events, unknown fields, and an unknown channel or server are ignored.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_events_and_fields_are_ignored() {
    let world = friday().await;
    for (name, mut data) in latest_events(&world) {
        if let Value::Object(data) = &mut data {
            data.insert("tomorrow".into(), json!({ "a": [1, null] }));
        }
        world.sandbox.dispatch_raw(&format!("{name}_V2"), &data);
        world.sandbox.dispatch_raw(&name, &data);
    }
    for name in ["", "message_create", "\u{202e}", &"X".repeat(10_000)] {
        world.sandbox.dispatch_raw(name, &json!({ "id": "1" }));
    }
    for (name, id) in [
        ("CHANNEL_DELETE", "5"),
        ("CHANNEL_UPDATE", "5"),
        ("THREAD_DELETE", "18446744073709551615"),
    ] {
        let data = json!({ "id": id, "guild_id": "7", "type": 0, "name": "x", "position": 0, "parent_id": "6" });
        world.sandbox.dispatch_raw(name, &data);
    }
    world
        .sandbox
        .dispatch_raw("GUILD_DELETE", &json!({ "id": "7" }));
    assert_still_working(&world).await;
    assert_eq!(world.ada().streak().await, 1);
}

/// All events are repeated in reverse order: each reply counts once and each day has one question.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_and_reversed_events_change_nothing() {
    let mut world = friday().await;
    world.lin().reply("one").await;
    let events: Vec<_> = world
        .sandbox
        .log()
        .into_iter()
        .filter_map(|entry| match entry {
            LogEntry::Event(event) if !event.from_bot && !event.name.starts_with('(') => {
                Some(event)
            }
            _ => None,
        })
        .collect();
    for event in events.iter().rev().chain(&events) {
        // An interaction can be answered only once.
        world.skip_api_check();
        world.sandbox.dispatch_raw(&event.name, &event.data);
    }
    assert_still_working(&world).await;
    assert_eq!(
        (world.ada().streak().await, world.lin().streak().await),
        (1, 1)
    );
}

/// An event claims that the bot was removed from a server that it is still in: the bot asks Discord
/// first, and no data is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_false_removal_event_loses_no_data() {
    let world = friday().await;
    world
        .sandbox
        .dispatch_raw("GUILD_DELETE", &json!({ "id": ids::GUILD.to_string() }));
    world
        .wait("the question back", |discord| {
            let path = format!("/guilds/{}", ids::GUILD);
            discord
                .log
                .requests()
                .any(|request| request.path.ends_with(&path))
                .then_some(())
        })
        .await;
    assert_still_working(&world).await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

/// Frames that are no events, or not JSON. The session may end; the bot reconnects.
#[tokio::test(flavor = "multi_thread")]
async fn invalid_gateway_frames_are_survived() {
    let deep = format!(
        "{{\"op\":0,\"s\":1,\"t\":\"X\",\"d\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let frames = [
        "",
        "null",
        "{",
        "[]",
        "{\"op\":99}",
        "{\"op\":-1}",
        "{\"op\":\"0\"}",
        "{\"op\":0}",
        "{\"op\":0,\"t\":null,\"s\":null,\"d\":null}",
        "{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"s\":9007199254740991,\"d\":{}}",
        "{\"op\":10,\"d\":{\"heartbeat_interval\":0}}",
        "{\"op\":11,\"d\":[1]}",
        &deep,
    ];
    for frame in frames {
        let world = friday().await;
        world.sandbox.send_frame(frame);
        world.lin().reply("whatever comes of it").await;
        assert_still_working(&world).await;
        assert_eq!(world.ada().streak().await, 1, "{frame:.60}");
    }
}

/// Discord rejects a question with a very long error text: the admin is notified, and `/team
/// status` shows the beginning of the text.
#[tokio::test(flavor = "multi_thread")]
async fn a_very_long_api_error_is_truncated() {
    let mut world = friday().await;
    world.skip_api_check();
    let long_error = RequestFault::api_error(403, 50_000, &"why ".repeat(50_000));
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage")
            .channel(ids::ASYNCIO)
            .always(),
        long_error,
    );
    world.set_time("2026-03-30T09:00").await;
    world
        .wait("the notice", |discord| {
            let is_alert = |request: &LoggedRequest| {
                let text = request.body["content"].as_str().unwrap_or_default();
                request.status == 200 && text.contains("couldn't post")
            };
            discord.log.requests().any(is_alert).then_some(())
        })
        .await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("[Problem]") && status.contains("why why"),
        "{status}"
    );
}

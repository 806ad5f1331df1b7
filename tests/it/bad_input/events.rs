//! Events as Discord would never send them: parts missing, of another kind, huge, unknown, twice, in no order.

use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use quizloop::sandbox::log::{LogEntry, LoggedRequest};
use serde_json::{Value, json};

use super::{friday, goes_on};
use crate::support::{MessageExt, World};

/// What is put in the place of each part.
fn wrong() -> Vec<Value> {
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

/// One event of every kind that the bot got, the newest.
fn kinds(world: &World) -> Vec<(String, Value)> {
    let mut kinds = std::collections::BTreeMap::new();
    for entry in world.sandbox.log() {
        if let LogEntry::Event(event) = entry
            && !event.from_bot
            && !event.name.starts_with('(')
        {
            kinds.insert(event.name, event.data);
        }
    }
    kinds.into_iter().collect()
}

/// Every part of every event, taken away or replaced by something else.
#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_every_event() {
    let world = friday().await;
    world.lin().command_message("quiz", &[]).await;
    let kinds = kinds(&world);
    let names: Vec<_> = kinds.iter().map(|(name, _)| name.as_str()).collect();
    for needed in [
        "READY",
        "GUILD_CREATE",
        "MESSAGE_CREATE",
        "INTERACTION_CREATE",
        "THREAD_CREATE",
    ] {
        assert!(names.contains(&needed), "{names:?}");
    }
    for (name, data) in &kinds {
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
            for value in wrong() {
                let mut other = data.clone();
                other[&key] = value;
                world.sandbox.dispatch_raw(name, &other);
            }
        }
        for whole in wrong() {
            world.sandbox.dispatch_raw(name, &whole);
        }
    }
    // So many sessions that begin make the watchdog replace the client.
    world
        .wait("another client", |discord| {
            (discord.gateway.identify_count > 1).then_some(())
        })
        .await;
    goes_on(&world).await;
    assert_eq!(world.ada().streak().await, 1);
}

/// Kinds of events and parts that nobody knows yet, and a channel or a server that nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_yet() {
    let world = friday().await;
    for (name, mut data) in kinds(&world) {
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
    goes_on(&world).await;
    assert_eq!(world.ada().streak().await, 1);
}

/// Everything once more, in the opposite order: one reply stays one reply, one day has one question.
#[tokio::test(flavor = "multi_thread")]
async fn twice_and_backwards() {
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
        // An interaction that was answered can't be answered again.
        world.skip_api_check();
        world.sandbox.dispatch_raw(&event.name, &event.data);
    }
    goes_on(&world).await;
    assert_eq!(
        (world.ada().streak().await, world.lin().streak().await),
        (1, 1)
    );
}

/// The bot is told that it was removed from a server in which it is: Discord is asked first, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_none() {
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
                .any(|one| one.path.ends_with(&path))
                .then_some(())
        })
        .await;
    goes_on(&world).await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

/// Frames that are no events, or no JSON at all. The session may end over it; the bot comes back.
#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_none() {
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
        goes_on(&world).await;
        assert_eq!(world.ada().streak().await, 1, "{frame:.60}");
    }
}

/// Discord refuses a question with an endless explanation: the admin is told all the same, and `/team status` shows
/// the beginning of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_explanation() {
    let mut world = friday().await;
    world.skip_api_check();
    let endless = RequestFault::api_error(403, 50_000, &"why ".repeat(50_000));
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage")
            .channel(ids::ASYNCIO)
            .always(),
        endless,
    );
    world.set_time("2026-03-30T09:00").await;
    world
        .wait("the notice", |discord| {
            let told = |one: &LoggedRequest| {
                let text = one.body["content"].as_str().unwrap_or_default();
                one.status == 200 && text.contains("could not post")
            };
            discord.log.requests().any(told).then_some(())
        })
        .await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("[Trouble]") && status.contains("why why"),
        "{status}"
    );
}

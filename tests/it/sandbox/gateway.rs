//! The gateway: refusals, resumes and replays, with serenity and with raw frames.

use std::time::Duration;

use discord_sandbox::model::MessageKey;
use discord_sandbox::{Options, Sandbox, ids};
use futures::SinkExt;
use serde_json::{Value, json};
use serenity::all::{Event, GatewayIntents};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Bot, sandbox, start};
use super::raw_socket::RawSocket;

#[tokio::test]
async fn invalid_frames_are_refused_with_a_close_code() {
    let sandbox = sandbox().await;
    let properties = json!({ "os": "linux", "browser": "x", "device": "x" });
    let with = |token: &str, intents: Value| json!({ "token": token, "intents": intents, "properties": properties });
    let token = sandbox.token();
    let cases = [
        (2, with("nonsense", json!(513)), 4004),
        (2, with(&token, json!(1 << 15)), 4014),
        (2, with(&token, json!(1_u64 << 40)), 4013),
        (2, with(&token, Value::Null), 4013),
        (
            6,
            json!({ "token": "nonsense", "session_id": "x", "seq": 1 }),
            4004,
        ),
        (3, Value::Null, 4003),
        (77, Value::Null, 4001),
    ];
    for (op, data, code) in cases {
        let mut raw = RawSocket::connect(&sandbox).await;
        raw.send(op, data.clone()).await;
        assert_eq!(raw.close_code().await, Some(code), "{op} {data}");
    }
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.0.send(Message::text("{")).await.unwrap();
    assert_eq!(raw.close_code().await, Some(4002));
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    raw.identify(&sandbox, 513).await;
    assert_eq!(raw.close_code().await, Some(4005));
    let mut raw = RawSocket::connect(&sandbox).await;
    for _ in 0..121 {
        raw.send(1, Value::Null).await;
    }
    assert_eq!(raw.close_code().await, Some(4008));
}

/// Discord's gateway URL has no path, so libraries append the version in different ways.
#[tokio::test]
async fn the_version_may_follow_a_slash() {
    let sandbox = sandbox().await;
    for appended in ["", "?v=10&encoding=json", "/?v=10&encoding=json"] {
        let mut raw = RawSocket::connect_to(&sandbox, appended).await;
        raw.identify(&sandbox, 513).await;
        assert_eq!(raw.frame().await["t"], "READY", "{appended}");
    }
}

#[tokio::test]
async fn a_resumed_session_gets_its_missed_events() {
    let sandbox = sandbox().await;
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    let ready = raw.frame().await;
    assert_eq!(
        (&ready["t"], &ready["d"]["guilds"][0]["unavailable"]),
        (&json!("READY"), &json!(true))
    );
    let session = ready["d"]["session_id"].clone();
    assert_eq!(raw.frame().await["t"], "GUILD_CREATE");
    drop(raw);
    let missed = sandbox
        .post(ids::ASYNCIO, ids::LIN, "anybody there?")
        .unwrap();
    let resume = json!({ "token": sandbox.token(), "session_id": session, "seq": 2 });
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.send(6, resume.clone()).await;
    let replayed = raw.frame().await;
    assert_eq!(
        (&replayed["s"], &replayed["d"]["id"]),
        (&json!(3), &json!(missed.to_string()))
    );
    assert_eq!(raw.frame().await["t"], "RESUMED");
    raw.send(1, json!(4)).await;
    assert_eq!(raw.frame().await["op"], 11);
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.send(
        6,
        json!({ "token": sandbox.token(), "session_id": session, "seq": 77 }),
    )
    .await;
    assert_eq!(raw.close_code().await, Some(4007));
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.send(
        6,
        json!({ "token": sandbox.token(), "session_id": "other", "seq": 2 }),
    )
    .await;
    let invalid = raw.frame().await;
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(false)));
}

#[tokio::test]
async fn without_heartbeats_the_session_times_out() {
    let sandbox = start(Options {
        heartbeat: Duration::from_millis(50),
        ..Options::default()
    })
    .await;
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    assert_eq!(raw.close_code().await, Some(4009));
}

#[tokio::test(flavor = "multi_thread")]
async fn serenity_resumes_and_gets_its_missed_events() {
    let sandbox = sandbox().await;
    let mut bot = Bot::connect(&sandbox).await;
    for interruption in [
        Sandbox::drop_connections,
        Sandbox::request_reconnect,
        |one: &Sandbox| one.close_gateway(Some(4000)),
    ] {
        interruption(&sandbox);
        let missed = sandbox
            .post(ids::ASYNCIO, ids::LIN, "anybody there?")
            .unwrap();
        bot.next_message(missed).await;
        let is_back = |discord: &discord_sandbox::model::Discord| {
            discord.gateway.is_connected().then_some(())
        };
        sandbox
            .wait_for("the bot is back", Duration::from_secs(60), is_back)
            .await
            .unwrap();
    }
    assert_eq!(sandbox.identify_count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn serenity_parses_every_event() {
    let sandbox = start(Options {
        privileged_intents: 1 << 15 | 1 << 1,
        ..Options::default()
    })
    .await;
    let mut bot = Bot::with_intents(
        &sandbox,
        GatewayIntents::all() - GatewayIntents::GUILD_PRESENCES,
    )
    .await;
    let channel = sandbox.add_channel(ids::GUILD, 0, "new");
    bot.next("CHANNEL_CREATE").await;
    sandbox.set_channel_type(channel, 15);
    bot.next("CHANNEL_UPDATE").await;
    sandbox.delete_channel(channel);
    bot.next("CHANNEL_DELETE").await;
    let tim = sandbox.add_user("Tim");
    sandbox.add_member(ids::GUILD, tim, &[]);
    bot.next("GUILD_MEMBER_ADD").await;
    let message = sandbox
        .compose(ids::ASYNCIO, tim, "hi")
        .attachment("a.txt")
        .sticker("wave")
        .send()
        .unwrap();
    let Event::MessageCreate(received) = bot.next_message(message).await else {
        unreachable!();
    };
    assert_eq!(
        (
            received.message.content.as_str(),
            received.message.attachments.len()
        ),
        ("hi", 1)
    );
    let reply = sandbox
        .compose(ids::ASYNCIO, ids::LIN, "hello")
        .reply_to(message)
        .send()
        .unwrap();
    bot.next_message(reply).await;
    let hook = sandbox
        .compose(ids::ASYNCIO, ids::LIN, "beep")
        .by_webhook("Hook")
        .send()
        .unwrap();
    bot.next_message(hook).await;
    sandbox.edit_message(message, tim, "hi!").unwrap();
    bot.next("MESSAGE_UPDATE").await;
    sandbox.react(message, ids::LIN, "✅").unwrap();
    bot.next("MESSAGE_REACTION_ADD").await;
    let starter = MessageKey {
        channel: ids::ASYNCIO,
        message,
    };
    sandbox.with(|discord| discord.start_thread(starter, ids::LIN, "talk", None));
    bot.next("THREAD_CREATE").await;
    sandbox.archive_thread(message, true);
    bot.next("THREAD_UPDATE").await;
    sandbox.delete_thread(message);
    bot.next("THREAD_DELETE").await;
    sandbox.delete_message(message, ids::ADA).unwrap();
    bot.next("MESSAGE_DELETE").await;
    sandbox.set_role_permissions(ids::GUILD, ids::TEAM_ROLE, 0);
    bot.next("GUILD_ROLE_UPDATE").await;
    sandbox.remove_member(ids::GUILD, tim);
    bot.next("GUILD_MEMBER_REMOVE").await;
    sandbox.set_guild_unavailable(ids::GUILD, true);
    bot.next("GUILD_DELETE").await;
    sandbox.set_guild_unavailable(ids::GUILD, false);
    bot.next("GUILD_CREATE").await;
    sandbox.remove_bot(ids::GUILD);
    bot.next("GUILD_DELETE").await;
    sandbox.add_bot(ids::GUILD);
    bot.next("GUILD_CREATE").await;
}

#[tokio::test]
async fn a_zombie_connection_gets_nothing_until_it_resumes() {
    let sandbox = sandbox().await;
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    let session = raw.event("READY").await["session_id"].clone();
    raw.event("GUILD_CREATE").await;
    sandbox.blackhole_gateway(true);
    let missed = sandbox
        .post(ids::ASYNCIO, ids::LIN, "anybody there?")
        .unwrap();
    raw.send(1, json!(2)).await;
    let frame = tokio::time::timeout(Duration::from_millis(100), raw.next()).await;
    assert!(frame.is_err(), "{frame:?}");
    sandbox.blackhole_gateway(false);
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.send(
        6,
        json!({ "token": sandbox.token(), "session_id": session, "seq": 2 }),
    )
    .await;
    assert_eq!(raw.event("MESSAGE_CREATE").await["id"], missed.to_string());
}

#[tokio::test]
async fn a_shard_gets_only_its_own_guilds() {
    let sandbox = sandbox().await;
    let shards = 2;
    let number = (ids::GUILD >> 22) % shards;
    for (shard, guilds) in [(number, 1), (1 - number, 0)] {
        let mut raw = RawSocket::connect(&sandbox).await;
        let data = json!({ "token": sandbox.token(), "intents": 513, "shard": [shard, shards] });
        raw.send(2, data).await;
        let ready = raw.event("READY").await;
        assert_eq!(ready["guilds"].as_array().map(Vec::len), Some(guilds));
    }
}

#[tokio::test]
async fn exceeding_the_session_start_limit_resets_the_token() {
    let sandbox = sandbox().await;
    let now_ms = sandbox.clock().now_ms();
    sandbox.with(|discord| discord.gateway.session_starts_ms = vec![now_ms; 999]);
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    let (_, limit) = super::client::call(&sandbox, "GET", "/gateway/bot", Value::Null).await;
    assert_eq!(limit["session_start_limit"]["remaining"], 0);
    let old_token = sandbox.token();
    let mut raw = RawSocket::connect(&sandbox).await;
    raw.identify(&sandbox, 513).await;
    assert_eq!(raw.close_code().await, Some(4004));
    assert_ne!(sandbox.token(), old_token);
}

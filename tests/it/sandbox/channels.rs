//! Reading channels and guilds, and changing the bot's own threads.

use discord_sandbox::model::{Overwrite, kind};
use discord_sandbox::{Sandbox, ids, permission};
use serde_json::{Value, json};

use super::client::{assert_matches_openapi, call, sandbox};

/// Starts a thread as the bot.
async fn own_thread(sandbox: &Sandbox) -> u64 {
    let message = sandbox.post(ids::ASYNCIO, ids::LIN, "a question").unwrap();
    let path = format!("/channels/{}/messages/{message}/threads", ids::ASYNCIO);
    let (status, _) = call(sandbox, "POST", &path, json!({ "name": "a thread" })).await;
    assert_eq!(status, 201);
    message
}

async fn patch(sandbox: &Sandbox, channel: u64, body: Value) -> (u16, u64) {
    let (status, answer) = call(sandbox, "PATCH", &format!("/channels/{channel}"), body).await;
    (status, answer["code"].as_u64().unwrap_or(0))
}

#[tokio::test]
async fn the_bot_changes_its_own_threads() {
    let sandbox = sandbox().await;
    let thread = own_thread(&sandbox).await;
    assert_eq!(
        patch(&sandbox, thread, json!({ "name": "another" })).await,
        (200, 0)
    );
    assert_eq!(
        patch(&sandbox, thread, json!({ "name": "" })).await,
        (400, 50035)
    );
    let hour = json!({ "auto_archive_duration": 60 });
    assert_eq!(patch(&sandbox, thread, hour).await, (200, 0));
    assert_eq!(
        patch(&sandbox, thread, json!({ "archived": true })).await,
        (200, 0)
    );
    assert_eq!(
        patch(&sandbox, thread, json!({ "name": "third" })).await,
        (400, 50083)
    );
    assert_eq!(
        patch(&sandbox, thread, json!({ "archived": false })).await,
        (200, 0)
    );
    assert_eq!(sandbox.threads(ids::ASYNCIO)[0].name, "another");
    // Locking needs a permission that the bot does not request.
    let lock = json!({ "locked": true });
    assert_eq!(patch(&sandbox, thread, lock.clone()).await, (403, 50013));
    sandbox.set_overwrite(
        ids::ASYNCIO,
        Overwrite {
            id: ids::APP,
            is_member: true,
            allow: permission::MANAGE_THREADS,
            deny: 0,
        },
    );
    assert_eq!(patch(&sandbox, thread, lock).await, (200, 0));
    assert_eq!(
        patch(&sandbox, ids::ASYNCIO, json!({ "topic": "x" })).await,
        (403, 50013)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn threads_are_joined_and_left() {
    let sandbox = sandbox().await;
    let thread = own_thread(&sandbox).await;
    let path = format!("/channels/{thread}/thread-members/@me");
    let joined = || async {
        let (_, one) = call(&sandbox, "GET", &format!("/channels/{thread}"), Value::Null).await;
        one.get("member").is_some()
    };
    assert!(joined().await);
    assert_eq!(call(&sandbox, "DELETE", &path, Value::Null).await.0, 204);
    assert!(!joined().await);
    assert_eq!(call(&sandbox, "PUT", &path, Value::Null).await.0, 204);
    assert!(joined().await);
    let path = format!("/channels/{}/thread-members/@me", ids::ASYNCIO);
    assert_eq!(
        call(&sandbox, "PUT", &path, Value::Null).await.1["code"],
        50024
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn the_bot_sees_only_its_own_guilds() {
    let sandbox = sandbox().await;
    let thread = own_thread(&sandbox).await;
    let hidden = sandbox.add_channel(ids::GUILD, kind::TEXT, "hidden");
    sandbox.set_overwrite(
        hidden,
        Overwrite {
            id: ids::GUILD,
            is_member: false,
            allow: 0,
            deny: permission::VIEW_CHANNEL,
        },
    );
    let get = |path: String| {
        let sandbox = sandbox.clone();
        async move { call(&sandbox, "GET", &path, Value::Null).await.1 }
    };
    let guild = format!("/guilds/{}", ids::GUILD);
    let active = get(format!("{guild}/threads/active")).await;
    assert_eq!(active["threads"][0]["id"], thread.to_string());
    let channels = get(format!("{guild}/channels")).await;
    assert_eq!(channels.as_array().map(Vec::len), Some(3));
    let lin = get(format!("{guild}/members/{}", ids::LIN)).await;
    assert_eq!(lin["user"]["username"], "lin");
    assert_eq!(get(format!("{guild}/members/7")).await["code"], 10007);
    assert_eq!(get(format!("/channels/{hidden}")).await["code"], 50001);
    assert_eq!(
        get("/users/@me/guilds".into()).await[0]["name"],
        "Async Guild"
    );
    let leave = format!("/users/@me/guilds/{}", ids::GUILD);
    assert_eq!(call(&sandbox, "DELETE", &leave, Value::Null).await.0, 204);
    assert_eq!(get("/users/@me/guilds".into()).await, json!([]));
    assert_eq!(get(guild).await["code"], 10004);
    assert_eq!(
        call(&sandbox, "POST", "/users/@me", Value::Null).await.0,
        405
    );
    assert_matches_openapi(&sandbox);
}

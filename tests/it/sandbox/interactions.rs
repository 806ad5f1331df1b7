//! Rules of interactions: the deadline of three seconds, a single initial response, tokens,
//! visibility.

use std::time::Duration;

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::model::{Discord, MessageKey};
use discord_sandbox::{Sandbox, ids};
use serde_json::{Value, json};

use super::client::{assert_matches_openapi, call, sandbox};
use super::raw_socket::RawSocket;

/// Starts a sandbox with commands; only the test responds to them.
async fn with_commands() -> Sandbox {
    let sandbox = sandbox().await;
    let count =
        json!({ "type": 4, "name": "count", "description": "x", "min_value": 1, "max_value": 9 });
    let who = json!({ "type": 6, "name": "who", "description": "x", "required": true });
    let level = json!({ "type": 3, "name": "level", "description": "x", "choices": [
        { "name": "Junior", "value": "junior" },
    ] });
    let typed = json!({ "type": 3, "name": "topic", "description": "x", "autocomplete": true });
    let commands = json!([
        { "name": "ask", "description": "x", "contexts": [0], "options": [who, count, level, typed] },
        { "name": "plain", "description": "x" },
        { "name": "Quote it", "type": 3, "contexts": [0] },
        { "name": "Admins only", "type": 3, "default_member_permissions": "32" },
        { "name": "team", "description": "x", "default_member_permissions": "32", "options": [
            { "type": 1, "name": "void", "description": "x", "options": [count] },
        ] },
    ]);
    let path = format!("/applications/{}/commands", ids::APP);
    let (status, registered) = call(&sandbox, "PUT", &path, commands).await;
    assert_eq!(
        (status, registered.as_array().map(Vec::len)),
        (200, Some(5)),
        "{registered}"
    );
    sandbox
}

/// Runs `/plain` as Lin; returns the interaction's id and token, and a task that waits for the
/// outcome.
async fn plain(sandbox: &Sandbox) -> (String, tokio::task::JoinHandle<ClientOutcome>) {
    let count_before = sandbox.read(|discord| discord.interactions.len());
    let outcome = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.command(ids::ASYNCIO, ids::LIN, "plain", &[]).await }
    });
    let newest = |discord: &Discord| {
        let is_new = discord.interactions.len() > count_before;
        let (id, one) = discord.interactions.last_key_value().filter(|_| is_new)?;
        Some(format!("{id}/{}", one.token))
    };
    (
        sandbox
            .wait_for("the interaction", Duration::from_secs(60), newest)
            .await
            .unwrap(),
        outcome,
    )
}

async fn answer(sandbox: &Sandbox, place: &str, body: Value) -> (u16, Value) {
    call(
        sandbox,
        "POST",
        &format!("/interactions/{place}/callback"),
        body,
    )
    .await
}

fn original(place: &str) -> String {
    let token = place.split('/').nth(1).unwrap();
    format!("/webhooks/{}/{token}/messages/@original", ids::APP)
}

fn text(content: &str) -> Value {
    json!({ "type": 4, "data": { "content": content } })
}

#[tokio::test]
async fn an_interaction_takes_one_initial_response() {
    let sandbox = with_commands().await;
    let (place, pending) = plain(&sandbox).await;
    assert_eq!(
        answer(&sandbox, "7/nonsense", text("x")).await.1["code"],
        10062
    );
    assert_eq!(
        call(&sandbox, "GET", &original(&place), Value::Null)
            .await
            .1["code"],
        10015
    );
    assert_eq!(
        answer(&sandbox, &place, json!({ "type": 7, "data": {} }))
            .await
            .1["code"],
        50035
    );
    assert_eq!(
        answer(
            &sandbox,
            &place,
            json!({ "type": 8, "data": { "choices": [] } })
        )
        .await
        .0,
        400
    );
    assert_eq!(answer(&sandbox, &place, text("")).await.1["code"], 50006);
    assert_eq!(
        answer(&sandbox, &place, text("hello")).await,
        (204, Value::Null)
    );
    assert_eq!(
        answer(&sandbox, &place, text("hello")).await.1["code"],
        40060
    );
    let outcome = pending.await.unwrap();
    let view = outcome.message().unwrap();
    assert_eq!(
        (view.content.as_str(), view.kind, view.ephemeral),
        ("hello", 20, false)
    );
    let edit = json!({ "content": "bye" });
    assert_eq!(
        call(&sandbox, "PATCH", &original(&place), edit.clone())
            .await
            .1["content"],
        "bye"
    );
    sandbox
        .clock()
        .advance(Duration::from_secs(15 * 60 + 1))
        .await
        .unwrap();
    assert_eq!(
        call(&sandbox, "PATCH", &original(&place), edit).await.1["code"],
        50027
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn an_interaction_expires_after_three_seconds() {
    let sandbox = with_commands().await;
    let (place, pending) = plain(&sandbox).await;
    let outcome = pending.await.unwrap();
    assert_eq!(
        outcome,
        ClientOutcome::NoResponse("The application did not respond".into())
    );
    assert_eq!(
        answer(&sandbox, &place, text("late")).await.1["code"],
        10062
    );
    assert_eq!(
        call(
            &sandbox,
            "PATCH",
            &original(&place),
            json!({ "content": "x" })
        )
        .await
        .0,
        401
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn a_deferred_response_keeps_its_visibility() {
    let sandbox = with_commands().await;
    let (place, pending) = plain(&sandbox).await;
    let thinking = json!({ "type": 5, "data": { "flags": 64 } });
    // discord.py sends `1` for true.
    let with_response = format!("{place}/callback?with_response=1");
    let (status, callback) = call(
        &sandbox,
        "POST",
        &format!("/interactions/{with_response}"),
        thinking,
    )
    .await;
    assert_eq!(
        (
            status,
            &callback["interaction"]["response_message_ephemeral"]
        ),
        (200, &json!(true))
    );
    let shown = sandbox.messages(ids::ASYNCIO, ids::LIN);
    assert!(shown[0].thinking && shown[0].ephemeral);
    let (_, edited) = call(
        &sandbox,
        "PATCH",
        &original(&place),
        json!({ "content": "well" }),
    )
    .await;
    assert_eq!(edited["flags"], 64);
    assert_eq!(pending.await.unwrap().message().unwrap().content, "well");
    assert!(sandbox.messages(ids::ASYNCIO, ids::SAM).is_empty());
    let (_, history) = call(
        &sandbox,
        "GET",
        &format!("/channels/{}/messages", ids::ASYNCIO),
        Value::Null,
    )
    .await;
    assert_eq!(history, json!([]));
    let token = place.split('/').nth(1).unwrap();
    let webhook = format!("/webhooks/{}/{token}", ids::APP);
    let (_, more) = call(&sandbox, "POST", &webhook, json!({ "content": "more" })).await;
    assert_eq!(sandbox.messages(ids::ASYNCIO, ids::SAM).len(), 1);
    let path = format!("{webhook}/messages/{}", more["id"].as_str().unwrap());
    assert_eq!(call(&sandbox, "DELETE", &path, Value::Null).await.0, 204);
    assert!(sandbox.messages(ids::ASYNCIO, ids::SAM).is_empty());
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn the_client_enforces_the_command_definitions() {
    let sandbox = with_commands().await;
    let lin = json!(ids::LIN.to_string());
    let failed = |typed: &'static str, options: Vec<(&'static str, Value)>| {
        let sandbox = sandbox.clone();
        async move {
            match sandbox
                .command(ids::ASYNCIO, ids::LIN, typed, &options)
                .await
            {
                ClientOutcome::Failed(reason) => reason,
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(
        failed("nothing", vec![]).await,
        "There is no command /nothing."
    );
    assert_eq!(failed("ask", vec![]).await, "The option who is required.");
    assert_eq!(
        failed("ask", vec![("who", json!("7"))]).await,
        "No user, channel or role has the id 7."
    );
    let ten = vec![("who", lin.clone()), ("count", json!(10))];
    assert_eq!(
        failed("ask", ten).await,
        "10 is not a valid value for count."
    );
    let senior = vec![("who", lin.clone()), ("level", json!("senior"))];
    assert_eq!(
        failed("ask", senior).await,
        "\"senior\" is not a valid value for level."
    );
    let other = vec![("who", lin), ("where", json!(1))];
    assert_eq!(failed("ask", other).await, "There is no option where.");
    assert_eq!(failed("team", vec![]).await, "/team needs a subcommand.");
    assert_eq!(
        failed("team void", vec![]).await,
        "You can't use /team void here."
    );
    let message = sandbox.post(ids::ASYNCIO, ids::LIN, "x").unwrap();
    let starter = MessageKey {
        channel: ids::ASYNCIO,
        message,
    };
    sandbox.with(|discord| discord.start_thread(starter, ids::LIN, "x", Some(60)));
    sandbox
        .clock()
        .advance(Duration::from_secs(3601))
        .await
        .unwrap();
    assert!(sandbox.threads(ids::ASYNCIO)[0].archived);
    let refused = sandbox.command(message, ids::LIN, "plain", &[]).await;
    assert_eq!(
        refused,
        ClientOutcome::Failed("Commands can't be used in an archived thread.".into())
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "most of them are the snapshot")]
async fn an_interaction_payload_is_complete() {
    let sandbox = with_commands().await;
    let mut bot = RawSocket::connect(&sandbox).await;
    bot.identify(&sandbox, 513).await;
    bot.event("GUILD_CREATE").await;
    let command = {
        let (sandbox, options) = (sandbox.clone(), [("count", json!("3"))]);
        tokio::spawn(async move {
            sandbox
                .command(ids::ASYNCIO, ids::ADA, "team void", &options)
                .await
        })
    };
    let mut sent = bot.event("INTERACTION_CREATE").await;
    command.abort();
    for key in ["id", "token"] {
        sent[key] = json!(format!("[{key}]"));
    }
    sent["data"]["id"] = json!("[id]");
    insta::assert_snapshot!(serde_json::to_string_pretty(&sent).unwrap(), @r#"
    {
      "app_permissions": "311385246784",
      "application_id": "1130000000000000001",
      "attachment_size_limit": 10485760,
      "authorizing_integration_owners": {
        "0": "1110000000000000001"
      },
      "channel": {
        "flags": 0,
        "guild_id": "1110000000000000001",
        "id": "1120000000000000001",
        "last_message_id": null,
        "name": "asyncio",
        "nsfw": false,
        "parent_id": null,
        "permission_overwrites": [],
        "permissions": "9007199254740991",
        "position": 1,
        "rate_limit_per_user": 0,
        "topic": null,
        "type": 0
      },
      "channel_id": "1120000000000000001",
      "context": 0,
      "data": {
        "id": "[id]",
        "name": "team",
        "options": [
          {
            "name": "void",
            "options": [
              {
                "name": "count",
                "type": 4,
                "value": 3
              }
            ],
            "type": 1
          }
        ],
        "type": 1
      },
      "entitlement_sku_ids": [],
      "entitlements": [],
      "guild": {
        "features": [],
        "id": "1110000000000000001",
        "locale": "en-US"
      },
      "guild_id": "1110000000000000001",
      "guild_locale": "en-US",
      "id": "[id]",
      "locale": "en-US",
      "member": {
        "avatar": null,
        "banner": null,
        "communication_disabled_until": null,
        "deaf": false,
        "flags": 0,
        "joined_at": "2026-03-27T08:00:00.000000+00:00",
        "mute": false,
        "nick": null,
        "pending": false,
        "permissions": "9007199254740991",
        "premium_since": null,
        "roles": [],
        "user": {
          "avatar": null,
          "bot": false,
          "discriminator": "0",
          "flags": 0,
          "global_name": "Ada",
          "id": "1150000000000000001",
          "primary_guild": null,
          "public_flags": 0,
          "system": false,
          "username": "ada"
        }
      },
      "token": "[token]",
      "type": 2,
      "version": 1
    }
    "#);
    assert_matches_openapi(&sandbox);
}

/// A message command carries the whole message, also without the message content intent.
#[tokio::test]
async fn a_message_command_carries_its_message() {
    let sandbox = with_commands().await;
    let mut gateway = RawSocket::connect(&sandbox).await;
    gateway.identify(&sandbox, 513).await;
    gateway.event("READY").await;
    let message = sandbox.post(ids::ASYNCIO, ids::SAM, "my words").unwrap();
    let event = gateway.event("MESSAGE_CREATE").await;
    assert_eq!(event["content"], "", "without the intent");
    let pending = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.message_command(message, ids::LIN, "Quote it").await }
    });
    let interaction = gateway.event("INTERACTION_CREATE").await;
    let (data, target) = (&interaction["data"], message.to_string());
    assert_eq!(
        (interaction["type"].as_u64(), data["type"].as_u64()),
        (Some(2), Some(3))
    );
    assert_eq!(
        (&data["name"], &data["target_id"]),
        (&json!("Quote it"), &json!(target))
    );
    assert_eq!(data["options"], Value::Null);
    let resolved = &data["resolved"]["messages"][&target];
    assert_eq!(resolved["content"], "my words");
    assert_eq!(resolved["author"]["id"], ids::SAM.to_string());
    let place = format!(
        "{}/{}",
        interaction["id"].as_str().unwrap(),
        interaction["token"].as_str().unwrap()
    );
    assert_eq!(answer(&sandbox, &place, text("Quoted")).await.0, 204);
    let outcome = pending.await.unwrap();
    let response = outcome.message().unwrap();
    assert_eq!((response.content.as_str(), response.kind), ("Quoted", 23));
    let (_, shown) = call(&sandbox, "GET", &original(&place), Value::Null).await;
    let metadata = &shown["interaction_metadata"];
    assert_eq!(
        (&metadata["command_type"], &metadata["target_message_id"]),
        (&json!(3), &json!(target))
    );
    assert_matches_openapi(&sandbox);
}

/// The client offers message commands where the member may use them, and on public messages only.
#[tokio::test]
async fn message_commands_are_offered_as_discord_does() {
    let sandbox = with_commands().await;
    let message = sandbox.post(ids::ASYNCIO, ids::SAM, "my words").unwrap();
    let offered = |user| {
        sandbox
            .read(|discord| discord_sandbox::client::message_commands(discord, ids::ASYNCIO, user))
    };
    assert_eq!(offered(ids::LIN), ["Quote it"]);
    assert_eq!(offered(ids::ADA), ["Quote it", "Admins only"]);
    let failed = |outcome: ClientOutcome| match outcome {
        ClientOutcome::Failed(error) => error,
        other => panic!("{other:?}"),
    };
    for (name, error) in [
        ("Admins only", "You can't use \"Admins only\" here."),
        ("plain", "There is no app \"plain\"."),
    ] {
        let outcome = sandbox.message_command(message, ids::LIN, name).await;
        assert_eq!(failed(outcome), error);
    }
    let outcome = sandbox
        .command(ids::ASYNCIO, ids::LIN, "Quote it", &[])
        .await;
    assert_eq!(failed(outcome), "There is no command /Quote.");
    let (place, pending) = plain(&sandbox).await;
    let private = json!({ "type": 4, "data": { "content": "only you", "flags": 64 } });
    assert_eq!(answer(&sandbox, &place, private).await.0, 204);
    let private = pending.await.unwrap().message().unwrap().id;
    let outcome = sandbox.message_command(private, ids::LIN, "Quote it").await;
    assert_eq!(
        failed(outcome),
        "A message that only you can see has no apps."
    );
    let outcome = sandbox.message_command(private, ids::SAM, "Quote it").await;
    assert_eq!(failed(outcome), "There is no such message.");
}

/// An ephemeral message vanishes when its member dismisses it or restarts the client. The bot may
/// still edit it.
#[tokio::test]
async fn ephemeral_messages_vanish() {
    let sandbox = with_commands().await;
    let seen = |user| {
        let messages = sandbox.messages(ids::ASYNCIO, user).into_iter();
        messages.map(|one| one.content).collect::<Vec<_>>()
    };
    let mut shown = Vec::new();
    for content in ["first", "second"] {
        let (place, pending) = plain(&sandbox).await;
        let private = json!({ "type": 4, "data": { "content": content, "flags": 64 } });
        assert_eq!(answer(&sandbox, &place, private).await.0, 204);
        shown.push((place, pending.await.unwrap().message().unwrap().id));
    }
    assert_eq!(seen(ids::LIN), ["first", "second"]);
    assert!(sandbox.dismiss(shown[0].1, ids::SAM).is_err());
    sandbox.dismiss(shown[0].1, ids::LIN).unwrap();
    assert_eq!(seen(ids::LIN), ["second"]);
    assert!(sandbox.dismiss(shown[0].1, ids::LIN).is_err(), "once");
    sandbox.post(ids::ASYNCIO, ids::SAM, "for all").unwrap();
    sandbox.restart_client(ids::LIN);
    assert_eq!(seen(ids::LIN), ["for all"]);
    let edit = json!({ "content": "edited" });
    let (status, edited) = call(&sandbox, "PATCH", &original(&shown[1].0), edit).await;
    assert_eq!((status, &edited["content"]), (200, &json!("edited")));
    assert_eq!(seen(ids::LIN), ["for all"], "it stays gone");
}

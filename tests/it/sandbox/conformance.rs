//! Checks valid and invalid requests to every route of the sandbox against Discord's API
//! description.

use discord_sandbox::{Sandbox, ids};
use serde_json::{Value, json};
use serenity::all::{Event, Interaction};

use super::client::{Bot, sandbox};
use crate::openapi;

/// A bot that sends plain HTTP, so that no library corrects its requests.
struct Caller {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    fn new(sandbox: &Sandbox) -> Self {
        Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("building a client should not fail"),
            base: format!("{}/api/v10", sandbox.url()),
            token: format!("Bot {}", sandbox.token()),
        }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.base);
        let method = method.parse().expect("the method should be valid");
        let request = self
            .client
            .request(method, url)
            .header("authorization", &self.token);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let answer = request.send().await.expect("the sandbox should respond");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }
}

/// A message with one of each element that our bot sends.
fn rich_message() -> Value {
    json!({
        "content": "<@1150000000000000002> what is a task?",
        "embeds": [{
            "title": "Round 1", "description": "text", "color": 1, "timestamp": "2026-03-27T08:00:00Z",
            "url": "https://docs.python.org/3/",
            "fields": [{ "name": "Level", "value": "junior", "inline": true }],
            "footer": { "text": "round 1" }, "author": { "name": "Quizloop" },
        }],
        "components": [
            { "type": 1, "components": [
                { "type": 2, "style": 2, "label": "Hint", "custom_id": "hint", "emoji": { "name": "💡" } },
                { "type": 2, "style": 5, "label": "Docs", "url": "https://docs.python.org/3/" },
            ] },
            { "type": 1, "components": [
                { "type": 3, "custom_id": "pick", "placeholder": "Points", "min_values": 0, "max_values": 2,
                  "options": [{ "label": "a", "value": "a" }, { "label": "b", "value": "b" }] },
            ] },
        ],
        "allowed_mentions": { "parse": [] }, "nonce": "q1", "enforce_nonce": true,
    })
}

fn assert_conforms(sandbox: &Sandbox) {
    let violations = openapi::check(sandbox);
    assert!(violations.is_empty(), "{violations:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_conform() {
    let sandbox = sandbox().await;
    let bot = Caller::new(&sandbox);
    let (guild, channel, app) = (ids::GUILD, ids::ASYNCIO, ids::APP);
    let forum = sandbox.add_channel(guild, 15, "forum");
    let news = sandbox.add_channel(guild, 5, "news");
    for path in [
        "/gateway".to_owned(),
        "/gateway/bot".to_owned(),
        "/users/@me".to_owned(),
        "/applications/@me".to_owned(),
        "/oauth2/applications/@me".to_owned(),
        "/users/@me/guilds".to_owned(),
        format!("/users/{}", ids::LIN),
        format!("/guilds/{guild}"),
        format!("/guilds/{guild}/channels"),
        format!("/guilds/{guild}/roles"),
        format!("/guilds/{guild}/members/{}", ids::LIN),
        format!("/guilds/{guild}/threads/active"),
        format!("/channels/{channel}"),
        format!("/channels/{forum}"),
        format!("/channels/{news}"),
        format!("/channels/{channel}/messages?limit=100"),
        format!("/applications/{app}/commands"),
        format!("/applications/{app}/guilds/{guild}/commands"),
    ] {
        let (status, answer) = bot.get(&path).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    assert_eq!(bot.get("/channels/1").await.0, 404);
    assert_eq!(bot.get("/guilds/1").await.0, 404);
    assert_conforms(&sandbox);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_threads_and_reactions_conform() {
    let sandbox = sandbox().await;
    let bot = Caller::new(&sandbox);
    let messages = format!("/channels/{}/messages", ids::ASYNCIO);
    let body = rich_message();
    let (status, sent) = bot.call("POST", &messages, body.clone()).await;
    assert_eq!(status, 200, "{sent}");
    let message = format!("{messages}/{}", sent["id"].as_str().unwrap());
    assert_eq!(bot.call("POST", &messages, body).await.0, 200);
    let (status, thread) = bot
        .call(
            "POST",
            &format!("{message}/threads"),
            json!({ "name": "Round 1", "auto_archive_duration": 1440 }),
        )
        .await;
    assert_eq!(status, 201, "{thread}");
    let again = bot
        .call(
            "POST",
            &format!("{message}/threads"),
            json!({ "name": "Round 1" }),
        )
        .await;
    assert_eq!((again.0, &again.1["code"]), (400, &json!(160_004)));
    let thread: u64 = thread["id"].as_str().unwrap().parse().unwrap();
    let reply = sandbox.post(thread, ids::LIN, "An answer").unwrap();
    sandbox
        .post(ids::ASYNCIO, ids::LIN, "<@1130000000000000001> hello")
        .unwrap();
    let react = format!("/channels/{thread}/messages/{reply}/reactions/%E2%9C%85/@me");
    for (method, path, body, expected) in [
        ("PUT", react.clone(), Value::Null, 204),
        (
            "GET",
            format!("/channels/{thread}/messages/{reply}"),
            Value::Null,
            200,
        ),
        (
            "GET",
            format!("/channels/{thread}/messages?after={thread}&limit=100"),
            Value::Null,
            200,
        ),
        ("GET", messages.clone(), Value::Null, 200),
        ("GET", message.clone(), Value::Null, 200),
        ("DELETE", react, Value::Null, 204),
        (
            "PATCH",
            message.clone(),
            json!({ "content": "edited" }),
            200,
        ),
        (
            "PATCH",
            format!("/channels/{thread}"),
            json!({ "archived": true, "locked": false }),
            403,
        ),
        ("GET", format!("/channels/{thread}"), Value::Null, 200),
        (
            "GET",
            format!("/guilds/{}/threads/active", ids::GUILD),
            Value::Null,
            200,
        ),
        (
            "PUT",
            format!("/channels/{thread}/thread-members/@me"),
            Value::Null,
            204,
        ),
        (
            "POST",
            format!("/channels/{}/typing", ids::ASYNCIO),
            Value::Null,
            204,
        ),
        ("DELETE", message.clone(), Value::Null, 204),
        ("GET", message, Value::Null, 404),
        (
            "POST",
            "/users/@me/channels".to_owned(),
            json!({ "recipient_id": ids::LIN.to_string() }),
            200,
        ),
    ] {
        let (status, answer) = bot.call(method, &path, body).await;
        assert!(status == expected, "{method} {path}: {status} {answer}");
    }
    assert_conforms(&sandbox);
}

#[tokio::test(flavor = "multi_thread")]
async fn interaction_responses_conform() {
    let sandbox = sandbox().await;
    let bot = Bot::connect(&sandbox).await;
    let option = json!({ "type": 3, "name": "name", "description": "Whom", "autocomplete": true });
    let commands = json!([
        { "name": "greet", "description": "Says hello", "options": [option] },
        { "name": "slow", "description": "Says it later" },
        { "name": "team", "description": "For admins", "default_member_permissions": "32", "contexts": [0],
          "integration_types": [0], "options": [
            { "type": 1, "name": "void", "description": "Void", "options": [
                { "type": 4, "name": "round", "description": "Which", "required": true, "min_value": 1 },
                { "type": 6, "name": "member", "description": "Whom" },
                { "type": 3, "name": "how", "description": "How", "choices": [{ "name": "A", "value": "a" }] },
            ] },
        ] },
    ]);
    bot.http.create_global_commands(&commands).await.unwrap();
    bot.http
        .create_guild_commands(ids::GUILD.into(), &commands)
        .await
        .unwrap();
    let greeted = sandbox
        .command(ids::ASYNCIO, ids::LIN, "greet", &[("name", json!("x"))])
        .await;
    let greeting = greeted.message().unwrap().id;
    sandbox.press(greeting, ids::SAM, "More", &[]).await;
    sandbox.command(ids::ASYNCIO, ids::LIN, "slow", &[]).await;
    sandbox
        .autocomplete(ids::ASYNCIO, ids::LIN, "greet", &[("name", json!("t"))])
        .await
        .unwrap();
    assert_conforms(&sandbox);
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_ups_and_edits_of_responses_conform() {
    let sandbox = sandbox().await;
    let mut bot = Bot::connect(&sandbox).await;
    let commands =
        json!([{ "name": "mute", "description": "The test responds instead of the small bot" }]);
    bot.http.create_global_commands(&commands).await.unwrap();
    let outcome = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.command(ids::ASYNCIO, ids::LIN, "mute", &[]).await }
    });
    let Event::InteractionCreate(created) = bot.next("INTERACTION_CREATE").await else {
        unreachable!();
    };
    let Interaction::Command(interaction) = created.interaction else {
        unreachable!();
    };
    let bot = Caller::new(&sandbox);
    let callback = format!(
        "/interactions/{}/{}/callback",
        interaction.id, interaction.token
    );
    let webhook = format!("/webhooks/{}/{}", ids::APP, interaction.token);
    let answer =
        json!({ "type": 4, "data": { "content": "Here", "allowed_mentions": { "parse": [] } } });
    let with_response = format!("{callback}?with_response=true");
    assert_eq!(
        bot.call("POST", &with_response, answer.clone()).await.0,
        200
    );
    outcome.await.unwrap();
    let (status, sent) = bot
        .call("POST", &webhook, json!({ "content": "More", "flags": 64 }))
        .await;
    assert_eq!(status, 200, "{sent}");
    let more = format!("{webhook}/messages/{}", sent["id"].as_str().unwrap());
    let original = format!("{webhook}/messages/@original");
    let too_long = json!({ "content": "x".repeat(2001) });
    let edit = json!({ "content": "Again" });
    for (method, path, body, expected) in [
        ("POST", &callback, &answer, 400),
        ("GET", &original, &Value::Null, 200),
        ("PATCH", &original, &edit, 200),
        ("GET", &more, &Value::Null, 200),
        ("PATCH", &more, &edit, 200),
        ("DELETE", &more, &Value::Null, 204),
        ("DELETE", &original, &Value::Null, 204),
        ("GET", &original, &Value::Null, 404),
        (
            "POST",
            &format!("/channels/{}/messages", ids::ASYNCIO),
            &too_long,
            400,
        ),
    ] {
        let (status, answer) = bot.call(method, path, body.clone()).await;
        assert!(status == expected, "{method} {path}: {status} {answer}");
    }
    assert_conforms(&sandbox);
}

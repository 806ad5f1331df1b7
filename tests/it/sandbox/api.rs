//! The page's files and the control API over HTTP, as used by a browser and curl, with the real
//! bot.

use discord_sandbox::ids;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::World;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

fn url(world: &World, path: &str) -> String {
    format!("{}{path}", world.sandbox.url())
}

async fn ask(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

async fn post(world: &World, path: &str, body: Value) -> Value {
    let request = reqwest::Client::new().post(url(world, path)).json(&body);
    let (status, answer) = ask(request).await;
    assert_eq!(status, StatusCode::OK, "{path} {body}: {answer}");
    answer
}

async fn get(world: &World, path: &str) -> Value {
    let (status, answer) = ask(reqwest::Client::new().get(url(world, path))).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

fn id(number: u64) -> String {
    number.to_string()
}

/// One day over HTTP: move the clock, read the question, reply in its thread, run a command, press
/// a button.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_curl() {
    let world = World::at(FRIDAY).team().start().await;
    post(&world, "/sandbox/clock", json!({ "advance": "1m" })).await;
    let place = format!("channel={}&as={}", ids::ASYNCIO, ids::LIN);
    let messages = get(&world, &format!("/sandbox/messages?{place}")).await;
    let question = &messages[0];
    let text = question["content"].as_str().unwrap();
    assert!(text.starts_with("**Question of the day:**"), "{text}");
    let thread = question["thread"].as_str().expect("ids are strings");

    let posted = post(
        &world,
        "/sandbox/post",
        json!({ "channel": thread, "as": id(ids::LIN), "content": "my words" }),
    )
    .await;
    let reply = posted["message"].as_str().unwrap().parse().unwrap();
    world.lin().wait_until_counted(reply).await;

    let command = json!({ "channel": id(ids::ASYNCIO), "as": id(ids::LIN), "command": "streak", "options": { "why": true } });
    let shown = post(&world, "/sandbox/command", command).await;
    assert_eq!(shown["kind"], "message");
    assert_eq!(shown["value"]["ephemeral"], true);
    let typing = json!({ "channel": id(ids::ASYNCIO), "as": id(ids::LIN), "command": "answer", "option": "question", "typed": "queue" });
    let choices = post(&world, "/sandbox/autocomplete", typing).await;
    assert!(choices[0]["name"].as_str().unwrap().contains(" · "));
    let run = json!({ "message": posted["message"], "as": id(ids::LIN), "command": "Compare with the model answer" });
    let compared = post(&world, "/sandbox/message-command", run).await;
    assert_eq!(compared["value"]["ephemeral"], true, "{compared}");
    let dismiss = json!({ "message": compared["value"]["id"], "as": id(ids::LIN) });
    post(&world, "/sandbox/dismiss", dismiss).await;
    post(
        &world,
        "/sandbox/restart-client",
        json!({ "as": id(ids::LIN) }),
    )
    .await;
    let press = json!({ "message": question["id"], "as": id(ids::SAM), "button": "Hint" });
    let hint = post(&world, "/sandbox/press", press).await;
    assert_eq!(hint["kind"], "message");

    let transcript = reqwest::get(url(&world, &format!("/sandbox/transcript?{place}")))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        transcript.contains("Question of the day") && transcript.contains("my words"),
        "{transcript}"
    );
    let state = get(&world, &format!("/sandbox/state?as={}", ids::ADA)).await;
    assert_eq!(state["bot"]["connected"], true);
    assert_eq!(state["guilds"][0]["admin"], true);
    let log = get(&world, "/sandbox/log?last=5").await;
    assert_eq!(log.as_array().unwrap().len(), 5);
    assert!(!log.to_string().contains(&world.sandbox.token()));
}

/// A refused request gets a status and a reason, and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests_change_nothing() {
    let world = World::at(FRIDAY).team().start().await;
    let before = world.now();
    let client = reqwest::Client::new();
    for (path, body, reason) in [
        (
            "clock",
            json!({ "advance": "soon" }),
            "\"advance\" must be a duration",
        ),
        (
            "clock",
            json!({ "to": "2020-01-01T00:00:00Z" }),
            "can only move forward",
        ),
        ("bot", json!({ "action": "kill" }), "does not run the bot"),
        (
            "post",
            json!({ "channel": "1", "as": id(ids::LIN), "content": "x" }),
            "channel",
        ),
    ] {
        let request = client
            .post(url(&world, &format!("/sandbox/{path}")))
            .json(&body);
        let (status, answer) = ask(request).await;
        assert!(status.is_client_error(), "{path} {body}: {status}");
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(reason), "{path} {body}: {error}");
    }
    assert_eq!(world.now(), before);
}

/// Another site in the same browser can neither read nor act, not even with DNS rebinding.
#[tokio::test(flavor = "multi_thread")]
async fn other_sites_are_refused() {
    let world = World::at(FRIDAY).team().start().await;
    let client = reqwest::Client::new();
    let advance = || {
        client
            .post(url(&world, "/sandbox/clock"))
            .json(&json!({ "advance": "1d" }))
    };
    let before = world.now();
    for request in [
        advance().header("origin", "https://example.com"),
        advance().header("origin", "null"),
        advance().header("host", "example.com"),
    ] {
        let (status, answer) = ask(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
    }
    // An HTML form on another site can't send JSON.
    let form = client
        .post(url(&world, "/sandbox/clock"))
        .header("content-type", "text/plain")
        .body("{\"advance\":\"1d\"}");
    let status = form.send().await.unwrap().status();
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.now(), before);
    let own = advance().header("origin", world.sandbox.url());
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
}

/// Other sites are refused on every route, also with the bot's token and on routes that are not
/// part of the page.
#[tokio::test(flavor = "multi_thread")]
async fn other_sites_are_refused_on_every_route() {
    let sandbox = super::client::sandbox().await;
    let client = reqwest::Client::new();
    let routes = [
        ("GET", "/"),
        ("GET", "/sandbox"),
        ("GET", "/sandbox/clock/stream"),
        ("POST", "/sandbox/clock/settled"),
        ("GET", "/sandbox/events"),
        ("GET", "/gateway?v=10&encoding=json"),
        ("GET", "/api/v10/users/@me"),
        ("POST", "/api/v10/channels/1/messages"),
        ("GET", "/no/such/path"),
    ];
    let foreign = [
        ("host", "evil.example:8420"),
        ("origin", "http://evil.example"),
        ("origin", "http://localhost:3000"),
        ("sec-fetch-site", "cross-site"),
    ];
    for (method, path) in routes {
        for (header, value) in foreign {
            let request = client
                .request(method.parse().unwrap(), format!("{}{path}", sandbox.url()))
                .header("authorization", format!("Bot {}", sandbox.token()))
                .header(header, value);
            let status = request.send().await.unwrap().status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}, {header}");
        }
    }
    assert!(sandbox.log().is_empty(), "{:?}", sandbox.log());
}

/// A site can open a WebSocket to any address; the gateway refuses it.
#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_open_the_gateway() {
    use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest};

    let sandbox = super::client::sandbox().await;
    let connect = async |origin: &str| {
        let url = format!("ws://{}/gateway?v=10&encoding=json", sandbox.address());
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("origin", origin.parse().unwrap());
        tokio_tungstenite::connect_async(request).await
    };
    match connect("http://evil.example").await {
        Err(Error::Http(refused)) => assert_eq!(refused.status(), 403),
        other => panic!("{other:?}"),
    }
    assert!(connect(&sandbox.url()).await.is_ok());
}

/// The page's files are served, and refer to no other site.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_loads_nothing_from_other_sites() {
    let world = World::at(FRIDAY).team().without_bot().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/page/css/base.css", "text/css"),
        ("/page/js/main.js", "text/javascript"),
        ("/page/js/slash.js", "text/javascript"),
    ] {
        let answer = reqwest::get(url(&world, path)).await.unwrap();
        let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind), "{path}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = answer.text().await.unwrap();
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path} refers to another site"
        );
    }
    let missing = reqwest::get(url(&world, "/page/js/other.js"))
        .await
        .unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

/// `GET /sandbox` lists every route of the control API.
#[tokio::test(flavor = "multi_thread")]
async fn the_control_api_is_documented() {
    let world = World::at(FRIDAY).team().without_bot().await;
    let help = reqwest::get(url(&world, "/sandbox")).await.unwrap();
    let help = help.text().await.unwrap();
    let source = include_str!("../../../crates/discord-sandbox/src/api/mod.rs");
    let routes: Vec<_> = source
        .split(".route(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(routes.len() > 20, "{routes:?}");
    for route in routes {
        assert!(help.contains(route.trim_end_matches('/')), "{route}");
    }
}

/// Faults, gateway actions, permissions, and new users, guilds and channels.
#[tokio::test(flavor = "multi_thread")]
async fn faults_and_administration_with_curl() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.skip_api_check();
    let fault = json!({ "fault": "500", "route": "CreateMessage", "times": 1 });
    let added = post(&world, "/sandbox/fault", fault).await;
    assert_eq!(world.sandbox.faults().len(), 1);
    post(&world, "/sandbox/unfault", added).await;
    assert_eq!(world.sandbox.faults().len(), 0);
    for fault in [
        json!({ "fault": "teapot" }),
        json!({ "fault": "500", "route": "Nothing" }),
    ] {
        let request = reqwest::Client::new()
            .post(url(&world, "/sandbox/fault"))
            .json(&fault);
        assert_eq!(ask(request).await.0, StatusCode::BAD_REQUEST, "{fault}");
    }

    let before = world.sandbox.identify_count();
    post(
        &world,
        "/sandbox/gateway",
        json!({ "action": "invalidate" }),
    )
    .await;
    world
        .wait("a new session", |discord| {
            (discord.gateway.identify_count > before).then_some(())
        })
        .await;

    let deny = json!({ "guild": id(ids::GUILD), "channel": id(ids::ASYNCIO), "name": "Send Messages", "allowed": false });
    post(&world, "/sandbox/permission", deny).await;
    let can_send = world.sandbox.read(|discord| {
        let channels = [ids::ASYNCIO, ids::GENERAL].map(|id| &discord.channels[&id]);
        channels.map(|channel| {
            let permissions = discord.permissions(channel, discord.app.id);
            permissions & discord_sandbox::permission::SEND_MESSAGES != 0
        })
    });
    assert_eq!(can_send, [false, true]);

    let mina = json!({ "name": "Mina", "guild": id(ids::GUILD), "admin": true });
    let mina = post(&world, "/sandbox/user", mina).await["user"].clone();
    let guild = json!({ "name": "Second", "owner": mina, "bot": true });
    let guild = post(&world, "/sandbox/guild", guild).await["guild"].clone();
    let channel = json!({ "name": "talk", "guild": guild });
    let channel = post(&world, "/sandbox/channel", channel).await["channel"].clone();
    let typo = json!({ "channel": channel, "as": mina, "content": "frist" });
    let message = post(&world, "/sandbox/post", typo).await["message"].clone();
    let edited = json!({ "message": message, "as": mina, "content": "first" });
    post(&world, "/sandbox/edit", edited).await;
    let emoji = json!({ "message": message, "as": mina, "emoji": "👍" });
    post(&world, "/sandbox/react", emoji).await;
    let place = format!(
        "channel={}&as={}",
        channel.as_str().unwrap(),
        mina.as_str().unwrap()
    );
    let shown = get(&world, &format!("/sandbox/messages?{place}")).await;
    assert_eq!(shown[0]["content"], "first");
    assert_eq!(shown[0]["reactions"][0][0], "👍");
    let state = get(&world, &format!("/sandbox/state?{place}")).await;
    let available = state["offered"].as_array().unwrap();
    assert!(
        available.iter().any(|one| one["name"] == "team"),
        "an admin sees /team"
    );
    post(
        &world,
        "/sandbox/delete",
        json!({ "message": message, "as": mina }),
    )
    .await;
    assert_eq!(
        get(&world, &format!("/sandbox/messages?{place}")).await,
        json!([])
    );
}

/// The log shows the violations of Discord's API description for each request and event.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_shows_violations_of_the_api_description() {
    let named = std::env::var(crate::openapi::VARIABLE).ok();
    let Some(file) = named.filter(|file| !file.is_empty()) else {
        println!("skipped: {} is not set", crate::openapi::VARIABLE);
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let description = discord_openapi::Description::read(&text).unwrap();
    let options = discord_sandbox::Options {
        check: Some(std::sync::Arc::new(description)),
        ..Default::default()
    };
    let sandbox = super::client::start(options).await;
    let path = format!("/channels/{}/messages", ids::ASYNCIO);
    for color in [0xFF_FFFF, 0x100_0000] {
        let body = json!({ "embeds": [{ "title": "x", "color": color }] });
        super::client::call(&sandbox, "POST", &path, body).await;
    }
    let read = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", sandbox.url())).await;
        answer.unwrap().text().await.unwrap()
    };
    let parts = read("/page/parts?tools=1").await;
    assert!(parts.contains("verdict right"), "{parts}");
    assert!(parts.contains("verdict wrong"), "{parts}");
    let refused = |one: &&discord_sandbox::log::LoggedRequest| one.status == 400;
    let wrong = sandbox.requests().iter().find(refused).unwrap().seq;
    let line = read(&format!("/page/log/{wrong}")).await;
    assert!(line.contains("maximum of 16777215"), "{line}");
    let without = super::client::sandbox().await;
    let parts = reqwest::get(format!("{}/page/parts?tools=1", without.url())).await;
    assert!(
        parts
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("--openapi FILE")
    );
}

//! Requests that Discord refuses: permissions, validation, nonces, threads, other users' messages.

use discord_sandbox::client::is_command_available;
use discord_sandbox::model::{Overwrite, kind};
use discord_sandbox::{Options, Sandbox, ids, permission};
use serde_json::{Value, json};

use super::client::{assert_matches_openapi, call, sandbox};

const MESSAGES: &str = "/channels/1120000000000000001/messages";

async fn send(sandbox: &Sandbox, body: Value) -> (u16, Value) {
    call(sandbox, "POST", MESSAGES, body).await
}

/// Returns a response's status and Discord's error code.
fn refused((status, body): (u16, Value)) -> (u16, u64) {
    (status, body["code"].as_u64().unwrap_or(u64::MAX))
}

fn deny(sandbox: &Sandbox, permissions: u64) {
    sandbox.set_overwrite(
        ids::ASYNCIO,
        Overwrite {
            id: ids::BOT_ROLE,
            is_member: false,
            allow: 0,
            deny: permissions,
        },
    );
}

#[tokio::test]
async fn every_permission_is_checked() {
    let sandbox = sandbox().await;
    let (_, sent) = send(&sandbox, json!({ "content": "one" })).await;
    let message = format!("{MESSAGES}/{}", sent["id"].as_str().unwrap());
    let thread = json!({ "name": "one" });
    deny(&sandbox, permission::SEND_MESSAGES);
    assert_eq!(
        refused(send(&sandbox, json!({ "content": "two" })).await),
        (403, 50013)
    );
    deny(&sandbox, permission::VIEW_CHANNEL);
    assert_eq!(
        refused(send(&sandbox, json!({ "content": "two" })).await),
        (403, 50001)
    );
    assert_eq!(
        refused(call(&sandbox, "GET", MESSAGES, Value::Null).await),
        (403, 50001)
    );
    deny(&sandbox, permission::CREATE_PUBLIC_THREADS);
    let threads = format!("{message}/threads");
    assert_eq!(
        refused(call(&sandbox, "POST", &threads, thread.clone()).await),
        (403, 50013)
    );
    deny(&sandbox, permission::READ_MESSAGE_HISTORY);
    assert_eq!(
        call(&sandbox, "GET", MESSAGES, Value::Null).await,
        (200, json!([]))
    );
    assert_eq!(
        refused(call(&sandbox, "GET", &message, Value::Null).await),
        (403, 50013)
    );
    deny(&sandbox, permission::ADD_REACTIONS);
    let reaction = format!("{message}/reactions/%E2%9C%85/@me");
    assert_eq!(
        refused(call(&sandbox, "PUT", &reaction, Value::Null).await),
        (403, 50013)
    );
    sandbox
        .react(
            sent["id"].as_str().unwrap().parse().unwrap(),
            ids::LIN,
            "✅",
        )
        .unwrap();
    assert_eq!(call(&sandbox, "PUT", &reaction, Value::Null).await.0, 204);
    deny(&sandbox, permission::EMBED_LINKS);
    let embed = json!([{ "title": "x" }]);
    let (_, shown) = send(&sandbox, json!({ "content": "text", "embeds": embed })).await;
    assert_eq!(shown["embeds"], json!([]));
    assert_eq!(
        refused(send(&sandbox, json!({ "embeds": embed })).await),
        (403, 50013)
    );
    deny(&sandbox, permission::SEND_MESSAGES_IN_THREADS);
    let (status, started) = call(&sandbox, "POST", &threads, thread).await;
    assert_eq!(
        (status, &started["id"], &started["type"]),
        (201, &sent["id"], &json!(11))
    );
    let inside = format!("/channels/{}/messages", sent["id"].as_str().unwrap());
    let text = json!({ "content": "in it" });
    assert_eq!(
        refused(call(&sandbox, "POST", &inside, text.clone()).await),
        (403, 50013)
    );
    deny(&sandbox, 0);
    assert_eq!(call(&sandbox, "POST", &inside, text).await.0, 200);
    assert_matches_openapi(&sandbox);
}

/// The log keeps no body of a request or frame whose sender is unknown.
#[tokio::test]
async fn bodies_of_refused_senders_are_not_kept() {
    let sandbox = sandbox().await;
    let message = format!("/channels/{}/messages", ids::ASYNCIO);
    let body =
        json!({ "content": "a body that takes memory", "data": { "content": "x" }, "type": 4 });
    let send = async |path: &str, token: Option<&str>| {
        let url = format!("{}/api/v10{path}", sandbox.url());
        let request = reqwest::Client::new().post(url).json(&body);
        let request = match token {
            Some(token) => request.header("authorization", format!("Bot {token}")),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    };
    let callback = "/interactions/1/token/callback";
    let cases = [
        (message.as_str(), None, 401),
        (&message, Some("nonsense"), 401),
        (callback, None, 404),
        ("/webhooks/1/token", None, 404),
        ("/no/such/path", None, 404),
    ];
    for (path, token, status) in cases {
        assert_eq!(send(path, token).await, status, "{path}");
    }
    assert!(
        sandbox.requests().iter().all(|one| one.body.is_null()),
        "{:?}",
        sandbox.requests()
    );
    let mut raw = super::raw_socket::RawSocket::connect(&sandbox).await;
    let identify = json!({ "token": "nonsense", "intents": 513, "properties": body });
    raw.send(2, identify).await;
    assert_eq!(raw.close_code().await, Some(4004));
    assert!(!format!("{:?}", sandbox.log()).contains("takes memory"));

    // The bot's own requests are kept, also refused ones.
    let token = sandbox.token();
    assert_eq!(send(callback, Some(&token)).await, 404);
    assert_eq!(send(&message, Some(&token)).await, 200);
    let requests = sandbox.requests();
    assert!(
        requests[requests.len() - 2..]
            .iter()
            .all(|one| one.body == body)
    );
}

/// Each sandbox has its own token, and a test can choose one.
#[tokio::test]
async fn each_sandbox_has_its_own_token() {
    let tokens = [sandbox().await.token(), sandbox().await.token()];
    assert_ne!(tokens[0], tokens[1]);
    let chosen = Options {
        token: Some("chosen".to_owned()),
        ..Options::default()
    };
    assert_eq!(super::client::start(chosen).await.token(), "chosen");
}

#[tokio::test]
async fn other_tokens_and_unknown_objects_are_refused() {
    let sandbox = sandbox().await;
    let url = format!("{}/api/v10/users/@me", sandbox.url());
    let client = reqwest::Client::new();
    for token in ["Bot nonsense", "nonsense", &sandbox.token()] {
        let answer = client
            .get(&url)
            .header("Authorization", token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body, json!({ "message": "401: Unauthorized", "code": 0 }));
    }
    assert!(sandbox.requests().iter().all(|one| one.invalid));
    assert_eq!(
        call(&sandbox, "GET", "/users/@me", Value::Null).await.1["username"],
        "Test bot"
    );
    assert_eq!(
        refused(call(&sandbox, "GET", "/nothing", Value::Null).await),
        (404, 0)
    );
    assert_eq!(
        refused(call(&sandbox, "GET", "/guilds/7", Value::Null).await),
        (404, 10004)
    );
    assert_eq!(
        refused(call(&sandbox, "GET", "/channels/7", Value::Null).await),
        (404, 10003)
    );
    let other_guild = sandbox.add_guild("Elsewhere", ids::SAM);
    let channel = sandbox.add_channel(other_guild, kind::TEXT, "there");
    let path = format!("/channels/{channel}");
    assert_eq!(
        refused(call(&sandbox, "GET", &path, Value::Null).await),
        (403, 50001)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn request_bodies_are_validated() {
    let sandbox = sandbox().await;
    let invalid = |body: Value| {
        let sandbox = sandbox.clone();
        async move {
            let (status, answer) = send(&sandbox, body).await;
            assert_eq!((status, &answer["code"]), (400, &json!(50035)), "{answer}");
            answer["errors"].clone()
        }
    };
    let long = |count| "x".repeat(count);
    assert_eq!(
        send(&sandbox, json!({ "content": "é".repeat(2000) }))
            .await
            .0,
        200
    );
    let errors = invalid(json!({ "content": long(2001) })).await;
    assert_eq!(
        errors["content"]["_errors"][0]["code"],
        "BASE_TYPE_MAX_LENGTH"
    );
    let field = json!({ "name": "n", "value": long(1025) });
    let errors = invalid(json!({ "embeds": [{ "title": long(257), "fields": [field] }] })).await;
    assert!(errors["embeds"]["0"]["title"]["_errors"].is_array());
    assert!(errors["embeds"]["0"]["fields"]["0"]["value"]["_errors"].is_array());
    let embed = json!({ "description": long(3000) });
    let two = json!([embed, embed]);
    assert_eq!(send(&sandbox, json!({ "embeds": two })).await.0, 200);
    let sum = json!([embed, embed, { "footer": { "text": "!" } }]);
    let errors = invalid(json!({ "embeds": sum })).await;
    assert_eq!(
        errors["embeds"]["_errors"][0]["code"],
        "MAX_EMBED_SIZE_EXCEEDED"
    );
    let button = |id: &str| json!({ "type": 2, "style": 1, "label": "x", "custom_id": id });
    let rows = |buttons: Vec<Value>| json!({ "content": "x", "components": [{ "type": 1, "components": buttons }] });
    assert_eq!(
        send(
            &sandbox,
            rows((0..5).map(|n| button(&n.to_string())).collect())
        )
        .await
        .0,
        200
    );
    invalid(rows((0..6).map(|n| button(&n.to_string())).collect())).await;
    invalid(rows(vec![button("a"), button("a")])).await;
    invalid(rows(vec![button(&long(101))])).await;
    invalid(rows(Vec::new())).await;
    invalid(json!({ "content": "x", "nonce": long(26) })).await;
    let both = json!({ "parse": ["users"], "users": ["1"] });
    invalid(json!({ "content": "x", "allowed_mentions": both })).await;
    assert_eq!(
        refused(send(&sandbox, json!({ "content": "  " })).await),
        (400, 50006)
    );
    assert_eq!(
        refused(send(&sandbox, json!({ "embeds": [] })).await),
        (400, 50006)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn a_nonce_prevents_duplicates_for_three_minutes() {
    let sandbox = sandbox().await;
    let body = json!({ "content": "once", "nonce": "q1", "enforce_nonce": true });
    let first = send(&sandbox, body.clone()).await.1;
    assert_eq!(first["nonce"], "q1");
    assert_eq!(send(&sandbox, body.clone()).await.1["id"], first["id"]);
    let message = first["id"].as_str().unwrap();
    assert_eq!(
        call(
            &sandbox,
            "DELETE",
            &format!("{MESSAGES}/{message}"),
            Value::Null
        )
        .await
        .0,
        204
    );
    assert_eq!(refused(send(&sandbox, body.clone()).await), (404, 10008));
    sandbox
        .clock()
        .advance(std::time::Duration::from_secs(181))
        .await
        .unwrap();
    let (status, second) = send(&sandbox, body).await;
    assert_eq!(status, 200);
    assert_ne!(second["id"], first["id"]);
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn threads_enforce_their_rules() {
    let sandbox = sandbox().await;
    let message = sandbox.post(ids::ASYNCIO, ids::LIN, "a question").unwrap();
    let threads = format!("{MESSAGES}/{message}/threads");
    let start = |body: Value| call(&sandbox, "POST", &threads, body);
    assert_eq!(refused(start(json!({ "name": "" })).await), (400, 50035));
    assert_eq!(
        refused(start(json!({ "name": "x".repeat(101) })).await),
        (400, 50035)
    );
    let odd = json!({ "name": "x", "auto_archive_duration": 7 });
    assert_eq!(refused(start(odd).await), (400, 50035));
    assert_eq!(start(json!({ "name": "x".repeat(100) })).await.0, 201);
    assert_eq!(refused(start(json!({ "name": "x" })).await), (400, 160_004));
    let inside = format!("/channels/{message}/messages");
    let text = json!({ "content": "hello" });
    let (_, sent) = call(&sandbox, "POST", &inside, text.clone()).await;
    let nested = format!("{inside}/{}/threads", sent["id"].as_str().unwrap());
    assert_eq!(
        refused(call(&sandbox, "POST", &nested, json!({ "name": "x" })).await),
        (400, 50024)
    );
    sandbox.archive_thread(message, true);
    let own = format!("{inside}/{}", sent["id"].as_str().unwrap());
    assert_eq!(
        refused(call(&sandbox, "PATCH", &own, text.clone()).await),
        (400, 50083)
    );
    let reaction = format!("{own}/reactions/%E2%9C%85/@me");
    assert_eq!(
        refused(call(&sandbox, "PUT", &reaction, Value::Null).await),
        (400, 50083)
    );
    assert_eq!(call(&sandbox, "POST", &inside, text.clone()).await.0, 200);
    assert!(!sandbox.threads(ids::ASYNCIO)[0].archived);
    sandbox.lock_thread(message, true);
    assert_eq!(
        refused(call(&sandbox, "POST", &inside, text.clone()).await),
        (403, 160_005)
    );
    let forum = sandbox.add_channel(ids::GUILD, kind::FORUM, "forum");
    let forum = format!("/channels/{forum}/messages");
    assert_eq!(
        refused(call(&sandbox, "POST", &forum, text).await),
        (400, 50024)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn messages_of_others_cannot_be_changed() {
    let sandbox = sandbox().await;
    let message = sandbox.post(ids::ASYNCIO, ids::LIN, "mine").unwrap();
    let path = format!("{MESSAGES}/{message}");
    let edit = json!({ "content": "yours" });
    assert_eq!(
        refused(call(&sandbox, "PATCH", &path, edit.clone()).await),
        (403, 50005)
    );
    assert_eq!(
        refused(call(&sandbox, "DELETE", &path, Value::Null).await),
        (403, 50013)
    );
    let (_, read) = call(&sandbox, "GET", &path, Value::Null).await;
    assert_eq!(
        (&read["content"], &read["author"]["username"]),
        (&json!(""), &json!("lin"))
    );
    let to_bot = format!("hey <@{}>", ids::APP);
    let message = sandbox.post(ids::ASYNCIO, ids::LIN, &to_bot).unwrap();
    let (_, read) = call(
        &sandbox,
        "GET",
        &format!("{MESSAGES}/{message}"),
        Value::Null,
    )
    .await;
    assert_eq!(read["content"], to_bot);
    let (_, own) = send(&sandbox, edit).await;
    let path = format!("{MESSAGES}/{}", own["id"].as_str().unwrap());
    let nothing = json!({ "content": "" });
    assert_eq!(
        refused(call(&sandbox, "PATCH", &path, nothing).await),
        (400, 50006)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn history_pages_are_newest_first() {
    let sandbox = sandbox().await;
    let ids: Vec<u64> = (0..120)
        .map(|n| {
            sandbox
                .post(ids::ASYNCIO, ids::LIN, &n.to_string())
                .unwrap()
        })
        .collect();
    let page = |query: String| {
        let sandbox = sandbox.clone();
        async move {
            let (_, page) = call(&sandbox, "GET", &format!("{MESSAGES}{query}"), Value::Null).await;
            let id = |one: &Value| one["id"].as_str().unwrap().parse::<u64>().unwrap();
            page.as_array()
                .map(|page| page.iter().map(id).collect::<Vec<_>>())
        }
    };
    let newest_first =
        |range: std::ops::Range<usize>| Some(ids[range].iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(page(String::new()).await, newest_first(70..120));
    assert_eq!(page("?limit=100".into()).await, newest_first(20..120));
    assert_eq!(
        page(format!("?after={}&limit=100", ids[9])).await,
        newest_first(10..110)
    );
    assert_eq!(
        page(format!("?before={}&limit=3", ids[9])).await,
        newest_first(6..9)
    );
    assert_eq!(
        page(format!("?around={}&limit=3", ids[9])).await,
        newest_first(8..11)
    );
    assert_eq!(page("?limit=101".into()).await, None);
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn allowed_mentions_limit_pings() {
    let sandbox = sandbox().await;
    let text = format!("@everyone <@&{}> <@{}>", ids::TEAM_ROLE, ids::SAM);
    let pings = |allowed: Value| {
        let (sandbox, content) = (sandbox.clone(), text.clone());
        async move {
            let body = json!({ "content": content, "allowed_mentions": allowed });
            let (_, sent) = send(&sandbox, body).await;
            sandbox.pings(sent["id"].as_str().unwrap().parse().unwrap())
        }
    };
    assert_eq!(pings(json!({ "parse": [] })).await, Vec::<u64>::new());
    assert_eq!(
        pings(json!({ "parse": [], "roles": [ids::TEAM_ROLE.to_string()] })).await,
        [ids::LIN]
    );
    assert_eq!(pings(json!({ "parse": ["users"] })).await, [ids::SAM]);
    // Without the permission MENTION_EVERYONE, nobody is pinged.
    assert_eq!(
        pings(json!({ "parse": ["everyone"] })).await,
        Vec::<u64>::new()
    );
    assert_eq!(pings(Value::Null).await, [ids::LIN, ids::SAM]);
    // Authors are not pinged by their own message, and silent messages ping nobody.
    let own = sandbox.post(ids::ASYNCIO, ids::SAM, &text).unwrap();
    assert_eq!(sandbox.pings(own), [ids::LIN]);
    let (_, silent) = send(&sandbox, json!({ "content": text, "flags": 1 << 12 })).await;
    let silent = silent["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(sandbox.pings(silent), Vec::<u64>::new());
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn direct_messages_are_private() {
    let sandbox = sandbox().await;
    let open = json!({ "recipient_id": ids::LIN.to_string() });
    let (_, channel) = call(&sandbox, "POST", "/users/@me/channels", open.clone()).await;
    let again = call(&sandbox, "POST", "/users/@me/channels", open).await.1;
    assert_eq!(channel["id"], again["id"]);
    let id: u64 = channel["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/channels/{id}/messages");
    assert_eq!(
        call(&sandbox, "POST", &path, json!({ "content": "psst" }))
            .await
            .0,
        200
    );
    assert_eq!(sandbox.messages(id, ids::LIN)[0].content, "psst");
    assert!(sandbox.messages(id, ids::SAM).is_empty());
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn users_can_block_direct_messages() {
    let sandbox = sandbox().await;
    sandbox.set_blocks_dms(ids::LIN, true);
    let open = json!({ "recipient_id": ids::LIN.to_string() });
    let (_, channel) = call(&sandbox, "POST", "/users/@me/channels", open).await;
    let path = format!("/channels/{}/messages", channel["id"].as_str().unwrap());
    let text = json!({ "content": "psst" });
    assert_eq!(
        refused(call(&sandbox, "POST", &path, text).await),
        (403, 50007)
    );
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn command_definitions_are_validated() {
    let sandbox = sandbox().await;
    let path = format!("/applications/{}/commands", ids::APP);
    let put = |body: Value| call(&sandbox, "PUT", &path, body);
    let one = |name: &str, options: Value| json!([{ "name": name, "description": "x", "options": options }]);
    let option = |name: &str| json!({ "type": 3, "name": name, "description": "x" });
    let (_, first) = put(one("quiz", json!([option("topic")]))).await;
    let (_, same) = put(one("quiz", json!([option("topic")]))).await;
    assert_eq!(first, same);
    let (_, changed) = put(one("quiz", json!([]))).await;
    assert_eq!(first[0]["id"], changed[0]["id"]);
    assert_ne!(first[0]["version"], changed[0]["version"]);
    let mut required = option("late");
    required["required"] = json!(true);
    let mut typed = option("typed");
    typed["autocomplete"] = json!(true);
    typed["choices"] = json!([{ "name": "a", "value": "a" }]);
    let group = json!({ "type": 1, "name": "sub", "description": "x" });
    let in_group = |options: Value| json!([{ "type": 2, "name": "group", "description": "x", "options": options }]);
    let nested = one("quiz", in_group(json!([group])));
    assert_eq!(put(nested).await.0, 200);
    let many: Vec<Value> = (0..26).map(|n| option(&format!("o{n}"))).collect();
    for invalid in [
        one("Quiz", json!([])),
        one("quiz now", json!([])),
        one(&"q".repeat(33), json!([])),
        one("quiz", json!([option("early"), required])),
        one("quiz", json!([option("twice"), option("twice")])),
        one("quiz", json!([typed])),
        one("quiz", json!([group, option("beside")])),
        one("quiz", in_group(json!([option("inside")]))),
        one("quiz", in_group(in_group(json!([group])))),
        one(
            "quiz",
            json!([{ "type": 1, "name": "sub", "description": "x", "options": [group] }]),
        ),
        one("quiz", json!(many)),
        json!([{ "name": "quiz" }]),
        json!([{ "name": "quiz", "description": "x" }, { "name": "quiz", "description": "y" }]),
        json!({}),
    ] {
        assert_eq!(
            refused(put(invalid.clone()).await),
            (400, 50035),
            "{invalid}"
        );
    }
    let hundred = |from: usize| {
        let all =
            (from..from + 100).map(|n| json!({ "name": format!("c{n}"), "description": "x" }));
        all.collect::<Value>()
    };
    assert_eq!(put(hundred(0)).await.0, 200);
    assert_eq!(refused(put(hundred(100)).await), (400, 30034));
    assert_matches_openapi(&sandbox);
}

/// discord.py sends an integer, serenity a string.
#[tokio::test]
async fn command_permissions_are_a_string_or_an_integer() {
    let sandbox = sandbox().await;
    let path = format!("/applications/{}/commands", ids::APP);
    let put = async |permissions: Value| {
        let body = json!([{ "name": "admin", "description": "x", "default_member_permissions": permissions }]);
        call(&sandbox, "PUT", &path, body).await
    };
    let (status, as_string) = put(json!("32")).await;
    assert_eq!(status, 200, "{as_string}");
    let (status, as_integer) = put(json!(32)).await;
    assert_eq!(status, 200, "{as_integer}");
    assert_eq!(as_integer[0]["default_member_permissions"], "32");
    // The same set of bits, so the command did not change.
    assert_eq!(as_string, as_integer);
    let available =
        |user| sandbox.read(|discord| is_command_available(discord, ids::ASYNCIO, user, "admin"));
    assert!(available(ids::ADA));
    assert!(!available(ids::SAM));
    for invalid in [json!("manage"), json!(-1), json!(1.5), json!(true)] {
        assert_eq!(refused(put(invalid).await), (400, 50035));
    }
    assert_matches_openapi(&sandbox);
}

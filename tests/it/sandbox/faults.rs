//! Injected faults, and requests that are held at an exact step.

use std::time::Duration;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::{Options, Sandbox, ids};
use serde_json::{Value, json};

use super::client::{call, sandbox, start};

const MESSAGES: &str = "/channels/1120000000000000001/messages";

fn message_count(sandbox: &Sandbox) -> usize {
    sandbox.messages(ids::ASYNCIO, ids::ADA).len()
}

async fn send(sandbox: &Sandbox) -> (u16, Value) {
    call(sandbox, "POST", MESSAGES, json!({ "content": "hello" })).await
}

#[tokio::test]
async fn a_request_fails_before_or_after_it_takes_effect() {
    let sandbox = sandbox().await;
    sandbox.add_fault(FaultRule::on("CreateMessage"), RequestFault::server_error());
    assert_eq!((send(&sandbox).await.0, message_count(&sandbox)), (500, 0));
    sandbox.add_fault(
        FaultRule::on("CreateMessage").after(),
        RequestFault::server_error(),
    );
    assert_eq!((send(&sandbox).await.0, message_count(&sandbox)), (500, 1));
    sandbox.add_fault(
        FaultRule::any().guild(ids::GUILD).always(),
        RequestFault::missing_permissions(),
    );
    for _ in 0..3 {
        assert_eq!(send(&sandbox).await.1["code"], 50013);
    }
    assert_eq!(
        call(&sandbox, "GET", "/users/@me", Value::Null).await.0,
        200
    );
    sandbox.clear_faults();
    assert_eq!(send(&sandbox).await.0, 200);
    sandbox.add_fault(
        FaultRule::on("CreateMessage"),
        RequestFault::too_many_requests(0.5, "user"),
    );
    let (status, body) = send(&sandbox).await;
    assert_eq!((status, &body["retry_after"]), (429, &json!(0.5)));
    let faults: Vec<_> = sandbox
        .requests()
        .iter()
        .map(|one| (one.status, one.fault))
        .collect();
    assert_eq!(faults[0], (500, Some("answer")));
    assert_eq!(faults.last(), Some(&(429, Some("answer"))));
}

#[tokio::test]
async fn a_connection_is_reset() {
    let sandbox = sandbox().await;
    let url = format!("{}/api/v10{MESSAGES}", sandbox.url());
    let post = || {
        let token = format!("Bot {}", sandbox.token());
        let request = reqwest::Client::new()
            .post(&url)
            .header("Authorization", token);
        request.json(&json!({ "content": "hello" })).send()
    };
    sandbox.add_fault(FaultRule::on("CreateMessage"), RequestFault::Reset);
    assert!(post().await.is_err());
    assert_eq!(message_count(&sandbox), 0);
    sandbox.add_fault(FaultRule::on("CreateMessage").after(), RequestFault::Reset);
    assert!(post().await.is_err());
    assert_eq!(message_count(&sandbox), 1);
    assert_eq!(sandbox.requests().last().map(|one| one.status), Some(0));
}

#[tokio::test]
async fn a_request_is_held_until_it_is_released() {
    let sandbox = sandbox().await;
    let held = sandbox.hold_requests(FaultRule::on("CreateMessage").after());
    let sending = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { send(&sandbox).await }
    });
    let request = held.first_request().await;
    assert_eq!(
        (request.route.as_str(), &request.body["content"]),
        ("CreateMessage", &json!("hello"))
    );
    assert_eq!(message_count(&sandbox), 1);
    assert!(!sending.is_finished());
    held.release();
    assert_eq!(sending.await.unwrap().0, 200);
}

#[tokio::test]
async fn a_hanging_request_blocks_no_others() {
    let sandbox = sandbox().await;
    sandbox.add_fault(FaultRule::on("CreateMessage"), RequestFault::Hang);
    let hanging = tokio::time::timeout(Duration::from_millis(50), send(&sandbox)).await;
    assert!(hanging.is_err());
    assert_eq!((send(&sandbox).await.0, message_count(&sandbox)), (200, 1));
}

#[tokio::test]
async fn the_global_rate_limit_is_enforced_on_request() {
    let sandbox = start(Options {
        enforce_limits: true,
        ..Options::default()
    })
    .await;
    let client = reqwest::Client::new();
    let mut statuses = Vec::new();
    for _ in 0..51 {
        let request = client
            .get(format!("{}/api/v10/users/@me", sandbox.url()))
            .header("Authorization", format!("Bot {}", sandbox.token()));
        let answer = request.send().await.unwrap();
        statuses.push(answer.status().as_u16());
        if answer.status() == 429 {
            assert_eq!(answer.headers()["X-RateLimit-Global"], "true");
        } else {
            assert!(answer.headers().contains_key("X-RateLimit-Bucket"));
        }
    }
    // A slow machine may take more than a second for 51 requests; then none is refused.
    assert!(sandbox.busiest_second() <= 50);
    assert_eq!(
        statuses.contains(&429),
        sandbox.busiest_second() == 50 && statuses[50] == 429
    );
}

#[tokio::test]
async fn a_held_request_can_be_reset() {
    let sandbox = sandbox().await;
    let held = sandbox.hold_requests(FaultRule::on("CreateMessage"));
    let sending = tokio::spawn({
        let url = format!("{}/api/v10{MESSAGES}", sandbox.url());
        let token = format!("Bot {}", sandbox.token());
        async move {
            let request = reqwest::Client::new()
                .post(url)
                .header("Authorization", token);
            request.json(&json!({ "content": "hello" })).send().await
        }
    });
    held.first_request().await;
    held.reset();
    assert!(sending.await.unwrap().is_err());
    assert_eq!(message_count(&sandbox), 0);
}

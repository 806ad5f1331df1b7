//! The clock, as a bot follows it over HTTP.

use std::time::Duration;

use discord_sandbox::Sandbox;
use serde_json::{Value, json};

use super::client::sandbox;

const LIMIT: Duration = Duration::from_secs(60);

async fn line(stream: &mut reqwest::Response) -> Value {
    let chunk = tokio::time::timeout(LIMIT, stream.chunk()).await;
    let chunk = chunk
        .expect("a line should arrive")
        .unwrap()
        .expect("the stream should not end");
    assert_eq!(chunk.last(), Some(&b'\n'));
    serde_json::from_slice(&chunk).unwrap()
}

async fn follow(sandbox: &Sandbox) -> reqwest::Response {
    let url = format!("{}/sandbox/clock/stream", sandbox.url());
    reqwest::get(url).await.unwrap()
}

#[tokio::test]
async fn advancing_waits_for_followers_to_acknowledge() {
    let sandbox = sandbox().await;
    let mut stream = follow(&sandbox).await;
    let first = line(&mut stream).await;
    assert_eq!(
        (&first["seq"], &first["flowing"]),
        (&json!(1), &json!(false))
    );
    let moving = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.clock().advance(Duration::from_secs(3600)).await }
    });
    let moved = line(&mut stream).await;
    assert_eq!(
        moved["now_ms"].as_i64(),
        first["now_ms"].as_i64().map(|ms| ms + 3_600_000)
    );
    assert!(!moving.is_finished());
    let url = format!("{}/sandbox/clock/settled", sandbox.url());
    let acknowledge = reqwest::Client::new().post(url).json(&json!({ "seq": 2 }));
    assert_eq!(acknowledge.send().await.unwrap().status(), 204);
    moving.await.unwrap().unwrap();
}

#[tokio::test]
async fn advancing_does_not_wait_for_disconnected_followers() {
    let sandbox = sandbox().await;
    let mut stream = follow(&sandbox).await;
    line(&mut stream).await;
    let moving = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.clock().advance(Duration::from_secs(1)).await }
    });
    line(&mut stream).await;
    drop(stream);
    tokio::time::timeout(LIMIT, moving)
        .await
        .expect("advancing should not wait")
        .unwrap()
        .unwrap();
}

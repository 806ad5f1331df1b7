//! The REST API, and the clock that Quizloop follows here.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use quizloop::practice::id::{ChannelId, MessageId};
use serde_json::{Value, json};

use super::FakeDiscord;
use crate::response_tracker::lock;
use crate::wire;

/// More than any answer of a bot without a file has.
const BODY_MAX: usize = 1 << 20;

/// What an answer says that is none: words with which Quizloop turns a member away or apologises.
const REFUSALS: [&str; 4] = [
    "Slow down, please",
    "could not be saved",
    "No team practises",
    "You had every question",
];

/// Answers a request.
pub async fn serve(State(discord): State<Arc<FakeDiscord>>, request: Request) -> Response {
    // A member waits until the answer arrives, not until it is read.
    let arrived = Instant::now();
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    let path = head.uri.path();
    let path = path.strip_prefix("/api/v10").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    route(&discord, &head.method, &parts, &body, arrived)
}

fn route(
    discord: &FakeDiscord,
    method: &Method,
    path: &[&str],
    body: &Bytes,
    arrived: Instant,
) -> Response {
    match (method, path) {
        (&Method::POST, ["interactions", interaction, _, "callback"]) => {
            discord
                .tracker
                .response_received(number(interaction), arrived, is_good(body));
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::PUT, ["channels", _, "messages", message, "reactions", ..]) => {
            discord
                .tracker
                .response_received(number(message), arrived, true);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::GET, ["clock", "stream"]) => clock(discord),
        (&Method::POST, ["clock", "settled"]) => StatusCode::NO_CONTENT.into_response(),
        (&Method::POST, ["channels", channel, "messages", message, "threads"]) => {
            let (channel, message) = (number(channel), number(message));
            lock(&discord.questions).insert(ChannelId::new(channel), MessageId::new(message));
            json_response(StatusCode::CREATED, &wire::thread(channel, message))
        }
        _ => route_rare(discord, method, path),
    }
}

/// What is asked now and then.
fn route_rare(discord: &FakeDiscord, method: &Method, path: &[&str]) -> Response {
    let url = || format!("ws://{}/gateway", discord.address());
    let answer = match (method, path) {
        (&Method::GET, ["gateway"]) => json!({ "url": url() }),
        (&Method::GET, ["gateway", "bot"]) => json!({
            "url": url(), "shards": 1,
            "session_start_limit": { "total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1 },
        }),
        (&Method::GET, [.., "applications", "@me"]) => wire::application(),
        (&Method::GET, ["users", "@me"]) => wire::me(),
        (&Method::PUT, ["applications", ..]) | (&Method::GET, ["channels", _, "messages"]) => {
            json!([])
        }
        (&Method::GET, ["channels", channel]) => wire::channel_object(number(channel)),
        (&Method::POST, ["channels", channel, "messages"]) => {
            wire::own_message(number(channel), discord.new_id())
        }
        (&Method::PATCH, ["channels", channel, "messages", message]) => {
            wire::own_message(number(channel), number(message))
        }
        _ => {
            let unknown = json!({ "code": 0, "message": "404: Not Found" });
            return json_response(StatusCode::NOT_FOUND, &unknown);
        }
    };
    json_response(StatusCode::OK, &answer)
}

fn json_response(status: StatusCode, answer: &Value) -> Response {
    let kind = [("content-type", "application/json")];
    (status, kind, answer.to_string()).into_response()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn is_good(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body).unwrap_or_default();
    !REFUSALS.iter().any(|refusal| text.contains(refusal))
}

/// One reading of the clock, which then goes on by itself; the stream stays open as long as the bot wants.
fn clock(discord: &FakeDiscord) -> Response {
    let now_ms = discord.now().as_millisecond();
    let line = json!({ "seq": 1, "now_ms": now_ms, "flowing": true });
    let line = Ok::<_, std::convert::Infallible>(Bytes::from(format!("{line}\n")));
    let stream = futures::stream::iter([line]).chain(futures::stream::pending());
    Body::from_stream(stream).into_response()
}

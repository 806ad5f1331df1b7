//! The REST API, and the clock that Quizloop follows in this example.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use quizloop_core::id::{ChannelId, MessageId};
use serde_json::{Value, json};

use super::FakeDiscord;
use crate::response_tracker::lock;
use crate::wire;

/// Maximum size of a request body, larger than any response without a file.
const BODY_MAX: usize = 1 << 20;

/// Phrases that identify Quizloop's error messages. A response with one of them counts as failed.
const ERROR_PHRASES: [&str; 4] = [
    "Too many requests",
    "could not be saved",
    "No team practises",
    "You've had every",
];

/// Serves an API request.
pub async fn serve(State(discord): State<Arc<FakeDiscord>>, request: Request) -> Response {
    // Latency ends when the response arrives, before its body is read.
    let arrived = Instant::now();
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    let path = head.uri.path();
    let path = path.strip_prefix("/api/v10").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let mut response = route(&discord, &head.method, &parts, &body, arrived);
    // Quizloop compares it with its own clock.
    if let Some(date) = discord.date() {
        response.headers_mut().insert(DATE, date);
    }
    response
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
            let id = parse_id(interaction);
            let tracker = &discord.tracker;
            if tracker.response_received(id, arrived, is_good(body)) {
                StatusCode::NO_CONTENT.into_response()
            } else {
                let unknown = json!({ "code": 10_062, "message": "Unknown interaction" });
                json_response(StatusCode::NOT_FOUND, &unknown)
            }
        }
        (&Method::PUT, ["channels", _, "messages", message, "reactions", ..]) => {
            discord
                .tracker
                .response_received(parse_id(message), arrived, true);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::GET, ["clock", "stream"]) => stream_clock(discord),
        (&Method::POST, ["clock", "settled"]) => StatusCode::NO_CONTENT.into_response(),
        (&Method::POST, ["channels", channel, "messages", message, "threads"]) => {
            let (channel, message) = (parse_id(channel), parse_id(message));
            lock(&discord.questions).insert(ChannelId::new(channel), MessageId::new(message));
            json_response(StatusCode::CREATED, &wire::thread(channel, message))
        }
        _ => route_rare(discord, method, path),
    }
}

/// Routes requests that are not on the measured path.
fn route_rare(discord: &FakeDiscord, method: &Method, path: &[&str]) -> Response {
    let url = || format!("ws://{}/gateway", discord.address());
    let response = match (method, path) {
        (&Method::GET, ["gateway"]) => json!({ "url": url() }),
        (&Method::GET, ["gateway", "bot"]) => json!({
            "url": url(), "shards": 1,
            "session_start_limit": {
                "total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1,
            },
        }),
        (&Method::GET, [.., "applications", "@me"]) => wire::application(),
        (&Method::GET, ["users", "@me"]) => wire::current_user(),
        (&Method::PUT, ["applications", ..]) | (&Method::GET, ["channels", _, "messages"]) => {
            json!([])
        }
        (&Method::GET, ["guilds", guild]) => wire::guild_object(parse_id(guild)),
        (&Method::GET, ["guilds", _, "members", _]) => wire::current_member(),
        (&Method::GET, ["channels", channel]) => wire::channel_object(parse_id(channel)),
        (&Method::POST, ["channels", channel, "messages"]) => {
            wire::own_message(parse_id(channel), discord.new_id())
        }
        (&Method::PATCH, ["channels", channel, "messages", message]) => {
            wire::own_message(parse_id(channel), parse_id(message))
        }
        _ => {
            let unknown = json!({ "code": 0, "message": "404: Not Found" });
            return json_response(StatusCode::NOT_FOUND, &unknown);
        }
    };
    json_response(StatusCode::OK, &response)
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    (status, headers, body.to_string()).into_response()
}

fn parse_id(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn is_good(body: &[u8]) -> bool {
    let text = std::str::from_utf8(body).unwrap_or_default();
    !ERROR_PHRASES.iter().any(|phrase| text.contains(phrase))
}

/// Sends the current time once. The bot's clock runs on from there, and the stream stays open.
fn stream_clock(discord: &FakeDiscord) -> Response {
    let now_ms = discord.now().as_millisecond();
    let line = json!({ "seq": 1, "now_ms": now_ms, "flowing": true });
    let line = Ok::<_, std::convert::Infallible>(Bytes::from(format!("{line}\n")));
    let stream = futures::stream::iter([line]).chain(futures::stream::pending());
    Body::from_stream(stream).into_response()
}

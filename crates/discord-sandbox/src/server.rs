//! HTTP server of the sandbox: the REST API, the gateway and the clock stream.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::json;

use super::api::HttpError;
use super::clock::Follower;
use super::connection::{ConnectionHandle, TrackedListener};
use super::gateway::socket;
use super::origin_check::check_origin;
use super::{SandboxState, api, rest};

/// Serves until the task is aborted.
pub async fn serve(listener: TrackedListener, shared: Arc<SandboxState>) {
    let router = Router::new()
        .route("/gateway", any(gateway))
        // Some libraries, such as twilight, append "/?v=10" to the URL.
        .route("/gateway/", any(gateway))
        .route("/sandbox/clock/stream", get(clock_stream))
        .route("/sandbox/clock/settled", post(acknowledge_clock))
        .route("/api/{*path}", any(rest::serve))
        .route("/ephemeral-attachments/{*path}", any(rest::serve))
        .merge(api::router())
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        // The last layer, so that it covers all routes.
        .layer(from_fn_with_state(Arc::clone(&shared), check_origin))
        .with_state(shared);
    let service = router.into_make_service_with_connect_info::<ConnectionHandle>();
    // `axum::serve` retries accept errors and never returns one, so the result carries nothing.
    let _ = axum::serve(listener, service).await;
}

async fn unknown_path() -> HttpError {
    HttpError::not_found(&"there is no such path; GET /sandbox lists them")
}

async fn wrong_method() -> HttpError {
    HttpError::wrong_method()
}

#[derive(Debug, Deserialize)]
struct GatewayQuery {
    v: Option<u8>,
}

/// The only gateway version that the sandbox implements.
const API_VERSION: u8 = 10;

async fn gateway(
    State(shared): State<Arc<SandboxState>>,
    Query(query): Query<GatewayQuery>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if shared.read(|discord| discord.gateway.refuse_connections) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let is_supported = query.v.is_none_or(|version| version == API_VERSION);
    upgrade.on_upgrade(move |socket| socket::serve(shared, socket, is_supported))
}

/// Streams clock readings as JSON lines. The first line is the current reading.
async fn clock_stream(State(shared): State<Arc<SandboxState>>) -> Response {
    let follower = shared.clock.follow();
    let lines = futures::stream::unfold(follower, |mut follower| async move {
        let line = clock_line(&mut follower).await?;
        Some((Ok::<_, Infallible>(line), follower))
    });
    let headers = [("content-type", "application/x-ndjson")];
    (headers, Body::from_stream(lines)).into_response()
}

async fn clock_line(follower: &mut Follower) -> Option<Bytes> {
    let reading = follower.next().await?;
    let line = json!({
        "seq": reading.seq,
        "now_ms": reading.now_ms,
        "flowing": reading.flowing,
        "skew_ms": reading.skew_ms,
        "follower": follower.id(),
    });
    Some(Bytes::from(format!("{line}\n")))
}

#[derive(Debug, Deserialize)]
struct ClockAckBody {
    seq: u64,
    follower: Option<u64>,
}

async fn acknowledge_clock(
    State(shared): State<Arc<SandboxState>>,
    Json(body): Json<ClockAckBody>,
) -> StatusCode {
    shared.clock.acknowledge(body.seq, body.follower);
    StatusCode::NO_CONTENT
}

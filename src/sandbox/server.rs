//! What listens: the REST API, the gateway, and the clock's stream.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::json;

use super::clock::Follower;
use super::connection::{Cutter, Listener};
use super::gateway::socket;
use super::{Shared, control, rest};

/// Serves until the task is aborted.
pub async fn serve(listener: Listener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/gateway", any(gateway))
        .route("/sandbox/clock/stream", get(clock_stream))
        .route("/sandbox/clock/settled", post(clock_settled))
        .route("/api/{*path}", any(rest::serve))
        .merge(control::router(&shared))
        .with_state(shared);
    // It ends only when the listener breaks, and then there is nobody left to tell.
    let service = router.into_make_service_with_connect_info::<Cutter>();
    let _ = axum::serve(listener, service).await;
}

#[derive(Debug, Deserialize)]
struct Version {
    v: Option<u8>,
}

/// The one version of the gateway that is spoken here.
const VERSION: u8 = 10;

async fn gateway(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Version>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if shared.read(|discord| discord.gateway.refuse) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let is_known = query.v.is_none_or(|version| version == VERSION);
    upgrade.on_upgrade(move |socket| socket::serve(shared, socket, is_known))
}

/// Readings of the clock as lines of JSON, the current one at once.
async fn clock_stream(State(shared): State<Arc<Shared>>) -> Response {
    let follower = shared.clock.follow();
    let lines = futures::stream::unfold(follower, |mut follower| async move {
        let line = clock_line(&mut follower).await?;
        Some((Ok::<_, Infallible>(line), follower))
    });
    let kind = [("content-type", "application/x-ndjson")];
    (kind, Body::from_stream(lines)).into_response()
}

async fn clock_line(follower: &mut Follower) -> Option<Bytes> {
    let reading = follower.next().await?;
    let line = json!({
        "seq": reading.seq,
        "now_ms": reading.now_ms,
        "flowing": reading.flowing,
        "follower": follower.id(),
    });
    Some(Bytes::from(format!("{line}\n")))
}

#[derive(Debug, Deserialize)]
struct Settled {
    seq: u64,
    follower: Option<u64>,
}

async fn clock_settled(State(shared): State<Arc<Shared>>, Json(body): Json<Settled>) -> StatusCode {
    shared.clock.report_settled(body.seq, body.follower);
    StatusCode::NO_CONTENT
}

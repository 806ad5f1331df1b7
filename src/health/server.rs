//! The server of `/healthz`, `/livez` and `/metrics`.
//!
//! It runs on the bot's runtime and not on a thread of its own. If that runtime is stalled, the
//! endpoints must not report a healthy bot. Each response takes well under a millisecond. The server
//! is axum because the sandbox uses it already.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::monitor::{GuildCounts, HealthMonitor};

/// Content type of the text format for Prometheus (`OpenMetrics` 1.0, "Text Format").
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Binds a non-blocking listener to the address.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves requests until the future is dropped. `guilds` is called for each request to `/metrics`.
pub async fn serve(
    listener: TcpListener,
    monitor: Arc<HealthMonitor>,
    guilds: impl Fn() -> GuildCounts + Clone + Send + Sync + 'static,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (for_healthz, for_livez) = (Arc::clone(&monitor), Arc::clone(&monitor));
    // axum's GET routes also handle HEAD, and reject all other methods with 405.
    let router = Router::new()
        .route("/healthz", get(async move || healthz(&for_healthz)))
        .route("/livez", get(async move || livez(&for_livez)))
        .route("/metrics", get(async move || metrics(&monitor, guilds())));
    axum::serve(listener, router).await
}

fn healthz(monitor: &HealthMonitor) -> Response {
    let report = monitor.report();
    let status = if report.is_working() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    match serde_json::to_string(&report) {
        Ok(json) => response(status, "application/json", json),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Reports whether a restart would help. That is the case if the bot is stalled, but not if Discord
/// or the disk fails.
fn livez(monitor: &HealthMonitor) -> Response {
    match monitor.stall_reason() {
        None => response(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            "alive\n".into(),
        ),
        Some(reason) => {
            let text = format!("{reason}\n");
            response(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                text,
            )
        }
    }
}

fn metrics(monitor: &HealthMonitor, guilds: GuildCounts) -> Response {
    response(StatusCode::OK, OPEN_METRICS, monitor.encode(guilds))
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        // A cached response would hide the current state.
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

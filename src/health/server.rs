//! The server of `/healthz`, `/livez` and `/metrics`.
//!
//! It lives on the bot's own runtime, not on a thread of its own: all pages are made from a few numbers in
//! well under a millisecond, and a bot whose runtime stands still must not be called well by somebody else.
//! axum is what the sandbox brings anyway.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::monitor::{GuildCounts, HealthMonitor};

/// The text format that Prometheus reads (`OpenMetrics` 1.0, "Text Format").
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Takes the address.
///
/// # Errors
///
/// Another process has it, or it is none of this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answers until the future is dropped. `guilds` says how many there are.
///
/// # Errors
///
/// The runtime does not take the listener.
pub async fn serve(
    listener: TcpListener,
    monitor: Arc<HealthMonitor>,
    guilds: impl Fn() -> GuildCounts + Clone + Send + Sync + 'static,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (for_healthz, for_livez) = (Arc::clone(&monitor), Arc::clone(&monitor));
    // A GET route answers HEAD as well, and everything else with 405.
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

/// Whether a restart would help: Discord or the disk in trouble is no reason for one, a bot that stands still is.
fn livez(monitor: &HealthMonitor) -> Response {
    match monitor.stall_reason() {
        None => response(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            "alive\n".into(),
        ),
        Some(what) => {
            let text = format!("{what}\n");
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
        // An old answer is worse than none.
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

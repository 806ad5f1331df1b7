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

use super::vitals::{Guilds, Vitals};

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
    vitals: Arc<Vitals>,
    guilds: impl Fn() -> Guilds + Clone + Send + Sync + 'static,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (asked, looked) = (Arc::clone(&vitals), Arc::clone(&vitals));
    // A GET route answers HEAD as well, and everything else with 405.
    let router = Router::new()
        .route("/healthz", get(async move || health(&asked)))
        .route("/livez", get(async move || life(&looked)))
        .route("/metrics", get(async move || metrics(&vitals, guilds())));
    axum::serve(listener, router).await
}

fn health(vitals: &Vitals) -> Response {
    let report = vitals.report();
    let status = if report.is_working() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    match serde_json::to_string(&report) {
        Ok(json) => page(status, "application/json", json),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether a restart would help: Discord or the disk in trouble is no reason for one, a bot that stands still is.
fn life(vitals: &Vitals) -> Response {
    match vitals.stands_still() {
        None => page(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            "alive\n".into(),
        ),
        Some(what) => {
            let text = format!("{what}\n");
            page(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                text,
            )
        }
    }
}

fn metrics(vitals: &Vitals, guilds: Guilds) -> Response {
    page(StatusCode::OK, OPEN_METRICS, vitals.encode(guilds))
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        // An old answer is worse than none.
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}

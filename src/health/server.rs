//! The server of `/healthz`, `/livez` and `/metrics`.
//!
//! It runs on the bot's runtime and not on a thread of its own. If that runtime is stalled, the
//! endpoints must not report a healthy bot. Each response takes well under a millisecond. The routes
//! are axum's because the sandbox uses it already; the connections are hyper's, because axum's own
//! server limits neither their number nor their duration.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::monitor::{GuildCounts, HealthMonitor};

/// Content type of the text format for Prometheus (`OpenMetrics` 1.0, "Text Format").
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Pause after a connection could not be accepted, for example because all file descriptors are in
/// use. axum's own server waits as long.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// How much of the process the clients may use.
#[derive(Debug, Clone, Copy)]
struct ConnectionLimits {
    /// Maximum number of concurrent connections. Others wait in the system's queue.
    count: usize,
    /// Maximum duration of a connection, which carries one request.
    duration: Duration,
}

/// A probe and a scrape at the same time use two connections, for a few milliseconds. The count is
/// far below the limit of file descriptors (1,024 in most shells), which Discord's connections and
/// the state need too.
const LIMITS: ConnectionLimits = ConnectionLimits {
    count: 64,
    duration: Duration::from_secs(10),
};

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
    serve_connections(listener, router, LIMITS).await
}

async fn serve_connections(
    listener: tokio::net::TcpListener,
    router: Router,
    limits: ConnectionLimits,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(limits.count));
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&permits).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    let _permit = permit;
                    // A client that is too slow is disconnected.
                    let _ = tokio::time::timeout(limits.duration, answer(stream, router)).await;
                });
            }
            Err(error) => {
                tracing::debug!(%error, "health connection not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one request and closes the connection.
async fn answer(stream: TcpStream, router: Router) {
    let served = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "health request not answered");
    }
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn client(address: SocketAddr, request: &str) -> TcpStream {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }

    /// With room for one connection, a request waits until the slow client before it is
    /// disconnected.
    #[tokio::test]
    async fn slow_clients_are_disconnected_and_connections_are_limited() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/livez", get(async || "alive"));
        let limits = ConnectionLimits {
            count: 1,
            duration: Duration::from_millis(100),
        };
        tokio::spawn(serve_connections(listener, router, limits));
        let slow = client(address, "GET /livez HTTP/1.1\r\nHost: ").await;
        let mut fast = client(address, "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut response = String::new();
        fast.read_to_string(&mut response).await.unwrap();
        assert!(response.ends_with("alive"), "{response}");
        assert_eq!(slow.try_read(&mut [0]).unwrap(), 0, "disconnected before");
    }
}

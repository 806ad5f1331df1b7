//! Processing of a request: parsing, injected faults, authorization, handler, log.
//!
//! A fault can apply before or after the handler. A fault after the handler simulates a lost
//! response: the request takes effect, and the bot does not learn of it. Example: the rule "reset
//! after `CreateMessage`" creates the message and then resets the connection. A bot that retries
//! without a nonce posts the message twice.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, Response, header};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;

use super::error_response;
use super::route::Route;
use super::url::{parse_query, percent_decode};
use super::{ApiRequest, HandlerResult, handle, limits, upload};
use crate::SandboxState;
use crate::connection::ConnectionHandle;
use crate::faults::{FaultTiming, GateOutcome, RequestFault, RequestTarget};
use crate::log::LoggedRequest;
use crate::model::{Discord, StoredFile};

/// Maximum size of a request, in bytes (Discord docs, reference, "Uploading Files").
const BODY_MAX: usize = 25 * 1024 * 1024;

/// Serves one request. If a fault resets the connection, the future never completes.
pub async fn serve(
    State(shared): State<Arc<SandboxState>>,
    ConnectInfo(connection): ConnectInfo<ConnectionHandle>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    let path = parts.uri.path();
    let api_path = path.strip_prefix("/api/v10");
    let path = api_path.unwrap_or(path);
    let segments: Vec<String> = path.split('/').skip(1).map(percent_decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let content_type = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let route = Route::parse(&parts.method, &segments)
        .filter(|one| one.is_download() == api_path.is_none());
    let is_authorized = is_authorized(&shared, &parts.headers);
    // The body of a request that is refused in any case is not read: it may come from anyone.
    let is_refused = !is_authorized && route.as_ref().is_none_or(|one| !one.is_unauthenticated());
    let bytes = if is_refused { Bytes::new() } else { bytes };
    let is_empty = bytes.is_empty();
    let (body, uploads) = upload::read(content_type, bytes).await;
    let incoming = IncomingRequest {
        route,
        is_known_path: Route::is_known_path(&segments),
        path: parts
            .uri
            .path_and_query()
            .map_or("", |path| path.as_str())
            .to_owned(),
        is_authorized,
        body,
        uploads,
        is_empty,
        query: parse_query(parts.uri.query().unwrap_or_default()),
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        method: parts.method,
    };
    if let Some(response) = incoming.serve(&shared).await {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&shared.clock.now());
        return response.into_response(date.ok());
    }
    connection.abort();
    std::future::pending().await
}

struct IncomingRequest {
    method: Method,
    path: String,
    route: Option<Route>,
    /// Whether the path has a route for some method.
    is_known_path: bool,
    is_authorized: bool,
    body: serde_json::Result<Value>,
    uploads: Vec<upload::Upload>,
    is_empty: bool,
    query: BTreeMap<String, String>,
    raw_query: String,
}

/// Response to be sent.
struct OutgoingResponse {
    status: u16,
    body: ResponseBody,
    headers: Vec<(String, String)>,
}

/// Body of a response.
enum ResponseBody {
    Empty,
    /// JSON, or what a fault sends in its place.
    Json(String),
    File(StoredFile),
    /// Never ends.
    Endless,
}

/// Effect of injected faults on a request.
enum FaultResult {
    /// Process the request normally.
    Continue,
    /// Send this response.
    Respond(OutgoingResponse),
    /// Reset the connection.
    Abort,
}

impl IncomingRequest {
    /// Processes the request. Returns `None` if the connection is to be reset.
    async fn serve(self, shared: &SandboxState) -> Option<OutgoingResponse> {
        let seq = shared.with(|discord| discord.log.push_request(self.log_entry(discord)));
        let response = match self.apply_fault(shared, seq, FaultTiming::Before).await {
            FaultResult::Continue => {
                let response = shared.with(|discord| self.respond(discord));
                match self.apply_fault(shared, seq, FaultTiming::After).await {
                    FaultResult::Continue => response,
                    FaultResult::Respond(replacement) => replacement,
                    FaultResult::Abort => return None,
                }
            }
            FaultResult::Respond(response) => response,
            FaultResult::Abort => return None,
        };
        shared.with(|discord| {
            discord
                .log
                .update_request(seq, |entry| response.write_log(entry, self.is_authorized));
        });
        Some(response)
    }

    fn log_entry(&self, discord: &Discord) -> LoggedRequest {
        LoggedRequest {
            at_ms: discord.clock.now_ms(),
            method: self.method.to_string(),
            path: self.path.clone(),
            route: self
                .route
                .as_ref()
                .map_or_else(|| "unknown".to_owned(), Route::name),
            body: self.body.as_ref().cloned().unwrap_or(Value::Null),
            has_token: self.is_authorized,
            ..LoggedRequest::default()
        }
    }

    async fn apply_fault(
        &self,
        shared: &SandboxState,
        seq: u64,
        timing: FaultTiming,
    ) -> FaultResult {
        let fault = shared.with(|discord| {
            let route = self.route.as_ref();
            let target = RequestTarget {
                route,
                method: self.method.as_str(),
                path: &self.path,
                guild: route
                    .and_then(|one| one.guild().or_else(|| discord.guild_of(one.channel()?))),
            };
            let fault = discord.faults.apply(&target, timing)?;
            discord
                .log
                .update_request(seq, |entry| entry.fault = Some(fault.name()));
            Some(fault)
        });
        match fault {
            None => {}
            Some(RequestFault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(RequestFault::Hang) => std::future::pending().await,
            Some(RequestFault::Reset) => return FaultResult::Abort,
            Some(RequestFault::Gate(gate)) => {
                let request = shared
                    .read(|discord| discord.log.requests().rfind(|one| one.seq == seq).cloned());
                if gate.wait(request.unwrap_or_default()).await == GateOutcome::Reset {
                    return FaultResult::Abort;
                }
            }
            Some(RequestFault::Answer {
                status,
                body,
                headers,
            }) => {
                return FaultResult::Respond(OutgoingResponse {
                    status,
                    body: ResponseBody::Json(body),
                    headers,
                });
            }
            Some(RequestFault::Endless) => {
                return FaultResult::Respond(OutgoingResponse {
                    status: 200,
                    body: ResponseBody::Endless,
                    headers: Vec::new(),
                });
            }
        }
        FaultResult::Continue
    }

    fn respond(&self, discord: &mut Discord) -> OutgoingResponse {
        if let Some(retry_after) = discord.limits.record(self.route.as_ref())
            && let RequestFault::Answer {
                status,
                body,
                headers,
            } = RequestFault::too_many_requests(retry_after, "global")
        {
            return OutgoingResponse {
                status,
                body: ResponseBody::Json(body),
                headers,
            };
        }
        if let Some(Route::Attachment { attachment, .. }) = self.route {
            return self.download(discord, attachment);
        }
        let body = self.body.as_ref().cloned().unwrap_or(Value::Null);
        let (status, json) = match self.handle_route(discord, body) {
            Ok((status, json)) => (status, json),
            Err(error) => (error.status, Some(error.json())),
        };
        OutgoingResponse {
            status,
            body: json.map_or(ResponseBody::Empty, |json| {
                ResponseBody::Json(json.to_string())
            }),
            headers: limits::headers(self.route.as_ref(), discord.clock.now_ms()),
        }
    }

    /// Returns a file that a member uploaded for an option of a command.
    fn download(&self, discord: &Discord, attachment: u64) -> OutgoingResponse {
        let found = discord.files.upload(attachment);
        let found = found.filter(|one| one.is_served(&self.raw_query, discord.clock.now_ms()));
        let (status, body) = match found {
            Some(upload) => (200, ResponseBody::File(upload.file.clone())),
            None => (404, ResponseBody::Empty),
        };
        OutgoingResponse {
            status,
            body,
            headers: Vec::new(),
        }
    }

    fn handle_route(&self, discord: &mut Discord, body: Value) -> HandlerResult {
        let Some(route) = &self.route else {
            return Err(if self.is_known_path {
                error_response::method_not_allowed()
            } else {
                error_response::not_found()
            });
        };
        if !self.is_authorized && !route.is_unauthenticated() {
            return Err(error_response::unauthorized());
        }
        if self.body.is_err() && !self.is_empty {
            return Err(error_response::not_json());
        }
        let request = ApiRequest {
            query: self.query.clone(),
            body,
            uploads: self.uploads.clone(),
        };
        handle(discord, route, &request)
    }
}

impl OutgoingResponse {
    fn write_log(&self, entry: &mut LoggedRequest, is_authorized: bool) {
        // Requests about an interaction need no bot token, but the interaction's own one. With a
        // wrong one the sender is unknown, and the body is not kept.
        if !is_authorized && is_refusal(self.status) {
            entry.body = Value::Null;
        }
        let is_shared = self
            .headers
            .iter()
            .any(|(name, value)| name == "X-RateLimit-Scope" && value == "shared");
        entry.status = self.status;
        entry.answer = match &self.body {
            ResponseBody::Json(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
            }
            ResponseBody::File(file) => format!("({} bytes)", file.bytes.len()).into(),
            ResponseBody::Empty | ResponseBody::Endless => Value::Null,
        };
        entry.invalid = matches!(self.status, 401 | 403 | 429) && !is_shared;
    }

    /// `date` is the value of the `Date` header; without it the server sends the machine's time.
    fn into_response(self, date: Option<String>) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        if let Some(date) = date {
            response = response.header(header::DATE, date);
        }
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let response = match self.body {
            ResponseBody::Json(body) => response
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body)),
            ResponseBody::File(file) => response
                .header(header::CONTENT_TYPE, file.content_type())
                .body(Body::from(file.bytes)),
            ResponseBody::Empty => response.body(Body::empty()),
            ResponseBody::Endless => response.body(endless_body()),
        };
        response.expect("status and headers are created by the sandbox and valid")
    }
}

/// Returns a body that never ends.
fn endless_body() -> Body {
    const CHUNK: &[u8] = &[b' '; 16 * 1024];
    let chunks = std::iter::repeat(Ok::<_, Infallible>(Bytes::from_static(CHUNK)));
    Body::from_stream(futures::stream::iter(chunks))
}

/// Returns whether the status refuses a request without looking at its body.
const fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 405)
}

fn is_authorized(shared: &SandboxState, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bot "));
    shared.read(|discord| discord.app.is_token(token))
}

//! One request from the socket to the answer: read, struck by faults, answered, logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, Response, header};
use serde_json::Value;

use super::problem;
use super::route::Route;
use super::url::{decoded, query};
use super::{Answer, Call, handle, limits, upload};
use crate::sandbox::Shared;
use crate::sandbox::connection::Cutter;
use crate::sandbox::faults::{Fault, HoldEnd, Target, When};
use crate::sandbox::log::LoggedRequest;
use crate::sandbox::model::Discord;

/// The largest request, in bytes (Discord docs, reference, "Uploading Files").
const BODY_MAX: usize = 25 * 1024 * 1024;

/// Serves one request.
pub async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    let path = parts
        .uri
        .path()
        .strip_prefix("/api/v10")
        .unwrap_or_default();
    let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_empty = bytes.is_empty();
    let (body, uploads) = upload::read(kind, bytes).await;
    let incoming = Incoming {
        route: Route::parse(&parts.method, &segments),
        is_known_path: Route::is_known_path(&segments),
        path: parts
            .uri
            .path_and_query()
            .map_or("", |path| path.as_str())
            .to_owned(),
        is_authorized: is_authorized(&shared, &parts.headers),
        body,
        uploads,
        is_empty,
        query: query(parts.uri.query().unwrap_or_default()),
        method: parts.method,
    };
    if let Some(reply) = incoming.serve(&shared).await {
        return reply.response();
    }
    cutter.cut();
    std::future::pending().await
}

struct Incoming {
    method: Method,
    path: String,
    route: Option<Route>,
    /// Whether there is a route here for some method.
    is_known_path: bool,
    is_authorized: bool,
    body: serde_json::Result<Value>,
    uploads: Vec<upload::Upload>,
    is_empty: bool,
    query: BTreeMap<String, String>,
}

/// An answer on its way out.
struct Reply {
    status: u16,
    body: Option<String>,
    headers: Vec<(String, String)>,
}

/// What a fault makes of a request.
enum Struck {
    /// It goes on.
    Not,
    /// This is the answer.
    Reply(Reply),
    /// The connection is reset.
    Cut,
}

impl Incoming {
    /// The answer; `None` if the connection is to be reset.
    async fn serve(self, shared: &Shared) -> Option<Reply> {
        let seq = shared.with(|discord| discord.log.begin(self.logged(discord)));
        let reply = match self.strike(shared, seq, When::Before).await {
            Struck::Not => {
                let reply = shared.with(|discord| self.reply(discord));
                match self.strike(shared, seq, When::After).await {
                    Struck::Not => reply,
                    Struck::Reply(other) => other,
                    Struck::Cut => return None,
                }
            }
            Struck::Reply(reply) => reply,
            Struck::Cut => return None,
        };
        shared.with(|discord| discord.log.change(seq, |entry| reply.log(entry)));
        Some(reply)
    }

    fn logged(&self, discord: &Discord) -> LoggedRequest {
        LoggedRequest {
            at_ms: discord.clock.now_ms(),
            method: self.method.to_string(),
            path: self.path.clone(),
            route: self
                .route
                .as_ref()
                .map_or_else(|| "unknown".to_owned(), Route::name),
            body: self.body.as_ref().cloned().unwrap_or(Value::Null),
            ..LoggedRequest::default()
        }
    }

    async fn strike(&self, shared: &Shared, seq: u64, when: When) -> Struck {
        let struck = shared.with(|discord| {
            let route = self.route.as_ref();
            let target = Target {
                route,
                method: self.method.as_str(),
                path: &self.path,
                guild: route
                    .and_then(|one| one.guild().or_else(|| discord.guild_of(one.channel()?))),
            };
            let fault = discord.faults.strike(&target, when)?;
            discord
                .log
                .change(seq, |entry| entry.fault = Some(fault.name()));
            Some(fault)
        });
        match struck {
            None => {}
            Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Reset) => return Struck::Cut,
            Some(Fault::Hold(hold)) => {
                let request = shared
                    .read(|discord| discord.log.requests().rfind(|one| one.seq == seq).cloned());
                if hold.wait(request.unwrap_or_default()).await == HoldEnd::Reset {
                    return Struck::Cut;
                }
            }
            Some(Fault::Answer {
                status,
                body,
                headers,
            }) => {
                return Struck::Reply(Reply {
                    status,
                    body: Some(body),
                    headers,
                });
            }
        }
        Struck::Not
    }

    fn reply(&self, discord: &mut Discord) -> Reply {
        if let Some(retry_after) = discord.limits.count(self.route.as_ref())
            && let Fault::Answer {
                status,
                body,
                headers,
            } = Fault::too_many_requests(retry_after, "global")
        {
            return Reply {
                status,
                body: Some(body),
                headers,
            };
        }
        let body = self.body.as_ref().cloned().unwrap_or(Value::Null);
        let (status, json) = match self.answer(discord, body) {
            Ok((status, json)) => (status, json),
            Err(problem) => (problem.status, Some(problem.json())),
        };
        Reply {
            status,
            body: json.map(|json| json.to_string()),
            headers: limits::headers(self.route.as_ref(), discord.clock.now_ms()),
        }
    }

    fn answer(&self, discord: &mut Discord, body: Value) -> Answer {
        let Some(route) = &self.route else {
            return Err(if self.is_known_path {
                problem::method_not_allowed()
            } else {
                problem::not_found()
            });
        };
        if !self.is_authorized && !route.needs_no_token() {
            return Err(problem::unauthorized());
        }
        if self.body.is_err() && !self.is_empty {
            return Err(problem::not_json());
        }
        let call = Call {
            query: self.query.clone(),
            body,
            uploads: self.uploads.clone(),
        };
        handle(discord, route, &call)
    }
}

impl Reply {
    fn log(&self, entry: &mut LoggedRequest) {
        let is_shared = self
            .headers
            .iter()
            .any(|(name, value)| name == "X-RateLimit-Scope" && value == "shared");
        let body = self.body.as_deref().unwrap_or("null");
        entry.status = self.status;
        entry.answer = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        entry.invalid = matches!(self.status, 401 | 403 | 429) && !is_shared;
    }

    fn response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let response = match self.body {
            Some(body) => response
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body)),
            None => response.body(Body::empty()),
        };
        response.expect("statuses and headers are made here and well formed")
    }
}

fn is_authorized(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = given.and_then(|given| given.strip_prefix("Bot "));
    shared.read(|discord| discord.app.is_token(token))
}

//! The page: the sandbox as one member sees it, rendered on the server from templates. After each
//! change, the browser fetches the page's parts again.
//!
//! The files in `html`, `css` and `js` are compiled in. Rust collects the data, and the templates
//! render it with everything escaped. The scripts act through the control API.

mod assets;
mod calendar;
mod extension;
mod markdown;
mod read_marks;
mod template;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::api::{HttpError, QueryOf};
use super::{Sandbox, SandboxState};

pub use calendar::Calendar;
pub use extension::{
    Demo, DemoResult, GuideAction, GuideButton, GuideGoal, GuideStep, GuideVisibility,
    PageExtension,
};
pub(crate) use read_marks::ReadMarks;
use view::PageQuery;

/// Routes of the page, its parts, its files and attachments.
pub(crate) fn router() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/", get(full_page))
        .route("/page/parts", get(parts))
        .route("/page/log/{seq}", get(log_line))
        .route("/page/{kind}/{file}", get(file))
        .route("/attachments/{channel}/{id}/{name}", get(attachment))
}

/// Renders the page for a member whose client starts: as on Discord, no private message is left.
async fn full_page(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Response {
    let user = shared.read(|discord| query.user(discord));
    let vanished = Sandbox::from_state(&shared).restart_client(user);
    let page = view::page(&shared, &query).await.after_restart(vanished);
    html(template::render("page.html", &page))
}

async fn parts(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Response {
    html(template::render(
        "parts.html",
        &view::page(&shared, &query).await,
    ))
}

/// Renders one line of the log in full.
async fn log_line(State(shared): State<Arc<SandboxState>>, Path(seq): Path<String>) -> Response {
    let line = match seq.parse() {
        Ok(seq) => view::line(&shared, seq).await,
        Err(_) => None,
    };
    match line {
        Some(line) => html(template::render("line.html", &line)),
        None => HttpError::not_found(&"this log line was discarded").into_response(),
    }
}

fn html(rendered: Result<String, minijinja::Error>) -> Response {
    match rendered {
        Ok(html) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => HttpError::internal(&format!("{error:#}")).into_response(),
    }
}

async fn file(Path((kind, file)): Path<(String, String)>) -> Response {
    match assets::find(&kind, &file) {
        Some((kind, text)) => ([(CONTENT_TYPE, kind)], text).into_response(),
        None => HttpError::not_found(&"there is no such page file").into_response(),
    }
}

/// Serves a file that a bot attached.
async fn attachment(
    State(shared): State<Arc<SandboxState>>,
    Path((_, id, _)): Path<(String, String, String)>,
) -> Response {
    let found = id
        .parse()
        .ok()
        .and_then(|id| shared.read(|discord| discord.files.get(id).cloned()));
    match found {
        Some(file) => ([(CONTENT_TYPE, file.content_type())], file.bytes).into_response(),
        None => HttpError::not_found(&"there is no such attachment").into_response(),
    }
}

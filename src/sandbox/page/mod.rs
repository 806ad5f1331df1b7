//! The page: the sandbox as one member sees it, written down here from templates, and sent again in parts
//! whenever something changed.
//!
//! The page's code is in the files of `html`, `css` and `js`, compiled in; Rust says what is to be shown
//! and the templates say how, with every word escaped. What the page does it does over the control API.

mod assets;
mod calendar;
mod markdown;
mod template;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::SandboxState;
use super::api::HttpError;

pub use calendar::Calendar;
pub use view::PageQuery;

/// The page, its parts and its files.
pub fn router() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/", get(full_page))
        .route("/page/parts", get(parts))
        .route("/page/log/{seq}", get(log_line))
        .route("/page/{kind}/{file}", get(file))
        .route("/attachments/{channel}/{id}/{name}", get(attachment))
}

async fn full_page(
    State(shared): State<Arc<SandboxState>>,
    Query(place): Query<PageQuery>,
) -> Response {
    html(template::render(
        "page.html",
        &view::page(&shared, &place).await,
    ))
}

async fn parts(
    State(shared): State<Arc<SandboxState>>,
    Query(place): Query<PageQuery>,
) -> Response {
    html(template::render(
        "parts.html",
        &view::page(&shared, &place).await,
    ))
}

/// What a line of the log is about, in full.
async fn log_line(State(shared): State<Arc<SandboxState>>, Path(seq): Path<u64>) -> Response {
    match view::line(&shared, seq).await {
        Some(line) => html(template::render("line.html", &line)),
        None => HttpError::not_found(&"this line of the log is gone").into_response(),
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
        None => HttpError::not_found(&"the page has no such file").into_response(),
    }
}

/// What a bot attached.
async fn attachment(
    State(shared): State<Arc<SandboxState>>,
    Path((_, id, _)): Path<(String, u64, String)>,
) -> Response {
    let found = shared.read(|discord| discord.files.get(id).cloned());
    match found {
        Some(file) => ([(CONTENT_TYPE, file.content_type())], file.bytes).into_response(),
        None => HttpError::not_found(&"there is no such file").into_response(),
    }
}

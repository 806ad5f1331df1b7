//! The page: the sandbox as one member sees it, written down here from templates, and sent again in parts
//! whenever something changed.
//!
//! The page's code is in the files of `html`, `css` and `js`, compiled in; Rust says what is to be shown
//! and the templates say how, with every word escaped. What the page does it does over the control API.

mod calendar;
mod files;
mod markdown;
mod template;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::control::Wrong;

pub use calendar::Calendar;
pub use view::Where;

/// The page, its parts and its files.
pub fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(whole))
        .route("/page/parts", get(parts))
        .route("/page/log/{seq}", get(line))
        .route("/page/{kind}/{file}", get(file))
        .route("/attachments/{channel}/{id}/{name}", get(attachment))
}

async fn whole(State(shared): State<Arc<Shared>>, Query(place): Query<Where>) -> Response {
    html(template::render(
        "page.html",
        &view::page(&shared, &place).await,
    ))
}

async fn parts(State(shared): State<Arc<Shared>>, Query(place): Query<Where>) -> Response {
    html(template::render(
        "parts.html",
        &view::page(&shared, &place).await,
    ))
}

/// What a line of the log is about, in full.
async fn line(State(shared): State<Arc<Shared>>, Path(seq): Path<u64>) -> Response {
    match view::line(&shared, seq).await {
        Some(line) => html(template::render("line.html", &line)),
        None => Wrong::missing(&"this line of the log is gone").into_response(),
    }
}

fn html(rendered: Result<String, minijinja::Error>) -> Response {
    match rendered {
        Ok(html) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => Wrong::broken(&format!("{error:#}")).into_response(),
    }
}

async fn file(Path((kind, file)): Path<(String, String)>) -> Response {
    match files::find(&kind, &file) {
        Some((kind, text)) => ([(CONTENT_TYPE, kind)], text).into_response(),
        None => Wrong::missing(&"the page has no such file").into_response(),
    }
}

/// What a bot attached.
async fn attachment(
    State(shared): State<Arc<Shared>>,
    Path((_, id, _)): Path<(String, u64, String)>,
) -> Response {
    let found = shared.read(|discord| discord.files.get(id).cloned());
    match found {
        Some(file) => ([(CONTENT_TYPE, file.served_as())], file.bytes).into_response(),
        None => Wrong::missing(&"there is no such file").into_response(),
    }
}

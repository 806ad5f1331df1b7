//! Extractors of queries and bodies. Their errors are `{"error"}`, as `GET /sandbox` promises.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::HttpError;

/// The query string.
#[derive(Debug)]
pub(crate) struct QueryOf<T>(pub T);

/// The body as JSON.
#[derive(Debug)]
pub(crate) struct BodyOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(HttpError::with_status(error.status(), &error.body_text())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for BodyOf<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(error) => Err(HttpError::with_status(error.status(), &error.body_text())),
        }
    }
}

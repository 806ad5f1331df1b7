//! Protects the page and the control API from other web sites that are open in the same browser.
//! Allowed are requests from our own page and from programs that send no `Origin`, such as curl.
//!
//! The `Host` check stops DNS rebinding: another site's name that resolves to 127.0.0.1 is refused.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{HttpError, SandboxState};

/// The page may load and run its own files only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub async fn check_origin(
    State(shared): State<Arc<SandboxState>>,
    request: Request,
    next: Next,
) -> Response {
    let ours = own_hosts(&shared);
    if let Err(error) = check_headers(request.headers(), &ours) {
        return error.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// Returns the `Host` values under which a browser reaches the sandbox.
fn own_hosts(shared: &SandboxState) -> Vec<String> {
    let port = shared.address.port();
    let mut names = vec![shared.address.to_string()];
    names.extend(["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}")));
    names
}

fn check_headers(headers: &HeaderMap, ours: &[String]) -> Result<(), HttpError> {
    let is_ours = |name: &str| ours.iter().any(|own| own == name);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if !text(header::HOST).is_some_and(is_ours) {
        return Err(HttpError::with_status(
            StatusCode::FORBIDDEN,
            &"unknown host name: open the sandbox at the address it prints",
        ));
    }
    let origin = headers
        .get(header::ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    match origin.map(|origin| origin.strip_prefix("http://").unwrap_or(origin)) {
        Some(origin) if !is_ours(origin) => Err(HttpError::with_status(
            StatusCode::FORBIDDEN,
            &"requests from other sites are not allowed",
        )),
        _ => Ok(()),
    }
}

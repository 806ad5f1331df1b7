//! Protects the sandbox from web sites that are open in a browser on the same machine. Programs,
//! such as a bot or curl, and the sandbox's own page are allowed.
//!
//! Every route is checked, the gateway included: a browser lets any site open a WebSocket, send a
//! plain POST request or start a GET request, even though the site can't read the response of the
//! last two.
//!
//! | Header | Who sends it | Allowed |
//! |---|---|---|
//! | `Host` | all clients | `localhost`, an IP address at which the sandbox listens, or a name in [`super::Options::hosts`] |
//! | `Origin` | browsers, except for GET requests without CORS | the same as `Host` |
//! | `Sec-Fetch-Site` | browsers | requests of the own page, typed addresses and links |
//!
//! The `Host` check stops DNS rebinding: another site's name that resolves to 127.0.0.1 is refused.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::SandboxState;
use super::api::HttpError;

/// States how the requesting site relates to the sandbox (Fetch Metadata Request Headers, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// States what the response is for; `document` is a page in a tab.
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Refuses requests of other sites with status 403, before their bodies are read.
pub async fn check_origin(
    State(shared): State<Arc<SandboxState>>,
    request: Request,
    next: Next,
) -> Response {
    let own = OwnHosts {
        listening: shared.address.ip(),
        names: &shared.hosts,
    };
    match check_headers(request.headers(), own) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The hosts that are the sandbox itself.
#[derive(Clone, Copy)]
struct OwnHosts<'a> {
    listening: IpAddr,
    names: &'a [String],
}

fn check_headers(headers: &HeaderMap, own: OwnHosts<'_>) -> Result<(), HttpError> {
    let text = |name: HeaderName| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or_default())
    };
    let host = text(header::HOST).unwrap_or_default();
    if !own.contains(host) {
        return Err(HttpError::forbidden(
            &"unknown host name: use the address that the sandbox prints",
        ));
    }
    let is_other_origin =
        text(header::ORIGIN).is_some_and(|origin| origin.strip_prefix("http://") != Some(host));
    let is_other_site = text(SEC_FETCH_SITE)
        .is_some_and(|site| !matches!(site, "same-origin" | "none"))
        && text(SEC_FETCH_DEST) != Some("document");
    if is_other_origin || is_other_site {
        return Err(HttpError::forbidden(
            &"requests from other sites are not allowed",
        ));
    }
    Ok(())
}

impl OwnHosts<'_> {
    /// Returns whether a `Host` value names the sandbox. The port may differ, because a proxy can
    /// forward another one.
    fn contains(self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        let name = authority.host();
        if name == "localhost" || self.names.iter().any(|own| own == name) {
            return true;
        }
        let address = name.trim_start_matches('[').trim_end_matches(']');
        // A sandbox that listens at 0.0.0.0 or [::] is reached at every address of the machine.
        address.parse::<IpAddr>().is_ok_and(|address| {
            address.is_loopback() || address == self.listening || self.listening.is_unspecified()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOOPBACK: OwnHosts<'_> = hosts(IpAddr::V4(Ipv4Addr::LOCALHOST));

    const fn hosts(listening: IpAddr) -> OwnHosts<'static> {
        OwnHosts {
            listening,
            names: &[],
        }
    }

    fn is_allowed(given: &[(HeaderName, &str)]) -> bool {
        let headers = given
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        check_headers(&headers, LOOPBACK).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        let own = ["localhost:8420", "127.0.0.1", "127.0.0.1:9", "[::1]:8420"];
        for host in own {
            assert!(LOOPBACK.contains(host), "{host}");
        }
        let foreign = [
            "",
            "evil.example",
            "evil.example:8420",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8420",
            "localhost@evil.example",
            "192.0.2.7:8420",
        ];
        for host in foreign {
            assert!(!LOOPBACK.contains(host), "{host}");
        }
        let address = "192.0.2.7".parse().unwrap();
        assert!(hosts(address).contains("192.0.2.7:8420"));
        assert!(!hosts(address).contains("192.0.2.8:8420"));
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        assert!(hosts(any).contains("192.0.2.7:8420"));
        assert!(!hosts(any).contains("evil.example:8420"));
        let named = OwnHosts {
            names: &["sandbox".to_owned()],
            ..LOOPBACK
        };
        assert!(named.contains("sandbox:8420"));
        assert!(!named.contains("sandbox.evil.example"));
    }

    #[test]
    fn a_browser_may_send_requests_of_our_own_page_only() {
        let host = (header::HOST, "localhost:8420");
        let origin = |value| [host.clone(), (header::ORIGIN, value)];
        assert!(is_allowed(std::slice::from_ref(&host)));
        assert!(is_allowed(&origin("http://localhost:8420")));
        for other in [
            "http://localhost:3000",
            "https://localhost:8420",
            "http://evil.example",
            "null",
            "",
        ] {
            assert!(!is_allowed(&origin(other)), "{other}");
        }
        let site = |site, dest| [host.clone(), (SEC_FETCH_SITE, site), (SEC_FETCH_DEST, dest)];
        assert!(is_allowed(&site("same-origin", "empty")));
        assert!(is_allowed(&site("none", "document")));
        assert!(is_allowed(&site("cross-site", "document")));
        for dest in ["empty", "image", "iframe", "websocket"] {
            assert!(!is_allowed(&site("cross-site", dest)), "{dest}");
            assert!(!is_allowed(&site("same-site", dest)), "{dest}");
        }
    }
}

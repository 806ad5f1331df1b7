//! The base URL of Discord's REST API, for a proxy or a simulated Discord.

use std::net::IpAddr;

use quizloop_diagnostics::toml_reader::{TomlField, TomlReader};
use quizloop_diagnostics::{Diagnostic, Severity};

/// Help for an invalid URL.
const EXAMPLE: &str = "write scheme, host and port, such as \"http://127.0.0.1:8420\"";

/// Warning about a URL, with its help.
const UNENCRYPTED: &str = "this URL sends the bot's token over the network unencrypted";
const UNENCRYPTED_FIX: &str = "use https, unless you trust every machine on the network path";

/// Why a text is not a base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseApiUrlError {
    #[error("\"{0}\" is not a URL")]
    NoScheme(String),
    #[error("the URL begins with {0}://, not http:// or https://")]
    UnknownScheme(String),
    #[error("the URL contains a path of the API")]
    ApiPath,
    #[error("\"{0}\" has no valid host")]
    InvalidHost(String),
    #[error("the URL has a query or a fragment")]
    QueryOrFragment,
}

impl ParseApiUrlError {
    /// Returns a help text.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::ApiPath => "end it before /api: the bot adds /api/v10/ itself",
            _ => EXAMPLE,
        }
    }
}

/// Reads a base URL and removes trailing slashes.
pub fn read(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<String> {
    let url = match parse(found.value) {
        Ok(url) => url,
        Err(error) => {
            reader.error(&found.span, error.to_string(), error.help());
            return None;
        }
    };
    if sends_token_unencrypted(&url) {
        let diagnostic = Diagnostic::at(reader.source(), &found.span, UNENCRYPTED);
        reader.push(diagnostic.severity(Severity::Warning).fix(UNENCRYPTED_FIX));
    }
    Some(url)
}

/// Warns if a base URL from an environment variable sends the token unencrypted.
pub fn check_variable(name: &str, url: &str) -> Option<Diagnostic> {
    sends_token_unencrypted(url)
        .then(|| Diagnostic::warning(name, UNENCRYPTED).fix(UNENCRYPTED_FIX))
}

/// Parses a base URL and removes trailing slashes.
pub fn parse(url: &str) -> Result<String, ParseApiUrlError> {
    let url = url.trim().trim_end_matches('/');
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| ParseApiUrlError::NoScheme(url.to_owned()))?;
    if !["http", "https"].contains(&scheme) {
        return Err(ParseApiUrlError::UnknownScheme(scheme.to_owned()));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.starts_with("api") {
        return Err(ParseApiUrlError::ApiPath);
    }
    if !is_host(host) {
        return Err(ParseApiUrlError::InvalidHost(url.to_owned()));
    }
    if url.contains(['?', '#']) {
        return Err(ParseApiUrlError::QueryOrFragment);
    }
    Ok(url.to_owned())
}

/// Returns whether the text is a host, optionally with a port, such as `[::1]:8420`.
fn is_host(host: &str) -> bool {
    let (name, port) = split_port(host);
    let is_valid = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
    !name.is_empty()
        && name.chars().all(is_valid)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// Returns whether requests leave this machine without encryption.
fn sends_token_unencrypted(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let (host, _) = split_port(rest.split('/').next().unwrap_or(rest));
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    !is_loopback && !host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_base_url_is_accepted() {
        for good in [
            "http://127.0.0.1:8420",
            "https://proxy.example/discord/",
            "http://[::1]:80",
        ] {
            assert_eq!(parse(good).unwrap(), good.trim_end_matches('/'));
        }
        for bad in [
            "127.0.0.1:8420",
            "ftp://example.org",
            "http://",
            "http://a b",
            "http://host:99999",
            "http://host:8420/api/v10",
            "https://host?x=1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn http_to_another_machine_is_unencrypted() {
        for url in [
            "http://proxy.example",
            "http://127.evil.example",
            "http://127.0.0.1.evil.example:8420",
            "http://localhost.evil.example/x",
            "http://[2001:db8::1]:80",
        ] {
            assert!(sends_token_unencrypted(url), "{url}");
        }
        for url in [
            "http://127.0.0.1:8420",
            "http://127.9.9.9/proxy",
            "http://localhost",
            "http://LocalHost:80",
            "http://[::1]:80",
            "https://proxy.example",
        ] {
            assert!(!sends_token_unencrypted(url), "{url}");
        }
    }
}

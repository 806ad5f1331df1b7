//! The base URL of Discord's REST API, for a proxy or a simulated Discord.

use quizloop_diagnostics::toml_reader::{TomlField, TomlReader};
use quizloop_diagnostics::{Diagnostic, Severity};

/// Help for an invalid URL.
const EXAMPLE: &str = "write scheme, host and port, such as \"http://127.0.0.1:8420\"";

/// Reads a base URL and removes trailing slashes.
pub fn read(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<String> {
    let url = found.value.trim().trim_end_matches('/');
    if let Some((message, fix)) = problem(url) {
        reader.error(&found.span, message, fix);
        return None;
    }
    if sends_token_unencrypted(url) {
        let message = "this URL sends the bot's token over the network unencrypted";
        let diagnostic = Diagnostic::at(reader.source(), &found.span, message);
        let fix = "use https, unless you trust every machine on the network path";
        reader.push(diagnostic.severity(Severity::Warning).fix(fix));
    }
    Some(url.to_owned())
}

/// Checks a base URL that is not from the config file.
pub fn check(url: &str) -> Result<String, String> {
    let url = url.trim().trim_end_matches('/');
    match problem(url) {
        Some((message, fix)) => Err(format!("{message}: {fix}")),
        None => Ok(url.to_owned()),
    }
}

fn problem(url: &str) -> Option<(String, &'static str)> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Some((format!("\"{url}\" is not a URL"), EXAMPLE));
    };
    if !["http", "https"].contains(&scheme) {
        return Some((
            format!("the URL begins with {scheme}://, not http:// or https://"),
            EXAMPLE,
        ));
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if path.starts_with("api") {
        let fix = "end it before /api: the bot adds /api/v10/ itself";
        return Some(("the URL contains a path of the API".to_owned(), fix));
    }
    if !is_host(host) {
        return Some((format!("\"{url}\" has no valid host"), EXAMPLE));
    }
    url.contains(['?', '#'])
        .then(|| ("the URL has a query or a fragment".to_owned(), EXAMPLE))
}

/// Returns whether the text is a host, optionally with a port, such as `[::1]:8420`.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_valid = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
    !name.is_empty()
        && name.chars().all(is_valid)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn sends_token_unencrypted(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let loopback = ["127.", "localhost", "[::1]"];
    !loopback.iter().any(|host| rest.starts_with(host))
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
            assert_eq!(check(good).unwrap(), good.trim_end_matches('/'));
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
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn http_to_another_machine_is_unencrypted() {
        assert!(sends_token_unencrypted("http://proxy.example"));
        assert!(!sends_token_unencrypted("http://127.0.0.1:8420"));
        assert!(!sends_token_unencrypted("https://proxy.example"));
    }
}

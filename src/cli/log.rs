//! Logging to stderr, as text or JSON, with the token redacted.

use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::LogFormat;
use crate::token::Token;
use quizloop_diagnostics::redact;

/// The log filter if `RUST_LOG` is not set.
const DEFAULT: &str = "warn,quizloop=info";

/// Libraries that print whole frames and headers at `debug` or `trace`, partly in hexadecimal. Those
/// contain the token, so these libraries are capped at `info`, whatever `RUST_LOG` says.
const CAPPED_LIBRARIES: [&str; 8] = [
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "mio",
    "tokio",
];

/// Returns whether an event of that target and level may be logged.
fn is_allowed(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    level <= Level::INFO || !CAPPED_LIBRARIES.contains(&library)
}

/// Starts logging. The token and everything that looks like one is redacted in every event.
pub fn start(format: LogFormat, token: Option<&Token>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let cap = filter_fn(|data| is_allowed(data.target(), *data.level()));
    let secret = token.map(|token| token.secret().to_owned());
    let writer = move || Redacted {
        secret: secret.clone(),
        out: io::stderr(),
    };
    let layer = fmt::layer().with_writer(writer);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(filter)
        .with(cap);
    // Fails if logging was started before, as in tests; the first subscriber stays.
    let _ = subscriber.try_init();
}

/// Replaces a known secret, and other secrets, in what is written. This works on single writes because the formatter writes
/// each event at once.
struct Redacted<W> {
    secret: Option<String>,
    out: W,
}

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = match &self.secret {
            Some(secret) => text.replace(secret, "(token)").into(),
            None => text,
        };
        self.out.write_all(redact(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_print_frames_are_capped() {
        assert!(!is_allowed("tungstenite::protocol::frame", Level::TRACE));
        assert!(!is_allowed("hyper", Level::DEBUG));
        assert!(is_allowed("hyper", Level::WARN));
        assert!(is_allowed("quizloop::bot", Level::TRACE));
    }

    #[test]
    fn the_token_is_redacted() {
        let mut redacted = Redacted {
            secret: Some("MTExMQ.secret".into()),
            out: Vec::new(),
        };
        redacted.write_all(b"header: Bot MTExMQ.secret!").unwrap();
        assert_eq!(
            String::from_utf8(redacted.out).unwrap(),
            "header: Bot (token)!"
        );
    }
}

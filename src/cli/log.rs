//! Logs: to stderr, as text or JSON, and never with the token in them.

use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use super::LogFormat;
use crate::config::Token;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "warn,quizloop=info";

/// Libraries whose finest levels print whole frames and headers, the token among them, some of them as hexadecimal
/// numbers. They and all their modules stay at `info` whatever `RUST_LOG` says.
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

/// Whether something of that level may be logged at all.
fn is_allowed(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    level <= Level::INFO || !CAPPED_LIBRARIES.contains(&library)
}

/// Starts logging. The token is struck out wherever it would appear, whatever prints it.
pub fn start(format: LogFormat, token: Option<&Token>) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let quiet = filter_fn(|data| is_allowed(data.target(), *data.level()));
    let secret = token.map(|token| token.secret().to_owned());
    let writer = move || Redacted {
        secret: secret.clone(),
        out: io::stderr(),
    };
    let lines = fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let subscriber = tracing_subscriber::registry()
        .with(lines)
        .with(wanted)
        .with(quiet);
    // A second start, as in tests, keeps the first.
    let _ = subscriber.try_init();
}

/// Strikes a secret out of what is written. The formatter writes one event at a time.
struct Redacted<W> {
    secret: Option<String>,
    out: W,
}

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.secret {
            Some(secret) => {
                let text = String::from_utf8_lossy(bytes).replace(secret, "(token)");
                self.out.write_all(text.as_bytes())?;
            }
            None => self.out.write_all(bytes)?,
        }
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
    fn libraries_that_print_frames_are_kept_quiet() {
        assert!(!is_allowed("tungstenite::protocol::frame", Level::TRACE));
        assert!(!is_allowed("hyper", Level::DEBUG));
        assert!(is_allowed("hyper", Level::WARN));
        assert!(is_allowed("quizloop::bot", Level::TRACE));
    }

    #[test]
    fn the_token_is_struck_out() {
        let mut struck = Redacted {
            secret: Some("MTExMQ.secret".into()),
            out: Vec::new(),
        };
        struck.write_all(b"header: Bot MTExMQ.secret!").unwrap();
        assert_eq!(
            String::from_utf8(struck.out).unwrap(),
            "header: Bot (token)!"
        );
    }
}

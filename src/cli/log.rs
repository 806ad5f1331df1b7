//! Logs: to stderr, as text or JSON, and never with the token in them.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use super::LogFormat;
use crate::config::Token;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "warn,quizloop=info";

/// Libraries whose finest levels print whole frames and headers, the token among them. They stay at
/// `info` whatever `RUST_LOG` says.
const QUIET: [&str; 6] = [
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
];

/// Starts logging. The token is struck out wherever it would appear, whatever prints it.
pub fn start(format: LogFormat, token: Option<&Token>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let filter = QUIET.iter().fold(filter, |filter, library| {
        let directive: Result<Directive, _> = format!("{library}=info").parse();
        directive.map_or_else(
            |_| EnvFilter::new(DEFAULT),
            |directive| filter.add_directive(directive),
        )
    });
    let secret = token.map(|token| token.secret().to_owned());
    let writer = move || Struck {
        secret: secret.clone(),
        out: io::stderr(),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    // A second start, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
        LogFormat::Json => subscriber.json().try_init(),
    };
}

/// Strikes a secret out of what is written. The formatter writes one event at a time.
struct Struck<W> {
    secret: Option<String>,
    out: W,
}

impl<W: Write> Write for Struck<W> {
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
    fn the_token_is_struck_out() {
        let mut struck = Struck {
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

//! The URL of the database: `[state] url`.

use std::fmt;

use quizloop_diagnostics::toml_reader::{TomlField, TomlReader};

/// Help for an invalid URL.
const EXAMPLE: &str = "write postgres://user:password@host:5432/database, with ?sslmode=verify-full for an encrypted connection";

/// The URL of a PostgreSQL database. `Debug` does not show it because it may contain a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// A text is not a PostgreSQL URL. The error does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a PostgreSQL URL: {EXAMPLE}")]
pub struct ParseDatabaseUrlError;

impl DatabaseUrl {
    /// Parses a PostgreSQL URL.
    pub fn parse(url: &str) -> Result<Self, ParseDatabaseUrlError> {
        let url = url.trim();
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        match rest {
            Some(rest) if !rest.is_empty() => Ok(Self(url.to_owned())),
            _ => Err(ParseDatabaseUrlError),
        }
    }

    /// Returns the URL itself. Use it only to connect to the database.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

pub fn read(reader: &mut TomlReader<'_>, field: &TomlField<&str>) -> Option<DatabaseUrl> {
    let url = DatabaseUrl::parse(field.value);
    if url.is_err() {
        reader.error(&field.span, "not a PostgreSQL URL", EXAMPLE);
    }
    url.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_never_shown() {
        let url = DatabaseUrl::parse(" postgres://ada:hunter2@db/quizloop ").unwrap();
        assert_eq!(url.secret(), "postgres://ada:hunter2@db/quizloop");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(…)");
        for bad in ["", "mysql://ada:hunter2@db/x", "postgres://"] {
            let error = DatabaseUrl::parse(bad).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
        }
    }
}

//! The database's address: `[state] url`.

use std::fmt;

use crate::diagnostics::toml_reader::{TomlField, TomlReader};

/// What such an address looks like.
const EXAMPLE: &str = "write postgres://user:password@host:5432/database, with ?sslmode=verify-full where it is encrypted";

/// The URL of a PostgreSQL database. `Debug` does not show it: there may be a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes a URL of PostgreSQL's.
    ///
    /// # Errors
    ///
    /// It is none; the sentence says why and does not repeat it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.trim();
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme));
        match rest {
            Some(rest) if !rest.is_empty() => Ok(Self(url.to_owned())),
            _ => Err(format!(
                "this is not the URL of a PostgreSQL database: {EXAMPLE}"
            )),
        }
    }

    /// The URL itself, for the database alone.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// Reads the URL.
pub fn read(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<DatabaseUrl> {
    let url = DatabaseUrl::parse(found.value);
    if url.is_err() {
        let message = "this is not the URL of a PostgreSQL database";
        reader.error(&found.span, message, EXAMPLE);
    }
    url.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_and_never_shown() {
        let url = DatabaseUrl::parse(" postgres://ada:hunter2@db/quizloop ").unwrap();
        assert_eq!(url.secret(), "postgres://ada:hunter2@db/quizloop");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(…)");
        for bad in ["", "mysql://ada:hunter2@db/x", "postgres://"] {
            let why = DatabaseUrl::parse(bad).unwrap_err();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }
}

//! The bot's token: where it comes from, and that it is never shown.

use std::fmt;
use std::path::{Path, PathBuf};

/// The environment variable with the token.
pub const VARIABLE: &str = "DISCORD_TOKEN";

/// A bot's token. Printing it in any way gives a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Nowhere was one.
    #[error(
        "there is no token: set the environment variable DISCORD_TOKEN, or name a file with token_file in the config. Discord's Developer Portal shows it under Bot → Reset Token. To try Quizloop without one: quizloop sandbox"
    )]
    Missing,
    /// What is there can't be one.
    #[error("the token in {0} can't be right: it must be one word of printable characters")]
    Odd(String),
    /// The file can't be read.
    #[error("the token file {file} can't be read: {error}")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl Token {
    /// The token from the environment, else from the file.
    ///
    /// # Errors
    ///
    /// There is none, or it can't be one.
    pub fn find(variable: Option<&str>, file: Option<&Path>) -> Result<Self, TokenError> {
        if let Some(text) = variable.filter(|text| !text.trim().is_empty()) {
            return Self::parse(text, VARIABLE);
        }
        let file = file.ok_or(TokenError::Missing)?;
        let text = std::fs::read_to_string(file).map_err(|error| TokenError::File {
            file: file.to_owned(),
            error,
        })?;
        if text.trim().is_empty() {
            return Err(TokenError::Missing);
        }
        Self::parse(&text, &file.display().to_string())
    }

    /// Takes a token as people paste it: with space around it, or with "Bot " before it.
    fn parse(text: &str, from: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let text = text.strip_prefix("Bot ").unwrap_or(text).trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Odd(from.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The token itself, for the connection to Discord and for striking it out of logs.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// Whether others than its owner can read a file.
#[cfg(unix)]
pub fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
}

/// Whether others than its owner can read a file; not known here.
#[cfg(not(unix))]
pub fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_as_people_paste_it_and_never_printed() {
        let token = Token::find(Some(" Bot MTEx.abc \n"), None).unwrap();
        assert_eq!(token.secret(), "MTEx.abc");
        assert_eq!(format!("{token:?}"), "(token)");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, "abc\n").unwrap();
        assert_eq!(Token::find(None, Some(&file)).unwrap().secret(), "abc");
        assert_eq!(
            Token::find(Some("  "), Some(&file)).unwrap().secret(),
            "abc"
        );
    }

    #[test]
    fn what_can_t_be_one_is_refused_without_showing_it() {
        assert!(matches!(Token::find(None, None), Err(TokenError::Missing)));
        let odd = Token::find(Some("two words"), None)
            .unwrap_err()
            .to_string();
        insta::assert_snapshot!(odd, @"the token in DISCORD_TOKEN can't be right: it must be one word of printable characters");
        assert!(matches!(
            Token::find(None, Some(Path::new("/nowhere"))),
            Err(TokenError::File { .. })
        ));
    }
}

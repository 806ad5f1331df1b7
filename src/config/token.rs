//! The bot's token: finding it, and keeping it out of all output.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, general_purpose};
use quizloop_diagnostics::Diagnostic;

/// The prefix of a bot's token in Discord's authorization header, which operators may have copied.
const PREFIX: &str = "Bot ";

/// Decodes with or without padding. The alphabet does not matter: in an encoded number, `+`, `/`,
/// `-` and `_` do not occur.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    general_purpose::NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A bot's token. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// The token is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(
        "no bot token found: set the environment variable DISCORD_TOKEN, or set `token_file` in the \
         config to a file that contains it (Discord shows the token in the developer portal, under Bot)"
    )]
    Missing,
    #[error("the token file {} is empty: write the bot's token into it", .0.display())]
    EmptyFile(PathBuf),
    #[error("can't read the token file {}: {error}", .path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    /// The text contains characters that a token can't have. They are not printed because they may
    /// be part of a real token.
    #[error("the bot token from {0} is invalid: it must be a single line without spaces")]
    Malformed(String),
}

impl Token {
    /// Parses a token. Surrounding whitespace and the prefix "Bot", which operators may have copied,
    /// are removed. Returns `None` if the token could not be sent in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(PREFIX).unwrap_or(text).trim_start();
        let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self(text.to_owned()))
    }

    /// Returns the token itself. Use it only for requests to Discord.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the id of the bot's account, which is the first part of the token, in base64. It
    /// equals the application id, unless the application was created before August 2016.
    pub fn bot_id(&self) -> Option<u64> {
        let (first, _) = self.0.split_once('.')?;
        let digits = String::from_utf8(BASE64.decode(first).ok()?).ok()?;
        digits.parse().ok().filter(|id| *id > 0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// Finds the token in the value of `DISCORD_TOKEN`, else in the config's token file. The diagnostic
/// warns if other accounts can read that file.
pub fn find_token(
    environment: Option<&str>,
    file: Option<&Path>,
) -> Result<(Token, Option<Diagnostic>), TokenError> {
    if let Some(text) = environment.filter(|text| !text.trim().is_empty()) {
        let token = Token::parse(text);
        return token
            .map(|token| (token, None))
            .ok_or_else(|| TokenError::Malformed("DISCORD_TOKEN".to_owned()));
    }
    let path = file.ok_or(TokenError::Missing)?;
    let text = std::fs::read_to_string(path).map_err(|error| TokenError::Unreadable {
        path: path.to_owned(),
        error,
    })?;
    if text.trim().is_empty() {
        return Err(TokenError::EmptyFile(path.to_owned()));
    }
    match Token::parse(&text) {
        Some(token) => Ok((token, warn_if_readable_by_others(path))),
        None => Err(TokenError::Malformed(path.display().to_string())),
    }
}

/// Returns a warning if other accounts on this machine can read the token file.
#[cfg(unix)]
fn warn_if_readable_by_others(path: &Path) -> Option<Diagnostic> {
    use std::os::unix::fs::PermissionsExt;
    const GROUP_AND_OTHERS: u32 = 0o077;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & GROUP_AND_OTHERS != 0).then(|| {
        let name = path.display().to_string();
        let fix = format!("chmod 600 {name}");
        Diagnostic::warning(
            name,
            "other accounts on this machine can read the bot's token",
        )
        .fix(fix)
    })
}

#[cfg(not(unix))]
fn warn_if_readable_by_others(_path: &Path) -> Option<Diagnostic> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id 1110000000000000009 in base64, followed by invented parts.
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3x.not-a-real-one";

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::parse(TOKEN).unwrap();
        assert_eq!(token.secret(), TOKEN);
        assert_eq!(format!("{token:?} {token}"), "Token(…) (token)");
        let bad = find_token(Some("half a-token"), None).unwrap_err();
        assert!(!bad.to_string().contains("half"), "{bad}");
    }

    #[test]
    fn whitespace_and_the_prefix_are_removed() {
        let token = Token::parse(TOKEN);
        assert_eq!(Token::parse(&format!("  Bot {TOKEN}\r\n")), token);
        assert_eq!(Token::parse("a\nb"), None);
        assert_eq!(Token::parse("  "), None);
    }

    #[test]
    fn a_token_begins_with_the_bots_id() {
        assert_eq!(
            Token::parse(TOKEN).unwrap().bot_id(),
            Some(1_110_000_000_000_000_009)
        );
        let padded = Token::parse("MTExMDAwMDAwMDAwMDAwMDAwOQ==.x.y").unwrap();
        assert_eq!(padded.bot_id(), Some(1_110_000_000_000_000_009));
        assert_eq!(Token::parse("sandbox").unwrap().bot_id(), None);
        assert_eq!(Token::parse("!!.x.y").unwrap().bot_id(), None);
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from-the-file\n").unwrap();
        let found = |environment| find_token(environment, Some(&file)).unwrap().0;
        assert_eq!(
            found(Some("from-the-environment")).secret(),
            "from-the-environment"
        );
        assert_eq!(found(Some("")).secret(), "from-the-file");
        assert_eq!(found(None).secret(), "from-the-file");
    }

    #[test]
    fn errors_explain_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let message = |file: Option<&Path>| find_token(None, file).unwrap_err().to_string();
        assert!(message(None).starts_with("no bot token found: set the environment variable"));
        assert!(message(Some(&file)).starts_with("can't read the token file"));
        std::fs::write(&file, " \n").unwrap();
        assert!(message(Some(&file)).ends_with("is empty: write the bot's token into it"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_causes_a_warning() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, TOKEN).unwrap();
        let has_warning = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, permissions).unwrap();
            find_token(None, Some(&file)).unwrap().1.is_some()
        };
        assert!(has_warning(0o644));
        assert!(!has_warning(0o600));
    }
}

//! Finds the bot's token in the environment or in a file.

use std::path::Path;

use super::secret::{self, Secret, SecretError};
use crate::token::{Token, TokenFormatError};
use quizloop_diagnostics::Diagnostic;

/// The token is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(
        "no bot token found: set the environment variable DISCORD_TOKEN to it, or set \
         DISCORD_TOKEN_FILE, or `token_file` in the config, to a file that contains it (Discord shows \
         the token in the developer portal, under Bot)"
    )]
    Missing,
    #[error(transparent)]
    Unreadable(#[from] SecretError),
    /// The text can't be a token. It is not printed because it may contain a real one.
    #[error("the bot token from {place} is invalid: {error}")]
    Malformed {
        /// The environment variable or the file.
        place: String,
        error: TokenFormatError,
    },
}

/// Parses the token from the environment, or else reads the config's token file. The diagnostic
/// warns if other accounts can read that file.
pub fn find_token(
    environment: Option<Secret>,
    file: Option<&Path>,
) -> Result<(Token, Option<Diagnostic>), TokenError> {
    if let Some(secret) = environment {
        return parse(secret).map(|token| (token, None));
    }
    let path = file.ok_or(TokenError::Missing)?;
    let token = parse(secret::from_file("`token_file`", path)?)?;
    Ok((token, warn_if_readable_by_others(path)))
}

fn parse(secret: Secret) -> Result<Token, TokenError> {
    Token::parse(&secret.text).map_err(|error| TokenError::Malformed {
        place: secret.place,
        error,
    })
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

    fn in_environment(text: &str) -> Secret {
        let (text, place) = (text.to_owned(), "DISCORD_TOKEN".to_owned());
        Secret { text, place }
    }

    #[test]
    fn an_invalid_token_is_not_shown() {
        let bad = find_token(Some(in_environment("half a-token")), None).unwrap_err();
        assert!(!bad.to_string().contains("half"), "{bad}");
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from-the-file\n").unwrap();
        let found = |environment| find_token(environment, Some(&file)).unwrap().0;
        let environment = in_environment("from-the-environment");
        assert_eq!(found(Some(environment)).secret(), "from-the-environment");
        assert_eq!(found(None).secret(), "from-the-file");
    }

    #[test]
    fn errors_explain_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let message = |file: Option<&Path>| find_token(None, file).unwrap_err().to_string();
        assert!(message(None).starts_with("no bot token found: set the environment variable"));
        assert!(message(Some(&file)).starts_with("can't read the file"));
        std::fs::write(&file, " \n").unwrap();
        assert!(message(Some(&file)).ends_with("is empty: write the secret into it"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_causes_a_warning() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "a-token").unwrap();
        let has_warning = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, permissions).unwrap();
            find_token(None, Some(&file)).unwrap().1.is_some()
        };
        assert!(has_warning(0o644));
        assert!(!has_warning(0o600));
    }
}

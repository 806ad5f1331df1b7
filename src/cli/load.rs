//! What most verbs begin with: the config, the token, the bank.

use super::CommonArgs;
use super::exit::{CliError, Exit};
use crate::bank::{Bank, built_in};
use crate::config::{self, Config, DatabaseUrl, Token};
use crate::diagnostics::{Diagnostic, render_all};

/// The environment variable that names another address of Discord's API.
const API_URL: &str = "DISCORD_API_URL";

/// The environment variable that names the database with the state.
const STATE_URL: &str = "QUIZLOOP_STATE_URL";

/// The environment variable with the token.
const TOKEN: &str = "DISCORD_TOKEN";

/// Everything the bot starts with.
pub struct Startup {
    /// The settings.
    pub config: Config,
    /// The token.
    pub token: Token,
    /// The questions.
    pub bank: Bank,
}

/// Loads everything; what is wrong is said at once.
pub fn startup(common: &CommonArgs) -> Result<Startup, CliError> {
    let config = config(common)?;
    let (token, _) = token(&config)?;
    let bank = bank(&config)?;
    Ok(Startup {
        config,
        token,
        bank,
    })
}

/// The config, with what the command line and the environment say instead.
pub fn config(common: &CommonArgs) -> Result<Config, CliError> {
    let (config, diagnostics) = config_with_diagnostics(common)?;
    if diagnostics.iter().any(Diagnostic::is_error) {
        Err(diagnostics_error(&diagnostics))
    } else {
        Ok(config)
    }
}

/// As [`config()`], with all that is wrong inside.
pub fn config_with_diagnostics(common: &CommonArgs) -> Result<(Config, Vec<Diagnostic>), CliError> {
    let usage = |error: &dyn std::fmt::Display| CliError::new(Exit::Usage, error);
    // The command line's parser has looked at QUIZLOOP_CONFIG already.
    let path = config::find_path(common.config.as_deref(), None);
    let (mut config, diagnostics) = config::read(&path).map_err(|error| usage(&error))?;
    if let Some(url) = std::env::var(STATE_URL).ok().filter(|url| !url.is_empty()) {
        let url = DatabaseUrl::parse(&url);
        config.state_url = Some(url.map_err(|error| usage(&format!("{STATE_URL}: {error}")))?);
    }
    if let Some(dir) = &common.state {
        config.state_dir.clone_from(dir);
        config.state_url = None;
    }
    if let Some(url) = std::env::var(API_URL).ok().filter(|url| !url.is_empty()) {
        let url = config::check_api_url(&url);
        config.api_url = Some(url.map_err(|error| usage(&format!("{API_URL}: {error}")))?);
    }
    Ok((config, diagnostics))
}

/// The token, and what is to be said of its file.
pub fn token(config: &Config) -> Result<(Token, Option<Diagnostic>), CliError> {
    let variable = std::env::var(TOKEN).ok();
    config::find_token(variable.as_deref(), config.token_file.as_deref()).map_err(|error| {
        CliError::new(
            Exit::Usage,
            format!("{error}. To try Quizloop without one: quizloop sandbox"),
        )
    })
}

/// The bank. Warnings don't keep the bot from running; `check` shows them.
pub fn bank(config: &Config) -> Result<Bank, CliError> {
    let (packs, mut diagnostics) = config::read_packs(&config.bank_paths);
    let (bank, found) = Bank::load(built_in(), &packs);
    diagnostics.extend(found);
    diagnostics.retain(Diagnostic::is_error);
    if diagnostics.is_empty() {
        Ok(bank)
    } else {
        Err(diagnostics_error(&diagnostics))
    }
}

/// Findings as the reason why a verb failed.
pub fn diagnostics_error(diagnostics: &[Diagnostic]) -> CliError {
    CliError::new(Exit::Usage, format!("\n{}", render_all(diagnostics)))
}

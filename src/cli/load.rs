//! Loading the config, the token and the bank, with which most commands begin.

use std::path::{Path, PathBuf};

use super::exit::{CliError, Exit};
use super::{CommonArgs, ConfigArgs};
use crate::bot::question_pool::shared_pool;
use crate::bot::render::question_check;
use crate::config::{self, Config, ConfigPath, DatabaseUrl, TokenError};
use crate::token::Token;
use quizloop_bank::{Bank, built_in};
use quizloop_diagnostics::Diagnostic;

/// Environment variable that overrides the URL of Discord's API.
const API_URL: &str = "DISCORD_API_URL";

/// Environment variable with the URL of the database that holds the state. With `_FILE` at its end,
/// it names a file that contains the URL.
const STATE_URL: &str = "QUIZLOOP_STATE_URL";

/// Environment variable with the token. With `_FILE` at its end, it names a file that contains it.
const TOKEN: &str = "DISCORD_TOKEN";

/// A file with variables that other tools read and Quizloop doesn't.
const DOTENV: &str = ".env";

/// What the options of a command say on where settings come from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The config file, if it is named.
    config: Option<&'a Path>,
    /// The data folder, if it is named.
    state: Option<&'a Path>,
}

impl<'a> From<&'a ConfigArgs> for Sources<'a> {
    fn from(args: &'a ConfigArgs) -> Self {
        Self {
            config: args.config.as_deref(),
            state: None,
        }
    }
}

impl<'a> From<&'a CommonArgs> for Sources<'a> {
    fn from(args: &'a CommonArgs) -> Self {
        Self {
            state: args.state.as_deref(),
            ..Self::from(&args.config)
        }
    }
}

impl Sources<'_> {
    /// Returns the path of the config file. clap has applied `QUIZLOOP_CONFIG` to the option
    /// already.
    fn config_path(self) -> ConfigPath {
        config::find_path(self.config, None)
    }

    /// Returns the config file, which may not exist.
    pub fn config_file(self) -> PathBuf {
        let (ConfigPath::Explicit(file) | ConfigPath::Default(file)) = self.config_path();
        file
    }
}

/// The inputs of `run`.
pub struct Startup {
    /// The config file; `None` if there is none.
    pub config_file: Option<PathBuf>,
    pub config: Config,
    pub token: Token,
    pub bank: Bank,
}

pub fn startup(sources: Sources<'_>) -> Result<Startup, CliError> {
    let config = config(sources)?;
    let (token, _) = token(&config)?;
    let bank = bank(&config)?;
    let mut problems = check_programmes(sources, &bank);
    problems.retain(Diagnostic::is_error);
    if !problems.is_empty() {
        return Err(diagnostics_error(problems));
    }
    let file = sources.config_file();
    Ok(Startup {
        config_file: file.exists().then_some(file),
        config,
        token,
        bank,
    })
}

/// Loads the config and applies the overrides from the command line and the environment.
pub fn config<'a>(sources: impl Into<Sources<'a>>) -> Result<Config, CliError> {
    let (config, diagnostics) = config_with_diagnostics(sources.into())?;
    if diagnostics.iter().any(Diagnostic::is_error) {
        Err(diagnostics_error(diagnostics))
    } else {
        Ok(config)
    }
}

/// Like [`config()`], but returns the problems instead of failing.
pub fn config_with_diagnostics(
    sources: Sources<'_>,
) -> Result<(Config, Vec<Diagnostic>), CliError> {
    let usage = |error: &dyn std::fmt::Display| CliError::new(Exit::Usage, error);
    let path = sources.config_path();
    let (mut config, mut diagnostics) = config::read(&path).map_err(|error| usage(&error))?;
    let mut url_place = "[state] url in the config".to_owned();
    let secret = config::secret_from_environment(STATE_URL, |name| std::env::var_os(name));
    if let Some(secret) = secret.map_err(|error| usage(&error))? {
        url_place = secret.place;
        let url = DatabaseUrl::parse(&secret.text);
        config.state_url = Some(url.map_err(|error| usage(&format!("{url_place}: {error}")))?);
    }
    if let Some(dir) = sources.state {
        // With either of them, a bot could run on the wrong data and post every question twice.
        if config.state_url.is_some() {
            return Err(usage(&format!(
                "--state names a data folder, but {url_place} names a database. To use the database, remove --state; to use the folder, remove {url_place}"
            )));
        }
        dir.clone_into(&mut config.state_dir);
    }
    if let Some(url) = std::env::var(API_URL).ok().filter(|url| !url.is_empty()) {
        let url = config::parse_api_url(&url).map_err(|error| {
            let help = error.help();
            usage(&format!("{API_URL}: {error}: {help}"))
        })?;
        diagnostics.extend(config::check_api_url_variable(API_URL, &url));
        config.api_url = Some(url);
    }
    Ok((config, diagnostics))
}

/// Finds the token. The diagnostic, if any, is about its file.
pub fn token(config: &Config) -> Result<(Token, Option<Diagnostic>), CliError> {
    let environment = config::secret_from_environment(TOKEN, |name| std::env::var_os(name));
    let place = match &environment {
        Ok(Some(secret)) => secret.place.clone(),
        _ => "`token_file`".to_owned(),
    };
    let found = environment
        .map_err(TokenError::from)
        .and_then(|environment| config::find_token(environment, config.token_file.as_deref()))
        .and_then(|found| {
            check_form(config, &found.0, place)?;
            Ok(found)
        });
    found.map_err(|error| {
        let is_missing = matches!(error, TokenError::Missing);
        let hint = if is_missing && Path::new(DOTENV).exists() {
            ". The file .env is not read automatically"
        } else {
            ""
        };
        CliError::new(
            Exit::Usage,
            format!("{error}{hint}. To try Quizloop without a token, run `quizloop sandbox`"),
        )
    })
}

/// Fails if Discord can't have issued the token. Its answer would only be that the token is wrong,
/// and people would replace one that is right. A replacement for Discord may use other tokens.
pub fn check_form(config: &Config, token: &Token, place: String) -> Result<(), TokenError> {
    if config.api_url.is_some() {
        return Ok(());
    }
    let checked = token.check_discord_form();
    checked.map_err(|error| TokenError::Malformed { place, error })
}

/// Loads the bank without looking for what only deserves a warning, which `check` shows.
pub fn bank(config: &Config) -> Result<Bank, CliError> {
    let (packs, mut diagnostics) = config::read_packs(&config.bank_paths);
    let (bank, found) = Bank::load_with_rule(built_in(), &packs, question_check::check);
    diagnostics.extend(found);
    diagnostics.retain(Diagnostic::is_error);
    if diagnostics.is_empty() {
        Ok(bank)
    } else {
        Err(diagnostics_error(diagnostics))
    }
}

/// Loads the questions that Discord can show, and reports the others and what deserves a warning.
pub fn bank_with_diagnostics(config: &Config) -> (Bank, Vec<Diagnostic>) {
    let (packs, mut diagnostics) = config::read_packs(&config.bank_paths);
    let (bank, found) = Bank::check(built_in(), &packs, question_check::check);
    diagnostics.extend(found);
    (bank, diagnostics)
}

/// Checks which questions the teams of the config choose.
pub fn check_programmes(sources: Sources<'_>, bank: &Bank) -> Vec<Diagnostic> {
    let source = config::source(&sources.config_path());
    let pool = shared_pool(bank);
    source.map_or_else(Vec::new, |source| config::check_programmes(&source, &pool))
}

/// Turns diagnostics into the failure of a command.
fn diagnostics_error(diagnostics: Vec<Diagnostic>) -> CliError {
    CliError::in_files(
        diagnostics,
        "fix the errors above; `quizloop check` finds them as well",
    )
}

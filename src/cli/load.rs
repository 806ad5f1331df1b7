//! What most verbs begin with: the config, the token, the bank.

use std::path::{Path, PathBuf};

use super::Common;
use super::exit::{Exit, Failed};
use crate::bank::{Bank, PackFile, built_in};
use crate::config::{Config, Token};
use crate::findings::{Finding, render_all};

/// Everything the bot starts with.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The token.
    pub token: Token,
    /// The questions.
    pub bank: Bank,
}

/// Loads everything; what is wrong is said at once.
pub fn all(common: &Common) -> Result<Loaded, Failed> {
    let config = config(common)?;
    let token = token(&config)?;
    let bank = bank(&config)?;
    Ok(Loaded {
        config,
        token,
        bank,
    })
}

/// The config, with what the command line and the environment say instead.
pub fn config(common: &Common) -> Result<Config, Failed> {
    config_with_findings(common).map_err(|findings| wrong(&findings))
}

/// As [`config`], with all that is wrong.
pub fn config_with_findings(common: &Common) -> Result<Config, Vec<Finding>> {
    let mut config = Config::load(common.config.as_deref())?;
    if let Some(dir) = &common.state {
        config.state_dir.clone_from(dir);
    }
    if let Some(url) = std::env::var("DISCORD_API_URL")
        .ok()
        .filter(|url| !url.is_empty())
    {
        config.api_url = Some(url.trim_end_matches('/').to_owned());
    }
    Ok(config)
}

/// The token.
pub fn token(config: &Config) -> Result<Token, Failed> {
    let variable = std::env::var(crate::config::TOKEN_VARIABLE).ok();
    Token::find(variable.as_deref(), config.token_file.as_deref())
        .map_err(|error| Failed::new(Exit::Usage, error))
}

/// The bank. Warnings don't keep the bot from running; `check` shows them.
pub fn bank(config: &Config) -> Result<Bank, Failed> {
    let (bank, findings) = bank_with_findings(config);
    let errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    if errors.is_empty() {
        Ok(bank)
    } else {
        Err(wrong(&errors))
    }
}

/// The bank, and all that is to be said of it.
pub fn bank_with_findings(config: &Config) -> (Bank, Vec<Finding>) {
    let (packs, mut findings) = packs(&config.bank_paths);
    let (bank, found) = Bank::load(built_in(), &packs);
    findings.extend(found);
    (bank, findings)
}

/// Findings as the reason why a verb failed.
pub fn wrong(findings: &[Finding]) -> Failed {
    Failed::new(Exit::Usage, format!("\n{}", render_all(findings)))
}

/// Reads question files, and folders of them.
fn packs(paths: &[PathBuf]) -> (Vec<PackFile>, Vec<Finding>) {
    let (mut packs, mut findings) = (Vec::new(), Vec::new());
    for path in paths {
        let read = files(path).and_then(|files| {
            files
                .iter()
                .map(|file| pack(file))
                .collect::<Result<Vec<_>, _>>()
        });
        match read {
            Ok(read) => packs.extend(read),
            Err(finding) => findings.push(finding),
        }
    }
    (packs, findings)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Finding {
    Finding::error(
        path.display().to_string(),
        format!("it can't be read: {error}"),
    )
    .fix("mend the path in `bank.paths`, or the file's permissions")
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Finding> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    Ok(files)
}

fn pack(file: &Path) -> Result<PackFile, Finding> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
    Ok(PackFile {
        name: file.display().to_string(),
        bytes,
    })
}

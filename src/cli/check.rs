//! `check`: all that is wrong with the config, the questions and the state, at once.

use super::exit::{Exit, Failed};
use super::say;
use super::{Common, load};
use crate::bank::{Bank, built_in};
use crate::config::{self, Config, DatabaseUrl};
use crate::findings::{Finding, render_all};
use crate::practice::id::GuildId;
use crate::store::postgres::DatabaseReader;
use crate::store::{InvalidSnapshot, inspect};

/// Checks everything that can be checked without Discord.
pub fn run(common: &Common) -> Result<(), Failed> {
    let (config, mut findings) = load::config_with_findings(common)?;
    findings.extend(token(&config));
    let (packs, wrong) = config::read_packs(&config.bank_paths);
    findings.extend(wrong);
    let (bank, wrong) = Bank::check(built_in(), &packs);
    findings.extend(wrong);
    let (guilds, wrong) = state(&config);
    findings.extend(wrong);
    if !findings.is_empty() {
        say::error(render_all(&findings).trim_end());
    }
    if findings.iter().any(Finding::is_error) {
        return Err(Failed::new(
            Exit::Usage,
            "the errors above must be mended; nothing was changed",
        ));
    }
    say::line(format_args!(
        "All is well: {} declared teams, {} questions, {guilds} servers in {}.",
        config.teams.len(),
        bank.len(),
        place_of(&config)
    ));
    Ok(())
}

/// What is to be said of the token. That there is none is no mistake here: a config can be checked on
/// another machine than the bot's.
fn token(config: &Config) -> Option<Finding> {
    let file = config.token_file.as_deref()?;
    match config::find_token(None, Some(file)) {
        Ok((_, finding)) => finding,
        Err(error) => Some(Finding::warning(
            file.display().to_string(),
            error.to_string(),
        )),
    }
}

/// How many servers there are, and which snapshots can't be read.
fn state(config: &Config) -> (usize, Vec<Finding>) {
    if let Some(url) = &config.state_url {
        return database(url);
    }
    let guilds = inspect::guild_ids(&config.state_dir).unwrap_or_default();
    let bad = |guild: &GuildId| {
        let bad = inspect::guild(&config.state_dir, *guild).err()?;
        Some(Finding::error(place(&bad), bad.message.clone()).fix(bad.fix()))
    };
    (guilds.len(), guilds.iter().filter_map(bad).collect())
}

fn place_of(config: &Config) -> String {
    match config.state_url {
        Some(_) => "the database".into(),
        None => config.state_dir.display().to_string(),
    }
}

/// Whether the database can be reached and read.
fn database(url: &DatabaseUrl) -> (usize, Vec<Finding>) {
    let guilds = DatabaseReader::connect(url.secret()).and_then(|reader| {
        let guilds = reader.guild_ids()?;
        for guild in &guilds {
            reader.guild(*guild)?;
        }
        Ok(guilds.len())
    });
    match guilds {
        Ok(guilds) => (guilds, Vec::new()),
        Err(error) => (0, vec![Finding::error("[state] url", error.to_string())]),
    }
}

fn place(bad: &InvalidSnapshot) -> String {
    let file = bad.file.display();
    bad.position.map_or_else(
        || file.to_string(),
        |(line, column)| format!("{file}:{line}:{column}"),
    )
}

//! `check`: all that is wrong with the config, the questions and the state, at once.

use super::exit::{Exit, Failed};
use super::{Common, load};
use crate::config::{Config, is_open_to_others};
use crate::findings::{Finding, render_all};
use crate::practice::id::GuildId;
use crate::store::{BadSnapshot, inspect};

/// Checks everything that can be checked without Discord.
pub fn run(common: &Common) -> Result<(), Failed> {
    let (config, mut findings) = match load::config_with_findings(common) {
        Ok(config) => (config, Vec::new()),
        Err(findings) => (Config::default(), findings),
    };
    findings.extend(token_file(&config));
    let (bank, wrong) = load::bank_with_findings(&config);
    findings.extend(wrong);
    let (guilds, wrong) = state(&config);
    findings.extend(wrong);
    if !findings.is_empty() {
        eprint!("{}", render_all(&findings));
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    if errors > 0 {
        let errors = if errors == 1 {
            "one error".to_owned()
        } else {
            format!("{errors} errors")
        };
        return Err(Failed::new(
            Exit::Usage,
            format!("{errors} found; nothing was changed"),
        ));
    }
    println!(
        "All is well: {} declared teams, {} questions, {guilds} servers in {}.",
        config.teams.len(),
        bank.len(),
        config.state_dir.display()
    );
    Ok(())
}

fn token_file(config: &Config) -> Option<Finding> {
    let file = config.token_file.as_deref()?;
    let name = file.display().to_string();
    if !file.exists() {
        return Some(
            Finding::warning(name, "the token file is not there")
                .fix("make it, or set DISCORD_TOKEN"),
        );
    }
    is_open_to_others(file).then(|| {
        Finding::warning(&name, "others can read the token file").fix(format!("chmod 600 '{name}'"))
    })
}

fn place(bad: &BadSnapshot) -> String {
    bad.place
        .map_or(String::new(), |(line, column)| format!(":{line}:{column}"))
}

/// How many servers there are, and which snapshots can't be read.
fn state(config: &Config) -> (usize, Vec<Finding>) {
    let guilds = inspect::guilds(&config.state_dir).unwrap_or_default();
    let bad = |guild: &GuildId| {
        let bad = inspect::guild(&config.state_dir, *guild).err()?;
        Some(
            Finding::error(
                format!("{}{}", bad.file.display(), place(&bad)),
                bad.what.clone(),
            )
            .fix(bad.fix()),
        )
    };
    (guilds.len(), guilds.iter().filter_map(bad).collect())
}

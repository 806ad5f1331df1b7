//! `state`: inspects, verifies, moves and restores the saved data. Commands that change it need the
//! bot to be stopped.

mod adopt;
mod reports;
mod restore;
pub(super) mod source;
mod transfer;
mod verify;

use std::io::{self, BufRead, IsTerminal};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::{CommonArgs, load, output};
use crate::config::Config;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;
use quizloop_core::team::Team;
use quizloop_store::restore::RestoreSource;
use source::StateSource;

#[derive(Debug, Args)]
pub struct StateArgs {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: StateCommand,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// List the servers
    List {
        /// List deleted data that can be restored
        #[arg(long)]
        deleted: bool,
    },
    /// Show a server's teams, rounds and streaks
    Show {
        /// Server id
        guild: GuildId,
    },
    /// Print a server's data as JSON, or copy all servers from the database to a folder
    Export {
        /// Server id, or a folder that is empty or does not exist yet
        #[arg(value_name = "GUILD|DIR")]
        target: String,
    },
    /// Copy all servers from a data folder to an empty database (stop the bot first)
    Import {
        /// Data folder
        dir: PathBuf,
    },
    /// List the open reports by members about mistakes in questions
    Reports {
        /// Server id [default: all servers]
        guild: Option<GuildId>,
        /// Print a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Read all snapshots and their last good generations, and report problems
    Verify,
    /// Restore a server's last good generation or its deleted data (stop the bot first)
    Restore {
        /// Server id
        guild: GuildId,
        /// Restore data that was deleted
        #[arg(long)]
        deleted: bool,
        /// Restore the last good generation of the server's own questions only
        #[arg(long, conflicts_with = "deleted")]
        questions: bool,
        /// When it was deleted, from `state list --deleted` [default: last]
        #[arg(long, requires = "deleted")]
        time: Option<Timestamp>,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Hand the data over to another Discord application (stop the bot first)
    Adopt {
        /// Id of the application that will own the data
        application: NonZeroU64,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

pub fn run(args: &StateArgs) -> Result<(), CliError> {
    let config = load::config(&args.common)?;
    match &args.command {
        StateCommand::List { deleted: false } => list(&StateSource::open(&config)?)?,
        StateCommand::List { deleted: true } => list_deleted(&StateSource::open(&config)?)?,
        StateCommand::Show { guild } => {
            output::text(show(&StateSource::open(&config)?.guild(*guild)?))?;
        }
        StateCommand::Export { target } => match target.parse::<GuildId>() {
            Ok(guild) => print_json(&guild_to_export(&config, guild)?)?,
            Err(_) => transfer::export(&config, Path::new(target))?,
        },
        StateCommand::Import { dir } => transfer::import(&config, dir)?,
        StateCommand::Reports { guild, json } => {
            reports::run(&StateSource::open(&config)?, *guild, *json)?;
        }
        StateCommand::Verify => verify::run(source::require_folder(&config, "verify")?)?,
        StateCommand::Restore {
            guild,
            deleted,
            questions,
            time,
            yes,
        } => {
            let source = match (deleted, questions) {
                (true, _) => RestoreSource::Deleted(*time),
                (false, true) => RestoreSource::LastGoodQuestions,
                (false, false) => RestoreSource::LastGood,
            };
            restore::run(&config, *guild, source, *yes)?;
        }
        StateCommand::Adopt { application, yes } => adopt::run(&config, application.get(), *yes)?,
    }
    Ok(())
}

/// Reads the server to export. If there is none with that id, the operator may mean a folder that is
/// named by a date.
fn guild_to_export(config: &Config, guild: GuildId) -> Result<Guild, CliError> {
    let found = StateSource::open(config)?.find(guild)?;
    found.ok_or_else(|| {
        let message = source::unknown_server(guild);
        source::state_error(format!(
            "{message}. If you mean a folder of that name, write ./{guild}"
        ))
    })
}

/// Fails if confirmation is needed but stdin is not a terminal.
fn require_confirmation(yes: bool, reason: &str) -> Result<(), CliError> {
    if yes || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        format!("this needs confirmation because {reason}: run it in a terminal or with --yes"),
    ))
}

/// Asks for confirmation. Only the whole word "yes" counts.
fn confirm(question: &str, yes: bool) -> Result<(), CliError> {
    if yes || is_confirmed(question, &mut io::stdin().lock())? {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Failed,
        "not confirmed; nothing was changed",
    ))
}

fn is_confirmed(question: &str, input: &mut impl BufRead) -> Result<bool, CliError> {
    output::text(format_args!("{question} Type yes: "))?;
    let mut line = String::new();
    Ok(input.read_line(&mut line).is_ok() && line.trim() == "yes")
}

fn list(source: &StateSource) -> Result<(), CliError> {
    let guilds = source.guilds()?;
    if guilds.is_empty() {
        output::line(format_args!("No servers yet."))?;
    }
    for id in guilds {
        match source.try_guild(id) {
            Ok(guild) => output::line(format_args!("{}", guild_summary(&guild))),
            Err(error) => output::line(format_args!("{id}  unreadable: {error}")),
        }?;
    }
    Ok(())
}

fn list_deleted(source: &StateSource) -> Result<(), CliError> {
    let deleted = source.deleted()?;
    if deleted.is_empty() {
        output::line(format_args!("No deleted data."))?;
    }
    for one in deleted {
        let contents = match &one.data {
            Ok(guild) => guild_summary(guild),
            Err(error) => format!("{}  unreadable: {error}", one.guild),
        };
        output::line(format_args!(
            "{contents}  deleted {}  until {}",
            one.deleted_at,
            one.restorable_until()
        ))?;
    }
    Ok(())
}

fn print_json(guild: &Guild) -> Result<(), CliError> {
    /// A server's data with its own questions, which a snapshot does not contain.
    #[derive(Serialize)]
    struct GuildExport<'a> {
        #[serde(flatten)]
        guild: &'a Guild,
        #[serde(skip_serializing_if = "Option::is_none")]
        server_questions: Option<&'a ServerQuestions>,
    }
    let export = GuildExport {
        guild,
        server_questions: guild.server_questions(),
    };
    let json = serde_json::to_string_pretty(&export).map_err(anyhow::Error::from)?;
    Ok(output::text(json + "\n")?)
}

fn guild_summary(guild: &Guild) -> String {
    let teams = guild.teams().len();
    let rounds: usize = guild.teams().values().map(|team| team.rounds().len()).sum();
    let members: usize = guild
        .teams()
        .values()
        .map(|team| team.members().count())
        .sum();
    format!(
        "{}  teams {teams}  rounds {rounds}  members {members}",
        guild.id()
    )
}

fn show(guild: &Guild) -> String {
    let mut text = format!("Server {}\n", guild.id());
    for team in guild.teams().values() {
        text.push_str(&show_team(team));
    }
    text
}

fn show_team(team: &Team) -> String {
    let schedule = &team.settings.schedule;
    let mut lines = vec![
        format!(
            "\nChannel {}: {} at {} ({})",
            team.channel,
            schedule.days,
            schedule.at.strftime("%H:%M"),
            schedule.zone
        ),
        "  rounds".into(),
    ];
    for round in team.rounds() {
        let state = match (round.message, round.voided_by) {
            (None, _) => "being posted".into(),
            (Some(_), Some(by)) => format!("void, by {by}"),
            (Some(_), None) => format!("{} replied", team.reply_count(round.number)),
        };
        lines.push(format!(
            "    {}  {}  {state}",
            round.label(),
            round.question
        ));
    }
    lines.push("  members".into());
    for (user, _) in team.members() {
        let streak = team.streak(user);
        lines.push(format!(
            "    {user}  streak {}  longest {}  answered {}  freezes {}",
            streak.current, streak.longest, streak.answered, streak.freezes
        ));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::is_confirmed;

    #[test]
    fn only_the_whole_word_confirms() {
        let confirms = |text: &str| is_confirmed("Restore?", &mut text.as_bytes()).unwrap();
        assert!(confirms("yes\n") && confirms("  yes \r\n") && confirms("yes"));
        for no in ["", "\n", "y\n", "YES\n", "no\nyes\n", "yes please\n"] {
            assert!(!confirms(no), "{no:?}");
        }
    }
}

//! `state`: looking at the snapshots, also while the bot runs; going back to an earlier one when it does not.

mod reports;
mod restore;
mod verify;

use clap::{Args, Subcommand};

use super::exit::{Exit, Failed};
use super::{Common, load, say};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::team::Team;
use crate::store::{BadSnapshot, inspect};

/// Options of `state`.
#[derive(Debug, Args)]
pub struct StateArgs {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: StateVerb,
}

#[derive(Debug, Subcommand)]
enum StateVerb {
    /// List the servers
    List,
    /// Show one server: its teams, rounds and streaks
    Show {
        /// The server's id
        guild: GuildId,
    },
    /// Print one server's snapshot as JSON
    Export {
        /// The server's id
        guild: GuildId,
    },
    /// Print the mistakes in questions that members reported and no admin has closed
    Reports {
        /// The server's id; all servers if none is named
        guild: Option<GuildId>,
        /// As a list in JSON
        #[arg(long)]
        json: bool,
    },
    /// Read all snapshots and their last good generations, and say what is wrong
    Verify,
    /// Go back to one server's last good generation, with the bot stopped
    Restore {
        /// The server's id
        guild: GuildId,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
}

/// Looks at the state.
pub fn run(args: &StateArgs) -> Result<(), Failed> {
    let dir = load::config(&args.common)?.state_dir;
    let unreadable = |bad: BadSnapshot| Failed::new(Exit::State, bad);
    match args.verb {
        StateVerb::List => {
            let guilds = inspect::guilds(&dir)
                .map_err(|error| Failed::new(Exit::State, format!("{}: {error}", dir.display())))?;
            if guilds.is_empty() {
                say::line(format_args!("No server yet."));
            }
            for id in guilds {
                match inspect::guild(&dir, id) {
                    Ok(guild) => say::line(format_args!("{}", summary(&guild))),
                    Err(error) => say::line(format_args!("{id}  unreadable: {}", error.what)),
                }
            }
        }
        StateVerb::Show { guild } => {
            say::text(show(&inspect::guild(&dir, guild).map_err(unreadable)?));
        }
        StateVerb::Export { guild } => {
            let guild = inspect::guild(&dir, guild).map_err(unreadable)?;
            say::line(format_args!(
                "{}",
                serde_json::to_string_pretty(&guild).map_err(anyhow::Error::from)?
            ));
        }
        StateVerb::Reports { guild, json } => reports::run(&dir, guild, json)?,
        StateVerb::Verify => verify::run(&dir)?,
        StateVerb::Restore { guild, yes } => restore::run(&dir, guild, yes)?,
    }
    Ok(())
}

/// "1 team", "2 teams".
fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn summary(guild: &Guild) -> String {
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
        let state = match (round.message, round.void) {
            (None, _) => "being posted".into(),
            (Some(_), Some(by)) => format!("void, by {by}"),
            (Some(_), None) => format!("{} replied", team.replied(round.number)),
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

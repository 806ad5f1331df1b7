//! `state restore`: restores a server's last good generation, after confirmation.

use std::path::Path;

use jiff::Timestamp;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::{confirm, require_confirmation};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::ledger::RoundResult;
use quizloop_core::team::Team;
use quizloop_core::text::pluralize;
use quizloop_store::SnapshotError;
use quizloop_store::restore::{Generation, Restore};

/// Maximum number of lost rounds listed for a team.
const MAX_ROUNDS_LISTED: usize = 5;

/// What the bot recovers automatically after a restore, and what it can't.
const AFTERWARDS: &str = "\
When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
a lost round no longer count, and a question that was lost today may be asked again.";

/// Shows what would be lost, asks for confirmation, and restores.
pub fn run(dir: &Path, guild: GuildId, yes: bool) -> Result<(), CliError> {
    require_confirmation(yes, "restoring discards all later changes")?;
    let restore = Restore::open(dir, guild).map_err(|error| CliError::new(Exit::State, error))?;
    output::text(preview(
        restore.current.as_ref(),
        &restore.guild,
        restore.written_at,
    ))?;
    confirm("Restore?", yes)?;
    let backup = restore.rollback().map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("the restored file can't be written: {error}"),
        )
    })?;
    if let Some(backup) = backup {
        output::line(format_args!(
            "The replaced file is kept as {}.",
            backup.display()
        ))?;
    }
    output::line("Done. Start the bot again.")?;
    Ok(())
}

/// Describes both generations, and what a restore would discard.
fn preview(current: Option<&Generation>, previous: &Guild, written: Option<Timestamp>) -> String {
    let (now, lost) = match current {
        None => ("the snapshot is missing".to_owned(), None),
        Some(current) => match &current.guild {
            Ok(now) => (
                describe_generation(now, current.written_at),
                Some(lost_items(now, previous)),
            ),
            Err(error) => (describe_error(error, current.written_at), None),
        },
    };
    let lost = match lost {
        None => "All later changes are lost. How many there are is unknown.".to_owned(),
        Some(lost) if lost.is_empty() => "No round and no reply is lost.".to_owned(),
        Some(lost) => format!("Lost:\n  {}", lost.join("\n  ")),
    };
    format!(
        "Server {}\n\n  current   {now}\n  restored  {}\n\n{lost}\n\n{AFTERWARDS}\n\n",
        previous.id(),
        describe_generation(previous, written),
    )
}

fn describe_error(error: &SnapshotError, written: Option<Timestamp>) -> String {
    let position = error.position.map_or(String::new(), |(line, column)| {
        format!(" (line {line}, column {column})")
    });
    format!("{}{}{position}", written_prefix(written), error.message)
}

fn describe_generation(guild: &Guild, written: Option<Timestamp>) -> String {
    let tally = Tally::from_guild(guild);
    format!(
        "{}{}, {}, {}",
        written_prefix(written),
        pluralize(guild.teams().len(), "team", "teams"),
        pluralize(tally.rounds, "round", "rounds"),
        pluralize(tally.replies, "reply", "replies"),
    )
}

fn written_prefix(written: Option<Timestamp>) -> String {
    written.map_or(String::new(), |time| format!("written {time:.0}: "))
}

/// Counts of a server's rounds, replies and admin actions.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    rounds: usize,
    replies: usize,
    /// Rounds voided and members credited.
    admin_actions: usize,
}

impl Tally {
    fn from_guild(guild: &Guild) -> Self {
        guild.teams().values().fold(Self::default(), |sum, team| {
            let rounds = team.rounds();
            let credited = |number| {
                let has = team
                    .members()
                    .filter(|(_, ledger)| ledger.result(number) == RoundResult::Credited);
                has.count()
            };
            Self {
                rounds: sum.rounds + rounds.len(),
                replies: sum.replies
                    + rounds
                        .iter()
                        .map(|round| team.reply_count(round.number))
                        .sum::<usize>(),
                admin_actions: sum.admin_actions
                    + rounds
                        .iter()
                        .filter(|round| round.voided_by.is_some())
                        .count()
                    + rounds
                        .iter()
                        .map(|round| credited(round.number))
                        .sum::<usize>(),
            }
        })
    }
}

/// Lists what is in `now` but not in `previous`, one item per line.
fn lost_items(now: &Guild, previous: &Guild) -> Vec<String> {
    let mut lines: Vec<String> = now
        .teams()
        .values()
        .filter_map(|team| lost_in_team(team, previous.team(team.channel)))
        .collect();
    let (now, previous) = (Tally::from_guild(now), Tally::from_guild(previous));
    let replies = now.replies.saturating_sub(previous.replies);
    if replies > 0 {
        lines.push(pluralize(replies, "reply", "replies"));
    }
    let actions = now.admin_actions.saturating_sub(previous.admin_actions);
    if actions > 0 {
        lines.push(pluralize(
            actions,
            "admin action (void or credit)",
            "admin actions (void or credit)",
        ));
    }
    lines
}

fn lost_in_team(team: &Team, previous: Option<&Team>) -> Option<String> {
    let Some(previous) = previous else {
        let rounds = pluralize(team.rounds().len(), "round", "rounds");
        return Some(format!(
            "the team in channel {} with {rounds}",
            team.channel
        ));
    };
    let rounds: Vec<_> = team
        .rounds()
        .iter()
        .skip(previous.rounds().len())
        .map(quizloop_core::round::Round::label)
        .collect();
    let settings = (team.settings != previous.settings).then(|| "changed settings".to_owned());
    let more = rounds.len().saturating_sub(MAX_ROUNDS_LISTED);
    let parts: Vec<String> = rounds
        .into_iter()
        .take(MAX_ROUNDS_LISTED)
        .chain((more > 0).then(|| format!("{more} more")))
        .chain(settings)
        .collect();
    (!parts.is_empty()).then(|| format!("channel {}: {}", team.channel, parts.join(", ")))
}

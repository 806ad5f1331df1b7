//! `state restore`: back to a server's last good generation, after asking.

use std::path::Path;

use jiff::Timestamp;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::{confirm, count, require_confirmation};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::ledger::RoundResult;
use crate::practice::team::Team;
use crate::store::SnapshotError;
use crate::store::restore::{Generation, Restore};

/// So many lost rounds of a team are named.
const MAX_ROUNDS_LISTED: usize = 5;

/// What the bot mends by itself after going back, and what it can't.
const AFTERWARDS: &str = "\
Replies in the newest three rounds are read again from Discord when the bot starts. Replies to a lost
round don't count any more, and a question lost today may come once more.";

/// Shows what is lost, asks, and goes back.
pub fn run(dir: &Path, guild: GuildId, yes: bool) -> Result<(), CliError> {
    require_confirmation(yes, "going back loses what came later")?;
    let restore = Restore::open(dir, guild).map_err(|error| CliError::new(Exit::State, error))?;
    output::text(preview(
        restore.current.as_ref(),
        &restore.guild,
        restore.written_at,
    ));
    confirm("Go back?", yes)?;
    let kept = restore.rollback().map_err(|error| {
        CliError::new(Exit::Failed, format!("the disk did not take it: {error}"))
    })?;
    if let Some(kept) = kept {
        output::line(format_args!(
            "The replaced file is kept as {}.",
            kept.display()
        ));
    }
    output::line("Done. Start the bot again.");
    Ok(())
}

/// What there is, and what going back loses.
fn preview(current: Option<&Generation>, previous: &Guild, written: Option<Timestamp>) -> String {
    let (now, lost) = match current {
        None => ("the snapshot is missing".to_owned(), None),
        Some(current) => match &current.guild {
            Ok(now) => (
                describe_generation(now, current.written_at),
                Some(lost_items(now, previous)),
            ),
            Err(broken) => (describe_error(broken, current.written_at), None),
        },
    };
    let lost = match lost {
        None => "What came after that is lost; how much that is can't be told.".to_owned(),
        Some(lost) if lost.is_empty() => "No round and no reply is lost.".to_owned(),
        Some(lost) => format!("Lost:\n  {}", lost.join("\n  ")),
    };
    format!(
        "Server {}\n\n  now      {now}\n  back to  {}\n\n{lost}\n\n{AFTERWARDS}\n\n",
        previous.id(),
        describe_generation(previous, written),
    )
}

fn describe_error(broken: &SnapshotError, written: Option<Timestamp>) -> String {
    let line = broken.position.map_or(String::new(), |(line, column)| {
        format!(" (line {line}, column {column})")
    });
    format!("{}{}{line}", written_prefix(written), broken.message)
}

fn describe_generation(guild: &Guild, written: Option<Timestamp>) -> String {
    let tally = Tally::from_guild(guild);
    format!(
        "{}{}, {}, {}",
        written_prefix(written),
        count(guild.teams().len(), "team"),
        count(tally.rounds, "round"),
        pluralize(tally.replies, "reply", "replies"),
    )
}

fn written_prefix(written: Option<Timestamp>) -> String {
    written.map_or(String::new(), |time| format!("written {time:.0}: "))
}

fn pluralize(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What counts in a server.
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

/// What is in `now` and not in `previous`, a line each.
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
    let orders = now.admin_actions.saturating_sub(previous.admin_actions);
    if orders > 0 {
        lines.push(pluralize(
            orders,
            "order of an admin (void or credit)",
            "orders of admins (void or credit)",
        ));
    }
    lines
}

fn lost_in_team(team: &Team, previous: Option<&Team>) -> Option<String> {
    let Some(previous) = previous else {
        let rounds = count(team.rounds().len(), "round");
        return Some(format!(
            "the team of channel {} with {rounds}",
            team.channel
        ));
    };
    let rounds: Vec<_> = team
        .rounds()
        .iter()
        .skip(previous.rounds().len())
        .map(crate::practice::round::Round::label)
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

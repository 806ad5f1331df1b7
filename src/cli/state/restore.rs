//! `state restore`: restores a server's last good generation or its deleted data, after confirmation.

use std::path::Path;

use jiff::Timestamp;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::{self, state_error};
use super::{confirm, require_confirmation};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use quizloop_core::data_deletion::RESTORABLE_DAYS;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::ledger::RoundResult;
use quizloop_core::round::Round;
use quizloop_core::server_questions::ServerQuestion;
use quizloop_core::team::Team;
use quizloop_core::text::pluralize;
use quizloop_store::SnapshotError;
use quizloop_store::postgres::{DatabaseReader, DatabaseRestoreError};
use quizloop_store::restore::{Generation, Restore, RestoreSource};

/// Maximum number of lost rounds listed for a team.
const MAX_ROUNDS_LISTED: usize = 5;

/// What the bot recovers automatically after a restore, and what it can't.
const AFTERWARDS: &str = "\
When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
a lost round no longer count, and a question that was lost today may be asked again.";

/// What an operator must do before the bot starts with restored data.
const INVITE_FIRST: &str = "\
If the bot is no longer in the server, invite it first. Otherwise it deletes the data again.";

/// Shows what would be lost, asks for confirmation, and restores.
pub fn run(
    config: &Config,
    guild: GuildId,
    source: RestoreSource,
    yes: bool,
) -> Result<(), CliError> {
    let reason = match source {
        RestoreSource::LastGood | RestoreSource::LastGoodQuestions => {
            "restoring discards all later changes"
        }
        RestoreSource::Deleted(_) => "restored teams replace those of the same channels",
    };
    require_confirmation(yes, reason)?;
    match (source, &config.state_url) {
        (RestoreSource::Deleted(time), Some(url)) => restore_in_database(url, guild, time, yes),
        _ => restore_in_folder(
            source::require_folder(config, "restore")?,
            guild,
            source,
            yes,
        ),
    }
}

fn restore_in_folder(
    dir: &Path,
    guild: GuildId,
    source: RestoreSource,
    yes: bool,
) -> Result<(), CliError> {
    let restore = Restore::open(dir, guild, source).map_err(state_error)?;
    let is_replaced = restore.current.is_some();
    let restored = Restored {
        guild: &restore.guild,
        time: restore.restored_at,
        source,
    };
    output::text(preview(restore.current.as_ref(), &restored))?;
    confirm("Restore?", yes)?;
    restore.run(Clock::system().now()).map_err(|error| {
        CliError::new(
            Exit::Failed,
            format!("the restored file can't be written: {error}"),
        )
    })?;
    print_done(is_replaced)
}

fn restore_in_database(
    url: &DatabaseUrl,
    guild: GuildId,
    deleted_at: Option<Timestamp>,
    yes: bool,
) -> Result<(), CliError> {
    let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
    let restore = reader.restore(guild, deleted_at).map_err(database_error)?;
    let current = restore.current().map(|current| Generation {
        written_at: None,
        guild: Ok(current.clone()),
    });
    let restored = Restored {
        guild: &restore.guild,
        time: Some(restore.deleted_at()),
        source: RestoreSource::Deleted(deleted_at),
    };
    output::text(preview(current.as_ref(), &restored))?;
    confirm("Restore?", yes)?;
    restore.run(Clock::system().now()).map_err(database_error)?;
    print_done(current.is_some())
}

fn database_error(error: DatabaseRestoreError) -> CliError {
    let exit = match error {
        DatabaseRestoreError::Write(_) => Exit::Failed,
        _ => Exit::State,
    };
    CliError::new(exit, error)
}

fn print_done(is_replaced: bool) -> Result<(), CliError> {
    if is_replaced {
        output::line(format_args!(
            "What was replaced is kept for {RESTORABLE_DAYS} days; `quizloop state list --deleted` lists it."
        ))?;
    }
    Ok(output::line("Done. Start the bot again.")?)
}

/// What a restore stores.
struct Restored<'a> {
    guild: &'a Guild,
    /// When it was written or deleted, if that is known.
    time: Option<Timestamp>,
    source: RestoreSource,
}

/// Describes what is stored, what a restore would store, and what would be lost.
fn preview(current: Option<&Generation>, restored: &Restored<'_>) -> String {
    let is_deleted = matches!(restored.source, RestoreSource::Deleted(_));
    let (now, lost) = match current {
        None if is_deleted => ("nothing is stored".to_owned(), Some(Vec::new())),
        None => ("the snapshot is missing".to_owned(), None),
        Some(current) => match &current.guild {
            Ok(now) => (
                describe_generation(now, &written_prefix(current.written_at)),
                Some(lost_items(now, restored.guild)),
            ),
            Err(error) => (describe_error(error, current.written_at), None),
        },
    };
    let lost = match lost {
        None => "All later changes are lost. How many there are is unknown.".to_owned(),
        Some(lost) if lost.is_empty() => "No round and no reply is lost.".to_owned(),
        Some(lost) => format!("Lost:\n  {}", lost.join("\n  ")),
    };
    let (prefix, more) = match restored.time {
        Some(time) if is_deleted => (
            format!("deleted {time:.0}: "),
            format!("{AFTERWARDS}\n\n{INVITE_FIRST}\n\n"),
        ),
        time => (written_prefix(time), format!("{AFTERWARDS}\n\n")),
    };
    // Of questions alone, the bot recovers nothing.
    let is_questions = restored.source == RestoreSource::LastGoodQuestions;
    let more = if is_questions { String::new() } else { more };
    format!(
        "Server {}\n\n  current   {now}\n  restored  {}\n\n{lost}\n\n{more}",
        restored.guild.id(),
        describe_generation(restored.guild, &prefix),
    )
}

fn describe_error(error: &SnapshotError, written: Option<Timestamp>) -> String {
    let position = error.position.map_or(String::new(), |(line, column)| {
        format!(" (line {line}, column {column})")
    });
    format!("{}{}{position}", written_prefix(written), error.message)
}

fn describe_generation(guild: &Guild, prefix: &str) -> String {
    let tally = Tally::from_guild(guild);
    let own = guild
        .server_questions()
        .map_or(0, |own| own.questions().len());
    let own = if own > 0 {
        format!(", {}", pluralize(own, "own question", "own questions"))
    } else {
        String::new()
    };
    format!(
        "{prefix}{}, {}, {}{own}",
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
        let teams = guild.teams().values();
        let rounds = teams.flat_map(|team| team.rounds().iter().map(move |round| (team, round)));
        rounds.fold(Self::default(), |sum, (team, round)| {
            sum.plus(Self::from_round(team, round))
        })
    }

    fn from_round(team: &Team, round: &Round) -> Self {
        let credited = team
            .members()
            .filter(|(_, ledger)| ledger.result(round.number) == RoundResult::Credited);
        Self {
            rounds: 1,
            replies: team.reply_count(round.number),
            admin_actions: credited.count() + usize::from(round.voided_by.is_some()),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            rounds: self.rounds + other.rounds,
            replies: self.replies + other.replies,
            admin_actions: self.admin_actions + other.admin_actions,
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            rounds: self.rounds.saturating_sub(other.rounds),
            replies: self.replies.saturating_sub(other.replies),
            admin_actions: self.admin_actions.saturating_sub(other.admin_actions),
        }
    }

    /// Counts what is in `now` but not in `restored`.
    fn lost(now: &Guild, restored: &Guild) -> Self {
        let mut lost = Self::default();
        for team in now.teams().values() {
            for round in team.rounds() {
                let kept = restored.team(team.channel).and_then(|restored| {
                    Some(Self::from_round(restored, same_round(restored, round)?))
                });
                let of_now = Self::from_round(team, round);
                lost = lost.plus(of_now.minus(kept.unwrap_or_default()));
            }
        }
        lost
    }
}

/// Returns the same round in another state of a team. After a removal a team starts again with
/// round 1, so the number alone does not identify it.
fn same_round<'a>(other: &'a Team, round: &Round) -> Option<&'a Round> {
    let same = other.round(round.number)?;
    ((same.day, &same.question) == (round.day, &round.question)).then_some(same)
}

/// Lists what is in `now` but not in `restored`, one item per line.
fn lost_items(now: &Guild, restored: &Guild) -> Vec<String> {
    let mut lines: Vec<String> = now
        .teams()
        .values()
        .filter_map(|team| lost_in_team(team, restored.team(team.channel)))
        .collect();
    let lost = Tally::lost(now, restored);
    if lost.replies > 0 {
        lines.push(pluralize(lost.replies, "reply", "replies"));
    }
    let lost_questions = lost_questions(now, restored);
    if lost_questions > 0 {
        lines.push(pluralize(
            lost_questions,
            "change of an own question",
            "changes of own questions",
        ));
    }
    if lost.admin_actions > 0 {
        lines.push(pluralize(
            lost.admin_actions,
            "admin action (void or credit)",
            "admin actions (void or credit)",
        ));
    }
    lines
}

/// Counts the own questions that `restored` lacks, or has with another content.
fn lost_questions(now: &Guild, restored: &Guild) -> usize {
    let own = now
        .server_questions()
        .map_or(&[][..], |own| own.questions());
    let kept = |question: &ServerQuestion| {
        let restored = restored.server_questions();
        restored.and_then(|own| own.get(&question.id)) == Some(question)
    };
    own.iter().filter(|question| !kept(question)).count()
}

fn lost_in_team(team: &Team, restored: Option<&Team>) -> Option<String> {
    let Some(restored) = restored else {
        let rounds = pluralize(team.rounds().len(), "round", "rounds");
        return Some(format!(
            "the team in channel {} with {rounds}",
            team.channel
        ));
    };
    let rounds: Vec<_> = team
        .rounds()
        .iter()
        .filter(|round| same_round(restored, round).is_none())
        .map(Round::label)
        .collect();
    let settings = (team.settings != restored.settings).then(|| "changed settings".to_owned());
    let more = rounds.len().saturating_sub(MAX_ROUNDS_LISTED);
    let parts: Vec<String> = rounds
        .into_iter()
        .take(MAX_ROUNDS_LISTED)
        .chain((more > 0).then(|| format!("{more} more")))
        .chain(settings)
        .collect();
    (!parts.is_empty()).then(|| format!("channel {}: {}", team.channel, parts.join(", ")))
}

//! The initial guilds, members and teams of the sandbox: the sample, or those of a seed file.

mod apply;
mod file;

use std::path::Path;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cli::exit::{CliError, Exit};
use crate::cli::output;
use discord_sandbox::ids;
use discord_sandbox::page::Calendar;
use quizloop_core::schedule::{Schedule, ScheduleOverrides};
use quizloop_core::zone::Zone;
use quizloop_diagnostics::{Diagnostic, Source};

/// The sample's time zone. It has daylight saving time, so that its effect can be tried.
const SAMPLE_ZONE: &str = "Europe/Berlin";
/// How long before the first question the sandbox starts.
const BEFORE_FIRST: SignedDuration = SignedDuration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuildSeed {
    name: String,
    owner: String,
    admins: Vec<String>,
    members: Vec<String>,
    channels: Vec<String>,
}

/// Where a team posts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ChannelRef {
    /// Guild and channel id, in the sample.
    Ids(u64, u64),
    /// Guild and channel name, in a seed file.
    Names(String, String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct TeamSeed {
    channel: ChannelRef,
    schedule: Schedule,
    /// The keys of the team, which are copied to the bot's config.
    keys: toml::Table,
}

/// The initial state of the sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// The guilds of a seed file; empty for the sample.
    guilds: Vec<GuildSeed>,
    teams: Vec<TeamSeed>,
}

impl Seed {
    /// Returns the sample: one guild with a team at 09:00 in `zone` on working days, with mock
    /// interviews. It asks the questions by number, because the first ones are the easiest to begin
    /// with.
    pub fn sample(zone: &str) -> anyhow::Result<Self> {
        let keys = [
            ("timezone", zone),
            ("order", "syllabus"),
            ("pairs", "mon 10:00"),
        ];
        let keys = keys.map(|(key, value)| (key.to_owned(), value.into()));
        let keys = toml::Table::from_iter(keys);
        let schedule = Schedule::weekdays_at(time(9, 0, 0, 0), Zone::from_name(zone)?);
        Ok(Self {
            guilds: Vec::new(),
            teams: vec![TeamSeed {
                channel: ChannelRef::Ids(ids::GUILD, ids::ASYNCIO),
                schedule,
                keys,
            }],
        })
    }

    /// Loads the file, or returns the sample if there is none. Prints all problems of the file.
    pub fn load(file: Option<&Path>) -> Result<Self, CliError> {
        let Some(file) = file else {
            return Ok(Self::sample(SAMPLE_ZONE)?);
        };
        let bytes = std::fs::read(file).map_err(|error| {
            let message = format!("can't read the seed file {}: {error}", file.display());
            CliError::new(Exit::Usage, message)
        })?;
        let name = file.display().to_string();
        let (seed, diagnostics) = match Source::decode(&name, &bytes) {
            Ok(source) => file::parse(&source),
            Err(diagnostic) => (None, vec![*diagnostic]),
        };
        if let Some(seed) = seed
            && !diagnostics.iter().any(Diagnostic::is_error)
        {
            output::diagnostics(&diagnostics);
            return Ok(seed);
        }
        let message = "fix the errors in the seed file; nothing was started";
        Err(CliError::in_files(diagnostics, message))
    }

    pub fn is_sample(&self) -> bool {
        self.guilds.is_empty()
    }

    /// Returns when the sandbox starts: half a minute before the first question.
    pub fn start(&self, now: Timestamp) -> Timestamp {
        let start = self.next_question(now + BEFORE_FIRST);
        start.map_or(now, |start| start - BEFORE_FIRST)
    }

    /// Returns when the next question of any team is due.
    fn next_question(&self, after: Timestamp) -> Option<Timestamp> {
        let limits = ScheduleOverrides {
            since: Timestamp::MIN,
            last_day: None,
            pause: None,
            skip: None,
        };
        let next = |team: &TeamSeed| {
            let mut days = team.schedule.upcoming(after, &limits);
            days.next().map(|(_, at)| at)
        };
        self.teams.iter().filter_map(next).min()
    }

    /// Returns the calendar for the page: the first team's time zone, and the due times of all teams.
    pub fn calendar(&self) -> Calendar {
        let first = self.teams.first();
        let zone = first.map_or(TimeZone::UTC, |team| team.schedule.zone.time_zone().clone());
        let seed = self.clone();
        Calendar::new(zone, move |after| seed.next_question(after))
    }
}

#[cfg(test)]
mod tests;

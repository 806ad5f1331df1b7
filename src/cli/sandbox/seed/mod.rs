//! What the sandbox starts with: guilds, people and teams, the sample or those of a seed file.

mod apply;
mod file;

use std::path::Path;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cli::exit::{CliError, Exit};
use crate::cli::output;
use crate::diagnostics::{self, Diagnostic, Source};
use crate::practice::schedule::{Schedule, ScheduleOverrides};
use crate::practice::zone::Zone;
use crate::sandbox::ids;
use crate::sandbox::page::Calendar;

/// The sample's time zone: one whose clocks change, so that it can be seen what that does.
const SAMPLE_ZONE: &str = "Europe/Berlin";
/// The sandbox starts this long before the first question.
const BEFORE_FIRST: SignedDuration = SignedDuration::from_secs(30);

/// A guild of a seed.
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
    /// By ids: in the sample guild.
    Ids(u64, u64),
    /// By names: in a guild of the seed.
    Names(String, String),
}

/// A team of a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct TeamSeed {
    channel: ChannelRef,
    schedule: Schedule,
    /// Its keys, as the bot's config has them too.
    keys: toml::Table,
}

/// What the sandbox starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    /// Guilds; none for the sample.
    guilds: Vec<GuildSeed>,
    teams: Vec<TeamSeed>,
}

impl Seed {
    /// The sample: one guild, and a team in `zone` at 09:00 on working days.
    pub fn sample(zone: &str) -> anyhow::Result<Self> {
        let keys = toml::Table::from_iter([("timezone".to_owned(), zone.into())]);
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

    /// The file's seed, or the sample.
    ///
    /// # Errors
    ///
    /// The file can't be read, or something in it is wrong: all of it is printed.
    pub fn load(file: Option<&Path>) -> Result<Self, CliError> {
        let Some(file) = file else {
            return Ok(Self::sample(SAMPLE_ZONE)?);
        };
        let bytes = std::fs::read(file).map_err(|error| {
            let what = format!("the seed {} can't be read: {error}", file.display());
            CliError::new(Exit::Usage, what)
        })?;
        let name = file.display().to_string();
        let (seed, diagnostics) = match Source::decode(&name, &bytes) {
            Ok(source) => file::parse(&source),
            Err(diagnostic) => (None, vec![*diagnostic]),
        };
        if !diagnostics.is_empty() {
            output::error(diagnostics::render_all(&diagnostics).trim_end());
        }
        seed.filter(|_| !diagnostics.iter().any(Diagnostic::is_error))
            .ok_or_else(|| {
                CliError::new(Exit::Usage, "the seed must be mended; nothing was started")
            })
    }

    /// Whether the sample guild is there.
    pub fn is_sample(&self) -> bool {
        self.guilds.is_empty()
    }

    /// Half a minute before the first question.
    pub fn start(&self, now: Timestamp) -> Timestamp {
        let start = self.next_question(now + BEFORE_FIRST);
        start.map_or(now, |start| start - BEFORE_FIRST)
    }

    /// When the next question of any team comes.
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

    /// What the page is told of the bot's days: the first team's zone, and all teams' questions.
    pub fn calendar(&self) -> Calendar {
        let first = self.teams.first();
        let zone = first.map_or(TimeZone::UTC, |team| team.schedule.zone.time_zone().clone());
        let seed = self.clone();
        Calendar::new(zone, move |after| seed.next_question(after))
    }
}

#[cfg(test)]
mod tests;

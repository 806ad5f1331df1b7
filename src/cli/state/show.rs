//! `state show`: a server's teams, rounds and streaks.

use jiff::civil::Date;
use serde::Serialize;

use super::super::exit::CliError;
use super::super::names::{Name, Names};
use super::super::output;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::round::Round;
use quizloop_core::team::Team;

#[derive(Serialize)]
struct ShownServer {
    guild: GuildId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    name: Name,
    teams: Vec<ShownTeam>,
}

#[derive(Serialize)]
struct ShownTeam {
    channel: ChannelId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    name: Name,
    days: String,
    at: String,
    timezone: String,
    rounds: Vec<ShownRound>,
    members: Vec<ShownMember>,
}

#[derive(Serialize)]
struct ShownRound {
    number: u32,
    day: Date,
    question: String,
    replies: usize,
    is_posted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    voided_by: Option<String>,
    #[serde(skip)]
    admin_name: Name,
    #[serde(skip)]
    label: String,
}

#[derive(Serialize)]
struct ShownMember {
    user: UserId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    name: Name,
    streak: u32,
    longest: u32,
    answered: u32,
    freezes: u32,
}

pub fn run(guild: &Guild, names: &Names, json: bool) -> Result<(), CliError> {
    let teams = guild.teams().values();
    let teams: Result<_, CliError> = teams.map(|team| ShownTeam::new(team, names)).collect();
    let server = ShownServer {
        guild: guild.id(),
        name: names.guild(guild.id())?,
        teams: teams?,
    };
    if json {
        output::json(&server)
    } else {
        Ok(output::text(server.text())?)
    }
}

impl ShownServer {
    fn text(&self) -> String {
        let teams = self.teams.iter().map(ShownTeam::text);
        std::iter::once(format!("Server {}{}\n", self.guild, self.name))
            .chain(teams)
            .collect()
    }
}

impl ShownTeam {
    fn new(team: &Team, names: &Names) -> Result<Self, CliError> {
        let schedule = &team.settings.schedule;
        let member = |user| {
            let streak = team.streak(user);
            Ok(ShownMember {
                user,
                name: names.user(user)?,
                streak: streak.current,
                longest: streak.longest,
                answered: streak.answered,
                freezes: streak.freezes,
            })
        };
        let rounds = team.rounds().iter();
        let rounds: Result<_, CliError> = rounds
            .map(|round| ShownRound::new(team, round, names))
            .collect();
        let members: Result<_, CliError> = team.members().map(|(user, _)| member(user)).collect();
        Ok(Self {
            channel: team.channel,
            name: names.channel(team.channel)?,
            days: schedule.days.to_string(),
            at: schedule.at.strftime("%H:%M").to_string(),
            timezone: schedule.zone.to_string(),
            rounds: rounds?,
            members: members?,
        })
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "\nChannel {}{}: {} at {} ({})",
            self.channel, self.name, self.days, self.at, self.timezone
        )];
        let mut section = |name: &str, items: Vec<String>| {
            if items.is_empty() {
                lines.push(format!("  no {name} yet"));
            } else {
                lines.push(format!("  {name}"));
                lines.extend(items.into_iter().map(|item| format!("    {item}")));
            }
        };
        section("rounds", self.rounds.iter().map(ShownRound::text).collect());
        section(
            "members",
            self.members.iter().map(ShownMember::text).collect(),
        );
        lines.join("\n") + "\n"
    }
}

impl ShownRound {
    fn new(team: &Team, round: &Round, names: &Names) -> Result<Self, CliError> {
        let admin = round.voided_by.and_then(|by| by.user);
        let admin_name = admin.map(|admin| names.user(admin)).transpose()?;
        Ok(Self {
            number: round.number,
            day: round.day,
            question: round.question.clone(),
            replies: team.reply_count(round.number),
            is_posted: round.message.is_some(),
            voided_by: round.voided_by.map(|by| by.to_string()),
            admin_name: admin_name.unwrap_or_default(),
            label: round.label(),
        })
    }

    fn text(&self) -> String {
        let state = match &self.voided_by {
            _ if !self.is_posted => "being posted".into(),
            Some(by) => format!("void, by {by}{}", self.admin_name),
            None => format!("{} replied", self.replies),
        };
        format!("{}  {}  {state}", self.label, self.question)
    }
}

impl ShownMember {
    fn text(&self) -> String {
        format!(
            "{}{}  streak {}  longest {}  answered {}  freezes {}",
            self.user, self.name, self.streak, self.longest, self.answered, self.freezes
        )
    }
}

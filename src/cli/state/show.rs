//! `state show`: a server's teams, rounds and streaks.

use jiff::civil::Date;
use serde::Serialize;

use super::super::exit::CliError;
use super::super::output;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::round::Round;
use quizloop_core::team::Team;

#[derive(Serialize)]
struct ShownServer {
    guild: GuildId,
    teams: Vec<ShownTeam>,
}

#[derive(Serialize)]
struct ShownTeam {
    channel: ChannelId,
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
    label: String,
}

#[derive(Serialize)]
struct ShownMember {
    user: UserId,
    streak: u32,
    longest: u32,
    answered: u32,
    freezes: u32,
}

pub fn run(guild: &Guild, json: bool) -> Result<(), CliError> {
    let server = ShownServer {
        guild: guild.id(),
        teams: guild
            .teams()
            .values()
            .map(|team| ShownTeam::new(team))
            .collect(),
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
        std::iter::once(format!("Server {}\n", self.guild))
            .chain(teams)
            .collect()
    }
}

impl ShownTeam {
    fn new(team: &Team) -> Self {
        let schedule = &team.settings.schedule;
        let member = |user| {
            let streak = team.streak(user);
            ShownMember {
                user,
                streak: streak.current,
                longest: streak.longest,
                answered: streak.answered,
                freezes: streak.freezes,
            }
        };
        Self {
            channel: team.channel,
            days: schedule.days.to_string(),
            at: schedule.at.strftime("%H:%M").to_string(),
            timezone: schedule.zone.to_string(),
            rounds: team
                .rounds()
                .iter()
                .map(|round| ShownRound::new(team, round))
                .collect(),
            members: team.members().map(|(user, _)| member(user)).collect(),
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "\nChannel {}: {} at {} ({})",
            self.channel, self.days, self.at, self.timezone
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
    fn new(team: &Team, round: &Round) -> Self {
        Self {
            number: round.number,
            day: round.day,
            question: round.question.clone(),
            replies: team.reply_count(round.number),
            is_posted: round.message.is_some(),
            voided_by: round.voided_by.map(|by| by.to_string()),
            label: round.label(),
        }
    }

    fn text(&self) -> String {
        let state = match &self.voided_by {
            _ if !self.is_posted => "being posted".into(),
            Some(by) => format!("void, by {by}"),
            None => format!("{} replied", self.replies),
        };
        format!("{}  {}  {state}", self.label, self.question)
    }
}

impl ShownMember {
    fn text(&self) -> String {
        format!(
            "{}  streak {}  longest {}  answered {}  freezes {}",
            self.user, self.streak, self.longest, self.answered, self.freezes
        )
    }
}

//! What admins see of a team.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::daily::button;
use super::message::{ButtonStyle, Embed, Message, message_link};
use super::text::{bullets, pluralize};
use crate::bot::custom_id::ComponentId;
use crate::practice::id::{ChannelId, GuildId, UserId};
use crate::practice::team::{Reveal, Team, TeamSettings};

/// The colour of administration.
const ADMIN_COLOR: u32 = 0x5c_6b_73;
/// The colour when something is wrong.
const ERROR_COLOR: u32 = 0xd8_43_4f;

/// How many posts to come are listed.
pub const POSTS_AHEAD: usize = 3;

/// A moment as Discord shows it in each reader's own zone (Discord docs, reference, "Timestamp Styles").
pub fn timestamp(time: Timestamp) -> String {
    let seconds = time.as_second();
    format!("<t:{seconds}:F> (<t:{seconds}:R>)")
}

/// Settings in words.
pub fn settings(settings: &TeamSettings) -> String {
    let schedule = &settings.schedule;
    let mut lines = vec![
        format!(
            "**When**: {} at {} ({})",
            schedule.days,
            schedule.at.strftime("%H:%M"),
            schedule.zone
        ),
        format!(
            "**If I was away**: I still post up to {} late, on the same day",
            duration_text(schedule.catch_up)
        ),
        format!(
            "**Model answer**: {}",
            match settings.reveal {
                Reveal::AfterReply => "after one's reply; who looks first is asked to confirm",
                Reveal::Open => "open to all at any time",
            }
        ),
        settings
            .role
            .map_or("**Role**: none is mentioned".into(), |role| {
                format!("**Role**: <@&{role}> is mentioned with each question")
            }),
    ];
    if settings.send_weekly_report {
        lines.push(
            "**Report**: each week after its last question, in the channel; nobody is notified"
                .into(),
        );
    }
    if !settings.retention.is_default() {
        let percent = settings.retention.get();
        lines.push(format!(
            "**Practice**: `/quiz` brings questions back so that {percent} % are remembered"
        ));
    }
    if !schedule.holidays.is_empty() {
        let days: Vec<_> = schedule.holidays.iter().map(ToString::to_string).collect();
        lines.push(format!("**Holidays**: {}", days.join(", ")));
    }
    lines.join("\n")
}

fn duration_text(span: SignedDuration) -> String {
    let (hours, minutes) = (span.as_hours(), span.as_mins() % 60);
    match (hours, minutes) {
        (0, minutes) => format!("{minutes} minutes"),
        (1, 0) => "1 hour".into(),
        (hours, 0) => format!("{hours} hours"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// When questions come.
pub fn upcoming_posts(posts: &[Timestamp]) -> String {
    if posts.is_empty() {
        return "None: the schedule has no day with a question within two years, or the team is paused.".into();
    }
    bullets(posts.iter().map(|post| timestamp(*post)))
}

/// What the bot may do in a team's channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionReport {
    /// Permissions that are missing, in the words of Discord's settings.
    pub missing: Vec<&'static str>,
    /// Whether a mention of the team's role would notify nobody.
    pub unmentionable_role: bool,
}

impl PermissionReport {
    fn is_sufficient(&self) -> bool {
        self.missing.is_empty() && !self.unmentionable_role
    }
}

/// What `/setup` says when it is done.
pub fn team_summary(
    team: &Team,
    now: Timestamp,
    access: &PermissionReport,
    changed: bool,
) -> Message {
    let head = if changed {
        "has new settings"
    } else {
        "is set up"
    };
    let mut embed = Embed {
        title: Some("Team".into()),
        description: Some(format!(
            "<#{}> {head}.\n{}",
            team.channel,
            settings(&team.settings)
        )),
        color: if access.is_sufficient() {
            ADMIN_COLOR
        } else {
            ERROR_COLOR
        },
        ..Embed::default()
    };
    if !access.missing.is_empty() {
        embed = embed.field(
            "Missing permissions",
            missing_permissions_text(team.channel, &access.missing),
        );
    }
    if access.unmentionable_role {
        embed = embed.field("The role", unmentionable_role_text(team));
    }
    embed = embed.field(
        "The next questions",
        upcoming_posts(&team.next_post_times(now, POSTS_AHEAD)),
    );
    if !changed {
        embed = embed.footer("If a post ever fails for good, I tell you once in a direct message.");
    }
    let message = Message::embed(embed);
    if team.rounds().is_empty() {
        let press = ComponentId::PostNow {
            channel: team.channel,
        };
        return message.buttons(vec![button(
            ButtonStyle::Primary,
            "Post the first one now",
            &press,
        )]);
    }
    message
}

/// Why nobody would hear of a mention, and what to do.
fn unmentionable_role_text(team: &Team) -> String {
    let role = team
        .settings
        .role
        .map_or_else(String::new, |role| format!(" <@&{role}>"));
    format!(
        "A mention of{role} would notify nobody. In the role's settings, switch on \"Allow anyone to @mention this role\"."
    )
}

/// Which permissions are missing, and what to do.
fn missing_permissions_text(channel: ChannelId, missing: &[&str]) -> String {
    let names = bullets(missing.iter().map(|name| format!("**{name}**")));
    format!(
        "In <#{channel}> my role needs:\n{names}\nGrant them in the channel's settings; then it works by itself."
    )
}

/// What `/team status` knows beyond the team itself.
pub struct TeamStatus<'a> {
    /// The guild, for links.
    pub guild: GuildId,
    /// Now.
    pub now: Timestamp,
    /// What the bot may do, or why it could not be looked up.
    pub access: Result<&'a PermissionReport, &'a str>,
    /// Questions in the bank.
    pub bank_size: usize,
}

/// What `/team status` says.
pub fn status(team: &Team, status: &TeamStatus<'_>) -> Message {
    let mut text = settings(&team.settings);
    if team.managed {
        text.push_str("\nThe operator's file manages this team.");
    }
    if let Some(pause) = team.pause {
        // Writing to a string can't fail.
        let _ = match pause.until {
            Some(day) => write!(text, "\n**Paused** until {day}"),
            None => write!(text, "\n**Paused** until `/team resume`"),
        };
    }
    if let Some(at) = team.next_report_at(status.now) {
        let next = timestamp(at);
        let _ = write!(
            text,
            "\n**The next report**: {next}, if its week has a question"
        );
    }
    if let Some(day) = team.skip {
        let _ = write!(text, "\n**Skipped**: {day}");
    }
    let fine =
        team.posting_failure.is_none() && status.access.is_ok_and(PermissionReport::is_sufficient);
    let permissions = match status.access {
        Ok(access) if access.missing.is_empty() => "All there.".into(),
        Ok(access) => missing_permissions_text(team.channel, &access.missing),
        Err(why) => format!("They could not be looked up: {why}"),
    };
    let mut embed = Embed {
        title: Some("Team status".into()),
        description: Some(format!("<#{}>\n{text}", team.channel)),
        color: if fine { ADMIN_COLOR } else { ERROR_COLOR },
        ..Embed::default()
    };
    if let Some(trouble) = &team.posting_failure {
        embed = embed.field(
            "Trouble",
            format!(
                "Since <t:{}:R>: {}",
                trouble.since.as_second(),
                trouble.message
            ),
        );
    }
    embed = embed
        .field("The newest round", latest_round(team, status.guild))
        .field(
            "The next questions",
            upcoming_posts(&team.next_post_times(status.now, POSTS_AHEAD)),
        )
        .field("Permissions", permissions);
    if status.access.is_ok_and(|access| access.unmentionable_role) {
        embed = embed.field("The role", unmentionable_role_text(team));
    }
    let members = pluralize(team.members().count(), "member has", "members have");
    let bank = pluralize(status.bank_size, "question", "questions");
    Message::embed(embed.footer(format!("{members} taken part · {bank} in the bank")))
}

fn latest_round(team: &Team, guild: GuildId) -> String {
    let Some(round) = team.rounds().last() else {
        return "None yet.".into();
    };
    let Some(message) = round.message else {
        return format!("{}: being posted", round.label());
    };
    let replied = pluralize(team.reply_count(round.number), "reply", "replies");
    format!(
        "[{}]({}), {replied}",
        round.label(),
        message_link(guild, team.channel, message)
    )
}

/// A question is on its way.
pub fn post_started(number: u32) -> Message {
    Message::text(format!(
        "Round {number} is on its way: the question appears in the channel in a moment."
    ))
}

/// There was a question today.
pub fn already_posted_today() -> Message {
    Message::text(
        "Today's question is out already. There is at most one a day, so that nobody's streak depends on a second one.",
    )
}

/// A pause began.
pub fn paused(team: &Team, now: Timestamp) -> Message {
    let until = team.pause.and_then(|pause| pause.until);
    let end = match until {
        Some(day) => format!("until {day}"),
        None => "until `/team resume`".into(),
    };
    let next = team.next_post_times(now, 1);
    let next = next.first().map_or(String::new(), |next| {
        format!(" The next question comes {}.", timestamp(*next))
    });
    Message::text(format!(
        "<#{}> is paused {end}. Streaks are safe: a pause has no rounds.{next}",
        team.channel
    ))
}

/// A pause ended.
pub fn resumed(team: &Team, now: Timestamp) -> Message {
    Message::text(format!(
        "<#{}> goes on. The next questions:\n{}",
        team.channel,
        upcoming_posts(&team.next_post_times(now, POSTS_AHEAD))
    ))
}

/// A day is skipped.
pub fn skipped(day: jiff::civil::Date, next: &[Timestamp]) -> Message {
    Message::text(format!(
        "{day} has no question. After that:\n{}\n`/team resume` takes this back.",
        upcoming_posts(next)
    ))
}

/// A round is void.
pub fn voided(number: u32) -> Message {
    Message::text(format!(
        "Round {number} is void for everybody: it neither extends nor ends a streak."
    ))
}

/// A member has credit.
pub fn credited(member: UserId, number: u32) -> Message {
    Message::text(format!(
        "<@{member}> has credit for round {number}, as if it had been answered in time."
    ))
}

/// The question before a team is removed.
pub fn confirm_removal(team: &Team) -> Message {
    let rounds = pluralize(team.rounds().len(), "round", "rounds");
    let members = pluralize(team.members().count(), "member", "members");
    let press = ComponentId::Remove {
        channel: team.channel,
    };
    Message::text(format!(
        "Remove the team of <#{}>? Its {rounds} and the streaks of its {members} are deleted and can't be brought back. \
         `/team pause` keeps them.",
        team.channel
    ))
    .buttons(vec![button(ButtonStyle::Danger, "Remove for good", &press)])
}

/// A team is gone.
pub fn removed(channel: ChannelId) -> Message {
    Message::text(format!(
        "The team of <#{channel}> and all that was kept of it are gone."
    ))
}

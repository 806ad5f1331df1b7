//! Messages for admins about a team: settings, status and confirmations.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use super::daily::{LevelDisplay, button, topic_label};
use super::message::{ButtonStyle, Embed, Message, message_link};
use super::pair;
use super::text::{bullets, day, pluralize, relative_time, truncate};
use super::user_error::PostingProblem;
use super::{server_questions, team_panel};
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::Question;
use quizloop_core::data_deletion::RESTORABLE_DAYS;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::mock_interview::MockInterviews;
use quizloop_core::posting::OrderPostError;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::Team;
use quizloop_core::team_settings::{SettingLine, TEAM_SETTINGS, TeamSettings};

/// The embed colour of messages for admins.
const ADMIN_COLOR: u32 = 0x5c_6b_73;
/// The embed colour when something is wrong.
const ERROR_COLOR: u32 = 0xd8_43_4f;

/// Maximum length of a question in a line, in characters.
const TITLE_MAX: usize = 200;

/// Number of upcoming posts listed.
pub const POSTS_AHEAD: usize = 3;

/// A time that Discord shows in each reader's own zone (Discord docs, reference, "Timestamp
/// Styles").
pub fn timestamp(time: Timestamp) -> String {
    format!("<t:{}:F> ({})", time.as_second(), relative_time(time))
}

/// The settings of a team, one per line. Holidays before `today` are left out.
pub fn settings(settings: &TeamSettings, today: Date) -> String {
    let mut settings = settings.clone();
    settings.schedule.holidays = settings.schedule.holidays.split_off(&today);
    let lines = TEAM_SETTINGS
        .iter()
        .filter_map(|setting| match setting.line {
            SettingLine::Own(label, show) => Some(format!("**{label}**: {}", show(&settings)?)),
            SettingLine::In(_) => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// The times of upcoming questions.
pub fn upcoming_posts(posts: &[Timestamp]) -> String {
    if posts.is_empty() {
        return "None: the team is paused, or its schedule has no question in the next two years."
            .into();
    }
    bullets(posts.iter().map(|post| timestamp(*post)))
}

/// Whether the bot has the permissions it needs in a team's channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionReport {
    /// Missing permissions, by their names in Discord's settings.
    pub missing: Vec<&'static str>,
    /// Whether mentioning the team's role notifies nobody.
    pub unmentionable_role: bool,
}

impl PermissionReport {
    fn is_sufficient(&self) -> bool {
        self.missing.is_empty() && !self.unmentionable_role
    }
}

/// Why the settings of a team are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryReason {
    /// The team was set up.
    New,
    /// Its settings were changed.
    Changed,
    /// An admin wants to see them.
    Asked,
}

/// The reply to `/setup` and `/team settings`.
pub fn team_summary(
    team: &Team,
    now: Timestamp,
    access: &PermissionReport,
    reason: SummaryReason,
    pool: &QuestionPool<'_>,
) -> Message {
    let channel = team.channel;
    let heading = match reason {
        SummaryReason::New => format!("<#{channel}> is set up."),
        SummaryReason::Changed => format!("<#{channel}> now has these settings:"),
        SummaryReason::Asked => format!("<#{channel}> has these settings:"),
    };
    let mut embed = Embed {
        title: Some("Team".into()),
        description: Some(format!(
            "{heading}\n{}",
            settings(&team.settings, today(team, now))
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
        embed = embed.field("Role", unmentionable_role_text(team));
    }
    embed = embed
        .field("Questions", supply(&team.settings, pool))
        .field("Reminders", early_reminders_text(team))
        .field(
            "Next questions",
            upcoming_posts(&team.next_post_times(now, POSTS_AHEAD)),
        );
    if reason == SummaryReason::New {
        embed = embed.footer("If a question can't be posted, I'll send you one direct message.");
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

fn today(team: &Team, now: Timestamp) -> Date {
    team.settings.schedule.zone.date(now)
}

/// How many questions a team's settings leave, and how long they last.
pub fn supply(settings: &TeamSettings, pool: &QuestionPool<'_>) -> String {
    let questions = settings.programme.questions(pool).count();
    let per_week = settings.schedule.days.iter().count();
    let count = pluralize(questions, "question", "questions");
    let weeks = weeks(questions, per_week);
    format!("{count}: {weeks} at {} a week", number_word(per_week))
}

/// How long questions last, rounded to half a week: `two and a half weeks`.
fn weeks(questions: usize, per_week: usize) -> String {
    let halves = (4 * questions + per_week) / (2 * per_week.max(1));
    match (halves / 2, halves % 2) {
        (0, 0) => "less than half a week".into(),
        (0, _) => "half a week".into(),
        (1, 0) => "one week".into(),
        (weeks, 0) => format!("{} weeks", number_word(weeks)),
        (weeks, _) => format!("{} and a half weeks", number_word(weeks)),
    }
}

/// A number, in words if it is small.
fn number_word(number: usize) -> String {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    let word = WORDS.get(number).copied();
    word.map_or_else(|| number.to_string(), str::to_owned)
}

/// How many questions are left, this week's topic, and the question that an admin chose. Admins may
/// practise, too, so nothing tells the level or the topic of a question that hides them.
fn questions_left(team: &Team, status: &TeamStatus<'_>) -> String {
    let all = team.settings.programme.questions(status.pool).count();
    let left = team.remaining_questions(status.pool);
    let count = pluralize(all, "question", "questions");
    let mut text = format!("{left} of {count} left before they start over");
    let hides_topic = team
        .open_round()
        .is_some_and(|open| open.hides_level && open.voided_by.is_none());
    if let Some(topic) = team.topic_on(today(team, status.now))
        && !hides_topic
    {
        // Writing to a string can't fail.
        let _ = write!(text, "\nThis week's topic: {}", topic_label(topic));
    }
    if let Some(question) = status.chosen {
        let level = LevelDisplay::hidden_if(team.settings.hides_level);
        let _ = write!(
            text,
            "\nNext, chosen by an admin: {}",
            title(question, level)
        );
    }
    text
}

/// A question's number, unless its level and topic are hidden, and its text, short enough for a line.
fn title(question: &Question, level: LevelDisplay) -> String {
    let text = truncate(&question.question, TITLE_MAX);
    match level {
        LevelDisplay::Shown => format!("{} {text}", question.label()),
        // Neighbouring numbers have the same topic.
        LevelDisplay::Hidden => text,
    }
}

/// Says how many reminders are set to a time at which the question is not out yet.
fn early_reminders_text(team: &Team) -> String {
    let count = team.early_reminders();
    if count == 0 {
        return String::new();
    }
    let (reminders, members) = match count {
        1 => ("1 reminder no longer works".to_owned(), "That member"),
        count => (format!("{count} reminders no longer work"), "Those members"),
    };
    format!(
        "{reminders}, because the question is not out yet at that time. {members} can choose a later time with `/remind on`."
    )
}

/// Explains why mentioning the role notifies nobody, and how to fix it.
fn unmentionable_role_text(team: &Team) -> String {
    let role = team
        .settings
        .role
        .map_or_else(String::new, |role| format!(" <@&{role}>"));
    format!(
        "Mentioning{role} notifies nobody yet. In the role's settings, turn on \"Allow anyone to @mention this role\"."
    )
}

/// Lists the missing permissions and how to grant them.
fn missing_permissions_text(channel: ChannelId, missing: &[&str]) -> String {
    let names = bullets(missing.iter().map(|name| format!("**{name}**")));
    format!(
        "In <#{channel}>, my role still needs:\n{names}\nGrant them in the channel's settings. Nothing else is needed."
    )
}

/// What `/team status` shows beyond the team itself.
pub struct TeamStatus<'a> {
    /// The guild, to build links.
    pub guild: GuildId,
    pub now: Timestamp,
    /// The bot's permissions, or why they could not be checked.
    pub access: Result<&'a PermissionReport, &'a str>,
    /// The server's questions.
    pub pool: &'a QuestionPool<'a>,
    /// The next question, if an admin chose it.
    pub chosen: Option<&'a Question>,
    /// Number of members' suggestions that wait for a decision.
    pub suggestions: usize,
}

/// The reply to `/team status`.
pub fn status(team: &Team, status: &TeamStatus<'_>) -> Message {
    let mut text = settings(&team.settings, today(team, status.now));
    if team.managed {
        text.push_str("\nThis team is set up in the bot's config file.");
    }
    if let Some(pause) = team.pause {
        // Writing to a string can't fail.
        let _ = match pause.until {
            _ if pause.by_config => write!(
                text,
                "\n**Paused**: no longer in the bot's config file. Resumes when it is there again, or with `/team resume`"
            ),
            Some(until) => write!(text, "\n**Paused** until {}", day(until)),
            None => write!(text, "\n**Paused** until `/team resume`"),
        };
    }
    if let Some(at) = team.next_report_at(status.now) {
        let next = timestamp(at);
        let _ = write!(
            text,
            "\n**Next weekly report**: {next}, if there is a question that week"
        );
    }
    if team.settings.pairs.is_some() {
        let stored = team.mock_interviews();
        let line = pair::team_line(
            stored.map_or(0, MockInterviews::participant_count),
            stored.and_then(MockInterviews::summary),
        );
        let _ = write!(text, "\n**Taking part**: {line}");
    }
    if let Some(skipped) = team.skip {
        let _ = write!(text, "\n**Skipped**: {}", day(skipped));
    }
    let wraps_up = team.settings.schedule.wrap_up_at.is_some();
    let wrap_up_failure = team.wrap_up_failure.as_ref().filter(|_| wraps_up);
    let has_pairs = team.settings.pairs.is_some();
    let pair_failure = team.mock_interviews().and_then(|one| one.failure.as_ref());
    let failures: Vec<_> = team
        .posting_failure
        .iter()
        .chain(wrap_up_failure)
        .chain(pair_failure.filter(|_| has_pairs))
        .collect();
    let fine = failures.is_empty() && status.access.is_ok_and(PermissionReport::is_sufficient);
    let permissions = match status.access {
        Ok(access) if access.missing.is_empty() => "None missing.".into(),
        Ok(access) => missing_permissions_text(team.channel, &access.missing),
        Err(why) => format!("Couldn't check: {why}"),
    };
    let mut embed = Embed {
        title: Some("Team status".into()),
        description: Some(format!("<#{}>\n{text}", team.channel)),
        color: if fine { ADMIN_COLOR } else { ERROR_COLOR },
        ..Embed::default()
    };
    for failure in failures {
        let since = relative_time(failure.since);
        embed = embed.field("Problem", format!("Since {since}: {}", failure.message));
    }
    embed = embed
        .field("Questions", questions_left(team, status))
        .field("Latest question", latest_round(team, status.guild))
        .field(
            "Next questions",
            upcoming_posts(&team.next_post_times(status.now, POSTS_AHEAD)),
        )
        .field("Reminders", early_reminders_text(team))
        .field("Permissions", permissions);
    if status.access.is_ok_and(|access| access.unmentionable_role) {
        embed = embed.field("Role", unmentionable_role_text(team));
    }
    if status.suggestions > 0 {
        embed = embed.field("Suggestions", server_questions::waiting(status.suggestions));
    }
    let members = pluralize(team.members().count(), "member has", "members have");
    let bank = pluralize(status.pool.candidates.len(), "question", "questions");
    let message = Message::embed(embed.footer(format!("{members} taken part · {bank} available")));
    message.buttons(team_panel::buttons(team, status.now))
}

fn latest_round(team: &Team, guild: GuildId) -> String {
    let Some(round) = team.rounds().last() else {
        return "None yet.".into();
    };
    let Some(message) = round.message else {
        return format!("{}: being posted", round.label());
    };
    let answers = pluralize(team.reply_count(round.number), "answer", "answers");
    format!(
        "[{}]({}), {answers}",
        round.label(),
        message_link(guild, team.channel, message)
    )
}

/// The question will be posted in a moment.
pub fn post_started(number: u32) -> Message {
    Message::text(format!(
        "Posting question {number}: it will appear in the channel in a moment."
    ))
}

/// Why an admin's order to post is refused.
pub fn post_refused(refused: OrderPostError) -> Message {
    Message::text(match refused {
        OrderPostError::AlreadyPosted => {
            "Today's question is already out. There is at most one a day.".into()
        }
        OrderPostError::Unfinished(day) => format!(
            "I'm still finishing the question of {day}. Try again in a minute; `/team status` shows if \
             there is a problem."
        ),
        OrderPostError::NoQuestion => super::user_error::explain(PostingProblem::NoQuestion),
        OrderPostError::OpenElsewhere => {
            "Another team of this server has that question open. Choose another one.".into()
        }
    })
}

/// An admin chose the next question.
pub fn chosen(team: &Team, question: &Question, now: Timestamp) -> Message {
    let next = team.next_post_times(now, 1);
    let when = next.first().map_or(String::new(), |next| {
        format!(" It comes {}.", timestamp(*next))
    });
    Message::text(format!(
        "Next in <#{}>: {}{when} To clear the choice, run `/team choose` without a question.",
        team.channel,
        title(question, LevelDisplay::Shown)
    ))
}

/// The choice of the next question was cleared.
pub fn choice_cleared(was_chosen: bool) -> Message {
    Message::text(if was_chosen {
        "The choice is cleared. The next question comes from the team's settings again."
    } else {
        "No question was chosen. To choose the next one, run `/team choose` with a question."
    })
}

/// The team is paused.
pub fn paused(team: &Team, now: Timestamp) -> Message {
    let until = team.pause.and_then(|pause| pause.until);
    let end = match until {
        Some(until) => format!("until {}", day(until)),
        None => "until `/team resume`".into(),
    };
    let next = team.next_post_times(now, 1);
    let next = next.first().map_or(String::new(), |next| {
        format!(" The next question comes {}.", timestamp(*next))
    });
    Message::text(format!(
        "Questions in <#{}> are paused {end}. Streaks are safe.{next}",
        team.channel
    ))
}

/// The team is resumed.
pub fn resumed(team: &Team, now: Timestamp) -> Message {
    Message::text(format!(
        "Questions in <#{}> are back on. Next:\n{}",
        team.channel,
        upcoming_posts(&team.next_post_times(now, POSTS_AHEAD))
    ))
}

/// The next question is skipped.
pub fn skipped(date: Date, next: &[Timestamp]) -> Message {
    Message::text(format!(
        "No question on {}. Next:\n{}\nTo undo this, use `/team resume`.",
        day(date),
        upcoming_posts(next)
    ))
}

/// Asks for confirmation before a team is removed.
pub fn confirm_removal(team: &Team) -> Message {
    let questions = pluralize(team.rounds().len(), "question", "questions");
    let members = pluralize(team.members().count(), "member", "members");
    let press = ComponentId::Remove {
        channel: team.channel,
    };
    Message::text(format!(
        "Remove the team from <#{}>? This deletes its history of {questions} and the streaks of {members}. \
         For {RESTORABLE_DAYS} days, only the person who runs the bot can restore them; `/team pause` keeps them.",
        team.channel
    ))
    .buttons(vec![button(ButtonStyle::Danger, "Remove the team", &press)])
}

/// A team was removed.
pub fn removed(channel: ChannelId) -> Message {
    Message::text(format!(
        "Team removed from <#{channel}>, and its data is deleted. For {RESTORABLE_DAYS} days, the person \
         who runs the bot can restore it."
    ))
}

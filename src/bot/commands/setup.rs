//! `/setup`: an admin starts a team in a channel, or changes one.

use jiff::civil::time;
use serde_json::{Value, json};

use super::settings::{MANAGE_GUILD, changed, options};
use super::{Said, admins_only};
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::event::Call;
use crate::bot::permissions;
use crate::bot::render::user_error::UserError;
use crate::bot::response::{SUGGESTIONS_MAX, Suggestion};
use crate::bot::rest::ChannelKind;
use crate::config;
use crate::failpoint;
use crate::practice::id::{ChannelId, GuildId};
use crate::practice::schedule::Schedule;
use crate::practice::team::{Reveal, Team, TeamSettings};
use crate::practice::weekdays::Weekdays;
use crate::practice::zone::Zone;

/// The command in Discord's form.
pub fn definition() -> Value {
    let mut options = options(true);
    options.push(json!({
        "type": 7, "name": "channel", "description": "The team's channel (this one, unless you name another)",
        "channel_types": [0, 5],
    }));
    json!({
        "name": "setup",
        "description": "Start a team in a channel, or change its settings",
        "contexts": [0],
        "default_member_permissions": MANAGE_GUILD,
        "options": options,
    })
}

/// Suggestions for a zone.
pub fn zones(typed: &str) -> Vec<Suggestion> {
    let both = |name: &str| Suggestion {
        name: name.to_owned(),
        value: name.to_owned(),
    };
    config::zone::search(typed, SUGGESTIONS_MAX)
        .into_iter()
        .map(both)
        .collect()
}

/// Suggestions for weekdays: the usual ones, and what was typed if it can be understood.
pub fn days(typed: &str) -> Vec<Suggestion> {
    let usual = [
        "mon-fri",
        "every day",
        "sun-thu",
        "mon, wed, fri",
        "tue, thu",
    ];
    // As it would be written, not as it was typed: a value has 100 characters at most.
    let own = Weekdays::parse(typed).ok().map(|days| days.to_string());
    let fits = |days: &&str| days.starts_with(&typed.to_lowercase());
    let suggestion = |days: &str| Suggestion {
        name: Weekdays::parse(days).map_or_else(|_| days.to_owned(), |days| days.to_string()),
        value: days.to_owned(),
    };
    let mut found: Vec<_> = own
        .as_deref()
        .into_iter()
        .chain(usual.into_iter().filter(fits))
        .map(suggestion)
        .collect();
    found.dedup_by(|a, b| a.name == b.name);
    found
}

/// Sets the team up; it is on disk before the admin is told.
///
/// # Errors
///
/// An option can't be taken, the channel does not do, or the state can't be saved.
pub async fn run(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    admins_only(call)?;
    let key = TeamKey {
        guild,
        channel: channel(desk, call, guild).await?,
    };
    if desk.team(key, |team| team.managed) == Some(true) {
        return Err(UserError::ManagedByConfig);
    }
    let known = desk.team(key, |team| team.settings.clone());
    let existed = known.is_some();
    let settings = changed(known.unwrap_or_else(defaults), call)?;
    save(desk, call, key, settings).await?;
    desk.backoff.remove(&key);
    desk.wake.notify_one();
    // A failed look-up must not hide that the team is set up; the post itself will tell.
    let access = permissions::check(desk, key).await.unwrap_or_default();
    let now = desk.clock.now();
    let message = desk.team(key, |team| {
        crate::bot::render::team::team_summary(team, now, &access, existed)
    });
    Ok(message.ok_or(UserError::TeamNotFound)?.ephemeral())
}

/// What a new team has where the admin says nothing.
fn defaults() -> TeamSettings {
    TeamSettings {
        schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
        reveal: Reveal::AfterReply,
        role: None,
        retention: crate::practice::retention::Retention::default(),
        send_weekly_report: false,
    }
}

async fn save(
    desk: &Desk,
    call: &Call,
    key: TeamKey,
    settings: TeamSettings,
) -> Result<(), UserError> {
    let now = desk.clock.now();
    let ((), commit) = desk.store.upsert(key.guild, |guild| {
        if let Some(team) = guild.team_mut(key.channel) {
            team.settings = settings;
            return;
        }
        let mut team = Team::new(key.channel, settings, now);
        team.set_up_by = Some(call.user);
        guild.insert_team(team);
    });
    failpoint::pass("setup.changed");
    let saved = commit.wait().await.map_err(|_| UserError::SaveFailed);
    failpoint::pass("setup.saved");
    saved
}

/// The channel for the team: one in which messages and threads are possible.
async fn channel(desk: &Desk, call: &Call, guild: GuildId) -> Result<ChannelId, UserError> {
    let channel = call.channel("channel").unwrap_or(call.channel);
    let bad = |text: String| UserError::InvalidOption(text);
    match desk.rest.channel(channel).await {
        Ok(Some(info)) if info.guild == guild && info.kind == ChannelKind::Text => Ok(channel),
        Ok(_) => Err(bad("A team needs a text or announcement channel: run `/setup` there, or name it with `channel`.".into())),
        Err(failure) if failure.is_transient() => Err(UserError::Discord(format!("{failure}. Please try again."))),
        Err(_) => Err(bad(format!("I can't see <#{channel}>. Give my role \"View Channel\" there and run `/setup` again."))),
    }
}

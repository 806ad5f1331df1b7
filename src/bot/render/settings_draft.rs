//! The confirmation before a team's choice of questions is changed.

use jiff::civil::Date;

use super::component::ButtonStyle;
use super::daily::button;
use super::message::Message;
use super::team::supply;
use crate::bot::interactions::custom_id::{ComponentId, SettingsAction};
use crate::bot::interactions::drafts::{DRAFT_LIFETIME, DraftId};
use quizloop_core::id::ChannelId;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::TeamSettings;
use quizloop_core::team_settings::{SettingLine, TEAM_SETTINGS};

/// Settings that are not saved yet.
#[derive(Debug, Clone, Copy)]
pub struct ChangedSettings<'a> {
    /// The team's channel.
    pub channel: ChannelId,
    /// The settings until now; `None` for a new team.
    pub before: Option<&'a TeamSettings>,
    pub after: &'a TeamSettings,
    /// Earlier holidays are not shown.
    pub today: Date,
}

/// Says what the choice of questions leaves, and asks whether to save it.
pub fn ask(changed: &ChangedSettings<'_>, pool: &QuestionPool<'_>, draft: DraftId) -> Message {
    let minutes = DRAFT_LIFETIME.as_secs() / 60;
    let text = format!(
        "<#{}>\n{}\nThis leaves {}.\nNothing is saved yet. I keep this for {minutes} minutes.",
        changed.channel,
        changed_lines(changed),
        supply(changed.after, pool),
    );
    let press = |action| ComponentId::Settings { action, draft };
    Message::text(text).buttons(vec![
        button(ButtonStyle::Primary, "Save", &press(SettingsAction::Save)),
        button(
            ButtonStyle::Secondary,
            "Cancel",
            &press(SettingsAction::Cancel),
        ),
    ])
}

/// The lines of the status that become different; all of them for a new team.
fn changed_lines(changed: &ChangedSettings<'_>) -> String {
    let without_past = |settings: &TeamSettings| {
        let mut settings = settings.clone();
        settings.schedule.holidays = settings.schedule.holidays.split_off(&changed.today);
        settings
    };
    let after = without_past(changed.after);
    let before = changed.before.map(without_past);
    let line = |label: &str, show: fn(&TeamSettings) -> Option<String>, unset: &str| {
        let now = show(&after);
        let is_same = before
            .as_ref()
            .map_or(now.is_none(), |before| show(before) == now);
        let value = now.unwrap_or_else(|| unset.to_owned());
        (!is_same).then(|| format!("**{label}**: {value}"))
    };
    let lines = TEAM_SETTINGS
        .iter()
        .filter_map(|setting| match setting.line {
            SettingLine::Own(label, show) => line(label, show, value_of_no_line(setting.key)),
            SettingLine::In(_) => None,
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a setting means while the status has no line for it.
fn value_of_no_line(key: &str) -> &'static str {
    match key {
        "levels" => "all",
        "show_level" => "shown",
        "retention" => "`/quiz` repeats questions as often as usual",
        "holidays" => "none",
        _ => "off",
    }
}

/// The settings stay as they are.
pub fn cancelled() -> Message {
    Message::text("Cancelled. Nothing was changed.")
}

/// Answers a press for settings that are no longer kept.
pub fn gone() -> String {
    "This press changed nothing. I keep settings for 15 minutes, until I'm restarted, or until you \
     save or cancel them. `/team status` shows the present ones; to change them, please run the \
     command again."
        .into()
}

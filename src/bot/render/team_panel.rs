//! The buttons of `/team status`, and the menus with a team's settings.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::component::OPTIONS_MAX;
use super::daily::button;
use super::message::{Button, ButtonStyle, Message, SelectOption, StringSelect};
use super::text::day;
use crate::bot::interactions::custom_id::{ComponentId, PanelAction, PanelSetting};
use quizloop_core::programme::LEVELS;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::{Reveal, Team};
use quizloop_core::team_settings::{self, TeamSetting};
use quizloop_core::weekdays::Weekdays;

/// The value of a setting that is on.
pub const ON: &str = "on";
const OFF: &str = "off";

/// The hours that the menu of the time offers.
const HOURS: std::ops::RangeInclusive<i8> = 6..=20;

/// The buttons below the status of a team.
pub fn buttons(team: &Team, now: Timestamp) -> Vec<Button> {
    let to = |style, label: &str, action| {
        let channel = team.channel;
        button(style, label, &ComponentId::Panel { channel, action })
    };
    let (secondary, primary) = (ButtonStyle::Secondary, ButtonStyle::Primary);
    let mut buttons = Vec::new();
    if team.pause.is_some() {
        buttons.push(to(primary, "Resume", PanelAction::Resume));
    } else {
        buttons.push(to(secondary, "Pause", PanelAction::Pause));
        if team.skip.is_some() {
            buttons.push(to(secondary, "Undo skip", PanelAction::Resume));
        } else if let Some(day) = team.next_day(now) {
            buttons.push(to(secondary, "Skip next", PanelAction::Skip(day)));
        }
    }
    let today = team.settings.schedule.zone.date(now);
    let is_out = team.posted_rounds().any(|round| round.day == today);
    buttons.push(to(secondary, "Post now", PanelAction::Post).disabled(is_out));
    if !team.managed {
        buttons.push(to(secondary, "Settings", PanelAction::Settings));
    }
    buttons
}

/// The question of that day is not the next one any more.
pub fn not_skipped(date: Date) -> Message {
    Message::text(format!(
        "Nothing was skipped: the question of {} is not the next one any more.",
        day(date)
    ))
}

/// A setting was saved.
pub fn saved(setting: PanelSetting) -> String {
    format!("✅ Saved: {}.", label(setting))
}

const fn label(setting: PanelSetting) -> &'static str {
    match setting {
        PanelSetting::Time => "time",
        PanelSetting::Days => "days",
        PanelSetting::Levels => "levels",
        PanelSetting::Reveal => "model answer",
        PanelSetting::Report => "weekly report",
    }
}

/// The menus with the values of a team's common settings. The present value is chosen.
pub fn menus(team: &Team, notice: &str) -> Message {
    let notice = if notice.is_empty() {
        String::new()
    } else {
        format!("{notice}\n")
    };
    let text = Message::text(format!(
        "{notice}Settings of <#{}>. Each choice is saved at once. `/team settings` has the others.",
        team.channel
    ));
    let settings = PanelSetting::KEYS.into_iter().map(|(_, setting)| setting);
    settings.fold(text, |message, setting| message.select(menu(team, setting)))
}

fn menu(team: &Team, setting: PanelSetting) -> StringSelect {
    let channel = team.channel;
    let id = ComponentId::Setting { channel, setting }.custom_id();
    let placeholder = label(setting);
    match setting {
        PanelSetting::Time => StringSelect::new(id, placeholder, times(team)),
        PanelSetting::Days => StringSelect::new(id, placeholder, days(team)),
        PanelSetting::Levels => {
            let levels = levels(team);
            let count = levels.len();
            StringSelect::new(id, placeholder, levels).value_range(1, count)
        }
        PanelSetting::Reveal => {
            let reveal = team.settings.reveal;
            let option =
                |label, value, is: Reveal| SelectOption::new(label, value).selected(reveal == is);
            let options = vec![
                option(
                    "Model answer after they reply",
                    "after-reply",
                    Reveal::AfterReply,
                ),
                option("Model answer at any time", "open", Reveal::Open),
            ];
            StringSelect::new(id, placeholder, options)
        }
        PanelSetting::Report => {
            let is_on = team.settings.send_weekly_report;
            let options = vec![
                SelectOption::new("No weekly report", OFF).selected(!is_on),
                SelectOption::new("Weekly report after the week's last question", ON)
                    .selected(is_on),
            ];
            StringSelect::new(id, placeholder, options)
        }
    }
}

fn times(team: &Team) -> Vec<SelectOption> {
    let present = team.settings.schedule.at;
    let hours = HOURS.map(|hour| Time::constant(hour, 0, 0, 0));
    let mut times: Vec<Time> = hours.chain([present]).collect();
    times.sort_unstable();
    times.dedup();
    let option = |time: Time| {
        let text = time.strftime("%H:%M").to_string();
        let label = format!("{text} ({})", team.settings.schedule.zone);
        SelectOption::new(&label, text).selected(time == present)
    };
    times.into_iter().map(option).collect()
}

fn days(team: &Team) -> Vec<SelectOption> {
    let present = team.settings.schedule.days;
    let suggest = team_settings::find(PanelSetting::Days.key()).and_then(TeamSetting::suggest);
    // Weekdays don't depend on the questions.
    let none = QuestionPool::default();
    let common = suggest.map_or_else(Vec::new, |suggest| suggest(&none, "", OPTIONS_MAX - 1));
    let mut all: Vec<Weekdays> = common
        .iter()
        .filter_map(|one| Weekdays::parse(&one.value).ok())
        .collect();
    if !all.contains(&present) {
        all.push(present);
    }
    let option = |days: Weekdays| {
        // The text of weekdays can be parsed again.
        let text = days.to_string();
        let mut label = text.clone();
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        SelectOption::new(&label, text).selected(days == present)
    };
    all.into_iter().map(option).collect()
}

fn levels(team: &Team) -> Vec<SelectOption> {
    let chosen = &team.settings.programme.levels;
    let option = |level: &str| {
        let is_chosen = chosen.is_empty() || chosen.iter().any(|one| one == level);
        SelectOption::new(&format!("{level} questions"), level).selected(is_chosen)
    };
    LEVELS.into_iter().map(option).collect()
}

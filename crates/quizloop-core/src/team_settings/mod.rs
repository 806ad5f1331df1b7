//! The settings of a team, and the table from which everything about them is derived: the keys of
//! `[[team]]` in the config and in seeds, the options of `/setup` and `/team settings`, and the
//! lines of `/team status`.
//!
//! To add a setting, add a field to [`TeamSettings`] with its default, and an entry to
//! [`TEAM_SETTINGS`].

mod pairs;
mod parse;
mod programme;
mod setting;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

pub use self::pairs::{PairTime, ParsePairTimeError};
pub use self::parse::time_of_day;
pub use self::programme::check_programme;
pub use self::setting::{
    ItemError, ItemForm, SettingConflict, SettingError, SettingKind, SettingLine, SettingOption,
    SuggestedValue, TeamSetting,
};
use super::id::RoleId;
use super::programme::Programme;
use super::retention::Retention;
use super::schedule::{MIN_ANSWER_TIME, ON_TIME, Schedule};
use super::time_format;
pub use super::time_format::TIME_OF_DAY_MAX;
use super::weekdays::weekday_name;
use super::zone::Zone;

/// Default time of day for the question.
const DEFAULT_AT: Time = Time::constant(9, 0, 0, 0);

/// When members may see the model answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reveal {
    /// After replying. Members who have not replied must confirm; the round then does not extend
    /// their streak.
    #[default]
    AfterReply,
    /// At any time, without confirmation.
    Open,
}

/// Settings of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    /// When questions are posted.
    pub schedule: Schedule,
    /// When members may see the answer.
    pub reveal: Reveal,
    /// The role to mention with each question, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// Desired retention of the members' practice.
    #[serde(default, skip_serializing_if = "Retention::is_default")]
    pub retention: Retention,
    /// Whether to post a report at the end of each week.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[serde(rename = "report")]
    pub send_weekly_report: bool,
    /// Which questions are asked, and in which order.
    #[serde(default, skip_serializing_if = "Programme::is_default")]
    pub programme: Programme,
    /// Whether level and topic of the open question are hidden until its answer is revealed. Takes
    /// effect with the next question ([`Round::hides_level`](super::round::Round::hides_level)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_level: bool,
    /// When members are matched for mock interviews; `None` if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<PairTime>,
}

/// Maximum number of holidays listed. `/team settings` takes some 340, which would not fit into a
/// message.
const HOLIDAYS_MAX: usize = 20;

/// The defaults. The time zone is UTC, but config and `/setup` always require one.
impl Default for TeamSettings {
    fn default() -> Self {
        Self {
            schedule: Schedule::weekdays_at(DEFAULT_AT, Zone::utc()),
            reveal: Reveal::default(),
            role: None,
            retention: Retention::default(),
            send_weekly_report: false,
            programme: Programme::default(),
            hides_level: false,
            pairs: None,
        }
    }
}

impl TeamSettings {
    /// Checks settings that depend on each other, once all of them are set.
    ///
    /// # Errors
    ///
    /// Fails if the wrap-up is not at least an hour later in the day than the question.
    pub fn check(&self) -> Result<(), SettingConflict> {
        let Schedule { at, wrap_up_at, .. } = self.schedule;
        let is_late_enough = |wrap_up: &Time| wrap_up.duration_since(at) >= MIN_ANSWER_TIME;
        match wrap_up_at.filter(|wrap_up| !is_late_enough(wrap_up)) {
            Some(wrap_up) => Err(SettingConflict {
                key: "wrap_up_at",
                error: parse::early_wrap_up(at, wrap_up),
            }),
            None => Ok(()),
        }
    }
}

/// All settings, in the order of the command options and of the lines of `/team status`. The
/// required one comes first, as Discord wants it.
pub static TEAM_SETTINGS: &[TeamSetting] = &[
    TeamSetting {
        key: "timezone",
        is_required: true,
        option: SettingOption {
            name: "timezone",
            description: "Time zone, such as Europe/Berlin",
            in_setup: true,
        },
        kind: SettingKind::Text {
            set: parse::set_timezone,
            max_length: None,
            suggest: Some(parse::suggest_zones),
        },
        line: SettingLine::In("at"),
    },
    TeamSetting {
        key: "at",
        is_required: false,
        option: SettingOption {
            name: "time",
            description: "Time of the question, such as 09:00 or 5pm",
            in_setup: true,
        },
        kind: SettingKind::Text {
            set: |settings, text| {
                settings.schedule.at = time_of_day(text)?;
                Ok(())
            },
            max_length: Some(TIME_OF_DAY_MAX),
            suggest: None,
        },
        line: SettingLine::Own("When", |settings| {
            let Schedule { days, at, zone, .. } = &settings.schedule;
            Some(format!("{days} at {} ({zone})", at.strftime("%H:%M")))
        }),
    },
    TeamSetting {
        key: "days",
        is_required: false,
        option: SettingOption {
            name: "days",
            description: "Weekdays, such as mon-fri",
            in_setup: true,
        },
        kind: SettingKind::List {
            set: parse::set_days,
            set_items: parse::set_day_items,
            form: ItemForm::Text,
            suggest: Some(parse::suggest_days),
        },
        line: SettingLine::In("at"),
    },
    TeamSetting {
        key: "catch_up",
        is_required: false,
        option: SettingOption {
            name: "catch_up",
            description: "How late to post if the bot was offline, such as 3h or 90m",
            in_setup: false,
        },
        kind: SettingKind::Text {
            set: parse::set_catch_up,
            max_length: None,
            suggest: None,
        },
        line: SettingLine::Own("If the bot was offline", |settings| {
            let limit = settings.schedule.catch_up;
            Some(if limit <= ON_TIME {
                "a question that is more than 5 minutes late is skipped".into()
            } else {
                let limit = time_format::hours_and_minutes(limit);
                format!("posts up to {limit} late, on the same day")
            })
        }),
    },
    TeamSetting {
        key: "reveal",
        is_required: false,
        option: SettingOption {
            name: "reveal",
            description: "When members can see the model answer",
            in_setup: true,
        },
        kind: SettingKind::Choice {
            noun: "reveal rule",
            choices: &[("after-reply", "after they reply"), ("open", "at any time")],
            set: |settings, value| {
                settings.reveal = match value {
                    "after-reply" => Reveal::AfterReply,
                    "open" => Reveal::Open,
                    _ => return false,
                };
                true
            },
        },
        line: SettingLine::Own("Model answer", |settings| {
            Some(match settings.reveal {
                Reveal::AfterReply => "after you reply; looking earlier needs confirmation".into(),
                Reveal::Open => "open to everyone at any time".into(),
            })
        }),
    },
    TeamSetting {
        key: "show_level",
        is_required: false,
        option: SettingOption {
            name: "show_level",
            description: "Show level and topic before the answer is revealed (from the next question on)",
            in_setup: true,
        },
        kind: SettingKind::Flag(|settings, show_level| settings.hides_level = !show_level),
        line: SettingLine::Own("Level and topic", |settings| {
            let text = "hidden until you see the model answer or the next question is out";
            settings.hides_level.then(|| text.into())
        }),
    },
    TeamSetting {
        key: "role",
        is_required: false,
        option: SettingOption {
            name: "role",
            description: "Role to mention with each question",
            in_setup: true,
        },
        kind: SettingKind::Role {
            set: |settings, role| settings.role = role,
            clear: SettingOption {
                name: "no_role",
                description: "Stop mentioning a role",
                in_setup: false,
            },
        },
        line: SettingLine::Own("Role", |settings| {
            Some(settings.role.map_or("none".into(), |role| {
                format!("<@&{role}>, mentioned with each question")
            }))
        }),
    },
    TeamSetting {
        key: "report",
        is_required: false,
        option: SettingOption {
            name: "report",
            description: "Post a weekly report after the week's last question",
            in_setup: false,
        },
        kind: SettingKind::Flag(|settings, report| settings.send_weekly_report = report),
        line: SettingLine::Own("Weekly report", |settings| {
            let text = "after the week's last question, without notifying anyone";
            settings.send_weekly_report.then(|| text.into())
        }),
    },
    TeamSetting {
        key: "wrap_up_at",
        is_required: false,
        option: SettingOption {
            name: "wrap_up_at",
            description: "When to post how many have answered into the question's thread, such as 17:00, or off",
            in_setup: true,
        },
        kind: SettingKind::Text {
            set: parse::set_wrap_up_at,
            max_length: Some(TIME_OF_DAY_MAX),
            suggest: None,
        },
        line: SettingLine::Own("Wrap-up", |settings| {
            let at = settings.schedule.wrap_up_at?.strftime("%H:%M");
            Some(format!("at {at}, in the question's thread"))
        }),
    },
    TeamSetting {
        key: "levels",
        is_required: false,
        option: SettingOption {
            name: "levels",
            description: "Levels of the questions, such as junior, mid, or all",
            in_setup: true,
        },
        kind: SettingKind::List {
            set: programme::set_levels,
            set_items: programme::set_level_items,
            form: ItemForm::Text,
            suggest: Some(programme::suggest_levels),
        },
        line: SettingLine::Own("Questions", |settings| {
            let programme = settings.programme.to_string();
            (!programme.is_empty()).then_some(programme)
        }),
    },
    TeamSetting {
        key: "topics",
        is_required: false,
        option: SettingOption {
            name: "topics",
            description: "Topics of the questions, such as queues, cancellation, or all",
            in_setup: true,
        },
        kind: SettingKind::List {
            set: programme::set_topics,
            set_items: programme::set_topic_items,
            form: ItemForm::Text,
            suggest: Some(programme::suggest_topics),
        },
        line: SettingLine::In("levels"),
    },
    TeamSetting {
        key: "sources",
        is_required: false,
        option: SettingOption {
            name: "sources",
            description: "Where the questions are from: built-in, server, names of packs, or all",
            in_setup: true,
        },
        kind: SettingKind::List {
            set: programme::set_sources,
            set_items: programme::set_source_items,
            form: ItemForm::Text,
            suggest: Some(programme::suggest_sources),
        },
        line: SettingLine::In("levels"),
    },
    TeamSetting {
        key: "order",
        is_required: false,
        option: SettingOption {
            name: "order",
            description: "shuffled, syllabus, the name of a path, or topics: a, b, c (a week each)",
            in_setup: true,
        },
        kind: SettingKind::Text {
            set: programme::set_order,
            max_length: None,
            suggest: Some(programme::suggest_orders),
        },
        line: SettingLine::In("levels"),
    },
    TeamSetting {
        key: "repeat_day",
        is_required: false,
        option: SettingOption {
            name: "repeat_day",
            description: "Weekday on which the question with the most missed points is repeated",
            in_setup: true,
        },
        kind: SettingKind::Choice {
            noun: "repeat day",
            choices: &[
                ("mon", "Monday"),
                ("tue", "Tuesday"),
                ("wed", "Wednesday"),
                ("thu", "Thursday"),
                ("fri", "Friday"),
                ("sat", "Saturday"),
                ("sun", "Sunday"),
                ("off", "off"),
            ],
            set: programme::set_repeat_day,
        },
        line: SettingLine::Own("Repeat day", |settings| {
            let day = weekday_name(settings.programme.repeat_day?);
            Some(format!(
                "{day}, the question with the most missed points of six weeks"
            ))
        }),
    },
    TeamSetting {
        key: "pairs",
        is_required: false,
        option: SettingOption {
            name: "pairs",
            description: "Weekday and time at which members are matched for mock interviews, such as mon 10:00, or off",
            in_setup: true,
        },
        kind: SettingKind::Text {
            set: pairs::set_pairs,
            max_length: Some(20),
            suggest: Some(pairs::suggest_pairs),
        },
        line: SettingLine::Own("Mock interviews", pairs::line),
    },
    TeamSetting {
        key: "retention",
        is_required: false,
        option: SettingOption {
            name: "retention",
            description: "How often /quiz repeats, in percent: 90 is normal, higher means more often",
            in_setup: false,
        },
        kind: SettingKind::Percent {
            min: Retention::MIN,
            max: Retention::MAX,
            if_higher: "questions come back sooner",
            set: |settings, share| {
                let retention = Retention::from_share(share);
                settings.retention = retention.unwrap_or(settings.retention);
                retention.is_some()
            },
        },
        line: SettingLine::Own("Practice", |settings| {
            let percent = settings.retention.get();
            (!settings.retention.is_default())
                .then(|| format!("`/quiz` repeats questions often enough to remember {percent} %"))
        }),
    },
    TeamSetting {
        key: "holidays",
        is_required: false,
        option: SettingOption {
            name: "holidays",
            description: "All days without a question, such as 2026-12-24, 2026-12-25, or none",
            in_setup: false,
        },
        kind: SettingKind::List {
            set: parse::set_holidays,
            set_items: parse::set_holiday_items,
            form: ItemForm::Date,
            suggest: None,
        },
        line: SettingLine::Own("Holidays", |settings| {
            let holidays = &settings.schedule.holidays;
            let shown = holidays.iter().take(HOLIDAYS_MAX);
            let shown: Vec<_> = shown.map(ToString::to_string).collect();
            let more = match holidays.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            (!shown.is_empty()).then(|| format!("{}{more}", shown.join(", ")))
        }),
    },
];

/// Returns the setting with a key.
pub fn find(key: &str) -> Option<&'static TeamSetting> {
    TEAM_SETTINGS.iter().find(|setting| setting.key == key)
}

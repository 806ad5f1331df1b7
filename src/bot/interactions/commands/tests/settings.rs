//! The table of team settings is complete: each setting is an option, a key of the config, a line
//! of the status, and saved.

use std::path::Path;

use super::*;
use crate::bot::gateway::event::OptionValue;
use crate::bot::interactions::commands::settings::apply_options;
use crate::bot::render;
use crate::config::{Config, samples};
use quizloop_core::programme::Programme;
use quizloop_core::schedule::Schedule;
use quizloop_core::team::TeamSettings;
use quizloop_core::team_settings::{self, SettingKind, SettingLine, TEAM_SETTINGS, TeamSetting};
use quizloop_diagnostics::{Source, render_all};

/// The settings of a config with these values as TOML.
fn from_config(values: &[(&str, &str)]) -> TeamSettings {
    let mut text = "[[team]]\nguild = \"1\"\nchannel = \"2\"\n".to_owned();
    if !values.iter().any(|(key, _)| *key == "timezone") {
        text.push_str("timezone = \"UTC\"\n");
    }
    for (key, value) in values {
        text.extend([key, " = ", value, "\n"]);
    }
    let (mut config, found) = Config::parse(&Source::new("config.toml", text), Path::new(""));
    assert_eq!(render_all(&found), "nothing found");
    config.teams.remove(0).settings
}

/// The settings after a command with these options.
fn from_command(values: &[(&TeamSetting, &str)]) -> TeamSettings {
    let value = |(setting, text): &(&TeamSetting, &str)| {
        let value = match setting.kind {
            SettingKind::Role { .. } => OptionValue::Role(text.parse().unwrap()),
            SettingKind::Flag(_) => OptionValue::Flag(text.parse().unwrap()),
            SettingKind::Percent { .. } => OptionValue::Number(text.parse().unwrap()),
            _ => OptionValue::Text((*text).to_owned()),
        };
        (setting.option.name.to_owned(), value)
    };
    let interaction = Interaction {
        options: values.iter().map(value).collect(),
        ..command("team settings")
    };
    apply_options(TeamSettings::default(), &interaction).unwrap()
}

#[test]
fn config_and_commands_understand_each_setting_alike() {
    for setting in TEAM_SETTINGS {
        let (toml, text) = samples::of_setting(setting.key);
        let settings = from_config(&[(setting.key, toml)]);
        assert_eq!(
            settings,
            from_command(&[(setting, text)]),
            "{}",
            setting.key
        );
        assert_ne!(settings, TeamSettings::default(), "{}", setting.key);
        let today = jiff::civil::Date::MIN;
        let shown = render::team::settings(&settings, today);
        let default = render::team::settings(&TeamSettings::default(), today);
        assert_ne!(shown, default, "`{}` is not shown", setting.key);
        let saved = serde_json::to_string(&settings).unwrap();
        let loaded: TeamSettings = serde_json::from_str(&saved).unwrap();
        assert_eq!(loaded, settings, "`{}` is not saved", setting.key);
    }
    assert_eq!(from_config(&[]), TeamSettings::default());
}

/// A field that is missing in the pattern does not compile; one that is missing in the table fails.
#[test]
fn each_field_has_a_setting() {
    let samples: Vec<_> = TEAM_SETTINGS
        .iter()
        .map(|setting| (setting.key, samples::of_setting(setting.key).0))
        .collect();
    let TeamSettings {
        schedule:
            Schedule {
                at,
                zone,
                days,
                holidays,
                catch_up,
                wrap_up_at,
            },
        reveal,
        role,
        retention,
        send_weekly_report,
        programme:
            Programme {
                levels,
                topics,
                sources,
                order,
                repeat_day,
            },
        hides_level,
    } = from_config(&samples);
    let default = TeamSettings::default();
    assert_ne!(at, default.schedule.at);
    assert_ne!(zone, default.schedule.zone);
    assert_ne!(days, default.schedule.days);
    assert_ne!(holidays, default.schedule.holidays);
    assert_ne!(catch_up, default.schedule.catch_up);
    assert_ne!(wrap_up_at, default.schedule.wrap_up_at);
    assert_ne!(reveal, default.reveal);
    assert_ne!(role, default.role);
    assert_ne!(retention, default.retention);
    assert_ne!(send_weekly_report, default.send_weekly_report);
    assert_ne!(levels, default.programme.levels);
    assert_ne!(topics, default.programme.topics);
    assert_ne!(sources, default.programme.sources);
    assert_ne!(order, default.programme.order);
    assert_ne!(repeat_day, default.programme.repeat_day);
    assert_ne!(hides_level, default.hides_level);
}

#[test]
fn entries_of_the_table_are_consistent() {
    for setting in TEAM_SETTINGS {
        if let SettingLine::In(other) = setting.line {
            let other = team_settings::find(other).unwrap();
            assert!(
                matches!(other.line, SettingLine::Own(..)),
                "{}",
                setting.key
            );
        }
        if let SettingKind::Choice { choices, set, .. } = &setting.kind {
            for (value, _) in *choices {
                assert!(set(&mut TeamSettings::default(), value), "{value}");
            }
        }
    }
    // Discord rejects a command in which a required option comes after an optional one.
    assert!(TEAM_SETTINGS.is_sorted_by_key(|setting| !setting.is_required));
    assert!(
        TEAM_SETTINGS
            .iter()
            .all(|setting| setting.option.in_setup || !setting.is_required)
    );
}

#[test]
fn a_role_can_be_removed() {
    let mut options = HashMap::new();
    options.insert("no_role".to_owned(), OptionValue::Flag(true));
    let settings = from_config(&[("role", samples::of_setting("role").0)]);
    assert!(settings.role.is_some());
    let interaction = Interaction {
        options,
        ..command("team settings")
    };
    assert_eq!(apply_options(settings, &interaction).unwrap().role, None);
}

/// The time of the question and that of the wrap-up are checked together, whichever option comes
/// first.
#[test]
fn a_wrap_up_that_is_too_early_is_refused() {
    let message = |before: &[(&str, &str)], options: &[(&str, &str)]| {
        let option = |(name, value): &(&str, &str)| {
            ((*name).to_owned(), OptionValue::Text((*value).to_owned()))
        };
        let interaction = Interaction {
            options: options.iter().map(option).collect(),
            ..command("team settings")
        };
        match apply_options(from_config(before), &interaction) {
            Ok(settings) => format!("{:?}", settings.schedule.wrap_up_at),
            Err(error) => error.message().content.unwrap(),
        }
    };
    let evening = [("wrap_up_at", "\"17:00\"")];
    insta::assert_snapshot!(message(&[], &[("wrap_up_at", "9:59")]), @"A wrap-up comes at least an hour later in the day than the question, and 09:59 is too early for a question at 09:00. Choose 10:00 or later, or off.");
    insta::assert_snapshot!(message(&evening, &[("time", "16:01")]), @"A wrap-up comes at least an hour later in the day than the question, and 17:00 is too early for a question at 16:01. Choose 17:01 or later, or off.");
    insta::assert_snapshot!(message(&evening, &[("time", "23:30")]), @"A wrap-up comes at least an hour later in the day than the question, and 17:00 is too early for a question at 23:30. Choose off, or move the question to 22:59 or earlier.");
    insta::assert_snapshot!(message(&[], &[("wrap_up_at", "10:00")]), @"Some(10:00:00)");
    insta::assert_snapshot!(message(&evening, &[("time", "18:00"), ("wrap_up_at", "19:00")]), @"Some(19:00:00)");
    insta::assert_snapshot!(message(&evening, &[("time", "23:30"), ("wrap_up_at", "Off")]), @"None");
    insta::assert_snapshot!(message(&[], &[("wrap_up_at", "noon")]), @r#"I can't read the time "noon". Use 24-hour time, such as 09:00 or 17:30."#);
}

#[test]
fn an_unknown_zone_is_explained_in_whole_sentences() {
    let message = |name: &str| {
        let interaction = Interaction {
            options: HashMap::from([("timezone".into(), OptionValue::Text(name.into()))]),
            ..command("setup")
        };
        let error = apply_options(TeamSettings::default(), &interaction).unwrap_err();
        error.message().content.unwrap()
    };
    insta::assert_snapshot!(message("+02:00"), @r#""+02:00" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2). Pick one of the suggestions."#);
    insta::assert_snapshot!(message("Berlin"), @r#"There is no time zone "Berlin": did you mean "Europe/Berlin"? Pick one of the suggestions."#);
}

//! The config as people write it, right and wrong.

use std::path::Path;

use super::Config;
use crate::findings::{Source, render_all};

fn parse(text: &str) -> Result<Config, String> {
    let source = Source::new("config.toml", text);
    Config::parse(&source, Path::new("/etc/quizloop")).map_err(|findings| render_all(&findings))
}

#[test]
fn an_empty_file_has_all_defaults() {
    assert_eq!(parse("").unwrap(), Config::default());
}

#[test]
fn paths_are_relative_to_the_file() {
    let config =
        parse("token_file = \"token\"\n[state]\ndir = \"s\"\n[bank]\npaths = [\"own\", \"/abs\"]")
            .unwrap();
    assert_eq!(config.token_file.unwrap(), Path::new("/etc/quizloop/token"));
    assert_eq!(config.state_dir, Path::new("/etc/quizloop/s"));
    assert_eq!(
        config.bank_paths,
        [Path::new("/etc/quizloop/own"), Path::new("/abs")]
    );
}

#[test]
fn a_team_needs_only_its_place_and_zone() {
    let config =
        parse("[[team]]\nguild = \"1\"\nchannel = \"2\"\ntimezone = \"europe/berlin\"").unwrap();
    let settings = &config.teams[0].settings;
    assert_eq!(settings.schedule.at.to_string(), "09:00:00");
    assert_eq!(settings.schedule.zone.name(), "Europe/Berlin");
    assert_eq!(settings.schedule.days.to_string(), "Monday to Friday");
    assert_eq!(settings.schedule.catch_up.as_hours(), 3);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let findings = parse(
        r#"
token_flie = "x"
[discord]
api_url = "example.org"
[[team]]
guild = 5
channel = "abc"
at = "25:00"
timezone = "Europe/Berln"
days = ["mon", "fun"]
reveal = "opne"
catch_up = "3 days"
holidays = ["25.12.2026"]
[[team]]
guild = "1"
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(findings);
}

#[test]
fn a_channel_has_one_team() {
    let team = "[[team]]\nguild = \"1\"\nchannel = \"2\"\ntimezone = \"UTC\"\n";
    let findings = parse(&format!("{team}{team}")).unwrap_err();
    assert!(
        findings.contains("two teams post in channel 2"),
        "{findings}"
    );
    assert!(findings.contains("config.toml:3:11"), "{findings}");
    assert!(findings.contains("config.toml:7:11"), "{findings}");
}

#[test]
fn what_is_no_toml_is_said_with_its_line() {
    let findings = parse("[state]\ndir = \"s").unwrap_err();
    assert!(findings.contains("config.toml:2"), "{findings}");
}

/// The example shows every key with its default, and nothing else.
#[test]
fn the_example_is_right_and_complete() {
    let text = include_str!("../../config.example.toml");
    let config = parse(text).unwrap();
    let same = Config {
        state_dir: Path::new("/etc/quizloop").join(super::DEFAULT_STATE_DIR),
        ..Config::default()
    };
    assert_eq!(config, same, "as it is, the example changes nothing");
    let live: String = text
        .lines()
        .map(|line| {
            let bare = line
                .strip_prefix("# ")
                .filter(|bare| bare.starts_with('[') || bare.contains(" = "));
            format!("{}\n", bare.unwrap_or(line))
        })
        .collect();
    let config = parse(&live).unwrap();
    assert_eq!(config.teams.len(), 1);
    for key in [
        "token_file",
        "api_url",
        "dir",
        "paths",
        "guild",
        "channel",
        "at",
        "timezone",
        "days",
        "reveal",
        "catch_up",
        "role",
        "holidays",
    ] {
        assert!(
            live.contains(&format!("{key} = ")),
            "{key} is not in the example"
        );
    }
}

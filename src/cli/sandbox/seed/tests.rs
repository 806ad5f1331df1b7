use super::*;
use crate::config::samples;
use quizloop_core::team_settings::{SettingKind, TEAM_SETTINGS};
use quizloop_diagnostics::render_all;

fn parse(text: &str) -> (Option<Seed>, String) {
    let source = Source::decode("seed.toml", text.as_bytes()).unwrap();
    let (seed, diagnostics) = file::parse(&source);
    (seed, render_all(&diagnostics))
}

const VALID: &str = r#"
[[guild]]
name = "Kathmandu"
owner = "Mina"
admins = ["Tenzin"]
members = ["Asha", "Ravi"]
channels = ["general", "async"]

[[team]]
guild = "Kathmandu"
channel = "async"
timezone = "Asia/Kathmandu"
at = "08:30"
"#;

#[tokio::test]
async fn a_valid_seed_becomes_guilds_and_a_config() {
    let (seed, diagnostics) = parse(VALID);
    assert_eq!(diagnostics, "nothing found");
    let seed = seed.unwrap();
    assert_eq!(
        seed.start("2026-03-27T08:00:00Z".parse().unwrap())
            .to_string(),
        "2026-03-30T02:44:30Z"
    );
    let options = discord_sandbox::Options {
        seeded: false,
        ..Default::default()
    };
    let sandbox = discord_sandbox::Sandbox::start(options).await.unwrap();
    let config = seed.apply(&sandbox);
    let (config, diagnostics) = crate::config::Config::parse(
        &Source::decode("config.toml", config.as_bytes()).unwrap(),
        Path::new(""),
    );
    assert!(diagnostics.is_empty(), "{}", render_all(&diagnostics));
    let channel = config.teams[0].channel.to_string().parse().unwrap();
    let (name, members) = sandbox.read(|discord| {
        let guild = discord.guilds.values().next().unwrap();
        (discord.channels[&channel].name.clone(), guild.members.len())
    });
    // The bot is a member too.
    assert_eq!((name.as_str(), members), ("async", 5));
}

/// Only a team with mock interviews needs private threads.
#[tokio::test]
async fn the_bot_may_create_private_threads_where_a_team_has_mock_interviews() {
    use discord_sandbox::permission::CREATE_PRIVATE_THREADS;
    let with_pairs = format!("{VALID}pairs = \"mon 10:00\"\n");
    let sample = || Seed::sample("UTC").unwrap();
    for (seed, expected) in [
        (parse(VALID).0.unwrap(), false),
        (parse(&with_pairs).0.unwrap(), true),
        (sample(), true),
    ] {
        let options = discord_sandbox::Options {
            seeded: seed.is_sample(),
            ..Default::default()
        };
        let sandbox = discord_sandbox::Sandbox::start(options).await.unwrap();
        seed.apply(&sandbox);
        let granted = sandbox.read(|discord| {
            let mut channels = discord.channels.values();
            let channel = channels.find(|one| one.guild.is_some()).unwrap();
            discord.permissions(channel, discord.app.id) & CREATE_PRIVATE_THREADS != 0
        });
        assert_eq!(granted, expected);
    }
}

#[test]
fn a_seed_has_each_setting_that_is_not_an_id() {
    for setting in TEAM_SETTINGS {
        let (toml, _) = samples::of_setting(setting.key);
        let line = format!("{} = {toml}", setting.key);
        let text = match setting.key {
            "at" | "timezone" => continue,
            _ => format!("{VALID}{line}\n"),
        };
        let (seed, diagnostics) = parse(&text);
        if matches!(setting.kind, SettingKind::Role { .. }) {
            assert!(diagnostics.contains("unknown key `role`"), "{diagnostics}");
            continue;
        }
        assert_eq!(diagnostics, "nothing found");
        assert!(seed.unwrap().teams[0].keys.contains_key(setting.key));
    }
}

#[test]
fn errors_are_reported_with_line_and_fix() {
    let (_, diagnostics) = parse(
        "[[guild]]\nname = \"A\"\nowner = \"Mina\"\nchanels = [\"x\"]\n\
         [[team]]\nguild = \"B\"\nchannel = \"general\"\ntimezone = \"Europe/Berln\"\n",
    );
    for part in [
        "seed.toml:4:1",
        "unknown key `chanels`",
        "did you mean `channels`",
        "there is no [[guild]] \"B\"",
        "Europe/Berlin",
    ] {
        assert!(diagnostics.contains(part), "{part}:\n{diagnostics}");
    }
}

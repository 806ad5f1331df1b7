//! The dialogue, with answers as an operator types them.

use std::collections::VecDeque;
use std::fmt::Write as _;

use clap::Parser as _;

use super::super::exit::CliError;
use super::super::{Cli, CliCommand};
use super::answers::{ask, from_options};
use super::dialogue::Dialogue;
use super::*;

/// The id 1110000000000000009 in base64, followed by invented parts.
const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.not-a-real-one";

/// Types answers and keeps what is seen.
struct Typist {
    answers: VecDeque<&'static str>,
    seen: String,
}

impl Dialogue for Typist {
    fn say(&mut self, text: &str) -> Result<(), CliError> {
        let _ = writeln!(self.seen, "{text}");
        Ok(())
    }

    fn ask(&mut self, question: &str) -> Result<String, CliError> {
        let answer = self.answers.pop_front().expect("an answer");
        let _ = writeln!(self.seen, "{question}: {answer}");
        Ok(answer.to_owned())
    }

    fn ask_secret(&mut self, question: &str) -> Result<String, CliError> {
        let _ = writeln!(self.seen, "{question}: ");
        Ok(self.answers.pop_front().expect("an answer").to_owned())
    }
}

fn args(options: &[&str]) -> InitArgs {
    let line = ["quizloop", "init"].iter().chain(options);
    match Cli::try_parse_from(line).unwrap().command {
        CliCommand::Init(args) => args,
        other => panic!("{other:?}"),
    }
}

/// Returns what is seen, and the config.
fn dialogue(options: &[&str], answers: &[&'static str]) -> (String, Answers) {
    let mut typist = Typist {
        answers: answers.iter().copied().collect(),
        seen: String::new(),
    };
    let found = ask(&args(options), &mut typist).unwrap();
    assert_eq!(typist.answers, [""; 0]);
    (typist.seen, found)
}

#[test]
fn a_config_with_a_team() {
    let (seen, answers) = dialogue(
        &[],
        &[
            "",
            "\"MTEx.quoted.token\"",
            "the-client-secret",
            TOKEN,
            "Ours",
            "1110000000000000001",
            "1120000000000000001",
            "GMT+2",
            "Europe/Berlin",
            "",
        ],
    );
    assert!(!seen.contains("Gh3xYz"), "{seen}");
    insta::assert_snapshot!(seen, @r#"
    A few questions, then the config is written. Press Ctrl-C to stop.

    File for the bot's token [token]: 
    The token, from the Developer Portal under Bot (not shown; empty to add it later): 
      This is not a token: it is in quotes. Remove them
    The token, from the Developer Portal under Bot (not shown; empty to add it later): 
      This is not a token: a bot's token has three parts with dots between them. It is in the developer portal, under Bot; the client secret and the public key are something else
    The token, from the Developer Portal under Bot (not shown; empty to add it later): 

    A team practises in one channel. Set it up here, or later on Discord with /setup. For ids, turn on
    Developer Mode in Discord's settings (Advanced), then right-click the server or the channel.
    Server id [later]: Ours
      "Ours" is not a Discord id, a number of 17 to 20 digits
    Server id [later]: 1110000000000000001
    Channel id: 1120000000000000001
    Time zone, such as Europe/Berlin: GMT+2
      "GMT+2" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2)
    Time zone, such as Europe/Berlin: Europe/Berlin
    When to post the question [09:00]:
    "#);
    insta::assert_snapshot!(answers.config(), @r#"
    # Quizloop's settings, written by `quizloop init`. `quizloop check` reports mistakes, and
    # docs/settings.md explains every key.

    # The file with the bot's token.
    token_file = "token"

    [[team]]
    guild = "1110000000000000001"
    channel = "1120000000000000001"
    timezone = "Europe/Berlin"
    at = "09:00"
    "#);
    assert!(check(Path::new(DEFAULT_CONFIG), &answers.config()).is_ok());
    let file = answers.token_file.unwrap();
    assert_eq!(file.path, Path::new("token"));
    assert_eq!(file.token.unwrap().secret(), TOKEN);
}

#[test]
fn a_config_without_a_team() {
    let (seen, answers) = dialogue(&[], &["secrets/bot", "", ""]);
    insta::assert_snapshot!(seen, @"
    A few questions, then the config is written. Press Ctrl-C to stop.

    File for the bot's token [token]: secrets/bot
    The token, from the Developer Portal under Bot (not shown; empty to add it later): 

    A team practises in one channel. Set it up here, or later on Discord with /setup. For ids, turn on
    Developer Mode in Discord's settings (Advanced), then right-click the server or the channel.
    Server id [later]:
    ");
    insta::assert_snapshot!(answers.config(), @r#"
    # Quizloop's settings, written by `quizloop init`. `quizloop check` reports mistakes, and
    # docs/settings.md explains every key.

    # The file with the bot's token.
    token_file = "secrets/bot"

    # Set teams up on Discord with /setup, or here with [[team]].
    "#);
    assert!(check(Path::new(DEFAULT_CONFIG), &answers.config()).is_ok());
}

/// What an option says is not asked, and a wrong option ends the dialogue.
#[test]
fn options_are_not_asked() {
    let options = [
        "--guild",
        "1110000000000000001",
        "--channel",
        "1120000000000000001",
        "--timezone",
        "UTC",
    ];
    let (seen, answers) = dialogue(&options, &["", "", "17:30"]);
    assert!(
        !seen.contains("Server id") && seen.contains("When to post"),
        "{seen}"
    );
    assert!(answers.config().contains("at = \"17:30\""));
    let mut wrong = options;
    wrong[5] = "EST";
    let error = from_options(&args(&[&wrong[..], &["--yes"]].concat()))
        .err()
        .unwrap();
    insta::assert_snapshot!(error, @r#"--timezone: "EST" is an abbreviation, not a time zone: name a city that has the time you mean: "America/New_York" (UTC-5, in summer UTC-4), "America/Panama" (UTC-5 all year) or "America/Toronto" (UTC-5, in summer UTC-4)"#);
}

/// In a config, a relative path starts at the config's folder; as an option, at the current one.
#[test]
fn a_token_file_is_found_from_the_config() {
    let config = |options: &[&str]| dialogue(options, &["", ""]).1.config();
    let text = config(&["--config", "conf/bot.toml", "--token-file", "token"]);
    let absolute = std::path::absolute("token").unwrap();
    let line = format!(
        "token_file = {}",
        toml::Value::from(absolute.display().to_string())
    );
    assert!(text.contains(&line), "{text}");
    let text = dialogue(&["--config", "conf/bot.toml"], &["", "", ""])
        .1
        .config();
    assert!(text.contains("token_file = \"token\"\n"), "{text}");
}

/// Ids in each other's place are found before anything is written.
#[test]
fn a_config_that_the_bot_would_refuse_is_not_written() {
    let options = [
        "--yes",
        "--guild",
        "1120000000000000001",
        "--channel",
        "200000000000000000",
        "--timezone",
        "UTC",
    ];
    let answers = from_options(&args(&options)).unwrap();
    let error = check(Path::new("config.toml"), &answers.config()).unwrap_err();
    assert!(
        error.diagnostics[0]
            .message
            .contains("is older than its server")
    );
}

//! The help of every command.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};

use super::*;

/// Returns the program and all visible commands, each with its whole name.
fn all_commands() -> Vec<(String, Command)> {
    fn collect(name: &str, command: &Command, all: &mut Vec<(String, Command)>) {
        all.push((name.to_owned(), command.clone()));
        for sub in command.get_subcommands() {
            if !sub.is_hide_set() && sub.get_name() != "help" {
                collect(&format!("{name} {}", sub.get_name()), sub, all);
            }
        }
    }
    let mut all = Vec::new();
    // As wide everywhere as without a terminal.
    let mut command = Cli::command().term_width(100);
    command.build();
    collect("quizloop", &command, &mut all);
    all
}

fn help(render: impl Fn(&mut Command) -> clap::builder::StyledStr) -> String {
    let mut text = String::new();
    for (name, mut command) in all_commands() {
        let _ = writeln!(text, "$ {name}\n{}", render(&mut command));
    }
    text
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

// Features add commands and options.
#[cfg(all(feature = "sandbox", not(feature = "openapi")))]
#[test]
fn the_short_help_of_every_command() {
    insta::assert_snapshot!("help_short", help(Command::render_help));
}

#[cfg(all(feature = "sandbox", not(feature = "openapi")))]
#[test]
fn the_long_help_of_every_command() {
    insta::assert_snapshot!("help_long", help(Command::render_long_help));
}

/// Splits a line as a shell does, as far as examples need it. What is after a redirection, and
/// variables before the program, belong to the shell.
fn arguments(line: &str) -> Vec<String> {
    let line = line
        .split(" >")
        .next()
        .unwrap_or(line)
        .split(" <")
        .next()
        .unwrap_or(line);
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| -> Vec<String> {
        if index % 2 == 1 {
            vec![part.to_owned()]
        } else {
            part.split_whitespace().map(str::to_owned).collect()
        }
    });
    words.skip_while(|word| word.contains('=')).collect()
}

/// Every command has examples, and each of them is accepted.
#[test]
fn examples_are_accepted() {
    for (name, command) in all_commands() {
        let help = command.get_after_long_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        let lines: Vec<_> = lines
            .take_while(|line| !line.is_empty())
            .filter(|line| !line.starts_with("   "))
            .collect();
        assert!(!lines.is_empty(), "{name} has no examples");
        for line in lines {
            let arguments = arguments(line);
            assert_eq!(arguments[0], "quizloop", "{line}");
            if let Err(error) = Cli::try_parse_from(&arguments) {
                panic!("{line}\n{error}");
            }
        }
    }
}

/// Every line fits a terminal of the usual width for documentation.
#[test]
fn the_help_is_not_wider_than_a_hundred_columns() {
    for text in [help(Command::render_help), help(Command::render_long_help)] {
        let is_example = |line: &str| line.trim_start().starts_with("quizloop ");
        let wide = text
            .lines()
            .find(|line| line.chars().count() > 100 && !is_example(line));
        assert_eq!(wide, None);
    }
}

/// `--state` is offered only where saved data is used.
#[test]
fn only_commands_that_use_saved_data_have_its_option() {
    let with_state: Vec<_> = all_commands()
        .into_iter()
        .filter(|(_, command)| {
            command
                .get_arguments()
                .any(|argument| argument.get_id() == "state")
        })
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("quizloop state"))
        .collect();
    assert_eq!(
        with_state,
        ["quizloop run", "quizloop check", "quizloop bank stats"]
    );
}

/// Every command has `--json`, except those that print no list or have it in another form.
#[test]
fn every_list_is_available_as_json() {
    /// The other commands, and what they print.
    const OTHERS: [(&str, &str); 11] = [
        ("quizloop init", "a dialogue"),
        ("quizloop run", "a log, with --log json"),
        ("quizloop sandbox", "an address and a log"),
        ("quizloop invite", "a link"),
        ("quizloop bank export", "--format json"),
        ("quizloop state export", "JSON only"),
        ("quizloop state import", "one line"),
        ("quizloop state restore", "a question"),
        ("quizloop state adopt", "a question"),
        (
            "quizloop health",
            "one line; the endpoint answers with JSON",
        ),
        ("quizloop completions", "a script"),
    ];
    let commands = all_commands().into_iter();
    let without_json: Vec<_> = commands
        .filter(|(_, command)| {
            let mut arguments = command.get_arguments();
            !command.has_subcommands() && !arguments.any(|one| one.get_id() == "json")
        })
        .map(|(name, _)| name)
        .collect();
    let others = OTHERS.map(|(name, _)| name);
    let others = others
        .iter()
        .filter(|name| cfg!(feature = "sandbox") || **name != "quizloop sandbox");
    let mut others: Vec<_> = others.collect();
    let mut without_json: Vec<_> = without_json.iter().map(String::as_str).collect();
    others.sort();
    without_json.sort_unstable();
    assert_eq!(without_json.iter().collect::<Vec<_>>(), others);
}

/// Words of other programs are answered with the command of this one.
#[test]
fn wrong_words_are_answered() {
    let advice = |line: &str| {
        let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
        wrong_words::advice(&error).unwrap_or_else(|| error.to_string())
    };
    insta::assert_snapshot!(advice("quizloop start"), @"there is no command 'start': did you mean 'quizloop run'?");
    insta::assert_snapshot!(advice("quizloop run --token abc"), @"the token is never part of the command line, where other accounts could read it. Set the environment variable DISCORD_TOKEN, or name a file that contains it with DISCORD_TOKEN_FILE or token_file in the config");
    insta::assert_snapshot!(advice("quizloop rnu"), @"there is no command 'rnu': did you mean 'quizloop run'?");
    insta::assert_snapshot!(advice("quizloop invite --application 0"), @"
    error: invalid value '0' for '--application <ID>': it is a number, which the Developer Portal shows under General Information

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(advice("quizloop chekc"), @"
    error: unrecognized subcommand 'chekc'

      tip: a similar subcommand exists: 'check'

    Usage: quizloop <COMMAND>

    For more information, try '--help'.
    ");
}

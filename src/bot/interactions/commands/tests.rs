mod documents;
mod history;
mod own_questions;
mod settings;

use std::collections::HashMap;
use std::time::Instant;

use super::*;
use crate::bot::fuzzing::fixture;
use crate::bot::gateway::event::IncomingMessage;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::{MessageId, UserId};

/// The full names of the registered commands, as Discord would send them, with their definitions.
fn registered() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for command in COMMANDS.iter().map(|command| command.definition()) {
        add_actions("", &command, &mut found);
    }
    found
}

/// Adds a command, or its subcommands and those of its groups.
fn add_actions(prefix: &str, command: &Value, found: &mut Vec<(String, Value)>) {
    let name = format!("{prefix}{}", command["name"].as_str().unwrap());
    let options = options_of(command);
    let is_parent = |option: &&Value| option["type"] == 1 || option["type"] == 2;
    let inner: Vec<&Value> = options.iter().filter(is_parent).collect();
    if inner.is_empty() {
        found.push((name, command.clone()));
        return;
    }
    for one in inner {
        add_actions(&format!("{name} "), one, found);
    }
}

fn options_of(command: &Value) -> &[Value] {
    command["options"].as_array().map_or(&[], Vec::as_slice)
}

/// Limits of Discord docs, interactions/application-commands, "Application Command Structure" and
/// "Subcommands and Subcommand Groups": number of commands, of options and of choices, lengths of
/// names and descriptions, and of all texts of one command together.
#[test]
fn commands_keep_discords_limits() {
    assert!(COMMANDS.len() <= 100);
    for command in COMMANDS.iter().map(|command| command.definition()) {
        let mut characters = 0;
        check_definition(&command, 0, &mut characters);
        assert!(characters <= 8000, "{}: {characters}", command["name"]);
    }
}

/// Checks a command or an option inside `depth` others. A group is only in a command, a subcommand
/// in a command or a group, and beside them is no other option.
fn check_definition(definition: &Value, depth: usize, characters: &mut usize) {
    let length = |key: &str| definition[key].as_str().unwrap().chars().count();
    let (name, description) = (length("name"), length("description"));
    assert!((1..=32).contains(&name), "{definition}");
    assert!((1..=100).contains(&description), "{definition}");
    *characters += name + description;
    let name = definition["name"].as_str().unwrap();
    let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    assert!(name.chars().all(is_valid), "{name}");
    for choice in definition["choices"].as_array().into_iter().flatten() {
        for text in [&choice["name"], &choice["value"]] {
            // The value of a number option is a number.
            let digits = text.to_string();
            let count = text.as_str().unwrap_or(&digits).chars().count();
            assert!((1..=100).contains(&count), "{choice}");
            *characters += count;
        }
    }
    let options = options_of(definition);
    let choices = definition["choices"].as_array().map_or(0, Vec::len);
    assert!(options.len() <= 25 && choices <= 25, "{definition}");
    let is_parent = |option: &&Value| option["type"] == 1 || option["type"] == 2;
    let parents = options.iter().filter(is_parent).count();
    assert!(parents == 0 || parents == options.len(), "{definition}");
    let names: std::collections::BTreeSet<_> =
        options.iter().map(|one| one["name"].as_str()).collect();
    assert_eq!(names.len(), options.len(), "{definition}");
    for option in options {
        let allowed = match (definition["type"].as_u64(), option["type"].as_u64()) {
            (None, _) => depth == 0,
            (Some(2), Some(1)) => depth == 1,
            (Some(1), Some(3..)) => true,
            _ => false,
        };
        assert!(allowed, "{option} in {definition}");
        check_definition(option, depth + 1, characters);
    }
}

/// The path of a command that is in a group, and one that isn't.
#[test]
fn subcommands_are_found_by_their_full_path() {
    for unknown in [
        "remind reviews",
        "remind reviews status",
        "remind x on",
        "quiz on",
        "remind",
    ] {
        assert!(find_action(unknown).is_none(), "{unknown}");
    }
    assert!(find_action("remind reviews on").is_some());
    let reminders: Vec<String> = remind::COMMAND
        .actions()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        reminders,
        [
            "remind on",
            "remind off",
            "remind status",
            "remind reviews on",
            "remind reviews off"
        ]
    );
}

/// A command without options.
fn command(name: &str) -> Interaction {
    Interaction {
        id: 1,
        token: "token".into(),
        data: InteractionData::Command(name.to_owned()),
        options: HashMap::new(),
        guild: Some(fixture::GUILD),
        channel: fixture::CHANNEL,
        user: fixture::ADA,
        is_admin: true,
        received_at: Instant::now(),
    }
}

fn run(name: &str, is_admin: bool) -> Value {
    let interaction = Interaction {
        is_admin,
        ..command(name)
    };
    send(name, &interaction)
}

fn send(name: &str, interaction: &Interaction) -> Value {
    let mut json = Value::Null;
    fixture::with(|ctx, runtime| {
        json = match runtime.block_on(respond(ctx, interaction)) {
            Response::New(message) => serde_json::to_value(message).unwrap(),
            Response::Cached(message) => serde_json::to_value(message).unwrap(),
            Response::Modal(modal) => serde_json::to_value(modal).unwrap(),
            other => panic!("{name}: {other:?}"),
        };
    });
    json
}

fn error(error: &UserError) -> Value {
    serde_json::to_value(error.message()).unwrap()
}

#[test]
fn registered_commands_reach_their_handlers() {
    let unknown = error(&UserError::UnknownCommand);
    assert_eq!(run("unknown", true), unknown);
    assert_eq!(run("team", true), unknown);
    assert_eq!(run("team unknown", true), unknown);
    for (name, _) in registered() {
        let (command, action) = find_action(&name).unwrap_or_else(|| panic!("{name} is unknown"));
        let response = run(&name, true);
        // An option is missing, which Discord would not allow.
        if !["team credit", "team questions import"].contains(&&*name) {
            assert_ne!(response, unknown, "{name}");
        }
        // A modal is shown to the member alone.
        let is_ephemeral = response["flags"] == 64 || !response["title"].is_null();
        let is_public = action.visibility == Visibility::Public;
        assert_ne!(is_ephemeral, is_public, "{name}: {response}");
        assert_eq!(answers_publicly(&name), is_public);
        let as_member = run(&name, false);
        let is_refused = as_member == error(&UserError::AdminsOnly);
        assert_eq!(is_refused, command.access == Access::Admins, "{name}");
    }
}

/// A message command that Ada runs on a message of another member.
fn on_anothers_message(name: &str) -> Interaction {
    let message = IncomingMessage {
        guild: fixture::GUILD,
        channel: fixture::CHANNEL,
        message: MessageId::new(7),
        author: UserId::new(8),
        may_be_reply: true,
        reply_to: None,
    };
    let target = TargetMessage {
        message,
        text: "not mine".into(),
    };
    Interaction {
        data: InteractionData::MessageCommand {
            name: name.into(),
            target: Box::new(target),
        },
        ..command("")
    }
}

#[test]
fn message_commands_reach_their_handlers() {
    let names = MESSAGE_COMMANDS.iter().map(|command| command.name);
    for name in names.chain(["Unknown"]) {
        let is_known = find_message_command(name).is_some();
        let interaction = on_anothers_message(name);
        let expected = if is_known {
            error(&UserError::NotOwnReply)
        } else {
            error(&UserError::UnknownCommand)
        };
        assert_eq!(send(name, &interaction), expected, "{name}");
        let label = metric_label(&interaction.data);
        assert_eq!(label == "other", !is_known, "{name}");
        assert!(name.chars().count() <= 32, "{name}");
    }
    let help = help_lines(Access::Everyone).join("\n");
    for command in MESSAGE_COMMANDS {
        assert!(help.contains(command.name), "{help}");
    }
}

/// With a user's installation, a member could run a command in a server without the bot.
#[test]
fn commands_are_for_servers_with_the_bot_only() {
    for definition in definitions().as_array().unwrap() {
        assert_eq!(definition["contexts"], serde_json::json!([0]));
        assert_eq!(definition["integration_types"], serde_json::json!([0]));
    }
}

#[test]
fn options_with_suggestions_have_a_function() {
    for (name, definition) in registered() {
        let (_, action) = find_action(&name).unwrap();
        let options = definition["options"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let defined: Vec<&str> = options
            .iter()
            .filter(|option| option["autocomplete"] == true)
            .map(|option| option["name"].as_str().unwrap())
            .collect();
        let functions: Vec<&str> = action.autocomplete.iter().map(|(name, _)| *name).collect();
        assert_eq!(defined, functions, "{name}");
    }
}

#[test]
fn help_names_each_command_that_is_not_unlisted() {
    let actions: Vec<_> = COMMANDS
        .iter()
        .flat_map(|command| {
            let actions = command.actions().into_iter();
            actions.map(|(name, action)| (command.access, name, action))
        })
        .collect();
    for (access, name, action) in &actions {
        let line = match action.help {
            Help::Line(line) | Help::QuestionLine(line) => line(),
            Help::In(other) => {
                let (_, other) = find_action(other).unwrap();
                let (Help::Line(line) | Help::QuestionLine(line)) = other.help else {
                    panic!("{name}: the other command has no line");
                };
                line()
            }
            Help::NameOnly => {
                let (_, short) = name.split_once(' ').unwrap();
                let last = help_lines(*access).pop().unwrap();
                assert!(last.contains(&format!("{short}`")), "{name}: {last}");
                continue;
            }
            Help::Unlisted => continue,
        };
        assert!(line.contains(&format!("`/{name}")), "{name}: {line}");
        assert!(help_lines(*access).contains(&line), "{name}");
    }
}

#[test]
fn only_defined_commands_have_metric_labels() {
    for definition in COMMANDS.iter().map(|command| command.definition()) {
        let name = definition["name"].as_str().unwrap();
        let with_subcommand = format!("{name} status");
        assert_eq!(
            metric_label(&InteractionData::Command(with_subcommand)),
            name
        );
    }
    assert_eq!(
        metric_label(&InteractionData::Command("streak\"} 1".into())),
        "other"
    );
}

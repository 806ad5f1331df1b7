//! Malicious text in every place where members and admins can enter it: options, autocomplete,
//! custom ids, names.

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::ids;
use discord_sandbox::model::MessageKey;
use serde_json::{Value, json};

use super::{assert_still_working, friday, hostile};
use crate::support::{MessageExt, World};

/// All options that accept text.
const OPTIONS: [(&str, &str); 15] = [
    ("quiz", "topic"),
    ("quiz", "level"),
    ("answer", "question"),
    ("leaderboard", "period"),
    ("history", "topic"),
    ("setup", "timezone"),
    ("setup", "time"),
    ("setup", "days"),
    ("setup", "reveal"),
    ("team settings", "timezone"),
    ("team settings", "time"),
    ("team settings", "days"),
    ("team settings", "catch_up"),
    ("team settings", "holidays"),
    ("team pause", "until"),
];

/// Builds command data, bypassing the checks of the client.
fn data(command: &str, options: &Value) -> Value {
    match command.split_once(' ') {
        None => json!({ "id": "1", "name": command, "type": 1, "options": options }),
        Some((name, sub)) => json!({ "id": "1", "name": name, "type": 1, "options": [
            { "type": 1, "name": sub, "options": options },
        ] }),
    }
}

async fn run_command(world: &World, command: &str, options: Value) -> MessageView {
    let data = data(command, &options);
    // A rate-limited member gets an answer that does not depend on the command.
    world.advance("1s").await;
    let outcome = world
        .sandbox
        .command_raw(ids::ASYNCIO, ids::ADA, data)
        .await;
    let ClientOutcome::Message(response) = outcome else {
        let options: String = options.to_string().chars().take(200).collect();
        panic!("/{command} {options}: {outcome:?}\n{}", world.log());
    };
    response
}

/// Asserts that a message is readable whatever text it quotes: short, without control or
/// direction-changing characters, and without notifications.
fn assert_clear(what: &str, response: &MessageView) {
    let text = response.text();
    assert!(!text.trim().is_empty(), "{what}: nothing was said");
    assert!(
        !text.contains("Too many requests"),
        "{what}: it was not looked at"
    );
    if response.embeds.is_empty() {
        let length = text.chars().count();
        assert!(length < 700, "{what}: {length} characters: {text}");
    }
    let is_unsafe = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(is_unsafe), "{what}: {text:?}");
    assert!(response.pinged.is_empty(), "{what}: {:?}", response.pinged);
}

/// 33. Any text in any option gets a clear message, and the settings stay valid.
#[tokio::test(flavor = "multi_thread")]
async fn any_text_in_any_option_gets_a_clear_message() {
    let world = friday().await;
    let before = world
        .ada()
        .command_message("team settings", &[])
        .await
        .text();
    for (command, option) in OPTIONS {
        for text in hostile() {
            let mut options = vec![json!({ "type": 3, "name": option, "value": text })];
            if command == "setup" && option != "timezone" {
                options.push(json!({ "type": 3, "name": "timezone", "value": "Europe/Berlin" }));
            }
            let what = format!(
                "/{command} {option}:{:.20}",
                text.escape_debug().to_string()
            );
            assert_clear(&what, &run_command(&world, command, json!(options)).await);
            if option == "until" {
                world.advance("1s").await;
                world.ada().command_message("team resume", &[]).await;
            }
        }
    }
    let after = world
        .ada()
        .command_message("team settings", &[])
        .await
        .text();
    assert_eq!(after, before, "nothing of it was taken");
    assert_still_working(&world).await;
}

/// Options of the wrong type, ids of nothing or of another server, and round numbers that don't
/// exist.
#[tokio::test(flavor = "multi_thread")]
async fn invalid_option_values_get_a_clear_message() {
    let world = friday().await;
    let (_, elsewhere) = world.another_guild("Elsewhere");
    let ids = ["1", "18446744073709551614", &elsewhere.to_string()].map(str::to_owned);
    for id in ids {
        for command in [
            "team status",
            "team skip",
            "team settings",
            "team remove",
            "setup",
        ] {
            let mut options = vec![json!({ "type": 7, "name": "channel", "value": id })];
            if command == "setup" {
                options.push(json!({ "type": 3, "name": "timezone", "value": "UTC" }));
            }
            let response = run_command(&world, command, json!(options)).await;
            assert_clear(command, &response);
            let text = response.text();
            let refused = ["No team practises", "A team needs a text", "I can't see"];
            assert!(
                refused.iter().any(|part| text.contains(part)),
                "/{command} {id}: {text}"
            );
        }
        let member = json!([{ "type": 6, "name": "member", "value": id }]);
        assert_clear("/streak", &run_command(&world, "streak", member).await);
    }
    for round in [i64::MIN, -1, 0, 2, 4_294_967_296, 4_294_967_297, i64::MAX] {
        let text = round.to_string();
        let round = json!({ "type": 3, "name": "question", "value": text });
        let member = json!({ "type": 6, "name": "member", "value": ids::LIN.to_string() });
        for (command, options) in [
            ("team void", json!([round])),
            ("team credit", json!([member, round])),
            ("team restore", json!([round])),
        ] {
            let text = run_command(&world, command, options).await.text();
            assert!(
                text.contains("This team has no question"),
                "/{command} {round}: {text}"
            );
        }
    }
    for kind in [
        json!([{ "type": 3, "name": "question", "value": "one" }]),
        json!([{ "type": 5, "name": "question", "value": true }]),
        json!([]),
        json!([{ "type": 3, "name": "unheard of", "value": "x" }]),
    ] {
        assert_clear(
            "/team credit",
            &run_command(&world, "team credit", kind.clone()).await,
        );
        assert_clear(
            "/team dance",
            &run_command(&world, "team dance", kind.clone()).await,
        );
        assert_clear("/dance", &run_command(&world, "dance", kind).await);
    }
    assert_still_working(&world).await;
}

/// Any partial input gets suggestions that Discord accepts, or none.
#[tokio::test(flavor = "multi_thread")]
async fn autocomplete_accepts_any_partial_input() {
    let world = friday().await;
    for (command, option) in [
        ("quiz", "topic"),
        ("answer", "question"),
        ("setup", "timezone"),
        ("setup", "days"),
    ] {
        let texts = hostile().into_iter().chain(["mon, ".repeat(1200)]);
        for text in texts {
            world.advance("1s").await;
            let suggestions = world
                .sandbox
                .autocomplete(ids::ASYNCIO, ids::ADA, command, &[(option, json!(text))])
                .await
                .unwrap_or_else(|error| panic!("/{command} {option}: {error:?}\n{}", world.log()));
            assert!(suggestions.len() <= 25);
        }
    }
    assert_still_working(&world).await;
}

/// Any text as a custom id, also from other versions, other servers and other members.
#[tokio::test(flavor = "multi_thread")]
async fn any_custom_id_gets_a_clear_message() {
    let world = friday().await;
    let (guild, elsewhere) = world.another_guild("Elsewhere");
    let mut all: Vec<String> = hostile()
        .iter()
        .map(|text| text.chars().take(100).collect())
        .collect();
    let actions = [
        "hint",
        "answer",
        "streak",
        "reveal",
        "quiz-hint",
        "quiz-answer",
        "quiz-next",
        "post-now",
        "remove",
        "x",
    ];
    for action in actions {
        for rest in [
            "",
            ":",
            ":0",
            ":::",
            &format!(":{elsewhere}"),
            &format!(":{guild}"),
            ":18446744073709551615",
            ":\u{202e}x",
        ] {
            all.extend(
                ["q1", "q0", "q2", "Q1", ""].map(|version| format!("{version}:{action}{rest}")),
            );
        }
    }
    all.push(format!("q1:reveal:{}:4294967295:all:x", ids::ASYNCIO));
    all.push(format!("q1:reveal:{elsewhere}:1:all:gather"));
    let custom_ids = all.into_iter().filter(|id| !id.is_empty());
    for custom_id in custom_ids {
        world.advance("1s").await;
        let message = MessageKey {
            channel: ids::ASYNCIO,
            message: world.post().id,
        };
        let outcome = world.press_raw(message, ids::LIN, &custom_id).await;
        let Some(response) = outcome.message() else {
            panic!("{custom_id}: {outcome:?}\n{}", world.log());
        };
        assert_clear(&custom_id, response);
    }
    assert_still_working(&world).await;
}

/// Members and servers with malicious names: the bot shows none of them.
#[tokio::test(flavor = "multi_thread")]
async fn malicious_names_are_not_shown() {
    let world = friday().await;
    let names = hostile().into_iter().filter(|text| !text.trim().is_empty());
    for text in names {
        let name: String = text.chars().take(32).collect();
        let user = world.sandbox.add_user(&name);
        world.sandbox.add_member(ids::GUILD, user, &[]);
        world
            .member(user)
            .reply(&text.chars().take(2000).collect::<String>())
            .await;
        assert_eq!(world.member(user).streak().await, 1);
        world.another_guild(&name);
    }
    let board = world.lin().command_message("leaderboard", &[]).await;
    assert_clear("/leaderboard", &board);
    assert_still_working(&world).await;
}

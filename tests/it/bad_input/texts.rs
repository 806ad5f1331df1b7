//! Text where members and admins can put it: options, typed letters, custom ids, names.

use quizloop::sandbox::client::{ClientOutcome, MessageView};
use quizloop::sandbox::ids;
use serde_json::{Value, json};

use super::{friday, goes_on, hostile};
use crate::support::{MessageExt, World};

/// Every option that takes text, with the options that have to come along.
const OPTIONS: [(&str, &str); 14] = [
    ("quiz", "topic"),
    ("quiz", "level"),
    ("answer", "question"),
    ("leaderboard", "period"),
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

/// The data of a command, past all that the client checks.
fn data(command: &str, options: &Value) -> Value {
    match command.split_once(' ') {
        None => json!({ "id": "1", "name": command, "type": 1, "options": options }),
        Some((name, sub)) => json!({ "id": "1", "name": name, "type": 1, "options": [
            { "type": 1, "name": sub, "options": options },
        ] }),
    }
}

async fn asked(world: &World, command: &str, options: Value) -> MessageView {
    let place = (ids::ASYNCIO, ids::ADA);
    let data = data(command, &options);
    // Whoever asks too fast is answered without a look at what they ask.
    world.advance("1s").await;
    let outcome = world.sandbox.command_raw(place, data).await;
    let ClientOutcome::Message(said) = outcome else {
        let options: String = options.to_string().chars().take(200).collect();
        panic!("/{command} {options}: {outcome:?}\n{}", world.log());
    };
    said
}

/// A sentence that can be read, whatever was quoted in it: short, without letters that steer the terminal or
/// turn the line around, and it notifies nobody.
fn is_clear(what: &str, said: &MessageView) {
    let text = said.text();
    assert!(!text.trim().is_empty(), "{what}: nothing was said");
    assert!(!text.contains("Slow down"), "{what}: it was not looked at");
    if said.embeds.is_empty() {
        let length = text.chars().count();
        assert!(length < 700, "{what}: {length} characters: {text}");
    }
    let steers = |letter: char| {
        letter.is_control() && letter != '\n'
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(steers), "{what}: {text:?}");
    assert!(said.pinged.is_empty(), "{what}: {:?}", said.pinged);
}

/// 33. Any text in any option: a clear sentence, and the settings are as before or as they can be.
#[tokio::test(flavor = "multi_thread")]
async fn any_text_in_any_option() {
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
            is_clear(&what, &asked(&world, command, json!(options)).await);
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
    goes_on(&world).await;
}

/// Options of the wrong kind, with ids of nothing or of another server, and numbers beyond all rounds.
#[tokio::test(flavor = "multi_thread")]
async fn options_that_fit_nothing() {
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
            let said = asked(&world, command, json!(options)).await;
            is_clear(command, &said);
            let text = said.text();
            let refused = ["No team practises", "A team needs a text", "I can't see"];
            assert!(
                refused.iter().any(|part| text.contains(part)),
                "/{command} {id}: {text}"
            );
        }
        let member = json!([{ "type": 6, "name": "member", "value": id }]);
        is_clear("/streak", &asked(&world, "streak", member).await);
    }
    for round in [i64::MIN, -1, 0, 2, 4_294_967_296, 4_294_967_297, i64::MAX] {
        let round = json!({ "type": 4, "name": "round", "value": round });
        let member = json!({ "type": 6, "name": "member", "value": ids::LIN.to_string() });
        for (command, options) in [
            ("team void", json!([round])),
            ("team credit", json!([member, round])),
        ] {
            let text = asked(&world, command, options).await.text();
            assert!(
                text.contains("there is no round"),
                "/{command} {round}: {text}"
            );
        }
    }
    for kind in [
        json!([{ "type": 3, "name": "round", "value": "one" }]),
        json!([{ "type": 5, "name": "round", "value": true }]),
        json!([]),
        json!([{ "type": 3, "name": "unheard of", "value": "x" }]),
    ] {
        is_clear(
            "/team credit",
            &asked(&world, "team credit", kind.clone()).await,
        );
        is_clear(
            "/team dance",
            &asked(&world, "team dance", kind.clone()).await,
        );
        is_clear("/dance", &asked(&world, "dance", kind).await);
    }
    goes_on(&world).await;
}

/// Any letters typed so far: suggestions that Discord takes, or none.
#[tokio::test(flavor = "multi_thread")]
async fn any_letters_typed() {
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
            let offered = world
                .sandbox
                .autocomplete((ids::ASYNCIO, ids::ADA), command, (option, &text), &[])
                .await
                .unwrap_or_else(|error| panic!("/{command} {option}: {error:?}\n{}", world.log()));
            assert!(offered.len() <= 25);
        }
    }
    goes_on(&world).await;
}

/// Any text as a custom id, also of other versions, other servers and other members.
#[tokio::test(flavor = "multi_thread")]
async fn any_custom_id() {
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
    let kept = all.into_iter().filter(|id| !id.is_empty());
    for custom_id in kept {
        let place = (ids::ASYNCIO, ids::LIN);
        world.advance("1s").await;
        let message = world.post().id;
        let outcome = world.press_raw(place, message, &custom_id).await;
        let Some(said) = outcome.message() else {
            panic!("{custom_id}: {outcome:?}\n{}", world.log());
        };
        is_clear(&custom_id, said);
    }
    goes_on(&world).await;
}

/// People and servers with names of that kind: the bot shows none of them.
#[tokio::test(flavor = "multi_thread")]
async fn any_name() {
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
    is_clear("/leaderboard", &board);
    goes_on(&world).await;
}

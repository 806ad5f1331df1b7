//! The token is in no log, at any level and in any encoding.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD as BASE64;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::operator::{quizloop, quizloop_command, said};
use crate::support::World;

/// The finest level of every crate, including those that log whole frames and headers.
const TRACE: &str = "trace,tungstenite::protocol=trace,tungstenite::protocol::frame=trace,hyper::proto::h1=trace,\
                     hyper_util::client=trace,reqwest::connect=trace,serenity::http=trace,serenity::gateway=trace,\
                     rustls::client=trace,tokio=trace,mio=trace";

/// Returns the token, its parts, and the encodings in which a library might log them.
fn forms(token: &str) -> Vec<String> {
    // The first part is the bot's id in base64. It is no secret, but must not be logged either.
    let parts = token.split('.').filter(|part| part.len() >= 6);
    let mut forms = Vec::new();
    for part in parts.chain([token, &format!("Bot {token}")]) {
        let spelled = |with: &dyn Fn(&mut String, u8)| {
            part.bytes().fold(String::new(), |mut text, byte| {
                with(&mut text, byte);
                text
            })
        };
        // Writing to a string can't fail.
        let hex = spelled(&|text, byte| write!(text, "{byte:02x}").unwrap());
        let escaped = spelled(&|text, byte| write!(text, "\\x{byte:02x}").unwrap());
        let percent = spelled(&|text, byte| write!(text, "%{byte:02X}").unwrap());
        let numbers: Vec<_> = part.bytes().map(|byte| byte.to_string()).collect();
        let encoded = part.replace(' ', "%20").replace('.', "%2E");
        forms.extend([
            part.to_owned(),
            hex.to_uppercase(),
            hex,
            escaped,
            percent,
            encoded,
            numbers.join(", "),
        ]);
        // In base64 the first and last letters depend on the surrounding bytes.
        for before in ["", "x", "xx"] {
            let code = BASE64.encode(format!("{before}{part}"));
            let inner = &code[4..code.len() - 4];
            if inner.len() >= 8 {
                forms.push(inner.to_owned());
            }
        }
    }
    forms
}

fn assert_token_absent(log: &str, token: &str) {
    for form in forms(token) {
        if let Some(line) = log.lines().find(|line| line.contains(&form)) {
            let excerpt: String = line.chars().take(1000).collect();
            panic!("the log holds {form}: {excerpt}");
        }
    }
}

#[test]
fn token_forms_include_common_encodings() {
    let log = format!("header: {:?}", "abc.secret-part.tail-part".as_bytes());
    let result =
        std::panic::catch_unwind(|| assert_token_absent(&log, "abc.secret-part.tail-part"));
    assert!(result.is_err());
    let log = BASE64.encode(b"Authorization: Bot abc.secret-part.tail-part");
    let result =
        std::panic::catch_unwind(|| assert_token_absent(&log, "abc.secret-part.tail-part"));
    assert!(result.is_err());
}

/// A whole day at the finest log level: start, question, replies, commands, failed requests, ended
/// sessions and a stop, in both log formats.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_in_no_log_of_a_whole_day() {
    for format in ["text", "json"] {
        let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
            .team()
            .heartbeat(Duration::from_secs(2))
            .env("RUST_LOG", TRACE)
            .argument("--log")
            .argument(format)
            .start()
            .await;
        world.advance("1m").await;
        world.ada().reply("something to count").await;
        world.lin().command_message("quiz", &[]).await;
        world.ada().command_message("team status", &[]).await;
        world.sandbox.add_fault(
            FaultRule::any().path("/webhooks/*/*/messages/@original"),
            RequestFault::server_error(),
        );
        world
            .ada()
            .command_message(
                "team credit",
                &[("member", json!(ids::SAM.to_string())), ("round", json!(1))],
            )
            .await;
        world.sandbox.request_reconnect();
        world.sam().reply("after a resume").await;
        world.sandbox.invalidate_sessions(false);
        let missed = world.sandbox.add_user("Late");
        world.sandbox.add_member(ids::GUILD, missed, &[]);
        world.member(missed).reply("after a new session").await;
        world.sandbox.add_fault(
            FaultRule::on("Reaction"),
            RequestFault::missing_permissions(),
        );
        world.lin().post_reply("whose mark is refused");
        world
            .wait_until("the refusal", || world.log().contains("reactions refused"))
            .await;
        world.advance("12h").await;
        let token = world.sandbox.token();
        let log = world.log();
        assert!(
            log.lines().count() > 50,
            "a trace has many lines: {}",
            log.lines().count()
        );
        assert!(log.contains("TRACE"), "{log:.1000}");
        assert_token_absent(&log, &token);
        world.stop().await;
        assert_token_absent(&world.last_log(), &token);
    }
}

/// A token that Discord rejects is also secret: it may be one that was valid yesterday.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_in_no_log_of_a_rejected_start() {
    let token = "MTEzMDAwMDAw.wrong-but-secret.tail-of-the-token";
    for wrong in [
        token.to_owned(),
        format!("{token} with spaces"),
        format!("{token}\u{e9}"),
    ] {
        let mut world = World::at("2026-03-27T08:59[UTC]")
            .team()
            .token(&wrong)
            .env("RUST_LOG", TRACE)
            .without_bot()
            .await;
        world.skip_api_check();
        world.spawn_bot();
        let (code, log) = world.exit_and_log().await;
        assert!(matches!(code, Some(2 | 4)), "{log}");
        assert_token_absent(&log, token);
    }
}

/// A token that was pasted into the wrong place is shown by no message.
#[test]
fn a_pasted_token_is_in_no_message() {
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.n0t-A-real_One-0123456789abcdefghi";
    let configs = [
        format!("token = \"{TOKEN}\""),
        format!("DISCORD_TOKEN={TOKEN}"),
        format!("token_file = \"{TOKEN}\""),
        format!("token_file = \"/run/{TOKEN}\""),
        TOKEN.to_owned(),
        format!("\"{TOKEN}\" = 1"),
        format!("[discord]\napi_url = \"{TOKEN}\""),
        format!("[discord]\nshards = \"{TOKEN}\""),
        format!("[state]\ndir = \"{TOKEN}\""),
        format!("[state]\nurl = \"{TOKEN}\""),
        format!("[bank]\npaths = [\"{TOKEN}\", \"pack.toml\"]"),
        format!("[health]\nlisten = \"{TOKEN}\""),
        format!("[[team]]\nguild = \"{TOKEN}\"\nchannel = \"{TOKEN}\"\ntimezone = \"{TOKEN}\""),
        format!("[[team]]\nat = \"{TOKEN}\"\ndays = [\"{TOKEN}\"]\nrole = \"{TOKEN}\""),
        format!(
            "[[team]]\nreveal = \"{TOKEN}\" # {}",
            "a long line ".repeat(20)
        ),
    ];
    let pack = format!("[[question]]\nid = \"{TOKEN}\"\ntopic = \"{TOKEN}\"\n{TOKEN} = 1\n");
    let mut texts = String::new();
    for config in configs {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), &config).unwrap();
        std::fs::write(folder.path().join("pack.toml"), &pack).unwrap();
        for verb in ["check", "run"] {
            let (_, text) = said(&quizloop(folder.path(), &[verb]));
            assert!(!text.is_empty());
            texts.push_str(&text);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["run", TOKEN][..],
        &["run", "--token", TOKEN],
        &["run", "--config", TOKEN],
        &["bank", "show", TOKEN],
        &["state", "show", TOKEN],
        &["state", "verify", "--state", TOKEN],
    ] {
        let (code, text) = said(&quizloop(folder.path(), arguments));
        assert!(matches!(code, Some(2 | 3)), "{text}");
        texts.push_str(&text);
    }
    assert_token_absent(&texts, TOKEN.split_once('.').unwrap().1);
}

/// A token with a common mistake is refused before Discord is asked, with what to do.
#[test]
fn a_token_with_a_mistake() {
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.n0t-A-real_One-0123456789abcdefghi";
    let folder = tempfile::tempdir().unwrap();
    let mut texts = String::new();
    for token in [
        format!("\"{TOKEN}\""),
        format!("<{TOKEN}>"),
        format!("{TOKEN};"),
        format!("DISCORD_TOKEN={TOKEN}"),
        format!("Bot{TOKEN}"),
        "1110000000000000009".to_owned(),
    ] {
        // Unlike `run`, this fails if Discord is asked: nothing listens there.
        let output = quizloop_command(folder.path(), &["invite"])
            .env("DISCORD_TOKEN", &token)
            .env("DISCORD_API_URL", "http://127.0.0.1:9")
            .output()
            .unwrap();
        let (code, text) = said(&output);
        assert_eq!(code, Some(2), "{text}");
        texts.push_str(text.split(" To try ").next().unwrap());
        texts.push('\n');
    }
    assert_token_absent(&texts, TOKEN);
    insta::assert_snapshot!(texts, @r#"
    error: the bot token from DISCORD_TOKEN is invalid: it is in quotes. Remove them.
    error: the bot token from DISCORD_TOKEN is invalid: it is in angle brackets. Remove them.
    error: the bot token from DISCORD_TOKEN is invalid: it ends with a semicolon or a comma. Remove it.
    error: the bot token from DISCORD_TOKEN is invalid: it begins with a name and an equals sign, such as DISCORD_TOKEN=. Remove them.
    error: the bot token from DISCORD_TOKEN is invalid: it begins with "Bot". Remove that word.
    error: the bot token from DISCORD_TOKEN is invalid: it is a number, such as an application's id. The token is in the developer portal, under Bot.
    "#);
    std::fs::write(
        folder.path().join(".env"),
        format!("DISCORD_TOKEN={TOKEN}\n"),
    )
    .unwrap();
    let (_, text) = said(&quizloop(folder.path(), &["run"]));
    assert!(text.contains("The file .env is not read"), "{text}");
}

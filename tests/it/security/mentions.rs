//! Nobody is notified except the configured role: `allowed_mentions` of every message says so.

use discord_sandbox::ids;
use discord_sandbox::log::LoggedRequest;
use serde_json::{Value, json};

use crate::support::World;

/// Returns the message in a request, if it sends or edits one.
fn message(request: &LoggedRequest) -> Option<&Value> {
    let data = request.body.get("data").unwrap_or(&request.body);
    let has = |key: &str| data.get(key).is_some();
    // A modal is no message: it has a title.
    let is_message = has("content") || has("embeds") || has("components");
    (is_message && !has("title")).then_some(data)
}

/// 33. All commands, buttons and messages, with and without a role: `allowed_mentions` is empty in
/// each, except for the role in the question itself.
#[tokio::test(flavor = "multi_thread")]
async fn every_message_allows_only_the_configured_role() {
    let world = super::set_up().await;
    let (ada, lin) = (world.ada(), world.lin());
    let role = ids::TEAM_ROLE.to_string();
    lin.reply("@everyone @here").await;
    let confirmation = world.sam().press(world.post().id, "Model answer").await;
    world.sam().press(confirmation.id, "Show it anyway").await;
    for button in ["Hint", "Model answer", "My streak"] {
        lin.press(world.post().id, button).await;
    }
    let quiz = lin
        .command_message("quiz", &[("topic", json!("queues"))])
        .await;
    lin.press(quiz.id, "Hint").await;
    let words = ("answer", "@everyone <@&1140000000000000002>");
    lin.submit_modal_field(quiz.id, "Write my answer", words)
        .await;
    for button in ["None of them", "Next"] {
        lin.press(quiz.id, button).await;
    }
    let privacy = lin.command_message("privacy", &[]).await;
    for button in ["Export my data", "Delete my data"] {
        lin.press(privacy.id, button).await;
    }
    lin.command_message("answer", &[("public", json!(true))])
        .await;
    lin.command_message("answer", &[("question", json!("@everyone"))])
        .await;
    lin.command_message(
        "streak",
        &[
            ("member", json!(ids::ADA.to_string())),
            ("why", json!(true)),
        ],
    )
    .await;
    for command in ["hint", "streak", "leaderboard", "history", "help"] {
        lin.command_message(command, &[]).await;
    }
    ada.credit(ids::SAM, 1).await;
    ada.void(1).await;
    ada.command_message("team restore", &[("question", json!("1"))])
        .await;
    for command in [
        "team status",
        "team post",
        "team skip",
        "team pause",
        "team resume",
        "team settings",
        "help",
    ] {
        ada.command_message(command, &[]).await;
    }
    ada.command_message("team settings", &[("role", json!(role))])
        .await;
    world.set_time("2026-03-27T09:00").await;
    world.sam().reply("with the role").await;
    world.advance("10s").await;
    world
        .wait_for("the edit", |world| world.post().edited.then_some(()))
        .await;
    cause_alert(&world).await;
    let remove = ada.command_message("team remove", &[]).await;
    ada.press(remove.id, "Remove the team").await;
    check_role(&world, &role);
}

/// Makes the bot send the admin a direct message about a failed post.
async fn cause_alert(world: &World) {
    let everybody = discord_sandbox::model::Overwrite {
        id: ids::BOT_ROLE,
        is_member: false,
        allow: 0,
        deny: discord_sandbox::permission::SEND_MESSAGES,
    };
    world.sandbox.set_overwrite(ids::ASYNCIO, everybody);
    world.set_time("2026-03-30T09:00").await;
    world
        .wait("the direct message", |discord| {
            let mut requests = discord.log.requests();
            requests
                .any(|request| text(request).contains("couldn't post"))
                .then_some(())
        })
        .await;
}

fn text(request: &LoggedRequest) -> &str {
    request.body["content"].as_str().unwrap_or_default()
}

/// Checks that every request of a test that sends or edits a message says who may be notified, and
/// that this is at most one role.
pub fn check(sandbox: &discord_sandbox::Sandbox) {
    for request in sandbox.requests() {
        let Some(message) = message(&request) else {
            continue;
        };
        let mentions = &message["allowed_mentions"];
        let (method, route) = (&request.method, &request.route);
        assert_eq!(mentions["parse"], json!([]), "{method} {route}: {message}");
        let roles = mentions["roles"].as_array().map_or(0, Vec::len);
        let limit = usize::from(method == "POST" && !route.contains("callback"));
        assert!(roles <= limit, "{method} {route}: {message}");
        let users = mentions["users"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(
            users
                .iter()
                .all(|user| is_named_in_pair_thread(&request, user)),
            "{method} {route}: {message}"
        );
    }
}

/// Whether a message is one in the thread of a mock interview, whose two or three members it names.
fn is_named_in_pair_thread(request: &LoggedRequest, user: &Value) -> bool {
    let footer = request.body["embeds"][0]["footer"]["text"].as_str();
    let is_pair = footer.is_some_and(|footer| {
        footer.starts_with("Mock interview of ") || footer.starts_with("Did you meet? ")
    });
    let name = format!("<@{}>", user.as_str().unwrap_or_default());
    request.route == "CreateMessage" && is_pair && text(request).contains(&name)
}

fn check_role(world: &World, role: &str) {
    let (mut plain, mut with_role) = (0, 0);
    let mut routes = std::collections::BTreeSet::new();
    for request in world.sandbox.requests() {
        let Some(message) = message(&request) else {
            continue;
        };
        routes.insert(format!("{} {}", request.method, request.route));
        let mentions = &message["allowed_mentions"];
        // An edit never notifies anybody, so it names no role.
        let names_role = text(&request).ends_with(&format!("\n<@&{role}>"));
        if names_role && request.method == "POST" {
            assert_eq!(
                *mentions,
                json!({ "parse": [], "roles": [role] }),
                "{}",
                request.path
            );
            with_role += 1;
        } else {
            assert_eq!(
                *mentions,
                json!({ "parse": [] }),
                "{}: {message}",
                request.path
            );
            plain += 1;
        }
    }
    assert!(
        plain > 30 && with_role >= 1,
        "{plain} plain, {with_role} with the role"
    );
    assert!(routes.len() >= 3, "{routes:?}");
}

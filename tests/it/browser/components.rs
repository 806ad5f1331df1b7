//! Buttons, menus, modals and images from a scripted bot, on the page.

use discord_sandbox::{Sandbox, ids};
use serde_json::{Value, json};

use super::access::assert_accessible;
use super::keyboard::tab_to;
use super::{Chromium, calendar, sandbox};
use crate::sandbox::client::call;
use crate::sandbox::raw_socket::RawSocket;

/// One red pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

/// Intents: guilds and their messages.
const INTENTS: u64 = 513;

/// Runs the bot: responds to each interaction as `answer` says for its command or component.
async fn bot(sandbox: Sandbox) {
    let mut gateway = RawSocket::connect(&sandbox).await;
    gateway.identify(&sandbox, INTENTS).await;
    gateway.event("READY").await;
    loop {
        let interaction = gateway.event("INTERACTION_CREATE").await;
        let place = format!(
            "/interactions/{}/{}/callback",
            interaction["id"].as_str().unwrap(),
            interaction["token"].as_str().unwrap()
        );
        let (status, body) = call(&sandbox, "POST", &place, answer(&interaction)).await;
        assert_eq!(status, 204, "{body}");
        if interaction["data"]["name"] == "slow" {
            // "Thinking" until the test posts "go on".
            let path = format!(
                "/webhooks/{}/{}/messages/@original",
                ids::APP,
                interaction["token"].as_str().unwrap()
            );
            let released = sandbox.wait_for(
                "the message",
                std::time::Duration::from_secs(60),
                |discord| {
                    let all = discord.messages.get(&ids::GENERAL)?;
                    all.values().find(|one| one.content == "go on").map(drop)
                },
            );
            released.await.unwrap();
            call(&sandbox, "PATCH", &path, json!({ "content": "Thought." })).await;
        }
    }
}

fn answer(interaction: &Value) -> Value {
    let used = interaction["data"]["custom_id"]
        .as_str()
        .or(interaction["data"]["name"].as_str());
    let values = || interaction["data"]["values"].to_string();
    match used.unwrap() {
        "show" => json!({ "type": 4, "data": { "content": "Choose", "components": rows() } }),
        "slow" => json!({ "type": 5, "data": {} }),
        "Quote it" => {
            let target = interaction["data"]["target_id"].as_str().unwrap();
            let text = &interaction["data"]["resolved"]["messages"][target]["content"];
            json!({ "type": 4, "data": { "flags": 64, "content": format!("Quoted {text}") } })
        }
        "count" => json!({ "type": 7, "data": { "content": "Pressed", "components": rows() } }),
        "points" => {
            json!({ "type": 4, "data": { "flags": 64, "content": format!("Points {}", values()) } })
        }
        "level" => {
            json!({ "type": 4, "data": { "flags": 64, "content": format!("Level {}", values()) } })
        }
        "write" => {
            json!({ "type": 9, "data": { "title": "Your answer", "custom_id": "sent", "components": [
            { "type": 1, "components": [{ "type": 4, "style": 1, "label": "In short", "custom_id": "short", "max_length": 20 }] },
            { "type": 1, "components": [{ "type": 4, "style": 2, "label": "At length", "custom_id": "long", "required": false }] },
        ] } })
        }
        "sent" => {
            let text = &interaction["data"]["components"][0]["components"][0]["value"];
            json!({ "type": 4, "data": { "content": format!("You wrote {text}") } })
        }
        other => panic!("{other}"),
    }
}

fn rows() -> Value {
    let option = |value: &str| json!({ "label": value, "value": value, "description": format!("the {value}") });
    json!([
        { "type": 1, "components": [
            { "type": 2, "style": 1, "label": "Count", "custom_id": "count" },
            { "type": 2, "style": 4, "label": "Write", "custom_id": "write" },
            { "type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": true },
        ] },
        { "type": 1, "components": [{ "type": 3, "custom_id": "points", "placeholder": "What did you say?",
            "min_values": 1, "max_values": 2, "options": [option("loop"), option("task"), option("await")] }] },
        { "type": 1, "components": [{ "type": 3, "custom_id": "level", "placeholder": "Level", "options": [option("junior"), option("senior")] }] },
    ])
}

async fn register(sandbox: &Sandbox) {
    let commands = json!([
        { "name": "show", "description": "Shows components" },
        { "name": "slow", "description": "Thinks" },
        { "name": "Quote it", "type": 3 },
    ]);
    let path = format!("/applications/{}/commands", ids::APP);
    assert_eq!(call(sandbox, "PUT", &path, commands).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_menus_and_forms() {
    let sandbox = sandbox().await;
    sandbox.set_calendar(calendar());
    register(&sandbox).await;
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    // Later than the browser: the bot waits only a few seconds for an interaction.
    let bot = tokio::spawn(bot(sandbox.clone()));
    tab.open(&sandbox.url()).await;
    tab.click("[data-act=guide-skip]").await;
    tab.command("/show").await;
    tab.reads("#list-channel .message", "Choose").await;

    tab.click("[data-press=count]").await;
    tab.reads("#list-channel .message", "Pressed").await;
    tab.reads("#list-channel .edited", "(edited)").await;
    assert!(
        tab.eval::<bool>("document.querySelector('[data-press=off]').disabled")
            .await
    );

    // A menu accepts no more than its maximum, and sends when it closes.
    let points = |value: &str| format!("[data-menu=points] label:has([value={value}])");
    tab.click("[data-menu=points] summary").await;
    for value in ["loop", "task"] {
        tab.click(&points(value)).await;
    }
    tab.see(
        "the menu is full",
        "document.querySelector('[data-menu=points] [value=await]').disabled",
    )
    .await;
    assert_accessible(&tab, "a menu").await;
    tab.click(&points("task")).await;
    tab.click(&points("await")).await;
    // The page refreshes meanwhile: the menu stays open, with what is chosen.
    sandbox.post(ids::ASYNCIO, ids::SAM, "meanwhile").unwrap();
    tab.reads("#list-channel .message", "meanwhile").await;
    tab.gone("#list-channel .only-you").await;
    tab.click("#channel .room-head").await;
    tab.reads("#list-channel .only-you", "Points [\"loop\",\"await\"]")
        .await;
    // A single choice is sent at once.
    tab.click("[data-menu=level] summary").await;
    tab.click("[data-menu=level] label:has([value=senior])")
        .await;
    tab.reads("#list-channel .only-you", "Level [\"senior\"]")
        .await;
    // With the keyboard, Enter takes a choice and Esc none.
    tab.eval::<bool>("document.querySelector('[data-menu=level] summary').focus(), true")
        .await;
    tab.keys(&["Enter", "Tab", "ArrowUp", "Escape"]).await;
    tab.gone("[data-menu=level] fieldset").await;
    tab.keys(&["Enter", "Tab", "ArrowUp", "Enter"]).await;
    tab.reads("#list-channel .only-you", "Level [\"junior\"]")
        .await;
    let sent: u32 = tab
        .eval("[...document.querySelectorAll('#list-channel .only-you')].filter((one) => one.textContent.includes('Level')).length")
        .await;
    assert_eq!(sent, 2);

    tab.click("[data-press=write]").await;
    tab.reads("#form h2", "Your answer").await;
    // Esc closes the form, and it can be opened again.
    tab.keys(&["Escape"]).await;
    tab.gone("#form").await;
    tab.click("[data-press=write]").await;
    tab.reads("#form label", "In short").await;
    assert_accessible(&tab, "a form").await;
    tab.type_text("It yields.").await;
    tab.click("#form [type=submit]").await;
    tab.reads("#list-channel .message", "You wrote \"It yields.\"")
        .await;

    tab.command("/slow").await;
    tab.reads("#list-channel .thinking", "is thinking").await;
    sandbox.post(ids::GENERAL, ids::SAM, "go on").unwrap();
    tab.reads("#list-channel .message", "Thought.").await;
    tab.gone("#list-channel .thinking").await;
    assert!(!bot.is_finished(), "the bot stopped early");
    bot.abort();
}

/// The menu *Apps* of a message, with the keyboard only; the response can be dismissed.
#[tokio::test(flavor = "multi_thread")]
async fn the_apps_of_a_message() {
    let sandbox = sandbox().await;
    sandbox.set_calendar(calendar());
    register(&sandbox).await;
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    // Later than the browser: the bot waits only a few seconds for an interaction.
    let bot = tokio::spawn(bot(sandbox.clone()));
    let message = sandbox.post(ids::GENERAL, ids::SAM, "my words").unwrap();
    let place = format!(
        "{}/?as={}&channel={}",
        sandbox.url(),
        ids::ADA,
        ids::GENERAL
    );
    tab.open(&place).await;
    tab.click("[data-act=guide-skip]").await;
    let apps = format!("#list-channel [data-id='{message}'] .apps");
    tab_to(&tab, &format!("{apps} summary")).await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{apps} button"), "Quote it").await;
    assert_accessible(&tab, "the apps of a message").await;
    // Esc closes the menu and keeps the focus.
    tab.keys(&["Escape"]).await;
    tab.gone(&format!("{apps} button")).await;
    tab.keys(&["Enter", "Tab", "Enter"]).await;
    let response = "#list-channel .only-you";
    tab.reads(response, "Quoted \"my words\"").await;
    tab.reads(&format!("{response} .used"), "Ada used Quote it")
        .await;
    tab.gone(&format!("{apps} button")).await;
    // Nobody has apps for a message that only they see.
    tab.gone(&format!("{response} .apps")).await;
    tab.click("[data-act=dismiss]").await;
    tab.gone(response).await;
    tab.open(&place).await;
    tab.gone(response).await;
    assert!(!bot.is_finished(), "the bot stopped early");
    bot.abort();
}

/// Sends a message with files as the bot.
async fn send_files(sandbox: &Sandbox, payload: Value, files: &[(&str, &[u8])]) -> (u16, Value) {
    const BOUNDARY: &str = "a-boundary-that-no-picture-has";
    let mut body = Vec::new();
    let mut part = |head: String, bytes: &[u8]| {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    part(
        "name=\"payload_json\"".to_owned(),
        payload.to_string().as_bytes(),
    );
    for (number, (name, bytes)) in files.iter().enumerate() {
        part(
            format!("name=\"files[{number}]\"; filename=\"{name}\""),
            bytes,
        );
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let sent = reqwest::Client::new()
        .post(format!(
            "{}/api/v10/channels/{}/messages",
            sandbox.url(),
            ids::ASYNCIO
        ))
        .header("authorization", format!("Bot {}", sandbox.token()))
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .body(body);
    let answer = sent.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_the_bot_are_shown() {
    let sandbox = sandbox().await;
    sandbox.set_bot_permission(ids::GUILD, discord_sandbox::permission::ATTACH_FILES, true);
    let payload = json!({
        "embeds": [{ "title": "Progress", "image": { "url": "attachment://heat.png" } }],
        "attachments": [{ "id": 0, "filename": "heat.png", "description": "Your days" }],
    });
    let (status, body) = send_files(
        &sandbox,
        payload,
        &[("heat.png", PNG), ("notes.txt", b"text")],
    )
    .await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["embeds"][0]["image"]["width"], 1);
    assert_eq!(body["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(body["attachments"][0]["filename"], "notes.txt");
    let missing = json!({ "embeds": [{ "image": { "url": "attachment://other.png" } }] });
    assert_eq!(
        send_files(&sandbox, missing, &[("heat.png", PNG)]).await.0,
        400
    );
    crate::sandbox::client::assert_matches_openapi(&sandbox);

    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    tab.open(&sandbox.url()).await;
    tab.see(
        "the picture",
        "document.querySelector('.embed img')?.naturalWidth === 1",
    )
    .await;
    tab.reads(".file", "notes.txt").await;
    assert_eq!(
        tab.eval::<String>("document.querySelector('.embed img').alt")
            .await,
        "Your days"
    );
}

#[tokio::test]
async fn files_need_the_permission() {
    let sandbox = sandbox().await;
    sandbox.set_bot_permission(ids::GUILD, discord_sandbox::permission::ATTACH_FILES, false);
    let (status, body) = send_files(&sandbox, json!({}), &[("a.png", PNG)]).await;
    assert_eq!((status, body["code"].as_u64()), (403, Some(50013)));
}

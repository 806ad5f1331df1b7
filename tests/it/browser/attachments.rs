//! A file for an option of a command, with the keyboard and on a phone.

use std::io::Write as _;

use discord_sandbox::{Sandbox, ids};
use serde_json::json;

use super::access::assert_accessible;
use super::{Chromium, Tab, calendar, page, sandbox, world};
use crate::sandbox::client::call;
use crate::sandbox::raw_socket::RawSocket;

/// Width and height of a phone's window in CSS pixels (an iPhone 12 to 14).
const PHONE: (u32, u32) = (390, 844);

/// Runs a bot that answers each command with its name and the text of its file.
async fn bot(sandbox: Sandbox) {
    let mut gateway = RawSocket::connect(&sandbox).await;
    gateway.identify(&sandbox, 513).await;
    gateway.event("READY").await;
    loop {
        let interaction = gateway.event("INTERACTION_CREATE").await;
        let data = &interaction["data"];
        let group = &data["options"][0];
        let subcommand = &group["options"][0];
        let file = subcommand["options"][0]["value"]
            .as_str()
            .unwrap_or_default();
        let file = &data["resolved"]["attachments"][file];
        let text = match file["url"].as_str() {
            Some(url) => reqwest::get(url).await.unwrap().text().await.unwrap(),
            None => "no file".to_owned(),
        };
        let names = [&data["name"], &group["name"], &subcommand["name"]];
        let names = names
            .map(|name| name.as_str().unwrap().to_owned())
            .join(" ");
        let content = format!("{names}: {} has {text}", file["filename"]);
        let place = format!(
            "/interactions/{}/{}/callback",
            interaction["id"].as_str().unwrap(),
            interaction["token"].as_str().unwrap()
        );
        let response = json!({ "type": 4, "data": { "content": content } });
        let (status, body) = call(&sandbox, "POST", &place, response).await;
        assert_eq!(status, 204, "{body}");
    }
}

/// Starts a sandbox with two subcommands in a group, and opens its page.
async fn open() -> Option<(Sandbox, Chromium, Tab)> {
    let sandbox = sandbox().await;
    sandbox.set_calendar(calendar());
    let file = |required| json!({ "type": 11, "name": "file", "description": "The questions", "required": required });
    let note = json!({ "type": 3, "name": "note", "description": "A note" });
    let commands = json!([{ "name": "bank", "description": "x", "options": [
        { "type": 1, "name": "status", "description": "Alone" },
        { "type": 2, "name": "questions", "description": "x", "options": [
            { "type": 1, "name": "import", "description": "From a file", "options": [file(true), note] },
            { "type": 1, "name": "compare", "description": "With a file", "options": [file(false)] },
        ] },
    ] }]);
    let path = format!("/applications/{}/commands", ids::APP);
    let (status, registered) = call(&sandbox, "PUT", &path, commands).await;
    assert_eq!(status, 200, "{registered}");
    let chromium = Chromium::start().await?;
    let tab = chromium.tab().await;
    tab.open(&sandbox.url()).await;
    tab.click("[data-act=guide-skip]").await;
    Some((sandbox, chromium, tab))
}

/// A file on this machine.
fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Begins a command, once it is the only one in the list.
async fn begin(tab: &Tab, command: &str) {
    tab.click("#channel textarea").await;
    tab.type_text(command).await;
    tab.reads("#channel-listbox .option:only-child", command)
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_chosen_with_the_keyboard() {
    let Some((sandbox, _chromium, tab)) = open().await else {
        return;
    };
    let bot = tokio::spawn(bot(sandbox.clone()));
    let chosen = file("Why?,Because.");
    tab.click("#channel textarea").await;
    // Subcommands in a group are listed by their full names.
    tab.type_text("/bank que").await;
    tab.reads("#channel-listbox .option", "/bank questions compare")
        .await;
    tab.type_text("stions imp").await;
    tab.reads("#channel-listbox .option", "/bank questions import")
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", "/bank questions import")
        .await;
    tab.reads("#channel .pill.required", "file").await;
    tab.see(
        "the focus",
        "document.activeElement.matches('#channel .pill input[type=file]')",
    )
    .await;
    tab.reads("#channel .command-help", "The questions").await;
    assert_accessible(&tab, "a file option").await;
    tab.choose_file(chosen.path(), tab.keys(&["Enter"])).await;
    // Then comes the next option, and Enter sends the command.
    tab.see(
        "the next option",
        "document.activeElement.matches('#channel .more')",
    )
    .await;
    tab.keys(&["Enter"]).await;
    let name = chosen.path().file_name().unwrap().to_str().unwrap();
    let answer = format!("bank questions import: \"{name}\" has Why?,Because.");
    tab.reads("#list-channel .message", &answer).await;

    // A required file is missing; Backspace removes an optional one.
    begin(&tab, "/bank questions import").await;
    tab.click("#channel .send").await;
    tab.reads("#channel .command-help", "file is required.")
        .await;
    tab.keys(&["Backspace"]).await;
    tab.gone("#channel .command").await;
    begin(&tab, "/bank questions compare").await;
    tab.reads("#channel-listbox .option", "file").await;
    tab.keys(&["ArrowDown", "Enter"]).await;
    tab.choose_file(chosen.path(), tab.keys(&["Enter"])).await;
    tab.see(
        "the next option",
        "document.activeElement.matches('#channel .more')",
    )
    .await;
    tab.keys(&["Backspace", "Backspace", "Backspace"]).await;
    tab.gone("#channel .pill").await;
    assert!(!bot.is_finished(), "the bot stopped early");
    bot.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_chosen_on_a_phone() {
    let Some((sandbox, _chromium, tab)) = open().await else {
        return;
    };
    let bot = tokio::spawn(bot(sandbox.clone()));
    tab.resize(PHONE, true).await;
    tab.click("#channel textarea").await;
    tab.type_text("/bank questions").await;
    let first = "#channel-listbox .option:first-child";
    tab.reads(first, "/bank questions import").await;
    tab.click(first).await;
    let chosen = file("Why?,Because.");
    tab.choose_file(chosen.path(), tab.click("#channel .pill input"))
        .await;
    let width: f64 = tab
        .eval("document.querySelector('#channel .pill').getBoundingClientRect().right")
        .await;
    assert!(width <= f64::from(PHONE.0), "{width}");
    tab.click("#channel .send").await;
    tab.reads("#list-channel .message", "has Why?,Because.")
        .await;
    // What fails is said.
    let large = file(&" ".repeat(10 * 1024 * 1024 + 1));
    begin(&tab, "/bank questions import").await;
    tab.choose_file(large.path(), tab.click("#channel .pill input"))
        .await;
    tab.click("#channel .send").await;
    tab.reads("#toast", "The file is larger than 10 MiB").await;
    assert!(!bot.is_finished(), "the bot stopped early");
    bot.abort();
}

/// The whole way with the real bot: the file, what is wrong with it, and the second press.
#[tokio::test(flavor = "multi_thread")]
async fn an_admin_imports_questions() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    begin(&tab, "/team questions import").await;
    let chosen = file(&crate::question_import::twenty());
    tab.choose_file(chosen.path(), tab.keys(&["Enter"])).await;
    tab.see(
        "the next option",
        "document.activeElement.matches('#channel .more')",
    )
    .await;
    tab.keys(&["Escape", "Enter"]).await;
    let shown = "#list-channel .only-you";
    tab.reads(shown, "17 questions and 3 mistakes").await;
    tab.reads(shown, "line 10, \"part-9\": it has no question")
        .await;
    tab.reads(&format!("{shown} .file a"), "mistakes.txt").await;
    tab.click("#list-channel [data-press^='q1:import']").await;
    tab.reads(shown, "17 questions added (#s1 to #s17)").await;
    tab.gone("#list-channel [data-press^='q1:import']").await;
}

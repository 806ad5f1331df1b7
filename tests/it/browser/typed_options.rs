//! Options of commands, typed as Discord takes them.

use discord_sandbox::ids;

use super::{Tab, page, world};

/// The newest private message.
const ANSWER: &str = "#list-channel .entry:last-child.only-you";

/// Types a text into the empty message box of the channel.
async fn type_in(tab: &Tab, text: &str) {
    tab.click("#channel textarea").await;
    tab.type_text(text).await;
}

/// Returns each option of the command that is being composed, as `name=value`.
async fn options(tab: &Tab) -> Vec<String> {
    tab.eval("[...document.querySelectorAll('#channel .pill')].map((one) => one.querySelector('span').textContent + '=' + one.querySelector('input').value)")
        .await
}

async fn wait_for_options(tab: &Tab, expected: &[&str]) {
    let script = "[...document.querySelectorAll('#channel .pill')].map((one) => one.querySelector('span').textContent + '=' + one.querySelector('input').value)";
    let expected = serde_json::to_string(expected).unwrap();
    tab.see(
        &format!("the options {expected}"),
        &format!("JSON.stringify({script}) === JSON.stringify({expected})"),
    )
    .await;
}

/// What the bot's texts teach: the whole command in one line, and Enter.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_typed_with_its_options() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    // Then there is a question that `why` explains.
    world.ada().reply("In my own words.").await;
    type_in(&tab, "/remind on time:17:00").await;
    wait_for_options(&tab, &["time=17:00"]).await;
    tab.reads("#channel .command-name", "/remind on").await;
    tab.keys(&["Enter"]).await;
    tab.reads(ANSWER, "17:00").await;
    type_in(&tab, "/streak why:True").await;
    wait_for_options(&tab, &["why=True"]).await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{ANSWER} .used"), "/streak").await;
    tab.reads(ANSWER, "Last 1 question").await;
    // In any case, and with several options.
    type_in(&tab, "/quiz Level:mid topic:queues").await;
    wait_for_options(&tab, &["level=mid", "topic=queues"]).await;
    tab.reads("#channel-listbox .option", "queues").await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{ANSWER} .used"), "/quiz").await;
    tab.reads(ANSWER, "mid").await;
    tab.reads(ANSWER, "queues").await;
    tab.gone("#channel .command").await;
    // Nothing was posted for all to see.
    assert_eq!(world.sandbox.messages(ids::ASYNCIO, ids::SAM).len(), 1);
}

/// Enter before the list of commands has loaded sends the whole command, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_fast_typist_sends_a_whole_command() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    // Then there is a question that `why` explains.
    world.ada().reply("In my own words.").await;
    tab.eval::<bool>(
        "(() => { const load = window.fetch; const held = []; let isHeld = true; \
         window.fetch = (url, options) => isHeld && String(url).includes('state') \
           ? new Promise((done) => held.push(done)).then(() => load(url, options)) : load(url, options); \
         window.release = () => { isHeld = false; held.forEach((done) => done()); }; return true; })()",
    )
    .await;
    type_in(&tab, "/streak why:True").await;
    tab.keys(&["Enter"]).await;
    // What is typed meanwhile is not posted.
    tab.type_text("hello").await;
    tab.keys(&["Enter"]).await;
    tab.eval::<bool>("(window.release(), true)").await;
    tab.reads(ANSWER, "Last 1 question").await;
    assert_eq!(world.sandbox.messages(ids::ASYNCIO, ids::SAM).len(), 1);
}

/// A command with a required option begins at the space after its name, if the list of commands loads
/// in that moment. The name of the option is then typed into the option itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_an_option_is_typed_into_it() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    type_in(&tab, "/remind on ").await;
    wait_for_options(&tab, &["time="]).await;
    tab.type_text("time:17:00").await;
    wait_for_options(&tab, &["time=17:00"]).await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{ANSWER} .used"), "/remind on").await;
    tab.reads(ANSWER, "17:00").await;
}

/// Enter on the name of an option adds the option; the command does not run without it.
#[tokio::test(flavor = "multi_thread")]
async fn enter_on_the_name_of_an_option_adds_it() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    type_in(&tab, "/quiz").await;
    tab.reads("#channel-listbox .option:first-child", "/quiz")
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", "/quiz").await;
    tab.type_text("level").await;
    tab.keys(&["Enter"]).await;
    wait_for_options(&tab, &["level="]).await;
    // An option without a value is not dropped, and what is no option is not sent.
    tab.keys(&["Escape", "Escape"]).await;
    tab.gone("#channel .command").await;
    type_in(&tab, "/quiz level:").await;
    wait_for_options(&tab, &["level="]).await;
    tab.click("#channel .send").await;
    tab.reads(
        "#channel .command-help[role=alert]",
        "Enter a value for level",
    )
    .await;
    tab.type_text("hard").await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-help", "Choose level from the list")
        .await;
    tab.keys(&["Backspace", "Backspace", "Backspace", "Backspace"])
        .await;
    tab.type_text("mid").await;
    tab.reads("#channel-listbox .option:only-child", "mid")
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{ANSWER} .used"), "/quiz").await;
    tab.reads(ANSWER, "mid").await;

    type_in(&tab, "/quiz something").await;
    tab.reads("#channel .command-name", "/quiz").await;
    tab.keys(&["Enter"]).await;
    tab.reads(
        "#channel .command-help[role=alert]",
        "/quiz has no option something.",
    )
    .await;
    assert_eq!(options(&tab).await, Vec::<String>::new());
    assert_eq!(world.sandbox.messages(ids::ASYNCIO, ids::SAM).len(), 1);
}

/// The command that a text of the bot names is started with a click on it, as on Discord.
#[tokio::test(flavor = "multi_thread")]
async fn a_mentioned_command_is_started_with_a_click() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.command("/help").await;
    tab.reads(&format!("{ANSWER} button.mention"), "/quiz")
        .await;
    tab.click(&format!("{ANSWER} [data-command='/quiz']")).await;
    tab.reads("#channel .command-name", "/quiz").await;
    tab.type_text("level:mid").await;
    tab.keys(&["Enter"]).await;
    tab.reads(&format!("{ANSWER} .used"), "/quiz").await;
}

/// Even as the reply to a message, a command is no message.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_typed_while_replying_is_not_posted() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    // Then there is a question that `why` explains.
    world.ada().reply("In my own words.").await;
    tab.click("#list-channel .entry:last-child [data-act=reply]")
        .await;
    tab.type_text("/streak why:True").await;
    wait_for_options(&tab, &["why=True"]).await;
    tab.keys(&["Enter"]).await;
    tab.reads(ANSWER, "Last 1 question").await;
    assert_eq!(world.sandbox.messages(ids::ASYNCIO, ids::SAM).len(), 1);
}

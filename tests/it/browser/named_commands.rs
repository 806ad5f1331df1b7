//! Every command that a text of the bot names works if it is typed into the page as it stands there.

use std::collections::BTreeSet;
use std::path::Path;

use discord_sandbox::ids;

use super::{Tab, page, world};

/// Names that tests of the bot's texts made up.
const NO_COMMANDS: [&str; 1] = ["/unknown"];

/// Returns the commands in backticks, such as `/remind on time:17:00`, in the sources of the bot's
/// texts and in the texts that their tests expect. Those that the bot puts together from parts are
/// only in the latter.
fn named_commands(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_commands(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let starts = line.match_indices("`/").map(|(at, _)| &line[at + 1..]);
            let named = starts.filter_map(|rest| rest.split_once('`'));
            let named = named.map(|(command, _)| command.to_owned());
            let is_command = |command: &String| {
                command[1..].starts_with(|c: char| c.is_ascii_lowercase())
                    && !command.contains(['{', '<', '…'])
                    && command.matches('/').count() == 1
                    && !NO_COMMANDS.contains(&command.as_str())
            };
            found.extend(named.filter(is_command));
        }
    }
}

/// Returns the options that a command names, as `name=value`.
fn options_in(command: &str) -> Vec<String> {
    let words = command.split(' ').filter_map(|word| word.split_once(':'));
    words
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Closes the command that is being composed.
async fn close_command(tab: &Tab) {
    // The first Escape may only close a list of suggestions.
    while !tab
        .eval::<bool>("document.querySelector('#channel .command').hidden")
        .await
    {
        tab.keys(&["Escape"]).await;
    }
}

/// Types a command, and sends it. It may ask for what the text does not have.
async fn try_command(tab: &Tab, command: &str) -> Result<(), String> {
    tab.click("#channel textarea").await;
    tab.type_text(command).await;
    let name = command.split(' ').take_while(|word| !word.contains(':'));
    let name = name.collect::<Vec<_>>().join(" ");
    let begun = format!(
        "document.querySelector('#channel .command:not([hidden]) .command-name')?.textContent === {name:?}"
    );
    let listed = format!(
        "[...document.querySelectorAll('#channel-listbox .option strong')].some((one) => one.textContent === {name:?} || one.textContent.startsWith({name:?} + ' '))"
    );
    let unknown = "document.querySelector('#channel-listbox').hidden && document.querySelector('#channel-notes .note.wrong')";
    // With options it begins by itself. The list may still be that of a shorter text.
    let reaction = if command.contains(':') {
        format!("({begun}) || ({unknown})")
    } else {
        format!("({begun}) || ({listed}) || ({unknown})")
    };
    tab.see(&format!("{command} in the list, or begun"), &reaction)
        .await;
    let is_exact = format!(
        "[...document.querySelectorAll('#channel-listbox .option strong')].some((one) => one.textContent === {name:?})"
    );
    if !tab.eval::<bool>(&format!("Boolean({begun})")).await {
        // A group of commands, such as /team: the list shows them.
        if !tab.eval::<bool>(&is_exact).await {
            let is_listed = tab.eval::<bool>(&listed).await;
            tab.eval::<bool>("(() => { const box = document.querySelector('#channel textarea'); box.value = ''; box.dispatchEvent(new Event('input')); return true; })()")
                .await;
            return if is_listed {
                Ok(())
            } else {
                Err("not in the list".to_owned())
            };
        }
        tab.keys(&["Enter"]).await;
        tab.see(&format!("{command} begun"), &begun).await;
    }
    let pills: Vec<String> = tab
        .eval("[...document.querySelectorAll('#channel .pill')].map((one) => one.querySelector('span').textContent + '=' + one.querySelector('input').value)")
        .await;
    let options = options_in(command);
    if !options.iter().all(|option| pills.contains(option)) {
        close_command(tab).await;
        return Err(format!("its options are {pills:?}"));
    }
    let state = "document.querySelector('#channel .command').hidden ? 'sent' \
                 : document.querySelector('#channel .command-help[role=alert]')?.textContent || ''";
    // Enter may choose a suggestion that comes in the same moment; `typed_options` has tests of it.
    tab.click("#channel .send").await;
    tab.see(
        &format!("{command} sent, or why not"),
        &format!("({state}) !== ''"),
    )
    .await;
    let mut shown: String = tab.eval(state).await;
    if shown.ends_with(" from the list.") {
        // The text has the beginning of a choice.
        let list = "!document.querySelector('#channel-listbox').hidden";
        tab.see(&format!("the choices of {command}"), list).await;
        tab.keys(&["ArrowDown", "Enter"]).await;
        tab.click("#channel .send").await;
        tab.see(
            &format!("{command} sent"),
            "document.querySelector('#channel .command').hidden",
        )
        .await;
        shown = tab.eval(state).await;
    }
    if shown == "sent" {
        tab.see(
            &format!("the outcome of {command}"),
            "window.usedCommand || document.querySelector('#channel-notes .note.wrong')",
        )
        .await;
        let failure =
            "document.querySelector('#channel-notes .note.wrong span')?.textContent || ''";
        let failure: String = tab.eval(failure).await;
        let is_form: bool = tab.eval("document.getElementById('form').open").await;
        if is_form {
            tab.keys(&["Escape"]).await;
            tab.gone("#form").await;
        }
        return if failure.is_empty() {
            Ok(())
        } else {
            Err(failure)
        };
    }
    close_command(tab).await;
    // It needs an option, or the text leaves the value to the reader, as in `/quiz path:`.
    if shown.ends_with(" is required.") || command.ends_with(':') {
        Ok(())
    } else {
        Err(shown)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_a_text_names_works() {
    let mut commands = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bot/render");
    named_commands(&source, &mut commands);
    assert!(commands.len() > 30, "{commands:?}");
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    // The page says so when an outcome is shown.
    tab.eval::<bool>(
        "(document.addEventListener('used', (event) => { window.usedCommand = event.detail; }), true)",
    )
    .await;
    let posted = || world.sandbox.messages(ids::ASYNCIO, ids::SAM);
    let is_plain = |text: &str| posted().iter().any(|message| message.content == text);
    let mut broken = Vec::new();
    for command in &commands {
        if let Err(why) = try_command(&tab, command).await {
            broken.push(format!("{command}: {why}"));
        }
        if is_plain(command) {
            broken.push(format!("{command} was posted as a message"));
        }
        // So that the member is not rate limited.
        world.advance("2s").await;
        tab.eval::<bool>("(window.usedCommand = '', document.querySelectorAll('#channel-notes .note').forEach((one) => one.remove()), true)")
            .await;
    }
    assert_eq!(broken, Vec::<String>::new());
}

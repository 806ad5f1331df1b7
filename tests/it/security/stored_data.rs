//! Stored personal data: ids, dates and counts, readable by the owner of the process alone, and
//! never text that members write.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::operator::{quizloop, said};
use crate::support::World;

/// Part of everything that members write in this test.
const MARKER: &str = "zebrafinch-7319";

/// Returns all files and folders under a folder, including the folder.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Members write text everywhere they can: it is in no snapshot, no export and no log.
#[tokio::test(flavor = "multi_thread")]
async fn members_texts_are_stored_nowhere() {
    let mut world = super::set_up().await;
    let reply = world.ada().reply(&format!("{MARKER} in a reply")).await;
    world
        .sandbox
        .edit_message(reply, ids::ADA, &format!("{MARKER} edited"))
        .unwrap();
    let (post, thread) = (world.post(), world.thread());
    world.sandbox.with(|discord| {
        discord.channels.get_mut(&thread).unwrap().name = format!("{MARKER} thread");
        discord.announce_channel(thread, false);
    });
    let to_message = world
        .sandbox
        .compose(ids::ASYNCIO, ids::LIN, &format!("{MARKER} <@{}>", ids::APP))
        .reply_to(post.id)
        .send();
    world.lin().wait_until_counted(to_message.unwrap()).await;
    let options = [
        ("quiz", "topic"),
        ("answer", "question"),
        ("setup", "timezone"),
        ("team settings", "holidays"),
        ("team settings", "days"),
        ("team pause", "until"),
    ];
    for (command, option) in options {
        world
            .ada()
            .command_message(command, &[(option, json!(MARKER))])
            .await;
    }
    world.lin().press_id(&format!("q1:hint:{MARKER}")).await;
    // A failed response is logged without the text of the request.
    world.sandbox.add_fault(
        FaultRule::on("Callback").always(),
        RequestFault::server_error(),
    );
    world
        .lin()
        .command("answer", &[("question", json!(MARKER))])
        .await;
    world.sandbox.clear_faults();
    world.sandbox.add_fault(
        FaultRule::on("Callback").always(),
        RequestFault::server_error(),
    );
    let _ = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::ADA, "quiz", &[("topic", json!(MARKER))])
        .await;
    world.sandbox.clear_faults();
    world
        .wait_until_logged("interaction could not be answered")
        .await;
    let log = world.log();
    let (code, export) = said(&quizloop(
        world.folder(),
        &["state", "export", &ids::GUILD.to_string()],
    ));
    assert_eq!(code, Some(0), "{export}");
    assert!(export.contains(&ids::ADA.to_string()));
    let (_, output) = said(&quizloop(
        world.folder(),
        &["state", "show", &ids::GUILD.to_string()],
    ));
    world.stop().await;
    for (what, text) in [
        ("the log", log),
        ("the export", export),
        ("state show", output),
        ("the last log", world.last_log()),
    ] {
        assert!(!text.contains(MARKER), "{what}: {text}");
    }
    let files = files_under(&world.state());
    assert!(files.len() >= 4, "{files:?}");
    for file in files.iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains(MARKER),
            "{}",
            file.display()
        );
    }
}

/// Files and folders of the state are accessible to their owner alone, whatever the umask.
#[tokio::test(flavor = "multi_thread")]
async fn state_files_are_accessible_to_their_owner_alone() {
    let mut world = super::set_up().await;
    world.ada().reply("here").await;
    world.set_time("2026-03-27T09:00").await;
    for round in 0..2 {
        for path in files_under(&world.state()) {
            // A temporary file may be gone meanwhile.
            let Ok(metadata) = std::fs::metadata(&path) else {
                assert!(!path.exists(), "{}", path.display());
                continue;
            };
            let mode = metadata.permissions().mode() & 0o777;
            let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "{round}: {} has {mode:o}", path.display());
        }
        world.kill_and_restart().await;
    }
}

/// The bot listens on no address, and the sandbox on loopback only.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_connect() {
    let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    assert!(world.sandbox.address().ip().is_loopback());
    let own = listening(world.bot_id());
    assert_eq!(own, Vec::<String>::new(), "the bot listens");
    let ours = listening(std::process::id());
    let port = format!(":{:04X}", world.sandbox.address().port());
    let ours: Vec<_> = ours
        .iter()
        .filter(|address| address.ends_with(&port))
        .collect();
    // 127.0.0.1 as written in /proc/net/tcp.
    assert_eq!(
        ours,
        [&format!("0100007F{port}")],
        "the sandbox listens on loopback"
    );
}

/// Returns the addresses on which a process listens, as the system writes them (proc(5),
/// "/proc/pid/net": state 0A is LISTEN).
fn listening(process: u32) -> Vec<String> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .strip_suffix(']')?
                    .to_owned(),
            )
        })
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table =
            std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let parts: Vec<&str> = line.split_whitespace().collect();
            if parts[3] == "0A" && sockets.iter().any(|socket| socket == parts[9]) {
                found.push(parts[1].to_owned());
            }
        }
    }
    found
}

/// Each exception for cargo-deny has a reason and the date of its last check.
#[test]
fn exceptions_have_a_reason_and_a_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let deny: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let exceptions = deny["advisories"]["ignore"].as_array().unwrap();
    assert!(!exceptions.is_empty());
    for exception in exceptions {
        let id = exception["id"].as_str().unwrap();
        let reason = exception["reason"]
            .as_str()
            .unwrap_or_else(|| panic!("{id} has no reason"));
        let (date, why) = reason
            .split_once(": ")
            .unwrap_or_else(|| panic!("{id}: {reason}"));
        date.parse::<jiff::civil::Date>()
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(why.len() > 20, "{id}: {why}");
    }
}

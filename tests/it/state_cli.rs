//! `state verify` and `state restore`, as an operator uses them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use discord_sandbox::ids;
use serde_json::json;

use crate::operator::{quizloop, quizloop_command, said};
use crate::support::World;

/// A stopped bot with two rounds and replies. The last good generation lacks the last reply.
async fn two_rounds() -> World {
    let mut world = World::at("2026-03-26T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.ada().reply("one").await;
    world.lin().reply("me too").await;
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("two").await;
    assert_eq!(world.stop().await, Some(0));
    world
}

fn snapshot(world: &World) -> PathBuf {
    world.state().join(format!("guilds/{}.json", ids::GUILD))
}

fn previous(world: &World) -> PathBuf {
    snapshot(world).with_extension("prev.json")
}

/// Sets the modification time of a file.
fn written(file: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let file = File::options().append(true).open(file).unwrap();
    file.set_modified(time).unwrap();
}

/// Runs a `state` command on the world's data. The folder is printed as `state`.
fn state(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = world.state();
    let folder = folder.to_str().unwrap();
    let all = [&["state"], arguments, &["--state", folder]].concat();
    let (code, text) = said(&quizloop(world.folder(), &all));
    (code, text.replace(folder, "state"))
}

fn restore(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let guild = ids::GUILD.to_string();
    state(world, &[&["restore", guild.as_str()], arguments].concat())
}

/// Removes the last round from the last good generation.
fn age_the_generation(world: &World) {
    let text = fs::read_to_string(snapshot(world)).unwrap();
    let mut guild: serde_json::Value = serde_json::from_str(&text).unwrap();
    let team = &mut guild["teams"][ids::ASYNCIO.to_string()];
    team["rounds"].as_array_mut().unwrap().pop();
    for ledger in team["members"].as_object_mut().unwrap().values_mut() {
        let marks = ledger["marks"].as_str().unwrap();
        let from = usize::try_from(ledger["from"].as_u64().unwrap()).unwrap();
        let kept: String = marks.chars().take(2 - from).collect();
        ledger["marks"] = json!(kept);
    }
    team["members"]
        .as_object_mut()
        .unwrap()
        .retain(|_, ledger| ledger["marks"] != "");
    fs::write(previous(world), guild.to_string()).unwrap();
}

/// `verify` works while the bot runs and prints counts.
#[tokio::test(flavor = "multi_thread")]
async fn verify_a_good_state() {
    let mut world = two_rounds().await;
    world.start_bot().await;
    let (code, text) = state(&world, &["verify"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"Valid: 1 server, 1 team, 2 rounds, 2 members; 1 last good generation.");
    world.stop().await;
    let nothing = tempfile::tempdir().unwrap();
    let (code, text) = said(&quizloop(nothing.path(), &["state", "verify"]));
    assert_eq!(code, Some(3), "{text}");
}

/// With `--names`, Discord is asked for the names of servers, channels and members. A server that the
/// bot is not in has none.
#[tokio::test(flavor = "multi_thread")]
async fn names_beside_ids() {
    let world = two_rounds().await;
    let text = fs::read_to_string(snapshot(&world)).unwrap();
    let other = world.state().join("guilds/1110000000000000007.json");
    let renamed = text.replace(&ids::GUILD.to_string(), "1110000000000000007");
    fs::write(other, renamed).unwrap();
    let url = world.sandbox.url();
    let token = world.sandbox.token();
    let run = |url: &str, arguments: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let mut command = quizloop_command(world.folder(), &arguments);
        command
            .env("DISCORD_API_URL", url)
            .env("DISCORD_TOKEN", &token);
        said(&command.output().unwrap())
    };
    let (code, text) = run(&url, "state list --names");
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"
    1110000000000000001 (Async Guild)  teams 1  rounds 2  members 2
    1110000000000000007  teams 1  rounds 2  members 2
    ");
    let (code, text) = run(&url, &format!("state show {} --names", ids::GUILD));
    assert_eq!(code, Some(0), "{text}");
    for part in [
        "Server 1110000000000000001 (Async Guild)\n",
        "Channel 1120000000000000001 (#asyncio): Monday to Friday",
        "1150000000000000001 (Ada)  streak 2",
        "1150000000000000002 (Lin)  streak 1",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (_, json) = run(&url, "state list --names --json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["name"], "Async Guild");
    assert_eq!(json[1]["name"], json!(null));
    let (code, text) = run(&url, "check --names");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with(
            "Team: server 1110000000000000001 (Async Guild), channel 1120000000000000001 (#asyncio)\n"
        ),
        "{text}"
    );
    let config = world.folder().join("config.toml");
    let swapped = fs::read_to_string(&config)
        .unwrap()
        .replace(&ids::ASYNCIO.to_string(), "1120000000000000099");
    fs::write(&config, format!("{swapped}\n[[team]]\nguild = \"1110000000000000008\"\nchannel = \"1120000000000000098\"\ntimezone = \"UTC\"\n")).unwrap();
    let (code, text) = run(&url, "check --names");
    assert_eq!(code, Some(0), "{text}");
    for warning in [
        "warning: the bot can't see channel 1120000000000000099, which has a team",
        "warning: the bot is not in server 1110000000000000008, which has a team",
    ] {
        assert!(text.contains(warning), "{text}");
    }
    let (code, text) = run("http://127.0.0.1:9", "state list --names");
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("Without --names, no request to Discord is needed"),
        "{text}"
    );
    let (code, text) = said(&quizloop(world.folder(), &["state", "list", "--names"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.starts_with("error: no bot token found"), "{text}");
}

/// An invalid snapshot, an invalid generation and a stray file are reported on a line each, with
/// position and fix.
#[tokio::test(flavor = "multi_thread")]
async fn verify_reports_each_problem() {
    let world = two_rounds().await;
    let text = fs::read_to_string(snapshot(&world)).unwrap();
    let other = world.state().join("guilds/1110000000000000007.json");
    fs::write(
        &other,
        text.replace(&ids::GUILD.to_string(), "1110000000000000007"),
    )
    .unwrap();
    fs::write(
        other.with_extension("prev.json"),
        "{\n  \"format\": 1,\n  oops\n}\n",
    )
    .unwrap();
    fs::write(other.with_file_name("notes.json"), "{}").unwrap();
    fs::write(
        snapshot(&world),
        text.replacen("\"UTC\"", "\"Mars/Olympus\"", 1),
    )
    .unwrap();
    written(&previous(&world), 1_774_515_600);
    let (code, text) = state(&world, &["verify"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @r#"
    state/guilds/1110000000000000001.json:10:32: there is no time zone "Mars/Olympus" in the IANA database. The last good generation is state/guilds/1110000000000000001.prev.json, written 2026-03-26T09:00:00Z. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --state 'state'
    state/guilds/notes.json: the name is not that of a snapshot, which is a server's id and .json. Move it out of the folder: only snapshots belong there.
    state/guilds/1110000000000000007.prev.json:3:3: key must be a string. The snapshot itself is valid, and the next save replaces this file. If more files are damaged, check the disk
    Valid: 1 server, 1 team, 2 rounds, 2 members; 1 last good generation.
    error: problems in 3 files; nothing was changed
    "#);
}

/// Restores the last good generation: the lost changes are listed, the replaced file is kept, and
/// the bot continues from the restored data.
#[tokio::test(flavor = "multi_thread")]
async fn restore_the_last_good_generation() {
    let mut world = two_rounds().await;
    age_the_generation(&world);
    let replaced = fs::read(snapshot(&world)).unwrap();
    written(&snapshot(&world), 1_774_602_000);
    written(&previous(&world), 1_774_515_600);
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"
    Server 1110000000000000001

      current   written 2026-03-27T09:00:00Z: 1 team, 2 rounds, 3 replies
      restored  written 2026-03-26T09:00:00Z: 1 team, 1 round, 2 replies

    Lost:
      channel 1120000000000000001: Question 2 · 2026-03-27
      1 reply

    When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
    a lost round no longer count, and a question that was lost today may be asked again.

    What was replaced is kept for 7 days; `quizloop state list --deleted` lists it.
    Done. Start the bot again.
    ");
    let copies = || {
        let files = fs::read_dir(world.state().join("deleted")).unwrap();
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    assert_eq!(fs::read(&copies()[0]).unwrap(), replaced);
    assert_eq!(
        fs::read(snapshot(&world)).unwrap(),
        fs::read(previous(&world)).unwrap()
    );
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("No round and no reply is lost."), "{text}");
    assert_eq!(copies().len(), 2);
    // The bot does not use the kept files.
    world.start_bot().await;
    assert_eq!(world.ada().streak().await, 1);
}

/// Restores a server whose snapshot is unreadable or missing.
#[tokio::test(flavor = "multi_thread")]
async fn restore_an_unreadable_or_missing_snapshot() {
    let mut world = two_rounds().await;
    let text = fs::read_to_string(snapshot(&world)).unwrap();
    fs::write(snapshot(&world), &text[..300]).unwrap();
    written(&snapshot(&world), 1_774_602_000);
    written(&previous(&world), 1_774_515_600);
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    // How far the history is known may have been saved after the last reply.
    let text = text.replace("3 replies", "2 replies");
    insta::assert_snapshot!(text, @"
    Server 1110000000000000001

      current   written 2026-03-27T09:00:00Z: the file ends too early (line 14, column 14)
      restored  written 2026-03-26T09:00:00Z: 1 team, 2 rounds, 2 replies

    All later changes are lost. How many there are is unknown.

    When the bot starts, it reads the replies to the newest three rounds again from Discord. Replies to
    a lost round no longer count, and a question that was lost today may be asked again.

    What was replaced is kept for 7 days; `quizloop state list --deleted` lists it.
    Done. Start the bot again.
    ");
    fs::remove_file(snapshot(&world)).unwrap();
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("current   the snapshot is missing"), "{text}");
    assert!(!text.contains("is kept for"), "{text}");
    assert_eq!(state(&world, &["verify"]).0, Some(0));
    world.start_bot().await;
    world.lin().reply("here again").await;
}

/// `restore` fails without confirmation, while a bot uses the folder, and without an earlier
/// generation.
#[tokio::test(flavor = "multi_thread")]
async fn refusals() {
    let mut world = two_rounds().await;
    let (code, text) = restore(&world, &[]);
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @"error: this needs confirmation because restoring discards all later changes: run it in a terminal or with --yes");
    world.start_bot().await;
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(3), "{text}");
    let id = world.bot_id().to_string();
    insta::assert_snapshot!(text.replace(&id, "ID"), @"error: the state folder state is in use by process ID. Stop that bot first; it would overwrite the restored state");
    world.stop().await;
    let before = fs::read(snapshot(&world)).unwrap();
    let (code, text) = state(&world, &["restore", "5", "--yes"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @"error: there is no data of server 5 in state. Data that was deleted is listed by: quizloop state list --deleted");
    fs::write(previous(&world), "").unwrap();
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @"error: state/guilds/1110000000000000001.prev.json: the file is empty. Fix it, or restore the snapshot from a backup");
    fs::remove_file(previous(&world)).unwrap();
    let (code, text) = restore(&world, &["--yes"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @"error: server 1110000000000000001 has no earlier generation: it was saved only once. Fix its snapshot, or restore it from a backup");
    let same = fs::read(snapshot(&world)).unwrap() == before;
    assert!(same, "something was changed");
}

/// On a terminal, `restore` asks for confirmation and accepts only "yes".
#[tokio::test(flavor = "multi_thread")]
async fn confirmation_on_a_terminal() {
    let world = two_rounds().await;
    for (typed, code) in [("y\n", 1), ("yes\n", 0)] {
        let state = world.state();
        let line = format!(
            "'{}' state restore {} --state '{}'",
            env!("CARGO_BIN_EXE_quizloop"),
            ids::GUILD,
            state.display()
        );
        // util-linux's script makes a terminal.
        let Ok(mut terminal) = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
        else {
            println!("skipped: there is no `script` to make a terminal with");
            return;
        };
        terminal
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let output = terminal.wait_with_output().unwrap();
        let (exit, text) = said(&output);
        assert!(text.contains("Restore? Type yes: "), "{text}");
        assert_eq!(exit, Some(code), "{text}");
    }
}

/// Folders with the names of snapshots are reported, restoring one leaves nothing behind, and no
/// message can control the terminal.
#[tokio::test(flavor = "multi_thread")]
async fn folders_and_control_characters() {
    let mut world = two_rounds().await;
    let folder = snapshot(&world).with_file_name("77.json");
    fs::create_dir(&folder).unwrap();
    fs::copy(previous(&world), folder.with_extension("prev.json")).unwrap();
    fs::create_dir(folder.with_file_name("x.new")).unwrap();
    let text = fs::read_to_string(snapshot(&world)).unwrap();
    let zone = "\"\\u001b[2J\\u009b\"";
    fs::write(snapshot(&world), text.replacen("\"UTC\"", zone, 1)).unwrap();
    written(&previous(&world), 1_774_515_600);
    let (code, verified) = state(&world, &["verify"]);
    assert_eq!(code, Some(3), "{verified}");
    insta::assert_snapshot!(verified, @r#"
    state/guilds/1110000000000000001.json:10:35: there is no time zone "␛[2J�" in the IANA database. The last good generation is state/guilds/1110000000000000001.prev.json, written 2026-03-26T09:00:00Z. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --state 'state'
    state/guilds/77.json: it is a folder, not a snapshot. There is no earlier generation. Fix the file, or restore it from a backup.
    Valid: 0 servers, 0 teams, 0 rounds, 0 members; 1 last good generation.
    error: problems in 2 files; nothing was changed
    "#);
    let (code, restored) = state(&world, &["restore", "77", "--yes"]);
    assert_eq!(code, Some(3), "{restored}");
    insta::assert_snapshot!(restored, @"error: state/guilds/77.json is not a file. Move it out of the folder, then restore again");
    assert!(!folder.with_extension("new").exists());
    fs::remove_dir(&folder).unwrap();
    fs::remove_file(folder.with_extension("prev.json")).unwrap();
    fs::write(snapshot(&world), text).unwrap();
    world.start_bot().await;
}

/// A folder that is named by a date looks like a server's id.
#[tokio::test(flavor = "multi_thread")]
async fn export_to_a_folder_named_by_a_date() {
    let world = two_rounds().await;
    let (code, text) = state(&world, &["export", "20261130"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @"error: there is no data of server 20261130. If you mean a folder of that name, write ./20261130");
}

/// Root changes the owner, and the bot's account can still read the file.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn adopt_by_root() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    const NOBODY: u32 = 65_534;
    let world = two_rounds().await;
    let dir = world.state();
    if chown(&dir, Some(NOBODY), Some(NOBODY)).is_err() {
        println!("skipped: only root can give files to another account");
        return;
    }
    let (code, text) = state(&world, &["adopt", "5", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    let file = fs::metadata(dir.join("application")).unwrap();
    assert_eq!((file.uid(), file.gid()), (NOBODY, NOBODY));
}

/// A data folder that belongs to another account and is open to the bot's group can be used.
#[cfg(unix)]
#[test]
fn a_folder_of_another_account() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("state");
    fs::create_dir(&dir).unwrap();
    if chown(&dir, None, Some(NOBODY)).is_err() {
        println!("skipped: only root can start a process of another account");
        return;
    }
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(folder.path(), 0o755);
    open(&dir, 0o770);
    // The next step after opening the folder fails, so that the process ends.
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!("[health]\nlisten = \"{}\"\n", busy.local_addr().unwrap());
    fs::write(folder.path().join("config.toml"), config).unwrap();
    let output = quizloop_command(folder.path(), &["run", "--state", "state"])
        .env("DISCORD_TOKEN", "MTE.b.c")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("state folder of another account is open to others"),
        "{text}"
    );
    assert!(text.contains("can't listen on"), "{text}");
}

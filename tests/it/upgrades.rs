//! State of earlier versions opens with its meaning unchanged.

use std::path::{Path, PathBuf};
use std::process::Command;

use discord_sandbox::ids;
use serde_json::Value;

use crate::support::World;
use crate::support::test_database::TestDatabase;

/// The servers in `tests/fixtures/2026-11-30`: one with six rounds, one that is paused.
const SERVERS: [u64; 2] = [ids::GUILD, 1_486_273_432_780_800_008];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/2026-11-30")
        .join(name)
}

/// Copies the snapshot files, because opening a state changes them.
fn snapshots() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join("guilds")).unwrap();
    std::fs::copy(fixture("state/notes.json"), copy.path().join("notes.json")).unwrap();
    for file in std::fs::read_dir(fixture("state/guilds")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(
            file.path(),
            copy.path().join("guilds").join(file.file_name()),
        )
        .unwrap();
    }
    copy
}

/// Returns the output of `quizloop state`.
fn state(arguments: &[&str], database: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quizloop"));
    command.arg("state").args(arguments);
    if let Some(url) = database {
        command.env("QUIZLOOP_STATE_URL", url);
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns a server's snapshot in the fixture.
fn stored(server: u64) -> Value {
    let file = fixture(&format!("state/guilds/{server}.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Returns a server as this version exports it, without the format number.
fn exported(server: u64, arguments: &[&str], database: Option<&str>) -> Value {
    let server = server.to_string();
    let all = [&["export", &server], arguments].concat();
    serde_json::from_str(&state(&all, database)).unwrap()
}

fn without_format(mut snapshot: Value) -> Value {
    snapshot.as_object_mut().unwrap().remove("format");
    snapshot
}

/// Removes what decks no longer store: the order of the questions that are not asked yet, and the
/// last one, which is that of the last round.
fn without_future(mut snapshot: Value) -> Value {
    for team in snapshot["teams"].as_object_mut().unwrap().values_mut() {
        let deck = team["deck"].as_object_mut().unwrap();
        deck.insert("unseen".into(), Value::Array(Vec::new()));
        deck.remove("last");
    }
    snapshot
}

#[test]
fn snapshots_of_earlier_versions_are_read_unchanged() {
    let copy = snapshots();
    let folder = ["--state", copy.path().to_str().unwrap()];
    state(&[&["verify"], folder.as_slice()].concat(), None);
    for server in SERVERS {
        let now = without_format(exported(server, &folder, None));
        assert_eq!(now, without_future(without_format(stored(server))));
    }
}

#[test]
fn own_questions_of_an_earlier_version_are_read_unchanged() {
    let dir =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/2026-11-30-questions/state");
    let folder = ["--state", dir.to_str().unwrap()];
    let report = state(&[&["verify"], folder.as_slice()].concat(), None);
    assert!(report.contains("2 own questions"), "{report}");
    let file = dir.join(format!("guilds/{}.questions.json", ids::GUILD));
    let stored: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let now = exported(ids::GUILD, &folder, None);
    assert_eq!(now["server_questions"], stored);
}

#[test]
fn interviews_of_an_earlier_version_are_read_unchanged() {
    for name in ["2026-11-30-interviews", "2026-11-30-mock-interviews"] {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let dir = fixtures.join(name).join("state");
        let folder = ["--state", dir.to_str().unwrap()];
        state(&[&["verify"], folder.as_slice()].concat(), None);
        let file = dir.join(format!("guilds/{}.json", ids::GUILD));
        let stored: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let now = exported(ids::GUILD, &folder, None);
        assert_eq!(without_format(now), without_format(stored), "{name}");
    }
}

#[test]
fn a_database_of_an_earlier_version_is_read_unchanged() {
    let Some(database) = TestDatabase::new() else {
        return;
    };
    let dump = std::fs::read_to_string(fixture("database.sql")).unwrap();
    let statements: Vec<_> = dump.split(";\n").map(str::trim).collect();
    database.run(&statements);
    for server in SERVERS {
        let now = without_format(exported(server, &[], Some(&database.url())));
        assert_eq!(now, without_future(without_format(stored(server))));
        let row = database.ask(&format!("select state from guild where guild = {server}"));
        let row: Value = serde_json::from_str(&row).unwrap();
        assert_eq!(row, stored(server), "a row has what a snapshot file has");
    }
    let rounds = database.ask("select string_agg(question, ' ' order by number) from round");
    assert_eq!(
        rounds,
        "concurrency-model fan-out-fan-in async-exit-stack call-soon-ordering contextvars-in-tasks pub-sub"
    );
    let owner = database.ask("select id::text from application");
    assert_eq!(owner, ids::APP.to_string(), "from its registered commands");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_continues_on_state_of_an_earlier_version() {
    let copy = snapshots();
    // This sandbox has neither the registered commands nor the messages of the earlier rounds.
    let notes = format!("{{\"commands\": \"{}:0\"}}", ids::APP);
    std::fs::write(copy.path().join("notes.json"), notes).unwrap();
    let mut world = World::at("2026-03-31T08:59[Europe/Berlin]")
        .team()
        .with("report = true")
        .state(copy.path())
        .start()
        .await;
    world.skip_api_check();
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 1);
    world.advance("1m").await;
    world.ada().reply("on the new version").await;
    assert_eq!(world.ada().streak().await, 2);
    assert_eq!(world.stop().await, Some(0));
}

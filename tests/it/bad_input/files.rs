//! The operator's files: an unreadable file is rejected quickly with a clear message.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::operator::{quizloop, said};
use crate::support::World;

/// One byte more than the maximum file size of 10 MB.
const TOO_BIG: usize = 10 * 1024 * 1024 + 1;

/// Malicious files, each with a word that the error message must contain.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("not UTF-8", b"a = \"\xff\xfe\"".to_vec(), "UTF-8"),
        ("UTF-16", b"\xff\xfea\0=\x001\0".to_vec(), "UTF-8"),
        ("too big", vec![b'#'; TOO_BIG], "MB"),
        ("zeros", vec![0; 4096], "error"),
        (
            "deep arrays",
            ["a = ", &"[".repeat(1_000_000)].concat().into_bytes(),
            "error",
        ),
        (
            "deep tables",
            ["a = ", &"{a=".repeat(1_000_000)].concat().into_bytes(),
            "error",
        ),
        (
            "deep keys",
            ["a", &".a".repeat(1_000_000), " = 1"].concat().into_bytes(),
            "error",
        ),
        (
            "a long line",
            ["a = \"", &"x".repeat(5_000_000)].concat().into_bytes(),
            "error",
        ),
        (
            "many mistakes",
            "[[team]]\n[[question]]\n".repeat(100_000).into_bytes(),
            "error",
        ),
        (
            "many doubles",
            "a = 1\n".repeat(500_000).into_bytes(),
            "error",
        ),
    ]
}

/// Asserts that `check` reports the error within bounded time and output, with exit code 2.
fn assert_rejected(folder: &Path, what: &str, word: &str) {
    let start = Instant::now();
    let output = quizloop(folder, &["check"]);
    let (code, text) = said(&output);
    let excerpt: String = text.chars().take(2000).collect();
    assert_eq!(code, Some(2), "{what}: {excerpt}");
    assert!(text.contains(word), "{what}: {excerpt}");
    assert!(!text.contains("panicked"), "{what}: {excerpt}");
    assert!(
        text.lines().count() < 2_000,
        "{what}: {} lines",
        text.lines().count()
    );
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(
        longest < Some(2_000),
        "{what}: a line of {longest:?} characters"
    );
    // Not a performance limit: a minute means that the work is unbounded.
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{what}: {:?}",
        start.elapsed()
    );
}

#[test]
fn unreadable_configs_are_rejected() {
    for (what, bytes, word) in files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), bytes).unwrap();
        assert_rejected(folder.path(), what, word);
    }
}

/// 38. Unreadable question files: the error names the file and the reason.
#[test]
fn unreadable_question_files_are_rejected() {
    for (what, bytes, word) in files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("config.toml"),
            "[bank]\npaths = [\"pack.toml\"]\n",
        )
        .unwrap();
        std::fs::write(folder.path().join("pack.toml"), bytes).unwrap();
        assert_rejected(folder.path(), what, word);
        let (_, text) = said(&quizloop(folder.path(), &["check"]));
        assert!(text.contains("pack.toml"), "{what}");
    }
}

/// 25. Unreadable snapshots of every kind: exit code 3 with the file name, and nothing on disk is
/// changed.
#[tokio::test(flavor = "multi_thread")]
async fn unreadable_snapshots_are_rejected_and_left_unchanged() {
    let mut world = super::friday().await;
    world.stop().await;
    let guild = discord_sandbox::ids::GUILD;
    let file = world.state().join(format!("guilds/{guild}.json"));
    let valid = std::fs::read(&file).unwrap();
    let text = String::from_utf8(valid.clone()).unwrap();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "the file is empty"),
        ("zeros", vec![0; valid.len()], "only zeros"),
        (
            "truncated",
            valid[..valid.len() / 2].to_vec(),
            "ends too early",
        ),
        (
            "not UTF-8",
            [&b"\xff\xfe"[..], &valid].concat(),
            "expected value",
        ),
        ("deep", "[".repeat(1_000_000).into_bytes(), "invalid type"),
        (
            "deep inside",
            [b"{\"format\":1,\"x\":".to_vec(), b"[".repeat(1_000_000)].concat(),
            "ends too early",
        ),
        (
            "huge",
            [
                &valid[..valid.len() - 2],
                &b",\"x\":\""[..],
                &b"y".repeat(10_000_000),
            ]
            .concat(),
            "ends too early",
        ),
        (
            "newer",
            text.replace("\"format\": 2", "\"format\": 3").into_bytes(),
            "a newer Quizloop",
        ),
        (
            "broken by hand",
            text.replace("\"number\": 1", "\"number\": 7").into_bytes(),
            "found round 7",
        ),
        (
            "another server's",
            text.replace(&guild.to_string(), "1").into_bytes(),
            "its name says",
        ),
    ];
    for (what, bytes, word) in cases {
        assert_ne!(bytes, valid, "{what}");
        std::fs::write(&file, &bytes).unwrap();
        let before = listing(&world);
        world.spawn_bot();
        let (code, log) = world.exit_and_log().await;
        let excerpt: String = log.chars().take(2000).collect();
        assert_eq!(code, Some(3), "{what}: {excerpt}");
        assert!(
            log.contains(word) && log.contains(&format!("{guild}.json")),
            "{what}: {excerpt}"
        );
        assert!(!log.contains("panicked"), "{what}: {excerpt}");
        assert_eq!(
            std::fs::read(&file).unwrap(),
            bytes,
            "{what}: nothing is changed"
        );
        assert_eq!(
            listing(&world),
            before,
            "{what}: nothing is added or taken away"
        );
    }
    std::fs::write(&file, valid).unwrap();
    world.start_bot().await;
    assert_eq!(world.ada().streak().await, 1);
}

/// Returns the names and sizes of all files of the state.
fn listing(world: &World) -> Vec<(String, u64)> {
    let mut files = Vec::new();
    for folder in [world.state(), world.state().join("guilds")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let size = entry.metadata().unwrap().len();
            let is_file = entry.file_type().unwrap().is_file();
            files.push((
                entry.path().display().to_string(),
                if is_file { size } else { 0 },
            ));
        }
    }
    files.sort();
    files
}

//! Every code example of the bank is run, in every Python there is, and its output compared.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quizloop::bank::{Bank, Question, built_in};

/// An example that runs longer hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// How many examples run side by side.
const AT_ONCE: usize = 2;

/// The Pythons of this machine by their minor version, from 3.11 on.
fn pythons() -> BTreeMap<u16, PathBuf> {
    let home = std::env::var("HOME").unwrap_or_default();
    let pyenv = std::env::var("PYENV_ROOT").unwrap_or_else(|_| format!("{home}/.pyenv"));
    let mut candidates: Vec<PathBuf> = (11..=15)
        .map(|minor| format!("python3.{minor}").into())
        .collect();
    if let Ok(versions) = std::fs::read_dir(Path::new(&pyenv).join("versions")) {
        candidates
            .extend(versions.filter_map(|entry| Some(entry.ok()?.path().join("bin/python3"))));
    }
    candidates.push("python3".into());
    let mut found = BTreeMap::new();
    for python in candidates {
        if let Some(minor) = minor_version(&python).filter(|minor| *minor >= 11) {
            found.entry(minor).or_insert(python);
        }
    }
    found
}

fn minor_version(python: &Path) -> Option<u16> {
    let script = "import sys; print(sys.version_info[1] if sys.version_info[0] == 3 else 0)";
    let output = Command::new(python)
        .args(["-c", script])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Runs a program; gives what it printed, or why it did not end well.
fn run(python: &Path, code: &str) -> Result<String, String> {
    let mut child = Command::new(python)
        .args(["-I", "-c", code])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("it can't be started: {error}"))?;
    let end = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if Instant::now() > end {
            child.kill().map_err(|error| error.to_string())?;
            child.wait().map_err(|error| error.to_string())?;
            return Err(format!(
                "it did not end in {} s and was killed",
                LIMIT.as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .map_err(|error| error.to_string())?;
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .map_err(|error| error.to_string())?;
    if status.success() {
        Ok(out)
    } else {
        Err(format!("it failed:\n{err}"))
    }
}

fn trimmed(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The programs of a question with what they must print.
fn programs(question: &Question) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    if let (Some(code), Some(output)) = (&question.code, &question.output) {
        found.push(("code", code.as_str(), output.as_str()));
    }
    if let (Some(code), Some(output)) = (&question.broken, &question.broken_output) {
        found.push(("broken", code.as_str(), output.as_str()));
    }
    found
}

#[test]
fn every_example_prints_what_the_bank_says() {
    let pythons = pythons();
    if pythons.is_empty() {
        assert!(
            std::env::var_os("QUIZLOOP_CI").is_none(),
            "CI must have a Python from 3.11 on"
        );
        println!("skipped: there is no Python from 3.11 on to run the examples with");
        return;
    }
    let (bank, findings) = Bank::load(built_in(), &[]);
    assert_eq!(
        findings,
        [],
        "an entry with an error is left out, and its example would not run"
    );
    let jobs: Vec<(&Question, u16, &PathBuf)> = bank
        .questions()
        .iter()
        .flat_map(|question| {
            pythons
                .iter()
                .map(move |(minor, python)| (question, *minor, python))
        })
        .filter(|(question, minor, _)| question.python.admits(*minor))
        .collect();
    let (next, ran, wrong) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        Mutex::new(Vec::new()),
    );
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((question, minor, python)) =
                    jobs.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    for (name, code, expected) in programs(question) {
                        ran.fetch_add(1, Ordering::SeqCst);
                        let result = run(python, code);
                        if result.as_deref().map(trimmed) != Ok(trimmed(expected)) {
                            wrong.lock().unwrap().push(format!(
                                "{} `{name}` under 3.{minor}: {result:?}",
                                question.id
                            ));
                        }
                    }
                }
            });
        }
    });
    let ran = ran.into_inner();
    let versions: Vec<_> = pythons.keys().map(|minor| format!("3.{minor}")).collect();
    println!(
        "{ran} runs of the examples of {} questions under Python {}",
        bank.len(),
        versions.join(", ")
    );
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran > 0, "nothing ran");
}

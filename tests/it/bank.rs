//! Runs every code example of the bank under every installed Python, and compares its output.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quizloop_bank::{Bank, Question, built_in};

/// Minimum number of Python versions under which CI must run the examples: 3.11 to 3.15.
const VERSIONS_MIN: usize = 5;

/// How long an example may run.
const LIMIT: Duration = Duration::from_secs(20);

/// Maximum number of attempts: a wrong example fails every time, but timers on a stalled machine
/// fail only sometimes.
const TRIES: usize = 3;

/// Number of examples that run in parallel. They mostly sleep.
const PARALLEL: usize = 4;

/// Returns the Pythons on this machine by minor version, from 3.11 on.
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

/// Runs a program from a file: the workers of a process pool import it, which `-c` does not allow.
/// Returns its output, or why it failed.
fn run(python: &Path, code: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = folder.path().join("program.py");
    std::fs::write(&program, code).map_err(|error| error.to_string())?;
    let mut child = Command::new(python)
        .arg("-I")
        .arg(&program)
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

/// Returns the programs of a question with their expected output.
fn programs(question: &Question) -> Vec<(&'static str, &str, &str)> {
    let mut found = Vec::new();
    if let (Some(code), Some(output)) = (&question.code, &question.output) {
        found.push(("code", code.as_str(), output.as_str()));
    }
    if let (Some(code), Some(output)) = (&question.broken, &question.broken_output) {
        found.push(("broken", code.as_str(), output.as_str()));
    }
    found
}

/// A program of the bank in one Python.
struct Job<'b> {
    question: &'b Question,
    name: &'static str,
    code: &'b str,
    expected: &'b str,
    minor: u16,
    python: &'b Path,
}

impl Job<'_> {
    /// Runs the program, and returns a description of the failure if its output is wrong.
    fn failure(&self) -> Option<String> {
        let mut result = Err(String::new());
        for _ in 0..TRIES {
            result = run(self.python, self.code);
            if result.as_deref().map(trimmed) == Ok(trimmed(self.expected)) {
                return None;
            }
        }
        let (id, name, minor) = (&self.question.id, self.name, self.minor);
        Some(format!("{id} `{name}` under 3.{minor}: {result:?}"))
    }
}

fn jobs<'b>(bank: &'b Bank, pythons: &'b BTreeMap<u16, PathBuf>) -> Vec<Job<'b>> {
    let all = bank.questions().iter().flat_map(|question| {
        let supported = pythons.iter().filter(|(minor, _)| {
            question
                .python
                .is_some_and(|python| python.supports(**minor))
        });
        supported.flat_map(move |(minor, python)| {
            let programs = programs(question).into_iter();
            programs.map(move |(name, code, expected)| Job {
                question,
                name,
                code,
                expected,
                minor: *minor,
                python,
            })
        })
    });
    all.collect()
}

/// Runs all jobs, a few in parallel, and returns the failures.
fn run_all(jobs: &[Job<'_>]) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    failures.lock().unwrap().extend(job.failure());
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

#[test]
fn every_example_prints_what_the_bank_says() {
    let pythons = pythons();
    let is_ci = std::env::var_os("QUIZLOOP_CI").is_some();
    if pythons.is_empty() && !is_ci {
        log("skipped: no Python from 3.11 on is installed to run the examples");
        return;
    }
    let (bank, diagnostics) = Bank::load(built_in(), &[]);
    assert_eq!(
        diagnostics,
        [],
        "an entry with an error is skipped, and its example would not run"
    );
    let jobs = jobs(&bank, &pythons);
    let failures = run_all(&jobs);
    let versions: Vec<_> = pythons.keys().map(|minor| format!("3.{minor}")).collect();
    let versions = versions.join(", ");
    log(&format!(
        "{} runs of the examples of {} questions under Python {versions}",
        jobs.len(),
        bank.len(),
    ));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if is_ci {
        assert!(
            pythons.len() >= VERSIONS_MIN,
            "CI runs the examples under at least {VERSIONS_MIN} versions, not {versions}"
        );
        assert_eq!(
            questions_not_run(&bank, &jobs),
            Vec::<&str>::new(),
            "no version ran these"
        );
    }
}

/// Writes a line even if the test passes: the test harness captures `println!`.
fn log(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Returns the questions with programs that no Python ran.
fn questions_not_run<'b>(bank: &'b Bank, jobs: &[Job<'_>]) -> Vec<&'b str> {
    let ran = |question: &&Question| {
        programs(question).is_empty() || jobs.iter().any(|job| job.question.id == question.id)
    };
    let not_run = bank.questions().iter().filter(|question| !ran(question));
    not_run.map(|question| question.id.as_str()).collect()
}

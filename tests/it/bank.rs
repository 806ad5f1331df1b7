//! Runs every code example of the bank under every installed Python, also without the GIL, and
//! compares its output.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
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
/// fail only sometimes. A stall may be long, so a program is run again only after all others.
const TRIES: usize = 3;

/// Number of examples that run in parallel. They mostly sleep.
const PARALLEL: usize = 4;

/// A version of Python, as one executable provides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    minor: u16,
    /// Whether it is a free-threaded build. Programs then run without the GIL.
    free_threaded: bool,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor)?;
        if self.free_threaded {
            write!(f, " without the GIL")?;
        }
        Ok(())
    }
}

impl Version {
    /// The arguments with which programs run. `-X gil=0` is `PYTHON_GIL=0`, which `-I` ignores; a
    /// build with the GIL would refuse it.
    const fn arguments(self) -> &'static [&'static str] {
        if self.free_threaded {
            &["-I", "-X", "gil=0"]
        } else {
            &["-I"]
        }
    }

    /// Returns the version of an executable, from 3.11 on.
    fn of(python: &Path) -> Option<Self> {
        let script = "import sys, sysconfig\nif sys.version_info >= (3, 11):\n    \
                      print(sys.version_info[1], sysconfig.get_config_var('Py_GIL_DISABLED') or 0)";
        let output = python_output(python, &["-I"], script)?;
        let (minor, free_threaded) = output.split_once(' ')?;
        let version = Self {
            minor: minor.parse().ok()?,
            free_threaded: free_threaded == "1",
        };
        let script = "import sys; print(sys._is_gil_enabled())";
        let runs_without = || python_output(python, version.arguments(), script);
        (!version.free_threaded || runs_without()? == "False").then_some(version)
    }
}

/// Returns what a script prints; `None` if it fails or if there is no such Python.
fn python_output(python: &Path, arguments: &[&str], script: &str) -> Option<String> {
    let mut command = Command::new(python);
    command.args(arguments).args(["-c", script]);
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Returns the Pythons on this machine, from 3.11 on. `python3.14t` is the usual name of a
/// free-threaded build.
fn pythons() -> BTreeMap<Version, PathBuf> {
    let home = std::env::var("HOME").unwrap_or_default();
    let pyenv = std::env::var("PYENV_ROOT").unwrap_or_else(|_| format!("{home}/.pyenv"));
    let mut candidates: Vec<PathBuf> = (11..=15)
        .flat_map(|minor| ["", "t"].map(|suffix| format!("python3.{minor}{suffix}").into()))
        .collect();
    if let Ok(versions) = std::fs::read_dir(Path::new(&pyenv).join("versions")) {
        candidates
            .extend(versions.filter_map(|entry| Some(entry.ok()?.path().join("bin/python3"))));
    }
    candidates.push("python3".into());
    let mut found = BTreeMap::new();
    for python in candidates {
        if let Some(version) = Version::of(&python) {
            found.entry(version).or_insert(python);
        }
    }
    found
}

/// Runs a program from a file: the workers of a process pool import it, which `-c` does not allow.
/// Returns its output, or why it failed.
fn run(python: &Path, version: Version, code: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = folder.path().join("program.py");
    std::fs::write(&program, code).map_err(|error| error.to_string())?;
    let mut child = Command::new(python)
        .args(version.arguments())
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
#[derive(Clone, Copy)]
struct Job<'b> {
    question: &'b Question,
    name: &'static str,
    code: &'b str,
    expected: &'b str,
    version: Version,
    python: &'b Path,
}

impl Job<'_> {
    /// Runs the program, and returns a description of the failure if its output is wrong.
    fn failure(&self) -> Option<String> {
        let result = run(self.python, self.version, self.code);
        if result.as_deref().map(trimmed) == Ok(trimmed(self.expected)) {
            return None;
        }
        let (id, name, version) = (&self.question.id, self.name, self.version);
        Some(format!("{id} `{name}` under {version}: {result:?}"))
    }
}

fn jobs<'b>(bank: &'b Bank, pythons: &'b BTreeMap<Version, PathBuf>) -> Vec<Job<'b>> {
    let all = bank.questions().iter().flat_map(|question| {
        let supported = pythons.iter().filter(|(version, _)| {
            let python = question.python;
            python.is_some_and(|python| python.supports(version.minor))
        });
        supported.flat_map(move |(version, python)| {
            let programs = programs(question).into_iter();
            programs.map(move |(name, code, expected)| Job {
                question,
                name,
                code,
                expected,
                version: *version,
                python,
            })
        })
    });
    all.collect()
}

/// Runs all jobs, a few in parallel, and returns those that failed, with their failures.
fn run_once<'b>(jobs: &[Job<'b>]) -> Vec<(Job<'b>, String)> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let failure = job.failure().map(|failure| (*job, failure));
                    failures.lock().unwrap().extend(failure);
                }
            });
        }
    });
    failures.into_inner().unwrap()
}

/// Runs all jobs, and returns the failures of those that failed every time.
fn run_all(jobs: &[Job<'_>]) -> Vec<String> {
    let mut failures = run_once(jobs);
    for _ in 1..TRIES {
        let failed: Vec<_> = failures.iter().map(|(job, _)| *job).collect();
        failures = run_once(&failed);
    }
    failures.into_iter().map(|(_, failure)| failure).collect()
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
    log(&summary(&bank, &pythons, &jobs));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if is_ci {
        let with_gil = pythons.keys().filter(|version| !version.free_threaded);
        let number = with_gil.count();
        assert!(
            number >= VERSIONS_MIN,
            "CI runs the examples under at least {VERSIONS_MIN} versions, not {number}"
        );
        assert!(
            pythons.keys().any(|version| version.free_threaded),
            "CI runs the examples under a free-threaded build, too"
        );
        assert_eq!(
            questions_not_run(&bank, &jobs),
            Vec::<&str>::new(),
            "no version ran these"
        );
    }
}

/// Returns the number of runs, in all and by version, and the programs that each version skips,
/// because they need another one.
fn summary(bank: &Bank, pythons: &BTreeMap<Version, PathBuf>, jobs: &[Job<'_>]) -> String {
    let total: usize = bank.questions().iter().map(|one| programs(one).len()).sum();
    let mut text = format!(
        "{} runs of {total} programs of {} questions",
        jobs.len(),
        bank.len()
    );
    for version in pythons.keys() {
        let runs = jobs.iter().filter(|job| job.version == *version).count();
        let others = bank.questions().iter().filter(|question| {
            let python = question.python;
            !programs(question).is_empty()
                && python.is_none_or(|python| !python.supports(version.minor))
        });
        let others: Vec<_> = others.map(|question| question.id.as_str()).collect();
        let skipped = total - runs;
        let _ = write!(text, "\nPython {version}: {runs} run, {skipped} skipped");
        if !others.is_empty() {
            let _ = write!(text, ", not for this version: {}", others.join(", "));
        }
    }
    text
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

//! The rules of the file, and what they do.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Every step there is. `disk.` steps are those of the disk below the store, which can fail as well; all
/// others can only be slow or deadly.
pub const STEPS: [&str; 49] = [
    "start.opened",
    "register.begin",
    "register.done",
    "session.begin",
    "history.page",
    "history.counted",
    "history.noted",
    "post.intended",
    "post.sending",
    "post.sent",
    "post.posted",
    "thread.starting",
    "thread.started",
    "thread.saved",
    "reply.entered",
    "reply.saved",
    "reply.marked",
    "setup.changed",
    "setup.saved",
    "order.changed",
    "order.saved",
    "review.changed",
    "review.saved",
    "report.entered",
    "report.saved",
    "remind.noted",
    "remind.sent",
    "week.intended",
    "week.sending",
    "week.sent",
    "week.posted",
    "answer.ready",
    "store.encode",
    "disk.write",
    "disk.half",
    "disk.fsync",
    "store.written",
    "disk.link",
    "disk.rename",
    "store.kept",
    "store.renamed",
    "disk.sync-dir",
    "store.publish",
    "store.published",
    "disk.remove",
    "forget.begin",
    "forget.half",
    "forget.done",
    "stop.begin",
];

/// The file with the rules.
static FILE: OnceLock<PathBuf> = OnceLock::new();

// How often each rule was passed, by its line. Guards the counts alone, for the moment of one pass.
static HIT_COUNTS: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

/// What a disk is to do instead of its work.
#[derive(Debug)]
pub enum IoFault {
    /// It fails.
    Error(io::Error),
    /// It takes a part and fails.
    Short,
}

/// What a rule lets happen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Effect {
    Kill,
    Error(&'static str),
    Short,
    Slow(Duration),
}

/// A line of the file: what happens at a step, and at which passes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FailRule {
    step: String,
    effect: Effect,
    /// For a kill the pass at which it comes, else how many passes are struck; none: every one.
    count: Option<u32>,
}

impl FailRule {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let step = words.next().filter(|step| STEPS.contains(step))?.to_owned();
        let action = match words.next()? {
            "kill" => Effect::Kill,
            "short" => Effect::Short,
            "slow" => Effect::Slow(Duration::from_millis(words.next()?.parse().ok()?)),
            "error" => {
                let what = words.next()?;
                let known = ["full", "read-only", "io"];
                Effect::Error(known.into_iter().find(|known| *known == what)?)
            }
            _ => return None,
        };
        let count = match words.next() {
            Some(count) => Some(count.parse().ok()?),
            None => None,
        };
        Some(Self {
            step,
            effect: action,
            count,
        })
    }

    fn matches(&self, pass: u32) -> bool {
        match self.effect {
            Effect::Kill => pass == self.count.unwrap_or(1),
            _ => self.count.is_none_or(|times| pass <= times),
        }
    }

    fn apply(&self) -> Option<IoFault> {
        match &self.effect {
            Effect::Kill => kill_self(),
            Effect::Short => Some(IoFault::Short),
            Effect::Slow(time) => {
                std::thread::sleep(*time);
                None
            }
            Effect::Error(what) => Some(IoFault::Error(error(what))),
        }
    }
}

/// From now on the rules come from this file; it need not be there yet.
pub fn load_from(file: PathBuf) {
    // A process has one such file; a second call changes nothing.
    let _ = FILE.set(file);
}

/// Whether a file was named.
pub fn is_active() -> bool {
    FILE.get().is_some()
}

/// A step is passed.
pub fn hit(step: &'static str) {
    drop(fault_at(step));
}

/// A step is passed that can fail.
pub fn fault_at(step: &'static str) -> Option<IoFault> {
    debug_assert!(STEPS.contains(&step), "{step} is not in the list");
    // No file, or none any more: no rules.
    let text = std::fs::read_to_string(FILE.get()?).ok()?;
    with_counts(|counts| {
        // A rule that was taken away starts anew when it comes back.
        counts.retain(|known, _| text.lines().any(|line| line == known));
    });
    text.lines()
        .filter(|line| count_hit(line, step))
        .find_map(|line| FailRule::parse(line)?.apply())
}

/// Counts a pass of a line that is about this step; whether it matches.
fn count_hit(line: &str, step: &str) -> bool {
    if line.trim().is_empty() {
        return false;
    }
    let Some(rule) = FailRule::parse(line) else {
        tracing::error!(line, "this failpoint can't be understood");
        return false;
    };
    if rule.step != step {
        return false;
    }
    rule.matches(with_counts(|counts| {
        let passed = counts.entry(line.to_owned()).or_insert(0);
        *passed += 1;
        *passed
    }))
}

fn with_counts<T>(act: impl FnOnce(&mut HashMap<String, u32>) -> T) -> T {
    // The counts are whole after every statement, so a panic elsewhere does not spoil them.
    let mut counts = HIT_COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    act(counts.get_or_insert_default())
}

#[cfg(unix)]
fn error(what: &str) -> io::Error {
    // ENOSPC, EROFS and EIO have these numbers on every Unix.
    io::Error::from_raw_os_error(match what {
        "full" => 28,
        "read-only" => 30,
        _ => 5,
    })
}

#[cfg(not(unix))]
fn error(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

/// Ends the process in the middle of whatever it does: nothing is dropped, flushed or said.
#[cfg(unix)]
fn kill_self() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::KILL);
    // The signal may take a moment to end the other threads; this one must not go on.
    loop {
        std::thread::park();
    }
}

#[cfg(not(unix))]
fn kill_self() -> ! {
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_step_an_action_and_a_count() {
        let rule = |line| FailRule::parse(line).unwrap();
        assert_eq!(rule("post.sent kill").count, None);
        assert_eq!(
            rule("disk.write error full 3"),
            FailRule {
                step: "disk.write".into(),
                effect: Effect::Error("full"),
                count: Some(3),
            }
        );
        assert_eq!(
            rule("disk.fsync slow 2000").effect,
            Effect::Slow(Duration::from_secs(2))
        );
        for wrong in [
            "disk.write",
            "disk.wirte kill",
            "disk.write kill x",
            "disk.write error",
        ] {
            assert_eq!(FailRule::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_kill_comes_at_its_pass_and_an_error_up_to_it() {
        let matches = |line| {
            let rule = FailRule::parse(line).unwrap();
            (1..=4).map(|pass| rule.matches(pass)).collect::<Vec<_>>()
        };
        assert_eq!(matches("disk.write kill 3"), [false, false, true, false]);
        assert_eq!(matches("disk.write kill"), [true, false, false, false]);
        assert_eq!(matches("disk.write short 2"), [true, true, false, false]);
        assert_eq!(matches("disk.write error io"), [true; 4]);
    }

    #[test]
    fn the_file_is_read_at_every_pass() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("failpoints");
        assert!(fault_at("disk.link").is_none(), "nothing drives them yet");
        load_from(file.clone());
        assert!(is_active());
        assert!(fault_at("disk.link").is_none(), "the file is not there");
        std::fs::write(&file, "disk.link error read-only 1\ndisk.write short\n").unwrap();
        assert!(fault_at("disk.rename").is_none());
        assert!(matches!(fault_at("disk.link"), Some(IoFault::Error(_))));
        assert!(fault_at("disk.link").is_none(), "once was asked for");
        assert!(matches!(fault_at("disk.write"), Some(IoFault::Short)));
        std::fs::write(&file, "").unwrap();
        assert!(fault_at("disk.write").is_none());
        std::fs::write(&file, "disk.link error read-only 1\n").unwrap();
        assert!(
            fault_at("disk.link").is_some(),
            "a rule that comes back starts anew"
        );
    }
}

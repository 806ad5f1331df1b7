//! Parses and applies failpoint rules.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// All steps. Steps that begin with `disk.` are disk operations, which can also fail. At the others,
/// only `kill` and `slow` have an effect.
pub const STEPS: [&str; 82] = [
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
    "assessment.changed",
    "assessment.saved",
    "interview.changed",
    "interview.saved",
    "milestone.changed",
    "milestone.saved",
    "report.entered",
    "report.saved",
    "import.changed",
    "import.saved",
    "question.changed",
    "question.saved",
    "suggestion.decided",
    "suggestion.saved",
    "remind.noted",
    "remind.sent",
    "wrap-up.intended",
    "wrap-up.sending",
    "wrap-up.sent",
    "wrap-up.posted",
    "week.intended",
    "week.sending",
    "week.sent",
    "week.posted",
    "pair.matched",
    "pair.thread-sending",
    "pair.thread-sent",
    "pair.thread-saved",
    "pair.discarded",
    "pair.added",
    "pair.members-saved",
    "pair.notice-sending",
    "pair.notice-sent",
    "pair.notice-saved",
    "pair.alone-noted",
    "pair.check-intended",
    "pair.changed",
    "pair.saved",
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
    "questions.begin",
    "questions.deleted",
    "store.publish",
    "store.published",
    "disk.remove",
    "forget.begin",
    "forget.kept",
    "forget.half",
    "forget.done",
    "stop.begin",
];

/// The file with the rules.
static FILE: OnceLock<PathBuf> = OnceLock::new();

/// How often the step of each rule was reached, by the rule's line.
static HIT_COUNTS: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

/// A fault that the disk must simulate.
#[derive(Debug)]
pub enum IoFault {
    /// The operation fails.
    Error(io::Error),
    /// The operation writes only a part and then fails.
    Short,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Effect {
    Kill,
    Error(&'static str),
    Short,
    Slow(Duration),
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FailRule {
    step: String,
    effect: Effect,
    /// For a kill, the hit at which it happens (default: the first). Otherwise the number of hits that
    /// are affected (default: all).
    count: Option<u32>,
}

impl FailRule {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let step = words.next().filter(|step| STEPS.contains(step))?.to_owned();
        let effect = match words.next()? {
            "kill" => Effect::Kill,
            "short" => Effect::Short,
            "slow" => Effect::Slow(Duration::from_millis(words.next()?.parse().ok()?)),
            "error" => {
                let kind = words.next()?;
                let known = ["full", "read-only", "io"];
                Effect::Error(known.into_iter().find(|known| *known == kind)?)
            }
            _ => return None,
        };
        let count = match words.next() {
            Some(count) => Some(count.parse().ok()?),
            None => None,
        };
        Some(Self {
            step,
            effect,
            count,
        })
    }

    /// Returns whether the rule applies to a hit, counted from 1.
    fn matches(&self, hit: u32) -> bool {
        match self.effect {
            Effect::Kill => hit == self.count.unwrap_or(1),
            _ => self.count.is_none_or(|count| hit <= count),
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
            Effect::Error(kind) => Some(IoFault::Error(error(kind))),
        }
    }
}

/// Reads the rules from this file from now on. The file does not need to exist yet.
pub fn load_from(file: PathBuf) {
    // Only the first call has an effect.
    let _ = FILE.set(file);
}

/// Returns whether a file was set.
pub fn is_active() -> bool {
    FILE.get().is_some()
}

/// Marks a step that can be slow or fatal.
pub fn hit(step: &'static str) {
    drop(fault_at(step));
}

/// Marks a step that can also fail, and returns the fault to simulate.
pub fn fault_at(step: &'static str) -> Option<IoFault> {
    debug_assert!(STEPS.contains(&step), "{step} is not in the list");
    // A missing file means that there are no rules.
    let text = std::fs::read_to_string(FILE.get()?).ok()?;
    with_counts(|counts| {
        // Removing a rule from the file resets its count.
        counts.retain(|rule, _| text.lines().any(|line| line == rule));
    });
    text.lines()
        .filter(|line| count_hit(line, step))
        .find_map(|line| FailRule::parse(line)?.apply())
}

/// Counts a hit if the rule is about this step, and returns whether the rule applies.
fn count_hit(line: &str, step: &str) -> bool {
    if line.trim().is_empty() {
        return false;
    }
    let Some(rule) = FailRule::parse(line) else {
        tracing::error!(line, "failpoint rule could not be parsed");
        return false;
    };
    if rule.step != step {
        return false;
    }
    rule.matches(with_counts(|counts| {
        let count = counts.entry(line.to_owned()).or_insert(0);
        *count += 1;
        *count
    }))
}

fn with_counts<T>(update: impl FnOnce(&mut HashMap<String, u32>) -> T) -> T {
    // The counts are consistent after every statement, so a poisoned lock can be used.
    let mut counts = HIT_COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    update(counts.get_or_insert_default())
}

#[cfg(unix)]
fn error(kind: &str) -> io::Error {
    // ENOSPC, EROFS and EIO have these numbers on every Unix.
    io::Error::from_raw_os_error(match kind {
        "full" => 28,
        "read-only" => 30,
        _ => 5,
    })
}

#[cfg(not(unix))]
fn error(kind: &str) -> io::Error {
    io::Error::other(kind.to_owned())
}

/// Kills the process immediately: nothing is dropped, flushed or logged.
#[cfg(unix)]
fn kill_self() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::KILL);
    // The signal may take a moment. This thread must not continue meanwhile.
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
    fn a_rule_is_a_step_an_effect_and_a_count() {
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
        for invalid in [
            "disk.write",
            "disk.wirte kill",
            "disk.write kill x",
            "disk.write error",
        ] {
            assert_eq!(FailRule::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn a_kill_applies_to_one_hit_and_an_error_to_the_first_hits() {
        let matches = |line| {
            let rule = FailRule::parse(line).unwrap();
            (1..=4).map(|hit| rule.matches(hit)).collect::<Vec<_>>()
        };
        assert_eq!(matches("disk.write kill 3"), [false, false, true, false]);
        assert_eq!(matches("disk.write kill"), [true, false, false, false]);
        assert_eq!(matches("disk.write short 2"), [true, true, false, false]);
        assert_eq!(matches("disk.write error io"), [true; 4]);
    }

    #[test]
    fn the_file_is_read_at_every_hit() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("failpoints");
        assert!(fault_at("disk.link").is_none(), "no file is set");
        load_from(file.clone());
        assert!(is_active());
        assert!(fault_at("disk.link").is_none(), "the file does not exist");
        std::fs::write(&file, "disk.link error read-only 1\ndisk.write short\n").unwrap();
        assert!(fault_at("disk.rename").is_none());
        assert!(matches!(fault_at("disk.link"), Some(IoFault::Error(_))));
        assert!(fault_at("disk.link").is_none(), "the count is 1");
        assert!(matches!(fault_at("disk.write"), Some(IoFault::Short)));
        std::fs::write(&file, "").unwrap();
        assert!(fault_at("disk.write").is_none());
        std::fs::write(&file, "disk.link error read-only 1\n").unwrap();
        assert!(
            fault_at("disk.link").is_some(),
            "removing a rule resets its count"
        );
    }
}

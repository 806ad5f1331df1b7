//! The points at which the bot is killed.

use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::LazyLock;

/// Steps that are too rare to happen between any two kills. Separate tests kill the bot at each of
/// them.
const TESTED_ELSEWHERE: [&str; 10] = [
    "pair.",
    "import.",
    "milestone.",
    "report.",
    "question.",
    "questions.",
    "suggestion.",
    "remind.",
    "interview.",
    "week.",
];

/// The steps at which the bot is killed.
pub static STEPS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let elsewhere = |step: &&str| TESTED_ELSEWHERE.iter().any(|part| step.starts_with(part));
    let all = quizloop_failpoint::STEPS.into_iter();
    all.filter(|step| !elsewhere(step)).collect()
});

/// Which of nine consecutive kills happen at a random time.
const IS_RANDOM: [bool; 9] = [false, false, true, false, false, true, false, true, true];

/// When the bot is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KillPoint {
    /// The process kills itself when it reaches a step for the given time.
    Step(&'static str, u32),
    /// Killed after this many milliseconds of work.
    AtWork(u64),
    /// Killed this many milliseconds after its start.
    AtStart(u64),
    /// Killed this many milliseconds after it was asked to stop.
    AtStop(u64),
}

impl KillPoint {
    /// Returns the kill point with this number: every step in turn, with random times in between.
    pub fn nth(number: usize, rng: &mut StdRng) -> Self {
        match number % IS_RANDOM.len() {
            index if !IS_RANDOM[index] => {
                let before = (0..number).filter(|one| !IS_RANDOM[one % IS_RANDOM.len()]);
                let step = STEPS[before.count() % STEPS.len()];
                Self::Step(step, rng.random_range(1..=guaranteed_passes(step)))
            }
            2 | 5 => Self::AtWork(rng.random_range(0..250)),
            7 => Self::AtStart(rng.random_range(0..200)),
            _ => Self::AtStop(rng.random_range(0..20)),
        }
    }

    /// Returns the name in the table of results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step(step, _) => step,
            Self::AtWork(_) => "random time at work",
            Self::AtStart(_) => "random time at start",
            Self::AtStop(_) => "random time at stop",
        }
    }

    /// Returns whether the kill happens while the bot starts.
    pub fn is_at_start(self) -> bool {
        match self {
            Self::AtStart(_) => true,
            Self::Step(step, _) => ["start.", "register.", "session.", "history."]
                .iter()
                .any(|part| step.starts_with(part)),
            _ => false,
        }
    }
}

/// Returns how often the bot certainly passes a step before it is killed.
fn guaranteed_passes(step: &str) -> u32 {
    match step {
        "disk.rename" => 4,
        "reply.entered" | "reply.saved" | "reply.marked" | "history.page" => 2,
        _ if step.starts_with("store.") || step.starts_with("disk.") => 3,
        _ => 1,
    }
}

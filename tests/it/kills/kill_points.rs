//! The ways to die.

use rand::RngExt;
use rand::rngs::StdRng;
use std::sync::LazyLock;

/// What is done too seldom to happen in every life has tests of its own, which kill at each of these steps.
const TESTED_ELSEWHERE: [&str; 3] = ["report.", "remind.", "week."];

/// The steps at which lives end.
pub static STEPS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let elsewhere = |step: &&str| TESTED_ELSEWHERE.iter().any(|part| step.starts_with(part));
    let all = quizloop::failpoint::STEPS.into_iter();
    all.filter(|step| !elsewhere(step)).collect()
});

/// Which of nine lives end at a random time.
const IS_RANDOM: [bool; 9] = [false, false, true, false, false, true, false, true, true];

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KillPoint {
    /// The process kills itself at a step, at the given pass.
    Step(&'static str, u32),
    /// It is killed after so many milliseconds of work.
    AtWork(u64),
    /// It is killed so many milliseconds after it was started.
    AtStart(u64),
    /// It is asked to stop, and killed so many milliseconds later.
    AtStop(u64),
}

impl KillPoint {
    /// The way of the life with that number: every step in turn, and between them random times.
    pub fn nth(number: usize, rng: &mut StdRng) -> Self {
        match number % IS_RANDOM.len() {
            place if !IS_RANDOM[place] => {
                let before = (0..number).filter(|one| !IS_RANDOM[one % IS_RANDOM.len()]);
                let step = STEPS[before.count() % STEPS.len()];
                Self::Step(step, rng.random_range(1..=guaranteed_passes(step)))
            }
            2 | 5 => Self::AtWork(rng.random_range(0..250)),
            7 => Self::AtStart(rng.random_range(0..200)),
            _ => Self::AtStop(rng.random_range(0..20)),
        }
    }

    /// What the table calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step(step, _) => step,
            Self::AtWork(_) => "random time at work",
            Self::AtStart(_) => "random time at start",
            Self::AtStop(_) => "random time at stop",
        }
    }

    /// Whether it comes while the bot starts.
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

/// How often a life surely passes a step.
fn guaranteed_passes(step: &str) -> u32 {
    match step {
        "disk.rename" => 4,
        "reply.entered" | "reply.saved" | "reply.marked" | "history.page" => 2,
        _ if step.starts_with("store.") || step.starts_with("disk.") => 3,
        _ => 1,
    }
}

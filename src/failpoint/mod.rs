//! Failpoints: named steps at which a test lets this process die, or its disk fail.
//!
//! A file names steps and what happens there, a rule a line; it is read whenever a step is passed, so a test
//! changes it while the bot runs. `kill 2` is a real SIGKILL at the second pass, `error full 3` fails three
//! times, `slow 2000` takes two seconds more. Numbers left out mean the first pass, or every one.
//!
//! Only debug builds have this: in a release build a step is an empty function, and nothing reads the file.

#[cfg(debug_assertions)]
mod rules;

#[cfg(debug_assertions)]
pub use rules::{IoFault, STEPS, fault_at, hit, is_active, load_from};

/// A step is passed; in this build nothing happens.
#[cfg(not(debug_assertions))]
pub const fn hit(_: &str) {}

//! Failpoints: named steps at which a test can kill this process or make a disk operation fail.
//!
//! The rules are in a file, one per line. The file is read at every step, so a test can change it
//! while the bot runs. A rule names a step, an effect and optionally a count:
//!
//! - `post.sent kill 2`: SIGKILL when the step is reached for the second time (default: the first).
//! - `disk.write error full 3`: fail the first three times (default: always).
//! - `disk.fsync slow 2000`: sleep two seconds each time.
//!
//! Failpoints exist only in debug builds. In a release build, [`hit`] is an empty function.

#[cfg(debug_assertions)]
mod rules;

#[cfg(debug_assertions)]
pub use rules::{IoFault, STEPS, fault_at, hit, is_active, load_from};

/// Does nothing in a release build.
#[cfg(not(debug_assertions))]
pub const fn hit(_: &str) {}

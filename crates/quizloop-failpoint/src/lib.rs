//! Failpoints: named steps at which a test can kill this process or make a disk operation fail.
//!
//! The rules are in a file, one per line. The file is read at every step, so a test can change it
//! while the bot runs. A rule names a step, an effect and optionally a count:
//!
//! - `post.sent kill 2`: SIGKILL when the step is reached for the second time (default: the first).
//! - `disk.write error full 3`: fail the first three times (default: always).
//! - `disk.fsync slow 2000`: sleep two seconds each time.
//!
//! They exist only with the feature `enabled`, and only in debug builds, so that no release binary
//! can have them. Everywhere else [`hit`] is an empty function.

#[cfg(all(feature = "enabled", debug_assertions))]
mod rules;

#[cfg(all(feature = "enabled", debug_assertions))]
pub use rules::{IoFault, STEPS, fault_at, hit, is_active, load_from};

/// Does nothing: the failpoints are not compiled in.
#[cfg(not(all(feature = "enabled", debug_assertions)))]
pub const fn hit(_: &str) {}

//! The only module that creates random sources; all others take one as an argument.

use rand::rngs::StdRng;

/// Creates a random source seeded by the operating system.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn new() -> StdRng {
    rand::make_rng()
}

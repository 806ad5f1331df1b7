//! The one place that makes random sources; everything else takes one as an argument.

use rand::rngs::StdRng;

/// A random source seeded by the operating system.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn new() -> StdRng {
    rand::make_rng()
}

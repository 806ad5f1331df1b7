//! Assertions that hold while the state can't be saved, whatever the reason.

use std::time::{Duration, Instant};

use discord_sandbox::ids;

use super::{MessageExt, World};

/// Time within which Discord accepts the first response (Discord docs,
/// interactions/receiving-and-responding).
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(3);

/// Asserts that while nothing can be saved a reply gets no ✅, a command reports the failure and
/// practice works. Returns Lin's reply.
pub async fn assert_nothing_acknowledged(world: &World, what: &str) -> u64 {
    let reply = world.lin().post_reply("during the trouble");
    let started = Instant::now();
    let refused = world.ada().credit(ids::SAM, 1).await.text();
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

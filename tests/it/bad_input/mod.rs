//! Bad input to the real bot: whatever members, Discord or the operator's files contain, nothing
//! panics, no data is lost, people get a clear message, and the bot keeps running.

mod events;
mod files;
mod texts;

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::ids;

use crate::support::World;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Malicious texts.
fn hostile() -> Vec<String> {
    let zalgo: String = std::iter::once('a')
        .chain(std::iter::repeat_n('\u{301}', 500))
        .collect();
    [
        "x".repeat(6000),
        "🧵".repeat(6000),
        "@".repeat(6000),
        zalgo,
        "\u{202e}\u{2066}desrever\u{200f}".into(),
        "@everyone @here <@1> <@&1140000000000000002>".into(),
        "```py\n".repeat(200) + "||" + &"**__~~".repeat(200),
        "[press](https://evil.example) # big\n> said".into(),
        "\0\u{7}\u{1b}[31m\r\n\u{7f}\u{85}\u{2028}".into(),
        "'; DROP TABLE rounds; -- ${jndi:ldap://x} %s%n ../../../etc/passwd".into(),
        " ".into(),
        String::new(),
        "\u{feff}\u{200b}\u{200d}".into(),
        "-1".into(),
        "99999999999999999999999".into(),
        "\u{10ffff}\u{fffd}".into(),
    ]
    .into()
}

/// Asserts that the bot survived: nothing panicked, the process is still the same, replies are
/// counted, and the next question is posted.
async fn assert_still_working(world: &World) {
    assert!(!world.log().contains("panicked"), "{}", world.log());
    wait_until_answering(world).await;
    let (posts, bot) = (world.posts().len(), world.bot_id());
    let streak = world.sam().streak().await;
    world.sam().reply("all the same").await;
    assert_eq!(world.sam().streak().await, streak + 1);
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), posts + 1);
    assert_eq!(world.bot_id(), bot);
    assert!(!world.log().contains("panicked"), "{}", world.log());
}

/// A world in which one question is posted and Ada has replied.
async fn friday() -> World {
    let world = World::at(FRIDAY).start().await;
    world
        .ada()
        .command_message("setup", &[("timezone", "Europe/Berlin".into())])
        .await;
    world.advance("1m").await;
    world.ada().reply("in time").await;
    assert_eq!(world.posts_in(ids::ASYNCIO).len(), 1);
    world
}

/// Waits until commands are answered again. An interaction that arrives while there is no session
/// is lost, and invalid gateway data makes the supervisor reconnect.
async fn wait_until_answering(world: &World) {
    for _ in 0..10 {
        if let ClientOutcome::Message(_) = world.lin().command("help", &[]).await {
            return;
        }
    }
    panic!("no command is answered\n{}", world.log());
}

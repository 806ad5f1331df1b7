//! The rate limit: a member who sends too many commands is slowed down and affects nobody else.

use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// A script sends seventeen commands a second for a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_member_is_slowed_down_alone() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("one").await;
    let mut responses = Vec::new();
    for second in 0..60 {
        world.advance("1s").await;
        for _ in 0..17 {
            responses.push(world.lin().command_message("streak", &[]).await);
        }
        // Other members are not affected: their commands, buttons and replies work as usual.
        if second % 10 == 5 {
            assert_eq!(world.ada().streak().await, 1);
            let hint = world.sam().press(world.post().id, "Hint").await;
            assert!(!is_refusal(&hint.text()), "{}", hint.text());
        }
    }
    let (first, later) = responses.split_at(40);
    assert!(first.iter().all(|response| !is_refusal(&response.text())));
    let refused: Vec<_> = later
        .iter()
        .filter(|response| is_refusal(&response.text()))
        .collect();
    assert!(refused.len() > 500, "{} of {}", refused.len(), later.len());
    assert!(refused.iter().all(|response| response.ephemeral));
    // Replies of the rate-limited member still count.
    let reply = world.lin().post_reply("a reply is no command");
    world.lin().wait_until_counted(reply).await;
    let waiting = world.lin().command_message("streak", &[]).await.text();
    if is_refusal(&waiting) {
        assert!(seconds_left(&world, &waiting) <= 31, "{waiting}");
    }
    world.advance("31s").await;
    assert_eq!(world.lin().streak().await, 1);
}

fn is_refusal(text: &str) -> bool {
    text.starts_with("Too many requests")
}

/// Returns the seconds from now until the time in the text.
fn seconds_left(world: &World, text: &str) -> i64 {
    let (_, rest) = text.split_once("<t:").unwrap();
    let second: i64 = rest.split(':').next().unwrap().parse().unwrap();
    second - world.now().as_second()
}

/// Autocomplete sends a request with every letter: fast typing is not rate limited.
#[tokio::test(flavor = "multi_thread")]
async fn fast_typing_is_not_rate_limited() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let words = "why does gather not cancel the others";
    let mut offered = Vec::new();
    for _ in 0..5 {
        // Type nine letters a second.
        world.advance("4s").await;
        let mut round = Vec::new();
        for end in 1..=words.len() {
            let typed = [("question", json!(words[..end]))];
            let choices = world
                .sandbox
                .autocomplete(ids::ASYNCIO, ids::LIN, "answer", &typed);
            round.push(choices.await.expect("the bot offers something").len());
        }
        offered.push(round);
        let help = world.lin().command_message("help", &[]).await;
        assert!(!is_refusal(&help.text()));
    }
    assert!(offered[0].iter().filter(|count| **count > 0).count() > 20);
    assert!(offered.iter().all(|round| *round == offered[0]));
}

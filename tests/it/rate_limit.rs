//! A member who floods is told to slow down and harms nobody.

use quizloop::sandbox::ids;

use crate::support::{MessageExt, World};

/// What a member asks who is a script: seventeen commands a second for a minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_commands_in_a_minute() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("one").await;
    let mut said = Vec::new();
    for second in 0..60 {
        world.advance("1s").await;
        for _ in 0..17 {
            said.push(world.lin().command_message("streak", &[]).await);
        }
        // Others notice nothing: their commands, buttons and replies are as before.
        if second % 10 == 5 {
            assert_eq!(world.ada().streak().await, 1);
            let hint = world.sam().press(world.post().id, "How to answer").await;
            assert!(!is_refusal(&hint.text()), "{}", hint.text());
        }
    }
    let (first, later) = said.split_at(40);
    assert!(first.iter().all(|one| !is_refusal(&one.text())));
    let refused: Vec<_> = later.iter().filter(|one| is_refusal(&one.text())).collect();
    assert!(refused.len() > 500, "{} of {}", refused.len(), later.len());
    assert!(refused.iter().all(|one| one.ephemeral));
    // What she writes counts all the same.
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
    text.starts_with("Slow down, please")
}

/// The moment that Discord shows, from now.
fn seconds_left(world: &World, text: &str) -> i64 {
    let (_, rest) = text.split_once("<t:").unwrap();
    let second: i64 = rest.split(':').next().unwrap().parse().unwrap();
    second - world.now().as_second()
}

/// Typing an option asks with every letter: fast typing costs a member nothing.
#[tokio::test(flavor = "multi_thread")]
async fn fast_typing() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let words = "why does gather not cancel the others";
    let mut offered = Vec::new();
    for _ in 0..5 {
        // Nine letters a second.
        world.advance("4s").await;
        let mut round = Vec::new();
        for end in 1..=words.len() {
            let typed = ("question", &words[..end]);
            let choices =
                world
                    .sandbox
                    .autocomplete((ids::ASYNCIO, ids::LIN), "answer", typed, &[]);
            round.push(choices.await.expect("the bot offers something").len());
        }
        offered.push(round);
        let shown = world.lin().command_message("help", &[]).await;
        assert!(!is_refusal(&shown.text()));
    }
    assert!(offered[0].iter().filter(|count| **count > 0).count() > 20);
    assert!(offered.iter().all(|round| *round == offered[0]));
}

//! The habit as a whole: the question, its thread, replies, answers, streaks.

use quizloop::sandbox::ids;

use crate::support::{MessageExt, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_day() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    assert_eq!(world.posts().len(), 0);
    world.advance("1m").await;
    let post = world.post();
    assert!(
        post.footer().starts_with("Round 1 · 2026-03-27"),
        "{}",
        post.footer()
    );
    assert_eq!(post.pinged, Vec::<u64>::new());

    world.ada().reply("an event loop runs callbacks").await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 0);

    // Lin has not replied: the answer asks back.
    let asked = world.lin().command_message("answer", &[]).await;
    assert!(asked.ephemeral);
    assert!(
        asked.text().contains("You have not replied to round 1 yet"),
        "{}",
        asked.text()
    );
    let answer = world.ada().command_message("answer", &[]).await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());

    world.kill_and_restart().await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.posts().len(), 1);
    let quiz = world.sam().command_message("quiz", &[]).await;
    assert!(quiz.ephemeral);
    world
        .see("the footer", |world| {
            (world.post().footer() == "Round 1 · 2026-03-27 · 1 has replied").then_some(())
        })
        .await;
    assert_eq!(world.saved_streak(ids::ADA), 1);
    assert_eq!(world.stop().await, Some(0));
}

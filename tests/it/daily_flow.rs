//! A whole day: the question, its thread, replies, answers, streaks.

use discord_sandbox::ids;

use crate::support::{MessageExt, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_day_works() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    assert_eq!(world.posts().len(), 0);
    // No question is open yet.
    let streak = world.lin().command_message("streak", &[]).await.text();
    assert!(streak.contains("Answer the next question"), "{streak}");
    world.advance("1m").await;
    let post = world.post();
    assert!(
        post.footer().starts_with("Question 1 · 2026-03-27"),
        "{}",
        post.footer()
    );
    assert_eq!(post.pinged, Vec::<u64>::new());
    let streak = world.lin().command_message("streak", &[]).await.text();
    assert!(streak.contains("Answer today's question"), "{streak}");

    world.ada().reply("an event loop runs callbacks").await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.lin().streak().await, 0);

    // Lin has not replied: `/answer` asks for confirmation.
    let confirmation = world.lin().command_message("answer", &[]).await;
    assert!(confirmation.ephemeral);
    assert!(
        confirmation
            .text()
            .contains("You haven't answered the question in <#"),
        "{}",
        confirmation.text()
    );
    let answer = world.ada().command_message("answer", &[]).await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());

    world.kill_and_restart().await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(world.posts().len(), 1);
    let quiz = world.sam().command_message("quiz", &[]).await;
    assert!(quiz.ephemeral);
    world
        .wait_for("the footer", |world| {
            (world.post().footer() == "Question 1 · 2026-03-27 · reply in the thread · 1 answer")
                .then_some(())
        })
        .await;
    assert_eq!(world.saved_streak(ids::ADA), 1);
    assert_eq!(world.stop().await, Some(0));
}

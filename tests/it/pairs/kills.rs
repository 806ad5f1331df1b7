//! The bot is killed at each step of an interview, and a state is put back. The steps of a matching
//! are in [`super::mondays`].

use discord_sandbox::ids;
use discord_sandbox::permission::MANAGE_THREADS;

use super::{
    TEN, add_members, allow_private_threads, direct_messages, guides, join, monday, notices,
    private_threads, wait_for_guide, wait_for_result,
};
use crate::sandbox::client::call;
use crate::support::{MessageExt, WAIT_TIMEOUT, World, WorldBuilder};

async fn start(builder: WorldBuilder) -> World {
    let mut world = builder.failpoints().without_bot().await;
    allow_private_threads(&world.sandbox);
    world.start_bot().await;
    world
}

/// Sets the time and waits until the bot has killed itself, then starts it again.
async fn set_time_and_kill(world: &mut World, moment: &str, rule: &str) {
    world.set_failpoints(rule);
    {
        let world = &*world;
        tokio::select! {
            biased;
            () = world.set_time(moment) => {}
            () = std::future::ready(()) => {}
        }
    }
    let exited = world.wait_for_exit(WAIT_TIMEOUT).await;
    assert!(
        exited.is_some(),
        "{rule}: the step was not reached\n{}",
        world.log()
    );
    world.kill_if_alive().await;
    world.set_failpoints("");
    world.start_bot().await;
}

/// Presses at which the bot dies are not lost once they were saved, and never count twice.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_interview() {
    for step in ["pair.changed", "pair.saved"] {
        let mut world = start(monday()).await;
        join(world.lin()).await;
        join(world.sam()).await;
        world.set_time(TEN).await;
        let (thread, members) = private_threads(&world).pop().unwrap();
        assert_eq!(members.len(), 2);
        let guide = wait_for_guide(&world, thread).await;
        // The interview may have begun before the kill, then the second press shows it.
        press_and_kill(&mut world, guide.id, ids::LIN, "I interview first", step).await;
        let begun = world
            .sandbox
            .press(guide.id, ids::LIN, "I interview first", &[])
            .await;
        assert!(begun.message().is_some(), "{step}: {begun:?}");
        let card = world.lin().press(guide.id, "Open the question").await;
        press_and_kill(&mut world, card.id, ids::LIN, "Finish", step).await;
        // The card may be stale by now.
        let _ = world.sandbox.press(card.id, ids::LIN, "Finish", &[]).await;
        let ready = wait_for_result(&world, thread, 2).await;
        let result = world.sam().press(ready.id, "My result").await;
        press_and_kill(&mut world, result.id, ids::SAM, "None of them", step).await;
        let _ = world
            .sandbox
            .press(result.id, ids::SAM, "None of them", &[])
            .await;
        let guild = super::saved(&world);
        let sam = quizloop_core::id::UserId::new(ids::SAM);
        let counts: Vec<u16> = guild.reviews(sam).map(|one| one.1.count).collect();
        assert_eq!(counts, [1], "{step}");
        assert_eq!(guild.profile(sam).unwrap().mock_interviews, 1, "{step}");
        world.advance("2m").await;
        assert_eq!(notices(&world, thread, "Result 2 of ").len(), 1, "{step}");
    }
}

async fn press_and_kill(world: &mut World, message: u64, user: u64, button: &str, step: &str) {
    world.set_failpoints(&format!("{step} kill"));
    let outcome = world.sandbox.press(message, user, button, &[]).await;
    assert!(outcome.message().is_none(), "{outcome:?}");
    let exited = world.wait_for_exit(WAIT_TIMEOUT).await;
    assert!(exited.is_some(), "{button}: {step} was not reached");
    world.kill_if_alive().await;
    world.set_failpoints("");
    world.start_bot().await;
}

/// The only member who joined gets at most one message.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_member_is_messaged_about_being_alone() {
    let mut world = start(monday()).await;
    join(world.lin()).await;
    world.set_time("2026-11-30T09:00").await;
    set_time_and_kill(&mut world, TEN, "pair.alone-noted kill").await;
    world.advance("5m").await;
    assert!(direct_messages(&world, ids::LIN).is_empty());
    let status = world.lin().command_message("pair status", &[]).await;
    assert!(status.text().contains("You come first."));
}

/// A request for a thread was sent twice: the older thread stays, and the other one is deleted, or
/// archived where the bot may not manage threads.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_threads_the_older_stays() {
    for may_delete in [false, true] {
        let mut world = start(monday()).await;
        join(world.lin()).await;
        join(world.sam()).await;
        world.set_time("2026-11-30T09:00").await;
        world.set_failpoints("pair.thread-sent kill");
        tokio::select! {
            biased;
            () = world.set_time(TEN) => {}
            () = std::future::ready(()) => {}
        }
        assert!(world.wait_for_exit(WAIT_TIMEOUT).await.is_some());
        world.kill_if_alive().await;
        world.set_failpoints("");
        let (older, _) = private_threads(&world).pop().unwrap();
        let body = serde_json::json!({ "name": "again", "type": 12, "invitable": false });
        let path = format!("/channels/{}/threads", ids::ASYNCIO);
        let (status, _) = call(&world.sandbox, "POST", &path, body).await;
        assert_eq!(status, 201);
        if may_delete {
            let sandbox = &world.sandbox;
            sandbox.set_bot_permission(ids::GUILD, MANAGE_THREADS, true);
        }
        // It is killed once more, before the second thread is removed.
        world.set_failpoints("pair.discarded kill");
        world.spawn_bot();
        assert!(world.wait_for_exit(WAIT_TIMEOUT).await.is_some());
        world.kill_if_alive().await;
        assert_eq!(private_threads(&world).len(), 2);
        world.set_failpoints("");
        world.start_bot().await;
        wait_for_guide(&world, older).await;
        let threads = private_threads(&world);
        assert_eq!(threads.len(), 2 - usize::from(may_delete), "{threads:?}");
        assert_eq!(threads[0].0, older);
        assert_eq!(threads[0].1, [ids::LIN, ids::SAM].into());
        for (thread, members) in &threads[1..] {
            assert!(members.is_empty());
            let archived = world
                .sandbox
                .read(|discord| discord.channels[thread].is_archived());
            assert!(archived);
        }
        // It is taken for no later match.
        world.set_time("2026-12-07T10:00").await;
        let (newest, _) = private_threads(&world).pop().unwrap();
        assert!(newest > threads.last().unwrap().0);
    }
}

/// The state of before the matching is put back while its threads are there: the same members get
/// the thread that they had.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_state_finds_its_threads() {
    let mut world = start(monday()).await;
    let others = add_members(&world, 2);
    for user in [ids::LIN, ids::SAM, others[0], others[1]] {
        join(world.member(user)).await;
    }
    world.set_time("2026-11-30T09:00").await;
    world.stop().await;
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let before = std::fs::read(&file).unwrap();
    world.start_bot().await;
    world.set_time(TEN).await;
    let threads = private_threads(&world);
    assert_eq!(threads.len(), 2);
    for (thread, _) in &threads {
        wait_for_guide(&world, *thread).await;
    }
    world.stop().await;
    std::fs::write(&file, before).unwrap();
    world.start_bot().await;
    world.advance("5m").await;
    assert_eq!(private_threads(&world), threads);
    for (thread, _) in &threads {
        assert_eq!(guides(&world, *thread).len(), 1);
    }
    let first = *threads[0].1.first().unwrap();
    let guide = guides(&world, threads[0].0).pop().unwrap();
    let begun = world
        .member(first)
        .press(guide.id, "I interview first")
        .await;
    assert!(begun.text().contains("interviews"), "{}", begun.text());
}

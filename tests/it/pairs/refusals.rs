//! What Discord refuses around mock interviews, and what becomes of the members.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::permission::CREATE_PRIVATE_THREADS;
use serde_json::json;

use super::{
    FRIDAY_TEN, MONDAY, TEN, add_members, allow_private_threads, guides, join, notices,
    private_threads, start, wait_for_guide, wait_for_result,
};
use crate::support::{MessageExt, World};

const NEXT_MONDAY: &str = "2026-12-07T10:00";

/// A team that Ada set up, so that she gets the alerts.
async fn set_up_by_ada() -> World {
    let world = World::at(MONDAY).start().await;
    allow_private_threads(&world.sandbox);
    world.set_up_by_ada().await;
    let pairs = [("pairs", json!("mon 10:00"))];
    world.ada().command_message("team settings", &pairs).await;
    world
}

fn alerts(world: &World, text: &str) -> usize {
    let messages = world.direct_messages();
    messages
        .iter()
        .filter(|one| one.content.contains(text))
        .count()
}

/// A member who has left the server, or can't see the channel, is left out; the other reads it in the
/// thread and comes first next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_cannot_be_added_is_left_out() {
    for (status, code) in [(404, 10_007), (404, 10_013), (403, 50_001), (403, 50_013)] {
        let world = start().await;
        join(world.lin()).await;
        join(world.sam()).await;
        let path = format!("/channels/*/thread-members/{}", ids::SAM);
        let rule = FaultRule::on("AddThreadMember").path(&path).always();
        world
            .sandbox
            .add_fault(rule, RequestFault::api_error(status, code, "no"));
        world.set_time(TEN).await;
        let (thread, members) = private_threads(&world).pop().unwrap();
        assert_eq!(members, [ids::LIN].into(), "{code}");
        let guide = wait_for_guide(&world, thread).await;
        assert!(
            guide.text().contains("Next time you come first"),
            "{}",
            guide.text()
        );
        assert_eq!(world.sandbox.pings(guide.id), [ids::LIN]);
        let status = world.lin().command_message("pair status", &[]).await.text();
        assert!(status.contains("You come first."), "{status}");
        world.sandbox.clear_faults();
        world.set_time(NEXT_MONDAY).await;
        let (_, members) = private_threads(&world).pop().unwrap();
        assert_eq!(members.len(), 2);
    }
}

/// Of three members one has left the server: the other two go on.
#[tokio::test(flavor = "multi_thread")]
async fn of_three_members_two_go_on() {
    let world = start().await;
    let third = add_members(&world, 1)[0];
    for user in [ids::LIN, ids::SAM, third] {
        join(world.member(user)).await;
    }
    world.sandbox.remove_member(ids::GUILD, third);
    world.set_time(TEN).await;
    let (thread, members) = private_threads(&world).pop().unwrap();
    assert_eq!(members, [ids::LIN, ids::SAM].into());
    let guide = wait_for_guide(&world, thread).await;
    assert!(
        guide.text().contains("couldn't be added"),
        "{}",
        guide.text()
    );
    let begun = world.sam().press(guide.id, "I interview first").await;
    assert!(begun.text().contains("interviews"), "{}", begun.text());
}

/// Too many active threads: the admin gets one message, the daily thread comes all the same, and the
/// missing threads are made once there is room.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_threads_are_retried() {
    let world = set_up_by_ada().await;
    join(world.lin()).await;
    join(world.sam()).await;
    let full = RequestFault::api_error(400, 160_006, "Maximum number of active threads reached");
    let rule = FaultRule::on("StartThreadWithoutMessage").always();
    world.sandbox.add_fault(rule, full);
    world.set_time(TEN).await;
    world
        .wait_for("the alert", |world| {
            (alerts(world, "active threads") > 0).then_some(())
        })
        .await;
    world.advance("2h").await;
    assert!(private_threads(&world).is_empty());
    assert_eq!(alerts(&world, "active threads"), 1);
    assert!(world.post().thread.is_some());
    world.sandbox.clear_faults();
    world.advance("1h").await;
    let (thread, _) = private_threads(&world).pop().expect("the thread is made");
    wait_for_guide(&world, thread).await;
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(!status.contains("[Problem]"), "{status}");
}

/// A permission is lost: the week is left out, the admin gets one message, and the next week is matched
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_the_week_is_left_out() {
    let world = set_up_by_ada().await;
    join(world.lin()).await;
    join(world.sam()).await;
    let sandbox = &world.sandbox;
    sandbox.set_bot_permission(ids::GUILD, CREATE_PRIVATE_THREADS, false);
    world.set_time(TEN).await;
    let text = "\"Create Private Threads\"";
    world
        .wait_for("the alert", |world| (alerts(world, text) > 0).then_some(()))
        .await;
    allow_private_threads(sandbox);
    world.advance("3h").await;
    assert!(private_threads(&world).is_empty());
    assert_eq!(alerts(&world, text), 1);
    world.set_time(NEXT_MONDAY).await;
    assert_eq!(private_threads(&world).len(), 1);
}

/// The thread is deleted, locked or archived, or nobody ever presses anything.
#[tokio::test(flavor = "multi_thread")]
async fn threads_that_change_and_members_who_are_silent() {
    let world = start().await;
    let others = add_members(&world, 4);
    let all = [&[ids::LIN, ids::SAM][..], &others].concat();
    for user in &all {
        join(world.member(*user)).await;
    }
    world.set_time(TEN).await;
    let threads = private_threads(&world);
    assert_eq!(threads.len(), 3);
    for (thread, _) in &threads {
        wait_for_guide(&world, *thread).await;
    }
    let [deleted, locked, archived] = [0, 1, 2].map(|index: usize| threads[index].0);
    world.sandbox.delete_thread(deleted);
    world.sandbox.lock_thread(locked, true);
    world.sandbox.archive_thread(archived, true);
    world.set_time(FRIDAY_TEN).await;
    // The message brings an archived thread back.
    world
        .wait_for("the question", |world| {
            notices(world, archived, "Did you meet?").pop()
        })
        .await;
    assert!(notices(&world, locked, "Did you meet?").is_empty());
    let gone = *threads[0].1.first().unwrap();
    let status = world
        .member(gone)
        .command_message("pair status", &[])
        .await
        .text();
    assert!(status.contains("is over"), "{status}");
    // Nobody answered. Only the members who were asked count as silent, and only after two weeks.
    world.set_time(NEXT_MONDAY).await;
    assert_eq!(private_threads(&world).len(), 2 + 3);
}

/// Each request fails once, in each way: every member has one thread with one guide in the end.
#[tokio::test(flavor = "multi_thread")]
async fn any_response_to_any_request_loses_nothing() {
    let faults = [
        ("500", RequestFault::server_error()),
        ("429", RequestFault::too_many_requests(1.0, "user")),
        ("reset", RequestFault::Reset),
        ("garbage", RequestFault::malformed_body()),
    ];
    let routes = [
        "StartThreadWithoutMessage",
        "AddThreadMember",
        "CreateMessage",
        "ActiveThreads",
        "JoinedArchivedPrivateThreads",
    ];
    for (name, fault) in faults {
        let world = start().await;
        let others = add_members(&world, 2);
        for user in [ids::LIN, ids::SAM, others[0], others[1]] {
            join(world.member(user)).await;
        }
        // Today's question must not use the faults up.
        world.set_time("2026-11-30T09:00").await;
        for route in routes {
            let rule = FaultRule::on(route);
            world.sandbox.add_fault(rule.clone(), fault.clone());
            world.sandbox.add_fault(rule.after(), fault.clone());
        }
        world.set_time(TEN).await;
        // Each fault costs a pause.
        for _ in 0..24 {
            world.advance("2m").await;
        }
        let threads = private_threads(&world);
        let used: Vec<_> = threads.iter().filter(|one| !one.1.is_empty()).collect();
        assert_eq!(used.len(), 2, "{name}: {threads:?}\n{}", world.log());
        for (thread, members) in used {
            assert_eq!(
                (guides(&world, *thread).len(), members.len()),
                (1, 2),
                "{name}"
            );
        }
        let guide = guides(&world, threads[0].0).pop().unwrap();
        let first = *threads[0].1.first().unwrap();
        world
            .member(first)
            .press(guide.id, "I interview first")
            .await;
        let card = world
            .member(first)
            .press(guide.id, "Open the question")
            .await;
        world.member(first).press(card.id, "Finish").await;
        wait_for_result(&world, threads[0].0, 2).await;
    }
}

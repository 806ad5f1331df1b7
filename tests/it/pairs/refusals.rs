//! What Discord refuses around mock interviews, and what becomes of the members.

use std::collections::BTreeSet;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::permission::CREATE_PRIVATE_THREADS;
use serde_json::json;

use super::{
    FRIDAY_TEN, MONDAY, TEN, add_members, allow_private_threads, join, notices, private_threads,
    start, status, wait_for_guide, wait_until_ended,
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
    // The channel is deleted with all its threads.
    world.sandbox.delete_channel(ids::ASYNCIO);
    wait_until_ended(&world, thread).await;
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

/// The thread is deleted, locked or archived, a member leaves the server, or nobody ever presses
/// anything.
#[tokio::test(flavor = "multi_thread")]
async fn threads_that_change_and_members_who_are_silent() {
    let world = start().await;
    let others = add_members(&world, 6);
    let all = [&[ids::LIN, ids::SAM][..], &others].concat();
    for user in &all {
        join(world.member(*user)).await;
    }
    world.set_time(TEN).await;
    let threads = private_threads(&world);
    assert_eq!(threads.len(), 4);
    for (thread, _) in &threads {
        wait_for_guide(&world, *thread).await;
    }
    let [deleted, locked, archived, left] = [0, 1, 2, 3].map(|index: usize| threads[index].0);
    let members = |index: usize| threads[index].1.iter().copied().collect::<Vec<_>>();
    // The event alone ends the match: there is nothing to send before Friday.
    world.sandbox.delete_thread(deleted);
    wait_until_ended(&world, deleted).await;
    for user in members(0) {
        let status = status(&world, user).await;
        let parts = ["is over", "You come first."];
        assert!(parts.iter().all(|part| status.contains(part)), "{status}");
    }
    world.sandbox.lock_thread(locked, true);
    world.sandbox.archive_thread(archived, true);
    let [gone, alone] = members(3)[..] else {
        panic!("not two members: {threads:?}");
    };
    world.sandbox.remove_member(ids::GUILD, gone);
    world.set_time(FRIDAY_TEN).await;
    // The message brings an archived thread back.
    world
        .wait_for("the question", |world| {
            notices(world, archived, "Did you meet?").pop()
        })
        .await;
    assert!(notices(&world, locked, "Did you meet?").is_empty());
    let asked = world
        .wait_for("the question", |world| {
            notices(world, left, "Did you meet?").pop()
        })
        .await;
    let answered = world.member(alone).press(asked.id, "We didn't meet").await;
    assert!(answered.text().contains("Thanks"), "{}", answered.text());
    // Nobody else answered. Only the members who were asked count as silent, and only after two
    // weeks. The member who left can't be added, and the guide says so.
    world.set_time(NEXT_MONDAY).await;
    let second = private_threads(&world).split_off(3);
    assert_eq!(second.len(), 4, "{second:?}");
    let is_alone = |one: &&(u64, BTreeSet<u64>)| one.1.len() == 1;
    let (thread, single) = second.iter().find(is_alone).expect("one can't be added");
    let guide = wait_for_guide(&world, *thread).await;
    let text = guide.text();
    assert!(text.contains("Next time you come first"), "{text}");
    let full = |user: &u64| !single.contains(user);
    world.set_time("2026-12-11T10:00").await;
    world.set_time("2026-12-14T10:00").await;
    let third = private_threads(&world).split_off(3 + 4);
    let matched: Vec<u64> = third.iter().flat_map(|one| one.1.clone()).collect();
    let silent: Vec<u64> = members(2).into_iter().filter(full).collect();
    assert!(!silent.is_empty());
    for user in silent {
        assert!(!matched.contains(&user), "{third:?}");
        let status = status(&world, user).await;
        assert!(
            status.contains("didn't answer in 2 weeks in a row"),
            "{status}"
        );
    }
    assert!(!matched.contains(&gone), "{third:?}");
    for user in members(1) {
        assert!(matched.contains(&user), "{third:?}");
    }
}

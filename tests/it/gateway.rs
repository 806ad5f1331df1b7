//! The gateway in every kind of trouble. The letters are those of serenity's known defects; after each the bot
//! answers members again within ten seconds of Discord's return, has lost nothing, and has not begun sessions
//! in a storm.

use std::time::{Duration, Instant};

use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::gateway::RejectIdentify;
use quizloop::sandbox::ids;

use crate::support::{WAIT_TIMEOUT, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// How soon after Discord's return members are answered again.
const ANSWERED_AGAIN: Duration = Duration::from_secs(10);

/// Waits until a member is answered, which must be soon after Discord is back.
async fn answered_again(world: &World, what: &str) {
    let took = answered(world, what).await;
    assert!(took < ANSWERED_AGAIN, "{what}: {took:?}\n{}", world.log());
}

/// Waits until a member is answered, and tells how long it took.
async fn answered(world: &World, what: &str) -> Duration {
    let back = Instant::now();
    while back.elapsed() < WAIT_TIMEOUT {
        if let ClientOutcome::Message(_) = world.lin().command("streak", &[]).await {
            let took = back.elapsed();
            println!("{what}: answered after {:.1} s", took.as_secs_f64());
            return took;
        }
    }
    panic!("{what}: nobody is answered\n{}", world.log());
}

/// While the gateway is in trouble the question comes on time; afterwards what was written meanwhile counts.
async fn nothing_is_lost(
    world: &World,
    what: &str,
    trouble: impl Fn(&World),
    end: impl Fn(&World),
) {
    trouble(world);
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 1, "{what}: the scheduler goes on");
    let missed = world.ada().post_reply("written while nobody listened");
    end(world);
    answered_again(world, what).await;
    world.ada().wait_until_counted(missed).await;
    world.sam().reply("and after").await;
    assert_eq!(world.posts().len(), 1, "{what}");
}

/// 36, a. A close frame without a code, at Discord's usual heartbeat of 41 s.
#[tokio::test(flavor = "multi_thread")]
async fn a_close_without_a_code() {
    let world = World::at(FRIDAY).team().start().await;
    nothing_is_lost(
        &world,
        "a",
        |world| world.sandbox.close_gateway(None),
        |_| {},
    )
    .await;
    assert!(world.log().contains("spins"), "{}", world.log());
    assert!(world.sandbox.identify_count() <= 3);
}

/// 36, m, l. The connection is dropped and the first attempts to come back are refused.
#[tokio::test(flavor = "multi_thread")]
async fn dropped_and_refused() {
    for refused in [1, 12] {
        let world = World::at(FRIDAY).team().start().await;
        let trouble = |world: &World| {
            world.sandbox.refuse_connections(true);
            world.sandbox.drop_connections();
        };
        let lasts = Duration::from_secs(refused);
        trouble(&world);
        tokio::time::sleep(lasts).await;
        let what = format!("m, refused for {refused} s");
        nothing_is_lost(
            &world,
            &what,
            |_| {},
            |world| world.sandbox.refuse_connections(false),
        )
        .await;
        assert!(world.sandbox.identify_count() <= 4, "{what}");
    }
}

/// 36, e. The session is called invalid and can't be resumed.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_session() {
    for resumable in [true, false] {
        let world = World::at(FRIDAY).team().start().await;
        let trouble = |world: &World| world.sandbox.invalidate_sessions(resumable);
        nothing_is_lost(&world, "e", trouble, |_| {}).await;
        assert!(world.sandbox.identify_count() <= 3);
    }
}

/// 36. The connection stays open, but nothing comes on it any more, no answer to heartbeats either.
#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_connection() {
    let world = World::at(FRIDAY)
        .team()
        .heartbeat(Duration::from_secs(2))
        .start()
        .await;
    let silence = |world: &World| world.sandbox.blackhole_gateway(true);
    let end = |world: &World| {
        // The way is free again, and the old connections, of which nobody knows any more, are reset.
        world.sandbox.blackhole_gateway(false);
        world.sandbox.drop_connections();
    };
    nothing_is_lost(&world, "half-open", silence, end).await;
    world.sandbox.blackhole_gateway(true);
    world
        .wait("the bot to give the connection up", |discord| {
            (discord.gateway.identify_count > 1).then_some(())
        })
        .await;
    end(&world);
    answered_again(&world, "half-open for longer").await;
}

/// 36. Heartbeats are not answered, although events still come: the connection is given up for another one, and
/// while that goes on for long few sessions are begun.
#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_without_an_answer() {
    let world = World::at(FRIDAY)
        .team()
        .heartbeat(Duration::from_secs(2))
        .start()
        .await;
    world.sandbox.drop_heartbeat_acks(true);
    world
        .wait("another session", |discord| {
            (discord.gateway.identify_count > 1).then_some(())
        })
        .await;
    let end = |world: &World| world.sandbox.drop_heartbeat_acks(false);
    nothing_is_lost(&world, "muted heartbeats", |_| {}, end).await;
    assert!(world.sandbox.identify_count() <= 4);
}

/// 36. Every close code after which a bot may come back.
#[tokio::test(flavor = "multi_thread")]
async fn every_close_code() {
    let mut worlds = tokio::task::JoinSet::new();
    for code in [
        1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4010, 4011, 4012,
    ] {
        // 1006 is what a side says to itself when there was no close frame; nobody may send it.
        if code == 1006 {
            continue;
        }
        worlds.spawn(async move {
            let world = World::at(FRIDAY).team().start().await;
            let what = format!("close {code}");
            nothing_is_lost(
                &world,
                &what,
                |world| world.sandbox.close_gateway(Some(code)),
                |_| {},
            )
            .await;
            assert!(world.sandbox.identify_count() <= 3, "{what}");
        });
        // Each world is a process; a few at a time are as quick as all at once.
        if worlds.len() >= 4 {
            worlds.join_next().await.unwrap().unwrap();
        }
    }
    worlds.join_all().await;
}

/// 36. An hour without network: no request and no connection gets through. No session start is spent on it.
#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_network() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.skip_api_check();
    world.sandbox.set_network_down(true);
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 0);
    for _ in 0..12 {
        world.advance("5m").await;
    }
    let before = world.sandbox.identify_count();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(world.sandbox.identify_count(), before);
    world.sandbox.set_network_down(false);
    answered_again(&world, "an hour without network").await;
    // The post is tried again when its pause has passed, five minutes at most.
    world.advance("5m").await;
    assert_eq!(world.posts().len(), 1);
    world.sam().reply("back again").await;
    assert!(world.sandbox.identify_count() <= 3);
}

/// 35, b. Discord turns every session away with a code that serenity does not understand as an end: few session
/// starts, the question comes all the same, and the process ends with 1 and a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn turned_away_for_good() {
    let mut worlds = tokio::task::JoinSet::new();
    for how in [RejectIdentify::Close(4011), RejectIdentify::Invalidate] {
        worlds.spawn(async move {
            let mut world = World::at(FRIDAY).team().start().await;
            world.sandbox.reject_identify(Some(how));
            world.sandbox.invalidate_sessions(false);
            world.advance("1m").await;
            assert_eq!(world.posts().len(), 1, "{how:?}");
            let (exit, log) = world.exit_and_log_within(Duration::from_secs(300)).await;
            assert_eq!(exit, Some(1), "{how:?}: {log}");
            assert!(
                log.contains("5 clients in a row got no session"),
                "{how:?}: {log}"
            );
            let spent = world.sandbox.identify_count();
            println!("{how:?}: {spent} session starts");
            assert!(spent <= 40, "{how:?}: {spent} session starts");
        });
    }
    worlds.join_all().await;
}

/// b. Turned away for a while only: the bot is back by itself.
#[tokio::test(flavor = "multi_thread")]
async fn turned_away_for_a_while() {
    let world = World::at(FRIDAY).team().start().await;
    world
        .sandbox
        .reject_identify(Some(RejectIdentify::Close(4011)));
    world.sandbox.invalidate_sessions(false);
    world
        .wait("a session that is turned away", |discord| {
            (discord.gateway.identify_count >= 2).then_some(())
        })
        .await;
    world.advance("1m").await;
    let missed = world.ada().post_reply("written while nobody listened");
    world.sandbox.reject_identify(None);
    // Sessions that come to nothing make the pauses grow: no ten seconds here.
    answered(&world, "b").await;
    world.ada().wait_until_counted(missed).await;
    assert_eq!(world.posts().len(), 1);
}

/// d. Asked to stop while a shard is being restarted: the process ends at once, with 0.
#[tokio::test(flavor = "multi_thread")]
async fn stopped_while_reconnecting() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("counted before").await;
    world.sandbox.refuse_connections(true);
    world.sandbox.invalidate_sessions(false);
    let asked = Instant::now();
    assert_eq!(world.stop().await, Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

/// 35, g. Hardly any session is left today: none is begun, and the sentence says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn few_sessions_left() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    world.sandbox.with(|discord| {
        let now = discord.clock.now_ms();
        discord.gateway.session_starts_ms = vec![now; 985];
    });
    world.launch();
    let (exit, log) = world.exit_and_log().await;
    assert_eq!(exit, Some(1), "{log}");
    assert!(
        log.contains("only 15 session starts are left today"),
        "{log}"
    );
    assert_eq!(world.sandbox.identify_count(), 0);
}

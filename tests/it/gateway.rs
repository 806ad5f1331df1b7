//! Gateway failures of every kind. The letters refer to known defects of serenity. After each
//! failure the bot answers members within ten seconds of Discord's recovery, has lost nothing, and
//! has not started too many sessions.

use std::time::{Duration, Instant};

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::gateway::{EndConnection, RejectIdentify};
use discord_sandbox::ids;

use crate::health::Monitor;
use crate::support::{WAIT_TIMEOUT, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Maximum time from Discord's recovery to the first response: the ten seconds that are promised, and
/// what a busy machine may add.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// Waits until a member gets a response, which must be soon after Discord's recovery.
async fn assert_answered_soon(world: &World, what: &str) {
    let elapsed = wait_until_answered(world, what).await;
    assert!(
        elapsed < RECOVERY_LIMIT,
        "{what}: {elapsed:?}\n{}",
        world.log()
    );
}

/// Waits until a member gets a response. Returns how long it took.
async fn wait_until_answered(world: &World, what: &str) -> Duration {
    let start = Instant::now();
    while start.elapsed() < WAIT_TIMEOUT {
        if let ClientOutcome::Message(_) = world.lin().command("streak", &[]).await {
            let elapsed = start.elapsed();
            println!("{what}: answered after {:.1} s", elapsed.as_secs_f64());
            return elapsed;
        }
    }
    panic!("{what}: nobody is answered\n{}", world.log());
}

/// Asserts that the question is posted on time during a gateway failure, and that replies made
/// meanwhile count afterwards.
async fn assert_nothing_lost(
    world: &World,
    what: &str,
    failure: impl Fn(&World),
    end: impl Fn(&World),
) {
    failure(world);
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 1, "{what}: the scheduler still runs");
    let missed = world.ada().post_reply("written while nobody listened");
    end(world);
    assert_answered_soon(world, what).await;
    world.ada().wait_until_counted(missed).await;
    world.sam().reply("and after").await;
    assert_eq!(world.posts().len(), 1, "{what}");
}

/// 36, a. A close frame without a code, at Discord's usual heartbeat interval of 41 s.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_a_close_without_a_code() {
    let world = World::at(FRIDAY).team().start().await;
    assert_nothing_lost(
        &world,
        "a",
        |world| world.sandbox.close_gateway(None),
        |_| {},
    )
    .await;
    world.wait_until_logged("runtime stalled").await;
    assert!(world.sandbox.identify_count() <= 3);
}

/// 36, m, l. The connection is dropped and the first attempts to reconnect are refused.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_refused_reconnects() {
    for refused in [1, 12] {
        let world = World::at(FRIDAY).team().start().await;
        let failure = |world: &World| {
            world.sandbox.refuse_connections(true);
            world.sandbox.drop_connections();
        };
        let duration = Duration::from_secs(refused);
        failure(&world);
        tokio::time::sleep(duration).await;
        let what = format!("m, refused for {refused} s");
        assert_nothing_lost(
            &world,
            &what,
            |_| {},
            |world| world.sandbox.refuse_connections(false),
        )
        .await;
        assert!(world.sandbox.identify_count() <= 4, "{what}");
    }
}

/// 36, e. The session is invalidated and can't be resumed.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_an_invalid_session() {
    for resumable in [true, false] {
        let world = World::at(FRIDAY).team().start().await;
        let failure = |world: &World| world.sandbox.invalidate_sessions(resumable);
        assert_nothing_lost(&world, "e", failure, |_| {}).await;
        assert!(world.sandbox.identify_count() <= 3);
    }
}

/// 36. The connection stays open, but the bot receives nothing any more, not even heartbeat
/// acknowledgements.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_a_half_open_connection() {
    let world = World::at(FRIDAY)
        .team()
        .heartbeat(Duration::from_secs(2))
        .start()
        .await;
    let silence = |world: &World| world.sandbox.blackhole_gateway(true);
    let end = |world: &World| {
        // The network works again, and the old connections, which neither side knows any more, are
        // reset.
        world.sandbox.blackhole_gateway(false);
        world.sandbox.drop_connections();
    };
    assert_nothing_lost(&world, "half-open", silence, end).await;
    world.sandbox.blackhole_gateway(true);
    world
        .wait("the bot to give the connection up", |discord| {
            (discord.gateway.identify_count > 1).then_some(())
        })
        .await;
    end(&world);
    assert_answered_soon(&world, "half-open for longer").await;
}

/// 36. Heartbeats are not acknowledged although events still arrive: the connection is replaced,
/// and few sessions are started while this lasts.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_missing_heartbeat_acks() {
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
    assert_nothing_lost(&world, "muted heartbeats", |_| {}, end).await;
    assert!(world.sandbox.identify_count() <= 4);
}

/// 36. Every close code after which a bot may reconnect.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_every_close_code() {
    let mut worlds = tokio::task::JoinSet::new();
    for code in [
        1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009, 4010, 4011, 4012,
    ] {
        // 1006 means that there was no close frame; it is never sent.
        if code == 1006 {
            continue;
        }
        worlds.spawn(async move {
            let world = World::at(FRIDAY).team().start().await;
            let what = format!("close {code}");
            assert_nothing_lost(
                &world,
                &what,
                |world| world.sandbox.close_gateway(Some(code)),
                |_| {},
            )
            .await;
            assert!(world.sandbox.identify_count() <= 3, "{what}");
        });
        // Each world is a process; a few at a time are as fast as all at once.
        if worlds.len() >= 4 {
            worlds.join_next().await.unwrap().unwrap();
        }
    }
    worlds.join_all().await;
}

/// 36. An hour without network: no request or connection succeeds, and no session start is used up.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_an_hour_without_network() {
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
    assert_answered_soon(&world, "an hour without network").await;
    // The post is retried after its backoff, five minutes at most.
    world.advance("5m").await;
    assert_eq!(world.posts().len(), 1);
    world.sam().reply("back again").await;
    assert!(world.sandbox.identify_count() <= 3);
}

/// 35, b. Discord rejects every session with a code that serenity does not treat as final: few
/// session starts are used, the question is still posted, and the process exits with code 1 and an
/// explanation.
#[tokio::test(flavor = "multi_thread")]
async fn permanently_rejected_sessions_end_the_process() {
    let mut worlds = tokio::task::JoinSet::new();
    for rejection in [RejectIdentify::Close(4011), RejectIdentify::Invalidate] {
        worlds.spawn(async move {
            let mut world = World::at(FRIDAY).team().start().await;
            world.sandbox.reject_identify(Some(rejection));
            world.sandbox.invalidate_sessions(false);
            world.advance("1m").await;
            assert_eq!(world.posts().len(), 1, "{rejection:?}");
            let (exit, log) = world.exit_and_log_within(Duration::from_secs(300)).await;
            assert_eq!(exit, Some(1), "{rejection:?}: {log}");
            assert!(
                log.contains("5 clients in a row got no session"),
                "{rejection:?}: {log}"
            );
            let spent = world.sandbox.identify_count();
            println!("{rejection:?}: {spent} session starts");
            assert!(spent <= 40, "{rejection:?}: {spent} session starts");
        });
    }
    worlds.join_all().await;
}

/// b. Sessions are rejected for a while only: the bot recovers automatically.
#[tokio::test(flavor = "multi_thread")]
async fn recovers_from_temporarily_rejected_sessions() {
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
    // Failed sessions increase the backoff, so recovery may take longer than ten seconds here.
    wait_until_answered(&world, "b").await;
    world.ada().wait_until_counted(missed).await;
    assert_eq!(world.posts().len(), 1);
}

/// The gateway accepts connections and closes them at once: they are paced, few lines are logged,
/// the health is not ok, and the session continues once a connection stays open.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_end_at_once_are_paced() {
    let listen = "[health]\nlisten = \"127.0.0.1:0\"\n";
    for end in [
        EndConnection::BeforeHello(1012),
        EndConnection::AfterHello(4000),
    ] {
        let world = World::at(FRIDAY).team().setting(listen).start().await;
        let monitor = Monitor::new(&world).await;
        monitor
            .wait_for(200, |health| health["gateway"]["state"] == "ok")
            .await;
        let before = world.sandbox.connection_count();
        world.sandbox.end_connections(Some(end));
        world.sandbox.close_gateway(Some(1012));
        let health = monitor
            .wait_for(200, |health| health["status"] == "degraded")
            .await;
        assert_eq!(
            health["gateway"]["problem"],
            "disconnected from Discord's gateway for 0 s"
        );
        // Takes three seconds.
        let outcome = world.lin().command("streak", &[]).await;
        assert!(matches!(outcome, ClientOutcome::NoResponse(_)), "{end:?}");
        let connections = world.sandbox.connection_count() - before;
        println!("{end:?}: {connections} connections");
        assert!(connections <= 10, "{end:?}: {connections} connections");
        let metrics = monitor.metrics().await;
        assert!(metrics.value("quizloop_gateway_connections_failed_total") >= 2.0);
        world.sandbox.end_connections(None);
        wait_until_answered(&world, &format!("{end:?}")).await;
        monitor
            .wait_for(200, |health| health["gateway"]["state"] == "ok")
            .await;
        let warnings = world.log().matches("WARN").count();
        assert!(warnings <= 30, "{}", world.log());
        assert!(world.sandbox.identify_count() <= 2, "{end:?}");
    }
}

/// d. Asked to stop while a shard is being restarted: the process exits at once with code 0.
#[tokio::test(flavor = "multi_thread")]
async fn stops_at_once_while_reconnecting() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("counted before").await;
    world.sandbox.refuse_connections(true);
    world.sandbox.invalidate_sessions(false);
    let stop_started = Instant::now();
    assert_eq!(world.stop().await, Some(0));
    assert!(stop_started.elapsed() < Duration::from_secs(30));
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

/// 35, g. Few session starts are left today: the bot starts no session and explains what to do.
#[tokio::test(flavor = "multi_thread")]
async fn refuses_to_start_with_few_session_starts_left() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    world.sandbox.with(|discord| {
        let now = discord.clock.now_ms();
        discord.gateway.session_starts_ms = vec![now; 985];
    });
    world.spawn_bot();
    let (exit, log) = world.exit_and_log().await;
    assert_eq!(exit, Some(1), "{log}");
    assert!(
        log.contains("only 15 session starts are left today"),
        "{log}"
    );
    assert_eq!(world.sandbox.identify_count(), 0);
}

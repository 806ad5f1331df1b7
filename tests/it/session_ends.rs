//! Sessions that end in each way, a slow Discord, a failing disk. The numbers refer to the list of
//! field failures.

use std::time::Duration;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// A way to end a session.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// The connection is lost without a close frame.
    Cut,
    /// A close frame, with or without a code.
    Close(Option<u16>),
    /// Discord requests a reconnect (opcode 7).
    Reconnect,
    /// Discord invalidates the session (opcode 9).
    Invalid { resumable: bool },
}

impl Ending {
    fn apply(self, world: &World) {
        match self {
            Self::Cut => world.sandbox.drop_connections(),
            Self::Close(code) => world.sandbox.close_gateway(code),
            Self::Reconnect => world.sandbox.request_reconnect(),
            Self::Invalid { resumable } => world.sandbox.invalidate_sessions(resumable),
        }
    }
}

/// 36. However a session ends, the question is posted on time, replies made meanwhile are counted,
/// and few sessions are started.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_end_in_any_way_lose_nothing() {
    let endings = [
        Ending::Cut,
        Ending::Close(Some(4000)),
        Ending::Close(Some(4009)),
        Ending::Close(Some(1001)),
        Ending::Close(None),
        Ending::Reconnect,
        Ending::Invalid { resumable: true },
        Ending::Invalid { resumable: false },
    ];
    let mut worlds = tokio::task::JoinSet::new();
    for ending in endings {
        worlds.spawn(check_session_end(ending));
    }
    worlds.join_all().await;
}

async fn check_session_end(ending: Ending) {
    let world = World::at(FRIDAY)
        .team()
        .heartbeat(Duration::from_secs(2))
        .start()
        .await;
    ending.apply(&world);
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 1, "{ending:?}");
    let missed = world.lin().post_reply("written while nobody listened");
    world.lin().wait_until_counted(missed).await;
    world.ada().reply("and after").await;
    assert_eq!(world.posts().len(), 1, "{ending:?}");
    let sessions = world.sandbox.identify_count();
    assert!(sessions <= 3, "{ending:?}: {sessions} sessions");
}

/// 32. Discord is slow to return a channel: the response is deferred in time and filled in later.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_discord_defers_the_response() {
    let world = World::at(FRIDAY).start().await;
    world.sandbox.add_fault(
        FaultRule::on("Channel"),
        RequestFault::Delay(Duration::from_millis(3500)),
    );
    let response = world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    assert!(response.text().contains("is set up"), "{}", response.text());
    let announced = world.sandbox.requests().into_iter().any(|request| {
        request.path.ends_with("/callback") && request.body["type"] == 5 && request.status == 204
    });
    assert!(announced, "the answer was announced first");
}

/// 26. Saving fails for a while: the bot keeps running and acknowledges nothing. When there is
/// space again, replies made meanwhile are saved and acknowledged automatically.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_disk_acknowledges_nothing_and_recovers() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("before").await;
    let (folder, away) = (world.state().join("guilds"), world.folder().join("away"));
    std::fs::rename(&folder, &away).unwrap();
    let unsaved = world.lin().post_reply("during");
    let refused = world.ada().credit(ids::SAM, 1).await;
    assert!(
        refused.text().contains("could not be saved"),
        "{}",
        refused.text()
    );
    assert!(!world.sandbox.message(unsaved).unwrap().is_counted());
    let quiz = world.lin().command_message("quiz", &[]).await;
    assert!(quiz.text().contains("[Level]"), "practice still works");
    std::fs::rename(&away, &folder).unwrap();
    world.lin().wait_until_counted(unsaved).await;
    world.kill_and_restart().await;
    assert_eq!(world.lin().streak().await, 1);
}

/// 18. Discord fails just when the bot is back: the history is read a little later.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backfill_is_retried() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.kill().await;
    let missed = world.lin().post_reply("while it was away");
    world
        .sandbox
        .add_fault(FaultRule::on("ListMessages"), RequestFault::bad_gateway());
    world.start_bot().await;
    // The retry is due two seconds after the failure.
    for _ in 0..300 {
        if world.sandbox.message(missed).unwrap().is_counted() {
            break;
        }
        world.advance("10s").await;
    }
    world.lin().wait_until_counted(missed).await;
    assert_eq!(world.lin().streak().await, 1);
}

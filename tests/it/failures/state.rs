//! Lines 27 and 32: a save and a request never wait for each other.
//!
//! The disk is made slow by a named pipe in the place of the file that the store is about to write: opening it
//! lasts until somebody reads from it, as long as the test likes.

use std::path::PathBuf;
use std::process::Command;

use quizloop::sandbox::faults::{FaultRule, RequestGate};
use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

/// A save that lasts until it is let go.
struct SlowSave {
    /// Where the store writes.
    place: PathBuf,
    /// The same pipe under another name.
    pipe: PathBuf,
}

impl SlowSave {
    /// The next save of the sample server begins and does not end.
    fn begin(world: &World) -> Self {
        let place = world.state().join(format!("guilds/{}.new", ids::GUILD));
        let pipe = world.folder().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
        std::fs::hard_link(&pipe, &place).unwrap();
        Self { place, pipe }
    }

    /// The disk works again. The save that hung fails, since a pipe is no disk; the store tries once more, and
    /// finds nothing in its way.
    fn end(self) {
        std::fs::remove_file(&self.place).unwrap();
        std::fs::read(&self.pipe).unwrap();
    }
}

async fn world() -> World {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("before").await;
    world
}

/// 27. A request hangs, of the same server and for its newest message: replies go on being counted and saved,
/// commands being answered.
#[tokio::test(flavor = "multi_thread")]
async fn saved_while_a_request_hangs() {
    let world = world().await;
    let holds: Vec<std::sync::Arc<RequestGate>> = ["Reaction", "EditMessage"]
        .map(|route| world.sandbox.hold_requests(FaultRule::on(route)))
        .into();
    let marked = world.lin().post_reply("whose mark hangs");
    holds[0].first_request().await;
    world
        .until("the reply on disk", || world.saved_streak(ids::LIN) == 1)
        .await;
    // Marks of one thread stand in a line, so this one waits; counting and saving do not.
    let next = world.sam().post_reply("meanwhile");
    world
        .until("the next reply on disk", || {
            world.saved_streak(ids::SAM) == 1
        })
        .await;
    assert_eq!(world.lin().streak().await, 1);
    let credit = [("member", json!(ids::LIN.to_string())), ("round", json!(1))];
    let said = world.ada().command_message("team credit", &credit).await;
    assert!(
        said.text().contains("has round 1 already"),
        "{}",
        said.text()
    );
    assert!(!world.sandbox.message(marked).unwrap().is_counted());
    for hold in holds {
        hold.release();
    }
    world.lin().wait_until_counted(marked).await;
    world.sam().wait_until_counted(next).await;
}

/// 27, 32. A save hangs: requests go out and come back, what is asked is answered from memory, and what has to
/// be on disk first is announced within three seconds and told when it is there, not before.
#[tokio::test(flavor = "multi_thread")]
async fn answered_while_a_save_hangs() {
    let world = world().await;
    let slow = SlowSave::begin(&world);
    let unsaved = world.lin().post_reply("counted, but not on disk");
    assert_eq!(world.lin().streak().await, 1);
    for command in ["quiz", "hint", "leaderboard", "help", "team status"] {
        let said = world.ada().command_message(command, &[]).await;
        assert!(!said.text().is_empty(), "/{command}");
    }
    let hint = world.sam().press(world.post().id, "How to answer").await;
    assert!(hint.text().contains("How to answer"));
    let credit = [("member", json!(ids::SAM.to_string())), ("round", json!(1))];
    let ada = world.ada();
    let waiting = ada.command("team credit", &credit);
    tokio::pin!(waiting);
    let announced = world.wait("the announcement", |discord| {
        let mut requests = discord.log.requests();
        requests
            .any(|one| one.route == "Callback" && one.body["type"] == 5)
            .then_some(())
    });
    tokio::select! {
        outcome = &mut waiting => panic!("told before it is saved: {outcome:?}"),
        () = announced => {}
    }
    assert!(!world.sandbox.message(unsaved).unwrap().is_counted());
    assert_eq!(
        (world.saved_streak(ids::LIN), world.saved_streak(ids::SAM)),
        (0, 0)
    );
    tokio::task::spawn_blocking(|| slow.end()).await.unwrap();
    let outcome = waiting.await;
    let said = outcome.message().map(MessageExt::text).unwrap_or_default();
    world.lin().wait_until_counted(unsaved).await;
    assert_eq!(world.saved_streak(ids::LIN), 1);
    // A save that fails after all is told as one; else the credit is there.
    let credited = said.contains("round 1") && world.saved_streak(ids::SAM) == 1;
    assert!(credited || said.contains("could not be saved"), "{said}");
}

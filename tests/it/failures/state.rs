//! Entries 27 and 32 of the list of field failures: saves and requests never wait for each other.
//!
//! A named pipe in place of the file that the store writes next makes the disk slow: opening the
//! pipe blocks until the test reads from it.

use std::path::PathBuf;
use std::process::Command;

use discord_sandbox::faults::{FaultRule, RequestGate};
use discord_sandbox::ids;

use crate::support::{MessageExt, World, credit_options};

/// A save that blocks until [`SlowSave::end`].
struct SlowSave {
    /// The path that the store writes to.
    place: PathBuf,
    /// Another link to the same pipe.
    pipe: PathBuf,
}

impl SlowSave {
    /// Makes the next save of the sample server block.
    fn begin(world: &World) -> Self {
        let place = world.state().join(format!("guilds/{}.new", ids::GUILD));
        let pipe = world.folder().join("pipe");
        let status = Command::new("mkfifo").arg(&pipe).status();
        assert!(status.is_ok_and(|status| status.success()), "mkfifo");
        std::fs::hard_link(&pipe, &place).unwrap();
        Self { place, pipe }
    }

    /// Unblocks the save. It fails, because a pipe can't be synced; the store tries again and
    /// succeeds.
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

/// 27. A request for the newest message hangs: replies are still counted and saved, and commands
/// are answered.
#[tokio::test(flavor = "multi_thread")]
async fn replies_are_saved_while_a_request_hangs() {
    let world = world().await;
    let holds: Vec<std::sync::Arc<RequestGate>> = ["Reaction", "EditMessage"]
        .map(|route| world.sandbox.hold_requests(FaultRule::on(route)))
        .into();
    let first = world.lin().post_reply("whose mark hangs");
    holds[0].first_request().await;
    world
        .wait_until("the reply on disk", || world.saved_streak(ids::LIN) == 1)
        .await;
    // Reactions in one thread are sent one after another, so this one waits; counting and saving do
    // not.
    let next = world.sam().post_reply("meanwhile");
    world
        .wait_until("the next reply on disk", || {
            world.saved_streak(ids::SAM) == 1
        })
        .await;
    assert_eq!(world.lin().streak().await, 1);
    let response = world.ada().credit(ids::LIN, 1).await;
    assert!(
        response
            .text()
            .contains("Question 1 already counts for this member"),
        "{}",
        response.text()
    );
    assert!(!world.sandbox.message(first).unwrap().is_counted());
    for hold in holds {
        hold.release();
    }
    world.lin().wait_until_counted(first).await;
    world.sam().wait_until_counted(next).await;
}

/// 27, 32. A save hangs: requests continue, commands that only read are answered from memory, and a
/// response that needs the save is deferred within three seconds and filled in after the save, not
/// before.
#[tokio::test(flavor = "multi_thread")]
async fn commands_are_answered_while_a_save_hangs() {
    let world = world().await;
    let slow = SlowSave::begin(&world);
    let unsaved = world.lin().post_reply("counted, but not on disk");
    world.lin().wait_for_streak(1).await;
    for command in ["quiz", "hint", "leaderboard", "help", "team status"] {
        let response = world.ada().command_message(command, &[]).await;
        assert!(!response.text().is_empty(), "/{command}");
    }
    let hint = world.sam().press(world.post().id, "Hint").await;
    assert!(hint.text().contains("Hint"));
    let ada = world.ada();
    let credit = credit_options(ids::SAM, 1);
    let asked = ada.command_message("team credit", &credit).await;
    let outcome = world
        .sandbox
        .press(asked.id, ids::ADA, "Give credit", &[])
        .await;
    assert!(
        outcome.message().is_none(),
        "told before it is saved: {outcome:?}"
    );
    let deferred = world
        .sandbox
        .requests()
        .into_iter()
        .any(|request| request.route == "Callback" && request.body["type"] == 6);
    assert!(deferred, "it was deferred in time");
    assert!(!world.sandbox.message(unsaved).unwrap().is_counted());
    assert_eq!(
        (world.saved_streak(ids::LIN), world.saved_streak(ids::SAM)),
        (0, 0)
    );
    tokio::task::spawn_blocking(|| slow.end()).await.unwrap();
    world.lin().wait_until_counted(unsaved).await;
    // A failure is a new message, and success replaces the question.
    let response = world
        .wait_for("the response", |world| {
            let seen = world.sandbox.messages(ids::ASYNCIO, ids::ADA).into_iter();
            let mut texts = seen.filter(|one| one.ephemeral).map(|one| one.text());
            texts.find(|text| text.contains("gets credit") || text.contains("could not be saved"))
        })
        .await;
    assert_eq!(world.saved_streak(ids::LIN), 1);
    // If the save fails in the end, the response says so; otherwise the credit is recorded.
    let credited = response.contains("question 1") && world.saved_streak(ids::SAM) == 1;
    assert!(
        credited || response.contains("could not be saved"),
        "{response}"
    );
}

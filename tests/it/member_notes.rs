//! Private notes that come once, beside the next private answer: milestones of a streak, and a message
//! that was written in the channel instead of the thread.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;

use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt, World, WorldBuilder};

const WEDNESDAY: &str = "2026-03-25T08:59[Europe/Berlin]";

/// Returns Lin's private messages that contain a text.
fn notes(world: &World, text: &str) -> Vec<MessageView> {
    let seen = world.sandbox.messages(ids::ASYNCIO, ids::LIN).into_iter();
    seen.filter(|message| message.ephemeral && message.text().contains(text))
        .collect()
}

/// What everyone sees in the channel and in the newest thread.
fn public_texts(world: &World) -> String {
    let channels = [ids::ASYNCIO, world.thread()];
    let messages = channels
        .iter()
        .flat_map(|one| world.sandbox.messages(*one, ids::SAM));
    messages.map(|message| message.text()).collect()
}

async fn three_answers(builder: WorldBuilder) -> World {
    let world = builder.start().await;
    world.advance("1m").await;
    world.lin().reply("one").await;
    for day in ["2026-03-26T09:00", "2026-03-27T09:00"] {
        world.set_time(day).await;
        world.lin().reply("and on").await;
    }
    world
}

fn worlds() -> Vec<(WorldBuilder, Option<TestDatabase>)> {
    let files = (World::at(WEDNESDAY).team(), None);
    let database = TestDatabase::new().map(|database| {
        let builder = World::at(WEDNESDAY).team().database(database.url());
        (builder, Some(database))
    });
    [files].into_iter().chain(database).collect()
}

/// After three and seven answers in a row the next private answer says so, once, also after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn milestones_are_mentioned_once_and_privately() {
    for (builder, _database) in worlds() {
        let mut world = three_answers(builder).await;
        let three = "🔥 **3 questions in a row** in <#1120000000000000001>!";
        assert!(notes(&world, three).is_empty());
        // A public answer is no place for it.
        world.lin().command_message("leaderboard", &[]).await;
        assert!(notes(&world, three).is_empty());
        world.kill_and_restart().await;
        world.lin().command_message("hint", &[]).await;
        world
            .wait_until("the note", || notes(&world, three).len() == 1)
            .await;
        world.kill_and_restart().await;
        world.lin().command_message("hint", &[]).await;
        world.lin().command_message("streak", &[]).await;
        assert_eq!(notes(&world, "in a row** in").len(), 1);
        assert!(!public_texts(&world).contains("in a row** in"));
        for day in ["30", "31"] {
            world.set_time(&format!("2026-03-{day}T09:00")).await;
            world.lin().reply("and on").await;
            world.lin().command_message("hint", &[]).await;
        }
        for day in ["01", "02"] {
            world.set_time(&format!("2026-04-{day}T09:00")).await;
            world.lin().reply("and on").await;
            world.lin().command_message("hint", &[]).await;
        }
        let seven =
            "🔥 **7 questions in a row** in <#1120000000000000001>, and you earned a freeze";
        world
            .wait_until("the freeze", || notes(&world, seven).len() == 1)
            .await;
        assert_eq!(notes(&world, "in a row** in").len(), 2);
        let mine = world.lin().command_message("privacy", &[]).await;
        assert!(
            mine.text().contains("that I told you of a milestone"),
            "{}",
            mine.text()
        );
    }
}

/// Killed around the save: the note comes at most once, and nothing else is lost.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_note_repeats_nothing() {
    for step in ["milestone.changed", "milestone.saved"] {
        for (builder, _database) in worlds() {
            let mut world = three_answers(builder.failpoints()).await;
            world.set_failpoints(&format!("{step} kill"));
            world.lin().command("hint", &[]).await;
            world
                .wait_for_exit(crate::support::WAIT_TIMEOUT)
                .await
                .unwrap();
            world.kill_if_alive().await;
            world.set_failpoints("");
            world.start_bot().await;
            world.lin().command_message("hint", &[]).await;
            world.lin().command_message("hint", &[]).await;
            let count = notes(&world, "in a row** in").len();
            // After the save the note is lost; before it, the process may have saved it or not.
            assert!(
                count <= usize::from(step == "milestone.changed"),
                "{step}: {count}"
            );
            assert_eq!(world.lin().streak().await, 3, "{step}");
        }
    }
}

/// A message in the channel is not answered. The member's next private answer says once that it was
/// not in the thread, with a button that leads there.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_outside_of_the_thread_is_mentioned_once() {
    let world = World::at(WEDNESDAY).team().start().await;
    world.advance("1m").await;
    assert!(world.post().footer().contains("reply in the thread"));
    let before = world.sandbox.messages(ids::ASYNCIO, ids::SAM).len();
    let text = "a coroutine is a function that can pause";
    let message = world.lin().write(ids::ASYNCIO, text);
    world.sam().write(ids::ASYNCIO, "good morning");
    world.sam().reply("in the thread").await;
    let note = "isn't in the thread of today's question";
    assert_eq!(
        world.sandbox.messages(ids::ASYNCIO, ids::SAM).len(),
        before + 2,
        "nobody is answered in the channel"
    );
    world.lin().command_message("help", &[]).await;
    world
        .wait_until("the note", || notes(&world, note).len() == 1)
        .await;
    let sent = notes(&world, note).remove(0);
    let components = serde_json::to_string(&sent.components).unwrap();
    let link = format!(
        "https://discord.com/channels/{}/{}",
        ids::GUILD,
        world.thread()
    );
    assert!(components.contains(&link), "{components}");
    assert!(!world.sandbox.message(message).unwrap().is_counted());
    world.lin().write(ids::ASYNCIO, "again");
    world.lin().command_message("help", &[]).await;
    // Sam has replied in the thread, so there is nothing to say.
    world.sam().command_message("help", &[]).await;
    world.lin().reply("in the thread").await;
    world.lin().command_message("help", &[]).await;
    assert_eq!(notes(&world, note).len(), 1);
    let sams = world.sandbox.messages(ids::ASYNCIO, ids::SAM);
    assert!(!sams.iter().any(|message| message.text().contains(note)));
    // Only the fact was kept, and only in memory.
    assert!(!world.log().contains(text));
    for file in std::fs::read_dir(world.state().join("guilds")).unwrap() {
        let saved = std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
        assert!(
            !saved.contains(text) && !saved.contains("outside"),
            "{saved}"
        );
    }
}

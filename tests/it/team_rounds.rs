//! `/team void`, `/team credit` and `/team restore`: suggestions, confirmation and undo.

use discord_sandbox::ids;
use serde_json::json;

use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt, World, WorldBuilder, credit_options};

const WEDNESDAY: &str = "2026-03-25T08:59[Europe/Berlin]";

/// Three questions: Lin replied to the first two, to the second one late. The third is open.
async fn three_days(builder: WorldBuilder) -> World {
    let world = builder.start().await;
    world.advance("1m").await;
    world.lin().reply("in time").await;
    world.advance("24h").await;
    let thread = world.thread();
    world.advance("24h").await;
    let late = world.lin().write(thread, "too late");
    world.lin().wait_until_counted(late).await;
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

async fn suggestions(world: &World, command: &str, typed: &str) -> Vec<(String, String)> {
    let options = [("question", json!(typed))];
    let choices = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::ADA, command, &options)
        .await
        .unwrap();
    let choices = choices.into_iter();
    choices
        .map(|choice| (choice.name, choice.value.as_str().unwrap().to_owned()))
        .collect()
}

/// Suggestions have number, date and first words, the newest first, and are found by each of them.
#[tokio::test(flavor = "multi_thread")]
async fn questions_are_chosen_from_suggestions() {
    let world = three_days(World::at(WEDNESDAY).team()).await;
    let all = suggestions(&world, "team void", "").await;
    let numbers: Vec<&str> = all.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(numbers, ["3", "2", "1"]);
    assert!(
        all[0].0.starts_with("Question 3 · Fri 27 Mar · "),
        "{all:?}"
    );
    let first = world.posts()[0].question().replace('`', "");
    let words: String = first.chars().take(20).collect();
    for typed in ["1", "25 mar", "2026-03-25", "Question 1", &words] {
        let found = suggestions(&world, "team credit", typed).await;
        assert!(
            found.iter().any(|(_, value)| value == "1"),
            "{typed}: {found:?}"
        );
    }
    assert_eq!(suggestions(&world, "team void", "26 mar").await.len(), 1);
    assert!(
        suggestions(&world, "team void", "no such words")
            .await
            .is_empty()
    );
    assert!(suggestions(&world, "team restore", "").await.is_empty());
    world.ada().void(2).await;
    world.ada().credit(ids::SAM, 3).await;
    assert_eq!(suggestions(&world, "team void", "").await.len(), 2);
    let changed = suggestions(&world, "team restore", "").await;
    assert_eq!(changed.len(), 2, "{changed:?}");
    // Members see none, even if a server lets them use the command.
    let options = [("question", json!(""))];
    let seen = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::LIN, "team void", &options)
        .await;
    assert!(seen.unwrap_or_default().is_empty());
}

/// Nothing happens before the confirmation, and each change can be undone, also after a restart: then
/// everyone has the result they had.
#[tokio::test(flavor = "multi_thread")]
async fn void_and_credit_ask_back_and_can_be_undone() {
    for (builder, _database) in worlds() {
        let mut world = three_days(builder).await;
        let results = [
            "⏳ still open",
            "✖️ too late: the next question was already out",
            "✅ answered",
        ];
        assert_eq!(world.lin().streak_reasons().await, results);

        let question = [("question", json!("2026-03-26"))];
        let asked = world.ada().command_message("team void", &question).await;
        assert!(asked.ephemeral);
        let text = asked.text();
        assert!(
            text.contains("Cancel question 2 of Thu 26 Mar?")
                && text.contains("1 member has answered it"),
            "{text}"
        );
        assert_eq!(world.lin().streak_reasons().await, results, "only asked");
        let done = world.ada().press(asked.id, "Cancel the question").await;
        assert!(
            done.text()
                .contains("Question 2 no longer counts for anyone"),
            "{}",
            done.text()
        );
        assert_eq!(done.id, asked.id, "the confirmation is replaced");
        let by = format!("<@{}>", ids::ADA);
        let void = world.lin().streak_reasons().await;
        assert_eq!(void[1], format!("➖ doesn't count (cancelled by {by})"));
        assert_eq!(world.lin().streak().await, 1);
        // Credit for it is refused, and the reason is named.
        let refused = world.ada().credit(ids::LIN, 2).await.text();
        assert!(
            refused.contains("was cancelled and counts for nobody"),
            "{refused}"
        );
        // The old button changes nothing any more.
        let again = world.ada().press_id(&void_id(&world, 2)).await.text();
        assert!(again.contains("Question 2 is cancelled already"), "{again}");
        world.kill_and_restart().await;
        let undone = world.ada().press(done.id, "Undo").await.text();
        assert!(undone.contains("Question 2 counts again"), "{undone}");
        assert_eq!(world.lin().streak_reasons().await, results);

        let asked = world
            .ada()
            .command_message("team credit", &credit_options(ids::LIN, 2))
            .await;
        let text = asked.text();
        assert!(
            text.contains("Count question 2 of Thu 26 Mar as answered for"),
            "{text}"
        );
        assert_eq!(world.lin().streak_reasons().await, results, "only asked");
        world.ada().press(asked.id, "Give credit").await;
        assert_eq!(world.lin().streak().await, 2);
        world.kill_and_restart().await;
        let undone = world
            .ada()
            .command_message("team restore", &credit_options(ids::LIN, 2))
            .await
            .text();
        assert!(
            undone.contains("has no credit for question 2 any more"),
            "{undone}"
        );
        assert_eq!(world.lin().streak_reasons().await, results);
        let nothing = world
            .ada()
            .command_message("team restore", &credit_options(ids::LIN, 2))
            .await
            .text();
        assert!(
            nothing.contains("This member has no credit for question 2."),
            "{nothing}"
        );
        let nothing = world
            .ada()
            .command_message("team restore", &question)
            .await
            .text();
        assert!(
            nothing.contains("Question 2 was not cancelled"),
            "{nothing}"
        );
    }
}

fn void_id(world: &World, number: usize) -> String {
    format!("q1:round:{}:void", world.posts()[number - 1].id)
}

/// Whatever custom id a member sends, only an admin changes what a question counts for. The button of
/// a team that was removed does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins_change_what_a_question_counts_for() {
    let world = World::at(WEDNESDAY).start().await;
    world.set_up_by_ada().await;
    world.advance("1m").await;
    let message = world.post().id;
    for change in [
        "void".to_owned(),
        "restore".to_owned(),
        format!("credit:{}", ids::LIN),
        format!("take-back:{}", ids::LIN),
    ] {
        let id = format!("q1:round:{message}:{change}");
        let refused = world.lin().press_id(&id).await.text();
        assert!(
            refused.contains("You need the \"Manage Server\" permission"),
            "{refused}"
        );
    }
    assert_eq!(world.lin().streak().await, 0);
    let asked = world
        .ada()
        .command_message("team void", &[("question", json!("1"))])
        .await;
    let removal = world.ada().command_message("team remove", &[]).await;
    world.ada().press(removal.id, "Remove the team").await;
    // Later than the question, which the new team would find and take over otherwise.
    world.advance("1m").await;
    world.set_up_by_ada().await;
    world.advance("24h").await;
    let stale = world
        .ada()
        .press(asked.id, "Cancel the question")
        .await
        .text();
    assert!(stale.contains("This button is too old"), "{stale}");
    assert!(
        !world
            .lin()
            .streak_reasons()
            .await
            .iter()
            .any(|one| one.contains("cancelled"))
    );
}

/// Killed around the save: the admin was not told, presses again, and the result is the same.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_an_undo_loses_nothing() {
    for (builder, _database) in worlds() {
        let mut world = three_days(builder.failpoints()).await;
        for step in ["order.changed", "order.saved"] {
            world.ada().void(1).await;
            let restore = format!("q1:round:{}:restore", world.posts()[0].id);
            let asked = world
                .ada()
                .command_message("team void", &[("question", json!("3"))])
                .await;
            world.set_failpoints(&format!("{step} kill"));
            // Any message has the button, because the custom id holds everything.
            world.sandbox.with(|discord| {
                let message = discord.message_mut(ids::ASYNCIO, asked.id).unwrap();
                message.components = vec![json!({ "type": 1, "id": 1, "components": [
                    { "type": 2, "id": 2, "style": 2, "label": "Undo", "custom_id": restore },
                ] })];
            });
            let outcome = world.sandbox.press(asked.id, ids::ADA, "Undo", &[]).await;
            assert!(
                outcome.message().is_none_or(|one| one.id == asked.id),
                "{outcome:?}"
            );
            world.kill_if_alive().await;
            world.set_failpoints("");
            world.start_bot().await;
            let question = [("question", json!("1"))];
            let text = world
                .ada()
                .command_message("team restore", &question)
                .await
                .text();
            let is_done = text.contains("counts again") || text.contains("was not cancelled");
            assert!(is_done, "{step}: {text}");
            assert_eq!(
                world.lin().streak_reasons().await[2],
                "✅ answered",
                "{step}"
            );
        }
    }
}

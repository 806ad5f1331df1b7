//! A server's own questions: asked, found, disabled, and deleted with their author's data.

use std::time::Duration;

use discord_sandbox::ids;
use quizloop_bank::{Bank, built_in};
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, UserId};
use quizloop_core::server_questions::{AddedQuestion, QuestionContent};
use quizloop_store::{Store, inspect};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt as _, World};

const MONDAY: &str = "2026-03-23T08:59[Europe/Berlin]";

const GUILD: GuildId = GuildId::new(ids::GUILD);
const LIN: UserId = UserId::new(ids::LIN);

/// Changes the stored server while the bot is stopped.
fn change<R>(world: &World, database: Option<&TestDatabase>, f: impl FnOnce(&mut Guild) -> R) -> R {
    let opened = match database {
        Some(database) => Store::open_database(&database.url()).map_err(|error| error.to_string()),
        None => Store::open(&world.state()).map_err(|error| error.to_string()),
    };
    let store = opened.unwrap();
    let guild = futures::executor::block_on(store.load(GUILD)).unwrap();
    let (result, commit) = guild.upsert(f);
    futures::executor::block_on(commit.wait()).unwrap();
    drop(guild);
    assert!(store.close(Duration::from_secs(5)));
    result
}

fn content(question: &str) -> QuestionContent {
    QuestionContent {
        topic: Some("payments".into()),
        question: question.into(),
        answer: "The retry uses the same key.".into(),
        ..QuestionContent::default()
    }
}

fn add(guild: &mut Guild, question: &str) -> AddedQuestion {
    let mut rng = StdRng::seed_from_u64(question.len() as u64);
    let at = "2026-03-20T08:00:00Z".parse().unwrap();
    guild
        .add_question(content(question), LIN, at, &mut rng)
        .unwrap()
}

/// Disables every question that all servers share.
fn disable_shared(guild: &mut Guild) {
    for id in Bank::load(built_in(), &[]).0.ids() {
        assert!(guild.set_question_enabled(id, false).unwrap());
    }
}

/// Starts a team, stops its bot, changes its server, and starts the bot again.
async fn world_with(database: Option<&TestDatabase>, f: impl FnOnce(&mut Guild)) -> World {
    let mut builder = World::at(MONDAY).failpoints();
    if let Some(database) = database {
        builder = builder.database(database.url());
    }
    let mut world = builder.start().await;
    world.set_up_by_ada().await;
    assert_eq!(world.stop().await, Some(0));
    tokio::task::block_in_place(|| change(&world, database, f));
    world.start_bot().await;
    world
}

async fn choices(world: &World, typed: &str) -> Vec<String> {
    let options = [("question", json!(typed))];
    let found = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::LIN, "answer", &options)
        .await;
    found
        .unwrap()
        .into_iter()
        .map(|choice| choice.name)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_question_is_drawn_after_a_restart() {
    let databases = TestDatabase::new().map(Some).into_iter().chain([None]);
    for database in databases {
        let mut world = world_with(database.as_ref(), |guild| {
            add(guild, "How do you make a payment idempotent?");
            disable_shared(guild);
        })
        .await;
        world.advance("1m").await;
        let post = world.post();
        assert!(
            post.text()
                .contains("How do you make a payment idempotent?"),
            "{}",
            post.text()
        );
        world.lin().reply("with a key").await;
        let answer = world.lin().press(post.id, "Model answer").await;
        let text = answer.text();
        assert!(
            text.contains("#s1") && text.contains("The retry uses the same key."),
            "{text}"
        );
        assert_eq!(world.stop().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_questions_are_found_and_disabled_ones_are_not_asked() {
    let world = world_with(None, |guild| {
        add(guild, "How do you make a payment idempotent?");
        let refund = add(guild, "Who may refund a payment?");
        guild.set_question_enabled(&refund.id, false).unwrap();
        disable_shared(guild);
        guild.set_question_enabled("queue-handover", true).unwrap();
    })
    .await;
    world.lin().command("help", &[]).await;
    let own = "#s1 · How do you make a payment idempotent?";
    for typed in ["#s1", "s1", "idempotent", "payments"] {
        assert_eq!(choices(&world, typed).await, [own], "{typed}");
    }
    let all = choices(&world, "").await;
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[1], own);
    assert_eq!(choices(&world, "refund").await, [""; 0]);
    // Practice asks each of the two once.
    let mut asked = Vec::new();
    let first = world.sam().command_message("quiz", &[]).await;
    asked.push(first.text());
    asked.push(world.sam().press(first.id, "Another").await.text());
    let idempotent = asked.iter().filter(|text| text.contains("idempotent"));
    assert_eq!(idempotent.count(), 1, "{asked:?}");
    let none = world.sam().press(first.id, "Another").await.text();
    assert!(!none.contains("refund"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn authors_see_export_and_delete_their_part() {
    let world = world_with(None, |guild| {
        add(guild, "How do you make a payment idempotent?");
        let at = "2026-03-20T08:00:00Z".parse().unwrap();
        guild
            .suggest_question(content("Who may refund?"), LIN, at)
            .unwrap();
    })
    .await;
    let overview = world.lin().command_message("privacy", &[]).await;
    let text = overview.text();
    assert!(
        text.contains("that you wrote 1 question of this server"),
        "{text}"
    );
    assert!(text.contains("1 question that you suggested"), "{text}");
    let export = world.lin().press(overview.id, "Export my data").await;
    let file: Value = serde_json::from_slice(&world.attachment(&export).await).unwrap();
    assert_eq!(file["questions"][0]["number"], 1);
    assert_eq!(
        file["suggestions"][0]["content"]["question"],
        "Who may refund?"
    );
    let confirmation = world.lin().press(overview.id, "Delete my data").await;
    assert!(
        confirmation
            .text()
            .contains("The questions that you wrote stay"),
        "{}",
        confirmation.text()
    );
    world.lin().press(overview.id, "Delete for good").await;
    assert!(!guilds_folder(&world).contains(&ids::LIN.to_string()));
    let guild = inspect::guild(&world.state(), GUILD).unwrap();
    let own = guild.server_questions().unwrap();
    assert_eq!((own.questions().len(), own.suggestions().len()), (1, 0));
}

/// Killed before the questions are written for the first or the second time: a repeated deletion
/// erases the author from both generations, although the questions are the same by then.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_a_members_deletion_leaves_no_author() {
    for hit in [1, 2] {
        let mut world = world_with(None, |guild| drop(add(guild, "Why?"))).await;
        let overview = world.lin().command_message("privacy", &[]).await;
        world.lin().press(overview.id, "Delete my data").await;
        world.set_failpoints(&format!("questions.begin kill {hit}"));
        let pressed = world
            .sandbox
            .press(overview.id, ids::LIN, "Delete for good", &[])
            .await;
        assert!(pressed.message().is_none(), "kill {hit}: {pressed:?}");
        world.kill_if_alive().await;
        world.set_failpoints("");
        assert!(
            guilds_folder(&world).contains(&ids::LIN.to_string()),
            "kill {hit}"
        );
        world.start_bot().await;
        let overview = world.lin().command_message("privacy", &[]).await;
        world.lin().press(overview.id, "Delete my data").await;
        world.lin().press(overview.id, "Delete for good").await;
        assert!(
            !guilds_folder(&world).contains(&ids::LIN.to_string()),
            "kill {hit}"
        );
        let guild = inspect::guild(&world.state(), GUILD).unwrap();
        assert_eq!(guild.server_questions().unwrap().questions().len(), 1);
    }
}

/// Returns the contents of all files of servers.
fn guilds_folder(world: &World) -> String {
    let files = std::fs::read_dir(world.state().join("guilds")).unwrap();
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(file.unwrap().path()).unwrap()
    };
    files.map(read).collect()
}

/// Killed at each step of a deletion: the questions are live or can be restored, with the rest.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_a_deletion_loses_no_question() {
    for step in [
        "forget.kept",
        "forget.half",
        "questions.deleted",
        "forget.done",
    ] {
        let mut world = world_with(None, |guild| drop(add(guild, "Why?"))).await;
        world.advance("1m").await;
        world.kill_in_removal(step).await;
        let live = world.state().join(format!("guilds/{}.json", ids::GUILD));
        let is_live = live.exists();
        assert_eq!(is_live, step != "forget.done", "killed at {step}");
        world.start_bot().await;
        world.wait_until("the deletion", || !live.exists()).await;
        assert_eq!(world.stop().await, Some(0));
        let left = std::fs::read_dir(world.state().join("guilds"))
            .unwrap()
            .count();
        assert_eq!(left, 0, "killed at {step}");
        let copies = inspect::deleted(&world.state()).unwrap();
        let has_question = |copy: &quizloop_store::deleted::DeletedGuild| {
            let own = copy.data.as_ref().unwrap().server_questions();
            own.is_some_and(|own| own.questions().len() == 1)
        };
        assert!(copies.iter().any(has_question), "killed at {step}");
    }
}

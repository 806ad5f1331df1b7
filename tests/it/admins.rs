//! What admins do: set a team up, see what is missing, pause, skip, remove. The numbers are those of the list of
//! field failures.

use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::ids;
use quizloop::sandbox::model::Overwrite;
use serde_json::{Value, json};

use crate::support::{MemberHandle, MessageExt, World};

const WEDNESDAY: &str = "2026-03-25T12:00[Europe/Berlin]";

/// What a team needs, by the number of its permission bit (Discord docs, topics/permissions).
const NEEDED: [(u32, &str); 6] = [
    (11, "Send Messages"),
    (14, "Embed Links"),
    (16, "Read Message History"),
    (35, "Create Public Threads"),
    (38, "Send Messages in Threads"),
    (6, "Add Reactions"),
];

async fn set_up(member: MemberHandle<'_>, options: &[(&str, Value)]) -> String {
    let mut all = vec![("timezone", json!("Europe/Berlin"))];
    all.extend_from_slice(options);
    member.command_message("setup", &all).await.text()
}

async fn suggested(world: &World, option: &str, typed: &str) -> Vec<String> {
    let place = (ids::ASYNCIO, ids::ADA);
    let command = if option == "question" {
        "answer"
    } else if option == "topic" {
        "quiz"
    } else {
        "setup"
    };
    let found = world
        .sandbox
        .autocomplete(place, command, (option, typed), &[])
        .await
        .unwrap();
    found.into_iter().map(|choice| choice.name).collect()
}

/// 13. UTC is taken; an unknown zone is refused with near matches, never taken as UTC in silence.
#[tokio::test(flavor = "multi_thread")]
async fn zones() {
    let world = World::at(WEDNESDAY).start().await;
    let ada = world.ada();
    for zone in ["UTC", "Etc/UTC", "europe/berlin", "Asia/Kathmandu"] {
        let said = ada
            .command_message("setup", &[("timezone", json!(zone))])
            .await
            .text();
        assert!(
            said.contains("<#1120000000000000001>") && said.contains("[The next questions]"),
            "{zone}: {said}"
        );
    }
    let said = ada
        .command_message("setup", &[("timezone", json!("Europe/Berlim"))])
        .await
        .text();
    assert!(
        said.contains("There is no time zone \"Europe/Berlim\"") && said.contains("Europe/Berlin"),
        "{said}"
    );
    let status = ada.command_message("team status", &[]).await.text();
    assert!(
        status.contains("(Asia/Kathmandu)"),
        "the last good one stays: {status}"
    );
}

/// While an admin types, what fits is offered, the best first and 25 at most.
#[tokio::test(flavor = "multi_thread")]
async fn suggestions() {
    let world = World::at(WEDNESDAY).start().await;
    assert_eq!(
        suggested(&world, "timezone", "berlin").await,
        ["Europe/Berlin"]
    );
    let usual = suggested(&world, "timezone", "").await;
    assert!(usual.contains(&"America/New_York".to_owned()), "{usual:?}");
    assert_eq!(suggested(&world, "timezone", "a").await.len(), 25);
    assert_eq!(
        suggested(&world, "timezone", "new york").await,
        ["America/New_York"]
    );
    assert_eq!(
        suggested(&world, "days", "sun").await,
        ["Sunday", "Sunday to Thursday"]
    );
    assert!(
        suggested(&world, "topic", "canc")
            .await
            .contains(&"cancellation".to_owned())
    );
    let questions = suggested(&world, "question", "gathr").await;
    assert!(questions.len() <= 25, "{questions:?}");
    assert!(questions[0].contains("gather"), "{questions:?}");
    assert!(
        suggested(&world, "question", "7").await[0].starts_with("007"),
        "found by its number"
    );
}

/// 29. Each permission that is taken away, by the channel or by the server, is named before the first post.
#[tokio::test(flavor = "multi_thread")]
async fn missing_permissions() {
    let world = World::at(WEDNESDAY).start().await;
    let missing = |said: &str| {
        said.lines()
            .filter_map(|line| line.strip_prefix("• **")?.strip_suffix("**"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for (bit, name) in NEEDED {
        world.sandbox.set_overwrite(
            ids::ASYNCIO,
            Overwrite {
                id: ids::APP,
                is_member: true,
                allow: 0,
                deny: 1 << bit,
            },
        );
        // Without Send Messages Discord takes more away; the first is what was denied.
        let said = set_up(world.ada(), &[]).await;
        let line = said
            .lines()
            .find(|line| line.contains("[Missing permissions]"));
        assert!(line.is_some(), "{name}: {said}");
        assert!(said.contains(&format!("**{name}**")), "{name}: {said}");
    }
    world.sandbox.set_overwrite(
        ids::ASYNCIO,
        Overwrite {
            id: ids::APP,
            is_member: true,
            allow: 0,
            deny: 0,
        },
    );
    let said = set_up(world.ada(), &[]).await;
    assert_eq!(missing(&said), Vec::<String>::new(), "{said}");
    world.sandbox.with(|discord| {
        let guild = discord.guilds.get_mut(&ids::GUILD).unwrap();
        for role in [ids::BOT_ROLE, ids::GUILD] {
            guild.roles.get_mut(&role).unwrap().permissions &= !(1 << 35);
        }
    });
    let said = set_up(world.ada(), &[]).await;
    assert_eq!(missing(&said), ["Create Public Threads"], "{said}");
}

/// A role that may not be mentioned by all would notify nobody: the admin is told before the first post.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_role() {
    let world = World::at(WEDNESDAY).start().await;
    let role = ("role", json!(ids::TEAM_ROLE.to_string()));
    let said = set_up(world.ada(), std::slice::from_ref(&role)).await;
    assert!(!said.contains("would notify nobody"), "{said}");
    world.sandbox.with(|discord| {
        let guild = discord.guilds.get_mut(&ids::GUILD).unwrap();
        guild.roles.get_mut(&ids::TEAM_ROLE).unwrap().mentionable = false;
    });
    let said = set_up(world.ada(), &[role]).await;
    assert!(
        said.contains("[The role]") && said.contains("would notify nobody"),
        "{said}"
    );
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("would notify nobody"), "{status}");
}

/// Only who may manage the server changes a team, also by a button that an admin left behind.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins() {
    let world = World::at(WEDNESDAY).start().await;
    let refused = world
        .lin()
        .command("setup", &[("timezone", json!("UTC"))])
        .await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
    // A server may let a role use the command all the same; the bot decides by Manage Server.
    let shown = world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    assert!(shown.ephemeral);
    let post_now = format!("q1:post-now:{}", ids::ASYNCIO);
    let remove = format!("q1:remove:{}", ids::ASYNCIO);
    for custom_id in [&post_now, &remove] {
        let said = world.lin().press_id(custom_id).await.text();
        assert!(
            said.contains("Only members who may manage the server"),
            "{custom_id}: {said}"
        );
    }
    world.advance("1m").await;
    assert!(world.posts().is_empty());
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("Team status"), "{status}");
}

/// A channel of the operator's file is changed there, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn the_operators_team() {
    let world = World::at(WEDNESDAY).team().start().await;
    let said = "The operator's file manages this channel";
    let ada = world.ada();
    assert!(set_up(ada, &[]).await.contains(said));
    let changed = ada
        .command_message("team settings", &[("time", json!("10:00"))])
        .await
        .text();
    assert!(changed.contains(said), "{changed}");
    let removed = ada.command_message("team remove", &[]).await.text();
    assert!(removed.contains(said), "{removed}");
    // What is no setting can still be done.
    let skipped = ada.command_message("team skip", &[]).await.text();
    assert!(skipped.contains("2026-03-26 has no question"), "{skipped}");
    world.set_time("2026-03-26T12:00").await;
    assert!(world.posts().is_empty());
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
}

/// A pause without an end, its end, and the removal with all that is kept.
#[tokio::test(flavor = "multi_thread")]
async fn pause_resume_and_remove() {
    let mut world = World::at(WEDNESDAY).start().await;
    set_up(world.ada(), &[]).await;
    world.set_time("2026-03-26T09:00").await;
    world.lin().reply("here").await;
    world.ada().command_message("team pause", &[]).await;
    world.set_time("2026-03-27T12:00").await;
    world.kill_and_restart().await;
    world.set_time("2026-03-30T12:00").await;
    assert_eq!(world.posts().len(), 1, "a pause survives a restart");
    let bad = world
        .ada()
        .command_message("team pause", &[("until", json!("2026-03-30"))])
        .await
        .text();
    assert!(bad.contains("not in the future"), "{bad}");
    world.ada().command_message("team resume", &[]).await;
    world.set_time("2026-03-31T09:00").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.lin().streak().await, 1);

    let asked = world.ada().command_message("team remove", &[]).await;
    assert!(
        asked
            .text()
            .contains("Its 2 rounds and the streaks of its 1 member"),
        "{}",
        asked.text()
    );
    world.ada().press(asked.id, "Remove for good").await;
    let none = world.lin().command_message("streak", &[]).await.text();
    assert!(
        none.contains("No team practises in this channel yet"),
        "{none}"
    );
    world.kill_and_restart().await;
    world.set_time("2026-04-01T12:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// Every setting can be changed, and is shown; wrong ones are refused with the right form.
#[tokio::test(flavor = "multi_thread")]
async fn settings() {
    let world = World::at(WEDNESDAY).start().await;
    let ada = world.ada();
    set_up(
        ada,
        &[
            ("time", json!("17:30")),
            ("days", json!("tue, thu")),
            ("role", json!(ids::TEAM_ROLE.to_string())),
            ("reveal", json!("open")),
        ],
    )
    .await;
    let changed = ada
        .command_message(
            "team settings",
            &[
                ("catch_up", json!("90m")),
                ("holidays", json!("2026-03-26, 2026-12-24")),
            ],
        )
        .await
        .text();
    for part in [
        "Tuesday and Thursday at 17:30 (Europe/Berlin)",
        "up to 1 h 30 min late",
        "open to all",
        &format!("<@&{}>", ids::TEAM_ROLE),
        "2026-03-26, 2026-12-24",
    ] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    for (option, bad, help) in [
        ("time", "9 am", "24 hours, such as 09:00"),
        ("days", "someday", "days:"),
        ("catch_up", "soon", "like 3h, 90m or 0"),
        ("holidays", "Xmas", "2026-12-24"),
    ] {
        let said = ada
            .command_message("team settings", &[(option, json!(bad))])
            .await;
        assert!(said.text().contains(help), "{option}: {}", said.text());
        assert!(said.ephemeral, "{option}");
    }
    world.set_time("2026-03-26T20:00").await;
    assert!(world.posts().is_empty(), "a holiday");
    world.set_time("2026-03-31T17:30").await;
    assert_eq!(world.posts().len(), 1);
}

/// The commands are registered when their definition changed, and not again by every start.
#[tokio::test(flavor = "multi_thread")]
async fn commands_are_registered_once() {
    let mut world = World::at(WEDNESDAY).team().start().await;
    let registered = |world: &World| {
        world
            .sandbox
            .requests()
            .iter()
            .filter(|request| request.method == "PUT" && request.path.ends_with("/commands"))
            .count()
    };
    assert_eq!(registered(&world), 1);
    world.kill_and_restart().await;
    world.stop().await;
    world.start_bot().await;
    assert_eq!(registered(&world), 1);
}

/// In a direct message or a channel without a team there is a clear sentence.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_team() {
    let world = World::at(WEDNESDAY).start().await;
    for command in ["streak", "leaderboard", "answer", "hint"] {
        let said = world.lin().command_message(command, &[]).await;
        assert!(
            said.text()
                .contains("No team practises in this channel yet"),
            "{command}: {}",
            said.text()
        );
        assert!(said.ephemeral, "{command}");
    }
    let quiz = world.lin().command_message("quiz", &[]).await.text();
    assert!(quiz.contains("[Level]"), "practice works anywhere: {quiz}");
}

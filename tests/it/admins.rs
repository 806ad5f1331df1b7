//! Admin commands: set up a team, see missing permissions, pause, skip, remove. The numbers refer
//! to the list of field failures.

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::model::Overwrite;
use serde_json::{Value, json};

use crate::health::Monitor;
use crate::support::{MemberHandle, MessageExt, World};

const WEDNESDAY: &str = "2026-03-25T12:00[Europe/Berlin]";

/// Permissions that a team needs, by bit number (Discord docs, topics/permissions).
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

async fn suggestions_for(world: &World, option: &str, typed: &str) -> Vec<String> {
    let command = if option == "question" {
        "answer"
    } else if option == "topic" {
        "quiz"
    } else {
        "setup"
    };
    let choices = world
        .sandbox
        .autocomplete(ids::ASYNCIO, ids::ADA, command, &[(option, json!(typed))])
        .await
        .unwrap();
    choices.into_iter().map(|choice| choice.name).collect()
}

/// 13. UTC is accepted. An unknown time zone is rejected with similar names and never silently
/// taken as UTC.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_time_zones_are_rejected_with_similar_names() {
    let world = World::at(WEDNESDAY).start().await;
    let ada = world.ada();
    for zone in ["UTC", "Etc/UTC", "europe/berlin", "Asia/Kathmandu"] {
        let response = ada
            .command_message("setup", &[("timezone", json!(zone))])
            .await
            .text();
        assert!(
            response.contains("<#1120000000000000001>") && response.contains("[Next questions]"),
            "{zone}: {response}"
        );
    }
    let response = ada
        .command_message("setup", &[("timezone", json!("Europe/Berlim"))])
        .await
        .text();
    assert!(
        response.contains("There is no time zone \"Europe/Berlim\"")
            && response.contains("Europe/Berlin"),
        "{response}"
    );
    let status = ada.command_message("team status", &[]).await.text();
    assert!(
        status.contains("(Asia/Kathmandu)"),
        "the last good one stays: {status}"
    );
}

/// Autocomplete offers matching zones while an admin types, best match first, at most 25.
#[tokio::test(flavor = "multi_thread")]
async fn autocomplete_offers_at_most_25_matches() {
    let world = World::at(WEDNESDAY).start().await;
    assert_eq!(
        suggestions_for(&world, "timezone", "berlin").await,
        ["Europe/Berlin"]
    );
    let usual = suggestions_for(&world, "timezone", "").await;
    assert!(usual.contains(&"America/New_York".to_owned()), "{usual:?}");
    assert_eq!(suggestions_for(&world, "timezone", "a").await.len(), 25);
    assert_eq!(
        suggestions_for(&world, "timezone", "new york").await,
        ["America/New_York"]
    );
    assert_eq!(
        suggestions_for(&world, "days", "sun").await,
        ["Sunday", "Sunday to Thursday"]
    );
    assert!(
        suggestions_for(&world, "topic", "canc")
            .await
            .contains(&"cancellation".to_owned())
    );
    let questions = suggestions_for(&world, "question", "gathr").await;
    assert!(questions.len() <= 25, "{questions:?}");
    assert!(questions[0].contains("gather"), "{questions:?}");
    assert!(
        suggestions_for(&world, "question", "7").await[0].starts_with("#7 · "),
        "found by its number"
    );
}

/// 29. Each permission that is denied, by the channel or by the server, is reported before the
/// first post.
#[tokio::test(flavor = "multi_thread")]
async fn missing_permissions_are_reported_before_the_first_post() {
    let world = World::at(WEDNESDAY).start().await;
    let missing = |response: &str| {
        response
            .lines()
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
        // Without Send Messages, Discord denies further permissions; the first one listed is the
        // one that was denied.
        let response = set_up(world.ada(), &[]).await;
        let line = response
            .lines()
            .find(|line| line.contains("[Missing permissions]"));
        assert!(line.is_some(), "{name}: {response}");
        assert!(
            response.contains(&format!("**{name}**")),
            "{name}: {response}"
        );
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
    let response = set_up(world.ada(), &[]).await;
    assert_eq!(missing(&response), Vec::<String>::new(), "{response}");
    world.sandbox.with(|discord| {
        let guild = discord.guilds.get_mut(&ids::GUILD).unwrap();
        for role in [ids::BOT_ROLE, ids::GUILD] {
            guild.roles.get_mut(&role).unwrap().permissions &= !(1 << 35);
        }
    });
    let response = set_up(world.ada(), &[]).await;
    assert_eq!(missing(&response), ["Create Public Threads"], "{response}");
}

/// A role that can't be mentioned would notify nobody: the admin gets a warning before the first
/// post.
#[tokio::test(flavor = "multi_thread")]
async fn an_unmentionable_role_gives_a_warning() {
    let world = World::at(WEDNESDAY).start().await;
    let role = ("role", json!(ids::TEAM_ROLE.to_string()));
    let response = set_up(world.ada(), std::slice::from_ref(&role)).await;
    assert!(!response.contains("notifies nobody yet"), "{response}");
    world.sandbox.with(|discord| {
        let guild = discord.guilds.get_mut(&ids::GUILD).unwrap();
        guild.roles.get_mut(&ids::TEAM_ROLE).unwrap().mentionable = false;
    });
    let response = set_up(world.ada(), &[role]).await;
    assert!(
        response.contains("[Role]") && response.contains("notifies nobody yet"),
        "{response}"
    );
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("notifies nobody yet"), "{status}");
}

/// Only members with Manage Server change a team, also with a button that an admin left behind.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins_change_a_team() {
    let world = World::at(WEDNESDAY).start().await;
    let refused = world
        .lin()
        .command("setup", &[("timezone", json!("UTC"))])
        .await;
    assert!(matches!(refused, ClientOutcome::Failed(_)), "{refused:?}");
    // A server may allow a role to use the command; the bot still requires Manage Server.
    let setup = world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
    assert!(setup.ephemeral);
    let post_now = format!("q1:post-now:{}", ids::ASYNCIO);
    let remove = format!("q1:remove:{}", ids::ASYNCIO);
    for custom_id in [&post_now, &remove] {
        let response = world.lin().press_id(custom_id).await.text();
        assert!(
            response.contains("You need the \"Manage Server\" permission"),
            "{custom_id}: {response}"
        );
    }
    world.advance("1m").await;
    assert!(world.posts().is_empty());
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("Team status"), "{status}");
}

/// A team from the operator's config can be changed only there.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_of_the_config_is_changed_only_there() {
    let world = World::at(WEDNESDAY).team().start().await;
    let response = "This team is set up in the bot's config file";
    let ada = world.ada();
    assert!(set_up(ada, &[]).await.contains(response));
    let changed = ada
        .command_message("team settings", &[("time", json!("10:00"))])
        .await
        .text();
    assert!(changed.contains(response), "{changed}");
    let removed = ada.command_message("team remove", &[]).await.text();
    assert!(removed.contains(response), "{removed}");
    // Commands that change no setting still work.
    let skipped = ada.command_message("team skip", &[]).await.text();
    assert!(skipped.contains("No question on Thu 26 Mar"), "{skipped}");
    world.set_time("2026-03-26T12:00").await;
    assert!(world.posts().is_empty());
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
}

/// An indefinite pause, resuming, and the removal of the team with all its data.
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
    let invalid = world
        .ada()
        .command_message("team pause", &[("until", json!("2026-03-30"))])
        .await
        .text();
    assert!(invalid.contains("not in the future"), "{invalid}");
    world.ada().command_message("team resume", &[]).await;
    world.set_time("2026-03-31T09:00").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.lin().streak().await, 1);

    let confirmation = world.ada().command_message("team remove", &[]).await;
    assert!(
        confirmation
            .text()
            .contains("its history of 2 questions and the streaks of 1 member"),
        "{}",
        confirmation.text()
    );
    world.ada().press(confirmation.id, "Remove the team").await;
    let none = world.lin().command_message("streak", &[]).await.text();
    assert!(
        none.contains("No team practises in this channel yet"),
        "{none}"
    );
    world.kill_and_restart().await;
    world.set_time("2026-04-01T12:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// Every setting can be changed and is shown; invalid values are rejected with the expected format.
#[tokio::test(flavor = "multi_thread")]
async fn every_setting_can_be_changed_and_is_shown() {
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
        "open to everyone",
        &format!("<@&{}>", ids::TEAM_ROLE),
        "2026-03-26, 2026-12-24",
    ] {
        assert!(changed.contains(part), "{part}: {changed}");
    }
    for (option, invalid, help) in [
        ("time", "nine", "Write it like 17:30, 9.30, 17 or 5pm"),
        ("days", "someday", "days:"),
        ("catch_up", "soon", "like 3h, 90m or 0"),
        ("wrap_up_at", "18:00", "Choose 18:30 or later, or off"),
        ("holidays", "Xmas", "2026-12-24"),
    ] {
        let response = ada
            .command_message("team settings", &[(option, json!(invalid))])
            .await;
        assert!(
            response.text().contains(help),
            "{option}: {}",
            response.text()
        );
        assert!(response.ephemeral, "{option}");
    }
    world.set_time("2026-03-26T20:00").await;
    assert!(world.posts().is_empty(), "a holiday");
    world.set_time("2026-03-31T17:30").await;
    assert_eq!(world.posts().len(), 1);
}

/// The commands are registered after their definition changed, and not by every start.
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
    world
        .wait_until("the registration", || {
            world.log().contains("slash commands registered")
        })
        .await;
    assert_eq!(registered(&world), 1);
    world.kill_and_restart().await;
    world.stop().await;
    world.start_bot().await;
    assert_eq!(registered(&world), 1);
}

/// Discord fails to register the commands of a new bot: the bot tries again beside everything else,
/// and the health report says so meanwhile. Texts then link to the commands.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_registration_is_repeated() {
    let builder = World::at("2026-03-25T08:59[Europe/Berlin]")
        .setting("[health]\nlisten = \"127.0.0.1:0\"\n");
    let mut world = builder.team().without_bot().await;
    let fault = world
        .sandbox
        .add_fault(FaultRule::on("SetCommands"), RequestFault::server_error());
    world.spawn_bot();
    let monitor = Monitor::new(&world).await;
    let report = monitor
        .wait_for(200, |report| {
            report["commands"]["state"] == "degraded" && report["gateway"]["state"] == "ok"
        })
        .await;
    let problem = report["commands"]["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("the slash commands have not been registered for "),
        "{problem}"
    );
    // Questions are posted meanwhile.
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 1);
    world.sandbox.remove_fault(fault);
    monitor
        .wait_for(200, |report| report["commands"]["state"] == "ok")
        .await;
    let commands = world.sandbox.commands(None);
    let quiz = commands.iter().find(|one| one.name == "quiz").unwrap();
    let link = format!("</quiz:{}>", quiz.id);
    let help = world.lin().command_message("help", &[]).await.embeds;
    assert!(help[0].to_string().contains(&link), "{help:?}");
    // The ids are stored: after a restart nothing is registered, and the links are the same.
    world.kill_and_restart().await;
    let help = world.lin().command_message("help", &[]).await.embeds;
    assert!(help[0].to_string().contains(&link), "{help:?}");
}

/// In a direct message or a channel without a team, commands explain what to do.
#[tokio::test(flavor = "multi_thread")]
async fn commands_without_a_team_explain_what_to_do() {
    let world = World::at(WEDNESDAY).start().await;
    for command in ["streak", "leaderboard", "history", "answer", "hint"] {
        let response = world.lin().command_message(command, &[]).await;
        assert!(
            response
                .text()
                .contains("No team practises in this channel yet"),
            "{command}: {}",
            response.text()
        );
        assert!(response.ephemeral, "{command}");
    }
    let quiz = world.lin().command_message("quiz", &[]).await.text();
    assert!(quiz.contains("[Level]"), "practice works anywhere: {quiz}");
}

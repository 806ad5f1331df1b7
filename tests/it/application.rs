//! The data belongs to one application, and a server's data is deleted only if Discord itself confirms
//! the removal.

use std::path::Path;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::operator::{quizloop, said};
use crate::support::World;
use crate::support::test_database::TestDatabase;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// An application other than the sandbox's default.
pub const STAGING: u64 = 1_130_000_000_000_000_777;

/// Returns a world with a stopped bot, a posted question and a reply.
async fn played(database: Option<&TestDatabase>) -> World {
    let mut builder = World::at(FRIDAY).team();
    if let Some(database) = database {
        builder = builder.database(database.url());
    }
    let mut world = builder.start().await;
    world.advance("1m").await;
    world.ada().reply("some time passes").await;
    assert_eq!(world.stop().await, Some(0));
    world
}

fn snapshot(world: &World) -> Vec<u8> {
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    std::fs::read(file).expect("the server's snapshot")
}

fn adopt(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = state.to_str().unwrap();
    let all = [&["state", "--state", folder, "adopt"], arguments].concat();
    said(&quizloop(state, &all))
}

#[tokio::test(flavor = "multi_thread")]
async fn another_applications_token_is_refused() {
    let mut world = played(None).await;
    let before = snapshot(&world);
    let mut staging = World::at(FRIDAY)
        .application(STAGING)
        .state(&world.state())
        .without_bot()
        .await;
    staging.spawn_bot();
    let (code, log) = staging.exit_and_log().await;
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains(&STAGING.to_string()), "{log}");
    assert!(log.contains(&ids::APP.to_string()), "{log}");
    assert!(log.contains("quizloop state adopt"), "{log}");
    assert_eq!(snapshot(&world), before);
    world.start_bot().await;
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn state_of_a_version_that_did_not_store_its_application() {
    let world = played(None).await;
    std::fs::remove_file(world.state().join("application")).unwrap();
    let mut staging = World::at(FRIDAY)
        .application(STAGING)
        .state(&world.state())
        .without_bot()
        .await;
    staging.spawn_bot();
    let (code, log) = staging.exit_and_log().await;
    assert_eq!(code, Some(2), "{log}");
    assert!(snapshot(&world).len() > 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_applications_token_is_refused_by_a_database() {
    let Some(database) = TestDatabase::new() else {
        return;
    };
    let _world = played(Some(&database)).await;
    let mut staging = World::at(FRIDAY)
        .application(STAGING)
        .database(database.url())
        .without_bot()
        .await;
    staging.spawn_bot();
    let (code, log) = staging.exit_and_log().await;
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains(&STAGING.to_string()), "{log}");
    assert_eq!(database.ask("select count(*)::text from guild"), "1");
    let processes = "select count(*)::text from process where until > now()";
    assert_eq!(database.ask(processes), "0", "it joined the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_handed_over_on_purpose() {
    let mut world = played(None).await;
    let staging_id = STAGING.to_string();
    let (code, text) = adopt(&world.state(), &[&staging_id]);
    assert_eq!(code, Some(2), "it asks first: {text}");
    let (code, text) = adopt(&world.state(), &[&staging_id, "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&ids::APP.to_string()), "{text}");
    world.spawn_bot();
    let (code, log) = world.exit_and_log().await;
    assert_eq!(code, Some(2), "{log}");
    let mut staging = World::at(FRIDAY)
        .application(STAGING)
        .state(&world.state())
        .without_bot()
        .await;
    staging.start_bot().await;
    let (code, text) = adopt(&world.state(), &[&staging_id, "--yes"]);
    assert_eq!(code, Some(3), "a bot uses the state: {text}");
}

/// An error page of a proxy or firewall does not confirm a removal.
#[tokio::test(flavor = "multi_thread")]
async fn only_discords_own_codes_confirm_a_removal() {
    let answers = [
        RequestFault::answer(404, &json!("not found")),
        RequestFault::api_error(404, 0, "404: Not Found"),
        RequestFault::api_error(403, 20_001, "Bots cannot use this endpoint"),
        RequestFault::api_error(403, 50_013, "Missing Permissions"),
    ];
    for answer in answers {
        let mut world = played(None).await;
        world.skip_api_check();
        world.sandbox.remove_bot(ids::GUILD);
        world
            .sandbox
            .add_fault(FaultRule::on("Guild").always(), answer);
        world.start_bot().await;
        world
            .wait_until("the answer to be read", || {
                world.log().contains("membership could not be checked")
            })
            .await;
        assert!(snapshot(&world).len() > 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_that_vanish_at_once_are_kept() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    let others: Vec<_> = (1..=3)
        .map(|number| world.another_guild(&format!("Other {number}")))
        .collect();
    for (guild, channel) in &others {
        world.configure_team(*guild, *channel);
    }
    world.start_bot().await;
    world.advance("1m").await;
    assert_eq!(world.stop().await, Some(0));
    for (guild, _) in &others[..2] {
        world.sandbox.remove_bot(*guild);
    }
    world.start_bot().await;
    world
        .wait_until("the missing servers to be noticed", || {
            world.log().contains("no data deleted")
        })
        .await;
    world.advance("24h").await;
    for (guild, _) in &others {
        let file = world.state().join(format!("guilds/{guild}.json"));
        assert!(file.exists(), "server {guild} was deleted");
    }
}

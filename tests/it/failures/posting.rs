//! Entries 2 to 9 of the list of field failures, where no other test covers them.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::log::LogEntry;
use serde_json::json;

use crate::support::World;

const EVERY_DAY: &str = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";

/// 2, 15. The bot is down for two whole days and returns the next morning: the missed days get no
/// question, the new day gets one, and the streak continues.
#[tokio::test(flavor = "multi_thread")]
async fn whole_days_of_downtime_break_no_streak() {
    for return_time in ["2026-03-27T08:30", "2026-03-27T09:20"] {
        let mut world = World::at("2026-03-24T08:59[Europe/Berlin]")
            .team()
            .with(EVERY_DAY)
            .start()
            .await;
        world.advance("1m").await;
        world.ada().reply("Tuesday").await;
        world.kill().await;
        world.set_time(return_time).await;
        world.start_bot().await;
        world.set_time("2026-03-27T10:00").await;
        let days: Vec<_> = world.posts().iter().map(day).collect();
        assert_eq!(days, ["2026-03-24", "2026-03-27"], "back at {return_time}");
        world.ada().reply("Friday").await;
        assert_eq!(world.ada().streak().await, 2, "back at {return_time}");
    }
}

/// Returns the local day in a question's footer.
pub fn day(post: &discord_sandbox::client::MessageView) -> String {
    let footer = post.embeds[0]["footer"]["text"].as_str().unwrap();
    footer.split(" · ").nth(1).unwrap().to_owned()
}

/// 3. Sessions begin and are resumed many times, before and after the question, until the gateway
/// client is replaced: one scheduler, one question a day.
#[tokio::test(flavor = "multi_thread")]
async fn many_session_starts_post_one_question() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    flood_with_session_starts(&world).await;
    world.advance("1m").await;
    world.ada().reply("counted once").await;
    flood_with_session_starts(&world).await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1);
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("counted once more").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 2);
    assert_eq!(world.saved_streak(ids::ADA), 2);
}

/// Dispatches session starts as a broken gateway might. The supervisor replaces the client, which
/// starts its own session.
async fn flood_with_session_starts(world: &World) {
    let is_ready = |entry| match entry {
        LogEntry::Event(event) if event.name == "READY" => Some(event.data),
        _ => None,
    };
    let ready = world.sandbox.log().into_iter().find_map(is_ready);
    let ready = ready.expect("the session began");
    let before = world.sandbox.identify_count();
    for _ in 0..20 {
        world.sandbox.dispatch_raw("READY", &ready);
        world.sandbox.dispatch_raw("RESUMED", &json!({}));
    }
    world
        .wait("another client", |discord| {
            (discord.gateway.identify_count > before).then_some(())
        })
        .await;
}

/// 5. Discord creates the message and never responds: after 15 s the bot searches for the message,
/// finds it and continues with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_without_a_response_is_found() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world
        .sandbox
        .add_fault(FaultRule::on("CreateMessage").after(), RequestFault::Hang);
    // The bot acknowledges the time only after the request timed out.
    tokio::select! {
        () = world.advance("1m") => panic!("nothing hung"),
        _ = world.wait_for("the question", |world| world.posts().pop()) => {}
    }
    world
        .wait_until("the request to be given up", || {
            world.log().contains("no answer in 15 seconds")
        })
        .await;
    world.wait_until_idle().await;
    world.advance("1m").await;
    world
        .wait_for("the thread", |world| world.post().thread)
        .await;
    world.ada().reply("counted").await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1);
}

/// 6. Saving fails from the moment the message was sent, and for a while afterwards: there is one
/// message and one thread, and the next day works as usual.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_save_after_the_post_repeats_nothing() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let (folder, away) = (world.state().join("guilds"), world.folder().join("away"));
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    let clock_set = world.set_time("2026-03-26T09:00");
    tokio::pin!(clock_set);
    tokio::select! {
        () = &mut clock_set => panic!("the bot finished although a request is held"),
        _ = hold.first_request() => {}
    }
    std::fs::rename(&folder, &away).unwrap();
    hold.release();
    world
        .wait_until("the disk's trouble to show", || {
            world.log().contains("could not be saved") || world.log().contains("ERROR")
        })
        .await;
    assert_eq!(world.posts().len(), 1);
    std::fs::rename(&away, &folder).unwrap();
    clock_set.await;
    world
        .wait_for("the thread", |world| world.post().thread)
        .await;
    world.ada().reply("counted").await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 2);
}

/// 6. Editing the message always fails: the footer stays unchanged, and nothing is posted twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_edit_repeats_nothing() {
    for fault in [
        RequestFault::server_error(),
        RequestFault::missing_permissions(),
        RequestFault::malformed_body(),
    ] {
        let what = format!("{fault:?}");
        let mut world = World::at("2026-03-26T08:59[Europe/Berlin]")
            .team()
            .start()
            .await;
        world.skip_api_check();
        world
            .sandbox
            .add_fault(FaultRule::on("EditMessage").always(), fault);
        world.advance("1m").await;
        world.ada().reply("counted").await;
        world
            .wait("the edit", |discord| {
                discord
                    .log
                    .requests()
                    .any(|request| request.route == "EditMessage")
                    .then_some(())
            })
            .await;
        world.advance("1h").await;
        world.kill_and_restart().await;
        assert_eq!(world.posts().len(), 1, "{what}");
        world.set_time("2026-03-27T09:00").await;
        assert_eq!(world.posts().len(), 2, "{what}");
        assert_eq!(world.ada().streak().await, 1, "{what}");
    }
}

/// 9. Set up at 15:00 for 09:00: the first question is posted tomorrow, once.
#[tokio::test(flavor = "multi_thread")]
async fn setup_after_the_posting_time_starts_tomorrow() {
    let mut world = World::at("2026-03-26T15:00[Europe/Berlin]").start().await;
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("time", json!("09:00")),
    ];
    // Also after a second setup and a restart.
    world.ada().command_message("setup", &options).await;
    world.ada().command_message("setup", &options).await;
    world.kill_and_restart().await;
    world.set_time("2026-03-27T08:59").await;
    assert_eq!(world.posts().len(), 0);
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
}

/// 9. Posted at 09:00; at 09:30 the time is changed to 10:00, at 10:30 to 11:00, and so on: one
/// question that day.
#[tokio::test(flavor = "multi_thread")]
async fn moving_the_time_later_posts_once_a_day() {
    let world = World::at("2026-03-26T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    world.set_time("2026-03-26T09:00").await;
    for hour in 10..14 {
        world
            .set_time(&format!("2026-03-26T{:02}:30", hour - 1))
            .await;
        world
            .ada()
            .command_message("team settings", &[("time", json!(format!("{hour}:00")))])
            .await;
        world.set_time(&format!("2026-03-26T{hour}:00")).await;
        assert_eq!(world.posts().len(), 1, "moved to {hour}:00");
    }
    world.set_time("2026-03-27T13:00").await;
    assert_eq!(world.posts().len(), 2);
}

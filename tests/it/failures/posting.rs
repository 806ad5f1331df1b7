//! Lines 2 to 9, as far as no other test shows them.

use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use quizloop::sandbox::log::LogEntry;
use serde_json::json;

use crate::support::World;

const EVERY_DAY: &str = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";

/// 2, 15. Down over two whole days, back on the next morning: those days get no question, this one gets its own,
/// and the streak goes on as if they had not been.
#[tokio::test(flavor = "multi_thread")]
async fn down_over_whole_days() {
    for back in ["2026-03-27T08:30", "2026-03-27T09:20"] {
        let mut world = World::at("2026-03-24T08:59[Europe/Berlin]")
            .team()
            .with(EVERY_DAY)
            .start()
            .await;
        world.advance("1m").await;
        world.ada().reply("Tuesday").await;
        world.kill().await;
        world.set_time(back).await;
        world.start_bot().await;
        world.set_time("2026-03-27T10:00").await;
        let days: Vec<_> = world.posts().iter().map(day).collect();
        assert_eq!(days, ["2026-03-24", "2026-03-27"], "back at {back}");
        world.ada().reply("Friday").await;
        assert_eq!(world.ada().streak().await, 2, "back at {back}");
    }
}

/// The local day of a question.
pub fn day(post: &quizloop::sandbox::client::MessageView) -> String {
    let footer = post.embeds[0]["footer"]["text"].as_str().unwrap();
    footer.split(" · ").nth(1).unwrap().to_owned()
}

/// 3. Sessions begin and are resumed again and again, before and after the question, until the gateway's client is
/// replaced: one scheduler, one question a day.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_begin_many_times() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    storm(&world).await;
    world.advance("1m").await;
    world.ada().reply("counted once").await;
    storm(&world).await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1);
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("counted once more").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 2);
    assert_eq!(world.saved_streak(ids::ADA), 2);
}

/// Sessions as they would begin on a broken gateway; the watchdog replaces the client, which gets one of its own.
async fn storm(world: &World) {
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

/// 5. Discord takes the message and never answers: after 15 s the bot looks, finds it, and goes on with it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world
        .sandbox
        .add_fault(FaultRule::on("CreateMessage").after(), RequestFault::Hang);
    // The bot does not settle before it gives the request up.
    tokio::select! {
        () = world.advance("1m") => panic!("nothing hung"),
        _ = world.see("the question", |world| world.posts().pop()) => {}
    }
    world
        .until("the request to be given up", || {
            world.log().contains("no answer in 15 seconds")
        })
        .await;
    world.wait_until_idle().await;
    world.advance("1m").await;
    world.see("the thread", |world| world.post().thread).await;
    world.ada().reply("counted").await;
    world.advance("1h").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1);
}

/// 6. The disk takes nothing from the moment the message is out, and for a while after: one message, one thread,
/// and the next day's as ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_save_that_fails_after_the_post() {
    let world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    let (folder, away) = (world.state().join("guilds"), world.folder().join("away"));
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    let moved = world.set_time("2026-03-26T09:00");
    tokio::pin!(moved);
    tokio::select! {
        () = &mut moved => panic!("the bot finished although a request is held"),
        _ = hold.first_request() => {}
    }
    std::fs::rename(&folder, &away).unwrap();
    hold.release();
    world
        .until("the disk's trouble to show", || {
            world.log().contains("could not be saved") || world.log().contains("ERROR")
        })
        .await;
    assert_eq!(world.posts().len(), 1);
    std::fs::rename(&away, &folder).unwrap();
    moved.await;
    world.see("the thread", |world| world.post().thread).await;
    world.ada().reply("counted").await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
    assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 2);
}

/// 6. The message can never be edited: its footer stays as it is, and nothing is posted a second time.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_fails() {
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
                    .any(|one| one.route == "EditMessage")
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

/// 9. Set up at 15:00 for 09:00: the first question is tomorrow's, and comes once.
#[tokio::test(flavor = "multi_thread")]
async fn set_up_for_a_time_that_has_passed() {
    let mut world = World::at("2026-03-26T15:00[Europe/Berlin]").start().await;
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("time", json!("09:00")),
    ];
    // Also when it is set up twice, or the bot is started anew.
    world.ada().command_message("setup", &options).await;
    world.ada().command_message("setup", &options).await;
    world.kill_and_restart().await;
    world.set_time("2026-03-27T08:59").await;
    assert_eq!(world.posts().len(), 0);
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
}

/// 9. Posted at 09:00; at 09:30 the time becomes 10:00, and at 10:30 it becomes 11:00: one question that day.
#[tokio::test(flavor = "multi_thread")]
async fn moved_to_later_again_and_again() {
    let world = World::at("2026-03-26T08:00[Europe/Berlin]").start().await;
    world
        .ada()
        .command_message("setup", &[("timezone", json!("Europe/Berlin"))])
        .await;
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

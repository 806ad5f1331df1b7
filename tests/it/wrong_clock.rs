//! The clock of the bot's machine is wrong, while Discord's is right.

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;

use jiff::SignedDuration;

use crate::crashes::move_to_nine;
use crate::health::Monitor;
use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt as _, World};

const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_posted_until_the_clock_is_right() {
    let world = World::at("2026-03-26T23:00[Europe/Berlin]")
        .team()
        .setting(LISTEN)
        .start()
        .await;
    let monitor = Monitor::new(&world).await;
    // 10:30 by the bot's clock, an hour and a half after the question's time.
    world.set_bot_clock_ahead("11h 30m").await;
    assert_eq!(world.posts().len(), 0);
    let health = monitor
        .wait_for(503, |health| health["clock"]["state"] == "down")
        .await;
    let problem = "this machine's clock is 11 hours ahead of Discord's, so nothing is posted, \
                   expired or deleted; set the clock, and keep it right with NTP";
    assert_eq!(health["clock"]["problem"], problem);
    // An order of an admin would begin the round of a wrong day.
    let refused = world.ada().command_message("team post", &[]).await;
    assert_eq!(
        refused.text(),
        "The clock of the machine I run on is wrong, so I post nothing. Ask the person who runs the \
         bot to set it, then try again."
    );
    world.set_bot_clock_ahead("0s").await;
    monitor
        .wait_for(200, |health| health["clock"]["state"] == "ok")
        .await;
    assert_eq!(world.log().matches(problem).count(), 1, "{}", world.log());
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
    world.set_time("2026-03-30T09:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// The clock jumps between the steps of a post: the question is not given up as too late.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_during_a_post_does_not_end_it() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    // The first question after a start is searched for.
    let hold = world.sandbox.hold_requests(FaultRule::on("ListMessages"));
    move_to_nine(&world, &hold, "2026-03-27T09:00").await;
    let nine_hours = SignedDuration::from_hours(9);
    let jumped = world.sandbox.clock().set_follower_skew(nine_hours);
    let noticed = world.wait_until("the jump to be noticed", || {
        world.log().contains("9 hours ahead of Discord's")
    });
    tokio::join!(
        async {
            jumped.await.unwrap();
        },
        async {
            noticed.await;
            hold.release();
        }
    );
    assert_eq!(world.posts().len(), 0);
    world.set_bot_clock_ahead("0s").await;
    assert_eq!(world.posts().len(), 1);
}

/// Orders are given while the clock is half a year ahead. They take effect at Discord's time.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_is_resumed_or_set_up_with_a_wrong_clock_gets_questions() {
    let world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    world.ada().command_message("team pause", &[]).await;
    world.set_bot_clock_ahead("4392h").await;
    world.ada().command_message("team resume", &[]).await;
    let (_, channel) = world.another_guild("Other");
    let zone = [("timezone", serde_json::json!("Europe/Berlin"))];
    world.ada().command_in(channel, "setup", &zone).await;
    world.set_bot_clock_ahead("0s").await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.posts_in(channel).len(), 1);
}

/// A reply is saved in a database while the clock is half a year ahead. The stored time at which the
/// server is next due is right nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_saved_under_a_wrong_clock_is_loaded_in_time() {
    let Some(database) = TestDatabase::new() else {
        return;
    };
    let mut world = World::at("2026-03-26T08:59[Europe/Berlin]")
        .team()
        .database(database.url())
        .start()
        .await;
    world.advance("1m").await;
    world.set_bot_clock_ahead("4392h").await;
    world.ada().reply("saved under a wrong clock").await;
    world.kill().await;
    database.expire_leases();
    world.set_bot_clock_ahead("0s").await;
    let due = database.ask("select wake from guild");
    assert!(due.starts_with("2026-03-27 08:00:00"), "{due}");
    world.start_bot().await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_member_data_expires_by_a_wrong_clock() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("first").await;
    world.lin().reply("second").await;
    // Fourteen months.
    world.set_bot_clock_ahead("10224h").await;
    world.set_bot_clock_ahead("0s").await;
    assert_eq!(world.ada().streak().await, 1);
    assert_eq!(stored_members(&world), 2);
}

/// A member who sees the answer and then replies within the difference has looked first. The times
/// of both are Discord's, whatever the bot's clock shows.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_counts_before_the_reply_that_follows_it() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.set_bot_clock_ahead("2m").await;
    let lin = world.lin();
    let asked = lin.press(world.post().id, "Model answer").await;
    lin.press(asked.id, "Show it anyway").await;
    world.advance("30s").await;
    world.lin().reply("copied").await;
    assert_eq!(world.lin().streak().await, 0);
}

/// A reply after the deletion counts, though it is earlier than the deletion by the bot's clock.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_after_a_deletion_counts() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("first").await;
    world.set_bot_clock_ahead("2m").await;
    let overview = world.lin().command_message("privacy", &[]).await;
    world.lin().press(overview.id, "Delete my data").await;
    world.lin().press(overview.id, "Delete for good").await;
    assert_eq!(world.lin().streak().await, 0);
    world.advance("1m").await;
    world.lin().reply("again").await;
    assert_eq!(world.lin().streak().await, 1);
}

/// Members who are inactive all at once are deleted only after a comparison of the clocks.
#[tokio::test(flavor = "multi_thread")]
async fn many_members_expire_only_after_a_comparison() {
    let world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("first").await;
    world.lin().reply("second").await;
    world.ada().command_message("team pause", &[]).await;
    let refused = RequestFault::server_error();
    world
        .sandbox
        .add_fault(FaultRule::on("Me").always(), refused);
    world.set_time("2027-06-01T08:00").await;
    let warned = || world.log().contains("could not be compared");
    world.wait_until("the warning", warned).await;
    assert_eq!(stored_members(&world), 2);
    world.sandbox.clear_faults();
    world.set_time("2027-06-02T08:00").await;
    world
        .wait_until("both are deleted", || stored_members(&world) == 0)
        .await;
}

/// Returns how many of the two members are in the server's snapshot.
fn stored_members(world: &World) -> usize {
    let snapshot = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let stored = std::fs::read_to_string(snapshot).unwrap();
    let members = [ids::ADA, ids::LIN].into_iter();
    members
        .filter(|member| stored.contains(&member.to_string()))
        .count()
}

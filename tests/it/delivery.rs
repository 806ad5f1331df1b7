//! A message is sent exactly once, also if the machine's clock is wrong, if an old state was
//! restored, or if the bot may not read the channel.

use std::path::{Path, PathBuf};

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::permission::READ_MESSAGE_HISTORY;
use serde_json::Value;

use crate::crashes::move_to_nine;
use crate::discord_errors::deny;
use crate::support::{MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";
const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// Returns the file with the sample server's state.
fn snapshot(world: &World) -> PathBuf {
    world.state().join(format!("guilds/{}.json", ids::GUILD))
}

/// Returns the only team in a snapshot.
fn saved_team(file: &Path) -> Value {
    let guild: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    guild["teams"][ids::ASYNCIO.to_string()].clone()
}

/// Sets the time without waiting for the bot.
async fn set_time_at_once(world: &World, moment: &str) {
    tokio::select! {
        biased;
        () = world.set_time(moment) => {}
        () = std::future::ready(()) => {}
    }
}

/// The bot's clock is 90 seconds ahead of Discord's, and the bot is killed after Discord has created
/// the message. When it is back, Discord has forgotten the nonce: the message is older than the due
/// time by the bot's clock, and is found nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_from_before_its_due_time_is_found() {
    let early = "2026-03-27T08:50[Europe/Berlin]";
    for (start, earlier) in [(early, 0), (THURSDAY, 1)] {
        let mut world = World::at(start).team().start().await;
        if earlier > 0 {
            world.advance("1m").await;
            world.ada().reply("on Thursday").await;
        }
        let before = world.sandbox.hold_requests(FaultRule::on("CreateMessage"));
        let after = world
            .sandbox
            .hold_requests(FaultRule::on("CreateMessage").after());
        move_to_nine(&world, &before, "2026-03-27T09:00").await;
        set_time_at_once(&world, "2026-03-27T08:58:30").await;
        before.release();
        after.first_request().await;
        world.kill().await;
        after.reset();
        world.sandbox.clear_faults();
        world.set_time("2026-03-27T09:05").await;
        // More than a page of the history.
        for number in 0..150 {
            world.lin().write(ids::ASYNCIO, &format!("talk {number}"));
        }
        world.start_bot().await;
        assert_eq!(world.posts().len(), earlier + 1);
        assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), earlier + 1);
        world.ada().reply("on Friday").await;
        world.advance("5h").await;
        assert_eq!(world.posts().len(), earlier + 1);
    }
}

/// The state of an earlier day is put back while today's question is out: the question is found and
/// continues, with its replies. A backup of two days ago has another number and another question for
/// today.
#[tokio::test(flavor = "multi_thread")]
async fn todays_question_is_found_after_an_old_state_was_restored() {
    for backup_day in [26, 25] {
        let mut world = World::at("2026-03-25T08:59[Europe/Berlin]")
            .team()
            .start()
            .await;
        let backup = world.folder().join("backup.json");
        for day in 25..=27 {
            world.set_time(&format!("2026-03-{day}T09:00")).await;
            world.ada().reply("in time").await;
            if day == backup_day {
                world.stop().await;
                std::fs::copy(snapshot(&world), &backup).unwrap();
                world.start_bot().await;
            }
        }
        world.stop().await;
        let last = saved_team(&snapshot(&world))["rounds"][2].clone();
        std::fs::copy(&backup, snapshot(&world)).unwrap();
        world.set_time("2026-03-27T09:30").await;
        world.start_bot().await;
        assert_eq!(world.posts().len(), 3, "backup of {backup_day}");
        // Ada's reply is read from the thread. The days in between are lost with the state.
        let streak = u32::try_from(backup_day - 25).unwrap() + 2;
        world
            .wait_until("the reply of before", || {
                world.saved_streak(ids::ADA) == streak
            })
            .await;
        world.lin().reply("after the restore").await;
        world.stop().await;
        let team = saved_team(&snapshot(&world));
        let round = team["rounds"].as_array().unwrap().last().unwrap().clone();
        for part in ["message", "question", "day", "thread"] {
            assert_eq!(round[part], last[part], "{part}, backup of {backup_day}");
        }
        world.start_bot().await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 4, "backup of {backup_day}");
    }
}

/// A backup was made just before Thursday's question was sent, and is put back on Friday, when that
/// day's question is out as well. Thursday's is found, which says nothing about Friday's.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_the_moment_before_a_post_leads_to_no_second_one() {
    let mut world = World::at(THURSDAY).team().start().await;
    let hold = world.sandbox.hold_requests(FaultRule::on("CreateMessage"));
    move_to_nine(&world, &hold, "2026-03-26T09:00").await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    let backup = world.folder().join("backup.json");
    std::fs::copy(snapshot(&world), &backup).unwrap();
    world.start_bot().await;
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
    world.stop().await;
    std::fs::copy(&backup, snapshot(&world)).unwrap();
    // By then, Discord has forgotten the nonce.
    world.set_time("2026-03-27T09:30").await;
    world.start_bot().await;
    assert_eq!(world.posts().len(), 2);
    world.ada().reply("to Friday's question").await;
    world.stop().await;
    let rounds = saved_team(&snapshot(&world))["rounds"].clone();
    assert_eq!(rounds.as_array().unwrap().len(), 2);
}

/// The question was sent, the bot was killed, and Read Message History is taken away: Discord
/// returns an empty page. The question is held, the admin gets one message, and with the permission
/// the question continues.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_history_a_message_that_may_exist_is_held() {
    let mut world = World::at("2026-03-27T08:00[Europe/Berlin]").start().await;
    world.set_up_by_ada().await;
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").after());
    move_to_nine(&world, &hold, "2026-03-27T09:00").await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    deny(&world, ids::ASYNCIO, READ_MESSAGE_HISTORY);
    world.advance("5m").await;
    world.start_bot().await;
    for _ in 0..4 {
        world.advance("30m").await;
    }
    assert_eq!(world.posts().len(), 1);
    let [alert] = world.direct_messages().try_into().unwrap();
    insta::assert_snapshot!(alert.text(), @r#"
    I couldn't post the question in <#1120000000000000001>. I may have posted it already, but I'm not allowed to look. Give my role "Read Message History" in the channel. Until then I don't post it, so that it doesn't appear twice.
    I'll keep trying, and won't message you about this again.
    "#);
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains("I'm not allowed to look"), "{status}");
    deny(&world, ids::ASYNCIO, 0);
    world
        .wait_for("the thread", |world| world.posts().first()?.thread)
        .await;
    world.ada().reply("counted").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(world.direct_messages().len(), 1);
}

/// Without Read Message History, a question that was certainly not sent is posted: also the first
/// one after a start, and one that Discord refused.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_history_new_questions_are_posted() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    deny(&world, ids::ASYNCIO, READ_MESSAGE_HISTORY);
    world.start_bot().await;
    world.sandbox.add_fault(
        FaultRule::on("CreateMessage"),
        RequestFault::missing_permissions(),
    );
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 0);
    world.advance("30m").await;
    assert_eq!(world.posts().len(), 1);
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// The bot is killed before it has sent the question, and starts with a bank that does not have it
/// any more: another question is posted.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_left_the_bank_is_replaced() {
    let mut world = World::at(FRIDAY).team().start().await;
    let hold = world.sandbox.hold_requests(FaultRule::on("CreateMessage"));
    move_to_nine(&world, &hold, "2026-03-27T09:00").await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    let text = std::fs::read_to_string(snapshot(&world)).unwrap();
    let drawn = saved_team(&snapshot(&world))["rounds"][0]["question"].clone();
    let removed = text.replace(&drawn.to_string(), "\"a-question-that-was-removed\"");
    assert_ne!(text, removed);
    std::fs::write(snapshot(&world), removed).unwrap();
    world.start_bot().await;
    assert_eq!(world.posts().len(), 1);
    let answer = world.ada().command_message("answer", &[]).await.text();
    assert!(!answer.contains("There is no question"), "{answer}");
    world.ada().reply("counted").await;
}

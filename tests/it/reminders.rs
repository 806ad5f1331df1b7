//! `/remind`: one direct message a day to members who asked for it and have not replied yet.

use discord_sandbox::client::MessageView;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Returns the bot's direct messages to a member.
pub fn direct_messages(world: &World, user: u64) -> Vec<MessageView> {
    let doors = world.sandbox.read(|discord| {
        let doors = discord.channels.values();
        let own = doors.filter(|one| one.kind == 1 && one.recipients.contains(&user));
        own.map(|one| one.id).collect::<Vec<_>>()
    });
    let messages = doors
        .iter()
        .flat_map(|door| world.sandbox.messages(*door, user));
    messages.collect()
}

async fn remind(member: MemberHandle<'_>, at: &str) -> String {
    let response = member
        .command_message("remind on", &[("time", json!(at))])
        .await;
    assert!(response.ephemeral);
    response.content
}

pub fn set_dms_blocked(world: &World, user: u64, blocked: bool) {
    world.sandbox.with(|discord| {
        discord.users.get_mut(&user).unwrap().blocks_dms = blocked;
    });
}

/// Returns the ephemeral messages to a member, besides the response.
pub fn ephemeral_messages(world: &World, user: u64) -> Vec<String> {
    let seen = world.sandbox.messages(ids::ASYNCIO, user).into_iter();
    let alone = seen.filter(|message| message.ephemeral);
    alone.map(|message| message.content).collect()
}

/// Three members asked for reminders: one has replied by then, one has not, one has switched them
/// off.
#[tokio::test(flavor = "multi_thread")]
async fn members_without_a_reply_are_reminded_once() {
    let mut world = World::at(THURSDAY).team().start().await;
    for member in [world.ada(), world.lin(), world.sam()] {
        let response = remind(member, "17:00").await;
        assert!(response.contains("at 17:00 (Europe/Berlin)"), "{response}");
    }
    world.sam().command_message("remind off", &[]).await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("in time").await;
    world.set_time("2026-03-26T16:59").await;
    assert!(direct_messages(&world, ids::LIN).is_empty());
    world.set_time("2026-03-26T17:00").await;
    let [reminder] = direct_messages(&world, ids::LIN).try_into().unwrap();
    let (post, thread) = (world.post(), world.thread());
    assert!(
        reminder.content.starts_with("⏰ Today's question in <#"),
        "{}",
        reminder.content
    );
    let components = serde_json::to_string(&reminder.components).unwrap();
    assert!(
        components.contains(&format!("/channels/{}/{thread}", ids::GUILD)),
        "{components}"
    );
    let question = post.question();
    assert!(
        reminder.content.contains(&question),
        "{question}: {}",
        reminder.content
    );
    world.kill_and_restart().await;
    world.set_time("2026-03-26T18:30").await;
    let status = world
        .lin()
        .command_message("remind status", &[])
        .await
        .content;
    assert!(status.contains("at 17:00"), "{status}");
    let status = world
        .sam()
        .command_message("remind status", &[])
        .await
        .content;
    assert!(status.contains("are off."), "{status}");
    for moment in [
        "2026-03-27T09:00",
        "2026-03-27T17:00",
        "2026-03-28T17:00",
        "2026-03-29T17:00",
    ] {
        world.set_time(moment).await;
    }
    let count = |user| direct_messages(&world, user).len();
    assert_eq!(
        [count(ids::ADA), count(ids::LIN), count(ids::SAM)],
        [1, 2, 0],
        "Ada did not reply on Friday; weekends have no round"
    );
}

/// The bot is down at the time of the reminder. Back within an hour, it still sends it; later the
/// reminder is dropped. A reminder set for a time that has passed starts tomorrow.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_reminder_is_sent_within_an_hour() {
    let mut world = World::at(THURSDAY).team().start().await;
    remind(world.lin(), "17:00").await;
    remind(world.sam(), "15:00").await;
    world.set_time("2026-03-26T09:00").await;
    world.kill().await;
    world.set_time("2026-03-26T17:40").await;
    world.start_bot().await;
    assert_eq!(direct_messages(&world, ids::LIN).len(), 1);
    assert!(direct_messages(&world, ids::SAM).is_empty());
    remind(world.sam(), "17:30").await;
    world.set_time("2026-03-26T20:00").await;
    assert!(direct_messages(&world, ids::SAM).is_empty());
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:30").await;
    assert_eq!(direct_messages(&world, ids::SAM).len(), 1);
}

/// A time before the question, an invalid time, and a channel without a team are rejected.
#[tokio::test(flavor = "multi_thread")]
async fn invalid_reminders_are_rejected() {
    let world = World::at(THURSDAY).team().start().await;
    for (at, expected) in [
        ("09:00", "the question isn't out yet: it comes at 09:00"),
        ("at five", "I can't read the time"),
    ] {
        let response = remind(world.lin(), at).await;
        assert!(response.contains(expected), "{at}: {response}");
    }
    let general = world
        .lin()
        .command_in(
            ids::GENERAL,
            "remind on",
            &[
                ("time", json!("17:00")),
                ("channel", json!(ids::GENERAL.to_string())),
            ],
        )
        .await;
    let general = general.message().unwrap().content.clone();
    assert!(
        general.contains("No team practises in this channel"),
        "{general}"
    );
}

/// Discord rejects the direct message: reminders are switched off, and the member is notified once,
/// beside their next response.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_direct_message_disables_reminders() {
    let mut world = World::at(THURSDAY).team().start().await;
    remind(world.lin(), "17:00").await;
    world.set_time("2026-03-26T09:00").await;
    set_dms_blocked(&world, ids::LIN, true);
    world.set_time("2026-03-26T17:00").await;
    world.kill_and_restart().await;
    let notices = |world: &World| {
        let all = ephemeral_messages(world, ids::LIN);
        all.into_iter()
            .filter(|response| response.starts_with("I couldn't remind you"))
            .count()
    };
    assert_eq!(notices(&world), 0);
    world.lin().command_message("streak", &[]).await;
    world
        .wait_for("word of it", |world| (notices(world) == 1).then_some(()))
        .await;
    world.lin().command_message("streak", &[]).await;
    world.lin().command_message("hint", &[]).await;
    assert_eq!(notices(&world), 1);
    set_dms_blocked(&world, ids::LIN, false);
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:00").await;
    assert!(direct_messages(&world, ids::LIN).is_empty(), "it stays off");
    remind(world.lin(), "18:00").await;
    world.set_time("2026-03-27T18:00").await;
    assert_eq!(direct_messages(&world, ids::LIN).len(), 1);
}

/// Failures are independent: Lin does not accept direct messages, Sam's message gets an error from
/// Discord, and Ada of another server gets hers in time.
#[tokio::test(flavor = "multi_thread")]
async fn failed_reminders_do_not_affect_others() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    let (guild, channel) = world.another_guild("Other");
    world.configure_team(guild, channel);
    world.start_bot().await;
    remind(world.lin(), "17:00").await;
    remind(world.sam(), "17:00").await;
    let ada = [("time", json!("17:00"))];
    world.ada().command_in(channel, "remind on", &ada).await;
    world.set_time("2026-03-26T09:00").await;
    set_dms_blocked(&world, ids::LIN, true);
    // The order is random, but one of the three fails.
    world.sandbox.add_fault(
        FaultRule::on("OpenDirectMessages"),
        RequestFault::server_error(),
    );
    world.set_time("2026-03-26T17:00").await;
    let sent = direct_messages(&world, ids::ADA).len() + direct_messages(&world, ids::SAM).len();
    assert!((1..=2).contains(&sent), "{sent}");
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:00").await;
    assert!(
        !direct_messages(&world, ids::ADA).is_empty()
            && !direct_messages(&world, ids::SAM).is_empty()
    );
}

/// Killed before or after sending: the reminder is recorded first, so it is never sent twice.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_reminder_sends_it_at_most_once() {
    for (step, sent) in [("remind.noted", 0), ("remind.sent", 1)] {
        let mut world = World::at(THURSDAY).team().failpoints().start().await;
        remind(world.lin(), "17:00").await;
        world.set_time("2026-03-26T09:00").await;
        world.set_failpoints(&format!("{step} kill"));
        let five = "2026-03-26T16:00:00Z".parse().unwrap();
        // The bot is killed and does not acknowledge the time.
        let sandbox = world.sandbox.clone();
        let moved = tokio::spawn(async move { sandbox.clock().set(five).await });
        world
            .wait_for_exit(crate::support::WAIT_TIMEOUT)
            .await
            .unwrap();
        world.kill_if_alive().await;
        moved.abort();
        world.set_failpoints("");
        world.start_bot().await;
        world.advance("30m").await;
        assert_eq!(direct_messages(&world, ids::LIN).len(), sent, "{step}");
        world.set_time("2026-03-27T09:00").await;
        world.set_time("2026-03-27T17:00").await;
        assert_eq!(direct_messages(&world, ids::LIN).len(), sent + 1, "{step}");
    }
}

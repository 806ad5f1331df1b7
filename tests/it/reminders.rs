//! `/remind`: a direct message to who has not replied yet, once a day, and never to who did not ask.

use quizloop::sandbox::client::MessageView;
use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// The bot's direct messages to a member.
fn direct(world: &World, user: u64) -> Vec<MessageView> {
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
    let said = member
        .command_message("remind on", &[("time", json!(at))])
        .await;
    assert!(said.ephemeral);
    said.content
}

fn refuses(world: &World, user: u64, refuses: bool) {
    world.sandbox.with(|discord| {
        discord.users.get_mut(&user).unwrap().blocks_dms = refuses;
    });
}

/// What was said to a member alone, besides the answer they see.
fn said_alone(world: &World, user: u64) -> Vec<String> {
    let seen = world.sandbox.messages(ids::ASYNCIO, user).into_iter();
    let alone = seen.filter(|message| message.ephemeral);
    alone.map(|message| message.content).collect()
}

/// Three members asked: one has replied by then, one has not, one has switched it off.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_replied_is_reminded_once() {
    let mut world = World::at(THURSDAY).team().start().await;
    for member in [world.ada(), world.lin(), world.sam()] {
        let said = remind(member, "17:00").await;
        assert!(said.contains("by 17:00 (Europe/Berlin)"), "{said}");
    }
    world.sam().command_message("remind off", &[]).await;
    world.set_time("2026-03-26T09:00").await;
    world.ada().reply("in time").await;
    world.set_time("2026-03-26T16:59").await;
    assert!(direct(&world, ids::LIN).is_empty());
    world.set_time("2026-03-26T17:00").await;
    let [told] = direct(&world, ids::LIN).try_into().unwrap();
    let (post, thread) = (world.post(), world.thread());
    assert!(
        told.content.starts_with("Round 1 · 2026-03-26 of <#"),
        "{}",
        told.content
    );
    assert!(
        told.content
            .contains(&format!("/channels/{}/{thread}", ids::GUILD)),
        "{}",
        told.content
    );
    let asked = post.text().lines().nth(1).unwrap().to_owned();
    assert!(told.content.contains(&asked), "{asked}: {}", told.content);
    world.kill_and_restart().await;
    world.set_time("2026-03-26T18:30").await;
    let status = world
        .lin()
        .command_message("remind status", &[])
        .await
        .content;
    assert!(status.contains("by 17:00"), "{status}");
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
    let count = |user| direct(&world, user).len();
    assert_eq!(
        [count(ids::ADA), count(ids::LIN), count(ids::SAM)],
        [1, 2, 0],
        "Ada did not reply on Friday; weekends have no round"
    );
}

/// Back within the hour it still comes; later it is dropped. Set again for a time that has passed, it waits for
/// tomorrow.
#[tokio::test(flavor = "multi_thread")]
async fn away_at_its_time() {
    let mut world = World::at(THURSDAY).team().start().await;
    remind(world.lin(), "17:00").await;
    remind(world.sam(), "15:00").await;
    world.set_time("2026-03-26T09:00").await;
    world.kill().await;
    world.set_time("2026-03-26T17:40").await;
    world.start_bot().await;
    assert_eq!(direct(&world, ids::LIN).len(), 1);
    assert!(direct(&world, ids::SAM).is_empty());
    remind(world.sam(), "17:30").await;
    world.set_time("2026-03-26T20:00").await;
    assert!(direct(&world, ids::SAM).is_empty());
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:30").await;
    assert_eq!(direct(&world, ids::SAM).len(), 1);
}

/// A time before the question, one that is none, and a channel without a team.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be() {
    let world = World::at(THURSDAY).team().start().await;
    for (at, told) in [
        (
            "09:00",
            "there is nothing to remind of: the question comes at 09:00",
        ),
        ("5 pm", "is not a time of day"),
    ] {
        let said = remind(world.lin(), at).await;
        assert!(said.contains(told), "{at}: {said}");
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

/// Discord refuses the direct message: reminders are off, the member is told once, beside their next answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door() {
    let mut world = World::at(THURSDAY).team().start().await;
    remind(world.lin(), "17:00").await;
    world.set_time("2026-03-26T09:00").await;
    refuses(&world, ids::LIN, true);
    world.set_time("2026-03-26T17:00").await;
    world.kill_and_restart().await;
    let told = |world: &World| {
        let all = said_alone(world, ids::LIN);
        all.into_iter()
            .filter(|said| said.starts_with("I could not remind you"))
            .count()
    };
    assert_eq!(told(&world), 0);
    world.lin().command_message("streak", &[]).await;
    world
        .see("word of it", |world| (told(world) == 1).then_some(()))
        .await;
    world.lin().command_message("streak", &[]).await;
    world.lin().command_message("hint", &[]).await;
    assert_eq!(told(&world), 1);
    refuses(&world, ids::LIN, false);
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:00").await;
    assert!(direct(&world, ids::LIN).is_empty(), "it stays off");
    remind(world.lin(), "18:00").await;
    world.set_time("2026-03-27T18:00").await;
    assert_eq!(direct(&world, ids::LIN).len(), 1);
}

/// One server's trouble is not another's: Lin can't be reached, Sam's message is refused by Discord, Ada of another
/// server hears in time.
#[tokio::test(flavor = "multi_thread")]
async fn trouble_stays_where_it_is() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    let (guild, channel) = world.another_guild("Other");
    world.configure_team(guild, channel);
    world.start_bot().await;
    remind(world.lin(), "17:00").await;
    remind(world.sam(), "17:00").await;
    let ada = [("time", json!("17:00"))];
    world.ada().command_in(channel, "remind on", &ada).await;
    world.set_time("2026-03-26T09:00").await;
    refuses(&world, ids::LIN, true);
    // Whoever comes second, or first: one of the three fails.
    world.sandbox.add_fault(
        FaultRule::on("OpenDirectMessages"),
        RequestFault::server_error(),
    );
    world.set_time("2026-03-26T17:00").await;
    let heard = direct(&world, ids::ADA).len() + direct(&world, ids::SAM).len();
    assert!((1..=2).contains(&heard), "{heard}");
    world.set_time("2026-03-27T09:00").await;
    world.set_time("2026-03-27T17:00").await;
    assert!(!direct(&world, ids::ADA).is_empty() && !direct(&world, ids::SAM).is_empty());
}

/// Killed before it is sent or after: never twice, and it was written down before.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn killed_around_a_reminder() {
    for (step, heard) in [("remind.noted", 0), ("remind.sent", 1)] {
        let mut world = World::at(THURSDAY).team().failpoints().start().await;
        remind(world.lin(), "17:00").await;
        world.set_time("2026-03-26T09:00").await;
        world.set_failpoints(&format!("{step} kill"));
        let five = "2026-03-26T16:00:00Z".parse().unwrap();
        // The bot dies of it, and does not report.
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
        assert_eq!(direct(&world, ids::LIN).len(), heard, "{step}");
        world.set_time("2026-03-27T09:00").await;
        world.set_time("2026-03-27T17:00").await;
        assert_eq!(direct(&world, ids::LIN).len(), heard + 1, "{step}");
    }
}

//! A new session reads only the history in which something can have been missed.

use std::time::Duration;

use discord_sandbox::faults::FaultRule;
use discord_sandbox::gateway::GuildDetail;
use discord_sandbox::ids;
use discord_sandbox::model::Overwrite;
use discord_sandbox::permission::VIEW_CHANNEL;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_core::ledger::RoundResult;
use quizloop_store::inspect;

use crate::support::{MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Returns how many pages of history the bot has read, of all channels and threads.
fn page_count(world: &World) -> usize {
    let requests = world.sandbox.requests();
    let pages = requests.iter().filter(|one| one.route == "ListMessages");
    pages.count()
}

/// Returns up to which message the bot knows that it has missed nothing in a channel's team.
fn position(world: &World, guild: u64, channel: u64) -> Option<u64> {
    let guild = inspect::guild(&world.state(), GuildId::new(guild)).ok()?;
    let team = guild.team(ChannelId::new(channel))?;
    team.caught_up_to.map(MessageId::get)
}

/// Advances the time until the bot has saved that it has missed nothing up to a message. It checks
/// once a minute, and the clock is moved in steps that it can follow.
async fn wait_until_caught_up(world: &World, guild: u64, channel: u64, message: u64) {
    for step in 0..200 {
        if position(world, guild, channel) >= Some(message) {
            return;
        }
        world.advance("1m").await;
        let pause = if step < 90 { 20 } else { 500 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let position = position(world, guild, channel);
    panic!("{position:?} instead of {message}\n{}", world.log());
}

/// Starts a world with a team in #asyncio whose first question has two replies. The bot knows that it
/// has missed nothing.
async fn start_caught_up() -> World {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("first").await;
    let last = world.lin().reply("second").await;
    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, last).await;
    world
}

/// Starts the bot and waits until it has looked for missed messages in that number of guilds. Returns how
/// many pages of history it has read.
async fn pages_of_start(world: &mut World, guilds: usize) -> usize {
    let before = page_count(world);
    world.start_bot().await;
    world
        .wait_until("the history to be checked", || {
            let log = world.log();
            let checked = ["nothing missed", "history read"].map(|text| log.matches(text).count());
            checked.iter().sum::<usize>() >= guilds
        })
        .await;
    page_count(world) - before
}

/// Waits until a reply in #asyncio is counted and saved. In an archived thread it gets no ✅.
async fn wait_until_answered(world: &World, user: u64, round: u32) {
    let is_answered = || {
        let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).ok()?;
        let team = guild.team(ChannelId::new(ids::ASYNCIO))?;
        Some(team.result(UserId::new(user), round) == RoundResult::Answered)
    };
    world
        .wait_until("the reply to be counted", || is_answered() == Some(true))
        .await;
}

fn hide(world: &World, hidden: bool) {
    let overwrite = Overwrite {
        id: ids::APP,
        is_member: true,
        allow: 0,
        deny: if hidden { VIEW_CHANNEL } else { 0 },
    };
    world.sandbox.set_overwrite(ids::ASYNCIO, overwrite);
}

/// Six servers. Nothing was missed: no history is read. Then a reply is missed in one thread, and
/// that thread is the only history that is read. The same in a new session of the same process.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_thread_with_a_missed_reply_is_read() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    let mut teams = vec![(ids::GUILD, ids::ASYNCIO)];
    for number in 0..5 {
        let (guild, channel) = world.another_guild(&format!("Server {number}"));
        world.configure_team(guild, channel);
        teams.push((guild, channel));
    }
    world.start_bot().await;
    for day in ["2026-03-26T09:00", "2026-03-27T09:00", "2026-03-30T09:00"] {
        world.set_time(day).await;
        for (_, channel) in &teams {
            let thread = world.posts_in(*channel).pop().unwrap().thread.unwrap();
            let reply = world.ada().write(thread, "answered");
            world.ada().wait_until_counted(reply).await;
        }
    }
    for (guild, channel) in &teams {
        let last = world.ada().write(*channel, "talk beside it");
        wait_until_caught_up(&world, *guild, *channel, last).await;
    }
    world.stop().await;
    assert_eq!(pages_of_start(&mut world, 6).await, 0, "{}", world.log());

    world.stop().await;
    let missed = world.lin().post_reply("while the bot was away");
    assert_eq!(pages_of_start(&mut world, 6).await, 1, "{}", world.log());
    world.lin().wait_until_counted(missed).await;
    assert_eq!(world.lin().streak().await, 1);

    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, missed).await;
    let (before, sessions) = (page_count(&world), world.sandbox.identify_count());
    world.sandbox.invalidate_sessions(false);
    let missed = world.sam().post_reply("between two sessions");
    world
        .wait_for("a new session", |world| {
            (world.sandbox.identify_count() > sessions).then_some(())
        })
        .await;
    world.sam().wait_until_counted(missed).await;
    assert_eq!(page_count(&world) - before, 1, "{}", world.log());
}

/// Discord leaves out what the bot needs to know: then it reads everything.
#[tokio::test(flavor = "multi_thread")]
async fn without_newest_messages_all_history_is_read() {
    let mut world = start_caught_up().await;
    world.skip_api_check();
    for (detail, expected) in [
        (GuildDetail::WithoutLastMessages, 2),
        (GuildDetail::WithoutThreads, 1),
        (GuildDetail::Complete, 0),
    ] {
        world.stop().await;
        world.sandbox.set_guild_detail(detail);
        let pages = pages_of_start(&mut world, 1).await;
        assert_eq!(pages, expected, "{detail:?}\n{}", world.log());
    }
    world.stop().await;
    world.sandbox.set_guild_detail(GuildDetail::WithoutThreads);
    let missed = world.sam().post_reply("while the bot was away");
    world.start_bot().await;
    world.sam().wait_until_counted(missed).await;
}

/// The newest message of a thread was written and deleted while the bot was away. The history is
/// read in vain, but only once.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_newest_message_is_looked_for_once() {
    let mut world = start_caught_up().await;
    world.stop().await;
    let deleted = world.sam().post_reply("deleted at once");
    world.sandbox.delete_message(deleted, ids::SAM).unwrap();
    assert_eq!(pages_of_start(&mut world, 1).await, 1, "{}", world.log());
    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, deleted).await;
    world.stop().await;
    assert_eq!(pages_of_start(&mut world, 1).await, 0, "{}", world.log());
}

/// The channel is hidden while the bot is away, during a whole session, and visible again at the
/// next start, when its thread is archived: a reply from meanwhile counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_hidden_during_a_session_is_read() {
    let mut world = start_caught_up().await;
    world.stop().await;
    hide(&world, true);
    pages_of_start(&mut world, 1).await;
    world.sam().post_reply("behind an overwrite");
    world.sandbox.archive_thread(world.thread(), true);
    world
        .wait_until("the position to be forgotten", || {
            position(&world, ids::GUILD, ids::ASYNCIO).is_none()
        })
        .await;
    world.stop().await;
    hide(&world, false);
    world.start_bot().await;
    wait_until_answered(&world, ids::SAM, 1).await;
}

/// A thread is archived and therefore not among the active ones. If Discord archived it, and the bot
/// was away for a short time only, nothing was missed in it. If the bot was away for longer, or a
/// moderator archived it, it is read.
#[tokio::test(flavor = "multi_thread")]
async fn archived_threads_are_read_if_a_reply_can_be_in_them() {
    let mut world = start_caught_up().await;
    world.stop().await;
    let missed = world.sam().post_reply("then closed by a moderator");
    world.sandbox.archive_thread(world.thread(), true);
    world.start_bot().await;
    wait_until_answered(&world, ids::SAM, 1).await;
    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, missed).await;

    // On Friday the thread of Thursday is archived.
    world.set_time("2026-03-27T09:00").await;
    // Discord itself adds a message to the thread.
    let thread = world.thread();
    let newest = world
        .sandbox
        .read(|discord| discord.channels[&thread].last_message);
    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, newest.unwrap()).await;
    world.set_time("2026-03-27T18:00").await;
    world.stop().await;
    assert_eq!(pages_of_start(&mut world, 1).await, 0, "{}", world.log());

    // On Monday morning both are. A reply came on Saturday.
    world.stop().await;
    world.set_time("2026-03-28T12:00").await;
    world.ada().post_reply("on Saturday");
    world.set_time("2026-03-30T08:00").await;
    let pages = pages_of_start(&mut world, 1).await;
    assert_eq!(pages, 2, "{}", world.log());
    wait_until_answered(&world, ids::ADA, 2).await;
}

/// A reply goes unnoticed, later ones do not, and the position is after all of them. The bot is
/// killed after it has posted the next question and before it has read the closed round: the next
/// start reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_position_does_not_replace_the_reading_of_a_closed_round() {
    let mut world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.thread();
    let set_unavailable = |hidden| {
        world.sandbox.with(|discord| {
            discord.guilds.get_mut(&ids::GUILD).unwrap().unavailable = hidden;
        });
    };
    set_unavailable(true);
    let unnoticed = world.lin().post_reply("nobody noticed");
    set_unavailable(false);
    let last = world.ada().reply("received").await;
    wait_until_caught_up(&world, ids::GUILD, ids::ASYNCIO, last).await;
    assert!(!world.sandbox.message(unnoticed).unwrap().is_counted());
    world.set_time("2026-03-27T08:59").await;
    let hold = world.sandbox.hold_requests(FaultRule::on("ListMessages"));
    world.advance("1m").await;
    hold.first_request().await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    world.start_bot().await;
    wait_until_answered(&world, ids::LIN, 1).await;
}

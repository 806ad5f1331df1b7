//! Interactions that arrive late: Discord has closed them, so they cost no work and no request. The
//! next one is answered at once, and no reply is lost.

use std::iter::repeat_with;

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::ids;
use futures::future::join_all;
use jiff::SignedDuration;
use rustix::process::{Pid, Signal, kill_process};

use crate::health::Monitor;
use crate::support::World;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

const EXPIRED: &str = "quizloop_interactions_dropped_total{reason=\"expired\"}";
const OVERLOAD: &str = "quizloop_interactions_dropped_total{reason=\"overload\"}";

/// Number of members that run a command while the bot does not receive it.
const MEMBERS: usize = 20;

/// Starts a world with an open question and more members. The bot has answered a command, so it
/// knows how long events take to arrive.
async fn world_with_members() -> (World, Monitor, Vec<u64>) {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    world.advance("1m").await;
    let add_member = || {
        let user = world.sandbox.add_user("Member");
        world.sandbox.add_member(ids::GUILD, user, &[]);
        user
    };
    let members = repeat_with(add_member).take(MEMBERS).collect();
    world.ada().command_message("help", &[]).await;
    (world, monitor, members)
}

/// Runs a command of each member, to which Discord receives no response.
async fn run_commands_in_vain(world: &World, members: &[u64]) {
    let commands = members.iter().map(|member| async {
        let outcome = world.member(*member).command("streak", &[]).await;
        let is_closed = matches!(outcome, ClientOutcome::NoResponse(_));
        assert!(is_closed, "{outcome:?}");
    });
    join_all(commands).await;
}

/// Returns how many responses and deferrals the bot has sent.
fn response_count(world: &World) -> usize {
    let requests = world.sandbox.requests();
    let responses = requests
        .iter()
        .filter(|request| request.route == "Callback");
    responses.count()
}

fn send_signal(world: &World, signal: Signal) {
    let bot = i32::try_from(world.bot_id()).ok().and_then(Pid::from_raw);
    kill_process(bot.unwrap(), signal).unwrap();
}

/// The process is stopped while members run commands and reply.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_bot_answers_only_what_discord_still_accepts() {
    let (world, monitor, members) = world_with_members().await;
    // The bot's clock must run while the bot does not.
    world.sandbox.clock().set_flowing(true).await.unwrap();
    let before = response_count(&world);
    send_signal(&world, Signal::STOP);
    let post_reply = |member: &u64| world.member(*member).post_reply("while it was stopped");
    let replies: Vec<u64> = members.iter().map(post_reply).collect();
    run_commands_in_vain(&world, &members).await;
    let closed_long_ago = world.now() + SignedDuration::from_secs(1);
    world
        .wait_until("Discord to close them", || world.now() > closed_long_ago)
        .await;
    let still_open = async {
        let outcome = world.lin().command("streak", &[]).await;
        assert!(matches!(outcome, ClientOutcome::Message(_)), "{outcome:?}");
    };
    let resume = async { send_signal(&world, Signal::CONT) };
    // In this order: the command is on its way when the bot runs again.
    tokio::join!(biased; still_open, resume);
    let expected = u32::try_from(MEMBERS).unwrap().into();
    monitor.wait_for_metric(EXPIRED, expected).await;
    for (reply, member) in replies.into_iter().zip(&members) {
        world.member(*member).wait_until_counted(reply).await;
    }
    let next = world.sam().command("streak", &[]).await;
    assert!(matches!(next, ClientOutcome::Message(_)), "{next:?}");
    assert_eq!(response_count(&world) - before, 2);
    monitor.wait_for_metric(OVERLOAD, 0.0).await;
}

/// The gateway delivers interactions late, as it does when a session is resumed.
#[tokio::test(flavor = "multi_thread")]
async fn interactions_that_arrive_late_are_dropped() {
    let (world, monitor, members) = world_with_members().await;
    let before = response_count(&world);
    world.sandbox.blackhole_gateway(true);
    let replies: Vec<u64> = members
        .iter()
        .map(|member| world.member(*member).post_reply("while nothing arrived"))
        .collect();
    run_commands_in_vain(&world, &members).await;
    world.advance("10s").await;
    world.sandbox.blackhole_gateway(false);
    world.sandbox.request_reconnect();
    let expected = u32::try_from(MEMBERS).unwrap().into();
    monitor.wait_for_metric(EXPIRED, expected).await;
    for (reply, member) in replies.into_iter().zip(&members) {
        world.member(*member).wait_until_counted(reply).await;
    }
    let next = world.sam().command("streak", &[]).await;
    assert!(matches!(next, ClientOutcome::Message(_)), "{next:?}");
    assert_eq!(response_count(&world) - before, 1);
}

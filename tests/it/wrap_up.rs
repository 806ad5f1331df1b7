//! The wrap-up: posted once into the question's thread at its time, and never where it has no place.

use discord_sandbox::bot_process::BotProcess;
use discord_sandbox::client::MessageView;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::log::LoggedRequest;
use discord_sandbox::model::Overwrite;
use discord_sandbox::permission::{MANAGE_THREADS, SEND_MESSAGES_IN_THREADS};
use quizloop_bank::{Bank, built_in};
use serde_json::json;

use crate::crashes::move_to_nine;
use crate::discord_errors::deny;
use crate::eviction::{LISTEN, idle_on};
use crate::health::Monitor;
use crate::support::test_database::TestDatabase;
use crate::support::{MemberHandle, MessageExt, World, WorldBuilder};

const THURSDAY: &str = "2026-03-26T08:00[Europe/Berlin]";
const FRIDAY: &str = "2026-03-27T08:00[Europe/Berlin]";
const FIVE: &str = "2026-03-27T17:00";

/// A world on Friday with a wrap-up at 17:00.
fn friday() -> WorldBuilder {
    World::at(FRIDAY).team().with("wrap_up_at = \"17:00\"")
}

pub fn wrap_ups_in(world: &World, thread: u64) -> Vec<MessageView> {
    let all = world.sandbox.messages(thread, ids::ADA).into_iter();
    all.filter(|message| message.footer().starts_with("Wrap-up of "))
        .collect()
}

/// The wrap-ups in all threads, oldest first.
fn wrap_ups(world: &World) -> Vec<MessageView> {
    let threads = world.sandbox.threads(ids::ASYNCIO).into_iter();
    let mut all: Vec<_> = threads
        .flat_map(|thread| wrap_ups_in(world, thread.id))
        .collect();
    all.sort_by_key(|message| message.id);
    all
}

/// Off by default; switched on, it comes from the next question on. It counts members who have
/// answered, notifies nobody, and its buttons answer in private and respect the reveal rule. Replies
/// after it count.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_how_many_have_answered() {
    let mut world = World::at(THURSDAY).start().await;
    world.set_up_by_ada().await;
    world.set_time("2026-03-26T09:00").await;
    let at_five = [("wrap_up_at", json!("17:00"))];
    let changed = world.ada().command_message("team settings", &at_five).await;
    let changed = changed.text();
    assert!(
        changed.contains("**Wrap-up**: at 17:00, in the question's thread"),
        "{changed}"
    );
    world.set_time("2026-03-26T17:00").await;
    assert!(wrap_ups(&world).is_empty());
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("in time").await;
    world.lin().reply("me too").await;
    world.lin().post_reply("and one more thing");
    world.set_time("2026-03-27T16:59").await;
    assert!(wrap_ups(&world).is_empty());
    world.set_time(FIVE).await;
    let [wrap_up] = wrap_ups(&world).try_into().unwrap();
    assert_eq!(wrap_up.channel, world.thread());
    insta::assert_snapshot!(wrap_up.text(), @r"
    **Wrap-up:** 2 members have answered so far.
    Replies count until the next question is out.
    ");
    assert_eq!(wrap_up.footer(), "Wrap-up of 2026-03-27");
    let requests = world.sandbox.requests();
    let is_wrap_up =
        |body: &serde_json::Value| body["embeds"][0]["footer"]["text"] == wrap_up.footer();
    let sent = requests.iter().find(|sent| is_wrap_up(&sent.body)).unwrap();
    assert_eq!(sent.body["allowed_mentions"], json!({ "parse": [] }));
    assert_eq!(sent.body["enforce_nonce"], true);
    let answer = world.ada().press(wrap_up.id, "Model answer").await;
    assert!(answer.ephemeral && answer.text().contains("model answer"));
    let hint = world.sam().press(wrap_up.id, "Hint").await;
    assert!(hint.ephemeral, "{hint:?}");
    let asked = world.sam().press(wrap_up.id, "Model answer").await;
    assert!(asked.ephemeral && asked.text().contains("You haven't answered"));
    world.sam().reply("after the wrap-up").await;
    assert_eq!(world.sam().streak().await, 1);
    world.kill_and_restart().await;
    world.set_time("2026-03-27T20:00").await;
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-03-30T17:00").await;
    assert_eq!(wrap_ups(&world).len(), 2);
    let off = [("wrap_up_at", json!("off"))];
    let changed = world.ada().command_message("team settings", &off).await;
    assert!(!changed.text().contains("Wrap-up"), "{}", changed.text());
    world.set_time("2026-03-31T09:00").await;
    world.set_time("2026-03-31T17:00").await;
    assert_eq!(world.posts().len(), 4);
    assert_eq!(wrap_ups(&world).len(), 2);
}

/// Switched off at noon: that day has none any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_switched_it_off_gets_none_any_more() {
    let world = World::at(FRIDAY).start().await;
    let options = [
        ("timezone", json!("Europe/Berlin")),
        ("wrap_up_at", json!("17:00")),
    ];
    let set_up = world.ada().command_message("setup", &options).await.text();
    assert!(set_up.contains("**Wrap-up**: at 17:00"), "{set_up}");
    world.set_time("2026-03-27T09:00").await;
    let off = [("wrap_up_at", json!("off"))];
    world.ada().command_message("team settings", &off).await;
    world.set_time(FIVE).await;
    assert!(wrap_ups(&world).is_empty());
}

/// What happens to a thread before the wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thread {
    AsItWas,
    Archived,
    Deleted,
    Locked,
    /// Locked, but the bot may write there.
    LockedForOthers,
}

impl Thread {
    fn prepare(self, world: &World) {
        let (sandbox, thread) = (&world.sandbox, world.thread());
        match self {
            Self::AsItWas => {}
            Self::Archived => sandbox.archive_thread(thread, true),
            Self::Deleted => sandbox.delete_thread(thread),
            Self::Locked => sandbox.lock_thread(thread, true),
            Self::LockedForOthers => {
                sandbox.lock_thread(thread, true);
                let may_manage = Overwrite {
                    id: ids::APP,
                    is_member: true,
                    allow: MANAGE_THREADS,
                    deny: 0,
                };
                sandbox.set_overwrite(ids::ASYNCIO, may_manage);
            }
        }
    }
}

/// There is none in a deleted or locked thread. It is not retried, and the admin gets no message. An
/// archived thread opens again.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_or_deleted_thread_gets_none() {
    let cases = [
        (Thread::AsItWas, 1),
        (Thread::Archived, 1),
        (Thread::Deleted, 0),
        (Thread::Locked, 0),
        (Thread::LockedForOthers, 0),
    ];
    for (thread, expected) in cases {
        let world = World::at(FRIDAY).start().await;
        world.set_up_by_ada().await;
        let at_five = [("wrap_up_at", json!("17:00"))];
        world.ada().command_message("team settings", &at_five).await;
        world.set_time("2026-03-27T09:00").await;
        thread.prepare(&world);
        world.set_time(FIVE).await;
        assert_eq!(wrap_ups(&world).len(), expected, "{thread:?}");
        // Reading the thread and writing into it.
        let path = format!("/channels/{}", world.post().id);
        let is_attempt = |sent: &LoggedRequest| {
            let is_write =
                sent.method == "POST" && sent.path.ends_with(&format!("{path}/messages"));
            is_write || sent.path.ends_with(&path)
        };
        let attempts = || {
            let requests = world.sandbox.requests();
            requests.iter().filter(|sent| is_attempt(sent)).count()
        };
        let before = attempts();
        // The event of a deletion may arrive before the wrap-up is due or after it.
        assert!(before > 0 || thread == Thread::Deleted, "{thread:?}");
        world.advance("31m").await;
        assert_eq!(attempts(), before, "{thread:?}");
        let direct = world.sandbox.read(|discord| {
            let channels = discord.channels.values();
            channels.filter(|channel| channel.kind == 1).count()
        });
        assert_eq!(direct, 0, "{thread:?}");
    }
}

/// There is none for a void round, for a question that came less than an hour before, and if the bot
/// could not start the thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_void_or_late_round_or_one_without_a_thread_has_none() {
    let world = World::at(FRIDAY).start().await;
    world.set_up_by_ada().await;
    let at_five = [("wrap_up_at", json!("17:00"))];
    world.ada().command_message("team settings", &at_five).await;
    world.set_time("2026-03-27T09:00").await;
    world.ada().void(1).await;
    world.set_time(FIVE).await;
    // On Monday the question comes at 16:30, because the team is paused until then.
    world.ada().command_message("team pause", &[]).await;
    world.set_time("2026-03-30T16:30").await;
    world.ada().command_message("team post", &[]).await;
    world.set_time("2026-03-30T17:00").await;
    assert_eq!(world.posts().len(), 2);
    world.ada().command_message("team resume", &[]).await;
    let no_thread =
        RequestFault::api_error(400, 160_006, "Maximum number of active threads reached");
    world
        .sandbox
        .add_fault(FaultRule::on("StartThread").always(), no_thread);
    world.set_time("2026-03-31T09:00").await;
    world.set_time("2026-03-31T17:00").await;
    assert_eq!(world.posts().len(), 3);
    assert!(wrap_ups(&world).is_empty());
}

/// The bot is down at the time of the wrap-up. Back within the catch-up limit it posts the wrap-up,
/// later the day has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_missed_wrap_up_is_posted_within_the_catch_up_limit() {
    let mut world = friday().start().await;
    world.set_time("2026-03-27T09:00").await;
    world.kill().await;
    world.set_time("2026-03-27T19:50").await;
    world.start_bot().await;
    assert_eq!(wrap_ups(&world).len(), 1);
    world.set_time("2026-03-30T09:00").await;
    world.kill().await;
    world.set_time("2026-03-30T20:01").await;
    world.start_bot().await;
    world.set_time("2026-03-31T08:59").await;
    assert_eq!(wrap_ups(&world).len(), 1);
}

/// Discord fails before or after it created the message: there is one wrap-up.
#[tokio::test(flavor = "multi_thread")]
async fn discord_failures_give_one_wrap_up() {
    for rule in [
        FaultRule::on("CreateMessage"),
        FaultRule::on("CreateMessage").after(),
        FaultRule::on("Channel"),
        FaultRule::on("ListMessages"),
    ] {
        let what = format!("{:?} {:?}", rule.route, rule.when);
        let world = friday().start().await;
        world.set_time("2026-03-27T09:00").await;
        world.ada().reply("in time").await;
        world.sandbox.add_fault(rule, RequestFault::server_error());
        world.set_time(FIVE).await;
        world.advance("5s").await;
        assert_eq!(wrap_ups(&world).len(), 1, "{what}");
        world.advance("2h").await;
        assert_eq!(wrap_ups(&world).len(), 1, "{what}");
    }
}

/// The thread was deleted, and the bot does not know it: it gives the wrap-up up.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_discord_does_not_find_gets_none() {
    let world = friday().start().await;
    world.set_time("2026-03-27T09:00").await;
    let unknown_channel = RequestFault::api_error(404, 10_003, "Unknown Channel");
    let rule = FaultRule::on("Channel").channel(world.thread());
    world.sandbox.add_fault(rule, unknown_channel);
    world.set_time(FIVE).await;
    world.wait_until_logged("wrap-up refused").await;
    world.advance("2h").await;
    assert!(wrap_ups(&world).is_empty());
}

/// The bot may not write in threads: that wrap-up is given up, the admin gets one message and not one
/// a day, and `/team status` shows the problem until a wrap-up is posted.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_gives_one_alert() {
    let world = World::at(THURSDAY).start().await;
    world.set_up_by_ada().await;
    let at_five = [("wrap_up_at", json!("17:00"))];
    world.ada().command_message("team settings", &at_five).await;
    deny(&world, ids::ASYNCIO, SEND_MESSAGES_IN_THREADS);
    for day in [26, 27] {
        world.set_time(&format!("2026-03-{day}T09:00")).await;
        world.set_time(&format!("2026-03-{day}T17:00")).await;
        world.advance("1h").await;
    }
    let alerts = || {
        let requests = world.sandbox.requests().into_iter();
        let contents = requests.filter_map(|sent| Some(sent.body["content"].as_str()?.to_owned()));
        contents
            .filter(|text| text.contains("wrap-up in the question"))
            .collect::<Vec<_>>()
    };
    let [alert] = alerts().try_into().unwrap();
    insta::assert_snapshot!(alert, @r#"
    In <#1120000000000000001>: I couldn't post the wrap-up in the question's thread. I'm missing a permission in the channel. Give my role "View Channel", "Send Messages", "Embed Links", "Read Message History", "Create Public Threads" and "Send Messages in Threads" there. `/team status` shows which one is missing.
    I'll try again with the next question, and won't message you about this again.
    "#);
    let problem = "I couldn't post the wrap-up";
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(status.contains(problem), "{status}");
    assert!(wrap_ups(&world).is_empty());
    deny(&world, ids::ASYNCIO, 0);
    world.set_time("2026-03-30T09:00").await;
    world.set_time("2026-03-30T17:00").await;
    assert_eq!(wrap_ups(&world).len(), 1);
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(!status.contains(problem), "{status}");
}

/// The week's report comes after the wrap-up of its last question, also if both are due at the same
/// time, if Discord fails first, and if the wrap-up is due later than the report would be.
#[tokio::test(flavor = "multi_thread")]
async fn the_weekly_report_comes_after_the_wrap_up() {
    for (at, fails) in [("17:00", false), ("17:00", true), ("21:00", false)] {
        let world = World::at(FRIDAY)
            .team()
            .with(&format!("wrap_up_at = \"{at}\"\nreport = true"))
            .start()
            .await;
        world.set_time("2026-03-27T09:00").await;
        world.ada().reply("in time").await;
        if fails {
            let rule = FaultRule::on("CreateMessage");
            world.sandbox.add_fault(rule, RequestFault::server_error());
        }
        world.set_time(&format!("2026-03-27T{at}")).await;
        for _ in 0..3 {
            world.advance("5s").await;
        }
        let messages = world.sandbox.messages(ids::ASYNCIO, ids::ADA).into_iter();
        let reports: Vec<_> = messages
            .filter(|message| message.footer().starts_with("Week of "))
            .collect();
        let [report] = reports.try_into().unwrap();
        let [wrap_up] = wrap_ups(&world).try_into().unwrap();
        assert!(wrap_up.id < report.id, "{at} {fails}");
    }
}

/// The state of noon is put back after the wrap-up was posted: the wrap-up is found.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_state_that_was_restored_gives_one_wrap_up() {
    let mut world = friday().start().await;
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let backup = world.folder().join("backup.json");
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("in time").await;
    world.stop().await;
    std::fs::copy(&file, &backup).unwrap();
    world.start_bot().await;
    world.set_time(FIVE).await;
    let before = wrap_ups(&world);
    assert_eq!(before.len(), 1);
    world.stop().await;
    std::fs::copy(&backup, &file).unwrap();
    world.set_time("2026-03-27T17:30").await;
    world.start_bot().await;
    world.set_time("2026-03-27T19:00").await;
    assert_eq!(wrap_ups(&world), before);
}

/// Kills the bot at a step of the wrap-up, and returns when it is dead.
#[cfg(all(feature = "failpoints", debug_assertions))]
async fn kill_at(world: &mut World, step: &str) {
    world.set_failpoints(&format!("{step} kill"));
    let sandbox = world.sandbox.clone();
    let five = "2026-03-27T16:00:00Z".parse().unwrap();
    // The bot is killed and does not acknowledge the time.
    let moved = tokio::spawn(async move { sandbox.clock().set(five).await });
    let exited = world.wait_for_exit(crate::support::WAIT_TIMEOUT).await;
    assert!(exited.is_some(), "{step}\n{}", world.log());
    world.kill_if_alive().await;
    moved.abort();
    world.set_failpoints("");
}

#[cfg(all(feature = "failpoints", debug_assertions))]
const STEPS: [&str; 4] = [
    "wrap-up.intended",
    "wrap-up.sending",
    "wrap-up.sent",
    "wrap-up.posted",
];

/// Lets the server be idle until it is evicted.
async fn idle_until_evicted(world: &World) {
    let monitor = Monitor::new(world).await;
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("in time").await;
    for hour in ["10", "12", "14"] {
        world.set_time(&format!("2026-03-27T{hour}:30")).await;
    }
    idle_on(world, &monitor).await;
}

/// An evicted server gets its wrap-up on time, with state in files and in a database.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_gets_its_wrap_up_on_time() {
    let test_database = TestDatabase::new();
    let on_a_database = test_database
        .as_ref()
        .map(|test_database| friday().database(test_database.url()));
    for builder in [Some(friday()), on_a_database].into_iter().flatten() {
        let world = builder.setting(LISTEN).start().await;
        idle_until_evicted(&world).await;
        assert!(wrap_ups(&world).is_empty());
        world.set_time(FIVE).await;
        assert_eq!(wrap_ups(&world).len(), 1);
        assert!(wrap_ups(&world)[0].text().contains("1 member has answered"));
    }
}

/// Killed at each step, in a server that was evicted before: there is one wrap-up.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_gives_one_wrap_up() {
    for step in STEPS {
        let mut world = friday().setting(LISTEN).failpoints().start().await;
        idle_until_evicted(&world).await;
        kill_at(&mut world, step).await;
        world.advance("5m").await;
        world.start_bot().await;
        assert_eq!(wrap_ups(&world).len(), 1, "killed at {step}");
        world.advance("2h").await;
        assert_eq!(wrap_ups(&world).len(), 1, "killed at {step}");
    }
}

/// Starts a second process, which stands by.
pub async fn start_standby(world: &World) -> BotProcess {
    let standby = BotProcess::start(world.program()).unwrap();
    world
        .wait_until("the second process to stand by", || {
            standby
                .log()
                .text()
                .contains("standing by: other processes")
        })
        .await;
    standby
}

async fn wait_for_takeover(world: &World, standby: &BotProcess) {
    world
        .wait_until("the second process to take over", || {
            standby.log().text().contains("connected")
        })
        .await;
}

/// The same with two processes on a database: the second one takes over and finishes the wrap-up.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_finishes_the_wrap_up_of_a_killed_one() {
    for step in STEPS {
        let Some(test_database) = TestDatabase::new() else {
            return;
        };
        let builder = friday().database(test_database.url());
        let mut world = builder.setting(LISTEN).failpoints().start().await;
        idle_until_evicted(&world).await;
        let standby = start_standby(&world).await;
        kill_at(&mut world, step).await;
        test_database.expire_leases();
        wait_for_takeover(&world, &standby).await;
        world.advance("5m").await;
        let log = || format!("killed at {step}\n{}", standby.log().text());
        assert_eq!(wrap_ups(&world).len(), 1, "{}", log());
        world.advance("2h").await;
        assert_eq!(wrap_ups(&world).len(), 1, "{}", log());
    }
}

/// A process hangs while its request is on the way, and another one takes over and sends the same
/// wrap-up. Both requests arrive: there is one wrap-up, also when the first process continues.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_send_it_give_one_wrap_up() {
    use rustix::process::{Pid, Signal, kill_process};
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let mut world = friday().database(test_database.url()).start().await;
    world.set_time("2026-03-27T09:00").await;
    world.ada().reply("in time").await;
    let hold = world
        .sandbox
        .hold_requests(FaultRule::on("CreateMessage").always());
    move_to_nine(&world, &hold, FIVE).await;
    let stale = world.take_bot();
    let pid = Pid::from_raw(i32::try_from(stale.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    test_database.expire_leases();
    world.spawn_bot();
    world
        .wait_until("the second request", || hold.requests().len() > 1)
        .await;
    hold.release();
    world
        .wait_until("the wrap-up to be recorded", || {
            world.log().contains("wrap-up posted")
        })
        .await;
    kill_process(pid, Signal::CONT).unwrap();
    world
        .wait_until("the first one to see that it was replaced", || {
            stale
                .log()
                .text()
                .contains("another process has taken this shard over")
        })
        .await;
    world.advance("2h").await;
    assert_eq!(wrap_ups(&world).len(), 1);
}

/// Ticks the first key point of the newest question.
async fn assess(member: MemberHandle<'_>, post: u64) {
    let answer = member.press(post, "Model answer").await;
    member.choose(&answer, &["0"]).await;
}

/// From four assessments on, the wrap-up names two key points that were often missed, as spoilers.
/// The figures come from members who ticked what their replies made.
#[tokio::test(flavor = "multi_thread")]
async fn it_names_key_points_that_were_often_missed() {
    for assessments in [3, 4] {
        let world = friday().start().await;
        let fourth = world.sandbox.add_user("Ida");
        world.sandbox.add_member(ids::GUILD, fourth, &[]);
        world.set_time("2026-03-27T09:00").await;
        let members = [world.ada(), world.lin(), world.sam(), world.member(fourth)];
        for member in members {
            member.reply("in my own words").await;
        }
        for member in members.into_iter().take(assessments) {
            assess(member, world.post().id).await;
        }
        world.set_time(FIVE).await;
        let [wrap_up] = wrap_ups(&world).try_into().unwrap();
        let first = "**Wrap-up:** 4 members have answered so far.";
        if assessments < 4 {
            assert_eq!(wrap_up.content, first);
            continue;
        }
        let (bank, _) = Bank::load(built_in(), &[]);
        let points = &bank.get(&world.post().question_id()).unwrap().points;
        let named: Vec<_> = points[1..=2]
            .iter()
            .map(|point| format!("• ||{point}||"))
            .collect();
        let expected = format!("{first}\nOften missed:\n{}", named.join("\n"));
        assert_eq!(wrap_up.content, expected);
    }
}

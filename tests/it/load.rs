//! Load tests: nothing is lost or duplicated, and Discord's limits are kept. Measurements are
//! printed; the assertions hold on any machine.
//!
//! Long run: `QUIZLOOP_LOAD_SECONDS=600 cargo test --release --test it -- load:: --nocapture`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use discord_sandbox::Sandbox;
use discord_sandbox::client::ClientOutcome;
use discord_sandbox::model::Discord;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_store::inspect;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::support::{WAIT_TIMEOUT, World};

/// Teams that are due at the same minute.
const TEAMS: u64 = 2_000;

/// Interactions per second, and also replies per second.
const RATE: u64 = 500;
/// Number of teams under load, and of members in each.
const LOADED_TEAMS: u64 = 20;
const MEMBERS: u64 = 100;
/// Maximum number of members that wait for a response, and of replies that wait for their ✅, at
/// once. On a machine that is too slow, or pauses, the rate falls instead of all response times
/// growing.
const MAX_WAITING: usize = 20;
/// How long the load lasts by default, in seconds.
const SECONDS: u64 = 60;

/// Prints percentiles of response times in milliseconds.
fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    println!(
        "{what}: {} in all, p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms",
        times.len(),
        at(500),
        at(990),
        at(999)
    );
}

/// Returns the resident memory of a process in megabytes (10⁶ bytes), if the system reports it.
fn resident_megabytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Adds guilds with a channel and a team each. Returns the channels.
fn add_teams(world: &World, count: u64) -> Vec<u64> {
    let mut config = std::fs::read_to_string(world.folder().join("config.toml")).unwrap();
    let channels = (0..count)
        .map(|number| {
            let (guild, channel) = world.another_guild(&format!("Guild {number}"));
            write!(
                config,
                "\n[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\ntimezone = \"UTC\"\n\
                 days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n"
            )
            .unwrap();
            channel
        })
        .collect();
    std::fs::write(world.folder().join("config.toml"), config).unwrap();
    channels
}

/// Requests questions repeatedly and records the response times. On a machine that is busy with
/// other work, a response may come after Discord's limit of three seconds, for which `None` is
/// recorded.
async fn keep_requesting(world: &World, response_times: &Mutex<Vec<Option<Duration>>>) {
    loop {
        let sent = Instant::now();
        let time = match world.lin().command("quiz", &[]).await {
            ClientOutcome::Message(_) => Some(sent.elapsed()),
            ClientOutcome::NoResponse(_) => None,
            other => panic!("{other:?}"),
        };
        response_times.lock().unwrap().push(time);
        // Stay below the limit of commands per member.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
}

/// 11, 32. Two thousand teams are due at the same minute: each gets one message and one thread,
/// Discord never responds with 429, and members get responses meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_teams_due_at_one_minute_are_posted() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        .limits()
        .without_bot()
        .await;
    world.skip_api_check();
    let channels = add_teams(&world, TEAMS);
    world.start_bot().await;
    let (start, response_times) = (Instant::now(), Mutex::default());
    let nine = "2026-03-27T09:00:00Z".parse().unwrap();
    let threads = |discord: &Discord| {
        let threads = discord
            .channels
            .values()
            .filter(|channel| channel.thread.is_some());
        (threads.count() == channels.len()).then(|| start.elapsed())
    };
    let posted = async {
        // The simulated clock waits ten seconds for the bot; posting takes longer.
        let _ = world.sandbox.clock().set(nine).await;
        let done = world
            .sandbox
            .wait_for("all threads", Duration::from_secs(300), threads);
        done.await
            .unwrap_or_else(|error| panic!("{error}\n{}", world.log()))
    };
    let elapsed = tokio::select! {
        elapsed = posted => elapsed,
        () = keep_requesting(&world, &response_times) => unreachable!("it never ends"),
    };
    let rate = 2.0 * f64::from(u32::try_from(TEAMS).unwrap()) / elapsed.as_secs_f64();
    println!(
        "{TEAMS} teams: {rate:.1} requests a second, {} in the busiest",
        world.sandbox.busiest_second()
    );
    let response_times = response_times.into_inner().unwrap();
    let in_time: Vec<_> = response_times.iter().copied().flatten().collect();
    assert!(
        2 * in_time.len() > response_times.len(),
        "members get responses meanwhile: {} of {}",
        in_time.len(),
        response_times.len()
    );
    report("/quiz meanwhile", in_time);
    for channel in channels {
        assert_eq!(world.posts_in(channel).len(), 1);
        assert_eq!(world.sandbox.threads(channel).len(), 1);
    }
    assert_eq!(world.sandbox.invalid_requests(), 0);
}

/// Many active members.
struct Load<'w> {
    world: &'w World,
    /// Channels with their members.
    teams: Vec<(u64, Vec<u64>)>,
    response_times: Vec<Duration>,
    reaction_times: Vec<Duration>,
}

impl Load<'_> {
    /// Each member of each team replies once and runs one command, at the rate of the load.
    async fn run_day(&mut self) {
        let threads: Vec<u64> = self
            .teams
            .iter()
            .filter_map(|(channel, _)| self.world.posts_in(*channel).pop()?.thread)
            .collect();
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut waiting, mut asking) = (HashMap::new(), JoinSet::new());
        let turns = Arc::new(Semaphore::new(MAX_WAITING));
        for index in 0..usize::try_from(MEMBERS).unwrap() {
            for ((channel, members), thread) in self.teams.iter().zip(&threads) {
                ticks.tick().await;
                let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
                let reply = self
                    .world
                    .member(members[index])
                    .write(*thread, "my answer");
                waiting.insert((*thread, reply), Instant::now());
                let times = &mut self.reaction_times;
                wait_until_acknowledged(self.world, &mut waiting, MAX_WAITING, times).await;
                let command = ["quiz", "answer", "streak", "hint"][index % 4];
                let ask = ask(
                    self.world.sandbox.clone(),
                    *channel,
                    members[index],
                    command,
                );
                asking.spawn(async move {
                    let elapsed = ask.await;
                    drop(turn);
                    elapsed
                });
            }
        }
        wait_until_acknowledged(self.world, &mut waiting, 0, &mut self.reaction_times).await;
        self.response_times.extend(asking.join_all().await);
    }
}

async fn ask(sandbox: Sandbox, channel: u64, member: u64, command: &'static str) -> Duration {
    let sent = Instant::now();
    let outcome = sandbox.command(channel, member, command, &[]).await;
    assert!(
        matches!(outcome, ClientOutcome::Message(_)),
        "/{command}: {outcome:?}"
    );
    sent.elapsed()
}

/// When each reply was sent that has no ✅ yet, by thread and message.
type Waiting = HashMap<(u64, u64), Instant>;

/// Records how long each newly acknowledged reply waited for its ✅.
fn record_acknowledged(world: &World, waiting: &mut Waiting, reaction_times: &mut Vec<Duration>) {
    world.sandbox.read(|discord| {
        waiting.retain(|(thread, reply), since| {
            let message = discord.message(*thread, *reply);
            let counted = message.is_some_and(|message| !message.reactions.is_empty());
            if counted {
                reaction_times.push(since.elapsed());
            }
            !counted
        });
    });
}

/// Waits until at most `rest` replies have no ✅ yet.
async fn wait_until_acknowledged(
    world: &World,
    waiting: &mut Waiting,
    rest: usize,
    reaction_times: &mut Vec<Duration>,
) {
    let end = Instant::now() + WAIT_TIMEOUT;
    record_acknowledged(world, waiting, reaction_times);
    while waiting.len() > rest {
        assert!(
            Instant::now() < end,
            "{} replies are not counted",
            waiting.len()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
        record_acknowledged(world, waiting, reaction_times);
    }
}

/// Five hundred replies and five hundred commands per second: every command gets a response, every
/// reply is counted and acknowledged, and memory does not grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_a_second_are_handled() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        // As behind a proxy that enforces the limits: Discord itself accepts fewer reactions per
        // second.
        .setting("[discord]\nrequests_per_second = 5000")
        .without_bot()
        .await;
    world.skip_api_check();
    let channels = add_teams(&world, LOADED_TEAMS);
    let teams = channels
        .iter()
        .map(|channel| (*channel, add_members(&world, *channel)))
        .collect();
    world.start_bot().await;
    let seconds = std::env::var("QUIZLOOP_LOAD_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let days = seconds.unwrap_or(SECONDS) * RATE / (LOADED_TEAMS * MEMBERS);
    let mut load = Load {
        world: &world,
        teams,
        response_times: Vec::new(),
        reaction_times: Vec::new(),
    };
    let (mut memory, mut busy) = (Vec::new(), Duration::ZERO);
    for day in 0..days {
        world.advance(if day == 0 { "1m" } else { "24h" }).await;
        let start = Instant::now();
        load.run_day().await;
        busy += start.elapsed();
        memory.extend(resident_megabytes(world.bot_id()));
    }
    let per_event = busy / u32::try_from(load.response_times.len()).unwrap();
    println!(
        "a command and a reply each {:.1} ms",
        per_event.as_secs_f64() * 1e3
    );
    report("commands", load.response_times);
    report("replies until marked", load.reaction_times);
    println!("resident after each day, MB: {memory:.1?}");
    for (channel, members) in load.teams {
        assert_eq!(world.posts_in(channel).len() as u64, days);
        for member in members {
            assert_eq!(u64::from(saved_streak(&world, channel, member)), days);
        }
    }
    // The first days fill caches; afterwards replies and commands must not use more memory.
    if let (Some(early), Some(late)) = (memory.get(memory.len() / 3), memory.last()) {
        assert!(late - early < 12.0, "memory grows: {memory:.1?}");
    }
}

fn add_members(world: &World, channel: u64) -> Vec<u64> {
    let guild = world
        .sandbox
        .read(|discord| discord.guild_of(channel))
        .unwrap();
    let add = |number| {
        let user = world.sandbox.add_user(&format!("Member {number}"));
        world.sandbox.add_member(guild, user, &[]);
        user
    };
    (0..MEMBERS).map(add).collect()
}

fn saved_streak(world: &World, channel: u64, member: u64) -> u32 {
    let guild = world
        .sandbox
        .read(|discord| discord.guild_of(channel))
        .unwrap();
    let guild = inspect::guild(&world.state(), GuildId::new(guild))
        .unwrap_or_else(|error| panic!("{error}"));
    guild
        .team(ChannelId::new(channel))
        .unwrap()
        .streak(UserId::new(member))
        .current
}

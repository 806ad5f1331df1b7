//! Many at once: nothing is lost, nothing doubled, and Discord's limits are kept. Figures are printed; what is
//! asserted holds on any machine.
//!
//! The long form: `QUIZLOOP_LOAD_SECONDS=600 cargo test --release --test it -- load:: --nocapture`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quizloop::practice::id::{ChannelId, GuildId, UserId};
use quizloop::sandbox::Sandbox;
use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::model::Discord;
use quizloop::store::inspect;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::support::{WAIT_TIMEOUT, World};

/// Teams that are due at the same minute.
const TEAMS: u64 = 2_000;

/// Interactions, and replies, a second.
const RATE: u64 = 500;
/// Teams under load, and the members of each.
const LOADED_TEAMS: u64 = 20;
const MEMBERS: u64 = 100;
/// Members who wait for an answer at once. Where the machine is too slow for the rate, or is taken away for a
/// moment, the rate falls instead of everybody being late.
const WAITING: usize = 100;
/// How long the load lasts, unless the environment says otherwise.
const SECONDS: u64 = 60;

/// Percentiles of waiting times, in milliseconds.
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

/// Megabytes (of a million bytes) that a process holds; nothing where the system does not tell.
fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// Guilds with a channel and a team each; their channels.
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

/// Asks for a question again and again, and notes how long each answer took.
async fn keep_asking(world: &World, waited: &Mutex<Vec<Duration>>) {
    loop {
        let asked = Instant::now();
        let outcome = world.lin().command("quiz", &[]).await;
        assert!(matches!(outcome, ClientOutcome::Message(_)), "{outcome:?}");
        waited.lock().unwrap().push(asked.elapsed());
        // Not too fast: members who flood are told to slow down.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
}

/// 11, 32. Two thousand teams are due at the same minute: each gets one message and one thread, Discord never has to
/// say 429, and members are answered meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_teams_at_one_minute() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        .limits()
        .without_bot()
        .await;
    world.skip_api_check();
    let channels = add_teams(&world, TEAMS);
    world.start_bot().await;
    let (start, waited) = (Instant::now(), Mutex::default());
    let nine = "2026-03-27T09:00:00Z".parse().unwrap();
    let threads = |discord: &Discord| {
        let threads = discord.channels.values().filter(|one| one.thread.is_some());
        (threads.count() == channels.len()).then(|| start.elapsed())
    };
    let posted = async {
        // The clock waits ten seconds for the bot to have done all; this takes longer.
        let _ = world.sandbox.clock().set(nine).await;
        let done = world
            .sandbox
            .wait_for("all threads", Duration::from_secs(300), threads);
        done.await
            .unwrap_or_else(|error| panic!("{error}\n{}", world.log()))
    };
    let took = tokio::select! {
        took = posted => took,
        () = keep_asking(&world, &waited) => unreachable!("it asks for ever"),
    };
    let rate = 2.0 * f64::from(u32::try_from(TEAMS).unwrap()) / took.as_secs_f64();
    println!(
        "{TEAMS} teams: {rate:.1} requests a second, {} in the busiest",
        world.sandbox.busiest_second()
    );
    report("/quiz meanwhile", waited.into_inner().unwrap());
    for channel in channels {
        assert_eq!(world.posts_in(channel).len(), 1);
        assert_eq!(world.sandbox.threads(channel).len(), 1);
    }
    assert_eq!(world.sandbox.invalid_requests(), 0);
}

/// Many members at once.
struct Load<'w> {
    world: &'w World,
    /// Every channel with its members.
    teams: Vec<(u64, Vec<u64>)>,
    asked: Vec<Duration>,
    marked: Vec<Duration>,
}

impl Load<'_> {
    /// Every member of every team replies once and runs a command once, at the rate of the load.
    async fn a_day(&mut self) {
        let threads: Vec<u64> = self
            .teams
            .iter()
            .filter_map(|(channel, _)| self.world.posts_in(*channel).pop()?.thread)
            .collect();
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut waiting, mut asking) = (HashMap::new(), JoinSet::new());
        let turns = Arc::new(Semaphore::new(WAITING));
        for place in 0..usize::try_from(MEMBERS).unwrap() {
            for ((channel, members), thread) in self.teams.iter().zip(&threads) {
                ticks.tick().await;
                let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
                let reply = self
                    .world
                    .member(members[place])
                    .write(*thread, "my answer");
                waiting.insert((*thread, reply), Instant::now());
                let command = ["quiz", "answer", "streak", "hint"][place % 4];
                let ask = ask(
                    self.world.sandbox.clone(),
                    *channel,
                    members[place],
                    command,
                );
                asking.spawn(async move {
                    let took = ask.await;
                    drop(turn);
                    took
                });
            }
            take_marked(self.world, &mut waiting, &mut self.marked);
        }
        let end = Instant::now() + WAIT_TIMEOUT;
        while !waiting.is_empty() {
            assert!(
                Instant::now() < end,
                "{} replies are not counted",
                waiting.len()
            );
            take_marked(self.world, &mut waiting, &mut self.marked);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.asked.extend(asking.join_all().await);
    }
}

async fn ask(sandbox: Sandbox, channel: u64, member: u64, command: &'static str) -> Duration {
    let asked = Instant::now();
    let outcome = sandbox.command(channel, member, command, &[]).await;
    assert!(
        matches!(outcome, ClientOutcome::Message(_)),
        "/{command}: {outcome:?}"
    );
    asked.elapsed()
}

/// Notes which replies have got their mark since the last look, by thread and message.
fn take_marked(
    world: &World,
    waiting: &mut HashMap<(u64, u64), Instant>,
    marked: &mut Vec<Duration>,
) {
    world.sandbox.read(|discord| {
        waiting.retain(|(thread, reply), since| {
            let message = discord.message(*thread, *reply);
            let counted = message.is_some_and(|message| !message.reactions.is_empty());
            if counted {
                marked.push(since.elapsed());
            }
            !counted
        });
    });
}

/// Five hundred replies and five hundred commands a second: every member is answered, every reply counted and
/// marked, and memory does not grow with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_events_a_second() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        // As behind a proxy that holds the limits: Discord itself takes fewer marks a second.
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
        asked: Vec::new(),
        marked: Vec::new(),
    };
    let (mut held, mut busy) = (Vec::new(), Duration::ZERO);
    for day in 0..days {
        world.advance(if day == 0 { "1m" } else { "24h" }).await;
        let start = Instant::now();
        load.a_day().await;
        busy += start.elapsed();
        held.extend(resident(world.bot_id()));
    }
    let apart = busy / u32::try_from(load.asked.len()).unwrap();
    println!(
        "a command and a reply each {:.1} ms",
        apart.as_secs_f64() * 1e3
    );
    report("commands", load.asked);
    report("replies until marked", load.marked);
    println!("resident after each day, MB: {held:.1?}");
    for (channel, members) in load.teams {
        assert_eq!(world.posts_in(channel).len() as u64, days);
        for member in members {
            assert_eq!(u64::from(saved_streak(&world, channel, member)), days);
        }
    }
    // The first days fill caches; after them nothing is left behind by a reply or a command.
    if let (Some(early), Some(late)) = (held.get(held.len() / 3), held.last()) {
        assert!(late - early < 12.0, "memory grows: {held:.1?}");
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

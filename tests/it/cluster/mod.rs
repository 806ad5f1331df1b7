//! Several processes share one database and divide the shards. Whatever happens to one of them,
//! every question is posted once and every reply counts.

mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use discord_sandbox::ids;
use futures::FutureExt as _;
use jiff::civil::{Weekday, date};
use jiff::{SignedDuration, Timestamp, ToSpan, ZonedDateTime};
use quizloop_core::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt, World, posts_in};
use processes::ClusterProcesses;

const SHARDS: u32 = 6;
const GUILDS: usize = 12;
const PROCESSES: usize = 3;

/// Maximum real time to wait. A shard that moves to another process waits for its turn to identify,
/// and twice if it moves again at once.
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// Maximum number of days behind a pooler. `PgBouncer` tries a server that refused a connection again
/// after 15 s (`server_login_retry`), so a restart of the database takes long.
const MAX_ROUNDS_BEHIND_POOLER: usize = 8;

/// A fault of one process or of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disruption {
    Killed,
    Hangs,
    Stopped,
    CutOff,
    DatabaseRestarts,
    Nothing,
}

/// A team in a guild, and the members that reply there.
struct TestTeam {
    guild: u64,
    channel: u64,
    members: Vec<u64>,
}

struct TestCluster {
    world: World,
    processes: ClusterProcesses,
    teams: Vec<TestTeam>,
    /// First message of each member, by team, round and member: the message that must count.
    written: BTreeMap<(usize, usize, u64), u64>,
    rng: StdRng,
    /// Drawn from once a round, so that a seed repeats the same disruptions.
    disruption_rng: StdRng,
}

impl TestCluster {
    /// Starts Discord with guilds in all shards, and processes that have divided the shards.
    async fn new(test_database: TestDatabase, seed: u64) -> Self {
        let mut world = World::at("2026-03-26T12:00[UTC]")
            .setting("[discord]\nrequests_per_second = 400")
            .team()
            .database(test_database.url())
            .without_bot()
            .await;
        // Requests that were cut off are not checked against Discord's API description here.
        world.skip_api_check();
        let mut teams = vec![TestTeam {
            guild: ids::GUILD,
            channel: ids::ASYNCIO,
            members: vec![ids::ADA, ids::LIN, ids::SAM],
        }];
        for number in 1..GUILDS {
            // The id's timestamp bits determine the shard.
            let clock = world.sandbox.clock();
            clock.advance(Duration::from_millis(1)).await.unwrap();
            let (guild, channel) = world.another_guild(&format!("Guild {number}"));
            world.configure_team(guild, channel);
            world.sandbox.join_guild(guild, ids::LIN, false);
            teams.push(TestTeam {
                guild,
                channel,
                members: vec![ids::ADA, ids::LIN],
            });
        }
        let shards: BTreeSet<_> = teams
            .iter()
            .map(|team| (team.guild >> 22) % u64::from(SHARDS))
            .collect();
        assert_eq!(shards.len(), SHARDS as usize, "every shard has guilds");
        world.sandbox.recommend_shards(SHARDS, 16);
        let mut processes = ClusterProcesses::new(test_database, PROCESSES);
        for process in 0..PROCESSES {
            processes.launch(process, &world);
        }
        let mut cluster = Self {
            world,
            processes,
            teams,
            written: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            disruption_rng: StdRng::seed_from_u64(!seed),
        };
        let tables = "select count(*) = 1 from pg_tables where tablename = 'lease'";
        cluster
            .wait_until("the tables to be made", |cluster| {
                cluster.processes.database().ask(tables) == "true"
            })
            .await;
        cluster
            .wait_until("the shards to be divided", |cluster| {
                cluster.processes.shard_counts() == [2, 2, 2]
                    && cluster.sessions() == SHARDS as usize
            })
            .await;
        cluster
    }

    /// Returns the number of shards with a connected session.
    fn sessions(&self) -> usize {
        self.world.sandbox.read(|discord| {
            let open = discord.gateway.sessions.iter();
            let open = open.filter(|session| session.connection.is_some());
            open.map(|session| session.shard.number)
                .collect::<BTreeSet<_>>()
                .len()
        })
    }

    /// Waits until a condition holds. The simulated time flows meanwhile: a step that failed is
    /// repeated some seconds later.
    async fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + WAIT_TIMEOUT;
        let mut flows = tokio::time::interval(Duration::from_secs(1));
        flows.tick().await;
        while !done(self) {
            self.processes.restart_failed_starts(&self.world).await;
            if flows.tick().now_or_never().is_some() {
                self.set_time(self.world.now() + SignedDuration::from_secs(1))
                    .await;
            }
            assert!(
                Instant::now() < end,
                "{what} did not happen\n{}\n{}",
                self.world.sandbox.last_log_lines(),
                self.processes.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs a day: the question is posted and members reply during a disruption.
    async fn run_day(&mut self, round: usize, nine: &ZonedDateTime, disruption: Disruption) {
        let process = self.disruption_rng.random_range(0..PROCESSES);
        self.set_time(nine.timestamp()).await;
        self.post_replies(round, 300).await;
        self.disrupt(disruption, process).await;
        self.post_replies(round, 600).await;
        self.check_acknowledged_replies();
        self.recover(disruption, process).await;
        self.check_day(round).await;
    }

    /// Sets the simulated time. A hung process does not acknowledge it, so this does not wait.
    async fn set_time(&self, time: Timestamp) {
        let clock_set = self.world.sandbox.clock().set(time);
        drop(tokio::time::timeout(Duration::from_millis(1), clock_set).await);
    }

    async fn disrupt(&mut self, disruption: Disruption, process: usize) {
        self.processes.wait_until_joined(&self.world).await;
        match disruption {
            Disruption::Killed => self.processes.kill(process).await,
            Disruption::Stopped => {
                let code = self.processes.stop(process).await;
                assert_eq!(code, Some(0), "{}", self.processes.logs());
            }
            Disruption::Hangs => {
                self.processes.hang(process, true);
                self.processes.expire_leases_of(process);
            }
            Disruption::CutOff => {
                self.processes.cut(process, true);
                self.processes.expire_leases_of(process);
            }
            Disruption::DatabaseRestarts => self.processes.restart_database().await,
            Disruption::Nothing => {}
        }
    }

    async fn recover(&mut self, disruption: Disruption, process: usize) {
        match disruption {
            Disruption::Killed | Disruption::Stopped => self.processes.launch(process, &self.world),
            Disruption::Hangs | Disruption::CutOff => {
                self.wait_until("the others to take over", |cluster| {
                    let shares = cluster.processes.shard_counts();
                    shares[process] == 0 && shares.iter().sum::<u64>() == u64::from(SHARDS)
                })
                .await;
                if disruption == Disruption::Hangs {
                    self.processes.hang(process, false);
                } else {
                    self.processes.cut(process, false);
                }
            }
            Disruption::DatabaseRestarts | Disruption::Nothing => {}
        }
    }

    /// Members reply to the open questions for this many milliseconds.
    async fn post_replies(&mut self, round: usize, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < end {
            let team = self.rng.random_range(0..self.teams.len());
            let TestTeam {
                channel, members, ..
            } = &self.teams[team];
            let member = *members.choose(&mut self.rng).unwrap();
            let posts = posts_in(&self.world.sandbox, *channel);
            if let Some(thread) = posts.get(round).and_then(|post| post.thread)
                && !self.written.contains_key(&(team, round, member))
            {
                let message = self.world.sandbox.post(thread, member, "in my words");
                self.written.insert((team, round, member), message.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..30))).await;
        }
    }

    /// Waits until every question was posted once and every reply counts.
    async fn check_day(&mut self, round: usize) {
        self.wait_until("every question to come", |cluster| {
            cluster.teams.iter().all(|team| {
                let posts = posts_in(&cluster.world.sandbox, team.channel);
                posts.len() == round + 1 && posts[round].thread.is_some()
            })
        })
        .await;
        self.post_replies(round, 200).await;
        self.wait_until("every reply to be counted", |cluster| {
            let messages = cluster.written.range((0, 0, 0)..);
            let of_today = messages.filter(|((_, of, _), _)| *of == round);
            of_today.map(|(_, message)| *message).all(|message| {
                let message = cluster.world.sandbox.message(message);
                message.is_some_and(|message| message.is_counted())
            })
        })
        .await;
        assert!(self.processes.are_running(), "{}", self.processes.logs());
    }

    /// Asserts that every reply with a ✅ is in the database.
    fn check_acknowledged_replies(&self) {
        let mut acknowledged: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        for ((team, _, member), message) in &self.written {
            let message = self.world.sandbox.message(*message);
            if message.is_some_and(|message| message.is_counted()) {
                *acknowledged
                    .entry((self.teams[*team].guild, *member))
                    .or_default() += 1;
            }
        }
        let stored = self.stored_results();
        for (key, acknowledged) in acknowledged {
            let marks = stored.get(&key).map_or("", String::as_str);
            let stored = marks.matches('a').count();
            assert!(
                stored >= acknowledged,
                "{key:?}: {acknowledged} replies have a ✅, kept: {marks}"
            );
        }
    }

    fn stored_results(&self) -> BTreeMap<(u64, u64), String> {
        let rows = "select string_agg(guild || ' ' || member || ' ' || marks, ',') from member";
        let rows = self.processes.database().ask(rows);
        let row = |row: &str| {
            let columns: Vec<_> = row.split(' ').collect();
            let key = (columns[0].parse().unwrap(), columns[1].parse().unwrap());
            (key, columns[2].to_owned())
        };
        rows.split(',')
            .filter(|row| !row.is_empty())
            .map(row)
            .collect()
    }

    /// Returns the streak that the rules give for the replies: the model.
    fn expected_streak(&self, team: usize, member: u64, rounds: usize) -> u32 {
        let (mut streak, mut answered, mut freezes) = (0, 0, 0);
        let first = (0..rounds).find(|round| self.written.contains_key(&(team, *round, member)));
        for round in first.unwrap_or(rounds)..rounds {
            if self.written.contains_key(&(team, round, member)) {
                streak += 1;
                answered += 1;
                if answered % ROUNDS_PER_FREEZE == 0 && freezes < MAX_FREEZES {
                    freezes += 1;
                }
            } else if round + 1 == rounds {
                // The last round is still open.
            } else if streak > 0 && freezes > 0 {
                freezes -= 1;
            } else {
                streak = 0;
            }
        }
        streak
    }
}

fn rounds() -> usize {
    let variable = std::env::var("QUIZLOOP_FLEET_ROUNDS").ok();
    variable
        .and_then(|number| number.parse().ok())
        .unwrap_or(50)
}

fn seed() -> u64 {
    let seed = std::env::var("QUIZLOOP_SEED").ok();
    seed.and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| StdRng::from_rng(&mut rand::rng()).random_range(0..1_000_000))
}

/// Processes are killed, stopped, hung and cut off, and the database restarts. In the end the
/// results are those of one undisturbed process.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_days_of_disruptions_lose_and_repeat_nothing() {
    if let Some(test_database) = TestDatabase::new() {
        run_days(test_database, rounds()).await;
    }
}

/// The same behind a pooler, where the processes share their sessions of the database.
#[tokio::test(flavor = "multi_thread")]
async fn days_of_disruptions_behind_a_pooler() {
    if let Some(test_database) = TestDatabase::behind_pooler() {
        run_days(test_database, rounds().min(MAX_ROUNDS_BEHIND_POOLER)).await;
    }
}

async fn run_days(test_database: TestDatabase, rounds: usize) {
    use Disruption::{CutOff, DatabaseRestarts, Hangs, Killed, Nothing, Stopped};
    let seed = seed();
    println!("seed {seed}, {rounds} rounds: QUIZLOOP_SEED={seed} brings them again");
    let mut cluster = TestCluster::new(test_database, seed).await;
    let mut day = date(2026, 3, 26);
    for round in 0..rounds {
        loop {
            day = day.saturating_add(1.day());
            if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                break;
            }
        }
        let nine = day.at(9, 0, 0, 0).in_tz("UTC").unwrap();
        let disruptions = [Killed, Hangs, Stopped, CutOff, DatabaseRestarts, Nothing];
        let disruption = *disruptions.choose(&mut cluster.disruption_rng).unwrap();
        let start = Instant::now();
        cluster.run_day(round, &nine, disruption).await;
        println!(
            "round {round}: {disruption:?}, {:.1} s",
            start.elapsed().as_secs_f64()
        );
    }
    cluster
        .wait_until("the shards to be divided again", |cluster| {
            cluster.processes.shard_counts() == [2, 2, 2] && cluster.sessions() == SHARDS as usize
        })
        .await;
    let posted = cluster
        .processes
        .database()
        .ask("select count(*) from round where message is not null");
    assert_eq!(posted, (rounds * GUILDS).to_string());
    for (number, team) in cluster.teams.iter().enumerate() {
        for member in &team.members {
            let handle = cluster.world.member(*member);
            let streak = handle.streak_in(team.channel).await;
            let expected = cluster.expected_streak(number, *member, rounds);
            assert_eq!(streak, expected, "guild {number}, member {member}");
        }
    }
    let identifies = cluster
        .world
        .sandbox
        .read(|discord| discord.gateway.session_start_limit.started.clone());
    for (index, (at, shard)) in identifies.iter().enumerate() {
        let before = identifies[..index]
            .iter()
            .rev()
            .find(|(_, other)| other == shard);
        let interval = before.map_or(Duration::MAX, |(before, _)| at.duration_since(*before));
        assert!(
            interval >= Duration::from_secs(5),
            "two sessions of a slot began {interval:?} apart"
        );
    }
}

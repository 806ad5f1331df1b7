//! Several processes on one database: they divide the shards, and whatever happens to one of them, every question comes
//! once and every reply counts.

mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::{Weekday, date};
use jiff::{ToSpan, Zoned};
use quizloop::sandbox::ids;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::test_database::TestDatabase;
use crate::support::{MessageExt, World, posts_in};
use processes::ClusterProcesses;

const SHARDS: u32 = 6;
const GUILDS: usize = 12;
const PROCESSES: usize = 3;

/// Real time. A shard that moves has to wait for its turn at beginning a session; twice, if it moves on at once.
const WAIT_TIMEOUT: Duration = Duration::from_secs(90);

/// What happens to one of the processes, or to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disruption {
    Killed,
    Hangs,
    Stopped,
    CutOff,
    DatabaseRestarts,
    Nothing,
}

/// A team in a guild, and who replies there.
struct TestTeam {
    guild: u64,
    channel: u64,
    members: Vec<u64>,
}

struct TestCluster {
    world: World,
    processes: ClusterProcesses,
    teams: Vec<TestTeam>,
    /// What members wrote, by place, round and member: the message that is to count.
    written: BTreeMap<(usize, usize, u64), u64>,
    rng: StdRng,
    /// Draws as often as there are rounds, so that a seed brings the same troubles.
    disruption_rng: StdRng,
}

impl TestCluster {
    /// Discord with guilds in all shards, and processes that have divided them.
    async fn new(test_database: TestDatabase, seed: u64) -> Self {
        let mut world = World::at("2026-03-26T12:00[UTC]")
            .setting("[discord]\nrequests_per_second = 400")
            .team()
            .database(test_database.url())
            .without_bot()
            .await;
        // What a request means that was cut off half-way is nobody's business here.
        world.skip_api_check();
        let mut places = vec![TestTeam {
            guild: ids::GUILD,
            channel: ids::ASYNCIO,
            members: vec![ids::ADA, ids::LIN, ids::SAM],
        }];
        for number in 1..GUILDS {
            // The shard is told by the millisecond.
            let clock = world.sandbox.clock();
            clock.advance(Duration::from_millis(1)).await.unwrap();
            let (guild, channel) = world.another_guild(&format!("Guild {number}"));
            world.configure_team(guild, channel);
            world.sandbox.join_guild(guild, ids::LIN, false);
            places.push(TestTeam {
                guild,
                channel,
                members: vec![ids::ADA, ids::LIN],
            });
        }
        let shards: BTreeSet<_> = places
            .iter()
            .map(|place| (place.guild >> 22) % u64::from(SHARDS))
            .collect();
        assert_eq!(shards.len(), SHARDS as usize, "every shard has guilds");
        world.sandbox.recommend_shards(SHARDS, 16);
        let mut processes = ClusterProcesses::new(test_database, PROCESSES);
        for one in 0..PROCESSES {
            processes.launch(one, &world);
        }
        let cluster = Self {
            world,
            processes,
            teams: places,
            written: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            disruption_rng: StdRng::seed_from_u64(!seed),
        };
        let tables = "select count(*) = 1 from pg_tables where tablename = 'lease'";
        cluster
            .until("the tables to be made", |cluster| {
                cluster.processes.database().ask(tables) == "true"
            })
            .await;
        cluster
            .until("the shards to be divided", |cluster| {
                cluster.processes.shard_counts() == [2, 2, 2]
                    && cluster.sessions() == SHARDS as usize
            })
            .await;
        cluster
    }

    /// Shards with a session that is connected.
    fn sessions(&self) -> usize {
        self.world.sandbox.read(|discord| {
            let open = discord.gateway.sessions.iter();
            let open = open.filter(|session| session.connection.is_some());
            open.map(|session| session.shard.number)
                .collect::<BTreeSet<_>>()
                .len()
        })
    }

    async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + WAIT_TIMEOUT;
        while !done(self) {
            assert!(
                Instant::now() < end,
                "{what} did not happen\n{}\n{}",
                self.world.sandbox.last_log_lines(),
                self.processes.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A day: the question comes, members reply, and meanwhile there is trouble.
    async fn run_day(&mut self, round: usize, nine: &Zoned, trouble: Disruption) {
        let one = self.disruption_rng.random_range(0..PROCESSES);
        // Who hangs does not say that it has done what is due.
        let moved = self.world.sandbox.clock().set(nine.timestamp());
        drop(tokio::time::timeout(Duration::from_millis(1), moved).await);
        self.post_replies(round, 300).await;
        self.disrupt(trouble, one).await;
        self.post_replies(round, 600).await;
        self.check_acknowledged_replies();
        self.recover(trouble, one).await;
        self.check_day(round).await;
    }

    async fn disrupt(&mut self, trouble: Disruption, one: usize) {
        match trouble {
            Disruption::Killed => self.processes.kill(one).await,
            Disruption::Stopped => {
                let code = self.processes.stop(one).await;
                assert_eq!(code, Some(0), "{}", self.processes.logs());
            }
            Disruption::Hangs => {
                self.processes.hang(one, true);
                self.processes.expire_leases_of(one);
            }
            Disruption::CutOff => {
                self.processes.cut(one, true);
                self.processes.expire_leases_of(one);
            }
            Disruption::DatabaseRestarts => self.processes.restart_database().await,
            Disruption::Nothing => {}
        }
    }

    async fn recover(&mut self, trouble: Disruption, one: usize) {
        match trouble {
            Disruption::Killed | Disruption::Stopped => self.processes.launch(one, &self.world),
            Disruption::Hangs | Disruption::CutOff => {
                self.until("the others to take over", |cluster| {
                    let shares = cluster.processes.shard_counts();
                    shares[one] == 0 && shares.iter().sum::<u64>() == u64::from(SHARDS)
                })
                .await;
                if trouble == Disruption::Hangs {
                    self.processes.hang(one, false);
                } else {
                    self.processes.cut(one, false);
                }
            }
            Disruption::DatabaseRestarts | Disruption::Nothing => {}
        }
    }

    /// For so many milliseconds members reply to the questions that are there.
    async fn post_replies(&mut self, round: usize, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < end {
            let place = self.rng.random_range(0..self.teams.len());
            let TestTeam {
                channel, members, ..
            } = &self.teams[place];
            let member = *members.choose(&mut self.rng).unwrap();
            let posts = posts_in(&self.world.sandbox, *channel);
            if let Some(thread) = posts.get(round).and_then(|post| post.thread)
                && !self.written.contains_key(&(place, round, member))
            {
                let message = self.world.sandbox.post(thread, member, "in my words");
                self.written
                    .insert((place, round, member), message.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..30))).await;
        }
    }

    /// The day ends well: every question has come once and every reply counts.
    async fn check_day(&mut self, round: usize) {
        self.until("every question to come", |cluster| {
            cluster.teams.iter().all(|place| {
                let posts = posts_in(&cluster.world.sandbox, place.channel);
                posts.len() == round + 1 && posts[round].thread.is_some()
            })
        })
        .await;
        self.post_replies(round, 200).await;
        self.until("every reply to be counted", |cluster| {
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

    /// Whatever has a ✅ is in the database, at any moment.
    fn check_acknowledged_replies(&self) {
        let mut told: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        for ((place, _, member), message) in &self.written {
            let message = self.world.sandbox.message(*message);
            if message.is_some_and(|message| message.is_counted()) {
                *told.entry((self.teams[*place].guild, *member)).or_default() += 1;
            }
        }
        let kept = self.stored_results();
        for (who, told) in told {
            let marks = kept.get(&who).map_or("", String::as_str);
            let kept = marks.matches('a').count();
            assert!(
                kept >= told,
                "{who:?}: {told} replies have a ✅, kept: {marks}"
            );
        }
    }

    fn stored_results(&self) -> BTreeMap<(u64, u64), String> {
        let rows = "select string_agg(guild || ' ' || member || ' ' || marks, ',') from member";
        let rows = self.processes.database().ask(rows);
        let row = |row: &str| {
            let words: Vec<_> = row.split(' ').collect();
            let who = (words[0].parse().unwrap(), words[1].parse().unwrap());
            (who, words[2].to_owned())
        };
        rows.split(',')
            .filter(|row| !row.is_empty())
            .map(row)
            .collect()
    }

    /// What the rules say of what was written: the model.
    fn expected_streak(&self, place: usize, member: u64, rounds: usize) -> u32 {
        let (mut streak, mut answered, mut freezes) = (0, 0, 0);
        let first = (0..rounds).find(|round| self.written.contains_key(&(place, *round, member)));
        for round in first.unwrap_or(rounds)..rounds {
            if self.written.contains_key(&(place, round, member)) {
                streak += 1;
                answered += 1;
                if answered % 7 == 0 && freezes < 2 {
                    freezes += 1;
                }
            } else if round + 1 == rounds {
                // It still is open.
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
    let asked = std::env::var("QUIZLOOP_FLEET_ROUNDS").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(50)
}

fn seed() -> u64 {
    let seed = std::env::var("QUIZLOOP_SEED").ok();
    seed.and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| StdRng::from_rng(&mut rand::rng()).random_range(0..1_000_000))
}

/// Killed, stopped, hung, cut off, with a database that restarts: at the end all is as if there had been one process
/// and no trouble.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_days_of_trouble() {
    use Disruption::{CutOff, DatabaseRestarts, Hangs, Killed, Nothing, Stopped};
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let (seed, rounds) = (seed(), rounds());
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
        let troubles = [Killed, Hangs, Stopped, CutOff, DatabaseRestarts, Nothing];
        let trouble = *troubles.choose(&mut cluster.disruption_rng).unwrap();
        let start = Instant::now();
        cluster.run_day(round, &nine, trouble).await;
        println!(
            "round {round}: {trouble:?}, {:.1} s",
            start.elapsed().as_secs_f64()
        );
    }
    cluster
        .until("the shards to be divided again", |cluster| {
            cluster.processes.shard_counts() == [2, 2, 2] && cluster.sessions() == SHARDS as usize
        })
        .await;
    let posted = cluster
        .processes
        .database()
        .ask("select count(*) from round where message is not null");
    assert_eq!(posted, (rounds * GUILDS).to_string());
    for (number, place) in cluster.teams.iter().enumerate() {
        for member in &place.members {
            let handle = cluster.world.member(*member);
            let shown = handle.streak_in(place.channel).await;
            let known = cluster.expected_streak(number, *member, rounds);
            assert_eq!(shown, known, "guild {number}, member {member}");
        }
    }
    let begun = cluster
        .world
        .sandbox
        .read(|discord| discord.gateway.session_start_limit.started.clone());
    for (index, (at, shard)) in begun.iter().enumerate() {
        let before = begun[..index]
            .iter()
            .rev()
            .find(|(_, other)| other == shard);
        let apart = before.map_or(Duration::MAX, |(before, _)| at.duration_since(*before));
        assert!(
            apart >= Duration::from_secs(5),
            "two sessions of a slot began {apart:?} apart"
        );
    }
}

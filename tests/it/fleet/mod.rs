//! Several processes on one database: they divide the shards, and whatever happens to one of them, every question comes
//! once and every reply counts.

mod ships;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::{Weekday, date};
use jiff::{ToSpan, Zoned};
use quizloop::sandbox::ids;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::support::scratch::Scratch;
use crate::support::{Read, World, posts_in};
use ships::Ships;

const SHARDS: u32 = 6;
const GUILDS: usize = 12;
const PROCESSES: usize = 3;

/// Real time. A shard that moves has to wait for its turn at beginning a session; twice, if it moves on at once.
const PATIENCE: Duration = Duration::from_secs(90);

/// What happens to one of the processes, or to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Killed,
    Hangs,
    Stopped,
    CutOff,
    DatabaseRestarts,
    Nothing,
}

/// A team in a guild, and who replies there.
struct Place {
    guild: u64,
    channel: u64,
    members: Vec<u64>,
}

struct Sea {
    world: World,
    ships: Ships,
    places: Vec<Place>,
    /// What members wrote, by place, round and member: the message that is to count.
    written: BTreeMap<(usize, usize, u64), u64>,
    rng: StdRng,
    /// Draws as often as there are rounds, so that a seed brings the same troubles.
    fate: StdRng,
}

impl Sea {
    /// Discord with guilds in all shards, and processes that have divided them.
    async fn new(scratch: Scratch, seed: u64) -> Self {
        let mut world = World::at("2026-03-26T12:00[UTC]")
            .setting("[discord]\nrequests_per_second = 400")
            .team()
            .database(scratch.url())
            .without_bot()
            .await;
        // What a request means that was cut off half-way is nobody's business here.
        world.unchecked();
        let mut places = vec![Place {
            guild: ids::GUILD,
            channel: ids::ASYNCIO,
            members: vec![ids::ADA, ids::LIN, ids::SAM],
        }];
        for number in 1..GUILDS {
            // The shard is told by the millisecond.
            let clock = world.sandbox.clock();
            clock.advance(Duration::from_millis(1)).await.unwrap();
            let (guild, channel) = world.another_guild(&format!("Guild {number}"));
            world.declare(guild, channel);
            world.sandbox.add_person(guild, ids::LIN, false);
            places.push(Place {
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
        let mut ships = Ships::new(scratch, PROCESSES);
        for one in 0..PROCESSES {
            ships.launch(one, &world);
        }
        let sea = Self {
            world,
            ships,
            places,
            written: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            fate: StdRng::seed_from_u64(!seed),
        };
        let tables = "select count(*) = 1 from pg_tables where tablename = 'lease'";
        sea.until("the tables to be made", |sea| {
            sea.ships.database().ask(tables) == "true"
        })
        .await;
        sea.until("the shards to be divided", |sea| {
            sea.ships.shares() == [2, 2, 2] && sea.sessions() == SHARDS as usize
        })
        .await;
        sea
    }

    /// Shards with a session that is connected.
    fn sessions(&self) -> usize {
        self.world.sandbox.read(|discord| {
            let open = discord.gateway.sessions.iter();
            let open = open.filter(|session| session.link.is_some());
            open.map(|session| session.shard.number)
                .collect::<BTreeSet<_>>()
                .len()
        })
    }

    async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(
                Instant::now() < end,
                "{what} did not happen\n{}\n{}",
                self.world.sandbox.last_lines(),
                self.ships.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A day: the question comes, members reply, and meanwhile there is trouble.
    async fn day(&mut self, round: usize, nine: &Zoned, trouble: Trouble) {
        let one = self.fate.random_range(0..PROCESSES);
        // Who hangs does not say that it has done what is due.
        let moved = self.world.sandbox.clock().set(nine.timestamp());
        drop(tokio::time::timeout(Duration::from_millis(1), moved).await);
        self.chat(round, 300).await;
        self.begin(trouble, one).await;
        self.chat(round, 600).await;
        self.check_what_is_told();
        self.end(trouble, one).await;
        self.finish(round).await;
    }

    async fn begin(&mut self, trouble: Trouble, one: usize) {
        match trouble {
            Trouble::Killed => self.ships.kill(one).await,
            Trouble::Stopped => {
                let code = self.ships.stop(one).await;
                assert_eq!(code, Some(0), "{}", self.ships.logs());
            }
            Trouble::Hangs => {
                self.ships.hang(one, true);
                self.ships.silent_for_long(one);
            }
            Trouble::CutOff => {
                self.ships.cut(one, true);
                self.ships.silent_for_long(one);
            }
            Trouble::DatabaseRestarts => self.ships.restart_database().await,
            Trouble::Nothing => {}
        }
    }

    async fn end(&mut self, trouble: Trouble, one: usize) {
        match trouble {
            Trouble::Killed | Trouble::Stopped => self.ships.launch(one, &self.world),
            Trouble::Hangs | Trouble::CutOff => {
                self.until("the others to take over", |sea| {
                    let shares = sea.ships.shares();
                    shares[one] == 0 && shares.iter().sum::<u64>() == u64::from(SHARDS)
                })
                .await;
                if trouble == Trouble::Hangs {
                    self.ships.hang(one, false);
                } else {
                    self.ships.cut(one, false);
                }
            }
            Trouble::DatabaseRestarts | Trouble::Nothing => {}
        }
    }

    /// For so many milliseconds members reply to the questions that are there.
    async fn chat(&mut self, round: usize, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < end {
            let place = self.rng.random_range(0..self.places.len());
            let Place {
                channel, members, ..
            } = &self.places[place];
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
    async fn finish(&mut self, round: usize) {
        self.until("every question to come", |sea| {
            sea.places.iter().all(|place| {
                let posts = posts_in(&sea.world.sandbox, place.channel);
                posts.len() == round + 1 && posts[round].thread.is_some()
            })
        })
        .await;
        self.chat(round, 200).await;
        self.until("every reply to be counted", |sea| {
            let messages = sea.written.range((0, 0, 0)..);
            let of_today = messages.filter(|((_, of, _), _)| *of == round);
            of_today.map(|(_, message)| *message).all(|message| {
                let message = sea.world.sandbox.message(message);
                message.is_some_and(|message| message.is_counted())
            })
        })
        .await;
        assert!(self.ships.are_running(), "{}", self.ships.logs());
    }

    /// Whatever has a ✅ is in the database, at any moment.
    fn check_what_is_told(&self) {
        let mut told: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        for ((place, _, member), message) in &self.written {
            let message = self.world.sandbox.message(*message);
            if message.is_some_and(|message| message.is_counted()) {
                *told
                    .entry((self.places[*place].guild, *member))
                    .or_default() += 1;
            }
        }
        let kept = self.marks();
        for (who, told) in told {
            let marks = kept.get(&who).map_or("", String::as_str);
            let kept = marks.matches('a').count();
            assert!(
                kept >= told,
                "{who:?}: {told} replies have a ✅, kept: {marks}"
            );
        }
    }

    fn marks(&self) -> BTreeMap<(u64, u64), String> {
        let rows = "select string_agg(guild || ' ' || member || ' ' || marks, ',') from member";
        let rows = self.ships.database().ask(rows);
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
    fn streak(&self, place: usize, member: u64, rounds: usize) -> u32 {
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
    use Trouble::{CutOff, DatabaseRestarts, Hangs, Killed, Nothing, Stopped};
    let Some(scratch) = Scratch::new() else {
        return;
    };
    let (seed, rounds) = (seed(), rounds());
    println!("seed {seed}, {rounds} rounds: QUIZLOOP_SEED={seed} brings them again");
    let mut sea = Sea::new(scratch, seed).await;
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
        let trouble = *troubles.choose(&mut sea.fate).unwrap();
        let start = Instant::now();
        sea.day(round, &nine, trouble).await;
        println!(
            "round {round}: {trouble:?}, {:.1} s",
            start.elapsed().as_secs_f64()
        );
    }
    sea.until("the shards to be divided again", |sea| {
        sea.ships.shares() == [2, 2, 2] && sea.sessions() == SHARDS as usize
    })
    .await;
    let posted = sea
        .ships
        .database()
        .ask("select count(*) from round where message is not null");
    assert_eq!(posted, (rounds * GUILDS).to_string());
    for (number, place) in sea.places.iter().enumerate() {
        for member in &place.members {
            let handle = sea.world.member(*member);
            let shown = handle.streak_in(place.channel).await;
            let known = sea.streak(number, *member, rounds);
            assert_eq!(shown, known, "guild {number}, member {member}");
        }
    }
    let begun = sea
        .world
        .sandbox
        .read(|discord| discord.gateway.starts.begun.clone());
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

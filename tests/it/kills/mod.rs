//! The bot is killed hundreds of times, at every step and at random moments, and compared with a
//! model: one message, one thread and at most one wrap-up a round, every ✅ and every acknowledged admin action on disk
//! at the moment of the kill, every reply counted after the next start, and nothing duplicated.
//!
//! `QUIZLOOP_KILLS` is the number of kills (300). `QUIZLOOP_SEED` repeats a run as far as random
//! moments allow, and `QUIZLOOP_WORLD` runs only one of its worlds. Kills come from failpoints (see
//! `quizloop_failpoint`) and from outside. Only these tests sleep, because they need random
//! moments.

mod actions;
mod compare;
mod hardship;
mod kill_points;
mod model;
mod restart;
mod stats;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use kill_points::{KillPoint, STEPS};
use stats::KillStats;
use world::{KillDatabase, KillWorld};

/// Number of kills in one world; further kills happen in a new one.
const KILLS_IN_A_WORLD: usize = 25;

/// Number of worlds that run in parallel.
const CONCURRENT_WORLDS: usize = 4;

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// 1, 24. The bot is killed at every step and at random moments, in a world in which clocks,
/// permissions and servers fail and backups are restored.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_kills_lose_and_repeat_nothing() {
    let kills = number("QUIZLOOP_KILLS").unwrap_or(300);
    let stats = run_worlds(kills, Storage::Files).await;
    let is_partial = kills < 300 || number::<usize>("QUIZLOOP_WORLD").is_some();
    let missed = STEPS.iter().filter(|step| stats.kills_at(step) == 0);
    for step in missed.filter(|_| !is_partial) {
        println!("{step} was not reached, so there are more kills there");
        assert!(kill_at(step).await > 0, "no kill at {step}");
    }
}

/// Kills the bot at a step ten times, as far as it is reached, and returns how often it was. A
/// hardship may keep the bot from a step.
async fn kill_at(step: &'static str) -> usize {
    let rng = StdRng::from_rng(&mut quizloop::rng::new());
    let mut kill_world = KillWorld::new(rng, None).await;
    for _ in 0..10 {
        kill_world.run_until_kill(KillPoint::Step(step, 1)).await;
    }
    kill_world.finish().await.kills_at(step)
}

/// The same with the state in PostgreSQL, in every second world behind a pooler, whose sessions
/// outlive the killed processes.
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_and_repeat_nothing_in_a_database() {
    let kills = number("QUIZLOOP_KILLS").unwrap_or(50);
    run_worlds(kills, Storage::Database).await;
}

/// Where the state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    Files,
    Database,
}

/// Runs all worlds, and returns what happened in them.
async fn run_worlds(kills: usize, storage: Storage) -> KillStats {
    let seed: u64 = number("QUIZLOOP_SEED").unwrap_or_else(|| quizloop::rng::new().random());
    let only: Option<usize> = number("QUIZLOOP_WORLD");
    let start = std::time::Instant::now();
    println!("QUIZLOOP_KILLS={kills} QUIZLOOP_SEED={seed}");
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..CONCURRENT_WORLDS {
        let next = Arc::clone(&next);
        workers.spawn(async move {
            let mut stats = KillStats::default();
            loop {
                let first = next.fetch_add(KILLS_IN_A_WORLD, Ordering::Relaxed);
                if first >= kills {
                    return stats;
                }
                let world = first / KILLS_IN_A_WORLD;
                if only.is_none_or(|only| only == world) {
                    let numbers = first..kills.min(first + KILLS_IN_A_WORLD);
                    let database = match storage {
                        Storage::Files => None,
                        Storage::Database => match KillDatabase::new(world % 2 == 1) {
                            Some(database) => Some(database),
                            None => return stats,
                        },
                    };
                    let rng = StdRng::seed_from_u64(seed.wrapping_add(world as u64));
                    let kill_world = KillWorld::new(rng, database).await;
                    let replay = format!("QUIZLOOP_SEED={seed} QUIZLOOP_WORLD={world}");
                    stats.add(&run_world(kill_world, numbers, &replay).await);
                }
            }
        });
    }
    let mut stats = KillStats::default();
    for other in workers.join_all().await {
        stats.add(&other);
    }
    println!("{stats}in {:.0?}", start.elapsed());
    stats
}

/// Runs one world. Prints how to repeat it if it fails.
async fn run_world(
    kill_world: KillWorld,
    numbers: std::ops::Range<usize>,
    replay: &str,
) -> KillStats {
    match tokio::spawn(run_kills(kill_world, numbers)).await {
        Ok(stats) => stats,
        Err(error) => {
            println!("replay: {replay}");
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

async fn run_kills(mut kill_world: KillWorld, numbers: std::ops::Range<usize>) -> KillStats {
    for number in numbers {
        let point = KillPoint::nth(number, &mut kill_world.rng);
        kill_world.run_until_kill(point).await;
    }
    kill_world.finish().await
}

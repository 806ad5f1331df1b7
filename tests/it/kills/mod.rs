//! The bot is killed hundreds of times, at every step and at random moments, and compared with a
//! model: one message and one thread a round, every ✅ and every acknowledged admin action on disk
//! at the moment of the kill, every reply counted after the next start, and nothing duplicated.
//!
//! `QUIZLOOP_KILLS` is the number of kills (300). `QUIZLOOP_SEED` repeats a run as far as random
//! moments allow, and `QUIZLOOP_WORLD` runs only one of its worlds. Kills come from failpoints (see
//! `quizloop_failpoint`) and from outside. Only these tests sleep, because they need random
//! moments.

mod actions;
mod compare;
mod kill_points;
mod model;
mod restart;
mod stats;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::test_database::TestDatabase;
use kill_points::{KillPoint, STEPS};
use stats::KillStats;
use world::KillWorld;

/// Number of kills in one world; further kills happen in a new one.
const KILLS_IN_A_WORLD: usize = 25;

/// Number of kills with a database, unless `QUIZLOOP_KILLS` says otherwise.
const KILLS_BEHIND_POOLER: usize = 50;

/// Where the bot keeps the state.
#[derive(Debug, Clone, Copy)]
enum Storage {
    Files,
    BehindPooler,
}

/// Number of worlds that run in parallel.
const CONCURRENT_WORLDS: usize = 4;

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// 1, 24. The bot is killed at every step and at random moments.
#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_kills_lose_and_repeat_nothing() {
    let kills = number("QUIZLOOP_KILLS").unwrap_or(300);
    let stats = run_worlds(kills, Storage::Files).await;
    let missed: Vec<_> = STEPS
        .iter()
        .filter(|step| stats.kills_at(step) == 0)
        .collect();
    assert!(
        kills < 300 || only_world().is_some() || missed.is_empty(),
        "no life died at {missed:?}"
    );
}

/// The same with a database behind a pooler, whose sessions outlive the killed processes.
#[tokio::test(flavor = "multi_thread")]
async fn kills_behind_a_pooler() {
    if TestDatabase::behind_pooler().is_some() {
        let kills = number("QUIZLOOP_KILLS").unwrap_or(KILLS_BEHIND_POOLER);
        run_worlds(kills, Storage::BehindPooler).await;
    }
}

fn only_world() -> Option<usize> {
    number("QUIZLOOP_WORLD")
}

async fn run_worlds(kills: usize, storage: Storage) -> KillStats {
    let seed = number("QUIZLOOP_SEED").unwrap_or_else(|| quizloop::rng::new().random());
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
                if only_world().is_none_or(|only| only == world) {
                    let numbers = first..kills.min(first + KILLS_IN_A_WORLD);
                    stats.add(&run_world(seed, world, numbers, storage).await);
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

/// Runs one world. Prints the seed that repeats it if it fails.
async fn run_world(
    seed: u64,
    world: usize,
    numbers: std::ops::Range<usize>,
    storage: Storage,
) -> KillStats {
    let rng = StdRng::seed_from_u64(seed.wrapping_add(world as u64));
    let run = tokio::spawn(run_kills(rng, numbers, storage));
    match run.await {
        Ok(stats) => stats,
        Err(error) => {
            println!("replay: QUIZLOOP_SEED={seed} QUIZLOOP_WORLD={world}");
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

async fn run_kills(
    mut rng: StdRng,
    numbers: std::ops::Range<usize>,
    storage: Storage,
) -> KillStats {
    let points: Vec<KillPoint> = numbers
        .map(|number| KillPoint::nth(number, &mut rng))
        .collect();
    let test_database = match storage {
        Storage::Files => None,
        Storage::BehindPooler => TestDatabase::behind_pooler(),
    };
    let mut kill_world = KillWorld::new(rng, test_database).await;
    for point in points {
        kill_world.run_until_kill(point).await;
    }
    kill_world.finish().await
}

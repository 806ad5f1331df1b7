//! Memory of loaded and of evicted guilds. Resident memory is measured, which includes the
//! allocator's overhead.
//!
//! `cargo bench --bench memory` prints a table, on Linux only. The numbers in docs/SCALE.md come
//! from it.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_store::Store;

mod guilds;

use guilds::{guild, guild_with_reviews};

/// Number of guilds that are evicted together, so that later guilds reuse the freed memory.
const CHUNK: u64 = 250;

/// Size of a guild. Each member has `reviews` reviews.
#[derive(Debug, Clone, Copy)]
struct GuildShape {
    members: u64,
    rounds: i64,
    reviews: usize,
}

impl GuildShape {
    const fn new(members: u64, rounds: i64, reviews: usize) -> Self {
        Self {
            members,
            rounds,
            reviews,
        }
    }

    fn build(self, id: u64) -> Guild {
        if self.reviews > 0 {
            return guild_with_reviews(id, self.members, self.reviews);
        }
        guild(id, self.members, self.rounds)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes the arguments of the test harness. Nothing is measured then.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    // Each measurement runs in its own process, so that freed memory of another one does not count.
    if let [kind, members, rounds, reviews, count] = arguments.as_slice() {
        let number = |text: &str| text.parse::<u32>().expect("valid number");
        let shape = GuildShape::new(
            number(members).into(),
            number(rounds).into(),
            number(reviews) as usize,
        );
        println!("{}", measure(kind, shape, number(count).into()));
        return;
    }
    println!("bytes of resident memory per guild\n");
    for (what, shape, count) in [
        (
            "a guild with a team, no members",
            GuildShape::new(0, 0, 0),
            20_000,
        ),
        ("10 members, 20 rounds", GuildShape::new(10, 20, 0), 5_000),
        ("10 members, 50 rounds", GuildShape::new(10, 50, 0), 5_000),
        ("10 members, 250 rounds", GuildShape::new(10, 250, 0), 1_000),
        ("200 members, 50 rounds", GuildShape::new(200, 50, 0), 1_000),
        ("200 members, 250 rounds", GuildShape::new(200, 250, 0), 500),
        (
            "10 members, 20 rounds, 100 reviews each",
            GuildShape::new(10, 20, 100),
            1_000,
        ),
    ] {
        let bytes = |kind: &str| measure_in_child(kind, shape, count);
        println!(
            "{what}: loaded {}, evicted {}",
            bytes("loaded"),
            bytes("evicted")
        );
    }
    let per_member = |rounds| {
        let bytes = |members| measure_in_child("loaded", GuildShape::new(members, rounds, 0), 500);
        (bytes(210) - bytes(10)) / 200
    };
    println!(
        "each further member, loaded: {} with 50 rounds, {} with 250",
        per_member(50),
        per_member(250)
    );
}

fn measure_in_child(kind: &str, shape: GuildShape, count: u64) -> i64 {
    let GuildShape {
        members,
        rounds,
        reviews,
    } = shape;
    let numbers = [
        members.to_string(),
        rounds.to_string(),
        reviews.to_string(),
        count.to_string(),
    ];
    let program = std::env::current_exe().expect("path of this program");
    let output = Command::new(program)
        .arg(kind)
        .args(numbers)
        .output()
        .expect("the process starts");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{output:?}"))
}

/// Returns the bytes per guild, as the mean of `count` guilds.
fn measure(kind: &str, shape: GuildShape, count: u64) -> i64 {
    let dir = tempfile::tempdir().expect("temporary folder");
    let store = Store::open(dir.path()).expect("an empty folder opens");
    // A Saturday long after the last round, so that nothing is due.
    store.set_clock(|| {
        "2026-12-26T12:00:00Z"
            .parse::<Timestamp>()
            .expect("valid timestamp")
    });
    // The first guilds also allocate what exists only once. They are not counted.
    fill(&store, shape, 0..CHUNK, kind);
    let before = resident();
    fill(&store, shape, CHUNK..CHUNK + count, kind);
    let grown = resident() - before;
    grown / i64::try_from(count).expect("fits in i64")
}

fn fill(store: &Store, shape: GuildShape, numbers: std::ops::Range<u64>, kind: &str) {
    let numbers: Vec<u64> = numbers.collect();
    for chunk in numbers.chunks(usize::try_from(CHUNK).expect("fits in usize")) {
        let commits: Vec<_> = chunk
            .iter()
            .map(|number| {
                let new = shape.build(number + 1);
                store
                    .loaded(GuildId::new(number + 1))
                    .expect("the guild is in memory")
                    .upsert(|state| *state = new)
                    .1
            })
            .collect();
        futures::executor::block_on(async {
            for commit in commits {
                commit.wait_durable().await;
            }
        });
        while kind == "evicted" && store.residency_counts().0 > 0 {
            store.evict_idle();
        }
    }
}

/// Returns resident memory in bytes (proc(5), "/proc/pid/statm": the second number, in pages).
fn resident() -> i64 {
    const PAGE: i64 = 4096;
    let statm = std::fs::read_to_string(Path::new("/proc/self/statm"))
        .expect("/proc exists, on Linux only");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<i64>().ok());
    pages.expect("valid number") * PAGE
}

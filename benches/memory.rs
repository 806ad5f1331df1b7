//! How much memory guilds take: whole, and at rest. Resident memory is measured, so whatever the allocator adds is in it.
//!
//! `cargo bench --bench memory` prints a table; Linux only. The numbers in docs/SCALE.md come from it.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use quizloop::practice::guild::Guild;
use quizloop::practice::id::GuildId;
use quizloop::store::Store;

mod guilds;

use guilds::{guild, practised};

/// So many are made small together, so that the room of some serves for the next.
const CHUNK: u64 = 250;

/// Members, rounds and reviews of each.
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
            return practised(id, self.members, self.reviews);
        }
        guild(id, self.members, self.rounds)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` passes arguments of the test harness; this is no test.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    // Each measurement has a process of its own.
    if let [kind, members, rounds, reviews, count] = arguments.as_slice() {
        let number = |text: &str| text.parse::<u32>().expect("a number");
        let shape = GuildShape::new(
            number(members).into(),
            number(rounds).into(),
            number(reviews) as usize,
        );
        println!("{}", measure(kind, shape, number(count).into()));
        return;
    }
    println!("bytes of resident memory\n");
    for (what, shape, count) in [
        (
            "a guild with a team, nothing more",
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
        let of = |kind: &str| measure_in_child(kind, shape, count);
        println!(
            "{what}: whole {}, at rest on files {}",
            of("whole"),
            of("rest")
        );
    }
    let a_member = |rounds| {
        let of = |members| measure_in_child("whole", GuildShape::new(members, rounds, 0), 500);
        (of(210) - of(10)) / 200
    };
    println!(
        "a member more, whole: {} with 50 rounds, {} with 250",
        a_member(50),
        a_member(250)
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
    let own = std::env::current_exe().expect("a program");
    let done = Command::new(own)
        .arg(kind)
        .args(numbers)
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&done.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{done:?}"))
}

/// Bytes for each of so many guilds.
fn measure(kind: &str, shape: GuildShape, count: u64) -> i64 {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("an empty folder opens");
    // On a Saturday long after the last round nothing is due.
    store.set_clock(|| "2026-12-26T12:00:00Z".parse::<Timestamp>().expect("a time"));
    // What is there once, however many guilds there are.
    fill(&store, shape, 0..CHUNK, kind);
    let before = resident();
    fill(&store, shape, CHUNK..CHUNK + count, kind);
    let grown = resident() - before;
    grown / i64::try_from(count).expect("few")
}

fn fill(store: &Store, shape: GuildShape, numbers: std::ops::Range<u64>, kind: &str) {
    let numbers: Vec<u64> = numbers.collect();
    for some in numbers.chunks(usize::try_from(CHUNK).expect("few")) {
        let commits: Vec<_> = some
            .iter()
            .map(|number| {
                let new = shape.build(number + 1);
                store
                    .upsert(GuildId::new(number + 1), |state| *state = new)
                    .1
            })
            .collect();
        futures::executor::block_on(async {
            for commit in commits {
                commit.wait_durable().await;
            }
        });
        while kind == "rest" && store.residency_counts().0 > 0 {
            store.evict_idle();
        }
    }
}

/// Bytes (proc(5), "/proc/pid/statm": the second number, in pages).
fn resident() -> i64 {
    const PAGE: i64 = 4096;
    let statm = std::fs::read_to_string(Path::new("/proc/self/statm")).expect("Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<i64>().ok());
    pages.expect("a number") * PAGE
}

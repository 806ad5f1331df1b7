//! Guilds in PostgreSQL: how long a save takes, how many there are in a second, how long a start takes, and how large
//! it all is.
//!
//! `QUIZLOOP_TEST_POSTGRES=postgres://… cargo bench --bench database` makes a database of its own there, prints a
//! table, and deletes it. The numbers in docs/SCALE.md come from it.

use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quizloop::practice::guild::Guild;
use quizloop::practice::id::GuildId;
use quizloop::practice::shard::ShardRange;
use quizloop::store::{Commit, Store};

mod guilds;
#[allow(dead_code, clippy::unwrap_used, reason = "it is the tests' own")]
#[path = "../tests/it/support/test_database.rs"]
mod test_database;

use guilds::{CHANNEL, day, guild, practised};
use test_database::TestDatabase;

/// Guilds with a team of ten members and fifty rounds.
const GUILDS: u32 = 10_000;
/// Guilds of a start, as large as those.
const AT_START: u32 = 100_000;
/// Saves one after the other, and as many as there are guilds at once.
const SAVES: i64 = 500;

fn main() {
    // `cargo test --benches` passes arguments of the test harness; this is no test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // A process of its own, so that what was filled in before does not count.
    if let [verb, url] = arguments.as_slice()
        && verb == "begin"
    {
        return measure_start(url);
    }
    let Some(database) = TestDatabase::new() else {
        return;
    };
    let store = open(&database);
    save_one_by_one(
        &store,
        &guild(1, 10, 50),
        "a guild of 10 members and 50 rounds",
    );
    save_one_by_one(
        &store,
        &guild(2, 1000, 250),
        "a guild of 1,000 members and 250 rounds",
    );
    save_one_by_one(
        &store,
        &practised(3, 1000, 100),
        "a guild of 1,000 members with 100 reviews",
    );
    let before = size(&database);
    let start = Instant::now();
    fill(&store);
    println!(
        "filling with {GUILDS} guilds of 10 members and 50 rounds: {:.1?}",
        start.elapsed()
    );
    println!(
        "size of each in the database: {:.1} KB",
        kilobytes(size(&database) - before, GUILDS)
    );
    let start = Instant::now();
    let commits: Vec<Commit> = (0..GUILDS)
        .map(|number| touch(&store, id(number), 1))
        .collect();
    wait(commits);
    let a_second = f64::from(GUILDS) / start.elapsed().as_secs_f64();
    println!(
        "a change in each of them at once: {:.1?}, {a_second:.0} a second",
        start.elapsed()
    );
    assert!(store.close(Duration::from_secs(60)), "all is saved");
    drop(store);
    let start = Instant::now();
    let store = open(&database);
    println!(
        "reading {} guilds whole, as `state export` does: {:.1?}",
        store.guild_ids().len(),
        start.elapsed()
    );
    store.close(Duration::from_secs(5));
    drop(store);
    multiply(&database);
    let own = std::env::current_exe().expect("a program");
    let done = Command::new(own).args(["begin", &database.url()]).status();
    assert!(done.expect("it runs").success());
}

/// From connecting to having all guilds, as the bot does it, and what one costs that is wanted.
fn measure_start(url: &str) {
    let (start, worked) = (Instant::now(), cpu_time());
    let store = Store::connect(url).unwrap_or_else(|error| panic!("{error}"));
    store.set_clock(evening);
    futures::executor::block_on(async {
        let joined = store.join(ShardRange::all(1), false).await;
        joined.expect("nobody else is there");
    });
    let before = resident();
    futures::executor::block_on(async {
        store.refresh_shards().await.expect("the database is there");
    });
    let (took, worked) = (start.elapsed(), cpu_time().saturating_sub(worked));
    let guilds = store.guild_ids().len();
    println!("a start with {guilds} guilds: {took:.2?}, {worked:.2?} of it our own work");
    println!(
        "memory for each of them at rest: {:.2} KB",
        kilobytes(resident() - before, u32::try_from(guilds).expect("few"))
    );
    let mut took: Vec<Duration> = (0..1000)
        .map(|number| {
            let start = Instant::now();
            let pin = futures::executor::block_on(store.load(id(number)));
            drop(pin.expect("it is there"));
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    println!(
        "fetching one: median {:.2?}, 99 % {:.2?}",
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );
    store.close(Duration::from_secs(5));
}

/// Makes as many guilds as a start is to have, all alike.
fn multiply(database: &TestDatabase) {
    let copies = AT_START / GUILDS - 1;
    for copy in 1..=copies {
        for (table, columns) in [
            ("guild", "commit, state, wake, managed, places"),
            ("team", "channel, zone, at, last_day, paused, state"),
            (
                "round",
                "channel, number, day, question, due, message, state",
            ),
            ("member", "channel, member, first_round, marks, state"),
        ] {
            database.run(&[&format!(
                "insert into {table} (guild, {columns}) select guild + {copy} * 1000000, {columns} from {table} \
                 where guild between 1000 and 999999"
            )]);
        }
    }
    database.run(&["vacuum analyze"]);
}

/// On a Saturday long after the last round nothing is due.
fn evening() -> Timestamp {
    "2026-12-26T12:00:00Z".parse().expect("a time")
}

/// Bytes (proc(5), "/proc/pid/statm": the second number, in pages).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("a number") * 4096
}

/// The processor's time of this process (proc(5), "/proc/pid/stat": numbers 14 and 15, in hundredths of a second).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, rest) = stat.rsplit_once(')').expect("a name in brackets");
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks = ticks.filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

fn open(database: &TestDatabase) -> Store {
    let store = Store::open_database(&database.url()).unwrap_or_else(|error| panic!("{error}"));
    store.set_clock(evening);
    store
}

fn id(number: u32) -> GuildId {
    GuildId::new(1000 + u64::from(number))
}

fn fill(store: &Store) {
    let mut commits = Vec::new();
    for number in 0..GUILDS {
        let new = guild(id(number).get(), 10, 50);
        commits.push(store.upsert(id(number), |state| *state = new).1);
    }
    wait(commits);
}

/// A small change, such as a reply makes.
fn touch(store: &Store, id: GuildId, number: i64) -> Commit {
    let change = |state: &mut Guild| {
        let team = state.team_mut(CHANNEL).expect("a team");
        team.skip = Some(day(number));
    };
    store.upsert(id, change).1
}

fn wait(commits: Vec<Commit>) {
    futures::executor::block_on(async {
        for commit in commits {
            commit.wait_durable().await;
        }
    });
}

fn save_one_by_one(store: &Store, guild: &Guild, what: &str) {
    let new = guild.clone();
    wait(vec![store.upsert(guild.id(), |state| *state = new).1]);
    let mut took: Vec<Duration> = (0..SAVES)
        .map(|number| {
            let start = Instant::now();
            wait(vec![touch(store, guild.id(), number)]);
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!("saving {what}: median {:.2?}, 99 % {:.2?}", at(50), at(99));
}

fn size(database: &TestDatabase) -> u64 {
    let size = database.ask("select pg_database_size(current_database())");
    size.parse().expect("a number")
}

fn kilobytes(bytes: u64, of: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure with two digits")]
    let bytes = bytes as f64;
    bytes / f64::from(of) / 1000.0
}

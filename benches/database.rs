//! Guilds in PostgreSQL: latency and throughput of saves, duration of a start, memory and disk
//! space.
//!
//! `QUIZLOOP_TEST_POSTGRES=postgres://… cargo bench --bench database` creates a temporary database
//! on that server, prints a table, and deletes the database. The numbers in docs/SCALE.md come from
//! it.

use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;
use quizloop_store::{Commit, Store};

mod guilds;
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
#[path = "../tests/it/support/test_database.rs"]
mod test_database;

use guilds::{CHANNEL, day, guild, guild_with_reviews};
use test_database::TestDatabase;

/// Number of guilds with a team of 10 members and 50 rounds.
const GUILDS: u32 = 10_000;
/// Number of guilds of the same size when the start is measured.
const GUILDS_AT_START: u32 = 100_000;
/// Number of saves in sequence.
const SAVES: i64 = 500;

fn main() {
    // `cargo test --benches` passes the arguments of the test harness. Nothing is measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The start is measured in a separate process, so that memory used for filling does not count.
    if let [command, url] = arguments.as_slice()
        && command == "start"
    {
        return measure_start(url);
    }
    let Some(database) = TestDatabase::new() else {
        return;
    };
    save_over_each_connection(&database);
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
        &guild_with_reviews(3, 1000, 100),
        "a guild of 1,000 members with 100 reviews",
    );
    let before = database_size(&database);
    let start = Instant::now();
    fill(&store);
    println!(
        "filling with {GUILDS} guilds of 10 members and 50 rounds: {:.1?}",
        start.elapsed()
    );
    println!(
        "size of each guild in the database: {:.1} KB",
        kilobytes_per_guild(database_size(&database) - before, GUILDS)
    );
    let start = Instant::now();
    let commits: Vec<Commit> = (0..GUILDS)
        .map(|number| change_guild(&store, id(number), 1))
        .collect();
    wait(commits);
    let per_second = f64::from(GUILDS) / start.elapsed().as_secs_f64();
    println!(
        "one change in each guild, all at once: {:.1?}, {per_second:.0} per second",
        start.elapsed()
    );
    assert!(
        store.close(Duration::from_secs(60)),
        "all changes are saved"
    );
    drop(store);
    let start = Instant::now();
    let store = open(&database);
    println!(
        "reading {} guilds in full, as `state export` does: {:.1?}",
        store.guild_ids().len(),
        start.elapsed()
    );
    store.close(Duration::from_secs(5));
    drop(store);
    copy_guilds(&database);
    let program = std::env::current_exe().expect("path of this program");
    let status = Command::new(program)
        .args(["start", &database.url()])
        .status();
    assert!(status.expect("the process starts").success());
}

/// Measures saves without and with prepared statements, and behind a pooler.
fn save_over_each_connection(database: &TestDatabase) {
    let prepared = format!("{}?statement-cache-capacity=100", database.url());
    let behind_pooler = TestDatabase::behind_pooler();
    let mut connections = vec![
        ("without prepared statements", database.url()),
        ("with prepared statements", prepared),
    ];
    connections.extend(
        behind_pooler
            .iter()
            .map(|database| ("behind PgBouncer", database.url())),
    );
    for (what, url) in connections {
        let store = Store::open_database(&url).unwrap_or_else(|error| panic!("{error}"));
        let what = format!("a guild of 10 members and 50 rounds {what}");
        save_one_by_one(&store, &guild(1, 10, 50), &what);
        assert!(store.close(Duration::from_secs(60)));
    }
}

/// Measures a start of the bot, from connecting to knowing all guilds, and then loading single
/// guilds.
fn measure_start(url: &str) {
    let (start, cpu_before) = (Instant::now(), cpu_time());
    let store = Store::connect(url).unwrap_or_else(|error| panic!("{error}"));
    store.set_clock(idle_day);
    futures::executor::block_on(async {
        let joined = store.join(ShardRange::all(1), false).await;
        joined.expect("no other process is in the cluster");
    });
    let before = resident();
    futures::executor::block_on(async {
        store
            .refresh_shards()
            .await
            .expect("the database is reachable");
    });
    let (elapsed, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu_before));
    let guilds = store.guild_ids().len();
    println!("start with {guilds} guilds: {elapsed:.2?}, of which {cpu:.2?} in this process");
    println!(
        "memory per evicted guild: {:.2} KB",
        kilobytes_per_guild(
            resident() - before,
            u32::try_from(guilds).expect("fits in u32")
        )
    );
    let mut times: Vec<Duration> = (0..1000)
        .map(|number| {
            let start = Instant::now();
            let pin = futures::executor::block_on(store.load(id(number)));
            drop(pin.expect("the guild exists"));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "loading a guild: median {:.2?}, p99 {:.2?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
    store.close(Duration::from_secs(5));
}

/// Copies the rows until there are [`GUILDS_AT_START`] guilds.
fn copy_guilds(database: &TestDatabase) {
    let copies = GUILDS_AT_START / GUILDS - 1;
    for copy in 1..=copies {
        database.run(&[&format!(
            "insert into guild (guild, commit, state, wake, managed, places) \
             select guild + {copy} * 1000000, commit, \
             state || jsonb_build_object('guild', (guild + {copy} * 1000000)::text), \
             wake, managed, places from guild where guild between 1000 and 999999"
        )]);
    }
    database.run(&["vacuum analyze"]);
}

/// Returns a Saturday long after the last round, so that nothing is due.
fn idle_day() -> Timestamp {
    "2026-12-26T12:00:00Z".parse().expect("valid timestamp")
}

/// Returns resident memory in bytes (proc(5), "/proc/pid/statm": the second number, in pages).
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("/proc exists, on Linux only");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("valid number") * 4096
}

/// Returns the CPU time of this process (proc(5), "/proc/pid/stat": fields 14 and 15, in hundredths
/// of a second).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc exists, on Linux only");
    let (_, rest) = stat.rsplit_once(')').expect("program name in parentheses");
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks = ticks.filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

fn open(database: &TestDatabase) -> Store {
    let store = Store::open_database(&database.url()).unwrap_or_else(|error| panic!("{error}"));
    store.set_clock(idle_day);
    store
}

fn id(number: u32) -> GuildId {
    GuildId::new(1000 + u64::from(number))
}

fn fill(store: &Store) {
    let mut commits = Vec::new();
    for number in 0..GUILDS {
        let new = guild(id(number).get(), 10, 50);
        commits.push(
            store
                .loaded(id(number))
                .expect("the guild is in memory")
                .upsert(|state| *state = new)
                .1,
        );
    }
    wait(commits);
}

/// Makes a small change, similar to a counted reply.
fn change_guild(store: &Store, id: GuildId, number: i64) -> Commit {
    let change = |state: &mut Guild| {
        let team = state.team_mut(CHANNEL).expect("the guild has a team");
        team.skip = Some(day(number));
    };
    store
        .loaded(id)
        .expect("the guild is in memory")
        .upsert(change)
        .1
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
    wait(vec![
        store
            .loaded(guild.id())
            .expect("the guild is in memory")
            .upsert(|state| *state = new)
            .1,
    ]);
    let mut times: Vec<Duration> = (0..SAVES)
        .map(|number| {
            let start = Instant::now();
            wait(vec![change_guild(store, guild.id(), number)]);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("saving {what}: median {:.2?}, p99 {:.2?}", at(50), at(99));
}

fn database_size(database: &TestDatabase) -> u64 {
    let size = database.ask("select pg_database_size(current_database())");
    size.parse().expect("valid number")
}

fn kilobytes_per_guild(bytes: u64, guilds: u32) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "only one or two decimals are printed"
    )]
    let bytes = bytes as f64;
    bytes / f64::from(guilds) / 1000.0
}

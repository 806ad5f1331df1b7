//! The whole bot as a process, against the sandbox in this one: start, memory, latency.
//!
//! `cargo bench --bench bot` prints a table; the numbers in the README come from it. The sandbox takes a
//! part of the same cores, so the bot alone is faster.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use quizloop::sandbox::bot_process::{BotProcess, Program};
use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::{Options, Sandbox, ids};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Interactions a second in the latency run, and for how long.
const RATE: u64 = 200;
const SECONDS: u64 = 20;
/// Interactions of the memory run, and how many are under way at once.
const MANY: u32 = 100_000;
const CONCURRENCY: usize = 32;
/// Members who ask.
const MEMBERS: u64 = 500;

/// Makes this process the echo that shows what the machine itself costs.
const ECHO: &str = "--echo";

fn main() {
    let mut arguments = std::env::args();
    if let Some(port) = arguments.by_ref().skip_while(|one| one != ECHO).nth(1) {
        return echo(&port);
    }
    // `cargo test --benches` passes arguments of the test harness; this is no test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = "2026-03-27T08:59:00Z".parse().expect("a time");
    let options = Options {
        start: Some(start),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.expect("a port is free");
    let members: Vec<u64> = (0..MEMBERS)
        .map(|number| {
            let user = sandbox.add_user(&format!("Member {number}"));
            sandbox.add_member(ids::GUILD, user, &[]);
            user
        })
        .collect();
    let (bot, to_identify) = start_bot(&sandbox, folder.path()).await;
    sandbox
        .clock()
        .advance(Duration::from_secs(60))
        .await
        .expect("the question comes");
    println!(
        "process start to IDENTIFY                    {:>8.1} ms",
        to_identify.as_secs_f64() * 1e3
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "resident, idle with one guild                {:>8.1} MB",
        resident(&bot)
    );
    echo_latency().await;
    for command in ["quiz", "answer"] {
        latency(&sandbox, &members, command).await;
    }
    println!(
        "resident after that                          {:>8.1} MB",
        resident(&bot)
    );
    throughput(&sandbox, &members).await;
    println!(
        "resident after {MANY} more interactions     {:>8.1} MB",
        resident(&bot)
    );
    throughput(&sandbox, &members).await;
    println!(
        "resident after {MANY} more interactions     {:>8.1} MB",
        resident(&bot)
    );
}

async fn start_bot(sandbox: &Sandbox, folder: &std::path::Path) -> (BotProcess, Duration) {
    let config = folder.join("config.toml");
    let team = format!(
        "[[team]]\nguild = \"{}\"\nchannel = \"{}\"\ntimezone = \"UTC\"\nreveal = \"open\"\n",
        ids::GUILD,
        ids::ASYNCIO
    );
    std::fs::write(&config, team).expect("the config is written");
    let arguments: [OsString; 7] = [
        "run".into(),
        "--config".into(),
        config.into(),
        "--state".into(),
        folder.join("state").into(),
        "--clock".into(),
        format!("{}/sandbox/clock", sandbox.url()).into(),
    ];
    let program = Program {
        path: PathBuf::from(env!("CARGO_BIN_EXE_quizloop")),
        arguments: arguments.into(),
        environment: vec![
            ("DISCORD_TOKEN".into(), sandbox.token().into()),
            ("DISCORD_API_URL".into(), sandbox.url().into()),
        ],
    };
    let started = Instant::now();
    let bot = BotProcess::start(&program).expect("the bot starts");
    let identified = sandbox.wait_for("IDENTIFY", Duration::from_secs(10), |discord| {
        (discord.gateway.identify_count > 0).then(|| started.elapsed())
    });
    let to_identify = identified.await.expect("the bot connects");
    (bot, to_identify)
}

/// Megabytes (of a million bytes) of memory that a process holds.
fn resident(bot: &BotProcess) -> f64 {
    let id = bot.id().expect("the bot runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0.0);
    kib * 1024.0 / 1e6
}

/// Sends every byte back.
fn echo(port: &str) {
    let port: u16 = port.parse().expect("a port");
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the bench listens");
    stream.set_nodelay(true).expect("a setting");
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        stream.write_all(&byte).expect("the bench reads");
    }
}

/// How long a byte takes to another process and back at the same rate: whatever is slower than usual here is
/// the machine, not the bot.
async fn echo_latency() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener
        .local_addr()
        .expect("an address")
        .port()
        .to_string();
    let own = std::env::current_exe().expect("a path");
    let mut child = std::process::Command::new(own)
        .args([ECHO, &port])
        .spawn()
        .expect("the echo starts");
    let (mut stream, _) = listener.accept().await.expect("the echo connects");
    stream.set_nodelay(true).expect("a setting");
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    let mut times = Vec::new();
    for _ in 0..RATE * SECONDS {
        ticks.tick().await;
        let start = Instant::now();
        stream.write_all(&[1]).await.expect("the echo reads");
        stream.read_exact(&mut [0]).await.expect("the echo answers");
        times.push(start.elapsed());
    }
    drop(stream);
    child.wait().expect("the echo ends");
    report("one byte", times);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].as_secs_f64() * 1e3;
    println!(
        "{what:<9}{RATE} a second: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
        at(500),
        at(990),
        at(999)
    );
}

/// How long members wait at a steady rate.
async fn latency(sandbox: &Sandbox, members: &[u64], command: &'static str) {
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..RATE * SECONDS {
        ticks.tick().await;
        let (sandbox, user) = (sandbox.clone(), member(members, number));
        asked.spawn(async move {
            let start = Instant::now();
            let outcome = sandbox.command(ids::ASYNCIO, user, command, &[]).await;
            assert!(matches!(outcome, ClientOutcome::Message(_)), "{outcome:?}");
            start.elapsed()
        });
    }
    report(&format!("/{command}"), asked.join_all().await);
}

/// As many as the machine can, to see whether memory grows.
async fn throughput(sandbox: &Sandbox, members: &[u64]) {
    let start = Instant::now();
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..MANY {
        // Nobody asks more than once a second: members who flood are told to slow down.
        if u64::from(number) % MEMBERS == 0 {
            let moved = sandbox.clock().advance(Duration::from_secs(1)).await;
            moved.expect("the bot goes on");
        }
        if asked.len() >= CONCURRENCY {
            asked.join_next().await;
        }
        let (sandbox, user) = (sandbox.clone(), member(members, u64::from(number)));
        let command = if number % 2 == 0 { "quiz" } else { "answer" };
        asked.spawn(async move {
            let options = [("topic", json!("tasks"))];
            let options = if command == "quiz" { &options[..] } else { &[] };
            sandbox.command(ids::ASYNCIO, user, command, options).await
        });
    }
    asked.join_all().await;
    println!(
        "throughput, the sandbox's work included      {:>8.0} a second",
        f64::from(MANY) / start.elapsed().as_secs_f64()
    );
}

fn member(members: &[u64], number: u64) -> u64 {
    members[usize::try_from(number % MEMBERS).unwrap_or(0)]
}

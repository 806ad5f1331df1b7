//! Start time, memory and latency of the whole bot, run as a process against a sandbox in this
//! process.
//!
//! `cargo bench --bench bot` prints a table. The numbers in docs/performance.md come from it. The sandbox
//! shares the bot's cores, so the bot alone is faster.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use discord_sandbox::bot_process::{BotProcess, Program};
use discord_sandbox::client::ClientOutcome;
use discord_sandbox::{Options, Sandbox, ids};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Interactions per second in the latency run.
const RATE: u64 = 200;
/// How long the latency run lasts, in seconds.
const SECONDS: u64 = 20;
/// Number of interactions in a throughput run.
const INTERACTIONS: u32 = 100_000;
/// Maximum number of interactions in flight in a throughput run.
const CONCURRENCY: usize = 32;
/// Number of members that send interactions.
const MEMBERS: u64 = 500;

/// Argument that turns this process into the echo server of [`echo_latency`].
const ECHO: &str = "--echo";

fn main() {
    let mut arguments = std::env::args();
    if let Some(port) = arguments
        .by_ref()
        .skip_while(|argument| argument != ECHO)
        .nth(1)
    {
        return run_echo(&port);
    }
    // `cargo test --benches` passes the arguments of the test harness. Nothing is measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("runtime is built");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let start = "2026-03-27T08:59:00Z".parse().expect("valid timestamp");
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
        .expect("the question is posted");
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
        "resident after these commands                {:>8.1} MB",
        resident(&bot)
    );
    throughput(&sandbox, &members).await;
    println!(
        "resident after {INTERACTIONS} more interactions     {:>8.1} MB",
        resident(&bot)
    );
    throughput(&sandbox, &members).await;
    println!(
        "resident after {INTERACTIONS} more interactions     {:>8.1} MB",
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
        ..Program::default()
    };
    let started = Instant::now();
    let bot = BotProcess::start(&program).expect("the bot starts");
    let identified = sandbox.wait_for("IDENTIFY", Duration::from_secs(10), |discord| {
        (discord.gateway.identify_count > 0).then(|| started.elapsed())
    });
    let to_identify = identified.await.expect("the bot connects");
    (bot, to_identify)
}

/// Returns the resident memory of the bot in megabytes (10⁶ bytes).
fn resident(bot: &BotProcess) -> f64 {
    let id = bot.id().expect("the bot runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0.0);
    kib * 1024.0 / 1e6
}

/// Sends every received byte back, until the connection closes.
fn run_echo(port: &str) {
    let port: u16 = port.parse().expect("valid port");
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the bench listens");
    stream.set_nodelay(true).expect("TCP_NODELAY is set");
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        stream.write_all(&byte).expect("the bench reads");
    }
}

/// Reports the round-trip time of one byte to another process, at the rate of the latency run.
///
/// This is the baseline of the machine: if it is slower than usual, so are the bot's latencies.
async fn echo_latency() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let port = listener
        .local_addr()
        .expect("the listener has an address")
        .port()
        .to_string();
    let program = std::env::current_exe().expect("path of this program");
    let mut child = std::process::Command::new(program)
        .args([ECHO, &port])
        .spawn()
        .expect("the echo starts");
    let (mut stream, _) = listener.accept().await.expect("the echo connects");
    stream.set_nodelay(true).expect("TCP_NODELAY is set");
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
        "{what:<9}{RATE} per second: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
        at(500),
        at(990),
        at(999)
    );
}

/// Reports how long members wait for a response at a steady rate.
async fn latency(sandbox: &Sandbox, members: &[u64], command: &'static str) {
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / RATE));
    let mut interactions = tokio::task::JoinSet::new();
    for number in 0..RATE * SECONDS {
        ticks.tick().await;
        let (sandbox, user) = (sandbox.clone(), member(members, number));
        interactions.spawn(async move {
            let start = Instant::now();
            let outcome = sandbox.command(ids::ASYNCIO, user, command, &[]).await;
            assert!(matches!(outcome, ClientOutcome::Message(_)), "{outcome:?}");
            start.elapsed()
        });
    }
    report(&format!("/{command}"), interactions.join_all().await);
}

/// Sends interactions as fast as they are answered, to see whether memory grows.
async fn throughput(sandbox: &Sandbox, members: &[u64]) {
    let start = Instant::now();
    let mut interactions = tokio::task::JoinSet::new();
    for number in 0..INTERACTIONS {
        // Each member sends one interaction per second, which stays below the rate limit.
        if u64::from(number) % MEMBERS == 0 {
            let advanced = sandbox.clock().advance(Duration::from_secs(1)).await;
            advanced.expect("the bot follows the clock");
        }
        if interactions.len() >= CONCURRENCY {
            interactions.join_next().await;
        }
        let (sandbox, user) = (sandbox.clone(), member(members, u64::from(number)));
        let command = if number % 2 == 0 { "quiz" } else { "answer" };
        interactions.spawn(async move {
            let options = [("topic", json!("tasks"))];
            let options = if command == "quiz" { &options[..] } else { &[] };
            sandbox.command(ids::ASYNCIO, user, command, options).await
        });
    }
    interactions.join_all().await;
    println!(
        "throughput, including the sandbox's work     {:>8.0} per second",
        f64::from(INTERACTIONS) / start.elapsed().as_secs_f64()
    );
}

fn member(members: &[u64], number: u64) -> u64 {
    members[usize::try_from(number % MEMBERS).unwrap_or(0)]
}

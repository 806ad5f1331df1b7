//! The health endpoints of the real bot: `/healthz` and `/metrics`.

use std::collections::BTreeMap;
use std::process::Command;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::{Value, json};

use crate::operator::{quizloop, said};
use crate::support::World;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// A client of the health endpoints.
pub struct Monitor {
    url: String,
    client: reqwest::Client,
}

impl Monitor {
    /// Finds the address in the log, because port 0 means any free port.
    pub async fn new(world: &World) -> Self {
        let url = || {
            let log = world.log();
            let (_, rest) = log.split_once("http://127.0.0.1:")?;
            let (port, _) = rest.split_once("/healthz")?;
            Some(format!("http://127.0.0.1:{port}"))
        };
        world
            .wait_until("the address in the log", || url().is_some())
            .await;
        Self {
            url: url().unwrap(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.url);
        let answer = self.client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn health(&self) -> (u16, Value) {
        let (status, text) = self.get("/healthz").await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Waits until the health report satisfies a condition.
    pub async fn wait_for(&self, status: u16, what: impl Fn(&Value) -> bool) -> Value {
        let mut last = (0, Value::Null);
        for _ in 0..3000 {
            last = self.health().await;
            if last.0 == status && what(&last.1) {
                return last.1;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{last:?}");
    }

    pub async fn metrics(&self) -> Metrics {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, 200);
        Metrics::parse(&text)
    }

    /// Waits until a metric has a value. Some metrics change shortly after a response.
    pub async fn wait_for_metric(&self, name: &str, wanted: f64) {
        let mut last = None;
        for _ in 0..3000 {
            last = self.metrics().await.samples.get(name).copied();
            if last == Some(wanted) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{name} is {last:?}, not {wanted}");
    }
}

/// A page of metrics.
pub struct Metrics {
    /// Metric families with their types, in the order of the page.
    families: Vec<(String, String)>,
    /// Values by name and labels, as they are written.
    samples: BTreeMap<String, f64>,
}

impl Metrics {
    /// Parses a page line by line, and checks everything that a scraper requires.
    fn parse(text: &str) -> Self {
        let (mut families, mut helps, mut samples) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (body, end) = text.split_at(text.len() - "# EOF\n".len());
        assert_eq!(end, "# EOF\n");
        for line in body.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap();
                assert!(words.len() > 10, "{line}");
                helps.push(name.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert_eq!(helps.last().unwrap(), name, "a type follows its help");
                families.push((name.to_owned(), kind.to_owned()));
            } else if let Some(unit) = line.strip_prefix("# UNIT ") {
                let (name, unit) = unit.split_once(' ').unwrap();
                assert!(name.ends_with(&format!("_{unit}")), "{line}");
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap();
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
                assert!(value.is_finite() && value >= 0.0, "{line}");
                let (family, kind) = families.last().unwrap();
                let bare = name.split('{').next().unwrap();
                let suffix = bare
                    .strip_prefix(family.as_str())
                    .unwrap_or_else(|| panic!("{line}"));
                let fits: &[&str] = match kind.as_str() {
                    "counter" => &["_total"],
                    "gauge" => &[""],
                    "histogram" => &["_sum", "_count", "_bucket"],
                    "info" => &["_info"],
                    other => panic!("{other}"),
                };
                assert!(fits.contains(&suffix), "{line}");
                assert_eq!(
                    samples.insert(name.to_owned(), value),
                    None,
                    "{line} is there twice"
                );
            }
        }
        assert_eq!(helps.len(), families.len());
        Self { families, samples }
    }

    pub fn value(&self, name: &str) -> f64 {
        let found = self.samples.get(name);
        *found.unwrap_or_else(|| panic!("no {name} in {:#?}", self.samples.keys()))
    }
}

fn is_healthy(health: &Value) -> bool {
    health["status"] == "ok"
}

/// Returns whether a process listens on any TCP port (Linux only).
fn listens(process: u32) -> Option<bool> {
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).ok()?;
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?;
    let sockets: Vec<String> = files
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.to_owned()))
        .collect();
    // Column 3 is the state, of which 0A is LISTEN; column 9 the socket's number.
    let listening = |line: &str| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let number = format!("{}]", columns.get(9).unwrap_or(&""));
        columns.get(3) == Some(&"0A") && sockets.contains(&number)
    };
    Some(table.lines().any(listening))
}

/// Without `[health] listen`, the bot does not listen on any port and logs no address.
#[tokio::test(flavor = "multi_thread")]
async fn off_by_default() {
    let world = World::at(FRIDAY).team().start().await;
    assert!(!world.log().contains("/healthz"), "{}", world.log());
    let other = World::at(FRIDAY).team().setting(LISTEN).start().await;
    Monitor::new(&other).await;
    match (listens(world.bot_id()), listens(other.bot_id())) {
        (Some(off), Some(on)) => assert_eq!((off, on), (false, true)),
        _ => println!("skipped in part: this system does not tell who listens"),
    }
}

/// A new bot is healthy and reveals no secrets. Only GET and HEAD are accepted.
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_bot() {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    let health = monitor.wait_for(200, is_healthy).await;
    assert_eq!(health["gateway"]["state"], "ok", "{health}");
    assert_eq!(
        health["scheduler"],
        json!({ "state": "ok", "age_seconds": 0, "problem": null })
    );
    assert_eq!(
        health["disk"],
        json!({ "state": "ok", "age_seconds": 0, "problem": null })
    );
    for path in ["/healthz", "/metrics"] {
        let url = format!("{}{path}", monitor.url);
        let (client, taken) = (&monitor.client, [200, 405, 405, 405, 405]);
        let asked = [
            client.head(&url),
            client.post(&url).body("x"),
            client.put(&url),
            client.delete(&url),
            client.request(reqwest::Method::OPTIONS, &url),
        ];
        for (request, status) in asked.into_iter().zip(taken) {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{path}");
            assert_eq!(answer.text().await.unwrap(), "", "{path}");
        }
    }
    assert_eq!(monitor.get("/").await.0, 404);
    let (_, page) = monitor.get("/metrics").await;
    for secret in [world.sandbox.token(), ids::GUILD.to_string(), "Ada".into()] {
        assert!(!page.contains(&secret) && !health.to_string().contains(&secret));
    }
}

/// The names of the metrics, on which dashboards depend.
#[tokio::test(flavor = "multi_thread")]
async fn the_names_of_the_numbers() {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    monitor.wait_for(200, is_healthy).await;
    world.ada().command_message("help", &[]).await;
    let answered = "quizloop_interactions_total{command=\"help\",outcome=\"answered\"}";
    monitor.wait_for_metric(answered, 1.0).await;
    let metrics = monitor.metrics().await;
    let families: Vec<_> = metrics
        .families
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    insta::assert_snapshot!(families.join("\n"), @"
    quizloop_build info
    quizloop_gateway_connected gauge
    quizloop_sessions_started counter
    quizloop_gateway_rebuilds counter
    quizloop_gateway_connections_failed counter
    quizloop_events_heard counter
    quizloop_messages_unreadable counter
    quizloop_rounds_posted counter
    quizloop_rounds_posted_late counter
    quizloop_rounds_given_up counter
    quizloop_posting_lag_seconds gauge
    quizloop_posting_queue_teams gauge
    quizloop_replies_counted counter
    quizloop_commit_duration_seconds histogram
    quizloop_commits_failed counter
    quizloop_guilds_dirty gauge
    quizloop_guilds gauge
    quizloop_interactions counter
    quizloop_interactions_dropped counter
    quizloop_interaction_duration_seconds histogram
    ");
    let version = format!(
        "quizloop_build_info{{version=\"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    assert!((metrics.value(&version) - 1.0).abs() < f64::EPSILON);
}

/// Every metric changes with what it counts, and only then.
#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_move() {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    monitor
        .wait_for_metric("quizloop_gateway_connected{shard=\"0\"}", 1.0)
        .await;
    monitor
        .wait_for_metric("quizloop_sessions_started_total", 1.0)
        .await;
    let before = monitor.metrics().await;
    for zero in [
        "rounds_posted",
        "rounds_posted_late",
        "rounds_given_up",
        "replies_counted",
        "commits_failed",
        "gateway_rebuilds",
        "gateway_connections_failed",
    ] {
        monitor
            .wait_for_metric(&format!("quizloop_{zero}_total"), 0.0)
            .await;
    }
    world.advance("1m").await;
    monitor
        .wait_for_metric("quizloop_rounds_posted_total", 1.0)
        .await;
    monitor
        .wait_for_metric("quizloop_posting_lag_seconds", 0.0)
        .await;
    monitor
        .wait_for_metric("quizloop_posting_queue_teams", 0.0)
        .await;
    world.ada().reply("one").await;
    monitor
        .wait_for_metric("quizloop_replies_counted_total", 1.0)
        .await;
    world.ada().command_message("streak", &[]).await;
    let answered = "quizloop_interactions_total{command=\"streak\",outcome=\"answered\"}";
    monitor.wait_for_metric(answered, 1.0).await;
    let post = world.post().id;
    world.ada().press(post, "Hint").await;
    monitor
        .wait_for_metric(
            "quizloop_interactions_total{command=\"button\",outcome=\"answered\"}",
            1.0,
        )
        .await;
    let took = "quizloop_interaction_duration_seconds_count{command=\"streak\"}";
    monitor.wait_for_metric(took, 1.0).await;
    let after = monitor.metrics().await;
    let more = |name: &str| after.value(name) - before.value(name);
    assert!(more("quizloop_events_heard_total") >= 3.0);
    assert!(more("quizloop_commit_duration_seconds_count") >= 4.0);
    monitor.wait_for_metric("quizloop_guilds_dirty", 0.0).await;
}

/// Events that can't be decoded and messages that can't be read are counted.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_counted() {
    let mut world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    world.skip_api_check();
    let monitor = Monitor::new(&world).await;
    world.advance("1m").await;
    let event = json!({ "guild_id": ids::GUILD.to_string(), "id": "no channel" });
    world.sandbox.dispatch_raw("CHANNEL_UPDATE", &event);
    world.sandbox.dispatch_raw("KIND_THAT_NOBODY_KNOWS", &event);
    let undecoded = "quizloop_events_undecoded_total{kind=\"CHANNEL_UPDATE\"}";
    monitor.wait_for_metric(undecoded, 1.0).await;
    let message = world.sandbox.compose(world.thread(), ids::LIN, "broken");
    message.json(json!({ "author": null })).send().unwrap();
    let undecoded = "quizloop_events_undecoded_total{kind=\"MESSAGE_CREATE\"}";
    monitor.wait_for_metric(undecoded, 1.0).await;
    world.set_time("2026-03-30T09:00").await;
    world
        .wait_until("the message to be read", || {
            world.log().contains("message could not be read")
        })
        .await;
    let metrics = monitor.metrics().await;
    assert!(metrics.value("quizloop_messages_unreadable_total") >= 1.0);
}

/// A question that Discord rejects for five minutes is late; one that it always rejects is abandoned.
#[tokio::test(flavor = "multi_thread")]
async fn late_and_given_up() {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    let refused = || {
        world.sandbox.add_fault(
            FaultRule::on("CreateMessage").always(),
            RequestFault::server_error(),
        )
    };
    refused();
    world.advance("1m").await;
    world.advance("5m").await;
    let failures = monitor.metrics().await;
    assert!(failures.value("quizloop_rest_failures_total{kind=\"unreachable\"}") >= 2.0);
    world.sandbox.clear_faults();
    world.advance("1h").await;
    monitor
        .wait_for_metric("quizloop_rounds_posted_late_total", 1.0)
        .await;
    monitor
        .wait_for_metric("quizloop_posting_lag_seconds", 3900.0)
        .await;
    world.set_time("2026-03-30T08:59").await;
    refused();
    world.advance("1m").await;
    world.advance("4h").await;
    monitor
        .wait_for_metric("quizloop_rounds_given_up_total", 1.0)
        .await;
    monitor
        .wait_for_metric("quizloop_rounds_posted_total", 1.0)
        .await;
}

/// Without a gateway connection, the bot is degraded, and down after a minute. It is healthy again
/// with the next session.
#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_cut() {
    let world = World::at(FRIDAY)
        .team()
        .setting(LISTEN)
        .heartbeat(std::time::Duration::from_secs(2))
        .start()
        .await;
    let monitor = Monitor::new(&world).await;
    monitor.wait_for(200, is_healthy).await;
    world.sandbox.refuse_connections(true);
    world.sandbox.drop_connections();
    let health = monitor
        .wait_for(200, |health| health["status"] == "degraded")
        .await;
    assert_eq!(
        health["gateway"]["problem"],
        "disconnected from Discord's gateway for 0 s"
    );
    world.advance("61s").await;
    let (status, health) = monitor.health().await;
    assert_eq!(
        (status, &health["status"]),
        (503, &json!("down")),
        "{health}"
    );
    assert_eq!(
        health["gateway"]["problem"],
        "disconnected from Discord's gateway for 61 s"
    );
    assert_eq!(health["scheduler"]["state"], "ok");
    monitor
        .wait_for_metric("quizloop_gateway_connected{shard=\"0\"}", 0.0)
        .await;
    world.sandbox.refuse_connections(false);
    monitor.wait_for(200, is_healthy).await;
    monitor
        .wait_for_metric("quizloop_gateway_connected{shard=\"0\"}", 1.0)
        .await;
}

/// While the disk fails, the bot is down with the reason; it is healthy again afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_fails() {
    let world = World::at(FRIDAY).team().setting(LISTEN).start().await;
    let monitor = Monitor::new(&world).await;
    monitor.wait_for(200, is_healthy).await;
    world.advance("1m").await;
    let (folder, away) = (world.state().join("guilds"), world.folder().join("away"));
    std::fs::rename(&folder, &away).unwrap();
    let unsaved = world.lin().post_reply("during");
    let health = monitor
        .wait_for(503, |health| health["status"] == "down")
        .await;
    let problem = health["disk"]["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("saving has failed for 0 s: "),
        "{problem}"
    );
    assert_eq!(health["gateway"]["state"], "ok");
    let metrics = monitor.metrics().await;
    assert!(metrics.value("quizloop_commits_failed_total") >= 1.0);
    monitor.wait_for_metric("quizloop_guilds_dirty", 1.0).await;
    monitor
        .wait_for_metric("quizloop_replies_counted_total", 0.0)
        .await;
    std::fs::rename(&away, &folder).unwrap();
    world.lin().wait_until_counted(unsaved).await;
    monitor.wait_for(200, is_healthy).await;
    monitor.wait_for_metric("quizloop_guilds_dirty", 0.0).await;
}

/// An address in use: one message, and exit code 1, so that the supervisor tries again.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let world = World::at(FRIDAY)
        .team()
        .setting(&format!("[health]\nlisten = \"{address}\"\n"))
        .without_bot()
        .await;
    let program = world.program();
    let output = Command::new(&program.path)
        .args(&program.arguments)
        .envs(program.environment.iter().cloned())
        .output()
        .unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(1), "{text}");
    let sentence = format!("error: can't listen on {address} ([health] listen): ");
    // The first lines of the log come before it.
    let message = text.lines().nth(2).unwrap();
    assert!(message.starts_with(&sentence), "{text}");
    assert!(
        message.contains("choose another address") && text.lines().count() == 3,
        "{text}"
    );
}

/// Teams of the config that can't work: in a server without the bot, and in a channel of another
/// server. Each is logged once and degrades the health until it works.
#[tokio::test(flavor = "multi_thread")]
async fn teams_of_the_config_that_cannot_work() {
    let mut world = World::at(FRIDAY).without_bot().await;
    let joined = world.sandbox.add_guild("Joined", ids::ADA);
    world.sandbox.add_bot(joined);
    let other_channel = world.sandbox.add_channel(joined, 0, "elsewhere");
    let absent = world.sandbox.add_guild("Absent", ids::ADA);
    let absent_channel = world.sandbox.add_channel(absent, 0, "somewhere");
    let team = |guild: u64, channel: u64| {
        format!("[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\ntimezone = \"UTC\"\n")
    };
    let config = [
        LISTEN.to_owned(),
        team(ids::GUILD, ids::ASYNCIO),
        team(ids::GUILD, other_channel),
        team(absent, absent_channel),
    ];
    std::fs::write(world.folder().join("config.toml"), config.concat()).unwrap();
    world.start_bot().await;
    let monitor = Monitor::new(&world).await;
    let problem = |health: &Value| health["config_teams"]["problem"].clone();
    let two = json!("2 teams of the config can't work: see the warnings in the log");
    let health = monitor.wait_for(200, |health| problem(health) == two).await;
    assert_eq!(health["status"], "degraded");
    let other = "config team's channel belongs to another server";
    world
        .wait_until("the warning", || world.log().contains(other))
        .await;
    // A new session changes nothing, and logs nothing again.
    let identified = world.sandbox.identify_count();
    world.sandbox.invalidate_sessions(false);
    world
        .wait_until("another session", || {
            world.sandbox.identify_count() > identified
        })
        .await;
    world.sandbox.add_bot(absent);
    let one = json!("a team of the config can't work: see the warning in the log");
    monitor.wait_for(200, |health| problem(health) == one).await;
    for warning in [other, "bot not in the config team's server"] {
        let log = world.log();
        assert_eq!(log.matches(warning).count(), 1, "{log}");
    }
}

/// `quizloop health` says in one line whether the bot works, and exits with 0 or 1.
#[tokio::test(flavor = "multi_thread")]
async fn asked_from_the_command_line() {
    let mut world = World::at(FRIDAY)
        .team()
        .setting(LISTEN)
        .heartbeat(std::time::Duration::from_secs(2))
        .start()
        .await;
    let monitor = Monitor::new(&world).await;
    monitor.wait_for(200, is_healthy).await;
    let address = monitor.url.trim_start_matches("http://");
    let config = format!("[health]\nlisten = \"{address}\"\n");
    std::fs::write(world.folder().join("asked.toml"), config).unwrap();
    let folder = world.folder().to_owned();
    let ask = |more: &[&str]| {
        let arguments = [&["health", "--config", "asked.toml"], more].concat();
        said(&quizloop(&folder, &arguments))
    };
    assert_eq!(ask(&[]), (Some(0), "ok\n".into()));
    assert_eq!(ask(&["--live"]), (Some(0), "alive\n".into()));
    // The session ends and can't begin again: the bot doesn't work, but a restart would not help.
    world.sandbox.refuse_connections(true);
    world.sandbox.drop_connections();
    monitor
        .wait_for(200, |health| health["status"] == "degraded")
        .await;
    world.advance("61s").await;
    monitor
        .wait_for(503, |health| health["status"] == "down")
        .await;
    let (code, text) = ask(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("error: down: "), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    world.kill().await;
    let (code, text) = ask(&["--live"]);
    assert_eq!(code, Some(1), "{text}");
    let start = format!("error: no bot answers at {address}: ");
    assert!(text.starts_with(&start), "{text}");
    let (code, text) = said(&quizloop(&folder, &["health", "--config", "/dev/null"]));
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @r#"error: the config has no [health] listen, so the bot can't be asked: add listen = "127.0.0.1:9420" below [health]"#);
}

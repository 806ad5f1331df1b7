//! Notifications to systemd: the real bot, with a socket in place of systemd.

#![cfg(target_os = "linux")]

use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;

use crate::support::{WAIT_TIMEOUT, World};

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

/// systemd expects a watchdog notification every 400 ms.
const WATCHDOG_USEC: &str = "400000";

/// The systemd side of the notification socket.
struct Supervisor {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Supervisor {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(WAIT_TIMEOUT)).unwrap();
        Self { socket, folder }
    }

    fn address(&self) -> String {
        self.folder.path().join("notify").display().to_string()
    }

    /// Returns the next message, or `None` if there is none within the time limit.
    fn next_message(&self) -> Option<String> {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..length].to_vec()).unwrap())
    }

    /// Reads messages until one contains the text.
    fn wait_for(&self, wanted: &str) -> String {
        let mut all = Vec::new();
        while let Some(message) = self.next_message() {
            if message.contains(wanted) {
                return message;
            }
            all.push(message);
        }
        panic!("{wanted} did not come: {all:?}");
    }
}

/// Connecting, ready with the first session, watchdog, a problem, stopping: in this order.
#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_sent_in_order() {
    let supervisor = Supervisor::new();
    let mut world = World::at(FRIDAY)
        .team()
        .env("NOTIFY_SOCKET", &supervisor.address())
        .env("WATCHDOG_USEC", WATCHDOG_USEC)
        .without_bot()
        .await;
    // Not ready before there is a session, however long Discord takes.
    let hold = world.sandbox.hold_requests(FaultRule::on("GatewayBot"));
    world.spawn_bot();
    hold.first_request().await;
    assert_eq!(
        supervisor.next_message().unwrap(),
        "STATUS=connecting to Discord\n"
    );
    supervisor.socket.set_nonblocking(true).unwrap();
    assert_eq!(supervisor.next_message(), None);
    supervisor.socket.set_nonblocking(false).unwrap();
    assert_eq!(world.sandbox.identify_count(), 0);
    hold.release();
    assert_eq!(
        supervisor.next_message().unwrap(),
        "READY=1\nSTATUS=connected to Discord\n"
    );
    supervisor.wait_for("STATUS=connected to Discord; no problems\n");
    assert_eq!(supervisor.wait_for("WATCHDOG"), "WATCHDOG=1\n");
    world
        .sandbox
        .add_fault(FaultRule::any().always(), RequestFault::bad_gateway());
    world.sandbox.refuse_connections(true);
    world.sandbox.drop_connections();
    supervisor.wait_for("STATUS=disconnected from Discord's gateway for ");
    // A Discord outage is no reason for a restart.
    supervisor.wait_for("WATCHDOG=1\n");
    assert_eq!(world.stop().await, Some(0));
    let last = supervisor.wait_for("STOPPING=1");
    assert!(last.starts_with("STOPPING=1\nSTATUS=stopping"), "{last}");
    supervisor.socket.set_nonblocking(true).unwrap();
    assert_eq!(supervisor.next_message(), None);
}

/// The watchdog is not notified while the bot is blocked because its log is not read, and is
/// notified again when the bot continues.
#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_bot() {
    let supervisor = Supervisor::new();
    let world = World::at(FRIDAY)
        .team()
        .env("NOTIFY_SOCKET", &supervisor.address())
        .env("WATCHDOG_USEC", WATCHDOG_USEC)
        .env("RUST_LOG", "trace")
        .without_bot()
        .await;
    let program = world.program();
    let mut bot = Command::new(&program.path)
        .args(&program.arguments)
        .envs(program.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = bot.stderr.take().unwrap();
    supervisor.wait_for("READY=1");
    supervisor.wait_for("WATCHDOG=1");
    // More than a pipe holds.
    let short = Duration::from_millis(1500);
    supervisor.socket.set_read_timeout(Some(short)).unwrap();
    let mut quiet = false;
    for round in 0..200 {
        for _ in 0..20 {
            world
                .sandbox
                .post(ids::ASYNCIO, ids::LIN, "something to log")
                .unwrap();
        }
        if round >= 20 && supervisor.next_message().is_none() {
            quiet = true;
            break;
        }
    }
    assert!(quiet, "the bot was not stalled");
    supervisor
        .socket
        .set_read_timeout(Some(WAIT_TIMEOUT))
        .unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    supervisor.wait_for("WATCHDOG=1");
    bot.kill().unwrap();
    bot.wait().unwrap();
    reader.join().unwrap().unwrap();
}

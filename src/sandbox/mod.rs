//! Discord on loopback: REST and gateway, version 10, as far as a bot like ours uses them.
//!
//! It keeps to Discord's limits, permissions, error codes and rules, so that a bot that works here works
//! there. It knows Discord's protocol and nothing else: not the bot, not what the bot is for, not the
//! library the bot is written with, or the two would agree on the same mistakes. The bot reaches it as it
//! reaches Discord, by URL.
//!
//! [`Sandbox`] is the handle: start one, then do as a user ([`Sandbox::post`], [`Sandbox::command`],
//! [`Sandbox::press`]) and read as a user ([`Sandbox::messages`], [`Sandbox::transcript`]). Its time is a
//! [`clock::Clock`] that stands still in tests and is moved.

pub mod api;
mod archiver;
pub mod bot_process;
pub mod client;
pub mod clock;
mod connection;
pub mod faults;
pub mod gateway;
pub mod log;
mod mention;
mod messages;
pub mod model;
pub mod openapi;
pub mod page;
mod payloads;
pub mod permission;
pub mod rest;
mod seed;
mod server;
mod snowflake;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use clock::SandboxClock;
use connection::{Connections, TrackedListener};
use gateway::GatewayState;
use model::{App, Discord};

pub use seed::ids;

/// The interval that Discord's HELLO asks for.
const HEARTBEAT: Duration = Duration::from_millis(41_250);

/// How a sandbox starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What the clock shows first; the real time if nothing is given.
    pub start: Option<Timestamp>,
    /// Whether the clock goes on by itself.
    pub flowing: bool,
    /// Whether there is the sample guild at the start, or nothing.
    pub seeded: bool,
    /// The interval that HELLO asks for.
    pub heartbeat: Duration,
    /// The id of the application under test, which is also its bot user's.
    pub application: u64,
    /// The bot's token, without "Bot ".
    pub token: String,
    /// Privileged intents that the application has.
    pub privileged_intents: u64,
    /// Whether the limit of 50 requests a second is enforced; it is counted in any case.
    pub enforce_limits: bool,
    /// Discord's description of its REST API, with which the page compares what is said.
    pub description: Option<Arc<openapi::Description>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            start: None,
            flowing: false,
            seeded: true,
            heartbeat: HEARTBEAT,
            application: ids::APP,
            token: seed::TOKEN.to_owned(),
            privileged_intents: 0,
            enforce_limits: false,
            description: None,
        }
    }
}

/// A running sandbox. Copies are handles of the same one; it stops with the last of them.
#[derive(Debug, Clone)]
pub struct Sandbox {
    shared: Arc<SandboxState>,
    /// Stops the server with the last handle. The server's own handles (see [`Sandbox::within`]) have
    /// none, or it would keep itself alive.
    server: Option<Arc<ServerHandle>>,
}

/// What the server's tasks and the handles have in common.
#[derive(Debug)]
pub struct SandboxState {
    address: SocketAddr,
    discord: Mutex<Discord>,
    clock: Arc<SandboxClock>,
    /// Ticks after everything that may have changed something.
    changes: watch::Sender<u64>,
    /// What is to be done with the bot's process.
    process_commands: api::ProcessCommands,
    /// What the page knows of the bot's days; locked for a copy only.
    calendar: Mutex<page::Calendar>,
    description: Option<Arc<openapi::Description>>,
}

#[derive(Debug)]
struct ServerHandle {
    tasks: [AbortHandle; 2],
    connections: Arc<Connections>,
}

impl ServerHandle {
    fn stop(&self) {
        for task in &self.tasks {
            task.abort();
        }
        self.connections.abort_all();
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

impl SandboxState {
    /// Looks at everything, and may change it.
    pub fn with<T>(&self, act: impl FnOnce(&mut Discord) -> T) -> T {
        let result = act(&mut self.lock());
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Looks at everything.
    pub fn read<T>(&self, look: impl FnOnce(&Discord) -> T) -> T {
        look(&self.lock())
    }

    /// What the page knows of the bot's days.
    pub fn calendar(&self) -> page::Calendar {
        self.calendar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    // A panic under the lock is a bug of the sandbox that its test shows anyway; others go on.
    fn lock(&self) -> MutexGuard<'_, Discord> {
        self.discord.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts a sandbox.
    ///
    /// # Errors
    ///
    /// The address can't be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let start = options
            .start
            .unwrap_or_else(|| crate::clock::Clock::system().now());
        let clock = Arc::new(SandboxClock::new(start, options.flowing));
        let gateway = GatewayState::new(format!("ws://{address}/gateway"), options.heartbeat);
        let app = App {
            id: options.application,
            name: "Quizloop".into(),
            token: options.token,
            owner: ids::ADA,
            privileged_intents: options.privileged_intents,
        };
        let mut discord = Discord::new(app, Arc::clone(&clock), gateway);
        discord.files.set_base_url(format!("http://{address}"));
        discord.limits.enforced = options.enforce_limits;
        if options.seeded {
            seed::insert_sample_guild(&mut discord);
        }
        let shared = Arc::new(SandboxState {
            address,
            discord: Mutex::new(discord),
            clock,
            changes: watch::channel(0).0,
            process_commands: api::ProcessCommands::default(),
            calendar: Mutex::default(),
            description: options.description,
        });
        let connections = Arc::new(Connections::default());
        let listener = TrackedListener::new(listener, Arc::clone(&connections));
        let archiver = tokio::spawn(archiver::run(Arc::clone(&shared))).abort_handle();
        let task = tokio::spawn(server::serve(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self {
            shared,
            server: Some(Arc::new(ServerHandle {
                tasks: [task, archiver],
                connections,
            })),
        })
    }

    /// A handle for who serves requests of this sandbox; it does not keep the sandbox running.
    pub fn from_state(shared: &Arc<SandboxState>) -> Self {
        Self {
            shared: Arc::clone(shared),
            server: None,
        }
    }

    /// From now on orders about the bot's process, given on the page, come here.
    pub fn take_process_commands(
        &self,
    ) -> tokio::sync::mpsc::UnboundedReceiver<api::ProcessCommand> {
        self.shared.process_commands.subscribe()
    }

    /// Tells the page of the bot's days.
    pub fn set_calendar(&self, calendar: page::Calendar) {
        let mut own = self
            .shared
            .calendar
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *own = calendar;
    }

    /// The base URL of the REST API, such as `http://127.0.0.1:8420`.
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The bot's token.
    pub fn token(&self) -> String {
        self.shared.read(|discord| discord.app.token.clone())
    }

    /// Stops listening and cuts every connection.
    pub fn stop(&self) {
        if let Some(server) = &self.server {
            server.stop();
        }
    }

    /// The clock.
    pub fn clock(&self) -> &SandboxClock {
        &self.shared.clock
    }

    /// Ticks after everything that may have changed something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Looks at the model.
    pub fn read<T>(&self, look: impl FnOnce(&Discord) -> T) -> T {
        self.shared.read(look)
    }

    /// Changes the model directly; the actions in [`user`] are for what a user can do.
    pub fn with<T>(&self, act: impl FnOnce(&mut Discord) -> T) -> T {
        self.shared.with(act)
    }
}

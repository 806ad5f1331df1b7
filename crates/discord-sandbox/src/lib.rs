//! A Discord test server on loopback: REST API and gateway, version 10.
//!
//! The sandbox enforces Discord's limits, permissions, error codes and rules, so that a bot that
//! passes here also works on Discord. It implements Discord's protocol only: it knows
//! nothing of the bot under test and does not use the bot's Discord library, because shared code
//! would hide shared mistakes. The bot connects to it by URL, as it connects to Discord; the README
//! says where to set the URL in discord.js, discord.py, serenity and twilight. Routes that the
//! sandbox does not implement are answered with status 404.
//!
//! [`Sandbox`] is the handle. What a test usually needs:
//!
//! | To | Use |
//! |---|---|
//! | start the bot and kill it | [`bot_process`], [`Sandbox::url`], [`Sandbox::token`] |
//! | act as a member | [`Sandbox::post`], [`Sandbox::command`], [`Sandbox::press`], [`Sandbox::react`] |
//! | read what a member sees | [`Sandbox::messages`], [`Sandbox::transcript`] |
//! | wait without sleeping | [`Sandbox::wait_for`] |
//! | move time | [`Sandbox::clock`] |
//! | make requests fail | [`Sandbox::add_fault`] with a rule from [`faults`] |
//! | interrupt the gateway | [`Sandbox::drop_connections`], [`Sandbox::close_gateway`], [`Sandbox::invalidate_sessions`] |
//! | create guilds, channels and members | [`Sandbox::add_guild`], [`Sandbox::add_channel`], [`Sandbox::add_member`] |
//! | check the bot's requests | [`Sandbox::requests`], [`exchange`] |
//! | read or change anything else | [`Sandbox::read`], [`Sandbox::with`] and the types in [`model`] |
//! | try the bot in a browser | [`Sandbox::url`]; [`Options::page`] adds the bot's own parts |
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//!
//! use discord_sandbox::{Options, Sandbox, ids};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Options::default()).await?;
//! // Start your bot here. It connects to `sandbox.url()` with the token `sandbox.token()`.
//! let message = sandbox.post(ids::GENERAL, ids::ADA, "Hello, **Lin**!")?;
//! // The clock is stopped and moves only when the test moves it.
//! sandbox.clock().advance(Duration::from_secs(60)).await?;
//! sandbox.react(message, ids::LIN, "👋")?;
//! let seen = sandbox.transcript(ids::GENERAL, ids::SAM);
//! assert!(seen.contains("Hello, **Lin**!"), "{seen}");
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

pub mod api;
mod archiver;
pub mod bot_process;
pub mod client;
pub mod clock;
mod connection;
pub mod exchange;
pub mod faults;
pub mod gateway;
pub mod log;
mod mention;
mod messages;
pub mod model;
mod origin_check;
pub mod page;
mod payloads;
pub mod permission;
mod relative_time;
mod rest;
mod seed;
mod server;
mod snowflake;
mod token;

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

/// Heartbeat interval that Discord sends in HELLO (Discord docs, events/gateway, "Hello Event").
const HEARTBEAT: Duration = Duration::from_millis(41_250);

/// Default name of the application under test.
const NAME: &str = "Test bot";

/// Options for [`Sandbox::start`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on. Port 0 selects a free port; see [`Sandbox::address`].
    pub listen: SocketAddr,
    /// Further host names by which clients reach the sandbox, for example that of its container.
    /// Requests to other names are refused; `localhost` and IP addresses always work.
    pub hosts: Vec<String>,
    /// Initial time of the clock. `None` means the system time.
    pub start: Option<Timestamp>,
    /// Whether the clock runs. If `false`, time moves only by [`clock::SandboxClock::advance`] and
    /// [`clock::SandboxClock::set`].
    pub flowing: bool,
    /// Whether to create the sample guild (see [`ids`]). Otherwise the sandbox starts empty.
    pub seeded: bool,
    /// Heartbeat interval sent in HELLO. Discord's is 41.25 seconds.
    pub heartbeat: Duration,
    /// Name of the application under test and of its bot user.
    pub name: String,
    /// Id of the application under test and of its bot user.
    pub application: u64,
    /// The bot's token, without the prefix "Bot ". `None` means a random one; [`Sandbox::token`]
    /// returns it.
    pub token: Option<String>,
    /// Bits of the privileged intents that are enabled for the application.
    pub privileged_intents: u64,
    /// Whether to enforce the global limit of 50 requests per second. Requests are counted either
    /// way.
    pub enforce_limits: bool,
    /// A check of all requests and responses, such as against Discord's OpenAPI description, whose
    /// result the page shows.
    pub check: Option<Arc<dyn exchange::ExchangeCheck>>,
    /// What the bot adds to the page.
    pub page: page::PageExtension,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            hosts: Vec::new(),
            start: None,
            flowing: false,
            seeded: true,
            heartbeat: HEARTBEAT,
            name: NAME.to_owned(),
            application: ids::APP,
            token: None,
            privileged_intents: 0,
            enforce_limits: false,
            check: None,
            page: page::PageExtension::default(),
        }
    }
}

/// Handle of a running sandbox.
///
/// Clones refer to the same sandbox, which stops when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Sandbox {
    shared: Arc<SandboxState>,
    /// Stops the server when the last handle is dropped. `None` in handles that the server itself
    /// creates (see [`Sandbox::from_state`]), because they would keep the server alive.
    server: Option<Arc<ServerHandle>>,
}

/// State shared by the server's tasks and the [`Sandbox`] handles.
#[derive(Debug)]
pub(crate) struct SandboxState {
    address: SocketAddr,
    /// As in [`Options::hosts`].
    hosts: Vec<String>,
    discord: Mutex<Discord>,
    clock: Arc<SandboxClock>,
    /// Incremented after every access that may have changed the model.
    changes: watch::Sender<u64>,
    /// Commands for the bot's process (start, stop, kill), given on the page.
    process_commands: api::ProcessCommands,
    /// The bot's calendar, shown on the page. Locked only while it is copied.
    calendar: Mutex<page::Calendar>,
    check: Option<Arc<dyn exchange::ExchangeCheck>>,
    page: page::PageExtension,
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
    /// Runs `change` on the model and notifies the watchers of [`Sandbox::changes`].
    pub fn with<T>(&self, change: impl FnOnce(&mut Discord) -> T) -> T {
        let result = change(&mut self.lock());
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Runs `read` on the model without notifying the watchers.
    pub fn read<T>(&self, read: impl FnOnce(&Discord) -> T) -> T {
        read(&self.lock())
    }

    /// Returns a copy of the calendar that the page shows.
    pub fn calendar(&self) -> page::Calendar {
        self.calendar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    // A panic under the lock already fails the test that caused it. Other users of the sandbox need
    // not fail too, so a poisoned lock is ignored.
    fn lock(&self) -> MutexGuard<'_, Discord> {
        self.discord.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts a sandbox: binds the address and spawns the server.
    ///
    /// # Errors
    ///
    /// Returns the I/O error if the address cannot be bound, or if no random token can be created.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let start = options.start.unwrap_or_else(clock::system_time);
        let clock = Arc::new(SandboxClock::new(start, options.flowing));
        let gateway = GatewayState::new(format!("ws://{address}/gateway"), options.heartbeat);
        let token = match options.token {
            Some(token) => token,
            None => token::random(options.application)?,
        };
        let app = App {
            id: options.application,
            name: options.name,
            token,
            owner: ids::ADA,
            privileged_intents: options.privileged_intents,
            profile: model::AppProfile::default(),
        };
        let mut discord = Discord::new(app, Arc::clone(&clock), gateway);
        discord.files.set_base_url(format!("http://{address}"));
        discord.limits.enforced = options.enforce_limits;
        if options.seeded {
            seed::insert_sample_guild(&mut discord);
        }
        let shared = Arc::new(SandboxState {
            address,
            hosts: options.hosts,
            discord: Mutex::new(discord),
            clock,
            changes: watch::channel(0).0,
            process_commands: api::ProcessCommands::default(),
            calendar: Mutex::default(),
            check: options.check,
            page: options.page,
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

    /// Creates a handle for a request handler. It does not keep the sandbox running.
    pub(crate) fn from_state(shared: &Arc<SandboxState>) -> Self {
        Self {
            shared: Arc::clone(shared),
            server: None,
        }
    }

    /// Returns a receiver of the process commands given on the page. A later call replaces it.
    pub fn take_process_commands(
        &self,
    ) -> tokio::sync::mpsc::UnboundedReceiver<api::ProcessCommand> {
        self.shared.process_commands.subscribe()
    }

    /// Sets the calendar that the page shows.
    pub fn set_calendar(&self, calendar: page::Calendar) {
        let mut current = self
            .shared
            .calendar
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *current = calendar;
    }

    /// Returns a copy of the calendar that the page shows.
    pub fn calendar(&self) -> page::Calendar {
        self.shared.calendar()
    }

    /// Returns the base URL of the REST API, such as `http://127.0.0.1:8420`.
    pub fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Returns the address on which the sandbox listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Returns the bot's current token. It changes if the bot exceeds its daily session starts.
    pub fn token(&self) -> String {
        self.shared.read(|discord| discord.app.token.clone())
    }

    /// Stops listening and resets every connection, for all clones of this handle.
    ///
    /// The sandbox also stops when the last clone is dropped. Does nothing on the handle that a
    /// [`Demo`](page::Demo) receives.
    pub fn stop(&self) {
        if let Some(server) = &self.server {
            server.stop();
        }
    }

    /// Returns the clock, to move it or to read the time.
    pub fn clock(&self) -> &SandboxClock {
        &self.shared.clock
    }

    /// Returns a receiver that is notified after every access that may have changed the model.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Reads the model.
    pub fn read<T>(&self, read: impl FnOnce(&Discord) -> T) -> T {
        self.shared.read(read)
    }

    /// Changes the model directly, without permission checks. For actions that a user can perform,
    /// prefer the methods in [`client`].
    pub fn with<T>(&self, change: impl FnOnce(&mut Discord) -> T) -> T {
        self.shared.with(change)
    }
}

/// Compiles the example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

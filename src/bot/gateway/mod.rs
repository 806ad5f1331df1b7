//! Connects to Discord's gateway: one serenity client per shard, each with a supervisor.
//!
//! The supervisor works around a defect of serenity 0.12.5. A close frame without a code, or with
//! some codes, makes serenity loop without yielding until the next heartbeat is due, up to 41
//! seconds later. This blocks the runtime it runs on. The client therefore has a thread and a
//! runtime of its own. Posts, saves and responses run on the main runtime and are not affected, and
//! the supervisor, which runs there as well, replaces the client. Example:
//!
//! * 0.0 s: Discord closes the connection without a code. Serenity's loop spins, and the task that
//!   calls `LivenessMonitor::tick` every 250 ms no longer runs.
//! * 4.5 s: The supervisor polls every 500 ms. The last tick is more than 4 s old, so `diagnose`
//!   returns `ClientFault::Frozen`. The supervisor drops the `RunningClient`.
//! * The drop asks the thread to stop, which it can't do while serenity spins, and writes to the
//!   closed connection through the shard's messenger. The write fails, which makes serenity leave
//!   its loop. The runtime then sees the stop request and shuts down.
//! * The supervisor fetches the gateway's address and the number of session starts left, waits for
//!   the restart delay (none after a stable session) and for a slot to identify, and starts a new
//!   client.
//! * 6 s: The new session is ready, and a backfill counts the replies that were missed.
//!
//! A suspended process looks frozen as well. If a poll is more than 2 s late, the whole process did
//! not run, and the supervisor ignores that poll.
//!
//! Each shard has its own client, thread and supervisor, so a fault affects one shard only.
//!
//! * `client`: a client on its own thread.
//! * `connects`: notices and paces its connections.
//! * `handler`: translation of serenity's events.
//! * `liveness`: state of a client as observed from other threads.
//! * `diagnosis`: decides from that state whether a client is faulty.
//! * `watchdog`: the supervisor.
//! * `shards`: a supervisor for each shard that this process owns.
//! * `translate`: serenity's events as the plain values of `event`.

mod client;
mod connects;
mod diagnosis;
pub mod event;
mod handler;
mod liveness;
pub mod shards;
pub mod translate;
mod watchdog;

pub use client::ClientFactory;
pub use watchdog::{GATEWAY_TIMEOUT, recommended_shards, supervise};

/// A shard: one of the parts into which Discord divides a bot's guilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Index of the shard, from 0.
    pub number: u32,
    /// Number of all shards.
    pub total: u32,
}

/// Why the gateway can't be used any more.
#[derive(Debug, thiserror::Error)]
pub enum GatewayExit {
    /// Discord refused the token (close code 4004, or status 401).
    #[error("Discord refused the token")]
    InvalidToken,
    /// Discord refused the intents (close codes 4013 and 4014).
    #[error("Discord refused the intents GUILDS and GUILD_MESSAGES")]
    DisallowedIntents,
    /// Too few session starts are left today to use another one.
    #[error("only {0} session starts are left today")]
    NoSessionStartsLeft(u64),
    /// Any other reason.
    #[error("{0}")]
    Other(String),
}

//! The gateway: serenity's client on a thread and a runtime of its own, and a watchdog outside of it.
//!
//! A close frame without a code, and some with one, make serenity 0.12.5 spin until the next heartbeat is
//! due, which freezes the runtime it is on. Here that is a runtime on which nothing else lives: posts,
//! saves and answers go on meanwhile, and the watchdog ends the spinning client and makes another. Each shard has a
//! client, a thread and a watchdog of its own, so one shard's trouble is not another's.
//!
//! `client` is one client on its thread, `pulse` what is seen of it from outside, `judge` what that means,
//! `watchdog` what is done about it.

mod client;
mod diagnosis;
mod handler;
mod liveness;
mod watchdog;

pub use client::ClientFactory;
pub use watchdog::{GATEWAY_TIMEOUT, recommended_shards, supervise};

/// One of the parts into which Discord divides a bot's guilds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 0.
    pub number: u32,
    /// How many there are in all.
    pub total: u32,
}

/// Why there is no gateway any more.
#[derive(Debug, thiserror::Error)]
pub enum GatewayExit {
    /// Discord does not take the token (close code 4004, or 401).
    #[error("Discord refused the token")]
    InvalidToken,
    /// Discord does not take the intents (close codes 4013 and 4014).
    #[error("Discord refused the intents GUILDS and GUILD_MESSAGES")]
    DisallowedIntents,
    /// So few sessions are left today that the next one is not begun.
    #[error("only {0} session starts are left today")]
    NoSessionStartsLeft(u64),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

//! How the bot is, seen from outside: `/healthz`, `/metrics`, and what the supervisor is told.
//!
//! A leaf: it knows nobody of the house. The bot and the store's owner report into [`Vitals`], plain values
//! behind small locks; nothing here looks at a guild, and no name, id or text of a person ever comes in.
//! Counting ([`Vitals::counting`]) and the server exist only where the config names an address, so that a bot
//! without one pays a few bytes and no more.

mod metrics;
mod report;
mod server;
mod signs;
mod vitals;

pub use metrics::Outcome;
pub use report::{Part, Report, State};
pub use server::{bind, serve};
pub use signs::{GATEWAY_LIMIT, SCHEDULER_LIMIT};
pub use vitals::{Guilds, Vitals};

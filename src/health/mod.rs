//! How the bot is, seen from outside: `/healthz`, `/metrics`, and what the supervisor is told.
//!
//! A leaf: it knows nobody of the house. The bot and the store's owner report into [`HealthMonitor`], plain values
//! behind small locks; nothing here looks at a guild, and no name, id or text of a person ever comes in.
//! Counting ([`HealthMonitor::with_metrics`]) and the server exist only where the config names an address, so that a bot
//! without one pays a few bytes and no more.

mod metrics;
mod monitor;
mod report;
mod server;
mod state;

pub use metrics::InteractionOutcome;
pub use monitor::{GuildCounts, HealthMonitor};
pub use report::{ComponentStatus, HealthReport, HealthStatus};
pub use server::{bind, serve};
pub use state::{GATEWAY_LIMIT, SCHEDULER_LIMIT};

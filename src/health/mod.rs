//! Health checks and metrics: `/healthz`, `/livez`, `/metrics`, and the status for systemd.
//!
//! This module depends on no other module of the crate. The bot and the store report into
//! [`HealthMonitor`], which holds plain values behind a lock. It contains no guild data but the ids of
//! teams with a problem, which no report shows, and no name, id or text of a member. Metrics
//! ([`HealthMonitor::with_metrics`]) and the server exist only if the config sets an address.

mod metrics;
mod monitor;
mod report;
mod server;
mod state;

pub use metrics::{DropReason, InteractionOutcome};
pub use monitor::{GuildCounts, HealthMonitor};
pub use report::{ComponentStatus, HealthReport, HealthStatus};
pub use server::{bind, serve};
pub use state::{ConfigTeamProblem, GATEWAY_LIMIT, SCHEDULER_LIMIT};

//! `health`: asks the bot that runs on this machine whether it works.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::exit::{CliError, Exit};
use super::{ConfigArgs, help, load, output};
use crate::bot::root_cause;
use crate::health::HealthReport;

/// How long the bot may take to answer. It needs well under a millisecond; supervisors that run this
/// command wait for a few seconds at most.
const TIMEOUT: Duration = Duration::from_secs(3);

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop health",
        "Ask whether the bot works, for a monitor",
    ),
    (
        "quizloop health --live",
        "Ask whether a restart would help, for a supervisor",
    ),
];

/// Ask the bot that runs on this machine whether it works; exit code 0 or 1
///
/// Asks the endpoint that `health.listen` in the config names. Exits with 0 and one line if the bot
/// works, perhaps with limitations, and with 1 and one line if it does not.
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct HealthArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Only ask whether the bot is alive: fails if a restart would help, but not if Discord or the
    /// disk fails
    #[arg(long)]
    live: bool,
}

pub fn run(args: &HealthArgs) -> Result<(), CliError> {
    let config = load::config(&args.config)?;
    let listen = config.health_listen.ok_or_else(|| {
        let message = "the config has no [health] listen, so the bot can't be asked: add listen = \"127.0.0.1:9420\" below [health]";
        CliError::new(Exit::Usage, message)
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't build the runtime")?;
    let line = runtime.block_on(ask(reachable(listen), args.live))?;
    output::line(format_args!("{line}"))?;
    Ok(())
}

/// Returns the address at which this machine reaches a listener: one on all interfaces is also on
/// loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Returns the bot's answer as one line.
async fn ask(address: SocketAddr, live: bool) -> anyhow::Result<String> {
    let path = if live { "livez" } else { "healthz" };
    // The endpoint is on this machine, so a proxy for the internet does not apply.
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT);
    let response = client
        .build()?
        .get(format!("http://{address}/{path}"))
        .send()
        .await
        .map_err(|error| {
            let cause = if error.is_timeout() {
                "it did not answer in time".to_owned()
            } else {
                root_cause(&error).to_string()
            };
            anyhow::anyhow!("no bot answers at {address}: {cause}")
        })?;
    let is_working = response.status().is_success();
    let text = response.text().await?;
    let answer = if live {
        text.trim().to_owned()
    } else {
        let report: HealthReport = serde_json::from_str(&text).map_err(|_| {
            anyhow::anyhow!("what answers at {address} is not this version of Quizloop")
        })?;
        report.to_string()
    };
    anyhow::ensure!(is_working, "{answer}");
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_interfaces_include_loopback() {
        let address = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(address("0.0.0.0:9420"), "127.0.0.1:9420");
        assert_eq!(address("[::]:9420"), "[::1]:9420");
        assert_eq!(address("10.0.0.7:9420"), "10.0.0.7:9420");
    }
}

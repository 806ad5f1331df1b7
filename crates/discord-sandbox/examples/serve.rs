//! Starts a sandbox for a bot that you run yourself, and prints its URL and token:
//!
//! ```sh
//! cargo run -p discord-sandbox --example serve -- 8420
//! ```
//!
//! The page is at the printed URL, and `curl URL/sandbox` describes the control API.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use discord_sandbox::{Options, Sandbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Without an argument, a free port is chosen.
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let sandbox = Sandbox::start(Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        name: "My bot".to_owned(),
        // The bot uses the system clock, so the simulated Discord does as well.
        flowing: true,
        ..Options::default()
    })
    .await?;
    println!("page and API: {}", sandbox.url());
    println!("REST:         {}/api/v10", sandbox.url());
    println!("gateway:      ws://{}/gateway", sandbox.address());
    println!("token:        {}", sandbox.token());
    println!("Press Ctrl-C to stop.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

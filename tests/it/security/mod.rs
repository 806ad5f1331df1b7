//! Security: the token, other members' and servers' data, stored personal data, and notifications.

mod forged;
pub mod mentions;
mod stored_data;
mod token;

use discord_sandbox::ids;
use serde_json::json;

use crate::support::World;

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Starts a world in which Ada has set a team up and the first question is posted.
async fn set_up() -> World {
    let world = World::at(THURSDAY).start().await;
    let zone = [("timezone", json!("Europe/Berlin"))];
    world.ada().command_message("setup", &zone).await;
    world.advance("1m").await;
    assert_eq!(world.posts_in(ids::ASYNCIO).len(), 1);
    world
}

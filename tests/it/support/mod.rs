//! The language of the scenarios: a world with a sandbox, the real bot as a child process, and people.
//!
//! Time stands still until it is moved, and nothing sleeps: what is to happen is waited for.

mod member;
pub mod outage;
pub mod proxy;
pub mod test_database;
mod world;

pub use member::{MemberHandle, MessageExt};
pub use world::{WAIT_TIMEOUT, World, WorldBuilder, posts_in};

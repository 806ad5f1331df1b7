//! The language of the scenarios: a world with a sandbox, the real bot as a child process, and people.
//!
//! Time stands still until it is moved, and nothing sleeps: what is to happen is waited for.

mod member;
pub mod outage;
pub mod proxy;
pub mod scratch;
mod world;

pub use member::{MemberHandle, Read};
pub use world::{PATIENCE, World, WorldBuilder, posts_in};

//! Scenario helpers: a world with a sandbox, the real bot as a child process, and members.
//!
//! The simulated time moves only when a test moves it. Tests wait for a condition and never sleep.

mod member;
pub mod outage;
pub mod proxy;
pub mod test_database;
mod world;

pub use member::{MemberHandle, MessageExt, credit_options};
pub use world::{WAIT_TIMEOUT, World, WorldBuilder, posts_in};

//! Quizloop: a Discord bot with which a team practises for Python asyncio interviews.

pub mod bank;
pub mod bot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod entropy;
pub mod findings;
pub mod practice;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod store;

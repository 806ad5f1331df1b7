//! Discord's REST API: requests, the limit on requests per second, and the bot's permissions.

pub mod application_profile;
pub mod download;
mod interaction_client;
pub mod message_json;
mod names;
pub mod permissions;
pub mod rest;
pub mod rest_limiter;
pub mod threads;

//! The sandbox itself, tried with a small bot that is not ours.

mod client;
mod thin_path;

//! The sandbox itself, tried with a small bot that is not ours.

mod client;
mod conformance;
mod faults;
mod gateway;
mod interactions;
mod raw;
mod rules;
mod thin_path;
mod transcript;

//! The one test binary: the real bot against the sandbox, through real sockets.

mod bank;
mod habit;
mod openapi;
mod posting;
mod sandbox;
mod streaks;
mod support;
mod walls;

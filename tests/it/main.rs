//! The one test binary: the real bot against the sandbox, through real sockets.

mod bank;
mod habit;
mod openapi;
mod sandbox;
mod support;
mod walls;

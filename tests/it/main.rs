//! The one test binary: the real bot against the sandbox, through real sockets.

mod bank;
mod sandbox;
mod walls;

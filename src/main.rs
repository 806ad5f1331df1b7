//! The `quizloop` binary.

use std::process::ExitCode;

/// Each event and response makes dozens of small allocations, for which mimalloc is faster than
/// the allocator of libc.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    quizloop::cli::main()
}

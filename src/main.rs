//! The `quizloop` binary: arguments in, exit code out.

use std::process::ExitCode;

/// Every event and every answer allocates some dozens of small things; this one is quicker with them than libc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    quizloop::cli::main()
}

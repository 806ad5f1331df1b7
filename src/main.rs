//! The `quizloop` binary: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    quizloop::cli::main()
}

//! The `quizloop` binary: arguments in, exit code out.

fn main() {}

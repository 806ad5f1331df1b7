//! Exit codes and the error that carries one.

use std::fmt;
use std::process::ExitCode;

use quizloop_diagnostics::Diagnostic;

/// Exit codes. Scripts and supervisors depend on their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success, or stopped on request.
    Stopped = 0,
    /// Failed while running. A restart may help.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The state can't be read, or another process uses it.
    State = 3,
    /// Discord refused the token or the intents. A restart does not help.
    Rejected = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The failure of a command, with its exit code.
#[derive(Debug)]
pub struct CliError {
    pub exit: Exit,
    /// What happened and what to do.
    pub error: anyhow::Error,
    /// The problems in files that are the cause, if any.
    pub diagnostics: Vec<Diagnostic>,
}

impl CliError {
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            error: anyhow::anyhow!("{message}"),
            diagnostics: Vec::new(),
        }
    }

    /// Creates the error of files with problems.
    pub fn in_files(diagnostics: Vec<Diagnostic>, message: impl fmt::Display) -> Self {
        Self {
            diagnostics,
            ..Self::new(Exit::Usage, message)
        }
    }
}

/// Prints the chain of causes on one line.
impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self {
            exit: Exit::Failed,
            error,
            diagnostics: Vec::new(),
        }
    }
}

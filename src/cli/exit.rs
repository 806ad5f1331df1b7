//! How a process ends.

use std::fmt;
use std::process::ExitCode;

/// The exit codes; scripts and supervisors depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Stopped as asked.
    Stopped = 0,
    /// Failed while running.
    Failed = 1,
    /// Wrong usage or config.
    Usage = 2,
    /// The state can't be read, or another process has it.
    State = 3,
    /// Discord refused the token or the intents. A restart does not help.
    Rejected = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a verb failed, with the code that goes with it.
#[derive(Debug)]
pub struct CliError {
    /// The code.
    pub exit: Exit,
    /// What happened and what to do.
    pub error: anyhow::Error,
}

impl CliError {
    /// A failure with a sentence.
    pub fn new(exit: Exit, what: impl fmt::Display) -> Self {
        Self {
            exit,
            error: anyhow::anyhow!("{what}"),
        }
    }
}

/// The chain of causes in one line.
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
        }
    }
}

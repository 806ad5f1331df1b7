//! Runs a bot as a child process, so that tests can stop it, kill it and read its output.
//!
//! A real process is needed to test crashes: SIGKILL leaves no chance to flush or to clean up.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// Maximum number of log lines kept.
const MAX_LOG_LINES: usize = 2000;

/// Command line and environment of a bot.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Path of the executable.
    pub path: PathBuf,
    /// Arguments, without the program's name.
    pub arguments: Vec<OsString>,
    /// Environment variables, in addition to those of this process.
    pub environment: Vec<(OsString, OsString)>,
    /// Environment variables of this process that the bot does not get.
    pub unset: Vec<OsString>,
}

/// Bot process that runs or has ended.
#[derive(Debug)]
pub struct BotProcess {
    child: Child,
    log: ProcessLog,
}

/// Newest lines that a process wrote to stdout and stderr.
#[derive(Debug, Clone, Default)]
pub struct ProcessLog {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ProcessLog {
    /// Returns the lines, oldest first, each followed by a line break.
    pub fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = lines.iter().cloned().collect::<Vec<_>>().join("\n");
        text.push('\n');
        text
    }

    fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LOG_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn read_lines(&self, stream: Option<impl AsyncRead + Unpin + Send + 'static>) {
        let (Some(stream), log) = (stream, self.clone()) else {
            return;
        };
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                log.push(line);
            }
        });
    }
}

impl BotProcess {
    /// Starts a bot. The process is killed when the value is dropped.
    ///
    /// # Errors
    ///
    /// Returns the I/O error if the program cannot be started, for example because it does not
    /// exist.
    pub fn start(program: &Program) -> io::Result<Self> {
        let mut command = Command::new(&program.path);
        for variable in &program.unset {
            command.env_remove(variable);
        }
        let mut child = command
            .args(&program.arguments)
            .envs(program.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = ProcessLog::default();
        log.read_lines(child.stdout.take());
        log.read_lines(child.stderr.take());
        Ok(Self { child, log })
    }

    /// Returns the output of the process.
    pub const fn log(&self) -> &ProcessLog {
        &self.log
    }

    /// Returns the process id, or `None` after the process has ended and was waited for.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns whether the process is running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the process (SIGKILL) and waits for its end.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Asks the process to stop (SIGTERM) and waits for at most `limit`, then kills it.
    ///
    /// Returns the exit status, or `None` if the process had to be killed. Needs the Unix command
    /// `kill`.
    pub async fn stop(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        if let Some(id) = self.child.id() {
            // The standard library has no safe function for signals. Every Unix has this command.
            Command::new("kill")
                .args(["-TERM", &id.to_string()])
                .status()
                .await?;
        }
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => status.map(Some),
            Err(_) => self.kill().await.map(|()| None),
        }
    }

    /// Waits until the process ends on its own.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}

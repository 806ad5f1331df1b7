//! A bot as a child process, so that a kill is a kill. It knows nothing of what it runs.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// So many of the newest lines of the log are kept.
const MAX_LOG_LINES: usize = 2000;

/// How a bot is started.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment, besides what this process has.
    pub environment: Vec<(OsString, OsString)>,
}

/// A bot that runs, or has run.
#[derive(Debug)]
pub struct BotProcess {
    child: Child,
    log: ProcessLog,
}

/// The newest lines that a process wrote to stdout and stderr.
#[derive(Debug, Clone, Default)]
pub struct ProcessLog {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ProcessLog {
    /// The lines, the oldest first.
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
    /// Starts it. It is killed when it is dropped.
    ///
    /// # Errors
    ///
    /// It can't be started.
    pub fn start(program: &Program) -> io::Result<Self> {
        let mut child = Command::new(&program.path)
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

    /// What it wrote.
    pub const fn log(&self) -> &ProcessLog {
        &self.log
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, in the middle of whatever it does (SIGKILL).
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Asks it to stop (SIGTERM) and waits; kills it after `limit`. Gives how it ended, or nothing if it
    /// had to be killed.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub async fn stop(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        if let Some(id) = self.child.id() {
            // There is no safe call for signals in std; the command is on every Unix.
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

    /// Waits until it ends by itself.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}

//! A child process that is started, killed and started again: the bot, for who tries or tests it.
//!
//! It knows nothing of what it runs. Lines of its output are kept, the newest of them.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

/// Lines of output that are kept.
const LINES: usize = 2_000;

/// What is run, and how.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables of its environment, besides those it inherits.
    pub env: Vec<(OsString, OsString)>,
    /// Variables it does not inherit.
    pub env_removed: Vec<OsString>,
    /// Its working directory; ours if nothing is given.
    pub dir: Option<PathBuf>,
}

/// A process that can be started again. Copies are handles of the same one; it is killed with the last.
#[derive(Debug, Clone)]
pub struct BotProcess {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: Program,
    running: Mutex<Option<Running>>,
    lines: Mutex<VecDeque<String>>,
    /// Ticks with each line, and when the process starts or ends.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
struct Running {
    pid: u32,
    /// A message kills the process; so does the end of the channel.
    kill: mpsc::UnboundedSender<()>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl BotProcess {
    /// A process that does not run yet.
    pub fn new(program: Program) -> Self {
        Self {
            inner: Arc::new(Inner {
                program,
                running: Mutex::default(),
                lines: Mutex::default(),
                changes: watch::channel(0).0,
            }),
        }
    }

    /// Starts it, unless it runs.
    ///
    /// # Errors
    ///
    /// The program can't be started.
    pub fn start(&self) -> io::Result<()> {
        if self.is_running() {
            return Ok(());
        }
        let mut child = self.inner.program.command().spawn()?;
        let (kill, killed) = mpsc::unbounded_channel();
        let (ended, end) = watch::channel(None);
        let outputs = [boxed(child.stdout.take()), boxed(child.stderr.take())];
        *lock(&self.inner.running) = Some(Running {
            pid: child.id().unwrap_or_default(),
            kill,
            ended: end,
        });
        for output in outputs.into_iter().flatten() {
            tokio::spawn(read_lines(Arc::downgrade(&self.inner), output));
        }
        let changes = self.inner.changes.clone();
        tokio::spawn(async move {
            let status = watch_over(child, killed).await;
            ended.send_replace(status);
            changes.send_modify(|count| *count += 1);
        });
        self.inner.tick();
        Ok(())
    }

    /// Kills it as a crash would (SIGKILL), and waits until it is gone.
    pub async fn kill(&self) -> Option<ExitStatus> {
        let running = self.running()?;
        // A closed channel means that it has ended already.
        let _ = running.kill.send(());
        running.end().await
    }

    /// Asks it to stop (SIGTERM), and waits until it is gone.
    ///
    /// # Errors
    ///
    /// The signal can't be sent.
    pub async fn terminate(&self) -> io::Result<Option<ExitStatus>> {
        let Some(running) = self.running() else {
            return Ok(None);
        };
        if running.ended.borrow().is_none() {
            // The program `kill` does it without unsafe code and without another crate.
            Command::new("kill")
                .args(["-TERM", &running.pid.to_string()])
                .status()
                .await?;
        }
        Ok(running.end().await)
    }

    /// Waits until it has ended by itself; its status, or nothing if it was never started.
    pub async fn wait(&self) -> Option<ExitStatus> {
        self.running()?.end().await
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.running()
            .is_some_and(|running| running.ended.borrow().is_none())
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        let running = self
            .running()
            .filter(|running| running.ended.borrow().is_none());
        running.map(|running| running.pid)
    }

    /// The newest lines of its output, over all starts, the oldest first.
    pub fn lines(&self) -> Vec<String> {
        lock(&self.inner.lines).iter().cloned().collect()
    }

    /// Ticks with each line, and when the process starts or ends.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    fn running(&self) -> Option<Running> {
        lock(&self.inner.running).clone()
    }
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for name in &self.env_removed {
            command.env_remove(name);
        }
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }
}

impl Inner {
    fn note(&self, line: String) {
        let mut lines = lock(&self.lines);
        lines.push_back(line);
        if lines.len() > LINES {
            lines.pop_front();
        }
        drop(lines);
        self.tick();
    }

    fn tick(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Running {
    async fn end(mut self) -> Option<ExitStatus> {
        // Its task goes on until the process has ended.
        self.ended
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|status| *status)
    }
}

/// Waits for the end, and brings it about when asked to or when nobody is left to ask.
async fn watch_over(
    mut child: Child,
    mut killed: mpsc::UnboundedReceiver<()>,
) -> Option<ExitStatus> {
    tokio::select! {
        status = child.wait() => status.ok(),
        _ = killed.recv() => {
            // It fails only for a process that has ended by itself.
            let _ = child.start_kill();
            child.wait().await.ok()
        }
    }
}

type Output = Box<dyn AsyncRead + Send + Unpin>;

fn boxed(output: Option<impl AsyncRead + Send + Unpin + 'static>) -> Option<Output> {
    output.map(|output| Box::new(output) as Output)
}

/// The lines must not keep the process alive, or it would not be killed with its last handle.
async fn read_lines(inner: std::sync::Weak<Inner>, output: Output) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match inner.upgrade() {
            Some(inner) => inner.note(line),
            None => return,
        }
    }
}

// A panic under these locks leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> BotProcess {
        BotProcess::new(Program {
            path: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("WHO".into(), "lin".into())],
            ..Program::default()
        })
    }

    async fn has_line(process: &BotProcess, wanted: &str) {
        let mut changes = process.changes();
        while !process.lines().iter().any(|line| line == wanted) {
            changes.changed().await.unwrap();
        }
    }

    #[tokio::test]
    async fn it_is_killed_and_started_again() {
        let process = shell("echo hello $WHO; echo problem >&2; exec sleep 60");
        process.start().unwrap();
        has_line(&process, "hello lin").await;
        has_line(&process, "problem").await;
        let first = process.pid().unwrap();
        let status = process.kill().await.unwrap();
        assert!(!status.success() && status.code().is_none());
        assert!(!process.is_running());
        process.start().unwrap();
        assert_ne!(process.pid(), Some(first));
        process.kill().await;
    }

    #[tokio::test]
    async fn it_is_asked_to_stop() {
        let process =
            shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
        process.start().unwrap();
        has_line(&process, "ready").await;
        let status = process.terminate().await.unwrap().unwrap();
        assert_eq!(status.code(), Some(3));
        has_line(&process, "bye").await;
        assert_eq!(process.wait().await.unwrap().code(), Some(3));
    }
}

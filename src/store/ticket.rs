//! Waiting for a change to be on disk.

use std::sync::Arc;

use tokio::sync::watch;

/// The disk did not take a change. It stays in memory, and saving goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state could not be saved: {0}")]
pub struct NotSaved(Arc<str>);

impl NotSaved {
    pub(super) fn new(what: impl AsRef<str>) -> Self {
        Self(what.as_ref().into())
    }
}

/// What is told where the guild is another process's now.
pub(super) fn moved() -> NotSaved {
    NotSaved::new("another process has this server now")
}

/// How far a guild is saved.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The newest change that is on disk.
    pub saved: u64,
    /// The newest change that an attempt failed to save, with the reason.
    pub failed: Option<(u64, NotSaved)>,
}

/// Tells when a change is on disk: written, fsynced, renamed, and its folder fsynced.
#[derive(Debug, Clone)]
#[must_use = "what is told to anybody waits for its ticket"]
pub struct Ticket {
    version: u64,
    progress: Option<watch::Receiver<Progress>>,
}

impl Ticket {
    pub(super) const fn new(version: u64, progress: watch::Receiver<Progress>) -> Self {
        Self {
            version,
            progress: Some(progress),
        }
    }

    /// A ticket for a change of a guild that is another process's.
    pub(super) fn refused() -> Self {
        let progress = Progress {
            saved: 0,
            failed: Some((u64::MAX, moved())),
        };
        // Nothing will come any more, so nobody has to keep the other end.
        Self::new(1, watch::channel(progress).1)
    }

    /// A ticket for nothing.
    pub const fn done() -> Self {
        Self {
            version: 0,
            progress: None,
        }
    }

    /// Returns true when the change is on disk, however long that takes; false if the guild was forgotten or became
    /// another process's before, so that it never will be.
    pub async fn saved(mut self) -> bool {
        match &mut self.progress {
            // The other side is gone only with its guild.
            Some(progress) => progress
                .wait_for(|now| now.saved >= self.version)
                .await
                .is_ok(),
            None => true,
        }
    }

    /// Returns when the change is on disk, or when an attempt to save it failed.
    ///
    /// # Errors
    ///
    /// The attempt failed. The change stays in memory and is tried again by itself.
    pub async fn attempt(mut self) -> Result<(), NotSaved> {
        let Some(progress) = &mut self.progress else {
            return Ok(());
        };
        let version = self.version;
        let failed = |now: &Progress| {
            now.failed
                .as_ref()
                .is_some_and(|(failed, _)| *failed >= version)
        };
        let done = |now: &Progress| now.saved >= version || failed(now);
        let now = progress
            .wait_for(done)
            .await
            .map_err(|_| NotSaved::new("the server was removed"))?;
        match &now.failed {
            Some((_, error)) if now.saved < version => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

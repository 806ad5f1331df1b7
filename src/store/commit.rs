//! Waiting for a change to be on disk.

use std::sync::Arc;

use tokio::sync::watch;

/// The disk did not take a change. It stays in memory, and saving goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state could not be saved: {0}")]
pub struct SaveError(Arc<str>);

impl SaveError {
    pub(super) fn new(what: impl AsRef<str>) -> Self {
        Self(what.as_ref().into())
    }
}

/// What is told where the guild is another process's now.
pub(super) fn owned_elsewhere() -> SaveError {
    SaveError::new("another process has this server now")
}

/// How far a guild is saved.
#[derive(Debug, Clone, Default)]
pub(super) struct SaveProgress {
    /// The newest change that is on disk.
    pub saved_version: u64,
    /// The newest change that an attempt failed to save, with the reason.
    pub failed: Option<(u64, SaveError)>,
}

/// Tells when a change is on disk: written, fsynced, renamed, and its folder fsynced.
#[derive(Debug, Clone)]
#[must_use = "what is told to anybody waits for its commit"]
pub struct Commit {
    version: u64,
    progress: Option<watch::Receiver<SaveProgress>>,
}

impl Commit {
    pub(super) const fn new(version: u64, progress: watch::Receiver<SaveProgress>) -> Self {
        Self {
            version,
            progress: Some(progress),
        }
    }

    /// A commit for a change of a guild that is another process's.
    pub(super) fn rejected() -> Self {
        let progress = SaveProgress {
            saved_version: 0,
            failed: Some((u64::MAX, owned_elsewhere())),
        };
        // Nothing will come any more, so nobody has to keep the other end.
        Self::new(1, watch::channel(progress).1)
    }

    /// A commit for nothing.
    pub const fn done() -> Self {
        Self {
            version: 0,
            progress: None,
        }
    }

    /// Returns true when the change is on disk, however long that takes; false if the guild was forgotten or became
    /// another process's before, so that it never will be.
    pub async fn wait_durable(mut self) -> bool {
        match &mut self.progress {
            // The other side is gone only with its guild.
            Some(progress) => progress
                .wait_for(|now| now.saved_version >= self.version)
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
    pub async fn wait(mut self) -> Result<(), SaveError> {
        let Some(progress) = &mut self.progress else {
            return Ok(());
        };
        let version = self.version;
        let failed = |now: &SaveProgress| {
            now.failed
                .as_ref()
                .is_some_and(|(failed, _)| *failed >= version)
        };
        let done = |now: &SaveProgress| now.saved_version >= version || failed(now);
        let now = progress
            .wait_for(done)
            .await
            .map_err(|_| SaveError::new("the server was removed"))?;
        match &now.failed {
            Some((_, error)) if now.saved_version < version => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

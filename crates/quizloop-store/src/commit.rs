//! Waiting until a change is durable.
//!
//! Each loaded guild has a version, which counts its changes, and a channel with its
//! [`SaveProgress`]. A [`Commit`] is a version and a receiver of that channel: it completes when a
//! version at least as new was saved. For example, commits for versions 5 and 6 both complete when
//! one save wrote version 6. If that save fails, [`Commit::wait`] returns its error for both, so
//! that no caller acknowledges the change; [`Commit::wait_durable`] waits for a later attempt.

use std::sync::Arc;

use tokio::sync::watch;

use quizloop_core::server_questions::ServerQuestions;

/// An attempt to save a change failed. The change stays in memory and is retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state could not be saved: {0}")]
pub struct SaveError(Arc<str>);

impl SaveError {
    pub(super) fn new(reason: impl AsRef<str>) -> Self {
        Self(reason.as_ref().into())
    }
}

/// The error for guilds that another process owns now.
pub(super) fn owned_elsewhere() -> SaveError {
    SaveError::new("another process owns this server now")
}

/// Which versions of a guild were saved.
#[derive(Debug, Clone, Default)]
pub(super) struct SaveProgress {
    /// The newest durable version.
    pub saved_version: u64,
    /// The newest version that could not be saved, and why.
    pub failed: Option<(u64, SaveError)>,
    /// The server's own questions as they are durable. The same pointer in the guild means that they
    /// have not changed since.
    pub saved_questions: Option<Arc<ServerQuestions>>,
}

/// Completes when a change is durable. With files: written, fsynced, renamed, and the folder
/// fsynced.
#[derive(Debug, Clone)]
#[must_use = "a change must not be acknowledged before its commit"]
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

    /// A commit that always fails, for guilds that another process owns.
    pub(super) fn rejected() -> Self {
        let progress = SaveProgress {
            saved_version: 0,
            failed: Some((u64::MAX, owned_elsewhere())),
            saved_questions: None,
        };
        // The value never changes, so the sender is not needed.
        Self::new(1, watch::channel(progress).1)
    }

    /// A commit that is complete, because nothing was changed.
    pub const fn done() -> Self {
        Self {
            version: 0,
            progress: None,
        }
    }

    /// Waits until the change is durable, through failed attempts. Returns false if it never will
    /// be, because the guild was deleted or is owned by another process.
    pub async fn wait_durable(mut self) -> bool {
        match &mut self.progress {
            // The sender is dropped only with its guild.
            Some(progress) => progress
                .wait_for(|now| now.saved_version >= self.version)
                .await
                .is_ok(),
            None => true,
        }
    }

    /// Waits until the change is durable or an attempt to save it has failed.
    ///
    /// # Errors
    ///
    /// The attempt failed. The change stays in memory and is retried automatically.
    pub async fn wait(mut self) -> Result<(), SaveError> {
        let Some(progress) = &mut self.progress else {
            return Ok(());
        };
        let version = self.version;
        let has_failed = |progress: &SaveProgress| {
            let failed = progress.failed.as_ref();
            failed.is_some_and(|(failed, _)| *failed >= version)
        };
        let is_done =
            |progress: &SaveProgress| progress.saved_version >= version || has_failed(progress);
        let progress = progress
            .wait_for(is_done)
            .await
            .map_err(|_| SaveError::new("the server's data was deleted"))?;
        match &progress.failed {
            Some((_, error)) if progress.saved_version < version => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

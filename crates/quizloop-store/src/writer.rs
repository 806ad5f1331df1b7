//! The writer thread: group commit of changed guilds.
//!
//! A change only marks its guild as dirty. The writer takes all dirty guilds as one batch, saves
//! each of them once, makes the batch durable (with files by one fsync of the folder), and then
//! completes the commits. Changes that arrive meanwhile form the next batch. A slow disk therefore
//! makes batches larger, and delays only callers that wait for a commit. For example:
//!
//! 1. A reply is counted in guild G, which now has version 5. The writer takes the batch {G} and
//!    copies G.
//! 2. While the copy is being written, two more replies are counted: versions 6 and 7. G is dirty
//!    again.
//! 3. The batch is durable, and `saved_version` becomes 5. The first commit completes, so the bot
//!    reacts with ✅ to the first reply only.
//! 4. The next batch saves version 7 and completes both other commits.
//!
//! If a save fails, the commits that wait for it fail, nothing is acknowledged, and the guild is
//! retried with the next batch, at the latest after a pause that grows to [`RETRY_MAX`].

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::backend::LEASE_LOST;
use super::commit::{SaveError, SaveProgress};
use super::deleted::ChangeCopy;
use super::{Inner, SaveReport};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;
use quizloop_failpoint as failpoint;

/// Pause after the first failed save. It doubles up to [`RETRY_MAX`]; a new change ends it early.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// Maximum pause between attempts.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// The guilds to save and to delete.
#[derive(Default)]
pub(super) struct SaveQueue {
    // Never locked while writing or while locking a guild.
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    dirty: BTreeSet<GuildId>,
    /// Guilds whose last save failed. They are retried with the next batch.
    failed: BTreeSet<GuildId>,
    deletes: Vec<Deletion>,
    writing: bool,
    /// Guilds of the batch that is being written.
    saving: BTreeSet<GuildId>,
    closed: bool,
}

/// Work on data that is or was deleted.
pub(super) enum DeletionStep {
    /// Deletes a guild, of which a copy stays.
    Guild(GuildId, Timestamp),
    /// Keeps a copy of data that is about to be deleted.
    KeepCopy(Box<Guild>, Timestamp),
    /// Changes all copies of a guild.
    ChangeCopies(GuildId, Box<ChangeCopy>),
    /// Deletes the copies from until a time, and changes all others.
    ExpireCopies(Timestamp, Box<ChangeCopy>),
}

/// A queued deletion.
pub(super) struct Deletion {
    pub step: DeletionStep,
    pub done: oneshot::Sender<Result<(), SaveError>>,
}

impl SaveQueue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // Poisoning can be ignored: the lists are consistent after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mark_dirty(&self, guild: GuildId) {
        self.lock().dirty.insert(guild);
        self.changed.notify_all();
    }

    pub(super) fn delete(&self, deletion: Deletion) {
        let mut state = self.lock();
        // After the end of the writer, dropping `deletion` reports an error to the waiting caller.
        if !state.closed {
            state.deletes.push(deletion);
            self.changed.notify_all();
        }
    }

    /// Whether a guild is neither queued nor being saved.
    pub(super) fn is_clean(&self, guild: GuildId) -> bool {
        let state = self.lock();
        let mut lists = [&state.dirty, &state.failed, &state.saving].into_iter();
        lists.all(|list| !list.contains(&guild))
    }

    pub(super) fn unsaved_count(&self) -> usize {
        let state = self.lock();
        state.dirty.union(&state.failed).count()
    }

    /// Waits until the queue is empty, for at most `limit`, and ends the writer. Returns whether
    /// everything was saved.
    pub(super) fn close(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.lock();
        let mut may_retry = true;
        loop {
            // Failed saves are retried once, including saves that fail during this wait.
            if may_retry && !state.writing && !state.failed.is_empty() {
                may_retry = false;
                let failed = std::mem::take(&mut state.failed);
                state.dirty.extend(failed);
                self.changed.notify_all();
            }
            let busy = state.writing || !state.dirty.is_empty() || !state.deletes.is_empty();
            let left = end.saturating_duration_since(Instant::now());
            if !busy || left.is_zero() {
                state.closed = true;
                self.changed.notify_all();
                return !busy && state.failed.is_empty();
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn stop(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for the next batch. Returns `None` when the store is closed. With a pause, returns the
    /// failed guilds when it has passed, even if there is no new change.
    fn next_batch(&self, pause: Option<Duration>) -> Option<Batch> {
        let end = pause.map(|pause| Instant::now() + pause);
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let retry = left.is_some_and(|left| left.is_zero());
            if retry || !state.dirty.is_empty() || !state.deletes.is_empty() {
                return Some(state.take_batch());
            }
            state = match left {
                Some(left) => {
                    self.changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn finish_batch(&self, failed: impl Iterator<Item = GuildId>) {
        let mut state = self.lock();
        state.failed.extend(failed);
        state.writing = false;
        state.saving.clear();
        self.changed.notify_all();
    }
}

struct Batch {
    save: BTreeSet<GuildId>,
    deletes: Vec<Deletion>,
}

impl QueueState {
    fn take_batch(&mut self) -> Batch {
        self.writing = true;
        let mut save = std::mem::take(&mut self.dirty);
        save.append(&mut self.failed);
        self.saving.clone_from(&save);
        Batch {
            save,
            deletes: std::mem::take(&mut self.deletes),
        }
    }
}

/// The writer thread. It ends when the last clone of the store is dropped; unsaved changes are then
/// lost, so call [`super::Store::close`] first.
pub(super) struct Writer {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(inner: &Arc<Inner>) -> io::Result<Self> {
        let shared = Arc::clone(inner);
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(&shared))?;
        Ok(Self {
            inner: Arc::clone(inner),
            thread: Some(thread),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.inner.queue.stop();
        if let Some(thread) = self.thread.take() {
            // The panic hook has reported a panic of the thread already.
            let _ = thread.join();
        }
    }
}

fn run(inner: &Inner) {
    let mut pause: Option<Duration> = None;
    while let Some(batch) = inner.queue.next_batch(pause) {
        let (start, has_saves) = (Instant::now(), !batch.save.is_empty());
        let failed = inner.write(batch);
        if let Some(observer) = inner.observer.get().filter(|_| has_saves) {
            observer(&SaveReport {
                duration: start.elapsed(),
                error: failed.values().next().map(String::as_str),
            });
        }
        pause = match (failed.is_empty(), pause) {
            (true, Some(_)) => {
                tracing::info!("saving recovered");
                None
            }
            (true, None) => None,
            (false, None) => {
                let error = failed.values().next().map_or("", String::as_str);
                // The bot continues in memory and acknowledges nothing until a retry succeeds.
                tracing::error!(error, "saving failed; retrying");
                Some(RETRY_MIN)
            }
            (false, Some(previous)) => Some((previous * 2).min(RETRY_MAX)),
        };
        // Guilds that failed before were retried in this batch, so this set is complete.
        let failing: BTreeSet<_> = failed.into_keys().collect();
        inner.failing.send_if_modified(|current| {
            let is_modified = *current != failing;
            current.clone_from(&failing);
            is_modified
        });
        inner.queue.finish_batch(failing.into_iter());
    }
}

/// The attempt to save one guild of a batch.
struct SaveAttempt {
    guild: GuildId,
    version: u64,
    /// The server's own questions of that version.
    questions: Option<Arc<ServerQuestions>>,
    /// The channel of the entry that was copied. If the guild was deleted and created again
    /// meanwhile, the new entry has another channel, whose commits this save must not complete.
    progress: watch::Sender<SaveProgress>,
    result: io::Result<()>,
}

/// Returns the error if the backend can't be reached, so that the rest of the batch is skipped.
fn backend_unavailable(attempts: &[SaveAttempt]) -> Option<String> {
    let error = |attempt: &SaveAttempt| match &attempt.result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Some(error.to_string()),
        _ => None,
    };
    let errors: Option<Vec<String>> = attempts.iter().map(error).collect();
    errors?.into_iter().next()
}

impl Inner {
    /// Processes one batch. Returns the guilds that could not be saved, with the errors.
    fn write(&self, batch: Batch) -> BTreeMap<GuildId, String> {
        for Deletion { step, done } in batch.deletes {
            let deleted = match step {
                DeletionStep::Guild(guild, at) => self.backend.delete(guild, at),
                DeletionStep::KeepCopy(copy, at) => self.backend.keep_copy(&copy, at),
                DeletionStep::ChangeCopies(guild, change) => {
                    self.backend.change_copies(guild, &*change)
                }
                DeletionStep::ExpireCopies(limit, change) => {
                    self.backend.expire_copies(limit, &*change)
                }
            };
            // The caller may have stopped waiting.
            let _ = done.send(deleted.map_err(|error| SaveError::new(error.to_string())));
        }
        let guilds: Vec<_> = batch.save.into_iter().collect();
        let (mut attempts, mut failed) = (Vec::new(), BTreeMap::new());
        let mut unavailable: Option<String> = None;
        for chunk in guilds.chunks(self.backend.batch_size()) {
            let saved = unavailable
                .as_ref()
                .map_or_else(|| self.save(chunk), |reason| self.skip(chunk, reason));
            // Without a connection every chunk would run into the same timeout: fail all of them
            // now.
            unavailable = backend_unavailable(&saved);
            attempts.extend(saved);
            if self.backend.durable_per_save() {
                failed.append(&mut self.publish(&std::mem::take(&mut attempts)));
            }
        }
        if attempts.iter().any(|attempt| attempt.result.is_ok())
            && let Err(error) = self.backend.sync()
        {
            for attempt in &mut attempts {
                attempt.result = Err(io::Error::new(error.kind(), error.to_string()));
            }
        }
        failpoint::hit("store.publish");
        failed.append(&mut self.publish(&attempts));
        failpoint::hit("store.published");
        failed
    }

    fn save(&self, guilds: &[GuildId]) -> Vec<SaveAttempt> {
        // A clone is quick, so that readers and changes of these guilds don't wait for the
        // encoding.
        let copy = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let resident = entry.resident()?;
            Some((
                resident.to_save(),
                resident.version,
                resident.progress.clone(),
            ))
        };
        let mut states = Vec::new();
        let mut entries = Vec::new();
        for (state, version, progress) in guilds.iter().filter_map(copy) {
            entries.push((version, progress));
            states.push(state);
        }
        failpoint::hit("store.encode");
        let results = self.backend.save(&states, self.now());
        let entries = states.into_iter().zip(entries).zip(results);
        let attempts = entries.map(|((state, (version, progress)), result)| SaveAttempt {
            guild: state.guild.id(),
            version,
            questions: state.guild.shared_server_questions().cloned(),
            progress,
            result,
        });
        attempts.collect()
    }

    /// Fails the saves of guilds without an attempt.
    fn skip(&self, guilds: &[GuildId], reason: &str) -> Vec<SaveAttempt> {
        let attempt = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let resident = entry.resident()?;
            Some(SaveAttempt {
                guild: *guild,
                version: resident.version,
                questions: None,
                progress: resident.progress.clone(),
                result: Err(io::Error::new(io::ErrorKind::NotConnected, reason)),
            })
        };
        guilds.iter().filter_map(attempt).collect()
    }

    /// Completes or fails the commits of a batch. Returns the guilds to retry.
    fn publish(&self, attempts: &[SaveAttempt]) -> BTreeMap<GuildId, String> {
        let mut failed = BTreeMap::new();
        for SaveAttempt {
            guild,
            version,
            questions,
            progress,
            result,
        } in attempts
        {
            progress.send_modify(|progress| match result {
                Ok(()) => {
                    progress.saved_version = *version;
                    progress.failed = None;
                    progress.saved_questions.clone_from(questions);
                }
                Err(error) => progress.failed = Some((*version, SaveError::new(error.to_string()))),
            });
            // Guilds that were deleted meanwhile or belong to another process are not retried.
            if let Err(error) = result
                && error.kind() != LEASE_LOST
                && self.guilds.contains_key(guild)
            {
                failed.insert(*guild, error.to_string());
                tracing::debug!(%guild, %error, "guild could not be saved");
            }
        }
        failed
    }
}

//! The thread that saves: everything that changed while it was writing is its next round.
//!
//! It is a thread of its own, so a slow disk holds up nobody but those who wait for their own change.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::backend::LEASE_LOST;
use super::commit::{SaveError, SaveProgress};
use super::{Inner, SaveReport};
use crate::failpoint;
use crate::practice::id::GuildId;

/// The first pause after a failed save; it doubles up to [`RETRY_MAX`]. A new change is tried at once.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest pause between attempts.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What is to be saved.
#[derive(Default)]
pub(super) struct SaveQueue {
    // Guards the lists of what is to be done; locked for moments only, never while writing.
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    dirty: BTreeSet<GuildId>,
    /// Guilds whose last save failed; they wait for the pause to pass.
    failed: BTreeSet<GuildId>,
    deletes: Vec<(GuildId, oneshot::Sender<Result<(), SaveError>>)>,
    writing: bool,
    /// What is being written.
    saving: BTreeSet<GuildId>,
    closed: bool,
}

impl SaveQueue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // The lists are whole after every statement, so a panic elsewhere does not spoil them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mark_dirty(&self, guild: GuildId) {
        self.lock().dirty.insert(guild);
        self.changed.notify_all();
    }

    pub(super) fn delete(&self, guild: GuildId, done: oneshot::Sender<Result<(), SaveError>>) {
        let mut work = self.lock();
        // When nobody works any more whoever waits must hear of it: their end goes with `done`.
        if !work.closed {
            work.deletes.push((guild, done));
            self.changed.notify_all();
        }
    }

    /// Whether nothing of a guild is being saved, or is to be.
    pub(super) fn is_clean(&self, guild: GuildId) -> bool {
        let work = self.lock();
        let mut lists = [&work.dirty, &work.failed, &work.saving].into_iter();
        lists.all(|list| !list.contains(&guild))
    }

    pub(super) fn unsaved_count(&self) -> usize {
        let work = self.lock();
        work.dirty.union(&work.failed).count()
    }

    pub(super) fn close(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut work = self.lock();
        let mut last_chance = true;
        loop {
            // What failed gets a last chance, also what fails while we wait here.
            if last_chance && !work.writing && !work.failed.is_empty() {
                last_chance = false;
                let failed = std::mem::take(&mut work.failed);
                work.dirty.extend(failed);
                self.changed.notify_all();
            }
            let busy = work.writing || !work.dirty.is_empty() || !work.deletes.is_empty();
            let left = end.saturating_duration_since(Instant::now());
            if !busy || left.is_zero() {
                work.closed = true;
                self.changed.notify_all();
                return !busy && work.failed.is_empty();
            }
            work = self
                .changed
                .wait_timeout(work, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn stop(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for something to do; `None` when the store is closed. After a failure what failed is due
    /// again when the pause has passed.
    fn next_batch(&self, pause: Option<Duration>) -> Option<Batch> {
        let end = pause.map(|pause| Instant::now() + pause);
        let mut work = self.lock();
        loop {
            if work.closed {
                return None;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let again = left.is_some_and(|left| left.is_zero());
            if again || !work.dirty.is_empty() || !work.deletes.is_empty() {
                return Some(work.take_batch());
            }
            work = match left {
                Some(left) => {
                    self.changed
                        .wait_timeout(work, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(work)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn finish_batch(&self, failed: impl Iterator<Item = GuildId>) {
        let mut work = self.lock();
        work.failed.extend(failed);
        work.writing = false;
        work.saving.clear();
        self.changed.notify_all();
    }
}

struct Batch {
    save: BTreeSet<GuildId>,
    deletes: Vec<(GuildId, oneshot::Sender<Result<(), SaveError>>)>,
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

/// The thread; it ends with the last store that uses it. What is not saved then is lost: whoever wants
/// it saved closes the store first.
pub(super) struct Writer {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(inner: &Arc<Inner>) -> io::Result<Self> {
        let works = Arc::clone(inner);
        let thread = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(&works))?;
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
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}

fn run(inner: &Inner) {
    let mut pause: Option<Duration> = None;
    while let Some(batch) = inner.queue.next_batch(pause) {
        let (start, saves) = (Instant::now(), !batch.save.is_empty());
        let failed = inner.write(batch);
        if let Some(observer) = inner.observer.get().filter(|_| saves) {
            observer(&SaveReport {
                duration: start.elapsed(),
                error: failed.values().next().map(String::as_str),
            });
        }
        pause = match (failed.is_empty(), pause) {
            (true, Some(_)) => {
                tracing::info!("the disk takes the state again; everything is saved");
                None
            }
            (true, None) => None,
            (false, None) => {
                let error = failed.values().next().map_or("", String::as_str);
                tracing::error!(
                    error,
                    "the state can't be saved; the bot goes on in memory, acknowledges nothing, and tries again"
                );
                Some(RETRY_MIN)
            }
            (false, Some(before)) => Some((before * 2).min(RETRY_MAX)),
        };
        // What failed before was in this round again, so this is all that fails.
        let failing: BTreeSet<_> = failed.into_keys().collect();
        inner.failing.send_if_modified(|known| {
            let is_news = *known != failing;
            known.clone_from(&failing);
            is_news
        });
        inner.queue.finish_batch(failing.into_iter());
    }
}

/// A guild in a round of saving.
struct SaveAttempt {
    guild: GuildId,
    version: u64,
    /// That of the entry which was saved: after a removal there may be another under the same id.
    progress: watch::Sender<SaveProgress>,
    result: io::Result<()>,
}

/// Why nothing can be saved now, if that is so: then the rest of the round need not be tried.
fn backend_unavailable(saving: &[SaveAttempt]) -> Option<String> {
    let error = |one: &SaveAttempt| match &one.result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Some(error.to_string()),
        _ => None,
    };
    let errors: Option<Vec<String>> = saving.iter().map(error).collect();
    errors?.into_iter().next()
}

impl Inner {
    /// Deletes what is to be forgotten, saves what changed, and gives what could not be saved.
    fn write(&self, batch: Batch) -> BTreeMap<GuildId, String> {
        for (guild, done) in batch.deletes {
            let deleted = self
                .backend
                .as_dyn()
                .delete(guild)
                .map_err(|error| SaveError::new(error.to_string()));
            // Nobody may be waiting any more.
            let _ = done.send(deleted);
        }
        let guilds: Vec<_> = batch.save.into_iter().collect();
        let (mut saving, mut failed) = (Vec::new(), BTreeMap::new());
        let mut unavailable: Option<String> = None;
        for some in guilds.chunks(self.backend.as_dyn().batch_size()) {
            let done = unavailable
                .as_ref()
                .map_or_else(|| self.save(some), |why| self.skip(some, why));
            // Everybody is told at once, not one after the other.
            unavailable = backend_unavailable(&done);
            saving.extend(done);
            if self.backend.as_dyn().durable_per_save() {
                failed.append(&mut self.publish(&std::mem::take(&mut saving)));
            }
        }
        if saving.iter().any(|saving| saving.result.is_ok())
            && let Err(error) = self.backend.as_dyn().sync()
        {
            for saving in &mut saving {
                saving.result = Err(io::Error::new(error.kind(), error.to_string()));
            }
        }
        failpoint::hit("store.publish");
        failed.append(&mut self.publish(&saving));
        failpoint::hit("store.published");
        failed
    }

    fn save(&self, guilds: &[GuildId]) -> Vec<SaveAttempt> {
        // Clones are quick; members who read these guilds don't wait for the encoding.
        let copy = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let resident = entry.resident()?;
            Some((
                resident.guild.clone(),
                resident.version,
                resident.progress.clone(),
            ))
        };
        let mut states = Vec::new();
        let mut entries = Vec::new();
        for (state, version, progress) in guilds.iter().filter_map(copy) {
            entries.push((state.id(), version, progress));
            states.push(state);
        }
        failpoint::hit("store.encode");
        let results = self.backend.as_dyn().save(&states, self.now());
        let entries = entries.into_iter().zip(results);
        let saving = entries.map(|((guild, version, progress), result)| SaveAttempt {
            guild,
            version,
            progress,
            result,
        });
        saving.collect()
    }

    /// Guilds that are not tried in this round.
    fn skip(&self, guilds: &[GuildId], why: &str) -> Vec<SaveAttempt> {
        let entry = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let resident = entry.resident()?;
            Some(SaveAttempt {
                guild: *guild,
                version: resident.version,
                progress: resident.progress.clone(),
                result: Err(io::Error::new(io::ErrorKind::NotConnected, why)),
            })
        };
        guilds.iter().filter_map(entry).collect()
    }

    fn publish(&self, saving: &[SaveAttempt]) -> BTreeMap<GuildId, String> {
        let mut failed = BTreeMap::new();
        for SaveAttempt {
            guild,
            version,
            progress,
            result,
        } in saving
        {
            progress.send_modify(|progress| match result {
                Ok(()) => {
                    progress.saved_version = *version;
                    progress.failed = None;
                }
                Err(error) => progress.failed = Some((*version, SaveError::new(error.to_string()))),
            });
            // Who was removed meanwhile, or is another process's, is not tried again.
            if let Err(error) = result
                && error.kind() != LEASE_LOST
                && self.guilds.contains_key(guild)
            {
                failed.insert(*guild, error.to_string());
                tracing::debug!(%guild, %error, "a snapshot could not be saved");
            }
        }
        failed
    }
}

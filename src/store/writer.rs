//! The thread that saves: everything that changed while it was writing is its next round.
//!
//! It is a thread of its own, so a slow disk holds up nobody but those who wait for their own change.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::keep::TAKEN_OVER;
use super::ticket::{NotSaved, Progress};
use super::{Inner, SavingDone};
use crate::failpoint;
use crate::practice::id::GuildId;

/// The first pause after a failed save; it doubles up to [`RETRY_MAX`]. A new change is tried at once.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// The longest pause between attempts.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What is to be saved.
#[derive(Default)]
pub(super) struct Queue {
    // Guards the lists of what is to be done; locked for moments only, never while writing.
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Default)]
struct Work {
    dirty: BTreeSet<GuildId>,
    /// Guilds whose last save failed; they wait for the pause to pass.
    failed: BTreeSet<GuildId>,
    forget: Vec<(GuildId, oneshot::Sender<Result<(), NotSaved>>)>,
    writing: bool,
    /// What is being written.
    saving: BTreeSet<GuildId>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Work> {
        // The lists are whole after every statement, so a panic elsewhere does not spoil them.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn dirty(&self, guild: GuildId) {
        self.lock().dirty.insert(guild);
        self.changed.notify_all();
    }

    pub(super) fn forget(&self, guild: GuildId, done: oneshot::Sender<Result<(), NotSaved>>) {
        let mut work = self.lock();
        // When nobody works any more whoever waits must hear of it: their end goes with `done`.
        if !work.closed {
            work.forget.push((guild, done));
            self.changed.notify_all();
        }
    }

    /// Whether nothing of a guild is being saved, or is to be.
    pub(super) fn is_free_of(&self, guild: GuildId) -> bool {
        let work = self.lock();
        let mut lists = [&work.dirty, &work.failed, &work.saving].into_iter();
        lists.all(|list| !list.contains(&guild))
    }

    pub(super) fn waiting(&self) -> usize {
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
            let busy = work.writing || !work.dirty.is_empty() || !work.forget.is_empty();
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
    fn next(&self, pause: Option<Duration>) -> Option<Batch> {
        let end = pause.map(|pause| Instant::now() + pause);
        let mut work = self.lock();
        loop {
            if work.closed {
                return None;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let again = left.is_some_and(|left| left.is_zero());
            if again || !work.dirty.is_empty() || !work.forget.is_empty() {
                return Some(work.take());
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

    fn done(&self, failed: impl Iterator<Item = GuildId>) {
        let mut work = self.lock();
        work.failed.extend(failed);
        work.writing = false;
        work.saving.clear();
        self.changed.notify_all();
    }
}

struct Batch {
    save: BTreeSet<GuildId>,
    forget: Vec<(GuildId, oneshot::Sender<Result<(), NotSaved>>)>,
}

impl Work {
    fn take(&mut self) -> Batch {
        self.writing = true;
        let mut save = std::mem::take(&mut self.dirty);
        save.append(&mut self.failed);
        self.saving.clone_from(&save);
        Batch {
            save,
            forget: std::mem::take(&mut self.forget),
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
    while let Some(batch) = inner.queue.next(pause) {
        let (start, saves) = (Instant::now(), !batch.save.is_empty());
        let failed = inner.write(batch);
        if let Some(observer) = inner.observer.get().filter(|_| saves) {
            observer(&SavingDone {
                took: start.elapsed(),
                failed: failed.values().next().map(String::as_str),
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
                Some(RETRY_FIRST)
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
        inner.queue.done(failing.into_iter());
    }
}

/// A guild in a round of saving.
struct Saving {
    guild: GuildId,
    version: u64,
    /// That of the entry which was saved: after a removal there may be another under the same id.
    progress: watch::Sender<Progress>,
    result: io::Result<()>,
}

/// Why nothing can be saved now, if that is so: then the rest of the round need not be tried.
fn is_away(saving: &[Saving]) -> Option<String> {
    let error = |one: &Saving| match &one.result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Some(error.to_string()),
        _ => None,
    };
    let errors: Option<Vec<String>> = saving.iter().map(error).collect();
    errors?.into_iter().next()
}

impl Inner {
    /// Deletes what is to be forgotten, saves what changed, and gives what could not be saved.
    fn write(&self, batch: Batch) -> BTreeMap<GuildId, String> {
        for (guild, done) in batch.forget {
            let deleted = self
                .keeper
                .keep()
                .delete(guild)
                .map_err(|error| NotSaved::new(error.to_string()));
            // Nobody may be waiting any more.
            let _ = done.send(deleted);
        }
        let guilds: Vec<_> = batch.save.into_iter().collect();
        let (mut saving, mut failed) = (Vec::new(), BTreeMap::new());
        let mut away: Option<String> = None;
        for some in guilds.chunks(self.keeper.keep().at_once()) {
            let done = away
                .as_ref()
                .map_or_else(|| self.save(some), |why| self.left_out(some, why));
            // Everybody is told at once, not one after the other.
            away = is_away(&done);
            saving.extend(done);
            if self.keeper.keep().settles_each() {
                failed.append(&mut self.publish(&std::mem::take(&mut saving)));
            }
        }
        if saving.iter().any(|saving| saving.result.is_ok())
            && let Err(error) = self.keeper.keep().settle()
        {
            for saving in &mut saving {
                saving.result = Err(io::Error::new(error.kind(), error.to_string()));
            }
        }
        failpoint::pass("store.publish");
        failed.append(&mut self.publish(&saving));
        failpoint::pass("store.published");
        failed
    }

    fn save(&self, guilds: &[GuildId]) -> Vec<Saving> {
        // Clones are quick; members who read these guilds don't wait for the encoding.
        let copy = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let here = entry.here()?;
            Some((here.guild.clone(), here.version, here.progress.clone()))
        };
        let mut states = Vec::new();
        let mut entries = Vec::new();
        for (state, version, progress) in guilds.iter().filter_map(copy) {
            entries.push((state.id(), version, progress));
            states.push(state);
        }
        failpoint::pass("store.encode");
        let results = self.keeper.keep().save(&states, self.now());
        let entries = entries.into_iter().zip(results);
        let saving = entries.map(|((guild, version, progress), result)| Saving {
            guild,
            version,
            progress,
            result,
        });
        saving.collect()
    }

    /// Guilds that are not tried in this round.
    fn left_out(&self, guilds: &[GuildId], why: &str) -> Vec<Saving> {
        let entry = |guild: &GuildId| {
            let entry = self.guilds.get(guild)?;
            let here = entry.here()?;
            Some(Saving {
                guild: *guild,
                version: here.version,
                progress: here.progress.clone(),
                result: Err(io::Error::new(io::ErrorKind::NotConnected, why)),
            })
        };
        guilds.iter().filter_map(entry).collect()
    }

    fn publish(&self, saving: &[Saving]) -> BTreeMap<GuildId, String> {
        let mut failed = BTreeMap::new();
        for Saving {
            guild,
            version,
            progress,
            result,
        } in saving
        {
            progress.send_modify(|progress| match result {
                Ok(()) => {
                    progress.saved = *version;
                    progress.failed = None;
                }
                Err(error) => progress.failed = Some((*version, NotSaved::new(error.to_string()))),
            });
            // Who was removed meanwhile, or is another process's, is not tried again.
            if let Err(error) = result
                && error.kind() != TAKEN_OVER
                && self.guilds.contains_key(guild)
            {
                failed.insert(*guild, error.to_string());
                tracing::debug!(%guild, %error, "a snapshot could not be saved");
            }
        }
        failed
    }
}

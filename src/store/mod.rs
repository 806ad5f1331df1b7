//! Guilds in memory and on disk: one snapshot file a guild, group commit, the last good generation kept.
//!
//! A change is in memory at once and on disk when its [`Ticket`] says so; what anybody is told waits for
//! that. The store takes changes of one guild at a time and knows nothing of Discord. No lock is held
//! longer than a closure that can't await.

pub mod database;
pub mod disk;
#[cfg(debug_assertions)]
pub mod faulty;
mod files;
pub mod inspect;
mod keep;
mod notes;
mod open;
pub mod restore;
mod snapshot;
#[cfg(test)]
mod tests;
mod ticket;
#[cfg(any(test, fuzzing))]
pub mod trials;
pub mod verify;
mod writer;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use tokio::sync::{oneshot, watch};

pub use open::{BadSnapshot, OpenError};
pub use snapshot::Broken;
pub use ticket::{NotSaved, Ticket};

use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use database::{Database, NoDatabase};
use disk::{Disk, RealDisk};
use files::Files;
use keep::Keep;
use ticket::Progress;
use writer::Queue;

/// A guild with the number of its newest change.
#[derive(Debug)]
struct Entry {
    guild: Guild,
    version: u64,
    progress: watch::Sender<Progress>,
}

impl Entry {
    fn new(guild: Guild) -> Self {
        Self {
            guild,
            version: 0,
            progress: watch::channel(Progress::default()).0,
        }
    }

    fn ticket(&self) -> Ticket {
        Ticket::new(self.version, self.progress.subscribe())
    }
}

/// What is told about a round of saving.
#[derive(Debug)]
pub struct SavingDone<'a> {
    /// How long it took, the fsyncs included.
    pub took: Duration,
    /// Why something could not be saved, if so.
    pub failed: Option<&'a str>,
}

/// Hears of every round of saving, on the store's own thread: it must not wait for anything.
pub type Observer = Box<dyn Fn(&SavingDone<'_>) + Send + Sync>;

struct Inner {
    keeper: Box<dyn Keep>,
    guilds: DashMap<GuildId, Entry>,
    queue: Queue,
    /// The guilds whose last save failed.
    failing: watch::Sender<BTreeSet<GuildId>>,
    observer: OnceLock<Observer>,
}

/// All guilds. Clones share them.
#[derive(Clone)]
pub struct Store {
    // Before `inner`: the thread must have ended when the last clone lets go of the lock.
    _writer: Arc<writer::Writer>,
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the state folder, makes it if it is missing, and reads all guilds.
    ///
    /// # Errors
    ///
    /// Another process has it, the folder can't be used, or a snapshot can't be read. Nothing on disk
    /// is changed then.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_on(dir, Arc::new(RealDisk))
    }

    /// Opens the state folder on another kind of disk, for tests of what disks do.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_on(dir: &Path, disk: Arc<dyn Disk>) -> Result<Self, OpenError> {
        let opened = open::open(dir, disk.as_ref())?;
        let files = Files::new(dir, disk, opened.lock);
        Self::with(Box::new(files), opened.guilds).map_err(|error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        })
    }

    /// Opens a database. Waits as long as another process has its guilds.
    ///
    /// # Errors
    ///
    /// The database can't be used, or what is in it can't be read.
    pub fn open_database(url: &str) -> Result<Self, NoDatabase> {
        let (database, guilds) = Database::open(url)?;
        Ok(Self::with(Box::new(database), guilds)?)
    }

    fn with(keeper: Box<dyn Keep>, kept: Vec<Guild>) -> io::Result<Self> {
        let guilds = DashMap::new();
        for guild in kept {
            guilds.insert(guild.id(), Entry::new(guild));
        }
        let inner = Arc::new(Inner {
            keeper,
            guilds,
            queue: Queue::default(),
            failing: watch::channel(BTreeSet::new()).0,
            observer: OnceLock::new(),
        });
        Ok(Self {
            _writer: Arc::new(writer::Writer::start(&inner)?),
            inner,
        })
    }

    /// From now on `observer` hears of every round of saving. There is one; a second is not taken.
    pub fn observe(&self, observer: Observer) {
        let _ = self.inner.observer.set(observer);
    }

    /// How many guilds have changes that are not on disk yet, those that are being written left out.
    pub fn waiting(&self) -> usize {
        self.inner.queue.waiting()
    }

    /// The guilds there are.
    pub fn guilds(&self) -> Vec<GuildId> {
        self.inner.guilds.iter().map(|entry| *entry.key()).collect()
    }

    /// Looks at a guild.
    pub fn read<R>(&self, guild: GuildId, look: impl FnOnce(&Guild) -> R) -> Option<R> {
        self.inner
            .guilds
            .get(&guild)
            .map(|entry| look(&entry.guild))
    }

    /// Changes a guild, which is made if it is missing: for what members and operators ask for. The change is in
    /// memory at once; the ticket tells when it is on disk.
    pub fn change<R>(&self, guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Ticket) {
        let fresh = || Entry::new(Guild::new(guild));
        let entry = self.inner.guilds.entry(guild).or_insert_with(fresh);
        self.changed(guild, entry, change)
    }

    /// Changes a guild that is kept. `None`: it is not, or not any more, and does not come back by this: whoever
    /// still works for a guild that the bot has left must not bring its data back.
    pub fn change_kept<R>(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> Option<(R, Ticket)> {
        let entry = self.inner.guilds.get_mut(&guild)?;
        Some(self.changed(guild, entry, change))
    }

    fn changed<R>(
        &self,
        guild: GuildId,
        mut entry: RefMut<'_, GuildId, Entry>,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> (R, Ticket) {
        let result = change(&mut entry.guild);
        entry.version += 1;
        let ticket = entry.ticket();
        // The queue must not be locked under the guild's lock.
        drop(entry);
        self.inner.queue.dirty(guild);
        (result, ticket)
    }

    /// A ticket for all that was changed in a guild so far; it is saved at once if nothing is open.
    pub fn settled(&self, guild: GuildId) -> Ticket {
        let entry = self.inner.guilds.get(&guild);
        entry.map_or_else(Ticket::done, |entry| entry.ticket())
    }

    /// The guilds whose last save failed; saving them is tried again by itself. None: all is well.
    pub fn failing(&self) -> watch::Receiver<BTreeSet<GuildId>> {
        self.inner.failing.subscribe()
    }

    /// Deletes a guild from memory and disk.
    ///
    /// # Errors
    ///
    /// The disk does not delete it. It is gone from memory all the same.
    pub async fn forget(&self, guild: GuildId) -> Result<(), NotSaved> {
        self.inner.guilds.remove(&guild);
        let (done, wait) = oneshot::channel();
        self.inner.queue.forget(guild, done);
        wait.await
            .unwrap_or_else(|_| Err(NotSaved::new("the store is closed")))
    }

    /// Saves what is not saved yet and stops saving; later changes stay in memory. Blocks, for at most
    /// `limit`. Returns whether everything is on disk.
    pub fn close(&self, limit: Duration) -> bool {
        let saved = self.inner.queue.close(limit);
        self.inner.keeper.close();
        saved
    }

    /// Whether nobody else can have taken these guilds over by now. Whoever sends something that must come once asks
    /// just before.
    pub fn holds(&self) -> bool {
        self.inner.keeper.holds()
    }

    /// Returns, with a sentence, when another process has taken these guilds over. With files nobody can.
    pub async fn lost(&self) -> String {
        if let Some(mut lost) = self.inner.keeper.lost()
            && let Ok(why) = lost.wait_for(Option::is_some).await
            && let Some(why) = why.as_ref()
        {
            return why.clone();
        }
        std::future::pending().await
    }

    /// A small note that is kept beside the guilds.
    pub fn note(&self, name: &str) -> Option<String> {
        self.inner.keeper.note(name)
    }

    /// Keeps a note. A note that can't be written is forgotten: notes only spare work.
    pub fn put_note(&self, name: &str, text: &str) {
        if let Err(error) = self.inner.keeper.put_note(name, text) {
            tracing::warn!(%error, name, "a note could not be written");
        }
    }
}

//! Guilds in memory and on disk: one snapshot file a guild, group commit, the last good generation kept.
//!
//! A change is in memory at once and on disk when its [`Ticket`] says so; what anybody is told waits for
//! that. The store takes changes of one guild at a time and knows nothing of Discord. No lock is held
//! longer than a closure that can't await.

mod application;
pub mod database;
pub mod disk;
mod entry;
#[cfg(debug_assertions)]
pub mod faulty;
mod files;
mod idle;
pub mod inspect;
mod keep;
mod notes;
mod open;
mod pack;
pub mod restore;
mod shards;
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
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

pub use application::{Adoption, ClaimError};
pub use entry::Pin;
pub use idle::{Known, NotFetched};
pub use open::{BadSnapshot, OpenError};
pub use shards::Share;
pub use snapshot::Broken;
pub use ticket::{NotSaved, Ticket};

use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use database::{Database, NoDatabase};
use disk::{Disk, RealDisk};
use entry::Entry;
use files::Files;
use keep::Keep;
use shards::{Part, Turns};
use writer::Queue;

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

/// Tells the time.
type Telling = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a shard's last saves may take before it is given away without them.
const LEAVE_LIMIT: Duration = Duration::from_secs(4);

/// What keeps the guilds beyond the life of the process.
enum Keeper {
    Files(Files),
    Database(Arc<Database>),
}

impl Keeper {
    fn keep(&self) -> &dyn Keep {
        match self {
            Self::Files(files) => files,
            Self::Database(database) => database.as_ref(),
        }
    }
}

struct Inner {
    keeper: Keeper,
    // Guards which guilds are here; held for a change, so that none is made of a guild that has just gone. Taken before
    // a guild's own lock.
    part: RwLock<Part>,
    turns: Turns,
    guilds: DashMap<GuildId, Entry>,
    /// Counts how often a guild was let go.
    stamps: AtomicU64,
    clock: OnceLock<Telling>,
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
        Self::with(Keeper::Files(files), Part::Whole, opened.guilds).map_err(|error| {
            OpenError::Folder {
                dir: dir.to_owned(),
                error,
            }
        })
    }

    /// Connects to a database. There are no guilds until this process has joined the others and has a share.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, NoDatabase> {
        let database = Arc::new(Database::connect(url)?);
        let part = Part::Shards {
            total: 1,
            held: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        };
        Ok(Self::with(Keeper::Database(database), part, Vec::new())?)
    }

    /// Opens a database with all guilds, undivided. Waits as long as another process has them.
    ///
    /// # Errors
    ///
    /// The database can't be used, the processes that use it have divided the guilds, or what is in it can't be read.
    pub fn open_database(url: &str) -> Result<Self, NoDatabase> {
        const ASK_EVERY: Duration = Duration::from_secs(1);
        let store = Self::connect(url)?;
        let Some(database) = store.inner.database().cloned() else {
            unreachable!("it was connected to one")
        };
        database.wait_for(database.join(ShardRange::all(1), false))?;
        loop {
            let seen = database.wait_for(database.look())?;
            if store.inner.take(1, seen).held.contains(&0) {
                store.inner.fetch_all()?;
                return Ok(store);
            }
            std::thread::sleep(ASK_EVERY);
        }
    }

    fn with(keeper: Keeper, part: Part, kept: Vec<Guild>) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            keeper,
            part: RwLock::new(part),
            turns: Turns::default(),
            guilds: DashMap::new(),
            stamps: AtomicU64::new(0),
            clock: OnceLock::new(),
            queue: Queue::default(),
            failing: watch::channel(BTreeSet::new()).0,
            observer: OnceLock::new(),
        });
        inner.put(kept);
        Ok(Self {
            _writer: Arc::new(writer::Writer::start(&inner)?),
            inner,
        })
    }

    /// Claims this state for an application. The first one that claims it owns it from then on.
    ///
    /// # Errors
    ///
    /// The state belongs to another application, or the owner can't be read or stored.
    pub async fn claim(&self, application: u64) -> Result<(), ClaimError> {
        let owner = match &self.inner.keeper {
            Keeper::Files(files) => files.bind_application(application)?,
            Keeper::Database(database) => {
                let bound = database.bind_application(application).await;
                bound.map_err(io::Error::other)?
            }
        };
        if owner == application {
            return Ok(());
        }
        Err(ClaimError::OtherApplication { owner, application })
    }

    /// The application that this state belongs to, if any.
    ///
    /// # Errors
    ///
    /// The owner can't be read.
    pub fn application(&self) -> io::Result<Option<u64>> {
        match &self.inner.keeper {
            Keeper::Files(files) => files.application(),
            Keeper::Database(database) => database
                .wait_for(database.application())
                .map_err(io::Error::other),
        }
    }

    /// Says which shards this process may have. With files it has them from now on. With a database it joins the processes
    /// that share it; where those have divided the guilds in another way already, theirs holds if `may_differ`.
    ///
    /// # Errors
    ///
    /// The others have divided the guilds in another way, or the database can't be used.
    pub async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, NoDatabase> {
        if let Some(database) = self.inner.database() {
            return database.join(wanted, may_differ).await;
        }
        *self.inner.part_mut() = Part::Shards {
            total: wanted.total,
            held: wanted.ids().collect(),
            unreadable: BTreeSet::new(),
        };
        // The others stay where they are, and are another process's.
        self.inner.guilds.retain(|guild, _| wanted.contains(*guild));
        Ok(wanted)
    }

    /// Looks which shards are this process's now. With a database it takes those that nobody has and lets go of those that
    /// another process has taken over.
    ///
    /// # Errors
    ///
    /// The database can't be asked, or the guilds were divided anew.
    pub async fn look(&self) -> Result<Share, NoDatabase> {
        let Some(database) = self.inner.database() else {
            return Ok(Share {
                held: self.inner.part().held(),
                leave: Vec::new(),
            });
        };
        let total = database.total();
        let seen = database.look().await?;
        Ok(self.inner.take(total, seen))
    }

    /// Saves what is not saved of a shard and gives it to whoever takes it. Nothing is changed in it any more.
    pub async fn leave(&self, shard: u32) {
        let Some(database) = self.inner.database() else {
            return;
        };
        let total = database.total();
        if let Part::Shards { held, .. } = &mut *self.inner.part_mut() {
            held.remove(&shard);
        }
        let waiting = self.inner.of_shard(shard, total);
        let waiting = waiting
            .into_iter()
            .filter_map(|guild| Some(self.inner.guilds.get(&guild)?.here()?.ticket().saved()));
        let saved = futures::future::join_all(waiting);
        if tokio::time::timeout(LEAVE_LIMIT, saved).await.is_err() {
            tracing::warn!(
                shard,
                "not everything of a shard could be saved before it was given away"
            );
        }
        self.inner.evict(shard, total);
        database.leave(shard).await;
    }

    /// Waits for the next turn at beginning a session in a slot, of which Discord grants `max_concurrency`.
    pub async fn turn(&self, slot: u32) {
        const ASK_AGAIN: Duration = Duration::from_secs(1);
        loop {
            let pause = match self.inner.database() {
                Some(database) => database.turn(slot).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the database can't be asked whose turn it is");
                    Some(ASK_AGAIN)
                }),
                None => self.inner.turns.ask(slot, Instant::now()),
            };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return,
            }
        }
    }

    /// Whether a guild is this process's.
    pub fn has(&self, guild: GuildId) -> bool {
        self.inner.part().has(guild)
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

    /// Looks at a guild that was fetched.
    pub fn read<R>(&self, guild: GuildId, look: impl FnOnce(&Guild) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        let here = entry.here().or_else(|| not_fetched(guild))?;
        Some(look(&here.guild))
    }

    /// Changes a guild that was fetched, which is made if nothing is kept of it: for what members and operators ask for.
    /// The change is in memory at once; the ticket tells when it is on disk.
    pub fn change<R>(&self, guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Ticket) {
        let part = self.inner.part();
        if !part.has(guild) {
            return refused(guild, change);
        }
        let fresh = || Entry::new(Guild::new(guild));
        let entry = self.inner.guilds.entry(guild).or_insert_with(fresh);
        self.changed(guild, entry, change)
    }

    /// Changes a guild that is kept and was fetched. `None`: it is not, or not any more, and does not come back by this: whoever
    /// still works for a guild that the bot has left must not bring its data back.
    pub fn change_kept<R>(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> Option<(R, Ticket)> {
        let part = self.inner.part();
        if !part.has(guild) {
            return Some(refused(guild, change));
        }
        let entry = self.inner.guilds.get_mut(&guild)?;
        Some(self.changed(guild, entry, change))
    }

    fn changed<R>(
        &self,
        guild: GuildId,
        mut entry: RefMut<'_, GuildId, Entry>,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> (R, Ticket) {
        let Some(here) = entry.here_mut().or_else(|| not_fetched(guild)) else {
            return refused(guild, change);
        };
        let result = change(&mut here.guild);
        here.version += 1;
        here.touch();
        let ticket = here.ticket();
        // Nobody else has to wait for the queue.
        drop(entry);
        self.inner.queue.dirty(guild);
        (result, ticket)
    }

    /// A ticket for all that was changed in a guild so far; it is saved at once if nothing is open.
    pub fn settled(&self, guild: GuildId) -> Ticket {
        let part = self.inner.part();
        if !part.has(guild) {
            return Ticket::refused();
        }
        let entry = self.inner.guilds.get(&guild);
        // What was let go is saved.
        let here = entry.as_ref().and_then(|entry| entry.here());
        here.map_or_else(Ticket::done, entry::Here::ticket)
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
        if !self.has(guild) {
            return Err(ticket::moved());
        }
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
        self.inner.keeper.keep().close();
        saved
    }

    /// Whether nobody else can have taken a guild over by now. Whoever sends something that must come once asks just
    /// before.
    pub fn holds(&self, guild: GuildId) -> bool {
        self.has(guild) && self.inner.keeper.keep().holds(guild)
    }

    /// A small note that is kept beside the guilds.
    pub fn note(&self, name: &str) -> Option<String> {
        self.inner.keeper.keep().note(name)
    }

    /// Keeps a note. A note that can't be written is forgotten: notes only spare work.
    pub fn put_note(&self, name: &str, text: &str) {
        if let Err(error) = self.inner.keeper.keep().put_note(name, text) {
            tracing::warn!(%error, name, "a note could not be written");
        }
    }
}

/// A change of a guild that is another process's: made of nothing, kept nowhere, told to nobody.
fn refused<R>(guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Ticket) {
    (change(&mut Guild::new(guild)), Ticket::refused())
}

/// Whoever works for a guild fetches it first. Who did not is told nothing of it and changes nothing, because a guild that is
/// made anew would take the place of the one that was let go.
fn not_fetched<T>(guild: GuildId) -> Option<T> {
    tracing::error!(%guild, "a server was asked for that was let go and not fetched");
    debug_assert!(false, "server {guild} was not fetched");
    None
}

impl Inner {
    fn part(&self) -> RwLockReadGuard<'_, Part> {
        // Whole after every statement.
        self.part.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn part_mut(&self) -> RwLockWriteGuard<'_, Part> {
        self.part.write().unwrap_or_else(PoisonError::into_inner)
    }

    const fn database(&self) -> Option<&Arc<Database>> {
        match &self.keeper {
            Keeper::Files(_) => None,
            Keeper::Database(database) => Some(database),
        }
    }

    fn put(&self, guilds: Vec<Guild>) {
        for guild in guilds {
            self.guilds.insert(guild.id(), Entry::new(guild));
        }
    }

    /// What a look at the database brought.
    fn take(&self, total: u32, seen: database::Seen) -> Share {
        for shard in &seen.lost {
            self.evict(*shard, total);
        }
        let mut part = self.part_mut();
        let (mut now, mut bad) = match std::mem::take(&mut *part) {
            Part::Whole => (BTreeSet::new(), BTreeSet::new()),
            Part::Shards {
                held, unreadable, ..
            } => (held, unreadable),
        };
        now.retain(|shard| !seen.lost.contains(shard));
        bad.retain(|guild| now.contains(&guild.shard(total)));
        now.extend(seen.taken);
        self.put_away(seen.guilds);
        let held = now.clone();
        *part = Part::Shards {
            total,
            held: now,
            unreadable: bad,
        };
        Share {
            held,
            leave: seen.leave,
        }
    }

    fn of_shard(&self, shard: u32, total: u32) -> Vec<GuildId> {
        let all = self.guilds.iter().map(|entry| *entry.key());
        all.filter(|guild| guild.shard(total) == shard).collect()
    }

    /// Lets go of a shard's guilds. Whoever waits for a save of them is told that there will be none.
    fn evict(&self, shard: u32, total: u32) {
        if let Part::Shards { held, .. } = &mut *self.part_mut() {
            held.remove(&shard);
        }
        for guild in self.of_shard(shard, total) {
            if let Some((_, Entry::Here(here))) = self.guilds.remove(&guild) {
                let failed = Some((u64::MAX, ticket::moved()));
                here.progress
                    .send_modify(|progress| progress.failed = failed);
            }
        }
    }
}

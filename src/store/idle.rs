//! Letting guilds go that nobody wants, and fetching them again.
//!
//! With files a guild that rests is kept in memory, made small: what is acknowledged must not depend on a file that
//! somebody may touch. With a database only its outline stays, and it is read again when somebody wants it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::mapref::entry::Entry as Slot;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::database::{Loaded, NoDatabase};
use super::entry::{Away, Entry, Here, Pin};
use super::pack::{self, Packed};
use super::{Inner, Keeper, Store};
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::{ChannelId, GuildId};

/// Unpacking more than this is done beside everything else.
const LARGE: usize = 64 * 1024;

/// Why a guild can't be had now.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    /// It is another process's, or what is kept of it can't be read.
    #[error("another process has this server, or its data can't be read")]
    Elsewhere,
    /// The database can't be asked; it may be possible later.
    #[error(transparent)]
    Away(#[from] NoDatabase),
}

/// What the store knows of a guild at once.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// All.
    Whole(&'a Guild),
    /// Its outline: it was let go.
    Outline(&'a GuildSummary),
}

/// Whether a guild is at hand.
enum Hand {
    /// It is, or nothing is kept of it.
    Pinned(Pin),
    /// It was let go.
    Away { stamp: u64, packed: Option<Packed> },
}

/// What stays of a guild that is let go.
struct Small {
    outline: GuildSummary,
    packed: Option<Packed>,
    /// The number of the change to which it belongs.
    version: u64,
}

impl Store {
    /// Makes sure that a guild is in memory, if anything is kept of it, and keeps it there as long as the pin lives. Whoever
    /// works for a guild begins with this: what was let go can't be read or changed.
    ///
    /// # Errors
    ///
    /// The guild is another process's, or the database does not give it.
    pub async fn fetch(&self, guild: GuildId) -> Result<Pin, NotFetched> {
        loop {
            let (stamp, packed) = match self.at_hand(guild)? {
                Hand::Pinned(pin) => return Ok(pin),
                Hand::Away { stamp, packed } => (stamp, packed),
            };
            match (packed, self.inner.database()) {
                (Some(packed), _) => self.inner.unpack(guild, stamp, packed).await?,
                (None, Some(database)) => match database.load(&[guild]).await {
                    Ok(mut loaded) => self.inner.loaded(guild, stamp, loaded.pop()),
                    Err(NoDatabase::Broken { what, .. }) => {
                        tracing::error!(%guild, what, "the database's rows of a server can't be read; it is left alone");
                        self.inner.leave_alone(guild);
                    }
                    Err(error) => return Err(error.into()),
                },
                // Files keep what they let go.
                (None, None) => return Err(NotFetched::Elsewhere),
            }
        }
    }

    /// A pin, if the guild is in memory or nothing is kept of it; see [`Store::fetch`].
    pub fn pin(&self, guild: GuildId) -> Option<Pin> {
        match self.at_hand(guild) {
            Ok(Hand::Pinned(pin)) => Some(pin),
            Ok(Hand::Away { .. }) | Err(_) => None,
        }
    }

    fn at_hand(&self, guild: GuildId) -> Result<Hand, NotFetched> {
        if !self.has(guild) {
            return Err(NotFetched::Elsewhere);
        }
        let entry = self.inner.guilds.get(&guild);
        Ok(match entry.as_deref() {
            Some(Entry::Here(here)) => Hand::Pinned(here.pin()),
            Some(Entry::Away(away)) => Hand::Away {
                stamp: away.stamp,
                packed: away.packed.clone(),
            },
            None => Hand::Pinned(Pin::default()),
        })
    }

    /// Shows all guilds, whole or in outline, without wanting any.
    pub fn each(&self, mut look: impl FnMut(GuildId, Known<'_>)) {
        for guild in self.guilds() {
            self.known(guild, |known| look(guild, known));
        }
    }

    /// Shows the guilds of this process for which there may be something to do now, whole or in outline, without wanting
    /// any. Gives when there is next something to do for any other.
    pub fn due(
        &self,
        now: Timestamp,
        mut look: impl FnMut(GuildId, Known<'_>),
    ) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        let part = self.inner.part();
        // Those of a shard that is being given away are still here for a moment: nothing can be done for them.
        let ours = self.inner.guilds.iter();
        for entry in ours.filter(|entry| part.has(*entry.key())) {
            let (wake, known) = match entry.value() {
                Entry::Here(here) => (here.next_work(now), Known::Whole(&here.guild)),
                Entry::Away(away) => (away.outline.next_due, Known::Outline(&away.outline)),
            };
            match wake {
                Some(wake) if wake <= now => look(*entry.key(), known),
                Some(_) => next = next.into_iter().chain(wake).min(),
                None => {}
            }
        }
        next
    }

    /// Shows a guild, whole or in outline, without wanting it.
    pub fn known<R>(&self, guild: GuildId, look: impl FnOnce(Known<'_>) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        Some(match &*entry {
            Entry::Here(here) => look(Known::Whole(&here.guild)),
            Entry::Away(away) => look(Known::Outline(&away.outline)),
        })
    }

    /// Whether a message in a channel may be a reply in that guild, as far as that can be told at once.
    pub fn may_concern(&self, guild: GuildId, channel: ChannelId) -> bool {
        let may = self.known(guild, |known| match known {
            Known::Whole(_) => true,
            Known::Outline(outline) => outline.may_contain_reply(channel),
        });
        may == Some(true)
    }

    /// From now on the store knows the time, which it needs for outlines. There is one clock; a second is not taken.
    pub fn tell_time(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }

    /// How long a guild rests before it can be let go, at most twice that.
    pub fn rest(&self) -> Duration {
        match &self.inner.keeper {
            // What is kept small has to be made large again by the one thread that answers.
            Keeper::Files(_) => Duration::from_secs(12 * 3600),
            Keeper::Database(_) => Duration::from_secs(600),
        }
    }

    /// Lets guilds go that nobody wanted since the last call, that are saved, and for which there is nothing to do now. Gives
    /// how many. It may take long, and is called where nobody waits.
    pub fn let_go(&self) -> usize {
        let Some(now) = self.inner.now() else {
            return 0;
        };
        let guilds = self.guilds().into_iter();
        guilds
            .filter(|guild| self.inner.let_one_go(*guild, now))
            .count()
    }

    /// How many guilds are in memory whole, and how many were let go.
    pub fn count(&self) -> (usize, usize) {
        let (mut whole, mut resting) = (0, 0);
        for entry in &self.inner.guilds {
            match entry.value() {
                Entry::Here(_) => whole += 1,
                Entry::Away(_) => resting += 1,
            }
        }
        (whole, resting)
    }
}

impl Inner {
    /// The time, if somebody told it.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.clock.get().map(|clock| clock())
    }

    /// Guilds of which there are outlines.
    pub(super) fn put_away(&self, outlines: Vec<(GuildId, GuildSummary)>) {
        for (guild, outline) in outlines {
            let away = self.away(outline, None);
            self.guilds.insert(guild, Entry::Away(away));
        }
    }

    /// Fetches all guilds.
    pub(super) fn fetch_all(&self) -> Result<(), NoDatabase> {
        /// So many are read at once.
        const CHUNK: usize = 500;
        let Some(database) = self.database() else {
            return Ok(());
        };
        let all: Vec<GuildId> = self.guilds.iter().map(|entry| *entry.key()).collect();
        for some in all.chunks(CHUNK) {
            for (guild, rows) in database.wait_for(database.load(some))? {
                database.know(guild.id(), rows);
                self.guilds.insert(guild.id(), Entry::new(guild));
            }
        }
        Ok(())
    }

    fn away(&self, outline: GuildSummary, packed: Option<Packed>) -> Away {
        let stamp = self.stamps.fetch_add(1, Ordering::Relaxed);
        Away {
            stamp,
            outline,
            packed,
        }
    }

    fn let_one_go(&self, guild: GuildId, now: Timestamp) -> bool {
        let Some(small) = self.made_small(guild, now) else {
            return false;
        };
        let Some(mut entry) = self.guilds.get_mut(&guild) else {
            return false;
        };
        // While it was made small somebody may have come for it.
        let same = |here: &Here| here.is_idle() && here.version == small.version;
        // The queue is locked for a moment only, and nobody waits for a guild who has it.
        if !entry.here().is_some_and(same) || !self.queue.is_free_of(guild) {
            return false;
        }
        *entry = Entry::Away(self.away(small.outline, small.packed));
        // Under the guild's lock: whoever fetches it again knows its rows anew.
        if let Some(database) = self.database() {
            database.unlearn(guild);
        }
        true
    }

    /// What stays of a guild, if it can be let go.
    fn made_small(&self, guild: GuildId, now: Timestamp) -> Option<Small> {
        let (outline, copy, version) = {
            let entry = self.guilds.get(&guild)?;
            let here = entry.here()?;
            if !here.rested() || !here.is_idle() {
                return None;
            }
            let outline = here.guild.summary(now);
            if outline.next_due.is_some_and(|wake| wake <= now) {
                return None;
            }
            let copy = self.database().is_none().then(|| here.guild.clone());
            (outline, copy, here.version)
        };
        let packed = match copy {
            Some(guild) => Some(pack::packed(&guild)?),
            None => None,
        };
        Some(Small {
            outline,
            packed,
            version,
        })
    }

    /// Makes a guild large again. Whether it is a guild was tried before it was let go.
    async fn unpack(&self, guild: GuildId, stamp: u64, packed: Packed) -> Result<(), NotFetched> {
        let whole = if packed.len() < LARGE {
            pack::unpack(&packed, guild)
        } else {
            let (done, wait) = oneshot::channel();
            let thread = std::thread::Builder::new().name("unpack".into());
            let work = move || drop(done.send(pack::unpack(&packed, guild)));
            // A machine without a thread to spare may have one at the next try.
            thread.spawn(work).map_err(NoDatabase::from)?;
            wait.await.unwrap_or(None)
        };
        let whole = whole.ok_or(NotFetched::Elsewhere)?;
        self.back(guild, stamp, || whole);
        Ok(())
    }

    /// What the database had of a guild.
    fn loaded(&self, guild: GuildId, stamp: u64, loaded: Option<Loaded>) {
        if let (Some((whole, rows)), Some(database)) = (loaded, self.database()) {
            return self.back(guild, stamp, || {
                database.know(guild, rows);
                whole
            });
        }
        let is_same =
            |_: &GuildId, entry: &Entry| matches!(entry, Entry::Away(away) if away.stamp == stamp);
        if self.guilds.remove_if(&guild, is_same).is_some() {
            tracing::warn!(%guild, "a server is not in the database any more");
        }
    }

    /// Puts a guild back, unless somebody else did or it is gone. `whole` is asked under its lock.
    fn back(&self, guild: GuildId, stamp: u64, whole: impl FnOnce() -> Guild) {
        if let Slot::Occupied(mut slot) = self.guilds.entry(guild)
            && matches!(slot.get(), Entry::Away(away) if away.stamp == stamp)
        {
            let entry = Entry::new(whole());
            slot.insert(entry);
        }
    }

    /// What is kept of a guild can't be read: nothing is done with it.
    fn leave_alone(&self, guild: GuildId) {
        self.part_mut().leave_alone(guild);
        self.guilds.remove(&guild);
    }
}

//! A guild that is in memory, and its teams: the only way to read and change them.

use jiff::Timestamp;

use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, TeamKey};
use quizloop_core::team::Team;

use super::Store;
use super::cache_entry::GuildPin;
use super::commit::{Commit, SaveError};
use super::writer::DeletionStep;

/// A guild that stays in memory for as long as this value lives. It comes from [`Store::load`], so
/// a guild that may be evicted can't be read or changed.
///
/// ```
/// # use quizloop_core::id::GuildId;
/// # use quizloop_store::{LoadError, Store};
/// async fn team_count(store: &Store, id: GuildId) -> Result<usize, LoadError> {
///     let guild = store.load(id).await?;
///     Ok(guild.read(|guild| guild.teams().len()).unwrap_or(0))
/// }
/// ```
///
/// Without a `LoadedGuild` nothing can be read:
///
/// ```compile_fail
/// # use quizloop_core::id::GuildId;
/// # use quizloop_store::Store;
/// fn team_count(store: &Store, id: GuildId) -> Option<usize> {
///     store.read(id, |guild| guild.teams().len())
/// }
/// ```
///
/// Each call locks the guild only while its closure runs. The guild may be deleted, or move to
/// another process, between two calls.
#[derive(Clone)]
#[must_use = "the guild may be evicted when this is dropped"]
pub struct LoadedGuild {
    store: Store,
    id: GuildId,
    _pin: GuildPin,
}

impl LoadedGuild {
    pub(super) fn new(store: &Store, id: GuildId, pin: GuildPin) -> Self {
        Self {
            store: store.clone(),
            id,
            _pin: pin,
        }
    }

    /// Returns the guild's id.
    pub const fn id(&self) -> GuildId {
        self.id
    }

    /// Reads the guild; `None` if it does not exist.
    pub fn read<R>(&self, f: impl FnOnce(&Guild) -> R) -> Option<R> {
        self.store.read(self.id, f)
    }

    /// Reads the guild; an empty one if it does not exist.
    pub fn read_or_empty<R>(&self, f: impl Fn(&Guild) -> R) -> R {
        self.read(&f).unwrap_or_else(|| f(&Guild::new(self.id)))
    }

    /// Changes the guild, or creates it if it does not exist. Meant for requests by members and
    /// operators. The change is visible immediately; wait for the commit before you acknowledge it.
    pub fn upsert<R>(&self, change: impl FnOnce(&mut Guild) -> R) -> (R, Commit) {
        self.store.upsert(self.id, change)
    }

    /// Changes the guild, but never creates one: `None` if it does not exist (any more). Meant for
    /// background jobs, which must not recreate the data of a guild that the bot has left.
    pub fn update<R>(&self, change: impl FnOnce(&mut Guild) -> R) -> Option<(R, Commit)> {
        self.store.update(self.id, change)
    }

    /// Deletes data of the guild durably and everywhere: in the current snapshot, in the last good
    /// generation, which a second save overwrites, and in all copies of deleted data. In a database a
    /// save leaves nothing behind except these copies. Copies that can't be read are deleted.
    ///
    /// # Errors
    ///
    /// Fails if a save or a deletion fails. The data is then deleted in memory, and the store
    /// retries the save.
    pub async fn erase<R>(
        &self,
        change: impl Fn(&mut Guild) -> R + Send + 'static,
    ) -> Result<R, SaveError> {
        // Also if there is no guild: a deletion that failed may have left its files. The questions are
        // written twice even if they have not changed, for the same reason.
        let (result, commit) = self.upsert(|guild| {
            let result = change(guild);
            guild.touch_server_questions();
            result
        });
        commit.wait().await?;
        if let Some(((), commit)) = self.update(Guild::touch_server_questions) {
            commit.wait().await?;
        }
        let change_copy = Box::new(move |copy: &mut Guild| drop(change(copy)));
        self.store
            .run_deletion(DeletionStep::ChangeCopies(self.id, change_copy))
            .await?;
        Ok(result)
    }

    /// Keeps a part of the guild as a copy that was deleted `at`, durably. Call it before you delete
    /// that part. Does nothing if `part` returns `None`. Returns whether there is a copy.
    ///
    /// # Errors
    ///
    /// The copy could not be written.
    pub async fn keep_copy(
        &self,
        part: impl FnOnce(&Guild) -> Option<Guild>,
        at: Timestamp,
    ) -> Result<bool, SaveError> {
        self.store.keep_copy(self.id, part, at).await
    }

    /// Returns a commit for all changes to the guild so far. It completes immediately if nothing is
    /// unsaved.
    pub fn latest_commit(&self) -> Commit {
        self.store.latest_commit(self.id)
    }

    /// Returns the team of a channel, which need not exist.
    pub fn team(&self, channel: ChannelId) -> LoadedTeam {
        LoadedTeam {
            guild: self.clone(),
            channel,
        }
    }
}

/// A team of a [`LoadedGuild`].
#[derive(Clone)]
#[must_use = "the guild may be evicted when this is dropped"]
pub struct LoadedTeam {
    guild: LoadedGuild,
    channel: ChannelId,
}

impl LoadedTeam {
    /// Returns the team's key.
    pub const fn key(&self) -> TeamKey {
        TeamKey {
            guild: self.guild.id,
            channel: self.channel,
        }
    }

    /// Returns the channel in which the team's questions are posted.
    pub const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Returns the team's guild.
    pub const fn guild(&self) -> &LoadedGuild {
        &self.guild
    }

    /// Reads the team; `None` if it does not exist.
    pub fn read<R>(&self, f: impl FnOnce(&Team) -> R) -> Option<R> {
        self.guild
            .read(|guild| guild.team(self.channel).map(f))
            .flatten()
    }

    /// Changes the team; `None` if it does not exist. Wait for the commit before you acknowledge
    /// the change.
    pub fn update<R>(&self, change: impl FnOnce(&mut Team) -> R) -> (Option<R>, Commit) {
        let change_team = |guild: &mut Guild| guild.team_mut(self.channel).map(change);
        let changed = self.guild.update(change_team);
        // A guild that another process owns must not look like a deleted one: its commit fails.
        changed.unwrap_or_else(|| (None, self.guild.latest_commit()))
    }
}

//! The interface of storage backends: snapshot files and PostgreSQL.

use std::io;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;

use super::deleted::ChangeCopy;
use super::postgres::DatabaseError;

/// The kind of an error that means: another process owns this guild now, so saving it here is never
/// retried.
pub(super) const LEASE_LOST: io::ErrorKind = io::ErrorKind::ResourceBusy;

/// The changes that a refresh of the shards found or made.
#[derive(Debug, Default)]
pub(super) struct ShardRefresh {
    /// Shards that another process has taken over.
    pub lost: Vec<u32>,
    /// Shards that this process has acquired.
    pub acquired: Vec<u32>,
    /// The guilds of the acquired shards that are not in memory yet.
    pub guilds: Vec<(GuildId, GuildSummary)>,
    /// Shards that other processes should get.
    pub to_release: Vec<u32>,
}

/// A copy of a guild that is being saved.
#[derive(Debug)]
pub(super) struct GuildToSave {
    pub guild: Guild,
    /// Whether the server's own questions have changed since they were saved. Otherwise they are not
    /// written: a reply must not write two megabytes.
    pub questions_changed: bool,
}

/// Stores guilds durably, and divides them among the processes that share the storage.
///
/// The methods that save and delete are called from the writer thread and may block. All others are
/// called from any thread and must return quickly.
pub(super) trait Backend: Send + Sync {
    /// Maximum number of guilds per call of [`Backend::save`].
    fn batch_size(&self) -> usize;

    /// Saves guilds independently of each other; returns one result per guild, in their order. With
    /// the time, summaries are stored as well.
    fn save(&self, guilds: &[GuildToSave], now: Option<Timestamp>) -> Vec<io::Result<()>>;

    /// Whether a save is durable without [`Backend::sync`], so that its commits need not wait for
    /// the rest of the batch.
    fn durable_per_save(&self) -> bool {
        false
    }

    /// Makes all saves of a batch durable before it returns.
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Deletes a guild durably, after keeping what was saved of it as a copy that was deleted `at`.
    fn delete(&self, guild: GuildId, at: Timestamp) -> io::Result<()>;

    /// Keeps a copy of data that is about to be deleted, durably.
    fn keep_copy(&self, copy: &Guild, at: Timestamp) -> io::Result<()>;

    /// Changes all copies of a guild's deleted data durably. Deletes those that can't be read.
    fn change_copies(&self, guild: GuildId, change: &ChangeCopy) -> io::Result<()>;

    /// Deletes the copies of data that was deleted until `limit`, and changes the others, durably.
    fn expire_copies(&self, limit: Timestamp, change: &ChangeCopy) -> io::Result<()>;

    /// Whether there are copies of deleted data.
    fn has_copies(&self) -> BoxFuture<'_, io::Result<bool>>;

    /// Reads a guild; `None` if it was deleted. An error of the kind
    /// [`io::ErrorKind::InvalidData`] means that its stored data is invalid; after other errors a
    /// later attempt may succeed.
    fn load(&self, guild: GuildId) -> BoxFuture<'_, io::Result<Option<Guild>>>;

    /// Returns a metadata value. Metadata only saves work; it may be missing at any time.
    fn metadata(&self, name: &str) -> Option<String>;

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()>;

    /// Binds the storage to an application unless it is bound already. Returns the owner.
    fn bind_application(&self, application: u64) -> BoxFuture<'_, io::Result<u64>>;

    /// Returns the application that owns the storage, if any.
    fn application(&self) -> BoxFuture<'_, io::Result<Option<u64>>>;

    /// Declares which shards this process may own. Returns the range that applies: that of the
    /// other processes, if they have another number of shards and `may_differ` is set.
    fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> BoxFuture<'_, Result<ShardRange, DatabaseError>>;

    /// Finds lost shards and acquires free shards.
    fn refresh_shards(&self) -> BoxFuture<'_, Result<ShardRefresh, DatabaseError>>;

    /// Releases a shard, whose guilds must be saved.
    fn release_shard(&self, shard: u32) -> BoxFuture<'_, ()>;

    /// Acquires a slot for a session start. `None` means that the session may be started now;
    /// otherwise returns how long to wait before the next attempt.
    fn acquire_identify_slot(
        &self,
        slot: u32,
    ) -> BoxFuture<'_, Result<Option<Duration>, DatabaseError>>;

    /// Whether no other process can have taken a guild over yet, judged without a request.
    fn owns(&self, guild: GuildId) -> bool {
        let _ = guild;
        true
    }

    /// Releases leases. Nothing is saved afterwards.
    fn close(&self) {}
}

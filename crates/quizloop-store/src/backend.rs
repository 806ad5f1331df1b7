//! The interface of storage backends: snapshot files and PostgreSQL.

use std::io;

use jiff::Timestamp;

use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// The kind of an error that means: another process owns this guild now, so saving it here is never
/// retried.
pub(super) const LEASE_LOST: io::ErrorKind = io::ErrorKind::ResourceBusy;

/// Stores guilds durably. Called from the writer thread and may block, except for metadata and
/// [`Backend::owns`], which are called from any thread and must return quickly.
pub(super) trait Backend: Send + Sync {
    /// Maximum number of guilds per call of [`Backend::save`].
    fn batch_size(&self) -> usize;

    /// Saves guilds independently of each other; returns one result per guild, in their order. With
    /// the time, summaries are stored as well.
    fn save(&self, guilds: &[Guild], now: Option<Timestamp>) -> Vec<io::Result<()>>;

    /// Whether a save is durable without [`Backend::sync`], so that its commits need not wait for
    /// the rest of the batch.
    fn durable_per_save(&self) -> bool {
        false
    }

    /// Makes all saves of a batch durable before it returns.
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Deletes a guild durably.
    fn delete(&self, guild: GuildId) -> io::Result<()>;

    /// Returns a metadata value. Metadata only saves work; it may be missing at any time.
    fn metadata(&self, name: &str) -> Option<String>;

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()>;

    /// Whether no other process can have taken a guild over yet, judged without a request.
    fn owns(&self, guild: GuildId) -> bool {
        let _ = guild;
        true
    }

    /// Releases leases. Nothing is saved afterwards.
    fn close(&self) {}
}

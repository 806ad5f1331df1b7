//! What keeps guilds beyond the life of the process: files or a database.

use std::io;

use jiff::Timestamp;

use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// The kind of an error that says: somebody else keeps this guild now, so it is never saved from here.
pub(super) const LEASE_LOST: io::ErrorKind = io::ErrorKind::ResourceBusy;

/// Keeps guilds. It is called from the store's own thread and may take its time, except for the notes.
pub(super) trait Backend: Send + Sync {
    /// How many guilds it is given at once.
    fn batch_size(&self) -> usize;

    /// Saves guilds, each for itself: one result a guild, in their order. With the time, if it is known, outlines can be kept.
    fn save(&self, guilds: &[Guild], now: Option<Timestamp>) -> Vec<io::Result<()>>;

    /// Whether what was saved stays saved without [`Backend::sync`], so that nobody has to wait for the rest of the
    /// round.
    fn durable_per_save(&self) -> bool {
        false
    }

    /// Ends a round of saving: what was saved in it stays saved when this has returned.
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// Deletes a guild for good.
    fn delete(&self, guild: GuildId) -> io::Result<()>;

    /// A small note beside the guilds. Notes only spare work.
    fn metadata(&self, name: &str) -> Option<String>;

    /// Keeps a note.
    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()>;

    /// Whether nobody else can have taken a guild over by now, as far as that is known here.
    fn owns(&self, guild: GuildId) -> bool {
        let _ = guild;
        true
    }

    /// Lets go of everything; nothing is saved any more.
    fn close(&self) {}
}

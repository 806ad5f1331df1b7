//! A message that is posted exactly once: its intent is on disk, it is looked for in the channel, and only then sent, with
//! a nonce by which Discord recognises a second attempt. Rounds and the reports on weeks are posted so.

use jiff::Timestamp;

use super::desk::{Desk, TeamKey};
use super::find;
use super::rest::Failure;
use crate::practice::id::MessageId;

/// "Unknown Message": the message with this nonce was posted and deleted since.
const UNKNOWN_MESSAGE: isize = 10_008;

/// Why a step did not work.
pub enum Stop {
    /// The disk did not take it; nothing was sent.
    NotSaved,
    /// Discord did not do it.
    Failed(Failure),
}

impl Stop {
    /// Whether another try may work without anybody changing anything.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::NotSaved => true,
            Self::Failed(failure) => failure.is_passing(),
        }
    }
}

/// What came of it.
pub enum Outcome {
    /// It is there.
    There(MessageId),
    /// Somebody deleted what an earlier attempt had posted.
    Deleted,
}

/// A message that was intended.
pub struct Intent<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// The team in whose channel it is posted.
    pub key: TeamKey,
    /// When it was due.
    pub due: Timestamp,
    /// The text in its footer that tells it from all others.
    pub label: String,
}

impl Intent<'_> {
    /// Makes sure that the message is there, once. `fresh`: nobody can have sent it before, so it is not looked for.
    ///
    /// # Errors
    ///
    /// The intent is not on disk, or Discord could not be asked or did not take the message.
    pub async fn fulfil(
        &self,
        fresh: bool,
        send: impl Future<Output = Result<MessageId, Failure>>,
    ) -> Result<Outcome, Stop> {
        let settled = self.desk.store.latest_commit(self.key.guild).wait().await;
        settled.map_err(|_| Stop::NotSaved)?;
        if !fresh && let Some(message) = self.look().await.map_err(Stop::Failed)? {
            return Ok(Outcome::There(message));
        }
        // A process that was held up for long may have been replaced meanwhile.
        if !self.desk.store.is_sole_owner(self.key.guild) {
            return Err(Stop::NotSaved);
        }
        match send.await {
            Ok(message) => Ok(Outcome::There(message)),
            Err(Failure::Unknown {
                code: UNKNOWN_MESSAGE,
                ..
            }) => Ok(Outcome::Deleted),
            Err(failure) => Err(Stop::Failed(failure)),
        }
    }

    /// Looks for it a last time.
    ///
    /// # Errors
    ///
    /// Discord could not be asked.
    pub async fn look_once_more(&self) -> Result<Option<MessageId>, Stop> {
        match self.look().await {
            Err(failure) if failure.is_passing() => Err(Stop::Failed(failure)),
            // Where we may not even look, nothing of ours can be seen either.
            found => Ok(found.unwrap_or(None)),
        }
    }

    async fn look(&self) -> Result<Option<MessageId>, Failure> {
        find::own_message(self.desk, self.key, (self.due, &self.label)).await
    }
}

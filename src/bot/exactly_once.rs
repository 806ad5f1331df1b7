//! A message that is posted exactly once: its intent is on disk, it is looked for in the channel, and only then sent, with
//! a nonce by which Discord recognises a second attempt. Rounds and the reports on weeks are posted so.

use jiff::Timestamp;

use super::context::{BotContext, TeamKey};
use super::find;
use super::rest::ApiError;
use crate::practice::id::MessageId;

/// "Unknown Message": the message with this nonce was posted and deleted since.
const UNKNOWN_MESSAGE: isize = 10_008;

/// Why a step did not work.
pub enum StepError {
    /// The disk did not take it; nothing was sent.
    SaveFailed,
    /// Discord did not do it.
    Api(ApiError),
}

impl StepError {
    /// Whether another try may work without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::SaveFailed => true,
            Self::Api(failure) => failure.is_transient(),
        }
    }
}

/// What came of it.
pub enum SendOutcome {
    /// It is there.
    Sent(MessageId),
    /// Somebody deleted what an earlier attempt had posted.
    Deleted,
}

/// A message that was intended.
pub struct PendingMessage<'a> {
    /// The desk.
    pub ctx: &'a BotContext,
    /// The team in whose channel it is posted.
    pub key: TeamKey,
    /// When it was due.
    pub due: Timestamp,
    /// The text in its footer that tells it from all others.
    pub label: String,
}

impl PendingMessage<'_> {
    /// Makes sure that the message is there, once. `first_attempt`: nobody can have sent it before, so it is not looked for.
    ///
    /// # Errors
    ///
    /// The intent is not on disk, or Discord could not be asked or did not take the message.
    pub async fn ensure_sent(
        &self,
        first_attempt: bool,
        send: impl Future<Output = Result<MessageId, ApiError>>,
    ) -> Result<SendOutcome, StepError> {
        let settled = self.ctx.store.latest_commit(self.key.guild).wait().await;
        settled.map_err(|_| StepError::SaveFailed)?;
        if !first_attempt && let Some(message) = self.find().await.map_err(StepError::Api)? {
            return Ok(SendOutcome::Sent(message));
        }
        // A process that was held up for long may have been replaced meanwhile.
        if !self.ctx.store.is_sole_owner(self.key.guild) {
            return Err(StepError::SaveFailed);
        }
        match send.await {
            Ok(message) => Ok(SendOutcome::Sent(message)),
            Err(ApiError::NotFound {
                code: UNKNOWN_MESSAGE,
                ..
            }) => Ok(SendOutcome::Deleted),
            Err(failure) => Err(StepError::Api(failure)),
        }
    }

    /// Looks for it a last time.
    ///
    /// # Errors
    ///
    /// Discord could not be asked.
    pub async fn find_before_giving_up(&self) -> Result<Option<MessageId>, StepError> {
        match self.find().await {
            Err(failure) if failure.is_transient() => Err(StepError::Api(failure)),
            // Where we may not even look, nothing of ours can be seen either.
            found => Ok(found.unwrap_or(None)),
        }
    }

    async fn find(&self) -> Result<Option<MessageId>, ApiError> {
        find::find_own_message(self.ctx, self.key, (self.due, &self.label)).await
    }
}

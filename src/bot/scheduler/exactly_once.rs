//! Sends a message exactly once. Questions and weekly reports are posted this way.
//!
//! Discord has no transaction that covers a message and our state, so a process that dies between
//! sending and saving can't know whether the message exists. Three measures solve this:
//!
//! 1. The intent, with a nonce, is on disk before anything is sent.
//! 2. An intent that may have been sent before is first searched for in the channel, by the label
//!    in the message's footer.
//! 3. The message is sent with the nonce and `enforce_nonce`. If Discord has recently created a
//!    message with that nonce, it returns that message and creates no second one. This covers a
//!    request that Discord still works on while the search runs.
//!
//! Example: process A records the intent of round 12 and sends it, and the machine loses power
//! before the response arrives. Process B starts and finds the intent without a message id.
//!
//! * If Discord has created the message, B finds "Question 12" in the channel's history and records
//!   its id.
//! * If the request never arrived, B finds nothing and sends the message.
//! * If the request arrives during B's search, B finds nothing and sends the same nonce. Discord
//!   returns A's message to B.
//! * If A was only suspended and wakes up later, it no longer owns the guild. It checks that
//!   directly before sending, and stops.

use jiff::{SignedDuration, Timestamp};

use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use crate::bot::discord::rest_limiter::Priority;
use quizloop_core::id::{MessageId, TeamKey, UserId, snowflake_at};
use quizloop_store::LoadedTeam;

/// Error code "Unknown Message": a message with this nonce was posted and has been deleted since.
const UNKNOWN_MESSAGE: isize = 10_008;

/// How long before the due time the search begins, because Discord's clock may differ from ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Why a step failed.
pub enum StepError {
    /// The state could not be saved, so nothing was sent.
    SaveFailed,
    /// Discord did not complete the request.
    Api(ApiError),
}

impl StepError {
    /// Whether a retry may succeed without any change by an admin or the operator.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::SaveFailed => true,
            Self::Api(error) => error.is_transient(),
        }
    }
}

/// Result of an attempt to send.
pub enum SendOutcome {
    /// The message is in the channel.
    Sent(MessageId),
    /// An earlier attempt posted the message, and it has been deleted since.
    Deleted,
}

/// A message whose intent is recorded and whose id is not.
pub struct PendingMessage<'a> {
    pub ctx: &'a BotContext,
    /// The message is posted in this team's channel.
    pub team: &'a LoadedTeam,
    /// When the message was due.
    pub due: Timestamp,
    /// Texts that identify the message at the start of its footer: any one of them will do.
    pub labels: Vec<String>,
}

impl PendingMessage<'_> {
    /// Sends the message unless it exists already. With `first_attempt` it can't have been sent
    /// before, so the search is skipped.
    ///
    /// # Errors
    ///
    /// Fails if the intent is not on disk, if the channel can't be searched, or if Discord does not
    /// accept the message.
    pub async fn ensure_sent(
        &self,
        first_attempt: bool,
        send: impl Future<Output = Result<MessageId, ApiError>>,
    ) -> Result<SendOutcome, StepError> {
        let saved = self.team.guild().latest_commit().wait().await;
        saved.map_err(|_| StepError::SaveFailed)?;
        if !first_attempt && let Some(message) = self.find().await.map_err(StepError::Api)? {
            return Ok(SendOutcome::Sent(message));
        }
        // Another process may have taken this guild over while this one was suspended.
        if !self.ctx.store.is_sole_owner(self.team.guild().id()) {
            return Err(StepError::SaveFailed);
        }
        match send.await {
            Ok(message) => Ok(SendOutcome::Sent(message)),
            Err(ApiError::NotFound {
                code: UNKNOWN_MESSAGE,
                ..
            }) => Ok(SendOutcome::Deleted),
            Err(error) => Err(StepError::Api(error)),
        }
    }

    /// Searches for the message a last time, before the intent is given up. Returns `None` if the
    /// bot may not read the channel.
    ///
    /// # Errors
    ///
    /// Fails if Discord can't be reached.
    pub async fn find_before_giving_up(&self) -> Result<Option<MessageId>, StepError> {
        match self.find().await {
            Err(error) if error.is_transient() => Err(StepError::Api(error)),
            result => Ok(result.unwrap_or(None)),
        }
    }

    /// Searches the channel's history since the message was due for a message of the bot with one of
    /// the labels.
    async fn find(&self) -> Result<Option<MessageId>, ApiError> {
        let TeamKey { guild, channel } = self.team.key();
        let start = self.due.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
        let mut after = MessageId::new(snowflake_at(start));
        loop {
            let page = self
                .ctx
                .rest
                .history(guild, channel, after, Priority::Urgent)
                .await?;
            if let Some(found) = page
                .iter()
                .find(|message| is_own_with_label(message, &self.labels, self.ctx.user_id()))
            {
                return Ok(Some(found.event.message));
            }
            match page.last() {
                Some(last) if page.len() == usize::from(HISTORY_PAGE) => after = last.event.message,
                _ => return Ok(None),
            }
        }
    }
}

/// Whether the bot is the author and a footer begins with one of the labels, followed by a space or
/// nothing. Discord always returns the content of the bot's own messages.
fn is_own_with_label(message: &HistoryMessage, labels: &[String], own_id: Option<UserId>) -> bool {
    let begins_with = |footer: &String, label: &String| {
        footer
            .strip_prefix(label)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    Some(message.event.author) == own_id
        && message
            .footers
            .iter()
            .any(|footer| labels.iter().any(|label| begins_with(footer, label)))
}

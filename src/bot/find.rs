//! Looking for a message of ours in its channel, by its label: after a crash or a lost answer it may be there although
//! nobody wrote its id down.

use jiff::{SignedDuration, Timestamp};

use super::context::{BotContext, TeamKey};
use super::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use super::rest_limiter::Priority;
use crate::practice::id::{MessageId, UserId, snowflake_at};

/// Clocks differ: the search starts this long before the message was due.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The message that was due then, if the bot has posted it. The bot always sees its own messages' content;
/// each carries its label in the footer: the round, or the week.
pub async fn find_own_message(
    ctx: &BotContext,
    key: TeamKey,
    (due, label): (Timestamp, &str),
) -> Result<Option<MessageId>, ApiError> {
    let start = due.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
    let mut after = MessageId::new(snowflake_at(start));
    loop {
        let page = ctx
            .rest
            .history(key.guild, key.channel, after, Priority::Urgent)
            .await?;
        if let Some(found) = page
            .iter()
            .find(|message| is_own_with_label(message, label, ctx.user_id()))
        {
            return Ok(Some(found.event.message));
        }
        match page.last() {
            Some(last) if page.len() == usize::from(HISTORY_PAGE) => after = last.event.message,
            _ => return Ok(None),
        }
    }
}

fn is_own_with_label(message: &HistoryMessage, label: &str, me: Option<UserId>) -> bool {
    let labelled = |footer: &String| {
        footer
            .strip_prefix(label)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    Some(message.event.author) == me && message.footers.iter().any(labelled)
}

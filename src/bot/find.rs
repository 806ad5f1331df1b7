//! Looking for a message of ours in its channel, by its label: after a crash or a lost answer it may be there although
//! nobody wrote its id down.

use jiff::{SignedDuration, Timestamp};

use super::budget::Urgency;
use super::desk::{Desk, TeamKey};
use super::rest::{Failure, HISTORY_PAGE, History};
use crate::practice::id::{MessageId, UserId, snowflake_at};

/// Clocks differ: the search starts this long before the message was due.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// The message that was due then, if the bot has posted it. The bot always sees its own messages' content;
/// each carries its label in the footer: the round, or the week.
pub async fn own_message(
    desk: &Desk,
    key: TeamKey,
    (due, label): (Timestamp, &str),
) -> Result<Option<MessageId>, Failure> {
    let start = due.checked_sub(MARGIN).unwrap_or(Timestamp::MIN);
    let mut after = MessageId::new(snowflake_at(start));
    loop {
        let page = desk
            .rest
            .history(key.guild, key.channel, after, Urgency::Now)
            .await?;
        if let Some(found) = page
            .iter()
            .find(|message| is_ours(message, label, desk.me()))
        {
            return Ok(Some(found.wrote.message));
        }
        match page.last() {
            Some(last) if page.len() == usize::from(HISTORY_PAGE) => after = last.wrote.message,
            _ => return Ok(None),
        }
    }
}

fn is_ours(message: &History, label: &str, me: Option<UserId>) -> bool {
    let labelled = |footer: &String| {
        footer
            .strip_prefix(label)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    Some(message.wrote.author) == me && message.footers.iter().any(labelled)
}

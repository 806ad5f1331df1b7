//! Interactions and the state of the bot's responses.

use std::time::Instant;

use serde_json::Value;

use super::{Discord, MessageKey};

/// Maximum number of interactions kept. The oldest are dropped; their tokens have usually expired.
const MAX_INTERACTIONS: usize = 10_000;
/// Prefix of tokens. It is Base64 of "interaction:", because Discord's tokens look like that too.
const TOKEN_PREFIX: &str = "aW50ZXJhY3Rpb246";

/// Interaction type (Discord docs, interactions/receiving-and-responding, "Interaction Type").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionKind {
    /// A command was sent.
    Command = 2,
    /// A button was pressed, or an option of a select menu was chosen.
    Component = 3,
    /// A command option with autocomplete is being typed.
    Autocomplete = 4,
    /// A modal was submitted.
    Modal = 5,
}

/// State of the response to an interaction.
#[derive(Debug, Clone, PartialEq)]
pub enum InteractionState {
    /// There is no response yet.
    Pending,
    /// The bot did not respond within three seconds, or is not connected.
    Failed,
    /// The response is deferred ("… is thinking"). An edit of the original response completes it.
    DeferredMessage,
    /// An update of the component's message is deferred. The bot may edit the message later.
    DeferredUpdate,
    /// The bot responded with a message.
    Answered,
    /// The bot updated the component's message.
    Updated,
    /// The bot returned autocomplete choices.
    Choices(Vec<Value>),
    /// The bot opened a modal.
    Modal(Value),
}

/// Interaction of a user with the bot.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Id.
    pub id: u64,
    /// Token in the URL of the response. It is valid for 15 minutes.
    pub token: String,
    /// Interaction type.
    pub kind: InteractionKind,
    /// User who caused the interaction.
    pub user: u64,
    /// Channel of the interaction.
    pub channel: u64,
    /// Guild of the channel; `None` for a direct message.
    pub guild: Option<u64>,
    /// Creation time in real time. The initial response is due within three seconds of it.
    pub created_at: Instant,
    /// Creation time on the sandbox's clock, in Unix milliseconds. The token's age is measured from
    /// it.
    pub created_ms: i64,
    /// State of the response.
    pub state: InteractionState,
    /// Name of the command, with subcommands; empty otherwise.
    pub name: String,
    /// Message whose component was used.
    pub source_message: Option<MessageKey>,
    /// Message on which a message command was run.
    pub target_message: Option<u64>,
    /// Original response (`@original`).
    pub original: Option<MessageKey>,
    /// Ids of the follow-up messages, oldest first.
    pub follow_ups: Vec<u64>,
}

/// Returns the token of an interaction.
pub(crate) fn token_of(id: u64) -> String {
    format!("{TOKEN_PREFIX}{id}")
}

impl Discord {
    /// Returns the interaction with this token, whether the token is still valid or not.
    pub(crate) fn interaction_of(&self, token: &str) -> Option<&Interaction> {
        let id = token.strip_prefix(TOKEN_PREFIX)?.parse().ok()?;
        self.interactions.get(&id)
    }

    /// Stores an interaction, and drops the oldest one if there are too many.
    pub(crate) fn record_interaction(&mut self, interaction: Interaction) {
        self.interactions.insert(interaction.id, interaction);
        if self.interactions.len() > MAX_INTERACTIONS {
            self.interactions.pop_first();
        }
    }
}

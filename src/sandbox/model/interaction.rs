//! What somebody asked the bot, and how far the answer has come.

use std::time::Instant;

use serde_json::Value;

use super::Discord;

/// Interactions that are remembered; older ones have no token that still lives, in any test.
const MAX_INTERACTIONS: usize = 10_000;
/// What tokens begin with; Discord's are as opaque.
const TOKEN_PREFIX: &str = "aW50ZXJhY3Rpb246";

/// What was done (Discord docs, interactions/receiving-and-responding, "Interaction Type").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionKind {
    /// A command was sent.
    Command = 2,
    /// A button was pressed or something was chosen from a menu.
    Component = 3,
    /// A command is being typed.
    Autocomplete = 4,
    /// A form was sent.
    Modal = 5,
}

/// How far the answer has come.
#[derive(Debug, Clone, PartialEq)]
pub enum InteractionState {
    /// Nothing was said yet.
    Pending,
    /// It took too long, or the bot can't be reached.
    Failed,
    /// "… is thinking": the answer comes by an edit.
    DeferredMessage,
    /// The message under the component will be edited, perhaps.
    DeferredUpdate,
    /// There is an answer: a message.
    Answered,
    /// The message under the component was changed.
    Updated,
    /// Choices for what is being typed.
    Choices(Vec<Value>),
    /// A form was opened.
    Modal(Value),
}

/// An interaction.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Id.
    pub id: u64,
    /// Names it in the address of the answer.
    pub token: String,
    /// What was done.
    pub kind: InteractionKind,
    /// Who did it.
    pub user: u64,
    /// Where.
    pub channel: u64,
    /// The guild of the channel.
    pub guild: Option<u64>,
    /// When, in real time: the first answer is due within three seconds.
    pub created_at: Instant,
    /// When, on the sandbox's clock: the token lives for 15 minutes.
    pub created_ms: i64,
    /// How far the answer has come.
    pub state: InteractionState,
    /// The command's name with subcommands.
    pub name: String,
    /// The message whose component was used, with its channel.
    pub source_message: Option<(u64, u64)>,
    /// The message that is `@original`, with its channel.
    pub original: Option<(u64, u64)>,
    /// Follow-up messages, the oldest first.
    pub follow_ups: Vec<u64>,
}

/// The token of an interaction.
pub fn token_of(id: u64) -> String {
    format!("{TOKEN_PREFIX}{id}")
}

impl Discord {
    /// The interaction of a token.
    pub fn interaction_of(&self, token: &str) -> Option<&Interaction> {
        let id = token.strip_prefix(TOKEN_PREFIX)?.parse().ok()?;
        self.interactions.get(&id)
    }

    /// Remembers an interaction, and forgets the oldest.
    pub fn record_interaction(&mut self, interaction: Interaction) {
        self.interactions.insert(interaction.id, interaction);
        if self.interactions.len() > MAX_INTERACTIONS {
            self.interactions.pop_first();
        }
    }
}

//! The outcome of an interaction as the user sees it, and the wait for it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::super::Sandbox;
use super::super::model::{Discord, InteractionState};
use super::super::rest::CALLBACK_DEADLINE;
use super::{ClientError, MessageView};

/// How long to wait for a deferred response, in real time.
const DEFERRED_TIMEOUT: Duration = Duration::from_secs(15);
/// What Discord shows if the bot does not respond in time.
const NO_RESPONSE: &str = "The application did not respond";

/// The outcome of a command, component or modal as the user sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum ClientOutcome {
    /// A new message, public or ephemeral.
    Message(MessageView),
    /// The message whose component was used, after the update.
    Updated(MessageView),
    /// Acknowledged without a visible change.
    Acknowledged,
    /// The bot opened a modal.
    #[serde(rename = "form")]
    Modal(ModalView),
    /// "… is thinking": the bot deferred its response and never sent it.
    Thinking(MessageView),
    /// "The application did not respond."
    NoResponse(String),
    /// Discord's client refused to send the interaction, for this reason.
    Failed(String),
}

impl ClientOutcome {
    /// Returns the message that is shown, if any.
    pub const fn message(&self) -> Option<&MessageView> {
        match self {
            Self::Message(view) | Self::Updated(view) | Self::Thinking(view) => Some(view),
            _ => None,
        }
    }
}

/// A modal as the user sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModalView {
    /// The channel in which the modal was opened.
    pub channel: u64,
    /// The message whose component opened it.
    #[serde(rename = "pressed")]
    pub source_message: Option<u64>,
    /// Its title.
    pub title: String,
    /// Its custom id and components, as the bot sent them.
    pub data: Value,
}

/// An autocomplete choice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChoiceView {
    /// What is shown.
    pub name: String,
    /// What is sent.
    pub value: Value,
}

impl Sandbox {
    pub(super) async fn wait_for_outcome(
        &self,
        dispatched: Result<u64, ClientError>,
    ) -> ClientOutcome {
        let interaction = match dispatched {
            Ok(interaction) => interaction,
            Err(ClientError(reason)) => return ClientOutcome::Failed(reason),
        };
        let mut state = self.first_response(interaction).await;
        if state == InteractionState::DeferredMessage {
            let answered = |discord: &Discord| {
                let state = &discord.interactions.get(&interaction)?.state;
                (*state != InteractionState::DeferredMessage).then(|| state.clone())
            };
            state = self
                .wait_for("the answer", DEFERRED_TIMEOUT, answered)
                .await
                .unwrap_or(state);
        }
        self.read(|discord| outcome_of(discord, interaction, state))
    }

    /// Waits for the initial response and returns the state after it. Without one before the
    /// deadline, the interaction fails.
    pub(super) async fn first_response(&self, interaction: u64) -> InteractionState {
        let answered = |discord: &Discord| {
            let state = &discord.interactions.get(&interaction)?.state;
            (*state != InteractionState::Pending).then(|| state.clone())
        };
        if let Ok(state) = self
            .wait_for("an answer", CALLBACK_DEADLINE, answered)
            .await
        {
            return state;
        }
        self.with(|discord| {
            let Some(one) = discord.interactions.get_mut(&interaction) else {
                return InteractionState::Failed;
            };
            if one.state == InteractionState::Pending {
                one.state = InteractionState::Failed;
            }
            one.state.clone()
        })
    }
}

/// Returns what the user sees of an interaction.
fn outcome_of(discord: &Discord, interaction: u64, state: InteractionState) -> ClientOutcome {
    let Some(one) = discord.interactions.get(&interaction) else {
        return ClientOutcome::NoResponse(NO_RESPONSE.to_owned());
    };
    let original = one.original;
    let message = original.and_then(|key| discord.message(key.channel, key.message));
    let view = message.map(|one| MessageView::new(discord, one));
    match (state, view) {
        (InteractionState::Answered, Some(view)) => ClientOutcome::Message(view),
        (InteractionState::Updated, Some(view)) => ClientOutcome::Updated(view),
        (InteractionState::DeferredMessage, Some(view)) => ClientOutcome::Thinking(view),
        (InteractionState::Modal(data), _) => ClientOutcome::Modal(ModalView {
            channel: one.channel,
            source_message: one.source_message.map(|source| source.message),
            title: data["title"].as_str().unwrap_or_default().to_owned(),
            data,
        }),
        (InteractionState::Failed | InteractionState::Pending, _) => {
            ClientOutcome::NoResponse(NO_RESPONSE.to_owned())
        }
        // The bot has deleted its response.
        _ => ClientOutcome::Acknowledged,
    }
}

//! What a user sees after they asked the bot something, with the wait for it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::super::Sandbox;
use super::super::model::{Discord, InteractionState};
use super::super::rest::FIRST_ANSWER;
use super::{MessageView, Refused};

/// How long, in real time, an answer that was announced is waited for.
const ANNOUNCED: Duration = Duration::from_secs(15);
/// What Discord shows when the bot did not answer in time.
const NO_RESPONSE: &str = "The application did not respond";

/// What a user sees after they used a command or a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Outcome {
    /// A message, for all or for them alone.
    Message(MessageView),
    /// The message whose component was used, as it is now.
    Updated(MessageView),
    /// Nothing that can be seen: the bot has noticed.
    Acknowledged,
    /// A form was opened.
    Form(FormView),
    /// "… is thinking", and nothing came.
    Thinking(MessageView),
    /// "The application did not respond."
    NoResponse(String),
    /// Discord's client would not even send it, for this reason.
    Failed(String),
}

impl Outcome {
    /// The message that is shown, if there is one.
    pub const fn message(&self) -> Option<&MessageView> {
        match self {
            Self::Message(view) | Self::Updated(view) | Self::Thinking(view) => Some(view),
            _ => None,
        }
    }
}

/// A form as a user sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FormView {
    /// The channel in which it was opened.
    pub channel: u64,
    /// The message whose component opened it.
    pub pressed: Option<u64>,
    /// Its title.
    pub title: String,
    /// Its custom id and components, as the bot sent them.
    pub data: Value,
}

/// A choice that autocomplete offers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// What is shown.
    pub name: String,
    /// What is sent.
    pub value: Value,
}

impl Sandbox {
    pub(super) async fn outcome(&self, asked: Result<u64, Refused>) -> Outcome {
        let interaction = match asked {
            Ok(interaction) => interaction,
            Err(Refused(why)) => return Outcome::Failed(why),
        };
        let mut state = self.first_answer(interaction).await;
        if state == InteractionState::Thinking {
            let answered = |discord: &Discord| {
                let state = &discord.interactions.get(&interaction)?.state;
                (*state != InteractionState::Thinking).then(|| state.clone())
            };
            state = self
                .wait_for("the answer", ANNOUNCED, answered)
                .await
                .unwrap_or(state);
        }
        self.read(|discord| seen(discord, interaction, state))
    }

    /// How the interaction stands after the first answer, or after it was too late for one.
    pub(super) async fn first_answer(&self, interaction: u64) -> InteractionState {
        let answered = |discord: &Discord| {
            let state = &discord.interactions.get(&interaction)?.state;
            (*state != InteractionState::Waiting).then(|| state.clone())
        };
        if let Ok(state) = self.wait_for("an answer", FIRST_ANSWER, answered).await {
            return state;
        }
        self.with(|discord| {
            let Some(one) = discord.interactions.get_mut(&interaction) else {
                return InteractionState::Failed;
            };
            if one.state == InteractionState::Waiting {
                one.state = InteractionState::Failed;
            }
            one.state.clone()
        })
    }
}

/// What the user sees of an interaction.
fn seen(discord: &Discord, interaction: u64, state: InteractionState) -> Outcome {
    let Some(one) = discord.interactions.get(&interaction) else {
        return Outcome::NoResponse(NO_RESPONSE.to_owned());
    };
    let original = one.original;
    let message = original.and_then(|(channel, message)| discord.message(channel, message));
    let view = message.map(|one| MessageView::of(discord, one));
    match (state, view) {
        (InteractionState::Answered, Some(view)) => Outcome::Message(view),
        (InteractionState::Updated, Some(view)) => Outcome::Updated(view),
        (InteractionState::Thinking, Some(view)) => Outcome::Thinking(view),
        (InteractionState::Form(data), _) => Outcome::Form(FormView {
            channel: one.channel,
            pressed: one.pressed.map(|(_, message)| message),
            title: data["title"].as_str().unwrap_or_default().to_owned(),
            data,
        }),
        (InteractionState::Failed | InteractionState::Waiting, _) => {
            Outcome::NoResponse(NO_RESPONSE.to_owned())
        }
        // An answer that the bot has deleted again leaves nothing to see.
        _ => Outcome::Acknowledged,
    }
}

//! `/hint`: how to answer the question of this channel or thread.

use serde_json::{Value, json};

use super::Said;
use super::answer::round_here;
use crate::bot::desk::Desk;
use crate::bot::event::Call;
use crate::bot::render::reveal;
use crate::bot::render::user_error::UserError;
use crate::practice::id::GuildId;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "hint",
        "description": "How to answer the question of this channel or thread",
        "contexts": [0],
    })
}

/// The hint for the round of the channel or thread.
pub fn run(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let (_, round) = round_here(desk, call, guild)?;
    pressed(desk, &round.question)
}

/// The hint for a question.
pub fn pressed(desk: &Desk, question: &str) -> Said {
    let found = desk.bank.get(question);
    let question = found.ok_or_else(|| UserError::QuestionNotFound(question.to_owned()))?;
    Ok(reveal::hint(question).ephemeral())
}

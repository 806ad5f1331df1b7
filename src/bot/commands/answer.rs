//! `/answer` and the button "Model answer": the reveal.

use serde_json::{Value, json};

use super::{CommandResult, resolve_team};
use crate::bank::Question;
use crate::bot::context::{BotContext, TeamKey};
use crate::bot::event::{Interaction, InteractionData};
use crate::bot::render::message::Message;
use crate::bot::render::reveal;
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::practice::id::{ChannelId, GuildId};
use crate::practice::round::Round;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "answer",
        "description": "Show the model answer and how to answer",
        "contexts": [0],
        "options": [
            { "type": 3, "name": "question", "description": "Another question of the bank, by its words, id or number", "autocomplete": true },
            { "type": 5, "name": "public", "description": "Show it to everybody" },
        ],
    })
}

/// The answer to the question that was named, or of the round of the channel or thread.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
) -> Result<Response, UserError> {
    let public = interaction.flag("public");
    if let Some(text) = interaction.text("question") {
        let question = find_question(ctx, text)?;
        // The open question is asked for like this as well.
        let here = resolve_round(ctx, interaction, guild).ok();
        let Some((key, round)) = here.filter(|(_, here)| here.question == question.id) else {
            return Ok(if public {
                Response::New(reveal::answer(question))
            } else {
                ctx.answer_cache.ephemeral_answer(question)
            });
        };
        return show(ctx, interaction, key, &round, public).await;
    }
    let (key, round) = resolve_round(ctx, interaction, guild)?;
    show(ctx, interaction, key, &round, public).await
}

/// The button on a daily message, which works also when its round is not known any more.
pub fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    question: &str,
) -> Result<Response, UserError> {
    let question = question_by_id(ctx, question)?;
    let InteractionData::Component { message, .. } = &interaction.data else {
        return Err(UserError::StaleComponent);
    };
    let key = TeamKey {
        guild,
        channel: interaction.channel,
    };
    let spoiled = ctx.read_team(key, |team| {
        let number = team.round_by_message(*message)?.number;
        team.needs_reveal_confirmation(number, interaction.user)
            .then_some(number)
    });
    Ok(match spoiled.flatten() {
        Some(number) => {
            let confirm = reveal::confirm(key.channel, number, false, question);
            Response::New(confirm.ephemeral())
        }
        None => ctx.answer_cache.ephemeral_answer(question),
    })
}

/// "Show it anyway": what that means for the streak is on disk before anything is shown.
pub async fn on_confirm(
    ctx: &BotContext,
    interaction: &Interaction,
    key: TeamKey,
    (number, public, question): (u32, bool, &str),
) -> CommandResult {
    let question = question_by_id(ctx, question)?;
    let now = ctx.clock.now();
    if ctx.read_team(key, |team| {
        team.needs_reveal_confirmation(number, interaction.user)
    }) == Some(true)
    {
        let _awaited_below = ctx.update_team(key, |team| team.peek(number, interaction.user, now));
    }
    // Also who presses again must not see it before the look is on disk.
    let settled = ctx.store.latest_commit(key.guild).wait().await;
    settled.map_err(|_| UserError::SaveFailed)?;
    if !public {
        return Ok(reveal::answer(question));
    }
    let round = ctx.read_team(key, |team| team.round(number).map(RoundRef::new));
    let round = round.flatten().ok_or(UserError::StaleComponent)?;
    publish(ctx, key, &round, question).await
}

async fn show(
    ctx: &BotContext,
    interaction: &Interaction,
    key: TeamKey,
    round: &RoundRef,
    public: bool,
) -> Result<Response, UserError> {
    let question = question_by_id(ctx, &round.question)?;
    if ctx.read_team(key, |team| {
        team.needs_reveal_confirmation(round.number, interaction.user)
    }) == Some(true)
    {
        let confirm = reveal::confirm(key.channel, round.number, public, question);
        return Ok(Response::New(confirm.ephemeral()));
    }
    if !public {
        return Ok(ctx.answer_cache.ephemeral_answer(question));
    }
    let message = if round.thread == Some(interaction.channel) {
        reveal::answer(question)
    } else {
        publish(ctx, key, round, question).await?.ephemeral()
    };
    Ok(Response::New(message))
}

/// Posts the answer where the team talks about the round.
async fn publish(
    ctx: &BotContext,
    key: TeamKey,
    round: &RoundRef,
    question: &Question,
) -> CommandResult {
    let place = round.thread.unwrap_or(key.channel);
    ctx.rest
        .send_message(place, &reveal::answer(question))
        .await
        .map_err(|failure| {
            UserError::Discord(format!("The answer could not be posted. {failure}."))
        })?;
    Ok(Message::text(format!(
        "The answer is in <#{place}> for everybody."
    )))
}

/// What a reveal needs of a round: a whole one has a list of all who replied.
pub struct RoundRef {
    number: u32,
    /// The id of its question.
    pub question: String,
    thread: Option<ChannelId>,
}

impl RoundRef {
    fn new(round: &Round) -> Self {
        Self {
            number: round.number,
            question: round.question.clone(),
            thread: round.thread_id(),
        }
    }
}

/// The round of the thread a call comes from, or the newest one of the team.
pub fn resolve_round(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
) -> Result<(TeamKey, RoundRef), UserError> {
    let key = resolve_team(ctx, interaction, guild)?;
    let round = ctx.read_team(key, |team| {
        let of_thread = team.round_by_message(interaction.channel.starter_message());
        of_thread.or_else(|| team.open_round()).map(RoundRef::new)
    });
    Ok((key, round.flatten().ok_or(UserError::RoundNotFound)?))
}

fn question_by_id<'a>(ctx: &'a BotContext, id: &str) -> Result<&'a Question, UserError> {
    ctx.bank
        .get(id)
        .ok_or_else(|| UserError::QuestionNotFound(id.to_owned()))
}

/// A question by its id, or else the best match for what somebody typed without picking.
fn find_question<'a>(ctx: &'a BotContext, text: &str) -> Result<&'a Question, UserError> {
    let found = ctx.bank.get(text.trim());
    let found = found.or_else(|| ctx.bank.search(text, 1).first().copied());
    found.ok_or_else(|| UserError::QuestionNotFound(text.to_owned()))
}

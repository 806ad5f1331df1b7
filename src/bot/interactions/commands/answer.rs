//! `/answer` and the model-answer button: the reveal.

use serde_json::{Value, json};

use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, question_by_id, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Interaction, InteractionData};
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice, Response};
use crate::bot::render::message::Message;
use crate::bot::render::reveal;
use crate::bot::render::text::truncate;
use crate::bot::render::user_error::UserError;
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::round::Round;
use quizloop_store::{LoadedGuild, LoadedTeam};

/// Maximum length of a choice's name, in characters (Discord docs,
/// interactions/application-commands, "Option Choice").
const CHOICE_NAME_MAX: usize = 100;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "answer",
    description: "Show the model answer",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[("question", question_choices)],
        visibility: Visibility::ByHandler,
        help: Help::QuestionLine(|| {
            "`/answer` shows the model answer, and `/hint` a hint. The buttons on the question do the same.".into()
        }),
        handler: CommandHandler::Cached(|ctx, interaction, guild| {
            Box::pin(run(ctx, interaction, guild))
        }),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "question", "description": "Another question: type some of its words, its id or its number", "autocomplete": true }),
        json!({ "type": 5, "name": "public", "description": "Show it to everyone" }),
    ]
}

fn question_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    let choice = |question: &&Question| AutocompleteChoice {
        name: truncate(
            &format!(
                "{:03} · {}",
                question.number,
                question.question.replace('`', "")
            ),
            CHOICE_NAME_MAX,
        ),
        value: question.id.clone(),
    };
    let found = ctx.questions(guild).search(typed, AUTOCOMPLETE_CHOICES_MAX);
    found.iter().map(choice).collect()
}

/// Shows the answer to the question that the member named, or of the round of the channel or
/// thread.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<Response, UserError> {
    let public = interaction.flag("public");
    if let Some(text) = interaction.text("question") {
        let question = find_question(ctx, guild.id(), text)?;
        // The named question may be that of the round, for which the rules of the reveal apply.
        let current = resolve_round(interaction, guild).ok();
        let Some((team, round)) = current.filter(|(_, round)| round.question == question.id) else {
            return Ok(if public {
                Response::New(reveal::answer(question))
            } else {
                ctx.answer_cache.ephemeral_answer(question)
            });
        };
        return show(ctx, interaction, &team, &round, public).await;
    }
    let (team, round) = resolve_round(interaction, guild)?;
    show(ctx, interaction, &team, &round, public).await
}

/// Handles the button on a daily message. It also works if the round is not stored any more.
pub fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &str,
) -> Result<Response, UserError> {
    let question = question_by_id(ctx, guild.id(), question)?;
    let InteractionData::Component { message, .. } = &interaction.data else {
        return Err(UserError::StaleComponent);
    };
    let team = guild.team(interaction.channel);
    let unconfirmed_round = team.read(|team| {
        let number = team.round_by_message(*message)?.number;
        team.needs_reveal_confirmation(number, interaction.user)
            .then_some(number)
    });
    Ok(match unconfirmed_round.flatten() {
        Some(number) => {
            let confirm = reveal::confirm(team.channel(), number, false, question);
            Response::New(confirm.ephemeral())
        }
        None => ctx.answer_cache.ephemeral_answer(question),
    })
}

/// A confirmed request to show the answer of a round.
pub struct RevealRequest<'a> {
    /// The number of the round.
    pub round: u32,
    /// Whether everybody sees the answer.
    pub public: bool,
    /// Question id.
    pub question: &'a str,
}

/// Shows the answer after a confirmation. The peek is durable before the answer is sent.
pub async fn on_confirm(
    ctx: &BotContext,
    interaction: &Interaction,
    team: &LoadedTeam,
    request: RevealRequest<'_>,
) -> CommandResult {
    let number = request.round;
    let question = question_by_id(ctx, team.guild().id(), request.question)?;
    let now = ctx.clock.now();
    if team.read(|team| team.needs_reveal_confirmation(number, interaction.user)) == Some(true) {
        let _awaited_below = team.update(|team| team.peek(number, interaction.user, now));
    }
    // The latest commit, not that of the peek: after a second press the peek is stored already but
    // may not be durable yet. Example: press, failed save, press again. Without this wait the
    // second press would show the answer, and after a crash the streak would not know about it.
    let saved = team.guild().latest_commit().wait().await;
    saved.map_err(|_| UserError::SaveFailed)?;
    if !request.public {
        return Ok(reveal::answer(question));
    }
    let round = team.read(|team| team.round(number).map(RoundRef::new));
    let round = round.flatten().ok_or(UserError::StaleComponent)?;
    publish(ctx, team, &round, question).await
}

async fn show(
    ctx: &BotContext,
    interaction: &Interaction,
    team: &LoadedTeam,
    round: &RoundRef,
    public: bool,
) -> Result<Response, UserError> {
    let question = question_by_id(ctx, team.guild().id(), &round.question)?;
    if team.read(|team| team.needs_reveal_confirmation(round.number, interaction.user))
        == Some(true)
    {
        let confirm = reveal::confirm(team.channel(), round.number, public, question);
        return Ok(Response::New(confirm.ephemeral()));
    }
    if !public {
        return Ok(ctx.answer_cache.ephemeral_answer(question));
    }
    let message = if round.thread == Some(interaction.channel) {
        reveal::answer(question)
    } else {
        publish(ctx, team, round, question).await?.ephemeral()
    };
    Ok(Response::New(message))
}

/// Posts the answer in the round's thread, or in the team's channel if there is no thread.
async fn publish(
    ctx: &BotContext,
    team: &LoadedTeam,
    round: &RoundRef,
    question: &Question,
) -> CommandResult {
    let place = round.thread.unwrap_or(team.channel());
    ctx.rest
        .send_message(place, &reveal::answer(question))
        .await
        .map_err(|failure| {
            UserError::Discord(format!("The answer couldn't be posted: {failure}."))
        })?;
    Ok(Message::text(format!(
        "The answer is now in <#{place}> for everyone."
    )))
}

/// The parts of a round that a reveal needs: a whole round contains all members who replied.
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

/// Returns the round of the thread in which an interaction was sent, or else the team's open round.
pub fn resolve_round(
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<(LoadedTeam, RoundRef), UserError> {
    let team = resolve_team(interaction, guild)?;
    let round = team.read(|team| {
        let of_thread = team.round_by_message(interaction.channel.starter_message());
        of_thread.or_else(|| team.open_round()).map(RoundRef::new)
    });
    Ok((team, round.flatten().ok_or(UserError::RoundNotFound)?))
}

/// Returns a question by its id, or else the best match for a text typed without choosing a
/// suggestion.
fn find_question<'a>(
    ctx: &'a BotContext,
    guild: GuildId,
    text: &str,
) -> Result<&'a Question, UserError> {
    let questions = ctx.questions(guild);
    let found = questions.get(text.trim());
    let found = found.or_else(|| questions.search(text, 1).first().copied());
    found.ok_or_else(|| UserError::QuestionNotFound(text.to_owned()))
}

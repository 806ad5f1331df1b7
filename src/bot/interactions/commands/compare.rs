//! "Compare with the model answer": a message command on one's own reply.
//!
//! Discord sends the text of the message with the command, so the message content intent is not
//! needed. The text is only shown: it is on the response and nowhere else.

use super::answer::{confirmation, private_answer};
use super::message_command::MessageCommand;
use super::question_by_id;
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::{IncomingMessage, Interaction, TargetMessage};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::response::Response;
use crate::bot::render::reveal::{OpenAnswer, written_answer};
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_core::id::{MessageId, UserId};
use quizloop_store::LoadedGuild;

pub static COMMAND: MessageCommand = MessageCommand {
    name: "Compare with the model answer",
    label: "compare",
    help: || {
        "To see your reply above the key points, open its menu and choose *Apps*, then *Compare \
         with the model answer*."
            .into()
    },
    handler: run,
};

/// Shows the member's reply above the first page of the model answer.
fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    target: &TargetMessage,
) -> Result<Response, UserError> {
    let round = guild.read(|state| replied_round(state, interaction.user, &target.message));
    let round = round.flatten().ok_or(UserError::NotOwnReply)?;
    let question = &*question_by_id(ctx, guild.id(), &round.question)?;
    if let Some(confirm) = confirmation(interaction, guild, question) {
        return Ok(Response::New(confirm));
    }
    let open = OpenAnswer {
        question,
        page: AnswerPage::Short,
        public: false,
        round: Some(round.message),
    };
    let answer = private_answer(ctx, interaction, guild, open);
    Ok(Response::Cached(
        answer.content(written_answer(&target.text)).ephemeral(),
    ))
}

/// The round to which a message is a reply.
struct RepliedRound {
    message: MessageId,
    question: String,
}

/// Returns the round to which a member's own message is a reply: the one of its thread, or that of
/// the daily message to which it replies.
fn replied_round(guild: &Guild, member: UserId, message: &IncomingMessage) -> Option<RepliedRound> {
    if !message.may_be_reply || message.author != member {
        return None;
    }
    let team = team_for_channel(guild, message.channel)?;
    let of_thread = team.round_by_message(message.channel.starter_message());
    let round = of_thread.or_else(|| team.round_by_message(message.reply_to?))?;
    Some(RepliedRound {
        message: round.message?,
        question: round.question.clone(),
    })
}

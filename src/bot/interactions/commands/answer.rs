//! `/answer` and the model-answer button: the reveal.

use serde_json::{Value, json};

use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{assessment, question_by_id, resolve_team};
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::{Interaction, InteractionData};
use crate::bot::interactions::answer_cache::CachedMessage;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice, Response};
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::message::Message;
use crate::bot::render::remind::reply_button;
use crate::bot::render::reveal::{self, OpenAnswer, RoundPlace};
use crate::bot::render::text::truncate;
use crate::bot::render::user_error::UserError;
use quizloop_bank::{GuildQuestions, Question, QuestionRef};
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, MessageId};
use quizloop_core::reveal_guard::GuardedRound;
use quizloop_store::LoadedGuild;

/// Maximum length of a choice's name, in characters (Discord docs,
/// interactions/application-commands, "Option Choice").
const CHOICE_NAME_MAX: usize = 100;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "answer",
    description: "Show the model answer",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[("question", Autocomplete::InGuild(question_choices))],
        visibility: Visibility::ByHandler,
        help: Help::QuestionLine(|| {
            "`/answer` shows the model answer, first its key points, and `/hint` how to go about it without giving it away. The buttons on the question do the same. Below the answer, tick what your reply said, and `/quiz` brings the question back in time.".into()
        }),
        handler: CommandHandler::Cached(run),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "question", "description": "Another question: type some of its words, its id or its number", "autocomplete": true }),
        json!({ "type": 5, "name": "public", "description": "Show it to everyone" }),
    ]
}

pub fn question_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    choices_among(ctx, guild, typed, |questions, one| {
        questions.is_enabled(&one.id)
    })
}

/// Returns suggestions for a question among those for which `filter` returns true.
pub fn choices_among(
    ctx: &BotContext,
    guild: GuildId,
    typed: &str,
    filter: impl Fn(&GuildQuestions, &Question) -> bool,
) -> Vec<AutocompleteChoice> {
    let questions = ctx.questions(guild);
    let choice = |(question, level): (&Question, LevelDisplay)| AutocompleteChoice {
        name: choice_name(question, level),
        value: question.id.clone(),
    };
    let found = search(ctx, guild, &questions, typed, |one| filter(&questions, one));
    found.into_iter().map(choice).collect()
}

/// Returns the questions that match a text, the best first. A question whose level and topic are
/// hidden is found by words of its text alone, and not by its topic or number.
///
/// Which questions that is, is unknown while the guild is not in memory: suggestions wait for it only
/// for a short time. Until then, all questions are searched like hidden ones.
fn search<'q>(
    ctx: &BotContext,
    guild: GuildId,
    questions: &'q GuildQuestions,
    typed: &str,
    filter: impl Fn(&Question) -> bool,
) -> Vec<(&'q Question, LevelDisplay)> {
    let loaded = ctx.store.loaded(guild);
    let hidden = loaded.map(|guild| guild.read_or_empty(Guild::hidden_questions));
    let level = |question: &Question| {
        let is_hidden = hidden.as_ref().is_none_or(|ids| ids.contains(&question.id));
        LevelDisplay::hidden_if(is_hidden)
    };
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let is_found = |question: &Question| {
        level(question) == LevelDisplay::Shown || has_all_words(question, &words)
    };
    let matches = |question: &Question| filter(question) && is_found(question);
    let found = questions.search_among(typed, AUTOCOMPLETE_CHOICES_MAX, matches);
    let with_level = found
        .into_iter()
        .map(|question| (question, level(question)));
    with_level.collect()
}

/// Whether the text of a question has all of the words, and there is one. With only some of them, a
/// member could add the name of a topic to a word of the question, and see from the result whether it
/// is the topic.
fn has_all_words(question: &Question, words: &[String]) -> bool {
    let text = question.question.to_lowercase();
    !words.is_empty() && words.iter().all(|word| text.contains(word))
}

/// Returns the number, if the question has one, and the beginning of its text.
fn choice_name(question: &Question, level: LevelDisplay) -> String {
    let text = question.question.replace('`', "");
    // Neighbouring numbers have the same topic.
    let number = question.number_label();
    let name = match number.filter(|_| level == LevelDisplay::Shown) {
        Some(number) => format!("{number} · {text}"),
        None => text,
    };
    truncate(&name, CHOICE_NAME_MAX)
}

/// Shows the answer to the question that the member named, or of the round of the channel or
/// thread.
pub fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<Response, UserError> {
    let question: &Question = &*match interaction.text("question") {
        Some(text) => find_question(ctx, guild.id(), text)?,
        None => question_by_id(ctx, guild.id(), &resolve_question(interaction, guild)?)?,
    };
    if !interaction.flag("public") {
        return Ok(confirm_or_answer(ctx, interaction, guild, question));
    }
    if is_open(guild, question) {
        return Err(UserError::QuestionOpen);
    }
    let open = OpenAnswer {
        question,
        page: AnswerPage::Short,
        public: true,
        round: round_of_question(interaction, guild, question),
    };
    Ok(Response::New(open.public_message()))
}

/// Handles the button on a daily message. It also works if the round is not stored any more.
pub fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &str,
) -> Result<Response, UserError> {
    let question = &*question_by_id(ctx, guild.id(), question)?;
    Ok(confirm_or_answer(ctx, interaction, guild, question))
}

fn confirm_or_answer(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &Question,
) -> Response {
    if let Some(confirm) = confirmation(interaction, guild, question) {
        return Response::New(confirm);
    }
    let open = first_page(interaction, guild, question);
    let answer = private_answer(ctx, interaction, guild, open);
    Response::Cached(answer.content("").ephemeral())
}

fn first_page<'q>(
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &'q Question,
) -> OpenAnswer<'q> {
    OpenAnswer {
        question,
        page: AnswerPage::Short,
        public: false,
        round: round_of_question(interaction, guild, question),
    }
}

/// Returns a page of the answer with the components for this member.
pub fn private_answer(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    open: OpenAnswer<'_>,
) -> CachedMessage {
    let member = assessment::member_part(ctx, interaction, guild, open);
    ctx.answer_cache.answer(open, member)
}

/// Returns the message of the round whose answer the member asks for: of the thread, of the message
/// with the button, or else the team's newest round with that question.
fn round_of_question(
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &Question,
) -> Option<MessageId> {
    let pressed = match &interaction.data {
        InteractionData::Component { message, .. } => Some(*message),
        _ => None,
    };
    let of_thread = interaction.channel.starter_message();
    guild.read(|state| {
        let team = team_for_channel(state, interaction.channel)?;
        let named = [Some(of_thread), pressed].into_iter().flatten();
        let mut named = named.filter_map(|message| team.round_by_message(message));
        let round = named
            .find(|round| round.question == question.id)
            .or_else(|| {
                let mut newest_first = team.posted_rounds().rev();
                newest_first.find(|round| round.question == question.id)
            })?;
        round.message
    })?
}

/// A press of a button that turns to a page.
#[derive(Debug, Clone, Copy)]
pub struct PageTurn<'a> {
    pub page: AnswerPage,
    /// Whether everybody sees the message with the button.
    pub public: bool,
    /// The message of the round, if the button knows it.
    pub round: Option<MessageId>,
    /// Question id.
    pub question: &'a str,
}

/// Turns to a page. The question may be open again, so the member may have to confirm first.
pub fn on_page_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    turn: PageTurn<'_>,
) -> Result<Response, UserError> {
    let question = &*question_by_id(ctx, guild.id(), turn.question)?;
    if let Some(confirm) = confirmation(interaction, guild, question) {
        return Ok(Response::New(confirm));
    }
    let open = OpenAnswer {
        question,
        page: turn.page,
        public: false,
        round: turn.round,
    };
    let answer = private_answer(ctx, interaction, guild, open);
    Ok(if turn.public {
        Response::Cached(answer.content("").ephemeral())
    } else {
        Response::CachedUpdate(answer)
    })
}

/// Returns the message in which the member must confirm before they see the answer; `None` if they
/// may see it. Every handler that shows an answer calls this first.
pub fn confirmation(
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &Question,
) -> Option<Message> {
    guild.read(|state| {
        let guarded = state.guarded_rounds(&question.id, interaction.user);
        let here = team_for_channel(state, interaction.channel).map(|team| team.channel);
        let round_here = guarded.iter().find(|round| Some(round.channel) == here);
        let round = round_here.or_else(|| guarded.first())?;
        let (place, reply) = match round_here {
            Some(round) => {
                let open = state.team(round.channel)?.open_round();
                let reply = open.and_then(|open| reply_button(state.id(), round.channel, open));
                (RoundPlace::Here, reply)
            }
            None => (RoundPlace::Elsewhere, None),
        };
        Some(reveal::confirm(*round, place, reply, question).ephemeral())
    })?
}

fn is_open(guild: &LoadedGuild, question: &Question) -> bool {
    let open = guild.read(|state| state.is_question_open(&question.id));
    open.unwrap_or(false)
}

/// A confirmed request to show an answer.
pub struct RevealRequest<'a> {
    /// The round that the confirmation named.
    pub round: GuardedRound,
    /// Whether everybody sees the answer. Only buttons of earlier versions ask for that.
    pub public: bool,
    /// Question id.
    pub question: &'a str,
}

/// Shows the answer after a confirmation. The peek is durable before the answer is sent.
pub async fn on_confirm(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    request: RevealRequest<'_>,
) -> Result<Response, UserError> {
    let question = &*question_by_id(ctx, guild.id(), request.question)?;
    if request.public {
        let open = is_open(guild, question);
        return Err(if open {
            UserError::QuestionOpen
        } else {
            UserError::StaleComponent
        });
    }
    let member = interaction.user;
    let guarded = guild.read(|state| state.guarded_rounds(&question.id, member));
    let guarded = guarded.unwrap_or_default();
    if guarded.contains(&request.round) {
        let at = interaction.created_at();
        let _awaited_below = guild.update(|state| state.peek(&question.id, member, at));
    } else if !guarded.is_empty() {
        // The button is of an earlier round, and the question is open again.
        let confirm = confirmation(interaction, guild, question);
        return confirm
            .map(Response::Update)
            .ok_or(UserError::StaleComponent);
    }
    // The latest commit, not that of the peek: after a second press the peek is stored already but
    // may not be durable yet. Example: press, failed save, press again. Without this wait the
    // second press would show the answer, and after a crash the streak would not know about it.
    let saved = guild.latest_commit().wait().await;
    saved.map_err(|_| UserError::SaveFailed)?;
    let open = first_page(interaction, guild, question);
    let answer = private_answer(ctx, interaction, guild, open);
    // The text of the confirmation goes.
    Ok(Response::CachedUpdate(answer.content("")))
}

/// Returns the id of the question of the thread in which an interaction was sent, or else of the
/// team's open round.
pub fn resolve_question(
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<String, UserError> {
    let team = resolve_team(interaction, guild)?;
    let question = team.read(|team| {
        let of_thread = team.round_by_message(interaction.channel.starter_message());
        let round = of_thread.or_else(|| team.open_round())?;
        Some(round.question.clone())
    });
    question.flatten().ok_or(UserError::RoundNotFound)
}

/// Returns a question by its id, or else the best match for a text typed without choosing a
/// suggestion.
pub fn find_question(
    ctx: &BotContext,
    guild: GuildId,
    text: &str,
) -> Result<QuestionRef, UserError> {
    let questions = ctx.questions(guild);
    let is_enabled = |question: &Question| questions.is_enabled(&question.id);
    let best = || {
        let found = search(ctx, guild, &questions, text, is_enabled);
        questions.find(&found.first()?.0.id)
    };
    let found = questions.find(text.trim()).or_else(best);
    found.ok_or_else(|| UserError::QuestionNotFound(text.to_owned()))
}

//! The slash commands and buttons: one file a command, with its definition and its handler.
//!
//! Handlers take the desk and a plain `Call`; what they say comes from [`super::render`].

mod answer;
mod help;
mod hint;
mod leaderboard;
mod privacy;
mod progress;
mod question_reports;
mod quiz;
mod remind;
mod remove;
mod settings;
pub mod setup;
mod streak;
mod team;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::context::{BotContext, TeamKey, team_for_channel};
use super::custom_id::{ComponentId, ModalId, PrivacyAction};
use super::event::{Interaction, InteractionData};
use super::render::message::Message;
use super::render::text::truncate;
use super::render::user_error::UserError;
use super::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice, Response};
use crate::bank::Question;
use crate::practice::id::GuildId;
use crate::store::{GuildPin, LoadError};

/// The longest name of a choice (Discord docs, interactions/application-commands, "Option Choice").
const CHOICE_NAME_MAX: usize = 100;

/// What a handler gives: a message, or the reason why there is none.
pub type CommandResult = Result<Message, UserError>;

/// All commands in Discord's form, for the bulk registration.
pub fn definitions() -> Value {
    json!([
        quiz::definition(),
        answer::definition(),
        hint::definition(),
        streak::definition(),
        leaderboard::definition(),
        progress::definition(),
        remind::definition(),
        privacy::definition(),
        help::definition(),
        setup::definition(),
        team::definition(),
    ])
}

/// The answer to a call.
pub async fn respond(ctx: &BotContext, interaction: &Interaction) -> Response {
    let _pin = match pin_guild(ctx, interaction).await {
        Ok(pin) => pin,
        Err(error) => return Response::New(error.message()),
    };
    match &interaction.data {
        InteractionData::Command(name) => or_user_error(on_command(ctx, interaction, name).await),
        InteractionData::Component {
            custom_id, values, ..
        } => on_component(ctx, interaction, custom_id, values).await,
        InteractionData::ModalSubmit {
            custom_id, values, ..
        } => on_modal(ctx, interaction, custom_id, values).await,
        InteractionData::Autocomplete {
            command,
            option,
            typed,
        } => Response::Autocomplete(autocomplete(ctx, command, option, typed)),
    }
}

/// Keeps the guild in memory for as long as it is needed, if it is needed.
async fn pin_guild(
    ctx: &BotContext,
    interaction: &Interaction,
) -> Result<Option<GuildPin>, UserError> {
    // Suggestions and forms come from the bank alone, and neither can be announced and filled in later.
    let needs_none = match &interaction.data {
        InteractionData::Autocomplete { .. } => true,
        InteractionData::Component { custom_id, .. } => {
            ComponentId::parse(custom_id).is_some_and(|press| press.opens_modal())
        }
        InteractionData::Command(_) | InteractionData::ModalSubmit { .. } => false,
    };
    let Some(guild) = interaction.guild.filter(|_| !needs_none) else {
        return Ok(None);
    };
    match ctx.store.load(guild).await {
        Ok(pin) => Ok(Some(pin)),
        // What was asked just before a server became another process's must not be answered as if nothing were known
        // of it.
        Err(LoadError::Unavailable) => Err(UserError::OwnedElsewhere),
        Err(LoadError::Database(error)) => {
            tracing::warn!(%guild, %error, "a server can't be fetched; a member is told to try again");
            Err(UserError::LoadFailed)
        }
    }
}

/// The names of all commands, for counting.
const COMMAND_NAMES: [&str; 11] = [
    "quiz",
    "answer",
    "hint",
    "streak",
    "leaderboard",
    "progress",
    "remind",
    "privacy",
    "help",
    "setup",
    "team",
];

/// A word for what was asked, one of a fixed list: what Discord or a member sends never gets into a label.
pub fn metric_label(ask: &InteractionData) -> &'static str {
    match ask {
        InteractionData::Command(name) => {
            let first = name.split(' ').next().unwrap_or_default();
            COMMAND_NAMES
                .into_iter()
                .find(|name| *name == first)
                .unwrap_or("other")
        }
        InteractionData::Component { .. } => "button",
        InteractionData::ModalSubmit { .. } => "form",
        InteractionData::Autocomplete { .. } => "suggest",
    }
}

/// Whether pressing that button changes the message it is on.
pub fn component_updates_message(custom_id: &str) -> bool {
    matches!(
        ComponentId::parse(custom_id),
        Some(
            ComponentId::Reveal { .. }
                | ComponentId::Quiz { .. }
                | ComponentId::Privacy(
                    PrivacyAction::Hide
                        | PrivacyAction::Show
                        | PrivacyAction::Delete
                        | PrivacyAction::DeleteForGood
                )
                | ComponentId::Remove { .. }
                | ComponentId::PostNow { .. }
                | ComponentId::Reports { .. }
                | ComponentId::CloseReport { .. }
        )
    )
}

/// Whether sending that form changes the message whose button opened it.
pub fn modal_updates_message(custom_id: &str) -> bool {
    match ModalId::parse(custom_id) {
        Some(ModalId::Quiz(_)) => true,
        Some(ModalId::Report { .. }) | None => false,
    }
}

async fn on_command(
    ctx: &BotContext,
    interaction: &Interaction,
    name: &str,
) -> Result<Response, UserError> {
    let guild = interaction.guild.ok_or(UserError::GuildOnly)?;
    let result = match name {
        "quiz" => quiz::run(ctx, interaction, guild),
        "answer" => return answer::run(ctx, interaction, guild).await,
        "hint" => hint::run(ctx, interaction, guild),
        "streak" => streak::run(ctx, interaction, guild),
        "leaderboard" => leaderboard::run(ctx, interaction, guild),
        "progress" => progress::run(ctx, interaction, guild).await,
        "privacy" => Ok(privacy::run(ctx, interaction, guild)),
        "help" => Ok(super::render::help::help(interaction.is_admin).ephemeral()),
        name if name.starts_with("remind ") => remind::run(ctx, interaction, guild, name).await,
        "setup" => setup::run(ctx, interaction, guild).await,
        other => team::run(ctx, interaction, guild, other).await,
    };
    result.map(Response::New)
}

async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    custom_id: &str,
    values: &[String],
) -> Response {
    let (Some(press), Some(guild)) = (ComponentId::parse(custom_id), interaction.guild) else {
        return reply(Err(UserError::StaleComponent));
    };
    match press {
        ComponentId::Hint { question } => reply(hint::on_button(ctx, &question)),
        ComponentId::Answer { question } => {
            or_user_error(answer::on_button(ctx, interaction, guild, &question))
        }
        ComponentId::Streak => reply(streak::run(ctx, interaction, guild)),
        ComponentId::Reveal {
            channel,
            round,
            public,
            question,
        } => {
            let key = TeamKey { guild, channel };
            update_message(
                answer::on_confirm(ctx, interaction, key, (round, public, &question)).await,
            )
        }
        ComponentId::Quiz {
            action: step,
            state: at,
        } => quiz::on_component(ctx, interaction, guild, (step, &at), values).await,
        ComponentId::Privacy(step) => privacy::on_button(ctx, interaction, guild, step).await,
        ComponentId::Report { question } => question_reports::open_modal(ctx, &question),
        ComponentId::Reports { page } => {
            update_message(question_reports::list(ctx, interaction, guild, page))
        }
        ComponentId::CloseReport { page } => {
            update_message(question_reports::close(ctx, interaction, guild, (page, values)).await)
        }
        ComponentId::PostNow { channel } => {
            update_message(team::post_now(ctx, interaction, TeamKey { guild, channel }).await)
        }
        ComponentId::Remove { channel } => {
            update_message(remove::on_confirm(ctx, interaction, TeamKey { guild, channel }).await)
        }
    }
}

/// What is done with a form.
async fn on_modal(
    ctx: &BotContext,
    interaction: &Interaction,
    custom_id: &str,
    written: &HashMap<String, String>,
) -> Response {
    match ModalId::parse(custom_id) {
        Some(ModalId::Quiz(at)) => {
            let text = written.get(super::render::quiz::ANSWER_FIELD);
            update_message(quiz::on_written_answer(
                ctx,
                &at,
                text.map_or("", String::as_str),
            ))
        }
        Some(ModalId::Report { question }) => {
            reply(question_reports::on_submit(ctx, interaction, &question, written).await)
        }
        None => reply(Err(UserError::StaleComponent)),
    }
}

fn reply(result: CommandResult) -> Response {
    or_user_error(result.map(Response::New))
}

/// A response, or the refusal as a new message.
fn or_user_error(result: Result<Response, UserError>) -> Response {
    result.unwrap_or_else(|error| Response::New(error.message()))
}

/// A message that takes the place of the one with the button; a refusal comes beside it.
fn update_message(result: CommandResult) -> Response {
    match result {
        Ok(message) => Response::Update(message),
        Err(error) => Response::New(error.message()),
    }
}

fn autocomplete(
    ctx: &BotContext,
    command: &str,
    option: &str,
    typed: &str,
) -> Vec<AutocompleteChoice> {
    match (command, option) {
        ("answer", "question") => {
            question_choices(&ctx.bank.search(typed, AUTOCOMPLETE_CHOICES_MAX))
        }
        (_, "topic") => topic_choices(ctx, typed),
        (_, "timezone") => setup::zone_choices(typed),
        (_, "days") => setup::day_choices(typed),
        _ => Vec::new(),
    }
}

fn question_choices(found: &[&Question]) -> Vec<AutocompleteChoice> {
    let suggestion = |question: &&Question| AutocompleteChoice {
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
    found.iter().map(suggestion).collect()
}

fn topic_choices(ctx: &BotContext, typed: &str) -> Vec<AutocompleteChoice> {
    let typed = typed.to_lowercase().replace(' ', "-");
    let fits = |topic: &&str| topic.contains(&typed);
    let suggestion = |topic: &str| AutocompleteChoice {
        name: super::render::daily::topic_label(topic),
        value: topic.to_owned(),
    };
    ctx.bank
        .topics()
        .filter(fits)
        .take(AUTOCOMPLETE_CHOICES_MAX)
        .map(suggestion)
        .collect()
}

/// The team a call is about: the one it names, the one of the channel or thread it comes from, or the
/// only one of the guild.
fn resolve_team(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
) -> Result<TeamKey, UserError> {
    let chosen = interaction.channel("channel");
    let found = ctx.store.read(guild, |state| {
        if let Some(chosen) = chosen {
            return state
                .team(chosen)
                .map(|team| team.channel)
                .ok_or(UserError::TeamNotFound);
        }
        if let Some(team) = team_for_channel(state, interaction.channel) {
            return Ok(team.channel);
        }
        match state.teams().keys().collect::<Vec<_>>().as_slice() {
            [] => Err(UserError::TeamNotFound),
            [only] => Ok(**only),
            _ => Err(UserError::AmbiguousTeam),
        }
    });
    let channel = found.unwrap_or(Err(UserError::TeamNotFound))?;
    Ok(TeamKey { guild, channel })
}

fn require_admin(interaction: &Interaction) -> Result<(), UserError> {
    if interaction.is_admin {
        Ok(())
    } else {
        Err(UserError::AdminsOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_label_and_nothing_else_has_one() {
        for definition in definitions().as_array().unwrap() {
            let name = definition["name"].as_str().unwrap();
            let with_subcommand = format!("{name} status");
            assert_eq!(
                metric_label(&InteractionData::Command(with_subcommand)),
                name
            );
        }
        assert_eq!(
            metric_label(&InteractionData::Command("streak\"} 1".into())),
            "other"
        );
    }
}

//! The options of `/setup` and `/team settings`, derived from the table of team settings.

use jiff::civil::Time;
use serde_json::{Value, json};

use super::slash_command::Autocomplete;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice};
use crate::bot::question_pool::question_pool;
use crate::bot::render::text::quote;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::GuildId;
use quizloop_core::programme::Programme;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::TeamSettings;
use quizloop_core::team_settings::{
    self, SettingError, SettingKind, SettingOption, TEAM_SETTINGS, TeamSetting,
};

/// What to do in place of choosing @everyone. Discord lists it among the roles, with the server's
/// id (Discord docs, topics/permissions, "Role Object"), and a mention of it as a role notifies
/// nobody.
const EVERYONE: &str = "\
    pick another role. If a bot mentions \\@everyone as a role, Discord notifies nobody. Make a role for the \
    team in Server Settings › Roles, give it to the members, and pick that one.";

/// The suggestions for the options.
pub const AUTOCOMPLETE: &[(&str, Autocomplete)] = &[
    ("timezone", |ctx, guild, typed| {
        suggest(ctx, guild, "timezone", typed)
    }),
    ("days", |ctx, guild, typed| {
        suggest(ctx, guild, "days", typed)
    }),
    ("levels", |ctx, guild, typed| {
        suggest(ctx, guild, "levels", typed)
    }),
    ("topics", |ctx, guild, typed| {
        suggest(ctx, guild, "topics", typed)
    }),
    ("sources", |ctx, guild, typed| {
        suggest(ctx, guild, "sources", typed)
    }),
    ("order", |ctx, guild, typed| {
        suggest(ctx, guild, "order", typed)
    }),
];

fn suggest(ctx: &BotContext, guild: GuildId, key: &str, typed: &str) -> Vec<AutocompleteChoice> {
    let questions = ctx.questions(guild);
    let pool = question_pool(&questions);
    let suggest = team_settings::find(key).and_then(TeamSetting::suggest);
    suggest.map_or_else(Vec::new, |suggest| {
        let suggestions = suggest(&pool, typed, AUTOCOMPLETE_CHOICES_MAX).into_iter();
        suggestions
            .map(|suggestion| AutocompleteChoice {
                name: suggestion.name,
                value: suggestion.value,
            })
            .collect()
    })
}

/// Returns the options of `/setup` as Discord's JSON.
pub fn setup_options() -> Vec<Value> {
    let options = all_options().filter(|(_, option)| option.in_setup);
    options
        .map(|(setting, option)| {
            let mut definition = definition(setting, option);
            if setting.is_required {
                definition["required"] = true.into();
            }
            definition
        })
        .collect()
}

/// Returns the options of `/team settings` as Discord's JSON.
pub fn all_definitions() -> Vec<Value> {
    all_options()
        .map(|(setting, option)| definition(setting, option))
        .collect()
}

fn all_options() -> impl Iterator<Item = (&'static TeamSetting, &'static SettingOption)> {
    TEAM_SETTINGS
        .iter()
        .flat_map(|setting| setting.options().map(move |option| (setting, option)))
}

/// Returns an option as Discord's JSON.
fn definition(setting: &TeamSetting, option: &SettingOption) -> Value {
    let mut definition = match &setting.kind {
        SettingKind::Text { max_length, .. } => match max_length {
            Some(max) => json!({ "type": 3, "max_length": max }),
            None => json!({ "type": 3 }),
        },
        SettingKind::List { .. } => json!({ "type": 3 }),
        SettingKind::Choice { choices, .. } => {
            let choice = |(value, label): &(&str, &str)| json!({ "name": label, "value": value });
            json!({ "type": 3, "choices": choices.iter().map(choice).collect::<Value>() })
        }
        SettingKind::Role { clear, .. } if clear.name == option.name => json!({ "type": 5 }),
        SettingKind::Role { .. } => json!({ "type": 8 }),
        SettingKind::Flag(_) => json!({ "type": 5 }),
        SettingKind::Percent { min, max, .. } => {
            json!({ "type": 4, "min_value": min, "max_value": max })
        }
    };
    if setting.suggest().is_some() {
        definition["autocomplete"] = true.into();
    }
    definition["name"] = option.name.into();
    definition["description"] = option.description.into();
    definition
}

/// Returns whether any of the options was given.
pub fn any_given(interaction: &Interaction) -> bool {
    all_options().any(|(_, option)| interaction.options.contains_key(option.name))
}

/// Returns the settings with the given options applied; the others are unchanged.
pub fn apply_options(
    mut settings: TeamSettings,
    interaction: &Interaction,
) -> Result<TeamSettings, UserError> {
    for setting in TEAM_SETTINGS {
        apply_option(setting, &mut settings, interaction)?;
    }
    let conflict = settings.check().err();
    conflict.map_or(Ok(settings), |conflict| Err(invalid_option(conflict.error)))
}

/// Checks a choice of questions against the questions of the server, if it was changed.
pub fn check_programme(
    before: &Programme,
    after: &Programme,
    pool: &QuestionPool<'_>,
) -> Result<(), UserError> {
    // A choice from before may be about a pack that the operator has removed since. It must not
    // prevent other changes.
    if before == after {
        return Ok(());
    }
    let checked = team_settings::check_programme(after, pool);
    checked.map_err(|conflict| invalid_option(conflict.error))
}

fn apply_option(
    setting: &TeamSetting,
    settings: &mut TeamSettings,
    interaction: &Interaction,
) -> Result<(), UserError> {
    let name = setting.option.name;
    match &setting.kind {
        SettingKind::Text { set, .. } | SettingKind::List { set, .. } => {
            if let Some(text) = interaction.text(name) {
                set(settings, text).map_err(invalid_option)?;
            }
        }
        SettingKind::Choice { set, .. } => {
            if let Some(value) = interaction.text(name)
                && !set(settings, value)
            {
                let error = format!("{name}: pick one of the choices.");
                return Err(UserError::InvalidOption(error));
            }
        }
        SettingKind::Role { set, clear } => {
            if let Some(role) = interaction.role(name) {
                if interaction
                    .guild
                    .is_some_and(|guild| guild.get() == role.get())
                {
                    return Err(UserError::InvalidOption(format!("{name}: {EVERYONE}")));
                }
                set(settings, Some(role));
            }
            if interaction.flag(clear.name) {
                set(settings, None);
            }
        }
        SettingKind::Flag(set) => {
            if let Some(flag) = interaction.optional_flag(name) {
                set(settings, flag);
            }
        }
        SettingKind::Percent { min, max, set, .. } => {
            if let Some(percent) = interaction.number(name)
                && !set(settings, f64::from(percent) / 100.0)
            {
                let error = format!("{name}: choose a percentage from {min} to {max}.");
                return Err(UserError::InvalidOption(error));
            }
        }
    }
    Ok(())
}

/// Parses a time of day.
pub fn parse_time(text: &str) -> Result<Time, UserError> {
    team_settings::time_of_day(text).map_err(invalid_option)
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn invalid_option(error: SettingError) -> UserError {
    UserError::InvalidOption(error.reply(quote))
}

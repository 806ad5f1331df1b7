//! `/setup`: creates a team in a channel, or changes one.

use serde_json::Value;

use super::CommandResult;
use super::settings::{self, apply_options};
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility, channel_option,
};
use crate::bot::context::{BotContext, TeamKey};
use crate::bot::discord::permissions;
use crate::bot::discord::rest::ChannelKind;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::team::{Team, TeamSettings};
use quizloop_failpoint as failpoint;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "setup",
    description: "Start a team in a channel, or change its settings",
    access: Access::Admins,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: settings::AUTOCOMPLETE,
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| "`/setup` starts a team in a channel, or changes its settings.".into()),
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(run(ctx, interaction, guild))
        }),
    }),
};

fn options() -> Vec<Value> {
    let mut options = settings::setup_options();
    options.push(channel_option());
    options
}

/// Creates or changes the team. The change is durable before it is confirmed.
///
/// # Errors
///
/// Returns an error if an option is invalid, the channel is unsuitable, or the state can't be
/// saved.
pub async fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let key = TeamKey {
        guild,
        channel: resolve_channel(ctx, interaction, guild).await?,
    };
    if ctx.read_team(key, |team| team.managed) == Some(true) {
        return Err(UserError::ManagedByConfig);
    }
    let current = ctx.read_team(key, |team| team.settings.clone());
    let existed = current.is_some();
    let settings = apply_options(current.unwrap_or_default(), interaction)?;
    save_settings(ctx, interaction, key, settings).await?;
    ctx.post_backoff.remove(&key);
    ctx.wake_scheduler.notify_one();
    // The team is set up even if this check fails. A missing permission then shows up with the
    // first post.
    let access = permissions::check(ctx, key).await.unwrap_or_default();
    let now = ctx.clock.now();
    let message = ctx.read_team(key, |team| {
        crate::bot::render::team::team_summary(team, now, &access, existed)
    });
    message.ok_or(UserError::TeamNotFound)
}

async fn save_settings(
    ctx: &BotContext,
    interaction: &Interaction,
    key: TeamKey,
    settings: TeamSettings,
) -> Result<(), UserError> {
    let now = ctx.clock.now();
    let ((), commit) = ctx.store.upsert(key.guild, |guild| {
        if let Some(team) = guild.team_mut(key.channel) {
            team.settings = settings;
            return;
        }
        let mut team = Team::new(key.channel, settings, now);
        team.set_up_by = Some(interaction.user);
        guild.insert_team(team);
    });
    failpoint::hit("setup.changed");
    let saved = commit.wait().await.map_err(|_| UserError::SaveFailed);
    failpoint::hit("setup.saved");
    saved
}

/// Returns the channel for the team, after a check that it allows messages and threads.
async fn resolve_channel(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
) -> Result<ChannelId, UserError> {
    let channel = interaction
        .channel("channel")
        .unwrap_or(interaction.channel);
    let bad = |text: String| UserError::InvalidOption(text);
    match ctx.rest.channel(channel).await {
        Ok(Some(info)) if info.guild == guild && info.kind == ChannelKind::Text => Ok(channel),
        Ok(_) => Err(bad("A team needs a text or announcement channel. Run `/setup` in one, or name one with `channel`.".into())),
        Err(failure) if failure.is_transient() => Err(UserError::Discord(format!("{failure}. Please try again."))),
        Err(_) => Err(bad(format!("I can't see <#{channel}>. Give my role \"View Channel\" there and run `/setup` again."))),
    }
}

//! `/setup`: creates a team in a channel, or changes one.

use jiff::Timestamp;
use serde_json::Value;

use super::CommandResult;
use super::confirm_settings::{self, ChangedChoice};
use super::settings::{self, apply_options, check_pairs, check_programme};
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility, channel_option,
};
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::discord::rest::ChannelKind;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::settings_draft::SettingsCommand;
use crate::bot::question_pool::question_pool;
use crate::bot::render::team::{self as render, SummaryReason};
use crate::bot::render::user_error::UserError;
use crate::bot::render::welcome::welcome as render_welcome;
use quizloop_core::id::ChannelId;
use quizloop_core::programme::Programme;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::round;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_failpoint as failpoint;
use quizloop_store::{LoadedGuild, LoadedTeam};

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

/// Creates or changes the team, or first asks whether to.
///
/// # Errors
///
/// Returns an error if an option is invalid, the channel is unsuitable, or the state can't be
/// saved.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let team = &guild.team(resolve_channel(ctx, interaction, guild).await?);
    let change = SetupChange::new(interaction, team)?;
    if change.changes_choice() {
        let questions = ctx.questions(guild.id());
        let pool = &question_pool(&questions);
        change.check(pool)?;
        let choice = ChangedChoice {
            command: SettingsCommand::Setup,
            team,
            before: change.before.as_ref(),
            after: &change.after,
            pool,
        };
        return Ok(confirm_settings::ask(ctx, interaction, &choice));
    }
    save(ctx, interaction, team).await
}

/// What the options of the command do to a team.
struct SetupChange {
    /// The settings until now; `None` for a new team.
    before: Option<TeamSettings>,
    after: TeamSettings,
}

impl SetupChange {
    fn new(interaction: &Interaction, team: &LoadedTeam) -> Result<Self, UserError> {
        if team.read(|team| team.managed) == Some(true) {
            return Err(UserError::ManagedByConfig);
        }
        let before = team.read(|team| team.settings.clone());
        let after = apply_options(before.clone().unwrap_or_default(), interaction)?;
        Ok(Self { before, after })
    }

    fn programme_before(&self) -> Programme {
        let before = self.before.as_ref();
        before.map_or_else(Programme::default, |settings| settings.programme.clone())
    }

    /// Whether it changes which questions are asked, or in which order.
    fn changes_choice(&self) -> bool {
        self.after.programme != self.programme_before()
    }

    fn check(&self, pool: &QuestionPool<'_>) -> Result<(), UserError> {
        check_programme(&self.programme_before(), &self.after.programme, pool)
    }
}

/// Creates or changes the team. The change is durable before it is confirmed.
///
/// # Errors
///
/// Returns an error if an option is invalid or the state can't be saved.
pub async fn save(ctx: &BotContext, interaction: &Interaction, team: &LoadedTeam) -> CommandResult {
    let change = SetupChange::new(interaction, team)?;
    let questions = ctx.questions(team.guild().id());
    let pool = question_pool(&questions);
    change.check(&pool)?;
    let before = change.before.unwrap_or_default();
    check_pairs(ctx, team.key(), &before, &change.after).await?;
    let is_new = save_settings(interaction, team, change.after).await?;
    ctx.health.team_has_question(team.key());
    ctx.deliveries.retry_team(team.key());
    ctx.wake_scheduler.notify_one();
    // The team is set up even if this check fails. A missing permission then shows up with the
    // first post.
    let access = permissions::check(ctx, team).await.unwrap_or_default();
    let now = interaction.created_at();
    if is_new {
        welcome(ctx, team, now).await;
    }
    let reason = if is_new {
        SummaryReason::New
    } else {
        SummaryReason::Changed
    };
    let message = team.read(|team| render::team_summary(team, now, &access, reason, &pool));
    message.ok_or(UserError::TeamNotFound)
}

/// Introduces the bot in the channel of a new team.
///
/// There is one attempt, right after the commit that created the team, and nothing is stored: a
/// second `/setup` finds the team and changes it. So the message comes at most once. If the process
/// dies before it or Discord refuses it, it is missing, and members lose nothing by that.
async fn welcome(ctx: &BotContext, team: &LoadedTeam, now: Timestamp) {
    let Some(message) = team.read(|team| render_welcome(team, now)) else {
        return;
    };
    // With a nonce, a request that is repeated after a timeout has no effect.
    let nonce = format!("w{}", round::nonce(team.channel(), now));
    let message = message.nonce(&nonce);
    if let Err(error) = ctx.rest.send_message(team.channel(), &message).await {
        let (guild, channel) = (team.guild().id(), team.channel());
        tracing::info!(%guild, %channel, %error, "welcome could not be posted");
    }
}

/// Saves the settings. Returns whether the team is new.
async fn save_settings(
    interaction: &Interaction,
    team: &LoadedTeam,
    settings: TeamSettings,
) -> Result<bool, UserError> {
    let now = interaction.created_at();
    let (is_new, commit) = team.guild().upsert(|guild| {
        if let Some(team) = guild.team_mut(team.channel()) {
            team.settings = settings;
            return false;
        }
        let mut team = Team::new(team.channel(), settings, now);
        team.set_up_by = Some(interaction.user);
        guild.insert_team(team);
        true
    });
    failpoint::hit("setup.changed");
    let saved = commit.wait().await.map_err(|_| UserError::SaveFailed);
    failpoint::hit("setup.saved");
    saved.map(|()| is_new)
}

/// Returns the channel for the team, after a check that it allows messages and threads.
async fn resolve_channel(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<ChannelId, UserError> {
    let channel = interaction
        .channel("channel")
        .unwrap_or(interaction.channel);
    let bad = |text: String| UserError::InvalidOption(text);
    match ctx.rest.channel(channel).await {
        Ok(Some(info)) if info.guild == guild.id() && info.kind == ChannelKind::Text => Ok(channel),
        Ok(_) => Err(bad("A team needs a text or announcement channel. Run `/setup` in one, or name one with `channel`.".into())),
        Err(failure) if failure.is_transient() => Err(UserError::Discord(format!("I couldn't check <#{channel}>: {failure}. Please try again."))),
        Err(_) => Err(bad(format!("I can't see <#{channel}>. Give my role \"View Channel\" there and run `/setup` again."))),
    }
}

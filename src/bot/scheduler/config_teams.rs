//! Applies the teams that the operator declares in the config file.

use std::sync::Arc;

use crate::bot::context::BotContext;
use crate::bot::load_guild;
use crate::health::ConfigTeamProblem;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::team::{ConfiguredTeam, Team};
use quizloop_store::{GuildView, LoadedGuild};

/// Creates and updates a guild's teams as declared. A team that is no longer declared keeps its
/// rounds and streaks; it is paused until it is declared again or an admin resumes it.
pub fn apply(ctx: &Arc<BotContext>, declared: &Arc<[ConfiguredTeam]>, guild: GuildId) {
    let managed = ctx.store.view(guild, |view| match view {
        GuildView::Loaded(state) => state.teams().values().any(|team| team.managed),
        GuildView::Summary(summary) => summary.managed,
    });
    let is_declared = declared.iter().any(|team| team.guild == guild);
    if !is_declared && managed != Some(true) {
        return;
    }
    if let Some(loaded) = ctx.store.loaded(guild) {
        return apply_loaded(ctx, declared, &loaded);
    }
    let (ctx, declared) = (Arc::clone(ctx), Arc::clone(declared));
    tokio::spawn(async move {
        if let Some(loaded) = load_guild::with_retry(&ctx, guild).await {
            apply_loaded(&ctx, &declared, &loaded);
        }
    });
}

/// Checks the servers of the teams in the config at the start of a session. `is_missing` returns
/// whether the session should have a server but does not.
pub fn check_guilds(
    ctx: &BotContext,
    declared: &[ConfiguredTeam],
    is_missing: impl Fn(GuildId) -> bool,
) {
    for (number, team) in declared.iter().enumerate() {
        let (guild, channel) = (team.guild, team.channel);
        let problem = Some(ConfigTeamProblem::NotInServer);
        if is_missing(guild) && ctx.health.config_team_checked(number, problem) {
            tracing::warn!(%guild, %channel, "bot not in the config team's server");
        }
    }
}

/// Checks the channels of the teams in the config, once the channels of a server are known.
pub fn check_channels(
    ctx: &BotContext,
    declared: &[ConfiguredTeam],
    guild: GuildId,
    channels: &[ChannelId],
) {
    for (number, team) in declared.iter().enumerate() {
        let channel = team.channel;
        let problem = match (team.guild == guild, channels.contains(&channel)) {
            (true, true) => None,
            (true, false) => Some(ConfigTeamProblem::ChannelNotVisible),
            (false, true) => Some(ConfigTeamProblem::OtherServer),
            (false, false) => continue,
        };
        if !ctx.health.config_team_checked(number, problem) {
            continue;
        }
        match problem {
            Some(ConfigTeamProblem::OtherServer) => tracing::warn!(
                guild = %team.guild, %channel, actual_guild = %guild,
                "config team's channel belongs to another server"
            ),
            Some(_) => {
                tracing::warn!(%guild, %channel, "config team's channel missing or not visible");
            }
            None => tracing::info!(%guild, %channel, "config team's channel found"),
        }
    }
}

fn apply_loaded(ctx: &BotContext, declared: &[ConfiguredTeam], loaded: &LoadedGuild) {
    let guild = loaded.id();
    let own: Vec<&ConfiguredTeam> = declared.iter().filter(|team| team.guild == guild).collect();
    // With the time of a wrong clock, a new team would have no question until that time.
    let now = ctx.discord_now();
    if !is_out_of_date(&own, loaded) {
        return;
    }
    // Nothing is acknowledged to a member, so there is no need to wait for the save.
    let _unawaited = loaded.upsert(|state| {
        for declared in &own {
            let new_team = || Team::new(declared.channel, declared.settings.clone(), now);
            let mut team = state.remove_team(declared.channel).unwrap_or_else(new_team);
            team.settings = declared.settings.clone();
            team.managed = true;
            if team.resume_by_config(now) {
                let channel = team.channel;
                tracing::info!(%guild, %channel, "team resumed: in the config again");
            }
            state.insert_team(team);
        }
        let managed: Vec<_> = state
            .teams()
            .values()
            .filter(|team| team.managed)
            .map(|team| team.channel)
            .collect();
        for channel in managed
            .into_iter()
            .filter(|channel| own.iter().all(|team| team.channel != *channel))
        {
            if let Some(team) = state.team_mut(channel) {
                team.managed = false;
                team.pause_by_config();
                tracing::warn!(%guild, %channel, "team paused: no longer in the config");
            }
        }
    });
    ctx.wake_scheduler.notify_one();
}

/// Whether the guild differs from the config. A start must not save guilds that already match.
fn is_out_of_date(own: &[&ConfiguredTeam], guild: &LoadedGuild) -> bool {
    let is_applied = |declared: &&ConfiguredTeam| {
        let is_current = |team: &Team| {
            let is_paused = team.pause.is_some_and(|pause| pause.by_config);
            team.managed && team.settings == declared.settings && !is_paused
        };
        guild.team(declared.channel).read(is_current) == Some(true)
    };
    let managed = guild.read(|state| state.teams().values().filter(|team| team.managed).count());
    !own.iter().all(is_applied) || managed.unwrap_or(0) != own.len()
}

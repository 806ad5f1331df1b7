//! Teams that the operator's file declares.

use std::sync::Arc;

use super::context::{BotContext, TeamKey};
use super::load_guild;
use crate::config::ConfiguredTeam;
use crate::practice::id::GuildId;
use crate::practice::team::Team;
use crate::store::GuildView;

/// Makes a guild's teams as the file says. A team that left the file keeps its rounds and streaks; it is
/// paused until an admin resumes it.
pub fn apply(ctx: &Arc<BotContext>, declared: &Arc<[ConfiguredTeam]>, guild: GuildId) {
    let managed = ctx.store.view(guild, |view| match view {
        GuildView::Loaded(state) => state.teams().values().any(|team| team.managed),
        GuildView::Summary(outline) => outline.managed,
    });
    let is_declared = declared.iter().any(|team| team.guild == guild);
    if !is_declared && managed != Some(true) {
        return;
    }
    if let Some(_pin) = ctx.store.try_pin(guild) {
        return apply_loaded(ctx, declared, guild);
    }
    let (ctx, declared) = (Arc::clone(ctx), Arc::clone(declared));
    tokio::spawn(async move {
        if let Some(_pin) = load_guild::with_retry(&ctx, guild).await {
            apply_loaded(&ctx, &declared, guild);
        }
    });
}

fn apply_loaded(ctx: &BotContext, declared: &[ConfiguredTeam], guild: GuildId) {
    let own: Vec<&ConfiguredTeam> = declared.iter().filter(|team| team.guild == guild).collect();
    let now = ctx.clock.now();
    if !is_out_of_date(ctx, &own, guild) {
        return;
    }
    // Nobody is told, so nobody has to wait for the disk.
    let _unawaited = ctx.store.upsert(guild, |state| {
        for declared in &own {
            let fresh = || Team::new(declared.channel, declared.settings.clone(), now);
            let mut team = state.remove_team(declared.channel).unwrap_or_else(fresh);
            team.settings = declared.settings.clone();
            team.managed = true;
            state.insert_team(team);
        }
        let left: Vec<_> = state.teams().values().filter(|team| team.managed).map(|team| team.channel).collect();
        for channel in left.into_iter().filter(|channel| own.iter().all(|team| team.channel != *channel)) {
            if let Some(team) = state.team_mut(channel) {
                team.managed = false;
                team.pause(None);
                tracing::warn!(%guild, %channel, "the config declares this team no more: it is paused, its data is kept");
            }
        }
    });
    ctx.wake_scheduler.notify_one();
}

/// Whether anything is to be changed: a start must not rewrite what is as it should be.
fn is_out_of_date(ctx: &BotContext, own: &[&ConfiguredTeam], guild: GuildId) -> bool {
    let as_declared = |declared: &&ConfiguredTeam| {
        let key = TeamKey {
            guild,
            channel: declared.channel,
        };
        ctx.read_team(key, |team| {
            team.managed && team.settings == declared.settings
        }) == Some(true)
    };
    let managed = ctx.store.read(guild, |state| {
        state.teams().values().filter(|team| team.managed).count()
    });
    !own.iter().all(as_declared) || managed.unwrap_or(0) != own.len()
}

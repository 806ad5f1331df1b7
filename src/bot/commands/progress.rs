//! `/progress`: a picture of what one has done and knows, for the member alone.

use serde_json::{Value, json};

use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::event::Interaction;
use crate::bot::progress::progress;
use crate::bot::render::progress as render;
use crate::bot::render::user_error::UserError;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::zone::Zone;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "progress",
        "description": "A picture of your last 26 weeks, what you know, and what comes back",
        "contexts": [0],
    })
}

/// The member's picture, with the rounds of the channel's team. A server without a team has practice all the same.
pub async fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let key = match resolve_team(ctx, interaction, guild) {
        Ok(key) => Some(key),
        Err(UserError::TeamNotFound) => None,
        Err(error) => return Err(error),
    };
    let now = ctx.clock.now();
    let look = |state: &Guild| {
        let team = key.and_then(|key| state.team(key.channel));
        let zone = team.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
        progress(state, team, &ctx.bank, interaction.user, zone.date(now))
    };
    let known = ctx.store.read(guild, look);
    let progress = known.unwrap_or_else(|| look(&Guild::new(guild)));
    let picture = ctx.chart_renderer.render(&progress).await;
    Ok(render::progress(&progress, picture).ephemeral())
}

//! Removing a team, after a question back.

use super::{Said, admins_only};
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::event::Call;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use crate::practice::guild::Guild;

/// Asks back.
pub fn ask(desk: &Desk, key: TeamKey) -> Said {
    let message = desk.team(key, |team| {
        if team.managed {
            Err(UserError::ManagedByConfig)
        } else {
            Ok(render::confirm_removal(team))
        }
    });
    Ok(message.ok_or(UserError::TeamNotFound)??.ephemeral())
}

/// "Remove for good" was pressed.
pub async fn confirmed(desk: &Desk, call: &Call, key: TeamKey) -> Said {
    admins_only(call)?;
    match desk.team(key, |team| team.managed) {
        None => return Err(UserError::TeamNotFound),
        Some(true) => return Err(UserError::ManagedByConfig),
        Some(false) => {}
    }
    let removed = |guild: &mut Guild| guild.remove_team(key.channel);
    if let Some((_, commit)) = desk.store.update(key.guild, removed) {
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    }
    desk.backoff.remove(&key);
    Ok(render::removed(key.channel))
}

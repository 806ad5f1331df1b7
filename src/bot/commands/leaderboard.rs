//! `/leaderboard`: for everybody to see.

use serde_json::{Value, json};

use super::{Said, team_of};
use crate::bot::desk::Desk;
use crate::bot::event::Call;
use crate::bot::render::streak::leaderboard;
use crate::bot::render::user_error::UserError;
use crate::practice::id::GuildId;
use crate::practice::leaderboard::Period;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "leaderboard",
        "description": "Who answered the most rounds",
        "contexts": [0],
        "options": [
            { "type": 3, "name": "period", "description": "Which rounds count (this month, unless you say otherwise)", "choices": [
                { "name": "this month", "value": "month" },
                { "name": "all time", "value": "all" },
            ] },
        ],
    })
}

/// The leaderboard of the channel's team.
pub fn run(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let key = team_of(desk, call, guild)?;
    let now = desk.clock.now();
    let message = desk.store.read(guild, |state| {
        let team = state.team(key.channel)?;
        let period = match call.text("period") {
            Some("all") => Period::AllTime,
            _ => Period::Month(team.settings.schedule.zone.date(now)),
        };
        let mut rows = team.leaderboard(period);
        rows.retain(|row| !state.is_hidden(row.user));
        Some(leaderboard(&rows, period))
    });
    message.flatten().ok_or(UserError::TeamNotFound)
}

//! `/privacy`: what is kept of the member who asks, for themselves to see, take along and delete.

use serde_json::{Value, json};

use super::CommandResult;
use crate::bot::context::{BotContext, TeamKey};
use crate::bot::custom_id::PrivacyAction;
use crate::bot::data_expiry::erase_durably;
use crate::bot::event::Interaction;
use crate::bot::render::message::Message;
use crate::bot::render::privacy::{self as render, StoredData};
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::practice::guild::Guild;
use crate::practice::id::{GuildId, UserId};
use crate::practice::ledger::RoundResult;
use crate::practice::zone::Zone;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "privacy",
        "description": "What is kept of you: see it, take it along, delete it",
        "contexts": [0],
    })
}

/// What is kept of the member.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> Message {
    render::overview(&stored_data(ctx, guild, interaction.user)).ephemeral()
}

/// What comes of a button.
pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    step: PrivacyAction,
) -> Response {
    match step {
        PrivacyAction::Export => super::reply(export(ctx, interaction, guild)),
        PrivacyAction::Hide => {
            super::update_message(set_hidden(ctx, interaction, guild, true).await)
        }
        PrivacyAction::Show => {
            super::update_message(set_hidden(ctx, interaction, guild, false).await)
        }
        PrivacyAction::Delete => super::update_message(Ok(render::confirm_deletion(&stored_data(
            ctx,
            guild,
            interaction.user,
        )))),
        PrivacyAction::DeleteForGood => {
            super::update_message(delete(ctx, interaction, guild).await)
        }
    }
}

fn stored_data(ctx: &BotContext, guild: GuildId, user: UserId) -> StoredData {
    let count = |state: &Guild| {
        let teams = || state.teams().values();
        let ledgers = teams().map(|team| team.ledger(user));
        let ledgers: Vec<_> = ledgers.filter(|one| one.first_round().is_some()).collect();
        let marks = ledgers.iter().map(|ledger| {
            let rounds = ledger.first_round().unwrap_or(0)..=ledger.last_round();
            rounds
                .filter(|round| ledger.result(*round) != RoundResult::Nothing)
                .count()
        });
        StoredData {
            teams: ledgers.len(),
            rounds: marks.sum(),
            reviews: state.reviews(user).count(),
            reports: state.reports_by(user).count(),
            reminders: teams().filter(|team| team.reminder(user).is_some()).count(),
            hidden: state.is_hidden(user),
        }
    };
    let known = ctx.store.read(guild, count);
    known.unwrap_or_else(|| count(&Guild::new(guild)))
}

fn export(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let now = ctx.clock.now();
    let write = |state: &Guild| serde_json::to_vec_pretty(&state.export(interaction.user, now));
    let known = ctx.store.read(guild, write);
    let json = known.unwrap_or_else(|| write(&Guild::new(guild)));
    // Keys are texts and numbers are finite, so there is nothing that could not be written.
    let json = json.map_err(|_| UserError::SaveFailed)?;
    Ok(render::exported(json).ephemeral())
}

async fn set_hidden(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    hidden: bool,
) -> CommandResult {
    let now = ctx.clock.now();
    let ((), commit) = ctx.store.upsert(guild, |state| {
        let since = hidden.then(|| Zone::utc().date(now));
        state.update_profile(interaction.user, |person| person.hidden_since = since);
    });
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    Ok(render::overview(&stored_data(ctx, guild, interaction.user)))
}

/// Deletes everything, from both generations on disk.
async fn delete(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let now = ctx.clock.now();
    let erased = erase_durably(ctx, guild, |state| {
        state.delete_member(interaction.user, now)
    })
    .await;
    erased.map_err(|_| UserError::SaveFailed)?;
    ctx.asked_today.remove_member((guild, interaction.user));
    ctx.chart_renderer.clear();
    refresh_footers(ctx, guild);
    Ok(render::deleted())
}

/// One less has replied.
fn refresh_footers(ctx: &BotContext, guild: GuildId) {
    ctx.store.read(guild, |state| {
        for (channel, team) in state.teams() {
            let open = team.open_round().and_then(|round| round.message);
            if let Some(message) = open {
                let key = TeamKey {
                    guild,
                    channel: *channel,
                };
                // The other end is gone only when the process is ending.
                let _ = ctx.stale_footers.send((key, message));
            }
        }
    });
}

//! `/privacy`: what is kept of the member who asks, for themselves to see, take along and delete.

use serde_json::{Value, json};

use super::Said;
use crate::bot::data_expiry::erase_durably;
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::event::Call;
use crate::bot::press::Privacy;
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
pub fn run(desk: &Desk, call: &Call, guild: GuildId) -> Message {
    render::overview(&kept(desk, guild, call.user)).ephemeral()
}

/// What comes of a button.
pub async fn pressed(desk: &Desk, call: &Call, guild: GuildId, step: Privacy) -> Response {
    match step {
        Privacy::Export => super::new(export(desk, call, guild)),
        Privacy::Hide => super::update(hide(desk, call, guild, true).await),
        Privacy::Show => super::update(hide(desk, call, guild, false).await),
        Privacy::Delete => {
            super::update(Ok(render::confirm_deletion(&kept(desk, guild, call.user))))
        }
        Privacy::DeleteForGood => super::update(delete(desk, call, guild).await),
    }
}

fn kept(desk: &Desk, guild: GuildId, user: UserId) -> StoredData {
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
    let known = desk.store.read(guild, count);
    known.unwrap_or_else(|| count(&Guild::new(guild)))
}

fn export(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let now = desk.clock.now();
    let write = |state: &Guild| serde_json::to_vec_pretty(&state.export(call.user, now));
    let known = desk.store.read(guild, write);
    let json = known.unwrap_or_else(|| write(&Guild::new(guild)));
    // Keys are texts and numbers are finite, so there is nothing that could not be written.
    let json = json.map_err(|_| UserError::SaveFailed)?;
    Ok(render::exported(json).ephemeral())
}

async fn hide(desk: &Desk, call: &Call, guild: GuildId, hidden: bool) -> Said {
    let now = desk.clock.now();
    let ((), commit) = desk.store.upsert(guild, |state| {
        let since = hidden.then(|| Zone::utc().date(now));
        state.update_profile(call.user, |person| person.hidden_since = since);
    });
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    Ok(render::overview(&kept(desk, guild, call.user)))
}

/// Deletes everything, from both generations on disk.
async fn delete(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let now = desk.clock.now();
    let erased = erase_durably(desk, guild, |state| state.delete_member(call.user, now)).await;
    erased.map_err(|_| UserError::SaveFailed)?;
    desk.quizzes.forget_member((guild, call.user));
    desk.easel.forget();
    freshen_footers(desk, guild);
    Ok(render::deleted())
}

/// One less has replied.
fn freshen_footers(desk: &Desk, guild: GuildId) {
    desk.store.read(guild, |state| {
        for (channel, team) in state.teams() {
            let open = team.open_round().and_then(|round| round.message);
            if let Some(message) = open {
                let key = TeamKey {
                    guild,
                    channel: *channel,
                };
                // The other end is gone only when the process is ending.
                let _ = desk.stale_footers.send((key, message));
            }
        }
    });
}

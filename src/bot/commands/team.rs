//! `/team`: what admins do with a team.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::settings::{MANAGE_GUILD, any, changed, options};
use super::{Said, admins_only, feedback, remove, team_of};
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::event::Call;
use crate::bot::permissions;
use crate::bot::render::message::Message;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use crate::failpoint;
use crate::practice::id::GuildId;
use crate::practice::ledger::Actor;
use crate::practice::retention::Retention;
use crate::practice::team::Team;

/// The command in Discord's form.
pub fn definition() -> Value {
    let round = json!({ "type": 4, "name": "round", "description": "The number of the round", "required": true, "min_value": 1 });
    let member =
        json!({ "type": 6, "name": "member", "description": "The member", "required": true });
    let until = json!({ "type": 3, "name": "until", "description": "The first day with a question again, such as 2026-12-28" });
    let mut settings = options(false);
    settings.extend([
        json!({ "type": 3, "name": "catch_up", "description": "How late a question may come if I was away, such as 3h or 90m" }),
        json!({ "type": 3, "name": "holidays", "description": "All days without a question, such as 2026-12-24, 2026-12-25, or none" }),
        json!({ "type": 5, "name": "no_role", "description": "Mention no role any more" }),
        json!({ "type": 5, "name": "report", "description": "Whether a report on the week comes after its last question" }),
        json!({
            "type": 4, "name": "retention", "min_value": Retention::MIN, "max_value": Retention::MAX,
            "description": "How much of /quiz to remember, in percent; the higher, the sooner questions come back",
        }),
    ]);
    json!({
        "name": "team",
        "description": "Manage a team",
        "contexts": [0],
        "default_member_permissions": MANAGE_GUILD,
        "options": [
            sub("status", "The next posts, the newest round, and whether a permission is missing", vec![]),
            sub("post", "Post today's question now", vec![]),
            sub("pause", "No questions for a while; streaks are safe", vec![until]),
            sub("resume", "End a pause, or a skip", vec![]),
            sub("skip", "Leave out the next question", vec![]),
            sub("void", "Make a round count for nobody", vec![round.clone()]),
            sub("credit", "Count a round for a member as answered", vec![member, round]),
            sub("settings", "Show or change the settings", settings),
            json!({ "type": 1, "name": "reports", "description": "Mistakes in questions that members reported" }),
            sub("remove", "Remove the team with all that is kept of it", vec![]),
        ],
    })
}

/// A subcommand; each takes a channel, for admins who are elsewhere.
fn sub(name: &str, description: &str, mut options: Vec<Value>) -> Value {
    options.push(json!({
        "type": 7, "name": "channel", "description": "The team's channel, if it is not this one", "channel_types": [0, 5],
    }));
    json!({ "type": 1, "name": name, "description": description, "options": options })
}

/// Carries out a subcommand.
pub async fn run(desk: &Desk, call: &Call, guild: GuildId, name: &str) -> Said {
    admins_only(call)?;
    if name == "team reports" {
        // They are the server's, whatever teams there are.
        return feedback::list(desk, call, guild, 0);
    }
    let key = team_of(desk, call, guild)?;
    let now = desk.clock.now();
    let by = Actor {
        user: Some(call.user),
        at: now,
    };
    let said = match name {
        "team status" => status(desk, key).await,
        "team post" => post_now(desk, call, key).await,
        "team pause" => {
            let until = pause_end(desk, key, call.text("until"))?;
            order(desk, key, |team| {
                team.pause(until);
                Ok(render::paused(team, now))
            })
            .await
        }
        "team resume" => {
            order(desk, key, |team| {
                team.resume(now);
                Ok(render::resumed(team, now))
            })
            .await
        }
        "team skip" => order(desk, key, |team| skip(team, now)).await,
        "team void" => {
            let number = call.number("round").unwrap_or(0);
            order(desk, key, |team| {
                team.void(number, by).map_err(refused)?;
                Ok(render::voided(number))
            })
            .await
        }
        "team credit" => {
            let number = call.number("round").unwrap_or(0);
            let member = call.user("member").ok_or_else(stale)?;
            order(desk, key, |team| {
                team.credit(number, member, by).map_err(refused)?;
                Ok(render::credited(member, number))
            })
            .await
        }
        "team settings" => settings(desk, call, key).await,
        "team remove" => remove::ask(desk, key),
        _ => Err(stale()),
    };
    said.map(Message::ephemeral)
}

fn stale() -> UserError {
    UserError::InvalidOption(
        "I don't know this command any more. Type `/team` again to see what there is.".into(),
    )
}

/// Makes today's round at once, whatever the schedule says; the scheduler posts it.
pub async fn post_now(desk: &Desk, call: &Call, key: TeamKey) -> Said {
    admins_only(call)?;
    let now = desk.clock.now();
    let ids = desk.bank.ids();
    let (made, commit) = desk.change_team(key, |team| {
        let day = team.settings.schedule.zone.date(now);
        desk.random(|rng| {
            team.begin_round(day, now, &ids, rng)
                .map(|round| round.number)
        })
    });
    let made = made.ok_or(UserError::TeamNotFound)?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    desk.backoff.remove(&key);
    desk.wake.notify_one();
    Ok(made.map_or_else(render::already_posted_today, render::post_started))
}

async fn status(desk: &Desk, key: TeamKey) -> Said {
    let access = permissions::check(desk, key)
        .await
        .map_err(|failure| failure.to_string());
    let status = render::TeamStatus {
        guild: key.guild,
        now: desk.clock.now(),
        access: access.as_ref().map_err(String::as_str),
        bank_size: desk.bank.len(),
    };
    desk.team(key, |team| render::status(team, &status))
        .ok_or(UserError::TeamNotFound)
}

async fn settings(desk: &Desk, call: &Call, key: TeamKey) -> Said {
    let now = desk.clock.now();
    if !any(call) {
        let message = desk.team(key, |team| {
            render::team_summary(team, now, &render::PermissionReport::default(), true)
        });
        return message.ok_or(UserError::TeamNotFound);
    }
    order(desk, key, |team| {
        if team.managed {
            return Err(UserError::ManagedByConfig);
        }
        team.settings = changed(team.settings.clone(), call)?;
        Ok(render::team_summary(
            team,
            now,
            &render::PermissionReport::default(),
            true,
        ))
    })
    .await
}

/// Changes a team; what is said is on disk first.
async fn order(desk: &Desk, key: TeamKey, change: impl FnOnce(&mut Team) -> Said) -> Said {
    let (said, commit) = desk.change_team(key, change);
    let said = said.ok_or(UserError::TeamNotFound)?;
    failpoint::pass("order.changed");
    // A refusal waits as well: "has it already" may be about something that is not on disk yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::pass("order.saved");
    let message = said?;
    desk.wake.notify_one();
    Ok(message)
}

fn skip(team: &mut Team, now: jiff::Timestamp) -> Said {
    let nothing = || {
        UserError::InvalidOption(
            "There is no question to skip: the schedule has none within two years.".into(),
        )
    };
    let day = team.skip_next(now).ok_or_else(nothing)?;
    Ok(render::skipped(
        day,
        &team.next_post_times(now, render::POSTS_AHEAD),
    ))
}

fn refused(refused: crate::practice::admin_actions::AdminActionError) -> UserError {
    UserError::InvalidOption(format!("That can't be done: {refused}."))
}

fn pause_end(desk: &Desk, key: TeamKey, until: Option<&str>) -> Result<Option<Date>, UserError> {
    let Some(text) = until else {
        return Ok(None);
    };
    let bad = |text: &str| UserError::InvalidOption(text.to_owned());
    let day: Date = text
        .trim()
        .parse()
        .map_err(|_| bad("until: write the day like 2026-12-28, or leave it out."))?;
    let now = desk.clock.now();
    let today = desk.team(key, |team| team.settings.schedule.zone.date(now));
    if today.is_some_and(|today| day <= today) {
        return Err(bad(
            "until: that day is not in the future. Name the first day with a question again.",
        ));
    }
    Ok(Some(day))
}

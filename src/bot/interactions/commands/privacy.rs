//! `/privacy`: shows, exports and deletes the stored data of a member.

use super::CommandResult;
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::custom_id::PrivacyAction;
use crate::bot::interactions::response::Response;
use crate::bot::render::message::Message;
use crate::bot::render::privacy::{self as render, StoredData};
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_core::id::{TeamKey, UserId};
use quizloop_core::interview::Interviews;
use quizloop_core::ledger::RoundResult;
use quizloop_core::member_profile::MemberProfile;
use quizloop_core::zone::Zone;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "privacy",
    description: "See, export or delete your data",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options: Vec::new,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| "`/privacy` shows, exports or deletes your data.".into()),
        handler: CommandHandler::Sync(|ctx, interaction, guild| Ok(run(ctx, interaction, guild))),
    }),
};

/// Shows which data of the member is stored.
fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> Message {
    render::overview(&stored_data(ctx, guild, interaction.user))
}

pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    action: PrivacyAction,
) -> Response {
    match action {
        PrivacyAction::Export => super::reply(export(interaction, guild)),
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

fn stored_data(_ctx: &BotContext, guild: &LoadedGuild, user: UserId) -> StoredData {
    let count = |state: &Guild| {
        let teams = || state.teams().values();
        let mock_interviews = || teams().filter_map(|team| team.mock_interviews());
        let ledgers: Vec<_> = teams()
            .map(|team| team.ledger(user))
            .filter(|ledger| ledger.first_round().is_some())
            .collect();
        let result_counts = ledgers.iter().map(|ledger| {
            let rounds = ledger.first_round().unwrap_or(0)..=ledger.last_round();
            rounds
                .filter(|round| ledger.result(*round) != RoundResult::Nothing)
                .count()
        });
        StoredData {
            teams: ledgers.len(),
            rounds: result_counts.sum(),
            reviews: state.reviews(user).count(),
            assessments: teams()
                .flat_map(|team| team.rounds())
                .filter(|round| round.assessments.ticks(user).is_some())
                .count(),
            milestones: teams()
                .flat_map(|team| team.rounds())
                .filter(|round| round.window.milestones.contains(&user))
                .count(),
            assessed_topics: state
                .profile(user)
                .map_or(0, MemberProfile::assessed_topic_count),
            reports: state.reports_by(user).count(),
            written_questions: state.written_questions(user).count(),
            suggestions: state.suggestions_by(user).count(),
            decisions: state.decisions_naming(user).count(),
            reminders: teams().filter(|team| team.reminder(user).is_some()).count(),
            review_reminder: state.review_reminder(user).is_some(),
            hidden: state.is_hidden(user),
            interview: state
                .profile(user)
                .and_then(MemberProfile::interviews)
                .is_some_and(Interviews::has_interview),
            interview_results: state.interview_results(user).len(),
            pair_teams: mock_interviews()
                .filter(|stored| stored.participant(user).is_some())
                .count(),
            matched_weeks: mock_interviews()
                .flat_map(|stored| stored.meeting_days(user))
                .count(),
            open_results: mock_interviews()
                .flat_map(|stored| stored.open_results(user))
                .count(),
            mock_interviews: state
                .profile(user)
                .map_or(0, |profile| profile.mock_interviews as usize),
        }
    };
    guild.read_or_empty(count)
}

fn export(interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let now = interaction.created_at();
    let to_json = |state: &Guild| serde_json::to_vec_pretty(&state.export(interaction.user, now));
    let json = guild.read_or_empty(to_json);
    // Not expected: all keys are texts and all numbers are finite.
    let json = json.map_err(|_| UserError::SaveFailed)?;
    Ok(render::exported(json).ephemeral())
}

async fn set_hidden(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    hidden: bool,
) -> CommandResult {
    let now = interaction.created_at();
    let ((), commit) = guild.upsert(|state| {
        let since = hidden.then(|| Zone::utc().date(now));
        state.update_profile(interaction.user, |profile| profile.hidden_since = since);
    });
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    Ok(render::overview(&stored_data(ctx, guild, interaction.user)))
}

/// Deletes all data of the member, also from older files on disk.
async fn delete(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let now = interaction.created_at();
    let user = interaction.user;
    let erased = guild
        .erase(move |state| state.delete_member(user, now))
        .await;
    erased.map_err(|_| UserError::SaveFailed)?;
    ctx.asked_today.remove_member(guild.id(), interaction.user);
    ctx.outside_of_thread.forget(guild.id(), interaction.user);
    ctx.chart_renderer.clear();
    refresh_footers(ctx, guild);
    Ok(render::deleted())
}

/// Updates the footers of open rounds, whose number of replies may have changed.
fn refresh_footers(ctx: &BotContext, guild: &LoadedGuild) {
    guild.read(|state| {
        for (channel, team) in state.teams() {
            let open = team.open_round().and_then(|round| round.message);
            if let Some(message) = open {
                let key = TeamKey {
                    guild: guild.id(),
                    channel: *channel,
                };
                // Sending fails only while the process shuts down.
                let _ = ctx.stale_footers.send((key, message));
            }
        }
    });
}

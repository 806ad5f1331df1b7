//! Snapshots: decoded, encoded, and used by all code that reads a guild.

use std::sync::Arc;

use jiff::Timestamp;

use super::{discord_limits, fixture, interactions};
use crate::bot::context::BotContext;
use crate::bot::interactions::response::Response;
use crate::bot::render::team::SummaryReason;
use crate::bot::scheduler::delivery;
use crate::bot::{render, replies};
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, MessageId};
use quizloop_core::streak::{replay, streak};
use quizloop_core::team::Team;
use quizloop_store::fuzzing::{decode, encode};

/// Returns the limits of the time range and times around the rounds.
fn interesting_times(team: &Team) -> Vec<Timestamp> {
    let rounds = team.rounds().iter().rev().take(3);
    let round_times = rounds
        .flat_map(|round| [Some(round.due), round.opened_at()])
        .flatten();
    let fixed_times = [
        Timestamp::MIN,
        Timestamp::UNIX_EPOCH,
        fixture::now(),
        Timestamp::MAX,
    ];
    fixed_times
        .into_iter()
        .chain(round_times)
        .chain([team.since])
        .collect()
}

pub fn snapshot(bytes: &[u8]) {
    let Ok(guild) = decode(bytes, fixture::GUILD) else {
        return;
    };
    assert_round_trip(&guild);
    for team in guild.teams().values() {
        read_team(team);
        mutate_team(team);
    }
    // The commands, on this guild instead of that of the fixture.
    fixture::with(|ctx, runtime| {
        let ((), _) = fixture::loaded(ctx).upsert(|state| *state = guild);
        runtime.block_on(run_commands(ctx));
        fixture::loaded(ctx).read(assert_round_trip);
    });
}

/// Asserts that a guild does not change when it is encoded and decoded.
pub fn assert_round_trip(guild: &Guild) {
    let bytes = encode(guild);
    let decoded = decode(&bytes, guild.id());
    assert_eq!(decoded.as_ref(), Ok(guild));
}

/// Calls all functions that read a team.
fn read_team(team: &Team) {
    for (_, ledger) in team.members() {
        let replayed = replay(ledger, team.rounds())
            .last()
            .map(|(_, _, streak)| streak);
        assert_eq!(replayed.unwrap_or_default(), streak(ledger, team.rounds()));
    }
    for now in interesting_times(team) {
        let _ = (
            team.next_post_step(now),
            team.due(now),
            team.next_post_times(now, 3),
        );
        let access = render::team::PermissionReport::default();
        let pool = (&["a", "b"]).into();
        let status = render::team::TeamStatus {
            guild: GuildId::new(1),
            now,
            access: Ok(&access),
            pool: &pool,
            chosen: None,
            suggestions: 1,
        };
        let messages = [
            render::team::status(team, &status),
            render::team::team_summary(team, now, &access, SummaryReason::Changed, &pool),
            render::team::paused(team, now),
            render::team::resumed(team, now),
        ];
        for message in messages {
            discord_limits::check(&Response::New(message));
        }
    }
    let _ = replies::history_range::history_ranges(team);
}

/// Calls functions that change a team, in any state of it.
fn mutate_team(team: &Team) {
    for now in interesting_times(team) {
        let mut team = team.clone();
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let day = team.settings.schedule.zone.date(now);
        team.begin_round(day, now, &["a", "b"], &mut rng);
        let newest = team.posted_rounds().filter_map(|round| round.message).max();
        let message = newest.map_or(1, |newest| newest.get().saturating_add(1));
        team.record_post(MessageId::new(message));
        let rounds: Vec<_> = team
            .posted_rounds()
            .filter_map(|round| round.message)
            .collect();
        for round in rounds.into_iter().rev().take(4) {
            team.count_reply(
                round,
                fixture::ADA,
                MessageId::new(round.get().saturating_add(1)),
            );
            team.count_reply(round, fixture::ADA, MessageId::new(1));
        }
        team.resume(now);
        team.skip_next(now);
        team.abandon_round(now);
        let _ = team.order_post(now, &["a"], &mut rng);
        let mut guild = Guild::new(fixture::GUILD);
        guild.insert_team(team);
        assert_round_trip(&guild);
    }
}

async fn run_commands(ctx: &Arc<BotContext>) {
    let team = fixture::loaded(ctx).team(fixture::CHANNEL);
    let pending = team.read(|team| [team.pending_post(), team.pending_report_post()]);
    for delivery in pending.into_iter().flatten().flatten() {
        // The request fails; this tests that the search range can be computed.
        let _ = delivery::find(ctx, team.key(), &delivery).await;
    }
    for command in [
        "streak",
        "leaderboard",
        "answer",
        "hint",
        "history",
        "quiz",
        "team post",
        "team skip",
        "team resume",
        "team reports",
        "remind status",
        "remind off",
    ] {
        discord_limits::check(&interactions::command(ctx, command).await);
    }
}

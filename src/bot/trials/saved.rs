//! Snapshots: read, written, and looked at by everything that looks at a guild.

use std::sync::Arc;

use jiff::Timestamp;

use super::{asked, desk, limits};
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::response::Response;
use crate::bot::{find, render, replies};
use crate::practice::guild::Guild;
use crate::practice::id::{GuildId, MessageId};
use crate::practice::streak::{replay, streak};
use crate::practice::team::Team;
use crate::store::trials::{decode, encode};

/// Moments at which anybody may look: the edges of what there is, and around the rounds.
fn moments(team: &Team) -> Vec<Timestamp> {
    let rounds = team.rounds().iter().rev().take(3);
    let own = rounds
        .flat_map(|round| [Some(round.due), round.opened_at()])
        .flatten();
    let edges = [
        Timestamp::MIN,
        Timestamp::UNIX_EPOCH,
        desk::now(),
        Timestamp::MAX,
    ];
    edges.into_iter().chain(own).chain([team.since]).collect()
}

pub fn snapshot(bytes: &[u8]) {
    let Ok(guild) = decode(bytes, desk::GUILD) else {
        return;
    };
    sound(&guild);
    for team in guild.teams().values() {
        look(team);
        change(team);
    }
    // The commands, on this guild instead of the usual one.
    desk::with(|desk, runtime| {
        let ((), _) = desk.store.upsert(desk::GUILD, |state| *state = guild);
        runtime.block_on(ask(desk));
        desk.store.read(desk::GUILD, sound);
    });
}

/// Written and read again, a guild is the same.
pub fn sound(guild: &Guild) {
    let bytes = encode(guild);
    let again = decode(&bytes, guild.id());
    assert_eq!(again.as_ref(), Ok(guild));
}

/// Everything that reads a team.
fn look(team: &Team) {
    for (_, ledger) in team.members() {
        let walked = replay(ledger, team.rounds())
            .last()
            .map(|(_, _, streak)| streak);
        assert_eq!(walked.unwrap_or_default(), streak(ledger, team.rounds()));
    }
    for now in moments(team) {
        let _ = (
            team.next_post_step(now),
            team.due(now),
            team.next_post_times(now, 3),
        );
        let access = render::team::PermissionReport::default();
        let status = render::team::TeamStatus {
            guild: GuildId::new(1),
            now,
            access: Ok(&access),
            bank_size: 1,
        };
        let said = [
            render::team::status(team, &status),
            render::team::team_summary(team, now, &access, true),
            render::team::paused(team, now),
            render::team::resumed(team, now),
        ];
        for message in said {
            limits::check(&Response::New(message));
        }
    }
    let _ = replies::history_range_count(team);
}

/// What happens to a team next, whatever it is.
fn change(team: &Team) {
    for now in moments(team) {
        let mut team = team.clone();
        let mut random = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let day = team.settings.schedule.zone.date(now);
        team.begin_round(day, now, &["a", "b"], &mut random);
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
                desk::ADA,
                MessageId::new(round.get().saturating_add(1)),
            );
            team.count_reply(round, desk::ADA, MessageId::new(1));
        }
        team.resume(now);
        team.skip_next(now);
        team.abandon_round();
        let mut guild = Guild::new(desk::GUILD);
        guild.insert_team(team);
        sound(&guild);
    }
}

async fn ask(desk: &Arc<Desk>) {
    let key = TeamKey {
        guild: desk::GUILD,
        channel: desk::CHANNEL,
    };
    if let Some(round) = desk
        .team(key, |team| team.rounds().last().cloned())
        .flatten()
    {
        // There is no Discord to look in; what is asked for must exist all the same.
        let _ = find::find_own_message(desk, key, (round.due, &round.label())).await;
    }
    for command in [
        "streak",
        "leaderboard",
        "answer",
        "hint",
        "quiz",
        "team post",
        "team skip",
        "team resume",
        "team reports",
        "remind status",
        "remind off",
    ] {
        limits::check(&asked::command(desk, command).await);
    }
}

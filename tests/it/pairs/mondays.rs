//! Mondays with nine members who join and leave, on files and on PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use discord_sandbox::ids;

use super::{add_members, allow_private_threads, join, monday, private_threads, wait_for_guide};
use crate::eviction::{LISTEN, idle_until_evicted, wait_until_evicted};
use crate::support::World;
use crate::support::test_database::TestDatabase;

/// The number of Mondays.
const WEEKS: usize = 4;

async fn mondays(mut world: World) {
    allow_private_threads(&world.sandbox);
    world.start_bot().await;
    let mut members = add_members(&world, 7);
    members.extend([ids::LIN, ids::SAM]);
    for user in &members {
        join(world.member(*user)).await;
    }
    let mut met: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    let mut active: BTreeSet<u64> = members.iter().copied().collect();
    let mut seen = BTreeSet::new();
    for week in 0..WEEKS {
        world.set_time(&monday_at_ten(week)).await;
        let threads: Vec<_> = private_threads(&world)
            .into_iter()
            .filter(|(thread, _)| seen.insert(*thread))
            .collect();
        let matched: Vec<u64> = threads.iter().flat_map(|one| one.1.clone()).collect();
        let distinct: BTreeSet<u64> = matched.iter().copied().collect();
        assert_eq!(matched.len(), distinct.len(), "week {week}: {threads:?}");
        assert_eq!(distinct, active, "week {week}\n{}", world.log());
        let trios = threads.iter().filter(|one| one.1.len() == 3).count();
        assert_eq!(trios, active.len() % 2, "week {week}");
        for (thread, group) in &threads {
            let guide = wait_for_guide(&world, *thread).await;
            let group: Vec<u64> = group.iter().copied().collect();
            for (index, one) in group.iter().enumerate() {
                for other in &group[index + 1..] {
                    *met.entry((*one, *other)).or_default() += 1;
                }
            }
            // They meet, so that nobody is dropped for being silent.
            let first = world.member(group[0]);
            first.press(guide.id, "I interview first").await;
            let card = first.press(guide.id, "Open the question").await;
            first.press(card.id, "Finish").await;
        }
        match week {
            0 => {
                world.sam().command_message("pair leave", &[]).await;
                active.remove(&ids::SAM);
            }
            1 => world.kill_and_restart().await,
            2 => {
                join(world.sam()).await;
                active.insert(ids::SAM);
            }
            _ => {}
        }
    }
    let repeats = met.values().filter(|count| **count > 1).count();
    assert!(repeats <= 1, "{met:?}");
}

fn monday_at_ten(week: usize) -> String {
    let day = jiff::civil::date(2026, 11, 30);
    let weeks = i64::try_from(week).unwrap();
    let day = day.saturating_add(jiff::Span::new().weeks(weeks));
    format!("{day}T10:00")
}

/// Nine members meet others each Monday; members leave and come back, and the bot is killed.
#[tokio::test(flavor = "multi_thread")]
async fn nine_members_meet_others_each_monday() {
    mondays(monday().without_bot().await).await;
}

/// The same on PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn nine_members_meet_others_each_monday_on_postgresql() {
    let Some(database) = TestDatabase::new() else {
        return;
    };
    mondays(monday().database(database.url()).without_bot().await).await;
}

/// An idle server, which was evicted from memory, is matched in time.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_server_is_matched_in_time() {
    let mut world = World::at("2026-03-27T08:59[Europe/Berlin]")
        .setting(LISTEN)
        .team()
        .with("days = [\"fri\"]")
        .with("pairs = \"mon 10:00\"")
        .without_bot()
        .await;
    allow_private_threads(&world.sandbox);
    world.start_bot().await;
    join(world.lin()).await;
    join(world.sam()).await;
    let monitor = idle_until_evicted(&world).await;
    world.set_time("2026-03-30T09:59").await;
    wait_until_evicted(&monitor, true).await;
    assert!(private_threads(&world).is_empty());
    world.set_time("2026-03-30T10:00").await;
    let thread = world
        .wait_for("the thread", |world| private_threads(world).pop())
        .await;
    wait_for_guide(&world, thread.0).await;
}

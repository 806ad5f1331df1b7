//! Several shards: all of them in one process, or a range of them.

use std::collections::BTreeSet;
use std::time::Duration;

use discord_sandbox::ids;

use crate::health::Monitor;
use crate::support::World;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// Creates guilds with a team in all of four shards; returns guild and channel ids.
async fn guilds(world: &World) -> Vec<(u64, u64)> {
    let mut guilds = vec![(ids::GUILD, ids::ASYNCIO)];
    for number in 1..8 {
        // The shard depends on the id's milliseconds.
        let clock = world.sandbox.clock();
        clock.advance(Duration::from_millis(1)).await.unwrap();
        let (guild, channel) = world.another_guild(&format!("Guild {number}"));
        world.configure_team(guild, channel);
        guilds.push((guild, channel));
    }
    let shards: BTreeSet<_> = guilds.iter().map(|(guild, _)| shard(*guild)).collect();
    assert_eq!(shards.len(), 4, "every shard has guilds");
    guilds
}

fn shard(guild: u64) -> u64 {
    (guild >> 22) % 4
}

/// Returns the shards whose session is connected.
fn connected(world: &World) -> BTreeSet<u64> {
    world.sandbox.read(|discord| {
        let sessions = discord.gateway.sessions.iter();
        let open = sessions.filter(|session| session.connection.is_some());
        open.map(|session| session.shard.number).collect()
    })
}

/// The bot starts as many shards as Discord recommends, two at a time as Discord allows. Every guild
/// gets its question and its responses.
#[tokio::test(flavor = "multi_thread")]
async fn four_shards_in_one_process() {
    let mut world = World::at(FRIDAY).setting(LISTEN).team().without_bot().await;
    let guilds = guilds(&world).await;
    world.sandbox.recommend_shards(4, 2);
    world.spawn_bot();
    world
        .wait_until("all shards to connect", || connected(&world).len() == 4)
        .await;
    world.set_time("2026-03-27T09:00").await;
    for (_, channel) in &guilds {
        assert_eq!(world.posts_in(*channel).len(), 1);
        let outcome = world.ada().command_in(*channel, "streak", &[]).await;
        assert!(outcome.message().is_some(), "{outcome:?}");
    }
    let monitor = Monitor::new(&world).await;
    let health = monitor
        .wait_for(200, |health| health["status"] == "ok")
        .await;
    let shards = health["shards"].as_array().unwrap();
    let numbers: Vec<_> = shards.iter().map(|one| one["shard"].as_u64()).collect();
    assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3)]);
    for number in 0..4 {
        let name = format!("quizloop_gateway_connected{{shard=\"{number}\"}}");
        monitor.wait_for_metric(&name, 1.0).await;
    }
    // Two began at once, and the two others not before five seconds had passed.
    let begun = world
        .sandbox
        .read(|discord| discord.gateway.session_start_limit.started.clone());
    assert_eq!(begun.len(), 4);
    for slot in 0..2 {
        let of_slot: Vec<_> = begun
            .iter()
            .filter(|(_, shard)| shard.number % 2 == slot)
            .collect();
        let apart = of_slot[1].0.duration_since(of_slot[0].0);
        assert!(apart >= Duration::from_secs(5), "{apart:?}");
    }
}

/// A broken connection of one shard does not affect the others, and is restored.
#[tokio::test(flavor = "multi_thread")]
async fn one_shard_fails() {
    let mut world = World::at(FRIDAY).team().without_bot().await;
    let guilds = guilds(&world).await;
    world.sandbox.recommend_shards(4, 16);
    world.spawn_bot();
    world
        .wait_until("all shards to connect", || connected(&world).len() == 4)
        .await;
    world.set_time("2026-03-27T09:00").await;
    let own = shard(ids::GUILD);
    world.sandbox.close_shard(own, None);
    let (_, elsewhere) = guilds
        .iter()
        .find(|(guild, _)| shard(*guild) != own)
        .unwrap();
    let outcome = world.ada().command_in(*elsewhere, "streak", &[]).await;
    assert!(outcome.message().is_some(), "{outcome:?}");
    // A reply sent while the shard was disconnected is counted afterwards.
    world.lin().reply("in my own words").await;
    world
        .wait_until("all shards to be connected again", || {
            connected(&world).len() == 4
        })
        .await;
}

/// With a range of shards, the bot ignores the guilds of other shards.
#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_shards() {
    let mut world = World::at(FRIDAY)
        .setting("[discord]\nshards = \"1-2/4\"")
        .team()
        .without_bot()
        .await;
    let guilds = guilds(&world).await;
    world.sandbox.recommend_shards(4, 16);
    world.spawn_bot();
    world
        .wait_until("both shards to connect", || {
            connected(&world) == BTreeSet::from([1, 2])
        })
        .await;
    world.set_time("2026-03-27T09:00").await;
    for (guild, channel) in guilds {
        let wanted = usize::from((1..=2).contains(&shard(guild)));
        assert_eq!(
            world.posts_in(channel).len(),
            wanted,
            "shard {}",
            shard(guild)
        );
    }
}

//! Tests of the store, in particular with failing disks and crashes.

pub mod backends;
mod crash;
mod failing;
mod files;
mod restore;
mod server_questions;
mod transfer;
mod unreadable;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::time;

use super::Store;
use super::disk::Disk;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::schedule::Schedule;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::zone::Zone;

const GUILD: GuildId = GuildId::new(1_110_000_000_000_000_001);

/// A time at which tests delete data.
pub fn deleted_at() -> Timestamp {
    "2026-03-30T09:00:00Z".parse().unwrap()
}

pub fn team(channel: u64) -> Team {
    let settings = TeamSettings {
        schedule: Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc()),
        ..TeamSettings::default()
    };
    Team::new(
        ChannelId::new(channel),
        settings,
        "2026-03-27T08:00:00Z".parse().unwrap(),
    )
}

/// Adds one team, a change that tests can count.
fn add_team(guild: &mut Guild) {
    let next = guild.teams().len() as u64 + 1;
    guild.insert_team(team(next));
}

fn teams(store: &Store, guild: GuildId) -> usize {
    store.read(guild, |guild| guild.teams().len()).unwrap_or(0)
}

fn open(dir: &Path) -> Store {
    Store::open(dir).unwrap_or_else(|error| panic!("{error}"))
}

fn open_on(dir: &Path, disk: impl Disk) -> Store {
    Store::open_on(dir, Arc::new(disk)).unwrap_or_else(|error| panic!("{error}"))
}

//! What goes wrong around the bot, besides the kills: a wrong clock, missing permissions, an outage,
//! another application's token, a restored backup.

use std::path::Path;
use std::time::Duration;

use discord_sandbox::model::Overwrite;
use discord_sandbox::permission::READ_MESSAGE_HISTORY;
use discord_sandbox::{Sandbox, ids};
use jiff::civil::{Date, time};
use jiff::{SignedDuration, ToSpan};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::model::Model;
use super::world::KillWorld;
use crate::application::STAGING;
use crate::support::World;

/// A difference between the clocks that the bot tolerates.
const TOLERATED_SKEW: SignedDuration = SignedDuration::from_secs(90);

/// How long a hardship lasts at most while the bot works, in milliseconds.
const DURATION_MAX: u64 = 60;

/// Something that happens while the bot works, and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hardship {
    /// The machine's clock is that many hours ahead of Discord's, or behind.
    WrongClock(i64),
    /// The bot lacks Read Message History.
    NoHistory,
    /// Discord reports the server as unavailable.
    Outage,
}

impl Hardship {
    /// Half a year, in hours.
    const HALF_A_YEAR: i64 = 183 * 24;

    const ALL: [Self; 5] = [
        Self::WrongClock(-2),
        Self::WrongClock(9),
        Self::WrongClock(Self::HALF_A_YEAR),
        Self::NoHistory,
        Self::Outage,
    ];

    /// Returns a hardship with the given probability.
    pub fn random(probability: f64, rng: &mut StdRng) -> Option<Self> {
        let happens = rng.random_bool(probability);
        happens.then(|| *Self::ALL.choose(rng).unwrap())
    }

    /// Returns the name in the table of results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongClock(..0) => "clock behind",
            Self::WrongClock(Self::HALF_A_YEAR) => "clock half a year ahead",
            Self::WrongClock(_) => "clock hours ahead",
            Self::NoHistory => "no history",
            Self::Outage => "outage",
        }
    }

    async fn begin(self, sandbox: &Sandbox) {
        match self {
            Self::WrongClock(hours) => set_skew(sandbox, SignedDuration::from_hours(hours)).await,
            Self::NoHistory => deny(sandbox, READ_MESSAGE_HISTORY),
            Self::Outage => sandbox.set_guild_unavailable(ids::GUILD, true),
        }
    }

    /// Begins, lasts for a random time, and ends.
    pub async fn happen(self, sandbox: &Sandbox, rng: &mut StdRng) {
        self.begin(sandbox).await;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..DURATION_MAX))).await;
        end_all(sandbox).await;
    }
}

/// Ends all hardships, also those that a kill interrupted.
pub async fn end_all(sandbox: &Sandbox) {
    if i128::from(sandbox.clock().reading().skew_ms).abs() > TOLERATED_SKEW.as_millis() {
        set_skew(sandbox, SignedDuration::ZERO).await;
    }
    deny(sandbox, 0);
    sandbox.set_guild_unavailable(ids::GUILD, false);
}

async fn set_skew(sandbox: &Sandbox, ahead: SignedDuration) {
    // A bot that is killed meanwhile does not acknowledge the time.
    let _ = sandbox.clock().set_follower_skew(ahead).await;
}

fn deny(sandbox: &Sandbox, permissions: u64) {
    let overwrite = Overwrite {
        id: ids::APP,
        is_member: true,
        allow: 0,
        deny: permissions,
    };
    sandbox.set_overwrite(ids::ASYNCIO, overwrite);
}

/// A copy of the state folder, and the part of the model that only the state knows.
pub struct Backup {
    folder: tempfile::TempDir,
    rounds: usize,
    free_day: Option<Date>,
    model: Model,
}

impl KillWorld {
    /// Applies hardships to the stopped bot, and starts it.
    pub(super) async fn start_worse(&mut self) {
        let ahead = if self.rng.random_bool(0.2) {
            self.record_hardship("clock 90 s ahead");
            TOLERATED_SKEW
        } else {
            SignedDuration::ZERO
        };
        set_skew(&self.world.sandbox, ahead).await;
        if self.rng.random_bool(0.05) {
            self.start_with_another_application().await;
        }
        // Without the history, the bot takes a restored backup for the newest state.
        let restores = self.rng.random_bool(0.3) && self.can_restore();
        if restores {
            self.restore();
        } else if self.rng.random_bool(0.3) {
            self.back_up();
        }
        self.expire_leases();
        if !restores && self.rng.random_bool(0.1) {
            self.start_without_history().await;
        } else {
            self.world.start_bot().await;
        }
    }

    /// Starts the bot without Read Message History, and grants it afterwards.
    async fn start_without_history(&mut self) {
        self.record_hardship("start without history");
        deny(&self.world.sandbox, READ_MESSAGE_HISTORY);
        self.world.start_bot().await;
        deny(&self.world.sandbox, 0);
    }

    /// Starts the bot with another application's token on this state: it must refuse.
    async fn start_with_another_application(&mut self) {
        if self.team_on_disk().is_none() {
            return;
        }
        self.record_hardship("another application");
        let before = self.team_on_disk();
        let builder = World::at("2026-03-02T08:00[UTC]").application(STAGING);
        let builder = match &self.database {
            Some(database) => builder.database(database.url()),
            None => builder.state(&self.world.state()),
        };
        let mut other = builder.without_bot().await;
        other.spawn_bot();
        let (code, log) = other.exit_and_log().await;
        assert_eq!(code, Some(2), "{log}");
        assert!(
            before == self.team_on_disk(),
            "the state was changed\n{log}"
        );
    }

    fn back_up(&mut self) {
        let Some(team) = self.team_on_disk().filter(|_| self.database.is_none()) else {
            return;
        };
        let folder = tempfile::tempdir().expect("a folder for the backup");
        copy(&self.world.state(), folder.path());
        self.backup = Some(Backup {
            folder,
            rounds: team.rounds().len(),
            free_day: self.free_day,
            model: self.model.clone(),
        });
    }

    /// Whether the backup is of today or yesterday, and the bot can still find today's question: it
    /// looks for it only while it would post it.
    fn can_restore(&self) -> bool {
        let Some(backup) = &self.backup else {
            return false;
        };
        let today = self.world.local_date();
        let due = today.to_datetime(time(9, 0, 0, 0)).in_tz("UTC").unwrap();
        let missing = self.model.rounds.len().saturating_sub(backup.rounds);
        let is_recent = match missing {
            0 => true,
            // A day without a message has a round that was not posted yet.
            1 => {
                self.model.days.last() == Some(&today)
                    && self.model.days.len() == self.model.rounds.len()
            }
            _ => false,
        };
        is_recent
            && !backup.model.paused
            && !self.model.paused
            && backup.free_day == self.free_day
            && self.free_day != Some(today)
            && self.world.now() < due.timestamp() + 45.minutes()
    }

    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else {
            return;
        };
        self.record_hardship("restored backup");
        let state = self.world.state();
        std::fs::remove_dir_all(&state).expect("the state is deleted");
        copy(backup.folder.path(), &state);
        // Rounds and replies are in the channel; everything else is as it was then.
        let then = backup.model;
        self.model.credits = then.credits;
        self.model.voids = then.voids;
        self.model.catch_up = then.catch_up;
        self.model.reviews = then.reviews;
        self.other.2 = self.on_disk(self.other.0).is_some();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

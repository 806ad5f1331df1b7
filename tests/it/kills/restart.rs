//! Between two kills: the bot is restarted, and the conditions for the next kill are restored.

use discord_sandbox::ids;
use jiff::ToSpan;
use quizloop_core::id::UserId;
use rand::RngExt;

use super::actions::{ActionOutcome, AdminAction, MEMBERS, perform};
use super::stats::KillStats;
use super::world::KillWorld;
use crate::wrap_up::wrap_ups_in;

impl KillWorld {
    /// Restarts the bot and waits until everything matches the model.
    pub(super) async fn restart(&mut self) {
        if self.rng.random_bool(0.2) {
            let later = self.world.now() + 20.minutes();
            self.world.sandbox.clock().set(later).await.unwrap();
            self.record_day();
        }
        self.start_worse().await;
        if self.team_on_disk().is_none() {
            self.set_up(ids::ASYNCIO).await;
        }
        self.wait_until_consistent().await;
        self.check_random_streak().await;
        self.check_wrap_ups().await;
        if self.model.paused {
            self.resume_after_pause().await;
        }
        let is_member = self
            .world
            .sandbox
            .read(|discord| discord.bot_is_in(self.other.0));
        if !is_member {
            // The bot left this server before the kill, so the data must be deleted soon.
            let deleted = || self.on_disk(self.other.0).is_none();
            self.world.wait_until("the data to go", deleted).await;
            let (guild, channel) = self.world.another_guild("Other");
            self.other = (guild, channel, false);
        } else if !self.other.2 {
            self.set_up(self.other.1).await;
            self.other.2 = true;
        }
    }

    /// Asserts that no thread has two wrap-ups, and that the expected one is there.
    async fn check_wrap_ups(&mut self) {
        if let Some(thread) = self.expected_wrap_up.take() {
            let is_there = || !wrap_ups_in(&self.world, thread).is_empty();
            self.world.wait_until("the wrap-up", is_there).await;
        }
        for thread in self.world.sandbox.threads(ids::ASYNCIO) {
            let count = wrap_ups_in(&self.world, thread.id).len();
            assert!(count <= 1, "{count} wrap-ups\n{}", self.world.log());
        }
    }

    async fn set_up(&self, channel: u64) {
        let ada = self.world.ada();
        let (time, wrap_up_at) = if channel == ids::ASYNCIO {
            ("09:00", "10:30")
        } else {
            ("23:00", "off")
        };
        let options = [
            ("timezone", "UTC".into()),
            ("time", time.into()),
            ("days", "every day".into()),
            ("wrap_up_at", wrap_up_at.into()),
        ];
        let outcome = ada.command_in(channel, "setup", &options).await;
        assert!(
            outcome.message().is_some(),
            "{outcome:?}\n{}",
            self.world.log()
        );
    }

    async fn resume_after_pause(&mut self) {
        if self.rng.random_bool(0.5) {
            let day = self.world.local_date() + 1.day();
            self.world.set_time(&format!("{day}T09:30")).await;
            self.free_day = Some(day);
            self.wait_until_consistent().await;
        }
        let outcome = perform(&self.world.sandbox, AdminAction::Pause(false)).await;
        assert_eq!(outcome, ActionOutcome::Succeeded, "{}", self.world.log());
        self.model.paused = false;
        self.wait_until_consistent().await;
    }

    async fn check_random_streak(&mut self) {
        let member = MEMBERS[self.rng.random_range(0..MEMBERS.len())];
        let streak = self.world.member(member).streak().await;
        assert_eq!(
            streak,
            self.model.streak(member),
            "of member {member}\n{}",
            self.world.log()
        );
    }

    /// After the last kill: checks everything and stops the bot cleanly.
    pub async fn finish(mut self) -> KillStats {
        self.restart().await;
        for member in MEMBERS {
            let streak = self.world.member(member).streak().await;
            assert_eq!(streak, self.model.streak(member), "of member {member}");
        }
        assert_eq!(self.world.stop().await, Some(0));
        for member in MEMBERS {
            let team = self.team_on_disk().expect("the team is saved");
            let saved = team.streak(UserId::new(member)).current;
            assert_eq!(
                saved,
                self.model.streak(member),
                "of member {member} on disk"
            );
        }
        self.stats.rounds += self.model.rounds.len();
        self.stats.replies += self.model.replies();
        self.stats
    }
}

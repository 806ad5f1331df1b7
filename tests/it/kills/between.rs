//! Between two lives: the bot is started again, and what must be there for the next life is made.

use jiff::ToSpan;
use quizloop::sandbox::ids;
use rand::RngExt;

use super::acts::{Came, MEMBERS, Order, give};
use super::lives::Lives;
use super::tally::Tally;

impl Lives {
    /// Starts the bot again, and waits until everything is as the model says.
    pub(super) async fn revive(&mut self) {
        if self.rng.random_bool(0.2) {
            let later = self.world.now() + 20.minutes();
            self.world.sandbox.clock().set(later).await.unwrap();
            self.note_day();
        }
        self.world.start_bot().await;
        if self.team_on_disk().is_none() {
            self.set_up(ids::ASYNCIO).await;
        }
        self.settled().await;
        self.look_at_a_streak().await;
        if self.model.paused {
            self.sit_out_the_pause().await;
        }
        let is_there = self
            .world
            .sandbox
            .read(|discord| discord.bot_is_in(self.other.0));
        if !is_there {
            // Left before the kill: its data must be gone by now, or soon.
            let file = self
                .world
                .state()
                .join(format!("guilds/{}.json", self.other.0));
            self.world.until("the data to go", || !file.exists()).await;
            let (guild, channel) = self.world.another_guild("Other");
            self.other = (guild, channel, false);
        } else if !self.other.2 {
            self.set_up(self.other.1).await;
            self.other.2 = true;
        }
    }

    async fn set_up(&self, channel: u64) {
        let ada = self.world.ada();
        let at = if channel == ids::ASYNCIO {
            "09:00"
        } else {
            "23:00"
        };
        let options = [
            ("timezone", "UTC".into()),
            ("time", at.into()),
            ("days", "every day".into()),
        ];
        let outcome = ada.command_in(channel, "setup", &options).await;
        assert!(
            outcome.message().is_some(),
            "{outcome:?}\n{}",
            self.world.log()
        );
    }

    async fn sit_out_the_pause(&mut self) {
        if self.rng.random_bool(0.5) {
            let day = self.world.local_date() + 1.day();
            self.world.at_time(&format!("{day}T09:30")).await;
            self.free_day = Some(day);
            self.settled().await;
        }
        let came = give(&self.world.sandbox, Order::Pause(false)).await;
        assert_eq!(came, Came::Through, "{}", self.world.log());
        self.model.paused = false;
        self.settled().await;
    }

    async fn look_at_a_streak(&mut self) {
        let member = MEMBERS[self.rng.random_range(0..MEMBERS.len())];
        let shown = self.world.member(member).streak().await;
        assert_eq!(
            shown,
            self.model.streak(member),
            "of member {member}\n{}",
            self.world.log()
        );
    }

    /// After the last life: everything as it must be, and a clean stop.
    pub async fn end(mut self) -> Tally {
        self.revive().await;
        for member in MEMBERS {
            let shown = self.world.member(member).streak().await;
            assert_eq!(shown, self.model.streak(member), "of member {member}");
        }
        assert_eq!(self.world.stop().await, Some(0));
        for member in MEMBERS {
            let saved = self.world.saved_streak(member);
            assert_eq!(
                saved,
                self.model.streak(member),
                "of member {member} on disk"
            );
        }
        self.tally.rounds += self.model.rounds.len();
        self.tally.replies += self.model.replies();
        self.tally
    }
}

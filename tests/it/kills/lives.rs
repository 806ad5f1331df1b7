//! A world in which the bot lives and dies again and again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, time};
use rand::RngExt;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use super::acts::{MEMBERS, Notes, Order, Plan, Scene, begin, orders, write};
use super::model::Model;
use super::tally::Tally;
use super::ways::Way;
use crate::support::{PATIENCE, World};

/// After a death this much is waited for what was on its way to be noticed.
const GRACE: Duration = Duration::from_millis(50);

/// After all is done this much is waited for a step that was not passed yet.
const STEP_LIMIT: Duration = Duration::from_secs(1);

/// A world with its model.
pub struct Lives {
    pub(super) world: World,
    pub(super) model: Model,
    pub(super) rng: StdRng,
    /// Another server, to set up and to leave: the server, its channel, whether its team is there.
    pub(super) other: (u64, u64, bool),
    /// The day that a pause kept free.
    pub(super) free_day: Option<Date>,
    pub tally: Tally,
}

impl Lives {
    /// A world before the bot's first start.
    pub async fn new(rng: StdRng) -> Self {
        let world = World::at("2026-03-02T08:00[UTC]")
            .failpoints()
            .without_bot()
            .await;
        let (guild, channel) = world.another_guild("Other");
        Self {
            world,
            model: Model::default(),
            rng,
            other: (guild, channel, false),
            free_day: None,
            tally: Tally::default(),
        }
    }

    /// One life, from a dead bot to a dead bot.
    pub async fn live(&mut self, way: Way) {
        let scene = Scene {
            sandbox: self.world.sandbox.clone(),
            notes: Arc::new(Mutex::new(Notes::default())),
        };
        let plan = if way.is_at_start() {
            self.write_while_away(&scene);
            if way.name().starts_with("register.") {
                // What was registered is only a note; without it the commands are registered anew.
                let _ = std::fs::remove_file(self.world.state().join("notes.json"));
            }
            Plan::default()
        } else {
            self.revive().await;
            self.plan(way)
        };
        if let Way::Step(step, pass) = way {
            self.world.fail_at(&format!("{step} kill {pass}\n"));
        }
        if way.is_at_start() {
            self.world.launch();
        }
        let mut acts = begin(&scene, plan, &mut self.rng);
        let reached = self.die(way, &mut acts).await;
        self.tally.death(way, reached);
        let rest = async { while acts.join_next().await.is_some() {} };
        // Whoever still waits for the dead waits in vain.
        let _ = tokio::time::timeout(GRACE, rest).await;
        // They must have ended: who is stopped while writing has written all the same.
        acts.shutdown().await;
        self.world.fail_at("");
        self.take_note(&scene);
    }

    fn write_while_away(&mut self, scene: &Scene) {
        for member in MEMBERS {
            if self.rng.random_bool(0.7) {
                write(scene, member, &mut self.rng);
            }
        }
    }

    fn plan(&mut self, way: Way) -> Plan {
        let name = way.name();
        let part = name.split('.').next().unwrap();
        let day_is_free = self.free_day == Some(self.world.local_date());
        let moves = ["post", "thread", "reply", "store", "disk"].contains(&part)
            || self.rng.random_bool(0.75);
        let rounds = u32::try_from(self.model.rounds.len()).unwrap();
        let posted_today = self.model.days.last() == Some(&self.world.local_date());
        let mut plan = Plan {
            orders: orders(rounds, posted_today && !moves, &mut self.rng),
            ..Plan::default()
        };
        if moves || day_is_free {
            plan.move_to = Some(self.tomorrow());
        }
        match part {
            "setup" => plan.orders = vec![Order::SetUp(self.other.1)],
            "review" => plan.orders.insert(0, Order::Review),
            "order" => plan.orders.insert(0, Order::CatchUp(240)),
            "forget" => plan.leave = Some(self.other.0),
            _ => {}
        }
        plan
    }

    /// The next moment at which a question is due.
    fn tomorrow(&self) -> jiff::Timestamp {
        let today = self.world.local_date();
        let had = self.model.days.last() == Some(&today) || self.free_day == Some(today);
        let day = if had { today + 1.day() } else { today };
        day.to_datetime(time(9, 0, 0, 0))
            .in_tz("UTC")
            .unwrap()
            .timestamp()
    }

    /// Waits for the death, or brings it about; whether the way was kept to.
    async fn die(&mut self, way: Way, acts: &mut JoinSet<()>) -> bool {
        match way {
            Way::AtWork(after) | Way::AtStart(after) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                self.world.kill().await;
                return true;
            }
            Way::AtStop(_) | Way::Step("stop.begin", _) => {
                let work = Duration::from_millis(self.rng.random_range(0..150));
                tokio::time::sleep(work).await;
                let pid = i32::try_from(self.world.bot_id()).unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
            }
            Way::Step(..) => {}
        }
        if let Way::AtStop(after) = way {
            tokio::time::sleep(Duration::from_millis(after)).await;
            self.world.kill_if_alive().await;
            return true;
        }
        let done = async {
            while acts.join_next().await.is_some() {}
            tokio::time::sleep(STEP_LIMIT).await;
        };
        tokio::select! {
            status = self.world.gone(PATIENCE) => {
                use std::os::unix::process::ExitStatusExt;
                let status = status.expect("somebody always is done");
                assert_eq!(status.signal(), Some(9), "{way:?}: {status}\n{}", self.world.log());
                true
            }
            () = done => {
                self.world.kill().await;
                false
            }
        }
    }
}

//! A world in which the bot lives and dies again and again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, time};
use rand::RngExt;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use super::actions::{
    ActionPlan, AdminAction, MEMBERS, ObservedHistory, Scene, random_actions, spawn_actions, write,
};
use super::kill_points::KillPoint;
use super::model::Model;
use super::stats::KillStats;
use crate::support::{WAIT_TIMEOUT, World};

/// After a death this much is waited for what was on its way to be noticed.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// After all is done this much is waited for a step that was not passed yet.
const STEP_TIMEOUT: Duration = Duration::from_secs(1);

/// A world with its model.
pub struct KillWorld {
    pub(super) world: World,
    pub(super) model: Model,
    pub(super) rng: StdRng,
    /// Another server, to set up and to leave: the server, its channel, whether its team is there.
    pub(super) other: (u64, u64, bool),
    /// The day that a pause kept free.
    pub(super) free_day: Option<Date>,
    pub stats: KillStats,
}

impl KillWorld {
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
            stats: KillStats::default(),
        }
    }

    /// One life, from a dead bot to a dead bot.
    pub async fn run_until_kill(&mut self, point: KillPoint) {
        let scene = Scene {
            sandbox: self.world.sandbox.clone(),
            history: Arc::new(Mutex::new(ObservedHistory::default())),
        };
        let plan = if point.is_at_start() {
            self.write_while_away(&scene);
            if point.name().starts_with("register.") {
                // What was registered is only a note; without it the commands are registered anew.
                let _ = std::fs::remove_file(self.world.state().join("notes.json"));
            }
            ActionPlan::default()
        } else {
            self.restart().await;
            self.plan(point)
        };
        if let KillPoint::Step(step, pass) = point {
            self.world.set_failpoints(&format!("{step} kill {pass}\n"));
        }
        if point.is_at_start() {
            self.world.launch();
        }
        let mut acts = spawn_actions(&scene, plan, &mut self.rng);
        let reached = self.wait_for_kill(point, &mut acts).await;
        self.stats.record_kill(point, reached);
        let rest = async { while acts.join_next().await.is_some() {} };
        // Whoever still waits for the dead waits in vain.
        let _ = tokio::time::timeout(SETTLE_TIME, rest).await;
        // They must have ended: who is stopped while writing has written all the same.
        acts.shutdown().await;
        self.world.set_failpoints("");
        self.record_history(&scene);
    }

    fn write_while_away(&mut self, scene: &Scene) {
        for member in MEMBERS {
            if self.rng.random_bool(0.7) {
                write(scene, member, &mut self.rng);
            }
        }
    }

    fn plan(&mut self, point: KillPoint) -> ActionPlan {
        let name = point.name();
        let part = name.split('.').next().unwrap();
        let day_is_free = self.free_day == Some(self.world.local_date());
        let moves = ["post", "thread", "reply", "store", "disk"].contains(&part)
            || self.rng.random_bool(0.75);
        let rounds = u32::try_from(self.model.rounds.len()).unwrap();
        let posted_today = self.model.days.last() == Some(&self.world.local_date());
        let mut plan = ActionPlan {
            actions: random_actions(rounds, posted_today && !moves, &mut self.rng),
            ..ActionPlan::default()
        };
        if moves || day_is_free {
            plan.move_to = Some(self.tomorrow());
        }
        match part {
            "setup" => plan.actions = vec![AdminAction::SetUp(self.other.1)],
            "review" => plan.actions.insert(0, AdminAction::Review),
            "order" => plan.actions.insert(0, AdminAction::CatchUp(240)),
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
    async fn wait_for_kill(&mut self, point: KillPoint, acts: &mut JoinSet<()>) -> bool {
        match point {
            KillPoint::AtWork(after) | KillPoint::AtStart(after) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                self.world.kill().await;
                return true;
            }
            KillPoint::AtStop(_) | KillPoint::Step("stop.begin", _) => {
                let work = Duration::from_millis(self.rng.random_range(0..150));
                tokio::time::sleep(work).await;
                let pid = i32::try_from(self.world.bot_id()).unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
            }
            KillPoint::Step(..) => {}
        }
        if let KillPoint::AtStop(after) = point {
            tokio::time::sleep(Duration::from_millis(after)).await;
            self.world.kill_if_alive().await;
            return true;
        }
        let done = async {
            while acts.join_next().await.is_some() {}
            tokio::time::sleep(STEP_TIMEOUT).await;
        };
        tokio::select! {
            status = self.world.wait_for_exit(WAIT_TIMEOUT) => {
                use std::os::unix::process::ExitStatusExt;
                let status = status.expect("somebody always is done");
                assert_eq!(status.signal(), Some(9), "{point:?}: {status}\n{}", self.world.log());
                true
            }
            () = done => {
                self.world.kill().await;
                false
            }
        }
    }
}

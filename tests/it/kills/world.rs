//! A world in which the bot is killed and restarted repeatedly.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::{Date, time};
use jiff::{SignedDuration, ToSpan};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_store::postgres::DatabaseReader;
use rand::RngExt;
use rand::rngs::StdRng;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinSet;

use super::actions::{
    ActionPlan, AdminAction, MEMBERS, ObservedHistory, Scene, random_actions, spawn_actions, write,
};
use super::hardship::{self, Backup, Hardship};
use super::kill_points::KillPoint;
use super::model::Model;
use super::stats::KillStats;
use crate::support::test_database::TestDatabase;
use crate::support::{WAIT_TIMEOUT, World};

/// How long to wait after a kill for pending events to be noticed.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// How long to wait after all actions for a step that was not reached yet.
const STEP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long after the question at 09:00 the wrap-up is due.
const WRAP_UP_DELAY: SignedDuration = SignedDuration::from_mins(90);

/// A database as the state of the bots of one world.
pub struct KillDatabase {
    database: TestDatabase,
    /// `None` only while it is dropped.
    reader: Option<DatabaseReader>,
}

impl Drop for KillDatabase {
    fn drop(&mut self) {
        let reader = self.reader.take();
        on_a_thread(move || drop(reader));
    }
}

impl KillDatabase {
    /// Creates a database; `None` if there is no server or no pooler.
    pub fn new(behind_pooler: bool) -> Option<Self> {
        let database = if behind_pooler {
            TestDatabase::behind_pooler()?
        } else {
            TestDatabase::new()?
        };
        let url = database.direct_url();
        let reader = on_a_thread(|| DatabaseReader::connect(&url).expect("the database is new"));
        let reader = Some(reader);
        Some(Self { database, reader })
    }

    pub fn url(&self) -> String {
        self.database.url()
    }

    /// Reads a server's saved data.
    pub fn guild(&self, guild: GuildId) -> Option<Guild> {
        let reader = self.reader.as_ref()?;
        on_a_thread(|| {
            reader
                .guild(guild)
                .unwrap_or_else(|error| panic!("{error}"))
        })
    }
}

/// The reader of the database blocks, which is not allowed on a thread of the runtime.
fn on_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|threads| threads.spawn(work).join().unwrap())
}

/// A world and the model it is compared with.
pub struct KillWorld {
    pub(super) world: World,
    pub(super) model: Model,
    pub(super) rng: StdRng,
    /// Another server that is set up and left: the server, its channel, and whether it has a team.
    pub(super) other: (u64, u64, bool),
    /// The day without a question because of a pause.
    pub(super) free_day: Option<Date>,
    /// The thread in which there must be a wrap-up after the next start.
    pub(super) expected_wrap_up: Option<u64>,
    pub(super) backup: Option<Backup>,
    /// Kills and hardships so far, for failures.
    pub(super) journal: Vec<String>,
    /// Where the state is; `None`: in files.
    pub(super) database: Option<KillDatabase>,
    pub stats: KillStats,
}

impl KillWorld {
    /// Creates a world in which the bot was not started yet.
    pub async fn new(mut rng: StdRng, database: Option<KillDatabase>) -> Self {
        let mut builder = World::at("2026-03-02T08:00[UTC]").failpoints();
        if let Some(database) = &database {
            builder = builder.database(database.url());
        }
        let world = builder.without_bot().await;
        if rng.random_bool(0.3) {
            let flowing = world.sandbox.clock().set_flowing(true).await;
            flowing.expect("there is no bot yet");
        }
        let (guild, channel) = world.another_guild("Other");
        Self {
            world,
            model: Model::default(),
            rng,
            other: (guild, channel, false),
            free_day: None,
            expected_wrap_up: None,
            backup: None,
            journal: Vec::new(),
            database,
            stats: KillStats::default(),
        }
    }

    /// Runs the bot until the next kill.
    pub async fn run_until_kill(&mut self, point: KillPoint) {
        let scene = Scene {
            sandbox: self.world.sandbox.clone(),
            history: Arc::new(Mutex::new(ObservedHistory::default())),
        };
        let plan = if point.is_at_start() {
            self.write_while_away(&scene);
            self.expire_leases();
            if point.name().starts_with("register.") {
                // The command hash is only a cache; without it the commands are registered again.
                let _ = std::fs::remove_file(self.world.state().join("notes.json"));
                if let Some(database) = &self.database {
                    database.database.run(&["delete from note"]);
                }
            }
            ActionPlan {
                hardship: Hardship::random(0.2, &mut self.rng),
                ..ActionPlan::default()
            }
        } else {
            self.restart().await;
            self.plan(point).await
        };
        if let Some(hardship) = plan.hardship {
            self.record_hardship(hardship.name());
        }
        self.journal.push(format!("{} {point:?}", self.world.now()));
        if let KillPoint::Step(step, pass) = point {
            self.world.set_failpoints(&format!("{step} kill {pass}\n"));
        }
        if point.is_at_start() {
            self.world.spawn_bot();
        }
        let mut tasks = spawn_actions(&scene, plan, &mut self.rng);
        let reached = self.wait_for_kill(point, &mut tasks).await;
        self.stats.record_kill(point, reached);
        let remaining = async { while tasks.join_next().await.is_some() {} };
        // Interactions of a killed bot never finish.
        let _ = tokio::time::timeout(SETTLE_TIME, remaining).await;
        // All tasks must have ended: a cancelled task may still have written its message.
        tasks.shutdown().await;
        self.world.set_failpoints("");
        hardship::end_all(&self.world.sandbox).await;
        self.wait_for_open_transactions();
        self.record_history(&scene);
        let saved = self
            .team_on_disk()
            .map(|team| (team.rounds().len(), team.last_day));
        self.journal.push(format!("    on disk: {saved:?}"));
    }

    /// Lets the next process own the shard of a killed one and start its session at once.
    pub(super) fn expire_leases(&self) {
        if let Some(database) = &self.database {
            database.database.expire_leases();
            database.database.run(&["delete from identify"]);
        }
    }

    /// The server still executes what a killed process has sent.
    fn wait_for_open_transactions(&self) {
        let open = "select count(*) from pg_stat_activity where datname = current_database() \
            and state <> 'idle' and pid <> pg_backend_pid()";
        if let Some(database) = &self.database {
            while database.database.ask(open) != "0" {
                std::thread::yield_now();
            }
        }
    }

    pub(super) fn record_hardship(&mut self, name: &'static str) {
        self.stats.record_hardship(name);
        self.journal.push(format!("{} {name}", self.world.now()));
    }

    fn write_while_away(&mut self, scene: &Scene) {
        for member in MEMBERS {
            if self.rng.random_bool(0.7) {
                write(scene, member, &mut self.rng);
            }
        }
    }

    async fn plan(&mut self, point: KillPoint) -> ActionPlan {
        let name = point.name();
        let part = name.split('.').next().unwrap();
        let day_is_free = self.free_day == Some(self.world.local_date());
        let advances = [
            "post",
            "thread",
            "wrap-up",
            "reply",
            "store",
            "disk",
            "assessment",
        ]
        .contains(&part)
            || self.rng.random_bool(0.75);
        let rounds = u32::try_from(self.model.rounds.len()).unwrap();
        let posted_today = self.model.days.last() == Some(&self.world.local_date());
        // Some hardships keep the bot from a step.
        let probability = match point {
            KillPoint::Step(..) => 0.15,
            _ => 0.5,
        };
        let mut plan = ActionPlan {
            hardship: Hardship::random(probability, &mut self.rng),
            actions: random_actions(rounds, posted_today && !advances, &mut self.rng),
            ..ActionPlan::default()
        };
        if advances || day_is_free {
            plan.move_to = Some(self.next_due_time());
        }
        match part {
            "setup" => plan.actions = vec![AdminAction::SetUp(self.other.1)],
            "review" => plan.actions.insert(0, AdminAction::Review),
            "assessment" => plan.actions.insert(0, AdminAction::Assess(rounds + 1)),
            "order" => plan.actions.insert(0, AdminAction::CatchUp(240)),
            "forget" => plan.leave = Some(self.other.0),
            "wrap-up" => self.plan_wrap_up(&mut plan).await,
            _ => {}
        }
        plan
    }

    /// Posts the next question, and moves the plan to the time of its wrap-up.
    async fn plan_wrap_up(&mut self, plan: &mut ActionPlan) {
        let nine = self.next_due_time();
        self.world.sandbox.clock().set(nine).await.unwrap();
        self.record_day();
        self.wait_until_consistent().await;
        // A void round has no wrap-up.
        let voids = |action: &AdminAction| matches!(action, AdminAction::Void(_));
        plan.actions.retain(|action| !voids(action));
        // So that the step is reached.
        plan.hardship = None;
        plan.move_to = Some(nine + WRAP_UP_DELAY);
        self.expected_wrap_up = Some(self.world.thread());
    }

    /// Returns the next time at which a question is due.
    fn next_due_time(&self) -> jiff::Timestamp {
        let today = self.world.local_date();
        let has_round = self.model.days.last() == Some(&today) || self.free_day == Some(today);
        let day = if has_round { today + 1.day() } else { today };
        day.to_datetime(time(9, 0, 0, 0))
            .in_tz("UTC")
            .unwrap()
            .timestamp()
    }

    /// Waits for the kill, or kills the bot. Returns whether the kill point was reached.
    async fn wait_for_kill(&mut self, point: KillPoint, tasks: &mut JoinSet<()>) -> bool {
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
            while tasks.join_next().await.is_some() {}
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

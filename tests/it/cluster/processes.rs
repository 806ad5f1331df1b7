//! Processes that share a database, each connected to it through its own proxy.

use std::ffi::OsString;
use std::time::Duration;

use discord_sandbox::bot_process::BotProcess;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::World;
use crate::support::proxy::{Proxy, ProxyMode};
use crate::support::test_database::TestDatabase;

/// One process.
struct ClusterProcess {
    bot: Option<BotProcess>,
    proxy: Proxy,
    /// The database URL that leads through the proxy.
    url: String,
    /// Logs of earlier processes in this slot.
    logs: String,
}

impl ClusterProcess {
    /// Whether it has joined the cluster, or was killed.
    fn has_joined(&self) -> bool {
        let log = self.bot.as_ref().map(|bot| bot.log().text());
        log.is_none_or(|log| log.contains("gateway connected") || log.contains("standing by"))
    }
}

/// All processes of the cluster.
pub struct ClusterProcesses {
    all: Vec<ClusterProcess>,
    test_database: TestDatabase,
}

impl ClusterProcesses {
    /// Creates the slots for `number` processes; none is started.
    pub fn new(test_database: TestDatabase, number: usize) -> Self {
        let url = test_database.url();
        let process = |_| {
            let (proxy, url) = Proxy::before(&url);
            ClusterProcess {
                bot: None,
                proxy,
                url,
                logs: String::new(),
            }
        };
        Self {
            all: (0..number).map(process).collect(),
            test_database,
        }
    }

    pub fn database(&self) -> &TestDatabase {
        &self.test_database
    }

    pub fn launch(&mut self, index: usize, world: &World) {
        let mut program = world.program().clone();
        let url = self.all[index].url.clone();
        let variable = OsString::from("QUIZLOOP_STATE_URL");
        program.environment.retain(|(name, _)| *name != variable);
        program.environment.push((variable, url.into()));
        self.all[index].bot = Some(BotProcess::start(&program).expect("the bot starts"));
    }

    /// Kills a process, whatever it is doing.
    pub async fn kill(&mut self, index: usize) {
        self.take_log(index);
        if let Some(mut bot) = self.all[index].bot.take() {
            let id = bot.id();
            bot.kill().await.expect("the bot is killed");
            self.expire_leases_of_process(id);
        }
    }

    /// Waits until every process has joined the cluster. One that has just been started would end
    /// because of a signal or a closed connection, as any program does.
    pub async fn wait_until_joined(&mut self, world: &World) {
        for _ in 0..6000 {
            if self.all.iter().all(ClusterProcess::has_joined) {
                return;
            }
            self.restart_failed_starts(world).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a process does not join: {}", self.logs());
    }

    /// Starts processes again that ended with exit code 1 before they joined the cluster, as a
    /// service manager does: on a busy machine the database may not answer in time.
    pub async fn restart_failed_starts(&mut self, world: &World) {
        for index in 0..self.all.len() {
            if self.all[index].has_joined() {
                continue;
            }
            let bot = self.all[index].bot.as_mut();
            let bot = bot.expect("only a process that runs has not joined");
            if !bot.is_running() {
                let status = bot.wait().await.expect("the system says how it ended");
                assert_eq!(status.code(), Some(1), "{}", self.logs());
                self.take_log(index);
                self.launch(index, world);
            }
        }
    }

    /// Asks a process to stop. Returns its exit code.
    pub async fn stop(&mut self, index: usize) -> Option<i32> {
        let mut bot = self.all[index].bot.take().expect("it runs");
        let status = bot.stop(Duration::from_secs(60)).await.unwrap();
        self.all[index].logs += &bot.log().text();
        status.and_then(|status| status.code())
    }

    /// Suspends a process, or lets it continue.
    pub fn hang(&self, index: usize, hangs: bool) {
        let signal = if hangs { Signal::STOP } else { Signal::CONT };
        let id = self.id(index).and_then(|id| i32::try_from(id).ok());
        kill_process(id.and_then(Pid::from_raw).unwrap(), signal).unwrap();
    }

    /// Cuts a process off from the database, or reconnects it.
    pub fn cut(&self, index: usize, cut: bool) {
        self.all[index]
            .proxy
            .set(if cut { ProxyMode::Cut } else { ProxyMode::Open });
    }

    /// Makes the leases of a process expire in the database.
    pub fn expire_leases_of(&self, index: usize) {
        self.expire_leases_of_process(self.id(index));
    }

    fn expire_leases_of_process(&self, id: Option<u32>) {
        let Some(id) = id else {
            return;
        };
        let whose = format!("(select process from process where name like 'process {id} on %')");
        let past = "set until = now() - interval '1 second'";
        self.test_database.run(&[
            &format!("update lease {past} where process in {whose}"),
            &format!("update process {past} where process in {whose}"),
        ]);
    }

    /// The database server ends all connections and rejects new ones for a moment, as in a restart.
    pub async fn restart_database(&self) {
        let url = self.test_database.url();
        let (_, name) = url.rsplit_once('/').unwrap();
        let open = |open: bool| {
            format!("update pg_database set datallowconn = {open} where datname = '{name}'")
        };
        self.test_database.on_server(&[
            &open(false),
            &format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
            ),
        ]);
        tokio::time::sleep(Duration::from_millis(700)).await;
        self.test_database.on_server(&[&open(true)]);
    }

    /// Returns the number of shards of each process.
    pub fn shard_counts(&self) -> Vec<u64> {
        let share = |process: &ClusterProcess| {
            let id = process
                .bot
                .as_ref()
                .and_then(BotProcess::id)
                .unwrap_or_default();
            let shards = format!(
                "select count(*) from lease where until > now() and holder like 'process {id} on %'"
            );
            self.test_database.ask(&shards).parse().unwrap()
        };
        self.all.iter().map(share).collect()
    }

    /// Returns whether all processes run.
    pub fn are_running(&mut self) -> bool {
        let mut all = self.all.iter_mut();
        all.all(|process| process.bot.as_mut().is_some_and(BotProcess::is_running))
    }

    /// Returns the logs of all processes.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        for (number, process) in self.all.iter().enumerate() {
            let now = process.bot.as_ref().map(|bot| bot.log().text());
            let now = now.unwrap_or_default();
            let parts = [&format!("== process {number}\n"), &process.logs, &now, "\n"];
            text.extend(parts);
        }
        text
    }

    fn take_log(&mut self, index: usize) {
        let log = self.all[index].bot.as_ref().map(|bot| bot.log().text());
        self.all[index].logs += &log.unwrap_or_default();
    }

    fn id(&self, index: usize) -> Option<u32> {
        self.all[index].bot.as_ref().and_then(BotProcess::id)
    }
}

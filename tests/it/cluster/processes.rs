//! Processes that share a database, each with a way to it that can be broken.

use std::ffi::OsString;
use std::time::Duration;

use quizloop::sandbox::bot_process::BotProcess;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::World;
use crate::support::proxy::{Proxy, ProxyMode};
use crate::support::test_database::TestDatabase;

/// One process.
struct ClusterProcess {
    bot: Option<BotProcess>,
    proxy: Proxy,
    /// The database's URL that leads this way.
    url: String,
    /// What those before it wrote to their logs.
    logs: String,
}

/// All of them.
pub struct ClusterProcesses {
    all: Vec<ClusterProcess>,
    test_database: TestDatabase,
}

impl ClusterProcesses {
    /// So many processes, none of which runs.
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

    /// Starts one.
    pub fn launch(&mut self, one: usize, world: &World) {
        let mut program = world.program().clone();
        let url = self.all[one].url.clone();
        let variable = OsString::from("QUIZLOOP_STATE_URL");
        program.environment.retain(|(name, _)| *name != variable);
        program.environment.push((variable, url.into()));
        self.all[one].bot = Some(BotProcess::start(&program).expect("the bot starts"));
    }

    /// Ends one in the middle of whatever it does.
    pub async fn kill(&mut self, one: usize) {
        self.take_log(one);
        if let Some(mut bot) = self.all[one].bot.take() {
            let id = bot.id();
            bot.kill().await.expect("the bot is killed");
            self.expire_leases_of_process(id);
        }
    }

    /// Asks one to stop; its exit code.
    pub async fn stop(&mut self, one: usize) -> Option<i32> {
        let mut bot = self.all[one].bot.take().expect("it runs");
        let status = bot.stop(Duration::from_secs(10)).await.unwrap();
        self.all[one].logs += &bot.log().text();
        status.and_then(|status| status.code())
    }

    /// One does nothing any more, or goes on.
    pub fn hang(&self, one: usize, hangs: bool) {
        let signal = if hangs { Signal::STOP } else { Signal::CONT };
        let id = self.id(one).and_then(|id| i32::try_from(id).ok());
        kill_process(id.and_then(Pid::from_raw).unwrap(), signal).unwrap();
    }

    /// One reaches the database no more, or again.
    pub fn cut(&self, one: usize, cut: bool) {
        self.all[one]
            .proxy
            .set(if cut { ProxyMode::Cut } else { ProxyMode::Open });
    }

    /// For the database, one was not heard of for long.
    pub fn expire_leases_of(&self, one: usize) {
        self.expire_leases_of_process(self.id(one));
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

    /// The server ends all connections and takes no new ones for a moment, as when it is started again.
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

    /// How many shards each process has.
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

    /// Whether all run.
    pub fn are_running(&mut self) -> bool {
        let mut all = self.all.iter_mut();
        all.all(|process| process.bot.as_mut().is_some_and(BotProcess::is_running))
    }

    /// What all of them wrote to their logs.
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

    fn take_log(&mut self, one: usize) {
        let log = self.all[one].bot.as_ref().map(|bot| bot.log().text());
        self.all[one].logs += &log.unwrap_or_default();
    }

    fn id(&self, one: usize) -> Option<u32> {
        self.all[one].bot.as_ref().and_then(BotProcess::id)
    }
}

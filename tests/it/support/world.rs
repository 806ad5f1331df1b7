//! A world: Discord on loopback, the bot as a child process with a state folder, and a simulated
//! time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use discord_sandbox::bot_process::{BotProcess, Program};
use discord_sandbox::client::MessageView;
use discord_sandbox::model::{Discord, MessageKey};
use discord_sandbox::{Options, Sandbox, ids};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use quizloop_store::inspect;

use super::MemberHandle;

/// Maximum real time to wait for anything. Much longer than needed, so that a busy machine does not
/// fail a test.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// File with the failpoints, in the world's folder.
const FAILPOINTS: &str = "failpoints";

/// Settings with which a world is created.
pub struct WorldBuilder {
    start: ZonedDateTime,
    team: Option<String>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    heartbeat: Option<Duration>,
    token: Option<String>,
    limits: bool,
    settings: String,
    failpoints: bool,
    database: Option<String>,
    application: u64,
    state: Option<PathBuf>,
}

/// Discord, the bot, and the simulated time of one test.
pub struct World {
    pub sandbox: Sandbox,
    bot: Option<BotProcess>,
    last_log: String,
    program: Program,
    folder: tempfile::TempDir,
    zone: jiff::tz::TimeZone,
    /// Whether requests are checked against Discord's API description at the end.
    checked: bool,
}

impl WorldBuilder {
    /// Adds a team to the config: #asyncio of the sample guild, 09:00 from Monday to Friday in the
    /// world's time zone.
    pub fn team(mut self) -> Self {
        let zone = self.start.time_zone().iana_name().unwrap().to_owned();
        self.team = Some(format!(
            "[[team]]\nguild = \"{}\"\nchannel = \"{}\"\ntimezone = \"{zone}\"\n",
            ids::GUILD,
            ids::ASYNCIO
        ));
        self
    }

    /// Adds a line to the team's section of the config.
    pub fn with(mut self, line: &str) -> Self {
        let team = self.team.as_mut().expect("a team comes first");
        team.push_str(line);
        team.push('\n');
        self
    }

    /// Adds a command-line argument for the bot.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds an environment variable for the bot.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets another token than the valid one.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Enables failpoints; see [`World::set_failpoints`].
    pub fn failpoints(mut self) -> Self {
        self.failpoints = true;
        self
    }

    /// Sets the heartbeat interval that the gateway requests.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = Some(interval);
        self
    }

    /// Makes Discord reject requests beyond 50 in a second.
    pub fn limits(mut self) -> Self {
        self.limits = true;
        self
    }

    /// Adds lines to the config, outside of teams.
    pub fn setting(mut self, lines: &str) -> Self {
        self.settings.push_str(lines);
        self.settings.push('\n');
        self
    }

    /// Stores the state in this database.
    pub fn database(mut self, url: String) -> Self {
        self.database = Some(url);
        self
    }

    /// Sets another application than the usual one.
    pub fn application(mut self, id: u64) -> Self {
        self.application = id;
        self
    }

    /// Uses the state folder of another world.
    pub fn state(mut self, dir: &Path) -> Self {
        self.state = Some(dir.to_owned());
        self
    }

    /// Starts the sandbox, but not the bot.
    pub async fn without_bot(self) -> World {
        let mut options = Options {
            start: Some(self.start.timestamp()),
            enforce_limits: self.limits,
            application: self.application,
            ..quizloop::cli::sandbox_options()
        };
        options.heartbeat = self.heartbeat.unwrap_or(options.heartbeat);
        let sandbox = Sandbox::start(options).await.expect("a port is free");
        let folder = tempfile::tempdir().expect("a folder for the state");
        let config = folder.path().join("config.toml");
        let text = self.settings + &self.team.unwrap_or_default();
        std::fs::write(&config, text).unwrap();
        let mut arguments: Vec<OsString> = vec!["run".into(), "--config".into(), config.into()];
        if self.database.is_none() {
            let state = self.state.unwrap_or_else(|| folder.path().join("state"));
            arguments.extend(["--state".into(), state.into_os_string()]);
        }
        arguments.extend([
            "--clock".into(),
            format!("{}/sandbox/clock", sandbox.url()).into(),
        ]);
        arguments.extend(self.arguments);
        let token = self.token.unwrap_or_else(|| sandbox.token());
        let mut environment: Vec<(OsString, OsString)> = vec![
            ("DISCORD_TOKEN".into(), token.into()),
            ("DISCORD_API_URL".into(), sandbox.url().into()),
            ("RUST_LOG".into(), "quizloop=debug,serenity=info".into()),
        ];
        if self.failpoints {
            let file = folder.path().join(FAILPOINTS);
            environment.push(("QUIZLOOP_FAILPOINTS".into(), file.into()));
        }
        if let Some(url) = self.database {
            environment.push(("QUIZLOOP_STATE_URL".into(), url.into()));
        }
        environment.extend(self.environment);
        World {
            sandbox,
            bot: None,
            last_log: String::new(),
            program: Program {
                path: PathBuf::from(env!("CARGO_BIN_EXE_quizloop")),
                arguments,
                environment,
                ..Program::default()
            },
            folder,
            zone: self.start.time_zone().clone(),
            checked: true,
        }
    }

    /// Starts the sandbox and the bot, and waits until it is connected.
    pub async fn start(self) -> World {
        let mut world = self.without_bot().await;
        world.start_bot().await;
        world
    }
}

impl World {
    /// Begins a world at a time such as `2026-03-27T08:59[Europe/Berlin]`.
    pub fn at(start: &str) -> WorldBuilder {
        WorldBuilder {
            start: start
                .parse()
                .unwrap_or_else(|error| panic!("{start}: {error}")),
            team: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            heartbeat: None,
            token: None,
            limits: false,
            settings: String::new(),
            failpoints: false,
            database: None,
            application: ids::APP,
            state: None,
        }
    }

    /// Returns the state folder.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds another server with one channel and the bot. Returns their ids.
    pub fn another_guild(&self, name: &str) -> (u64, u64) {
        let guild = self.sandbox.add_guild(name, ids::ADA);
        let channel = self.sandbox.add_channel(guild, 0, "asyncio");
        self.sandbox.add_bot(guild);
        (guild, channel)
    }

    /// Adds a team to the config, for the next start.
    pub fn configure_team(&self, guild: u64, channel: u64) {
        let file = self.folder.path().join("config.toml");
        let zone = self.zone.iana_name().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let team = format!(
            "[[team]]\nguild = \"{guild}\"\nchannel = \"{channel}\"\ntimezone = \"{zone}\"\n"
        );
        std::fs::write(file, format!("{text}\n{team}")).unwrap();
    }

    /// Returns the program, arguments and environment of the bot, to start another process.
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Returns the log of the running bot.
    pub fn log(&self) -> String {
        self.bot
            .as_ref()
            .map_or_else(String::new, |bot| bot.log().text())
    }

    /// Returns the log of the bot that was stopped or killed last.
    pub fn last_log(&self) -> String {
        self.last_log.clone()
    }

    pub fn bot_id(&self) -> u32 {
        self.bot
            .as_ref()
            .and_then(BotProcess::id)
            .expect("the bot runs")
    }

    /// Replaces the active failpoints, one rule a line (see `quizloop_failpoint`). An empty text
    /// removes all of them.
    pub fn set_failpoints(&self, rules: &str) {
        let (file, new) = (
            self.folder.path().join(FAILPOINTS),
            self.folder.path().join("failpoints.new"),
        );
        // Rename atomically: the bot must not read a half-written file.
        std::fs::write(&new, rules).unwrap();
        std::fs::rename(new, file).unwrap();
    }

    /// Waits until the bot has exited, for at most `limit` of real time. Returns its exit status.
    #[cfg(all(feature = "failpoints", debug_assertions))]
    pub async fn wait_for_exit(&mut self, limit: Duration) -> Option<std::process::ExitStatus> {
        let bot = self.bot.as_mut().expect("the bot was started");
        let status = tokio::time::timeout(limit, bot.wait()).await.ok()?;
        Some(status.expect("the system says how the bot ended"))
    }

    /// Removes the bot from the sample guild, and kills it at that step of the deletion.
    #[cfg(all(feature = "failpoints", debug_assertions))]
    pub async fn kill_in_removal(&mut self, step: &str) {
        self.set_failpoints(&format!("{step} kill"));
        self.sandbox.remove_bot(ids::GUILD);
        self.wait_for_exit(WAIT_TIMEOUT).await.unwrap();
        self.kill_if_alive().await;
        self.set_failpoints("");
    }

    /// Skips the check of requests against Discord's API description.
    pub fn skip_api_check(&mut self) {
        self.checked = false;
    }

    /// Takes the running bot out of the world, so that another one can be started beside it.
    pub fn take_bot(&mut self) -> BotProcess {
        self.bot.take().expect("the bot runs")
    }

    /// Puts a running process into the world, in place of the one that was taken out or killed.
    pub fn put_bot(&mut self, bot: BotProcess) {
        self.bot = Some(bot);
    }

    /// Starts the bot without waiting for a session.
    pub fn spawn_bot(&mut self) {
        self.bot = Some(BotProcess::start(&self.program).expect("the bot starts"));
    }

    /// Starts the bot and waits until it has a session and has finished all due jobs.
    ///
    /// On a busy machine the database may not answer in time. The bot then ends with exit code 1,
    /// and is started again, as a service manager does.
    pub async fn start_bot(&mut self) {
        let before = self.sandbox.read(|discord| discord.gateway.identify_count);
        let sandbox = self.sandbox.clone();
        let connected = |discord: &Discord| (discord.gateway.identify_count > before).then_some(());
        let connected = sandbox.wait_for("the bot to connect", WAIT_TIMEOUT, connected);
        tokio::pin!(connected);
        loop {
            self.spawn_bot();
            let bot = self.bot.as_mut().expect("it was started");
            let status = tokio::select! {
                result = &mut connected => {
                    result.unwrap_or_else(|timeout| panic!("{timeout}\n{}", self.log()));
                    break;
                }
                status = bot.wait() => status.expect("the system says how the bot ended"),
            };
            assert_eq!(status.code(), Some(1), "{}", self.log());
        }
        // They are registered beside the rest of the start.
        self.wait("the commands", |discord| {
            let commands = discord.commands.registered_in(None);
            (!commands.is_empty()).then_some(())
        })
        .await;
        self.wait_until_idle().await;
    }

    /// Waits until the bot has finished all due jobs.
    pub async fn wait_until_idle(&self) {
        let seq = self.sandbox.clock().reading().seq;
        if let Err(error) = self.sandbox.clock().wait_acknowledged(seq).await {
            panic!("{error}\n{}\n{}", self.sandbox.last_log_lines(), self.log());
        }
    }

    /// Kills the bot, whatever it is doing.
    pub async fn kill(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            bot.kill().await.expect("the bot is killed");
            self.last_log = bot.log().text();
        }
    }

    /// Kills the bot unless it has already exited.
    #[cfg(all(feature = "failpoints", debug_assertions))]
    pub async fn kill_if_alive(&mut self) {
        if let Some(mut bot) = self.bot.take() {
            if bot.is_running() {
                // The bot may exit between the check and the kill.
                let _ = bot.kill().await;
            }
            self.last_log = bot.log().text();
        }
    }

    /// Asks the bot to stop. Returns its exit code.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut bot = self.bot.take().expect("the bot runs");
        let status = bot
            .stop(Duration::from_secs(60))
            .await
            .expect("the bot is stopped");
        self.last_log = bot.log().text();
        status.and_then(|status| status.code())
    }

    /// Waits until the bot exits on its own. Returns its exit code and its log.
    pub async fn exit_and_log(&mut self) -> (Option<i32>, String) {
        self.exit_and_log_within(WAIT_TIMEOUT).await
    }

    /// Like [`World::exit_and_log`], with another time limit.
    pub async fn exit_and_log_within(&mut self, limit: Duration) -> (Option<i32>, String) {
        let bot = self.bot.as_mut().expect("the bot runs");
        let status = tokio::time::timeout(limit, bot.wait())
            .await
            .expect("the bot ends")
            .unwrap();
        // The last lines of the log may not have been read yet.
        tokio::time::sleep(Duration::from_millis(50)).await;
        (status.code(), self.log())
    }

    /// Kills the bot and starts it again.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.start_bot().await;
    }

    /// Sets a team up with `/setup`, so that Ada is its admin and gets its alerts. A team from the
    /// config file has no such admin.
    pub async fn set_up_by_ada(&self) {
        let zone = serde_json::json!("Europe/Berlin");
        self.ada()
            .command_message("setup", &[("timezone", zone)])
            .await;
    }

    /// Advances the time and waits until the bot has finished the jobs that became due.
    pub async fn advance(&self, by: &str) {
        let by: SignedDuration = by.parse().unwrap_or_else(|error| panic!("{by}: {error}"));
        let by = Duration::try_from(by).expect("time goes forward");
        if let Err(error) = self.sandbox.clock().advance(by).await {
            panic!("{error}\n{}\n{}", self.sandbox.last_log_lines(), self.log());
        }
    }

    /// Makes the bot's clock wrong by that much (such as `9h`, or `0s` for right again), and waits
    /// until the bot has finished the jobs that became due.
    pub async fn set_bot_clock_ahead(&self, by: &str) {
        let by: SignedDuration = by.parse().unwrap_or_else(|error| panic!("{by}: {error}"));
        if let Err(error) = self.sandbox.clock().set_follower_skew(by).await {
            panic!("{error}\n{}\n{}", self.sandbox.last_log_lines(), self.log());
        }
    }

    /// Sets the time to a local time such as `2026-03-27T09:00` in the world's time zone.
    pub async fn set_time(&self, moment: &str) {
        let local: jiff::civil::DateTime = moment
            .parse()
            .unwrap_or_else(|error| panic!("{moment}: {error}"));
        let time = local
            .to_zoned_datetime(self.zone.clone())
            .unwrap()
            .timestamp();
        if let Err(error) = self.sandbox.clock().set(time).await {
            panic!("{error}\n{}\n{}", self.sandbox.last_log_lines(), self.log());
        }
    }

    /// Returns the date in the world's time zone.
    pub fn local_date(&self) -> jiff::civil::Date {
        self.now().to_zoned_datetime(self.zone.clone()).date()
    }

    /// Waits until a condition holds after a change in Discord.
    pub async fn wait_for_change(&self, what: &str, done: impl Fn(&Self) -> bool) {
        self.wait_for(what, |world| done(world).then_some(())).await;
    }

    /// Returns the simulated time.
    pub fn now(&self) -> Timestamp {
        self.sandbox.clock().now()
    }

    /// Waits until the state of Discord satisfies a condition.
    pub async fn wait<T>(&self, what: &str, look: impl FnMut(&Discord) -> Option<T>) -> T {
        match self.sandbox.wait_for(what, WAIT_TIMEOUT, look).await {
            Ok(found) => found,
            Err(timeout) => panic!("{timeout}\nthe bot's log:\n{}", self.log()),
        }
    }

    /// Waits until the world satisfies a condition; checked again after each change in Discord.
    pub async fn wait_for<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let mut changes = self.sandbox.changes();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look(self) {
                    return found;
                }
                let _ = changes.changed().await;
            }
        };
        match tokio::time::timeout(WAIT_TIMEOUT, found).await {
            Ok(found) => found,
            Err(tokio::time::error::Elapsed { .. }) => panic!(
                "{what} was not seen\n{}\nthe bot's log:\n{}",
                self.sandbox.last_log_lines(),
                self.log()
            ),
        }
    }

    /// Waits for something outside of Discord, such as on disk.
    pub async fn wait_until(&self, what: &str, done: impl Fn() -> bool) {
        let wait = async {
            while !done() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(
            tokio::time::timeout(WAIT_TIMEOUT, wait).await.is_ok(),
            "{what} did not happen\n{}",
            self.log()
        );
    }

    /// Waits until the bot's log contains a text. Its output arrives on another way than its
    /// responses, so that it may come a little later.
    pub async fn wait_until_logged(&self, text: &str) {
        let what = format!("\"{text}\" in the log");
        self.wait_until(&what, || self.log().contains(text)).await;
    }

    /// Returns the daily messages in a channel, oldest first.
    pub fn posts_in(&self, channel: u64) -> Vec<MessageView> {
        posts_in(&self.sandbox, channel)
    }

    /// Returns the daily messages in #asyncio, oldest first.
    pub fn posts(&self) -> Vec<MessageView> {
        self.posts_in(ids::ASYNCIO)
    }

    /// Returns all direct messages of the bot, as Ada sees them.
    pub fn direct_messages(&self) -> Vec<MessageView> {
        let channels = self.sandbox.read(|discord| {
            let direct = discord.channels.values().filter(|entry| entry.kind == 1);
            direct.map(|entry| entry.id).collect::<Vec<_>>()
        });
        let messages = |channel: &u64| self.sandbox.messages(*channel, ids::ADA);
        channels.iter().flat_map(messages).collect()
    }

    /// Returns the newest daily message.
    pub fn post(&self) -> MessageView {
        self.posts().pop().expect("a question was posted")
    }

    /// Returns the thread of the newest daily message.
    pub fn thread(&self) -> u64 {
        self.post().thread.expect("the question has a thread")
    }

    /// Returns the bytes of a message's only attachment.
    pub async fn attachment(&self, message: &MessageView) -> Vec<u8> {
        let [file] = message.attachments.as_slice() else {
            panic!("not one file: {:?}", message.attachments);
        };
        let url = file["url"].as_str().expect("a file has an address");
        let answer = reqwest::get(url).await.expect("the file is served");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.bytes().await.expect("the whole file").to_vec()
    }

    /// Ada, who owns the server.
    pub fn ada(&self) -> MemberHandle<'_> {
        MemberHandle::new(self, ids::ADA)
    }

    /// Lin, a member.
    pub fn lin(&self) -> MemberHandle<'_> {
        MemberHandle::new(self, ids::LIN)
    }

    /// Sam, a member.
    pub fn sam(&self) -> MemberHandle<'_> {
        MemberHandle::new(self, ids::SAM)
    }

    /// Any member.
    pub fn member(&self, user: u64) -> MemberHandle<'_> {
        MemberHandle::new(self, user)
    }

    /// Presses a button that the message does not have.
    pub async fn press_raw(
        &self,
        message: MessageKey,
        user: u64,
        custom_id: &str,
    ) -> discord_sandbox::client::ClientOutcome {
        let data = serde_json::json!({ "id": 2, "custom_id": custom_id, "component_type": 2 });
        self.sandbox.press_raw(message, user, data).await
    }

    /// Returns a member's streak as saved on disk.
    pub fn saved_streak(&self, user: u64) -> u32 {
        let guild = quizloop_core::id::GuildId::new(ids::GUILD);
        let guild = inspect::guild(&self.state(), guild).unwrap_or_else(|error| panic!("{error}"));
        let team = guild
            .team(quizloop_core::id::ChannelId::new(ids::ASYNCIO))
            .expect("the team is saved");
        team.streak(quizloop_core::id::UserId::new(user)).current
    }
}

/// Returns the daily messages in a channel, oldest first.
pub fn posts_in(sandbox: &Sandbox, channel: u64) -> Vec<MessageView> {
    let is_post = |message: &MessageView| {
        message.author == ids::APP && message.content.starts_with("**Question of the day:**")
    };
    sandbox
        .messages(channel, ids::ADA)
        .into_iter()
        .filter(is_post)
        .collect()
}

impl Drop for World {
    /// Checks all requests and responses against Discord's API description.
    fn drop(&mut self) {
        if std::thread::panicking() || !self.checked {
            return;
        }
        crate::security::mentions::check(&self.sandbox);
        let violations = crate::openapi::check(&self.sandbox);
        assert!(
            violations.is_empty(),
            "not as Discord describes it:\n{}",
            violations.join("\n")
        );
    }
}

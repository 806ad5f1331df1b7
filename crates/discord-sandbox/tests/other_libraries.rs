//! Bots written with discord.js and discord.py: each registers a slash command, answers it, and
//! resumes its session after an interruption. The bots are in `tests/bots/`.
//!
//! The libraries are looked for in the folder that the environment variable
//! `DISCORD_SANDBOX_BOTS` names: discord.js in `node_modules`, discord.py in the virtual
//! environment `venv`. Without them the tests print that they were skipped, or fail if
//! `DISCORD_SANDBOX_REQUIRE_BOTS` is `1`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use discord_openapi::Description;
use discord_sandbox::bot_process::{BotProcess, Program};
use discord_sandbox::client::ClientOutcome;
use discord_sandbox::exchange::{Exchange, ExchangeCheck as _};
use discord_sandbox::log::LogEntry;
use discord_sandbox::model::Discord;
use discord_sandbox::{Options, Sandbox, ids};
use serde_json::json;

/// Maximum time to wait for a bot. Much longer than needed: a busy machine starts Node.js slowly.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_with_discord_js_answers_and_resumes() {
    let Some(libraries) = libraries("node_modules/discord.js") else {
        return;
    };
    let program = Program {
        path: "node".into(),
        arguments: vec![bots().join("discord.js/bot.cjs").into()],
        environment: vec![("NODE_PATH".into(), libraries.join("node_modules").into())],
        ..Program::default()
    };
    answers_and_resumes(program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_with_discord_py_answers_and_resumes() {
    let Some(libraries) = libraries("venv/bin/python") else {
        return;
    };
    let program = Program {
        path: libraries.join("venv/bin/python"),
        arguments: vec![bots().join("discord.py/bot.py").into()],
        ..Program::default()
    };
    answers_and_resumes(program).await;
}

fn bots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bots")
}

/// Returns the folder with the libraries if it contains `needed`.
fn libraries(needed: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("DISCORD_SANDBOX_BOTS").filter(|folder| !folder.is_empty());
    let reason = match folder.map(PathBuf::from) {
        Some(folder) if folder.join(needed).exists() => return Some(folder),
        Some(folder) => format!("{} does not exist", folder.join(needed).display()),
        None => "DISCORD_SANDBOX_BOTS is not set".to_owned(),
    };
    let is_required = std::env::var("DISCORD_SANDBOX_REQUIRE_BOTS").is_ok_and(|value| value == "1");
    assert!(!is_required, "{reason}");
    println!("skipped: {reason}");
    None
}

async fn answers_and_resumes(mut program: Program) {
    // The bot uses the system clock, so the simulated Discord does as well.
    let options = Options {
        flowing: true,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.expect("a port is free");
    program.environment.extend([
        ("DISCORD_TOKEN".into(), sandbox.token().into()),
        ("DISCORD_URL".into(), sandbox.url().into()),
    ]);
    let bot = BotProcess::start(&program).expect("the bot starts");
    let test = Test { sandbox, bot };

    let is_ready = |discord: &Discord| {
        let commands = discord.commands.registered_in(None);
        discord.gateway.is_connected() && commands.iter().any(|one| one.name == "add")
    };
    test.wait("a session and the command", is_ready).await;
    test.add(1, 2).await;
    let interruptions: [fn(&Sandbox); 3] = [
        Sandbox::drop_connections,
        Sandbox::request_reconnect,
        |sandbox| sandbox.close_gateway(Some(4000)),
    ];
    for (number, interrupt) in (1..).zip(interruptions) {
        interrupt(&test.sandbox);
        test.wait("a resumed session", |discord| resumes(discord) == number)
            .await;
        test.add(number, 40).await;
    }
    assert_eq!(test.sandbox.identify_count(), 1, "{}", test.log());
    test.check_requests();
}

/// Returns how often the bot has resumed its session.
fn resumes(discord: &Discord) -> usize {
    let is_resumed =
        |entry: &&LogEntry| matches!(entry, LogEntry::Event(one) if one.name == "RESUMED");
    discord.log.entries().filter(is_resumed).count()
}

struct Test {
    sandbox: Sandbox,
    bot: BotProcess,
}

impl Test {
    async fn wait(&self, what: &str, is_met: impl Fn(&Discord) -> bool) {
        let found = self
            .sandbox
            .wait_for(what, LIMIT, |discord| is_met(discord).then_some(()));
        if let Err(error) = found.await {
            panic!("{error}\nthe bot's output:\n{}", self.log());
        }
    }

    /// Runs the bot's command as a member, and checks the response.
    async fn add(&self, a: usize, b: usize) {
        let options = [("a", json!(a)), ("b", json!(b))];
        let outcome = self
            .sandbox
            .command(ids::GENERAL, ids::LIN, "add", &options)
            .await;
        let ClientOutcome::Message(answer) = &outcome else {
            panic!("{outcome:?}\nthe bot's output:\n{}", self.log());
        };
        assert_eq!(answer.content, format!("{a} + {b} = {}", a + b));
    }

    /// Checks all requests and responses against Discord's OpenAPI description, if
    /// `DISCORD_OPENAPI` names the file.
    fn check_requests(&self) {
        let file = std::env::var_os("DISCORD_OPENAPI").filter(|file| !file.is_empty());
        let Some(file) = file else {
            return;
        };
        let text = std::fs::read_to_string(file).expect("the description is readable");
        let description = Description::read(&text).expect("the description is valid");
        let requests = self.sandbox.requests();
        let check = |one| description.violations(Exchange::from(one));
        let violations: Vec<String> = requests.iter().flat_map(check).collect();
        assert_eq!(violations, Vec::<String>::new());
    }

    fn log(&self) -> String {
        self.bot.log().text()
    }
}

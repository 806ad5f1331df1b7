//! What an operator does first: `init`, `invite --publish`, completions, manual pages, `--version`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use discord_sandbox::ids;
use serde_json::{Value, json};

use crate::operator::{quizloop, quizloop_command, said};
use crate::support::World;

/// How long the bot may take to start. The machine may be busy.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Runs `init` with a token on standard input.
fn init(folder: &Path, token: &str, options: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["init", "--yes", "--token-stdin"], options].concat();
    let mut child = quizloop_command(folder, &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{token}").unwrap();
    drop(stdin);
    said(&child.wait_with_output().unwrap())
}

/// A process that is killed when the test ends, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The config that `init` writes is liked by `check`, and the bot posts with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_runs_with_what_init_wrote() {
    let world = World::at("2026-03-27T08:59[UTC]").without_bot().await;
    let folder = tempfile::tempdir().unwrap();
    let (guild, channel) = (ids::GUILD.to_string(), ids::ASYNCIO.to_string());
    let team = [
        "--guild",
        &guild,
        "--channel",
        &channel,
        "--timezone",
        "UTC",
    ];
    let (code, text) = init(folder.path(), &world.sandbox.token(), &team);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"
    Wrote config.toml.
    Wrote the token to token; no other account can read it.

    Next:
      quizloop check
      quizloop invite
      quizloop run
    ");
    let config = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    insta::assert_snapshot!(config, @r#"
    # Quizloop's settings, written by `quizloop init`. `quizloop check` reports mistakes, and
    # docs/settings.md explains every key.

    # The file with the bot's token.
    token_file = "token"

    [[team]]
    guild = "1110000000000000001"
    channel = "1120000000000000001"
    timezone = "UTC"
    at = "09:00"
    "#);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let token = std::fs::metadata(folder.path().join("token")).unwrap();
        assert_eq!(token.permissions().mode() & 0o777, 0o600);
    }
    let (code, text) = said(&quizloop(folder.path(), &["check"]));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("No errors found: 1 team in the config"),
        "{text}"
    );
    let clock = format!("{}/sandbox/clock", world.sandbox.url());
    let _bot = Killed(
        quizloop_command(folder.path(), &["run", "--clock", &clock])
            .env("DISCORD_API_URL", world.sandbox.url())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let connected = world
        .sandbox
        .wait_for("the bot to connect", START_LIMIT, |discord| {
            (discord.gateway.identify_count > 0).then_some(())
        });
    connected.await.unwrap();
    // The config's team has to exist before its question is due.
    let registered = world
        .sandbox
        .wait_for("the commands", START_LIMIT, |discord| {
            let commands = discord.commands.registered_in(None);
            (!commands.is_empty()).then_some(())
        });
    registered.await.unwrap();
    world.wait_until_idle().await;
    world.advance("2m").await;
    let posted = world
        .sandbox
        .wait_for("the question", START_LIMIT, |discord| {
            let mut messages = discord
                .messages
                .values()
                .flat_map(|channel| channel.values());
            messages
                .any(|message| message.author == ids::APP)
                .then_some(())
        });
    posted.await.unwrap();
}

/// Nothing is replaced without being asked for, and nothing is written after a mistake.
#[test]
fn init_replaces_nothing() {
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.n0t-A-real_One-0123456789abcdefghi";
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
    let mut texts = String::new();
    let mut refused = |(code, text): (Option<i32>, String)| {
        assert_eq!(code, Some(2), "{text}");
        assert!(!text.contains("Gh3xYz"), "{text}");
        texts.push_str(&text);
    };
    refused(init(folder.path(), "the-client-secret", &[]));
    refused(init(folder.path(), &format!("\"{TOKEN}\""), &[]));
    let swapped = [
        "--guild",
        "1120000000000000001",
        "--channel",
        "200000000000000000",
        "--timezone",
        "UTC",
    ];
    refused(init(folder.path(), TOKEN, &swapped));
    refused(said(&quizloop(folder.path(), &["init"])));
    assert_eq!((read("config.toml"), read("token")), (None, None));
    std::fs::write(folder.path().join("config.toml"), "# mine\n").unwrap();
    refused(init(folder.path(), TOKEN, &[]));
    assert_eq!(read("config.toml").unwrap(), "# mine\n");
    assert_eq!(read("token"), None);
    let (code, text) = init(folder.path(), TOKEN, &["--force"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        read("config.toml")
            .unwrap()
            .contains("token_file = \"token\"")
    );
    assert_eq!(read("token").unwrap(), format!("{TOKEN}\n"));
    // The token file has a token, which stays.
    refused(init(folder.path(), TOKEN, &["--force"]));
    let (code, text) = said(&quizloop(folder.path(), &["init", "--yes", "--force"]));
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(texts, @r#"
    error: what came on standard input is not a token: a bot's token has three parts with dots between them. It is in the developer portal, under Bot; the client secret and the public key are something else
    error: what came on standard input is not a token: it is in quotes. Remove them
    error: channel 200000000000000000 is older than its server 1120000000000000001
     --> config.toml:9:11
      |
    9 | channel = "200000000000000000"
      |           ^^^^^^^^^^^^^^^^^^^^
      |
    note: the server is here
     --> config.toml:8:9
      |
    8 | guild = "1120000000000000001"
      |         ^^^^^^^^^^^^^^^^^^^^^
      = help: `guild` is the server's id and `channel` the channel's: swap them if they are in each other's place

    1 error

    error: fix the errors above; nothing was written
    error: this asks questions: run it in a terminal, or with --yes and options
    error: config.toml exists already: add --force to replace it
    error: token exists already: remove it, or leave --token-stdin out to use it
    "#);
}

/// `invite --publish` shows what it changes, asks, changes only that, and then finds nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn publishing_the_profile() {
    let world = World::at("2026-03-27T08:59[UTC]").without_bot().await;
    let invite = |options: &[&str]| {
        let output = quizloop_command(
            world.folder(),
            &[&["invite", "--publish"], options].concat(),
        )
        .env("DISCORD_API_URL", world.sandbox.url())
        .env("DISCORD_TOKEN", world.sandbox.token())
        .output();
        said(&output.unwrap())
    };
    let profile = || world.sandbox.read(|discord| discord.app.profile.clone());
    let (code, text) = invite(&[]);
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @"error: this needs confirmation because everyone sees the bot's profile: run it in a terminal or with --yes");
    assert_eq!(profile().description, "");
    let (code, text) = invite(&["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"
    Changes of the profile on Discord:

      description
        now   (nothing)
        then  One Python asyncio interview question for your team every working day, in a thread of its
              own. Reply in your own words and keep your streak. /quiz asks more and brings back what
              you missed, when it is due. Start with /setup; /privacy shows what is stored.
      tags
        now   (nothing)
        then  python, asyncio, interview practice, quiz, learning
      can be added to
        now   servers, users' accounts
        then  servers
      installation asks for
        now   (nothing)
        then  applications.commands, bot, Add Reactions, View Channel, Send Messages, Embed Links, Read
              Message History, Create Public Threads, Send Messages in Threads
      link in the profile asks for
        now   (nothing)
        then  applications.commands, bot, Add Reactions, View Channel, Send Messages, Embed Links, Read
              Message History, Create Public Threads, Send Messages in Threads

    Done.
    https://discord.com/oauth2/authorize?client_id=1130000000000000001&scope=bot+applications.commands&permissions=309237730368&integration_type=0
    ");
    let published = profile();
    assert!(published.description.contains("asyncio interview question"));
    assert_eq!(published.tags.len(), 5);
    let contexts: Vec<_> = published.integration_types.keys().collect();
    assert_eq!(contexts, ["0"], "it can be added to servers only");
    let params = published.install_params.unwrap();
    assert_eq!(params["scopes"], json!(["applications.commands", "bot"]));
    let link = text.lines().last().unwrap();
    assert!(
        link.contains(&format!(
            "permissions={}&",
            params["permissions"].as_str().unwrap()
        )),
        "{link}"
    );
    let patches = || {
        let requests = world.sandbox.requests();
        requests
            .iter()
            .filter(|request| request.method == "PATCH")
            .count()
    };
    assert_eq!(patches(), 1);
    let (code, text) = invite(&["--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("The profile on Discord is as it should be.\n"),
        "{text}"
    );
    assert_eq!(patches(), 1);
}

/// A profile that Discord refuses is an error that says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_another_token() {
    let mut world = World::at("2026-03-27T08:59[UTC]").without_bot().await;
    world.skip_api_check();
    let output = quizloop_command(world.folder(), &["invite", "--publish", "--yes"])
        .env("DISCORD_API_URL", world.sandbox.url())
        .env("DISCORD_TOKEN", "MTE.wrong.token")
        .output()
        .unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(4), "{text}");
    assert!(
        text.starts_with("error: Discord refused the token"),
        "{text}"
    );
}

/// Every shell gets completions that contain the commands; those of bash and zsh have no mistakes
/// in their syntax, where those shells are installed.
#[test]
fn completions_of_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script) = said(&quizloop(folder.path(), &["completions", shell]));
        assert_eq!(code, Some(0), "{shell}: {script}");
        // Not all of them have the values of options, such as anki-tsv.
        for word in ["sandbox", "publish", "timezone"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
        let file = folder.path().join(shell);
        std::fs::write(&file, script).unwrap();
        if ["bash", "zsh"].contains(&shell)
            && let Ok(checked) = std::process::Command::new(shell)
                .arg("-n")
                .arg(&file)
                .output()
        {
            assert!(checked.status.success(), "{shell}: {checked:?}");
        }
    }
    let (code, text) = said(&quizloop(folder.path(), &["completions", "tcsh"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("[possible values: bash, elvish, fish, powershell, zsh]"),
        "{text}"
    );
}

/// There is a manual page for the program and for each command, without styles.
#[test]
fn manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = said(&quizloop(folder.path(), &["man", "share/man/man1"]));
    assert_eq!((code, text.as_str()), (Some(0), ""));
    let pages = std::fs::read_dir(folder.path().join("share/man/man1")).unwrap();
    let mut names = Vec::new();
    for page in pages {
        let page = page.unwrap();
        let text = std::fs::read_to_string(page.path()).unwrap();
        assert!(
            text.starts_with(".ie") && text.contains("Examples:"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
        names.push(page.file_name().into_string().unwrap());
    }
    names.sort();
    insta::assert_snapshot!(names.join("\n"), @"
    quizloop-bank-export.1
    quizloop-bank-import.1
    quizloop-bank-list.1
    quizloop-bank-show.1
    quizloop-bank-stats.1
    quizloop-bank.1
    quizloop-check.1
    quizloop-completions.1
    quizloop-health.1
    quizloop-init.1
    quizloop-invite.1
    quizloop-run.1
    quizloop-sandbox.1
    quizloop-state-adopt.1
    quizloop-state-export.1
    quizloop-state-import.1
    quizloop-state-list.1
    quizloop-state-reports.1
    quizloop-state-restore.1
    quizloop-state-show.1
    quizloop-state-verify.1
    quizloop-state.1
    quizloop.1
    ");
    std::fs::write(folder.path().join("file"), "").unwrap();
    let (code, text) = said(&quizloop(folder.path(), &["man", "file"]));
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(text, @"error: file is not a folder");
}

/// The version, the commit if the build knows it, and the features; no path of the build machine.
#[test]
fn the_version() {
    let folder = tempfile::tempdir().unwrap();
    let version = |option: &str| {
        let (code, text) = said(&quizloop(folder.path(), &[option]));
        assert_eq!(code, Some(0), "{text}");
        assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{text}");
        text
    };
    let commit =
        option_env!("QUIZLOOP_COMMIT").map_or_else(String::new, |commit| format!(" ({commit})"));
    let first = format!("quizloop {}{commit}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(version("-V"), first);
    let long = version("--version");
    let features = long.strip_prefix(&first).unwrap();
    assert!(features.starts_with("features: sandbox"), "{long}");
}

/// Colours are for terminals: none in a pipe, none with `NO_COLOR`, but some if they are forced.
#[test]
fn colours_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "stat = 1\n").unwrap();
    let check = |variables: &[(&str, &str)]| {
        let mut command = quizloop_command(folder.path(), &["check"]);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        said(&command.envs(variables.iter().copied()).output().unwrap()).1
    };
    let plain = check(&[]);
    insta::assert_snapshot!(plain, @"
    error: unknown key `stat` in the config
     --> config.toml:1:1
      |
    1 | stat = 1
      | ^^^^
      |
      = help: did you mean `state`?

    1 error

    error: fix the errors above; nothing was changed
    ");
    assert_eq!(check(&[("NO_COLOR", "1")]), plain);
    let coloured = check(&[("CLICOLOR_FORCE", "1")]);
    let parts: Vec<_> = coloured.split("\u{1b}[").collect();
    assert!(parts.len() > 5, "{coloured:?}");
    let texts = parts[1..]
        .iter()
        .map(|part| part.split_once('m').unwrap().1);
    let without: String = std::iter::once(parts[0]).chain(texts).collect();
    assert_eq!(without, plain);
}

/// All lists for scripts. A unit test in `src/cli/tests.rs` finds commands that have none.
#[tokio::test(flavor = "multi_thread")]
async fn lists_as_json() {
    let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.ada().reply("one").await;
    world.stop().await;
    let read = |arguments: &str| -> Value {
        let (code, text) = said(&quizloop(
            world.folder(),
            &arguments.split(' ').collect::<Vec<_>>(),
        ));
        assert_eq!(code, Some(0), "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let guild = ids::GUILD.to_string();
    assert_eq!(
        read("state list --json"),
        json!([{ "guild": guild, "teams": 1, "rounds": 1, "members": 1 }])
    );
    assert_eq!(read("state list --deleted --json"), json!([]));
    let shown = read(&format!("state show {guild} --json"));
    let team = &shown["teams"][0];
    assert_eq!(team["channel"], ids::ASYNCIO.to_string());
    assert_eq!(team["rounds"][0]["replies"], 1);
    assert_eq!(team["members"][0]["user"], ids::ADA.to_string());
    assert_eq!(team["members"][0]["streak"], 1);
    let questions = read("bank list --topic queues --json");
    assert!(
        questions
            .as_array()
            .unwrap()
            .iter()
            .all(|question| question["topic"] == "queues")
    );
    let first = &questions[0];
    let number = first["number"].to_string();
    assert_eq!(&read(&format!("bank show {number} --json")), first);
    assert_eq!(
        read("state verify --json"),
        json!({ "servers": 1, "teams": 1, "rounds": 1, "members": 1, "questions": 0, "last_good_generations": 1, "problems": [] })
    );
    assert_eq!(read("state reports --json"), json!([]));
    let checked = read("check --json");
    assert_eq!(
        checked["teams"],
        json!([{ "guild": guild, "channel": ids::ASYNCIO.to_string() }])
    );
    assert_eq!(checked["servers"], 1);
    assert_eq!(checked["problems"], json!([]));
    let table = world.folder().join("ours.csv");
    std::fs::write(
        &table,
        "question,answer\nWhat is a task?,A coroutine that runs.\nEmpty?,\n",
    )
    .unwrap();
    let (code, text) = said(&quizloop(
        world.folder(),
        &["bank", "import", "ours.csv", "--json"],
    ));
    assert_eq!(code, Some(2), "{text}");
    let (imported, error) = text.rsplit_once("\nerror: ").unwrap();
    assert_eq!(error, "1 mistake; the other questions were imported\n");
    let imported: Value = serde_json::from_str(imported).unwrap();
    assert_eq!(imported["output"], "ours.toml");
    assert_eq!(imported["questions"], 1);
    assert_eq!(imported["mistakes"][0]["line"], 3);
    assert_eq!(
        read("bank stats --json"),
        json!({ "servers": 0, "reviews": 0, "levels": [], "questions": [] })
    );
}

/// Problems for scripts: position, cause and fix of each, without secrets; the exit code stays.
#[test]
fn problems_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let config = "token_file = \"token\"\n[[team]]\nguild = \"1110000000000000001\"\nchannel = \"1120000000000000001\"\ntimezone = \"EST\"\n\
                  [state]\nurl = \"mysql://ada:hunter2@db/quiz\"\n";
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let output = quizloop(folder.path(), &["check", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"error: fix the errors; nothing was changed");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    {
      "teams": [],
      "questions": 174,
      "servers": 0,
      "state": "state",
      "problems": [
        {
          "severity": "error",
          "message": "\"EST\" is an abbreviation, not a time zone",
          "file": "config.toml",
          "line": 5,
          "column": 12,
          "help": "name a city that has the time you mean: \"America/New_York\" (UTC-5, in summer UTC-4), \"America/Panama\" (UTC-5 all year) or \"America/Toronto\" (UTC-5, in summer UTC-4)"
        },
        {
          "severity": "error",
          "message": "not a PostgreSQL URL",
          "file": "config.toml",
          "line": 7,
          "column": 7,
          "help": "write postgres://user:password@host:5432/database, with ?sslmode=verify-full for an encrypted connection"
        },
        {
          "severity": "warning",
          "message": "can't read the file token, which `token_file` names: it does not exist",
          "file": "token"
        }
      ]
    }
    "#);
}

//! The command line: exit codes, messages, files and logs.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use discord_sandbox::ids;

use crate::support::World;

/// Runs a command in a folder, without settings from the environment.
pub fn quizloop(folder: &std::path::Path, arguments: &[&str]) -> Output {
    quizloop_command(folder, arguments)
        .output()
        .expect("quizloop starts")
}

/// Returns a command that is not started yet, without settings from the environment.
pub fn quizloop_command(folder: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quizloop"));
    command.args(arguments).current_dir(folder);
    for variable in [
        "DISCORD_TOKEN",
        "DISCORD_TOKEN_FILE",
        "DISCORD_API_URL",
        "QUIZLOOP_CONFIG",
        "QUIZLOOP_STATE_URL",
        "QUIZLOOP_STATE_URL_FILE",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Returns the exit code and all output.
pub fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// 35. A token that Discord refuses: one sentence, exit 4, no storm of sessions.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        .team()
        .token("MTE.wrong.token")
        .without_bot()
        .await;
    world.skip_api_check();
    world.spawn_bot();
    let (code, log) = world.exit_and_log().await;
    assert_eq!(code, Some(4), "{log}");
    assert!(log.contains("error: Discord refused the token"), "{log}");
    assert_eq!(world.sandbox.identify_count(), 0);
}

/// 35. The gateway closes with 4004 or 4014: exit 4, and no further session.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_session() {
    for (code, sentence) in [
        (4004, "Discord refused the token"),
        (4014, "Discord refused the intents"),
    ] {
        let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
        world.sandbox.close_gateway(Some(code));
        let (exit, log) = world.exit_and_log().await;
        assert_eq!(exit, Some(4), "{log}");
        assert!(log.contains(sentence), "{log}");
        assert_eq!(world.sandbox.identify_count(), 1);
    }
}

/// The start logs what decides whose data the bot uses.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_logs_config_and_state() {
    let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    let log = world.log();
    let line = log.lines().find(|line| line.contains("starting")).unwrap();
    let config = world.folder().join("config.toml");
    let state = world.state();
    let (config, state) = (config.display(), state.display());
    assert!(
        line.ends_with(&format!(
            "starting config=\"{config}\" state=\"{state}\" config_teams=1"
        )),
        "{line}"
    );
}

/// `check` warns about a URL in the environment as it does about one in the config.
#[test]
fn an_unencrypted_url_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let output = quizloop_command(folder.path(), &["check"])
        .env("DISCORD_API_URL", "http://127.evil.example")
        .output()
        .unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    warning: this URL sends the bot's token over the network unencrypted
    --> DISCORD_API_URL
     = help: use https, unless you trust every machine on the network path

    1 warning
    ");
}

/// A first start says that there is no data yet, and a later one how many servers have some: a
/// start in another folder would otherwise look like lost data.
#[tokio::test(flavor = "multi_thread")]
async fn the_start_logs_how_much_data_there_is() {
    let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    assert!(
        world
            .log()
            .contains("no saved data yet, starting with none")
    );
    world.advance("1m").await;
    world.stop().await;
    world.start_bot().await;
    assert!(
        world.log().contains("saved data opened servers=1"),
        "{}",
        world.log()
    );
}

/// 4. A second process on the same state is refused and says which process has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_process() {
    let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    let program = world.program();
    let second = Command::new(&program.path)
        .args(&program.arguments)
        .envs(program.environment.iter().cloned())
        .output()
        .unwrap();
    let (code, text) = said(&second);
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains(&format!("is in use by process {}", world.bot_id())),
        "{text}"
    );
}

/// 25. A snapshot that can't be read: exit 3, file, line, what to do.
#[tokio::test(flavor = "multi_thread")]
async fn unreadable_state() {
    let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.stop().await;
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    world.spawn_bot();
    let (code, log) = world.exit_and_log().await;
    assert_eq!(code, Some(3), "{log}");
    assert!(log.contains("The last good generation is"), "{log}");
}

/// A stop by SIGTERM is done within five seconds and loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn stopping() {
    let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.ada().reply("marked before the stop").await;
    world.lin().post_reply("right before the stop");
    let start = Instant::now();
    assert_eq!(world.stop().await, Some(0));
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(world.saved_streak(ids::ADA), 1);
}

/// The token is never logged, not even at the level `trace`.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_never_logged() {
    let mut world = World::at("2026-03-27T08:59[UTC]")
        .team()
        .env("RUST_LOG", "trace")
        .start()
        .await;
    world.advance("1m").await;
    world.ada().reply("something to log").await;
    let log = world.log();
    assert!(log.lines().count() > 20, "a trace has many lines:\n{log}");
    let token = world.sandbox.token();
    assert!(
        !log.contains(&token) && !log.contains(token.rsplit('.').next().unwrap()),
        "the token is in the log"
    );
    world.stop().await;
}

/// `state list`, `show` and `export` work while the bot runs.
#[tokio::test(flavor = "multi_thread")]
async fn looking_at_the_state() {
    let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.ada().reply("one").await;
    let state = world.state();
    let look = |arguments: &[&str]| {
        let state = state.to_str().unwrap();
        said(&quizloop(
            world.folder(),
            &[&["state"], arguments, &["--state", state]].concat(),
        ))
    };
    let guild = ids::GUILD.to_string();
    assert_eq!(
        look(&["list"]).1,
        format!("{guild}  teams 1  rounds 1  members 1\n")
    );
    let (_, shown) = look(&["show", &guild]);
    assert!(
        shown.contains("Question 1 · 2026-03-27")
            && shown.contains("streak 1  longest 1  answered 1"),
        "{shown}"
    );
    let (code, json) = look(&["export", &guild]);
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format"], 2);
    let (code, missing) = look(&["show", "5"]);
    assert_eq!(code, Some(3), "{missing}");
}

/// Every command that prints fails if its output can't be written, except if the reader closed the
/// pipe.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_fails_the_command() {
    let mut world = World::at("2026-03-27T08:59[UTC]").team().start().await;
    world.advance("1m").await;
    world.stop().await;
    let guild = ids::GUILD.to_string();
    let run = |line: &str, stdout: std::process::Stdio| {
        let output = quizloop_command(world.folder(), &line.split(' ').collect::<Vec<_>>())
            .stdout(stdout)
            .output()
            .unwrap();
        said(&output)
    };
    for line in [
        "--help",
        "--version",
        "check",
        "invite --application 42",
        "bank list",
        "bank show 1",
        "bank export --format json",
        "bank export --format csv",
        "bank export --format anki-tsv",
        "state list",
        "state list --json",
        "bank list --json",
        "completions bash",
        &format!("state show {guild}"),
        &format!("state export {guild}"),
        "state reports",
        "state reports --json",
        "state verify",
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let (code, text) = run(line, full.into());
        assert_eq!(code, Some(1), "{line}: {text}");
        assert_eq!(
            text.lines().last().unwrap(),
            "error: the output is incomplete because it can't be written: the disk is full. \
             Check the target's free space, then run the command again",
            "{line}"
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, text) = run(line, writer.into());
        assert_eq!((code, text.as_str()), (Some(0), ""), "{line}");
    }
}

/// Without a token, with a typo, with an unknown zone: one clear sentence and exit 2.
#[test]
fn wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = said(&quizloop(folder.path(), &["run"]));
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text, @"error: no bot token found: set the environment variable DISCORD_TOKEN to it, or set DISCORD_TOKEN_FILE, or `token_file` in the config, to a file that contains it (Discord shows the token in the developer portal, under Bot). To try Quizloop without a token, run `quizloop sandbox`");
    let config =
        "[stat]\ndir = 1\n[[team]]\nguild = \"1\"\nchannel = \"2\"\ntimezone = \"Europe/Berln\"\n";
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    for verb in ["run", "check"] {
        let (code, text) = said(&quizloop(folder.path(), &[verb]));
        assert_eq!(code, Some(2), "{text}");
        assert!(
            text.contains("unknown key `stat`") && text.contains("did you mean `state`?"),
            "{text}"
        );
        assert!(
            text.contains("Europe/Berln") && text.contains("did you mean \"Europe/Berlin\"?"),
            "{text}"
        );
    }
    let (code, text) = said(&quizloop(folder.path(), &["rnu"]));
    assert_eq!(code, Some(2), "{text}");
    let (code, text) = said(&quizloop(folder.path(), &["start"]));
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @"error: there is no command 'start': did you mean 'quizloop run'?");
    let (code, text) = said(&quizloop(folder.path(), &["--help"]));
    assert_eq!(code, Some(0));
    assert!(text.contains("quizloop sandbox"), "{text}");
}

/// Token and database URL from files, as containers provide them. A variable that is set by mistake
/// is an error and not a reason to look elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_from_files() {
    let mut world = World::at("2026-03-27T08:59[UTC]").without_bot().await;
    world.skip_api_check();
    let token = world.folder().join("token-file");
    std::fs::write(&token, format!("{}\n", world.sandbox.token())).unwrap();
    let token = token.to_str().unwrap();
    let url = world.folder().join("url-file");
    std::fs::write(&url, "postgres://ada:hunter2@127.0.0.1:9/quiz\n").unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = quizloop_command(world.folder(), arguments);
        command.env("DISCORD_API_URL", world.sandbox.url());
        said(&command.envs(variables.iter().copied()).output().unwrap())
    };
    let (code, text) = run(&["invite"], &[("DISCORD_TOKEN_FILE", token)]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&ids::APP.to_string()), "{text}");
    let url = [("QUIZLOOP_STATE_URL_FILE", url.to_str().unwrap())];
    let (code, text) = run(&["state", "list"], &url);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("the database quiz on 127.0.0.1"), "{text}");
    let mistakes: [&[(&str, &str)]; 4] = [
        &[("DISCORD_TOKEN", "")],
        &[("DISCORD_TOKEN", "a.b.c"), ("DISCORD_TOKEN_FILE", token)],
        &[("DISCORD_TOKEN_FILE", "missing")],
        &[("QUIZLOOP_STATE_URL", " ")],
    ];
    let texts: String = mistakes
        .map(|variables| {
            let (code, text) = run(&["invite"], variables);
            assert_eq!(code, Some(2), "{text}");
            text
        })
        .concat();
    insta::assert_snapshot!(texts, @"
    error: DISCORD_TOKEN is set but empty: give it a value, or unset it. To try Quizloop without a token, run `quizloop sandbox`
    error: DISCORD_TOKEN and DISCORD_TOKEN_FILE are both set: unset one of them. To try Quizloop without a token, run `quizloop sandbox`
    error: can't read the file missing, which DISCORD_TOKEN_FILE names: it does not exist. To try Quizloop without a token, run `quizloop sandbox`
    error: QUIZLOOP_STATE_URL is set but empty: give it a value, or unset it
    ");
}

/// Files, folders and addresses that can't be used: what is wrong and what to do, in sentences.
#[test]
fn what_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("file", "");
    write(
        "question.csv",
        "question,answer\nWhat is a task?,A coroutine that runs.\n",
    );
    // No port below 2 is ever used by a test.
    write("health.toml", "[health]\nlisten = \"127.0.0.1:1\"\n");
    std::fs::write(folder.path().join("not-text"), b"\xff\x01").unwrap();
    let mut texts = String::new();
    for (expected, line) in [
        (2, "check --state file"),
        (3, "state list --state file"),
        (3, "run --state file"),
        (3, "run --state file/inside"),
        (3, "state adopt 5 --yes"),
        (2, "bank import missing.csv"),
        (2, "bank import question.csv --output missing/ours.toml"),
        (1, "health --config health.toml"),
        (1, "invite"),
    ] {
        let arguments: Vec<_> = line.split(' ').collect();
        let output = quizloop_command(folder.path(), &arguments)
            .env("DISCORD_TOKEN", "MTE.b.c")
            .env("DISCORD_API_URL", "http://127.0.0.1:1")
            .env("RUST_LOG", "off")
            .output()
            .unwrap();
        let (code, text) = said(&output);
        assert_eq!(code, Some(expected), "{line}: {text}");
        assert!(!text.contains("os error"), "{line}: {text}");
        texts += &["$ ", line, "\n", &text].concat();
    }
    let output = quizloop_command(folder.path(), &["run"])
        .env("DISCORD_TOKEN_FILE", "not-text")
        .output()
        .unwrap();
    texts.push_str(&said(&output).1);
    insta::assert_snapshot!(texts, @"
    $ check --state file
    error: can't read the data folder: a part of the path is a file, not a folder
    --> file
     = help: fix its permissions, or name another folder with --state or [state] dir

    1 error

    error: fix the errors above; nothing was changed
    $ state list --state file
    error: can't read the data folder file: a part of the path is a file, not a folder
    $ run --state file
    error: the state folder file can't be used: it is a file, not a folder. Remove it, or choose another folder with --state or [state] dir
    $ run --state file/inside
    error: the state folder file/inside can't be used: a part of the path is a file, not a folder. Check it, or choose another folder with --state or [state] dir
    $ state adopt 5 --yes
    error: no data in state yet: start the bot once, or name the data folder with --state
    $ bank import missing.csv
    error: missing.csv: it does not exist
    $ bank import question.csv --output missing/ours.toml
    error: can't write missing/ours.toml: create the folder missing first
    $ health --config health.toml
    error: no bot answers at 127.0.0.1:1: nothing listens there
    $ invite
    error: the request to Discord failed: nothing listens there. With --application ID, no request to Discord is needed
    error: the file not-text, which DISCORD_TOKEN_FILE names, is not UTF-8 text: write the secret into it. To try Quizloop without a token, run `quizloop sandbox`
    ");
}

/// `check` without problems, and `invite` without a request to Discord.
#[test]
fn check_and_invite() {
    let folder = tempfile::tempdir().unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml");
    let (code, text) = said(&quizloop(folder.path(), &["check", "--config", example]));
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.starts_with("No errors found: 0 teams in the config, "),
        "{text}"
    );
    let (code, text) = said(&quizloop(folder.path(), &["invite", "--application", "42"]));
    assert_eq!(code, Some(0));
    assert_eq!(
        text,
        "https://discord.com/oauth2/authorize?client_id=42&scope=bot+applications.commands&permissions=309237730368&integration_type=0\n"
    );
}

/// `sandbox --once` narrates three days, prints the channel, and confirms that all checks passed.
#[tokio::test(flavor = "multi_thread")]
async fn three_days_in_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = said(&quizloop(folder.path(), &["sandbox", "--once"]));
    assert_eq!(code, Some(0), "{text}");
    for part in [
        "The bot is killed. Sam replies while it is offline.",
        "Question of the day",
        "1. @Ada: 3 answers",
        "All checks passed",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Errors in a seed file are reported with line and fix, the exit code is 2, and nothing starts.
#[test]
fn a_seed_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("seed.toml"),
        "[[guild]]\nname = \"Kathmandu\"\nowner = \"Mina\"\n\n[[team]]\nguild = \"Katmandu\"\n\
         channel = \"general\"\ntimezone = \"Asia/Kathmandu\"\n",
    )
    .unwrap();
    let (code, text) = said(&quizloop(
        folder.path(),
        &["sandbox", "--seed", "seed.toml"],
    ));
    assert_eq!(code, Some(2), "{text}");
    for part in [
        "there is no [[guild]] \"Katmandu\"",
        "seed.toml:6:9",
        "did you mean `Kathmandu`",
        "nothing was started",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let (code, text) = said(&quizloop(
        folder.path(),
        &["sandbox", "--seed", "other.toml"],
    ));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("can't read the seed file other.toml"),
        "{text}"
    );
}

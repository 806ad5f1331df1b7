//! The bot on a database: alone, with a second process on standby, and while the database fails.

mod failures;

use std::process::Command;
use std::time::Duration;

use discord_sandbox::ids;

use crate::operator::{quizloop, said};
use crate::support::World;
use crate::support::test_database::TestDatabase;

const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";

fn on(test_database: &TestDatabase) -> crate::support::WorldBuilder {
    World::at(FRIDAY).team().database(test_database.url())
}

/// Kills and starts: nothing is lost and nothing is posted twice, as with files.
#[tokio::test(flavor = "multi_thread")]
async fn days_with_a_kill_in_each() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let mut world = on(&test_database).start().await;
        for day in ["2026-03-27", "2026-03-30", "2026-03-31"] {
            world.set_time(&format!("{day}T09:00")).await;
            world.ada().reply("in my own words").await;
            world.kill().await;
            test_database.expire_leases();
            world.start_bot().await;
        }
        assert_eq!(world.posts().len(), 3);
        assert_eq!(world.ada().streak().await, 3);
        assert_eq!(
            test_database.ask("select count(*) from round where message is not null"),
            "3"
        );
        assert_eq!(test_database.ask("select marks from member"), "aaa");
        assert!(!world.state().exists(), "nothing is written to files");
        assert_eq!(world.stop().await, Some(0));
        assert_eq!(
            test_database.ask("select until <= now() from lease"),
            "true"
        );
    }
}

/// A process hangs and another one takes over. When the first one continues, it receives replies as
/// well, but its writes are refused.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_taken_for_dead() {
    use rustix::process::{Pid, Signal, kill_process};
    for test_database in TestDatabase::with_and_without_pooler() {
        let mut world = on(&test_database).start().await;
        world.advance("1m").await;
        world.ada().reply("before").await;
        let mut stale = world.take_bot();
        let pid = Pid::from_raw(i32::try_from(stale.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
        world.lin().post_reply("while nobody listens");
        test_database.expire_leases();
        world.start_bot().await;
        world.sam().reply("the other one counts").await;
        kill_process(pid, Signal::CONT).unwrap();
        world
            .wait_until("the first one to see that it was replaced", || {
                stale
                    .log()
                    .text()
                    .contains("another process has taken this shard over")
            })
            .await;
        assert!(stale.is_running(), "{}", stale.log().text());
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(
            world.posts().len(),
            2,
            "{}\n== the other\n{}",
            stale.log().text(),
            world.log()
        );
        for member in [world.ada(), world.lin(), world.sam()] {
            assert_eq!(member.streak().await, 1);
        }
        assert_eq!(test_database.ask("select count(*) from round"), "2");
    }
}

/// A process on standby takes over when the first one stops, and posts what is due.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_process_takes_over() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let mut world = on(&test_database).start().await;
        world.advance("1m").await;
        world.ada().reply("before").await;
        let mut first = world.take_bot();
        world.spawn_bot();
        world
            .wait_until("the second process to stand by", || {
                world.log().contains("standing by: other processes")
            })
            .await;
        let status = first.stop(Duration::from_secs(60)).await.unwrap();
        assert_eq!(status.and_then(|status| status.code()), Some(0));
        world
            .wait_until("the second process to take over", || {
                world.log().contains("connected")
            })
            .await;
        world.set_time("2026-03-30T09:00").await;
        assert_eq!(world.posts().len(), 2);
        assert_eq!(world.ada().streak().await, 1);
    }
}

/// Two processes share the shards through a pooler. When one is killed, the other has its shards
/// within 30 seconds, the longest that tests wait, posts what is due and counts replies.
#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_behind_a_pooler() {
    let Some(test_database) = TestDatabase::behind_pooler() else {
        return;
    };
    let mut world = on(&test_database).without_bot().await;
    world.sandbox.recommend_shards(2, 16);
    world.start_bot().await;
    let mut first = world.take_bot();
    world.spawn_bot();
    let holds = |process: u32, shards: u32| {
        let held = format!(
            "select count(*) from lease where until > now() and holder like 'process {process} on %'"
        );
        test_database.ask(&held) == shards.to_string()
    };
    let (of_first, of_second) = (first.id().unwrap(), world.bot_id());
    world
        .wait_until("the shards to be divided", || {
            holds(of_first, 1) && holds(of_second, 1)
        })
        .await;
    first.kill().await.unwrap();
    world
        .wait_until("the second process to take over", || holds(of_second, 2))
        .await;
    world.advance("1m").await;
    world.ada().reply("in my own words").await;
    assert_eq!(world.posts().len(), 1);
    assert_eq!(test_database.ask("select marks from member"), "a");
}

/// The database ends all connections, as in a restart or failover: replies sent meanwhile are still
/// saved and acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn the_connections_end() {
    for test_database in TestDatabase::with_and_without_pooler() {
        let world = on(&test_database).start().await;
        world.advance("1m").await;
        for member in [world.ada(), world.lin(), world.sam()] {
            test_database.run(&["select pg_terminate_backend(pid) from pg_stat_activity \
            where application_name = 'quizloop' and datname = current_database()"]);
            member.reply("words").await;
        }
        assert_eq!(test_database.ask("select count(*) from member"), "3");
    }
}

fn state(world: &World, url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_quizloop"))
        .arg("state")
        .args(arguments)
        .current_dir(world.folder())
        .env("QUIZLOOP_STATE_URL", url)
        .env_remove("QUIZLOOP_CONFIG")
        .output()
        .unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(text).unwrap())
}

/// Copies the data from files to a database and back; it stays the same.
#[tokio::test(flavor = "multi_thread")]
async fn there_and_back() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let url = test_database.url();
    let mut world = World::at(FRIDAY).team().start().await;
    world.advance("1m").await;
    world.ada().reply("on files").await;
    let (code, text) = state(&world, &url, &["import", "state"]);
    assert_eq!(code, Some(3), "a bot is running: {text}");
    world.kill().await;
    let (code, text) = state(&world, &url, &["import", "state"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"Copied 1 server to the database and verified the copy.");
    let (code, text) = state(&world, &url, &["import", "state"]);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!(text, @"error: the database already has 1 server; nothing was changed. The target must be empty");
    let (code, listed) = state(&world, &url, &["list"]);
    assert_eq!(code, Some(0), "{listed}");
    insta::assert_snapshot!(listed, @"1110000000000000001  teams 1  rounds 1  members 1");
    let (code, text) = state(&world, &url, &["verify"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text, @"error: `state verify` works only with a data folder, but the data is in a database. Use the database's own backups. For a data folder, remove [state] url from the config and QUIZLOOP_STATE_URL from the environment, and name the folder with --state");
    let (code, text) = state(&world, &url, &["export", "back"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @"Copied 1 server to back and verified the copy.");
    let read = |folder: &str| {
        let file = format!("{folder}/guilds/{}.json", ids::GUILD);
        std::fs::read_to_string(world.folder().join(file)).unwrap()
    };
    assert_eq!(read("back"), read("state"));
    // The owner comes along, so that no other application can claim the copy.
    let owner = ids::APP.to_string();
    assert_eq!(test_database.ask("select id::text from application"), owner);
    let file = world.folder().join("back/application");
    assert_eq!(std::fs::read_to_string(file).unwrap().trim(), owner);
}

/// Messages about invalid URLs don't contain the password.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there() {
    let world = World::at(FRIDAY).without_bot().await;
    let (code, text) = state(&world, "postgres://ada:hunter2@127.0.0.1:9/quiz", &["list"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text, @"error: the database quiz on 127.0.0.1 can't be used: it did not answer within 5 s. Check that the server is running, and the user and password in state.url");
    assert!(!text.contains("hunter2"), "{text}");
    if let Some(test_database) = TestDatabase::new() {
        let url = format!("{}_gone", test_database.url());
        let (code, text) = state(&world, &url, &["list"]);
        assert_eq!(code, Some(3), "{text}");
        let (_, name) = url.rsplit_once('/').unwrap();
        let text = text.replace(name, "quiz_gone");
        insta::assert_snapshot!(text, @r#"error: the database quiz_gone on 127.0.0.1 can't be used: it refused the connection: database "quiz_gone" does not exist. Check that the server is running, and the user and password in state.url"#);
    }
    let (code, text) = state(&world, "mysql://ada:hunter2@db/quiz", &["list"]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text, @"error: QUIZLOOP_STATE_URL: not a PostgreSQL URL: write postgres://user:password@host:5432/database, with ?sslmode=verify-full for an encrypted connection");
}

/// `import` only reads a folder, and `export` refuses one with contents, before anything is created.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn folders_of_others_stay_as_they_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::at(FRIDAY).without_bot().await;
    let plain = world.folder().join("plain");
    std::fs::create_dir(&plain).unwrap();
    std::fs::write(plain.join("my-file"), "").unwrap();
    std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o755)).unwrap();
    let url = "postgres://x@127.0.0.1:9/x";
    let mut texts = Vec::new();
    for arguments in [
        ["import", "plain"],
        ["import", "missing"],
        ["export", "plain"],
    ] {
        let (code, text) = state(&world, url, &arguments);
        assert_eq!(code, Some(3), "{text}");
        texts.push(text);
    }
    insta::assert_snapshot!(texts.concat(), @"
    error: no servers found in plain
    error: no servers found in missing
    error: plain is not empty; nothing was changed. Name a folder that is empty or does not exist yet
    ");
    assert_eq!(state(&world, url, &["export", "new"]).0, Some(3));
    let mode = std::fs::metadata(&plain).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert_eq!(std::fs::read_dir(&plain).unwrap().count(), 1);
    for absent in ["missing", "new"] {
        assert!(!world.folder().join(absent).exists(), "{absent}");
    }
}

/// While a bot uses the database, `export` copies without joining the cluster, and `import` names
/// the bot and ends.
#[tokio::test(flavor = "multi_thread")]
async fn copies_while_a_bot_runs() {
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let url = test_database.url();
    let world = on(&test_database).start().await;
    let name = test_database.ask("select name from process");
    let (code, text) = state(&world, &url, &["export", "empty"]);
    assert_eq!(code, Some(0), "{text}");
    world.advance("1m").await;
    world.ada().reply("in the copy").await;
    let (code, text) = state(&world, &url, &["export", "copy"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text.replace(&name, "NAME"), @"
    Copied 1 server to copy and verified the copy.
    The database is in use by NAME. Later changes are not in the copy: to move to files, stop these processes and export again.
    ");
    let (code, text) = state(&world, &url, &["import", "copy"]);
    assert_eq!(code, Some(3), "{text}");
    insta::assert_snapshot!(text.replace(&name, "NAME"), @"error: the database is in use by NAME. Stop these processes first; after a crash, wait half a minute");
    assert_eq!(
        test_database.ask("select count(*) from process"),
        "1",
        "a command joined the cluster"
    );
    let exported = std::fs::read_dir(world.folder().join("copy/guilds")).unwrap();
    assert_eq!(exported.count(), 1);
}

/// Root exports into a folder of the bot's account, and the bot can read the copy.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_by_root() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    const NOBODY: u32 = 65_534;
    let Some(test_database) = TestDatabase::new() else {
        return;
    };
    let mut world = on(&test_database).start().await;
    world.advance("1m").await;
    assert_eq!(world.stop().await, Some(0));
    let home = world.folder().join("home");
    std::fs::create_dir(&home).unwrap();
    if chown(&home, Some(NOBODY), Some(NOBODY)).is_err() {
        println!("skipped: only root can give files to another account");
        return;
    }
    let (code, text) = state(&world, &test_database.url(), &["export", "home/copy"]);
    assert_eq!(code, Some(0), "{text}");
    let snapshot = format!("guilds/{}.json", ids::GUILD);
    for file in ["", "guilds", "application", &snapshot] {
        let file = home.join("copy").join(file);
        let data = std::fs::metadata(&file).unwrap();
        let owner = (data.uid(), data.gid());
        assert_eq!(owner, (NOBODY, NOBODY), "{}", file.display());
    }
}

/// `--state` does not silently take the place of a database: with an empty folder beside the
/// cluster, every question would be posted twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_a_database() {
    let world = World::at(FRIDAY).without_bot().await;
    let url = "postgres://x@127.0.0.1:9/x";
    let (code, text) = state(&world, url, &["list", "--state", "folder"]);
    assert_eq!(code, Some(2), "{text}");
    insta::assert_snapshot!(text, @"error: --state names a data folder, but QUIZLOOP_STATE_URL names a database. To use the database, remove --state; to use the folder, remove QUIZLOOP_STATE_URL");
    let config = format!("[state]\nurl = \"{url}\"\n");
    std::fs::write(world.folder().join("config.toml"), config).unwrap();
    for verb in [&["run"][..], &["check"], &["state", "list"]] {
        let all = [verb, &["--state", "folder"]].concat();
        let (code, text) = said(&quizloop(world.folder(), &all));
        assert_eq!(code, Some(2), "{text}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(text, @"error: --state names a data folder, but [state] url in the config names a database. To use the database, remove --state; to use the folder, remove [state] url in the config");
        }
    }
}

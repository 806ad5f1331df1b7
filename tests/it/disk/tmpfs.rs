//! Real file systems that are full or read-only: a small tmpfs. Mounting takes root, or a user namespace of one's
//! own; where there is neither the tests say so and skip, but not in CI.

use std::path::{Path, PathBuf};
use std::process::Command;

use quizloop::sandbox::ids;

use super::{FRIDAY, start_posting};
use crate::support::outage::assert_nothing_acknowledged;
use crate::support::{MessageExt, World};

/// Set for the copy of this process that runs in a user namespace of its own.
const INSIDE: &str = "QUIZLOOP_TEST_INSIDE";

/// A file system that goes when this is dropped.
struct TmpfsMount(PathBuf);

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let done = Command::new(program).args(arguments).output();
    let done = done.map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        Err(format!("{program} {arguments:?}: {said}"))
    }
}

impl TmpfsMount {
    /// A tmpfs of 256 KiB.
    fn at(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.to_str().unwrap();
        run(
            "mount",
            &["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", path],
        )?;
        Ok(Self(folder.to_owned()))
    }

    fn read_only(&self, read_only: bool) {
        let how = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        run("mount", &["-o", how, self.0.to_str().unwrap()]).unwrap();
    }
}

impl Drop for TmpfsMount {
    fn drop(&mut self) {
        // The bot may still run if the test failed; it is killed with its world.
        if let Err(error) = run("umount", &["-l", self.0.to_str().unwrap()]) {
            println!("{error}");
        }
    }
}

/// A world whose state, or a folder in it, is a small tmpfs. Where this process may not mount, the whole test is
/// run again in a namespace where it may, and nothing is given.
async fn world_on_tmpfs(test: &str, inside: &str) -> Option<(TmpfsMount, World)> {
    let world = World::at(FRIDAY).without_bot().await;
    let why = match TmpfsMount::at(&world.state().join(inside)) {
        Ok(mounted) => return Some((mounted, world)),
        Err(why) => why,
    };
    assert!(std::env::var_os(INSIDE).is_none(), "mount: {why}");
    let test = format!("disk::tmpfs::{test}");
    let this = std::env::current_exe().unwrap();
    let again = Command::new("unshare")
        .args(["--map-root-user", "--mount", this.to_str().unwrap()])
        .args([&test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status();
    match again {
        Ok(status) if status.success() => {}
        again => {
            assert!(
                std::env::var_os("QUIZLOOP_CI").is_none(),
                "no file system can be mounted: {why}; unshare: {again:?}"
            );
            println!("skipped: no file system can be mounted here: {why}; unshare: {again:?}");
        }
    }
    None
}

/// Fills a file system to the last byte.
fn fill(folder: &Path) -> PathBuf {
    let file = folder.join("something-else");
    let full = std::fs::write(&file, vec![1; 1 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    file
}

/// 26. A small disk fills up: nothing is acknowledged, a restart does not help and does no harm, and when there is
/// room again it recovers.
#[tokio::test(flavor = "multi_thread")]
async fn a_small_disk_that_fills_up() {
    let Some((_mounted, mut world)) = world_on_tmpfs("a_small_disk_that_fills_up", "").await else {
        return;
    };
    start_posting(&mut world).await;
    let filled = fill(&world.state());
    let reply = assert_nothing_acknowledged(&world, "full").await;
    world.kill_and_restart().await;
    assert_eq!(world.ada().streak().await, 1);
    assert!(!world.sandbox.message(reply).unwrap().is_counted());
    std::fs::remove_file(filled).unwrap();
    world.lin().wait_until_counted(reply).await;
    world.kill().await;
    assert_eq!(world.saved_streak(ids::LIN), 1);
}

/// 26. The file system becomes read-only, as Linux makes it after errors, and writable again. The lock file, which
/// the bot holds open, lies outside: Linux refuses to remount under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_becomes_read_only() {
    let test = "a_disk_that_becomes_read_only";
    let Some((mounted, mut world)) = world_on_tmpfs(test, "guilds").await else {
        return;
    };
    start_posting(&mut world).await;
    mounted.read_only(true);
    let reply = assert_nothing_acknowledged(&world, "read-only").await;
    mounted.read_only(false);
    world.lin().wait_until_counted(reply).await;
    world.kill_and_restart().await;
    assert_eq!(world.lin().streak().await, 1);
    world.kill().await;
}

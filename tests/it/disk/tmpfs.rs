//! Real file systems that are full or read-only: a small tmpfs. Mounting needs root or a user
//! namespace. Where neither is available the tests print that and are skipped, except in CI.

use std::path::{Path, PathBuf};
use std::process::Command;

use discord_sandbox::ids;

use super::{FRIDAY, start_posting};
use crate::support::outage::assert_nothing_acknowledged;
use crate::support::{MessageExt, World};

/// Set for the copy of this process that runs in its own user namespace.
const INSIDE: &str = "QUIZLOOP_TEST_INSIDE";

/// A mounted file system, unmounted on drop.
struct TmpfsMount(PathBuf);

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("{program} {arguments:?}: {message}"))
    }
}

impl TmpfsMount {
    /// Mounts a tmpfs of 256 KiB.
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
        let options = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        run("mount", &["-o", options, self.0.to_str().unwrap()]).unwrap();
    }
}

impl Drop for TmpfsMount {
    fn drop(&mut self) {
        // If the test failed, the bot may still run; it is killed together with its world.
        if let Err(error) = run("umount", &["-l", self.0.to_str().unwrap()]) {
            println!("{error}");
        }
    }
}

/// Creates a world whose state, or a folder in it, is a small tmpfs. If this process may not mount,
/// runs the whole test again in a namespace where it may, and returns `None`.
async fn world_on_tmpfs(test: &str, inside: &str) -> Option<(TmpfsMount, World)> {
    let world = World::at(FRIDAY).without_bot().await;
    let reason = match TmpfsMount::at(&world.state().join(inside)) {
        Ok(mounted) => return Some((mounted, world)),
        Err(reason) => reason,
    };
    assert!(std::env::var_os(INSIDE).is_none(), "mount: {reason}");
    let test = format!("disk::tmpfs::{test}");
    let executable = std::env::current_exe().unwrap();
    let rerun = Command::new("unshare")
        .args(["--map-root-user", "--mount", executable.to_str().unwrap()])
        .args([&test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status();
    match rerun {
        Ok(status) if status.success() => {}
        rerun => {
            assert!(
                std::env::var_os("QUIZLOOP_CI").is_none(),
                "no file system can be mounted: {reason}; unshare: {rerun:?}"
            );
            println!("skipped: no file system can be mounted here: {reason}; unshare: {rerun:?}");
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

/// 26. A small disk fills up: nothing is acknowledged, a restart does no harm, and the bot recovers
/// when there is space again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_system_recovers() {
    let Some((_mounted, mut world)) = world_on_tmpfs("a_full_file_system_recovers", "").await
    else {
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

/// 26. The file system becomes read-only, as Linux makes it after errors, and writable again. The
/// lock file is outside of it, because Linux refuses to remount a file system with a file open for
/// writing.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_system_recovers() {
    let test = "a_read_only_file_system_recovers";
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

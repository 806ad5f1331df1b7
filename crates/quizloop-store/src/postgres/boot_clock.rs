//! A clock that also runs while the machine is suspended, unlike [`std::time::Instant`] on Linux.

use std::time::Duration;

/// A moment on that clock. On systems other than Linux it may stand still during a suspend.
#[derive(Debug, Clone, Copy)]
pub(super) struct BootInstant(ClockReading);

#[cfg(target_os = "linux")]
type ClockReading = Duration;
#[cfg(not(target_os = "linux"))]
type ClockReading = std::time::Instant;

#[cfg(target_os = "linux")]
impl BootInstant {
    pub(super) fn now() -> Self {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        // Never negative.
        Self(now.try_into().unwrap_or_default())
    }

    /// Returns the time since then.
    pub(super) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

#[cfg(not(target_os = "linux"))]
impl BootInstant {
    pub(super) fn now() -> Self {
        Self(ClockReading::now())
    }

    /// Returns the time since then.
    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    /// Set for the copy of this process that runs in a time namespace.
    const INSIDE: &str = "QUIZLOOP_TEST_INSIDE";
    /// How far the boot clock of the namespace is ahead, in seconds.
    const SUSPENDED: u64 = 1_000_000_000;

    /// A suspend moves the boot clock and no other one. A time namespace can do the same
    /// (`time_namespaces(7)`). Where a process may not create one, the test is skipped, except in
    /// CI.
    #[test]
    #[allow(clippy::print_stdout, reason = "a skipped test says so")]
    fn time_in_suspend_counts() {
        if std::env::var_os(INSIDE).is_some() {
            let BootInstant(since_boot) = BootInstant::now();
            assert!(since_boot >= Duration::from_secs(SUSPENDED));
            return;
        }
        let in_namespace = |command: &mut Command| {
            let output = command.env(INSIDE, "1").output();
            output.is_ok_and(|output| output.status.success())
        };
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--time", "--boottime"]);
            command.arg(SUSPENDED.to_string());
            command
        };
        if !in_namespace(unshare().arg("true")) {
            assert!(std::env::var_os("QUIZLOOP_CI").is_none(), "no namespace");
            println!("skipped: this process may not create a time namespace");
            return;
        }
        let test = std::env::current_exe().unwrap();
        let name = "postgres::boot_clock::tests::time_in_suspend_counts";
        assert!(in_namespace(unshare().arg(test).args(["--exact", name])));
    }
}

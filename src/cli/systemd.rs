//! Notifications to systemd (`Type=notify`): readiness, status, watchdog and stopping.
//!
//! Nothing runs if the environment variable `NOTIFY_SOCKET` is not set. The watchdog is notified
//! only while the scheduler and the gateway supervisor are running. A restart helps a stalled bot,
//! but not against a Discord outage or a full disk, so those don't stop the notifications.
//!
//! Example: `STATUS=connecting to Discord`, then with the first session `READY=1` and
//! `WATCHDOG=1` every few seconds. If the scheduler stalls, `STATUS` gives the reason and `WATCHDOG=1`
//! is no longer sent, so systemd restarts the process after `WatchdogSec`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crate::health::HealthMonitor;

/// How often the status line is updated.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Notification {
    Ready,
    Status(String),
    Watchdog,
    Stopping,
}

/// Sends notifications until the future is dropped.
pub async fn run(health: Arc<HealthMonitor>) -> Infallible {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    // Half of the limit, as sd_watchdog_enabled(3) advises.
    let watchdog = watchdog_interval().map(|limit| limit / 2);
    notify_loop(&health, watchdog, send).await
}

/// Notifies systemd that the bot is stopping.
pub fn notify_stopping() {
    send(&[
        Notification::Stopping,
        Notification::Status("stopping: saving changes".into()),
    ]);
}

async fn notify_loop(
    health: &HealthMonitor,
    watchdog: Option<Duration>,
    mut send: impl FnMut(&[Notification]),
) -> Infallible {
    let mut sessions = health.sessions();
    send(&[Notification::Status("connecting to Discord".into())]);
    // Can't fail: the sender is in `health`.
    let _ = sessions
        .wait_for(|started| *started > 0 || health.is_standby())
        .await;
    let mut last_status = status_text(health).to_owned();
    send(&[
        Notification::Ready,
        Notification::Status(last_status.clone()),
    ]);
    let mut was_stalled = false;
    loop {
        let stall = health.stall_reason();
        if let Some(reason) = stall.as_ref().filter(|_| !was_stalled) {
            tracing::error!(%reason, "bot stalled; systemd watchdog not notified");
        }
        was_stalled = stall.is_some();
        let healthy = || format!("{}; no problems", status_text(health));
        let status = health.report().problems().unwrap_or_else(healthy);
        if status != last_status {
            send(&[Notification::Status(status.clone())]);
            last_status = status;
        }
        if watchdog.is_some() && !was_stalled {
            send(&[Notification::Watchdog]);
        }
        tokio::time::sleep(watchdog.unwrap_or(POLL_INTERVAL).min(POLL_INTERVAL)).await;
    }
}

fn status_text(health: &HealthMonitor) -> &'static str {
    if health.is_standby() {
        "on standby: other processes run all shards"
    } else {
        "connected to Discord"
    }
}

#[cfg(target_os = "linux")]
fn watchdog_interval() -> Option<Duration> {
    // With a limit near zero the loop would do nothing but notify.
    sd_notify::watchdog_enabled().filter(|limit| *limit >= Duration::from_millis(10))
}

#[cfg(not(target_os = "linux"))]
fn watchdog_interval() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
fn send(notifications: &[Notification]) {
    use sd_notify::NotifyState;
    let states: Vec<_> = notifications
        .iter()
        .map(|notification| match notification {
            Notification::Ready => NotifyState::Ready,
            Notification::Status(text) => NotifyState::Status(text),
            Notification::Watchdog => NotifyState::Watchdog,
            Notification::Stopping => NotifyState::Stopping,
        })
        .collect();
    // Does nothing if `NOTIFY_SOCKET` is not set.
    if let Err(error) = sd_notify::notify(&states) {
        tracing::debug!(%error, "systemd could not be notified");
    }
}

#[cfg(not(target_os = "linux"))]
fn send(_: &[Notification]) {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    /// Returns the next notification. The timeout is far longer than needed and only ends a test
    /// that would hang.
    async fn next_notification(sent: &mut mpsc::UnboundedReceiver<Notification>) -> Notification {
        let notification = tokio::time::timeout(Duration::from_secs(30), sent.recv()).await;
        notification.expect("a notification is sent").unwrap()
    }

    async fn next_except_watchdog(
        sent: &mut mpsc::UnboundedReceiver<Notification>,
    ) -> Notification {
        loop {
            let notification = next_notification(sent).await;
            if notification != Notification::Watchdog {
                return notification;
            }
        }
    }

    #[tokio::test]
    async fn the_watchdog_is_not_notified_while_the_scheduler_is_stalled() {
        let seconds = Arc::new(AtomicU64::new(0));
        let time = Arc::clone(&seconds);
        let health = Arc::new(HealthMonitor::new(move || {
            Duration::from_secs(time.load(Ordering::Relaxed))
        }));
        let (notifications, mut received) = mpsc::unbounded_channel();
        let monitor = Arc::clone(&health);
        tokio::spawn(async move {
            let send = |batch: &[Notification]| {
                for notification in batch {
                    let _ = notifications.send(notification.clone());
                }
            };
            notify_loop(&monitor, Some(Duration::from_millis(1)), send).await
        });
        let status = |text: &str| Notification::Status(text.into());
        assert_eq!(
            next_except_watchdog(&mut received).await,
            status("connecting to Discord")
        );
        health.gateway_checked(0, true, std::time::Instant::now());
        health.scheduler_ran(0);
        health.session_started();
        assert_eq!(
            next_except_watchdog(&mut received).await,
            Notification::Ready
        );
        assert_eq!(
            next_except_watchdog(&mut received).await,
            status("connected to Discord")
        );
        let well = status("connected to Discord; no problems");
        assert_eq!(next_except_watchdog(&mut received).await, well);
        assert_eq!(
            next_notification(&mut received).await,
            Notification::Watchdog
        );
        seconds.store(91, Ordering::Relaxed);
        let stalled = status("the scheduler has not run for 91 s");
        assert_eq!(next_except_watchdog(&mut received).await, stalled);
        seconds.store(120, Ordering::Relaxed);
        // No watchdog notification came before this one, although the loop ran many times.
        let later = status("the scheduler has not run for 120 s");
        assert_eq!(next_notification(&mut received).await, later);
        tokio::time::sleep(Duration::from_millis(20)).await;
        health.scheduler_ran(0);
        assert_eq!(next_notification(&mut received).await, well);
        assert_eq!(
            next_notification(&mut received).await,
            Notification::Watchdog
        );
    }
}

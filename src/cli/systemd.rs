//! What systemd is told (`Type=notify`): that the bot is ready, how it is, that it lives, that it stops.
//!
//! Without systemd, which is without the variable `NOTIFY_SOCKET`, nothing is told and nothing runs. The
//! watchdog is told only while the scheduler and whoever keeps the gateway show signs of life: Discord away
//! or a full disk is no reason for a restart, a bot that stands still is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crate::health::HealthMonitor;

/// How often systemd's status line is brought up to date.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// What systemd is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Notification {
    Ready,
    Status(String),
    Watchdog,
    Stopping,
}

/// Tells systemd, for ever.
pub async fn run(health: Arc<HealthMonitor>) -> Infallible {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    // Twice as often as it must be, as sd_watchdog_enabled(3) advises.
    let alive = watchdog_interval().map(|limit| limit / 2);
    notify_loop(&health, alive, send).await
}

/// The bot stops; what is left is saving.
pub fn notify_stopping() {
    send(&[
        Notification::Stopping,
        Notification::Status("stopping: saving what is not saved yet".into()),
    ]);
}

async fn notify_loop(
    health: &HealthMonitor,
    alive: Option<Duration>,
    mut send: impl FnMut(&[Notification]),
) -> Infallible {
    let mut sessions = health.sessions();
    send(&[Notification::Status("connecting to Discord".into())]);
    // The sender is in `health`, so it is there.
    let _ = sessions
        .wait_for(|begun| *begun > 0 || health.is_standby())
        .await;
    let mut sent = status_text(health).to_owned();
    send(&[Notification::Ready, Notification::Status(sent.clone())]);
    let mut was_stalled = false;
    loop {
        let stall = health.stall_reason();
        if let Some(what) = stall.as_ref().filter(|_| !was_stalled) {
            tracing::error!("{what}: the supervisor is not told any more that the bot lives");
        }
        was_stalled = stall.is_some();
        let well = || format!("{}; all is well", status_text(health));
        let status = health.report().problems().unwrap_or_else(well);
        if status != sent {
            send(&[Notification::Status(status.clone())]);
            sent = status;
        }
        if alive.is_some() && !was_stalled {
            send(&[Notification::Watchdog]);
        }
        tokio::time::sleep(alive.unwrap_or(POLL_INTERVAL).min(POLL_INTERVAL)).await;
    }
}

fn status_text(health: &HealthMonitor) -> &'static str {
    if health.is_standby() {
        "standing by for other processes"
    } else {
        "connected to Discord"
    }
}

#[cfg(target_os = "linux")]
fn watchdog_interval() -> Option<Duration> {
    // A limit of nothing would mean to do nothing else.
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
        .map(|word| match word {
            Notification::Ready => NotifyState::Ready,
            Notification::Status(text) => NotifyState::Status(text),
            Notification::Watchdog => NotifyState::Watchdog,
            Notification::Stopping => NotifyState::Stopping,
        })
        .collect();
    // Without systemd this does nothing.
    if let Err(error) = sd_notify::notify(&states) {
        tracing::debug!(%error, "the supervisor could not be told");
    }
}

#[cfg(not(target_os = "linux"))]
fn send(_: &[Notification]) {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    /// The next word; far more time than it takes, so that a word that never comes is a failure.
    async fn next_notification(heard: &mut mpsc::UnboundedReceiver<Notification>) -> Notification {
        let word = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await;
        word.expect("a word comes").unwrap()
    }

    /// The next word that is not the watchdog's.
    async fn next_except_watchdog(
        heard: &mut mpsc::UnboundedReceiver<Notification>,
    ) -> Notification {
        loop {
            let word = next_notification(heard).await;
            if word != Notification::Watchdog {
                return word;
            }
        }
    }

    #[tokio::test]
    async fn a_scheduler_that_stands_still_is_not_called_alive() {
        let seconds = Arc::new(AtomicU64::new(0));
        let time = Arc::clone(&seconds);
        let health = Arc::new(HealthMonitor::new(move || {
            Duration::from_secs(time.load(Ordering::Relaxed))
        }));
        let (notifications, mut heard) = mpsc::unbounded_channel();
        let monitor = Arc::clone(&health);
        tokio::spawn(async move {
            let send = |sent: &[Notification]| {
                for word in sent {
                    let _ = notifications.send(word.clone());
                }
            };
            notify_loop(&monitor, Some(Duration::from_millis(1)), send).await
        });
        let status = |text: &str| Notification::Status(text.into());
        assert_eq!(
            next_except_watchdog(&mut heard).await,
            status("connecting to Discord")
        );
        health.gateway_checked(0, true, std::time::Instant::now());
        health.scheduler_ran(0);
        health.session_started();
        assert_eq!(next_except_watchdog(&mut heard).await, Notification::Ready);
        assert_eq!(
            next_except_watchdog(&mut heard).await,
            status("connected to Discord")
        );
        let well = status("connected to Discord; all is well");
        assert_eq!(next_except_watchdog(&mut heard).await, well);
        assert_eq!(next_notification(&mut heard).await, Notification::Watchdog);
        seconds.store(91, Ordering::Relaxed);
        let stuck = status("the scheduler has not looked what is due for 91 s");
        assert_eq!(next_except_watchdog(&mut heard).await, stuck);
        seconds.store(120, Ordering::Relaxed);
        // Many turns of the loop later this still is the very next word.
        let later = status("the scheduler has not looked what is due for 120 s");
        assert_eq!(next_notification(&mut heard).await, later);
        tokio::time::sleep(Duration::from_millis(20)).await;
        health.scheduler_ran(0);
        assert_eq!(next_notification(&mut heard).await, well);
        assert_eq!(next_notification(&mut heard).await, Notification::Watchdog);
    }
}

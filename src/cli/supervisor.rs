//! What systemd is told (`Type=notify`): that the bot is ready, how it is, that it lives, that it stops.
//!
//! Without systemd, which is without the variable `NOTIFY_SOCKET`, nothing is told and nothing runs. The
//! watchdog is told only while the scheduler and whoever keeps the gateway show signs of life: Discord away
//! or a full disk is no reason for a restart, a bot that stands still is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crate::health::Vitals;

/// How often systemd's status line is brought up to date.
const LOOK: Duration = Duration::from_secs(5);

/// What systemd is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Ready,
    Status(String),
    Alive,
    Stopping,
}

/// Tells systemd, for ever.
pub async fn tell(vitals: Arc<Vitals>) -> Infallible {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return std::future::pending().await;
    }
    // Twice as often as it must be, as sd_watchdog_enabled(3) advises.
    let alive = watchdog().map(|limit| limit / 2);
    tell_to(&vitals, alive, send).await
}

/// The bot stops; what is left is saving.
pub fn stopping() {
    send(&[
        Word::Stopping,
        Word::Status("stopping: saving what is not saved yet".into()),
    ]);
}

async fn tell_to(
    vitals: &Vitals,
    alive: Option<Duration>,
    mut send: impl FnMut(&[Word]),
) -> Infallible {
    let mut sessions = vitals.sessions();
    send(&[Word::Status("connecting to Discord".into())]);
    // The sender is in `vitals`, so it is there.
    let _ = sessions
        .wait_for(|begun| *begun > 0 || vitals.stands_by())
        .await;
    let mut said = doing(vitals).to_owned();
    send(&[Word::Ready, Word::Status(said.clone())]);
    let mut stood_still = false;
    loop {
        let still = vitals.stands_still();
        if let Some(what) = still.as_ref().filter(|_| !stood_still) {
            tracing::error!("{what}: the supervisor is not told any more that the bot lives");
        }
        stood_still = still.is_some();
        let well = || format!("{}; all is well", doing(vitals));
        let status = vitals.report().problems().unwrap_or_else(well);
        if status != said {
            send(&[Word::Status(status.clone())]);
            said = status;
        }
        if alive.is_some() && !stood_still {
            send(&[Word::Alive]);
        }
        tokio::time::sleep(alive.unwrap_or(LOOK).min(LOOK)).await;
    }
}

fn doing(vitals: &Vitals) -> &'static str {
    if vitals.stands_by() {
        "standing by for other processes"
    } else {
        "connected to Discord"
    }
}

#[cfg(target_os = "linux")]
fn watchdog() -> Option<Duration> {
    // A limit of nothing would mean to do nothing else.
    sd_notify::watchdog_enabled().filter(|limit| *limit >= Duration::from_millis(10))
}

#[cfg(not(target_os = "linux"))]
fn watchdog() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
fn send(words: &[Word]) {
    use sd_notify::NotifyState;
    let states: Vec<_> = words
        .iter()
        .map(|word| match word {
            Word::Ready => NotifyState::Ready,
            Word::Status(text) => NotifyState::Status(text),
            Word::Alive => NotifyState::Watchdog,
            Word::Stopping => NotifyState::Stopping,
        })
        .collect();
    // Without systemd this does nothing.
    if let Err(error) = sd_notify::notify(&states) {
        tracing::debug!(%error, "the supervisor could not be told");
    }
}

#[cfg(not(target_os = "linux"))]
fn send(_: &[Word]) {}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    /// The next word; far more time than it takes, so that a word that never comes is a failure.
    async fn word(heard: &mut mpsc::UnboundedReceiver<Word>) -> Word {
        let word = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await;
        word.expect("a word comes").unwrap()
    }

    /// The next word that is not the watchdog's.
    async fn next(heard: &mut mpsc::UnboundedReceiver<Word>) -> Word {
        loop {
            let word = word(heard).await;
            if word != Word::Alive {
                return word;
            }
        }
    }

    #[tokio::test]
    async fn a_scheduler_that_stands_still_is_not_called_alive() {
        let seconds = Arc::new(AtomicU64::new(0));
        let time = Arc::clone(&seconds);
        let vitals = Arc::new(Vitals::new(move || {
            Duration::from_secs(time.load(Ordering::Relaxed))
        }));
        let (words, mut heard) = mpsc::unbounded_channel();
        let told = Arc::clone(&vitals);
        tokio::spawn(async move {
            let send = |said: &[Word]| {
                for word in said {
                    let _ = words.send(word.clone());
                }
            };
            tell_to(&told, Some(Duration::from_millis(1)), send).await
        });
        let status = |text: &str| Word::Status(text.into());
        assert_eq!(next(&mut heard).await, status("connecting to Discord"));
        vitals.gateway_seen(0, true, std::time::Instant::now());
        vitals.scheduler_looked(0);
        vitals.session_started();
        assert_eq!(next(&mut heard).await, Word::Ready);
        assert_eq!(next(&mut heard).await, status("connected to Discord"));
        let well = status("connected to Discord; all is well");
        assert_eq!(next(&mut heard).await, well);
        assert_eq!(word(&mut heard).await, Word::Alive);
        seconds.store(91, Ordering::Relaxed);
        let stuck = status("the scheduler has not looked what is due for 91 s");
        assert_eq!(next(&mut heard).await, stuck);
        seconds.store(120, Ordering::Relaxed);
        // Many turns of the loop later this still is the very next word.
        let later = status("the scheduler has not looked what is due for 120 s");
        assert_eq!(word(&mut heard).await, later);
        tokio::time::sleep(Duration::from_millis(20)).await;
        vitals.scheduler_looked(0);
        assert_eq!(word(&mut heard).await, well);
        assert_eq!(word(&mut heard).await, Word::Alive);
    }
}

//! Following the clock of a stand-in for Discord, so that tests and the sandbox can move the time.
//!
//! The other side sends a line of JSON for each change, and is told when everything that was due at a
//! reading has been done.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::clock::{Clock, ClockReading};

/// How long the first reading may take.
const FIRST_READING_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct ClockUpdate {
    seq: u64,
    now_ms: i64,
    flowing: bool,
    /// As whom this process reports, where several follow.
    follower: Option<u64>,
}

#[derive(Serialize)]
struct ClockAcknowledgement {
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    follower: Option<u64>,
}

/// A clock that follows the one at `url`, which has `/stream` and `/settled` under it; the receiver
/// hears when that one is gone.
pub async fn follow(url: String) -> anyhow::Result<(Clock, oneshot::Receiver<()>)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let stream = client
        .get(format!("{url}/stream"))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .with_context(|| format!("the clock at {url} can't be followed"))?;
    let mut lines = ClockStream {
        stream,
        buffer: Vec::new(),
        follower: None,
    };
    let first = tokio::time::timeout(FIRST_READING_TIMEOUT, lines.next())
        .await
        .context("the clock is silent")??;
    let follower = lines.follower;
    let (readings, reading) = watch::channel(first);
    let (settled, mut acted) = watch::channel(0);
    let (gone, is_gone) = oneshot::channel();
    tokio::spawn(async move {
        while let Ok(reading) = lines.next().await {
            readings.send_replace(reading);
        }
        // Nobody listens any more only when the process is ending.
        let _ = gone.send(());
        readings.closed().await;
    });
    tokio::spawn(async move {
        while acted.changed().await.is_ok() {
            let seq = *acted.borrow_and_update();
            let sent = client
                .post(format!("{url}/settled"))
                .json(&ClockAcknowledgement { seq, follower })
                .send()
                .await;
            if let Err(error) = sent {
                tracing::debug!(%error, "the clock could not be told");
            }
        }
    });
    Ok((Clock::remote(reading, settled), is_gone))
}

struct ClockStream {
    stream: reqwest::Response,
    buffer: Vec<u8>,
    follower: Option<u64>,
}

impl ClockStream {
    async fn next(&mut self) -> anyhow::Result<ClockReading> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line: ClockUpdate = serde_json::from_slice(&line)?;
                self.follower = line.follower;
                return Ok(ClockReading {
                    seq: line.seq,
                    time: Timestamp::from_millisecond(line.now_ms)?,
                    received_at: Instant::now(),
                    flowing: line.flowing,
                });
            }
            let chunk = self
                .stream
                .chunk()
                .await?
                .context("the clock's stream ended")?;
            self.buffer.extend_from_slice(&chunk);
        }
    }
}

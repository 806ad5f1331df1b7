//! Follows the clock of the sandbox or of a test server, which can move the time.
//!
//! The server sends a line of JSON for each change. The bot acknowledges a reading when everything
//! that was due at it is done.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::clock::{Clock, ClockReading};

/// How long to wait for the first reading.
const FIRST_READING_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct ClockUpdate {
    seq: u64,
    now_ms: i64,
    flowing: bool,
    /// How far this process's clock is to be wrong.
    #[serde(default)]
    skew_ms: i64,
    /// Identifies this process in its acknowledgements, if several processes follow the clock.
    follower: Option<u64>,
}

#[derive(Serialize)]
struct ClockAcknowledgement {
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    follower: Option<u64>,
}

/// Connects to the clock at `url`, which serves `/stream` and `/settled`. The receiver resolves when
/// the stream ends.
pub async fn follow(url: String) -> anyhow::Result<(Clock, oneshot::Receiver<()>)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let stream = client
        .get(format!("{url}/stream"))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .with_context(|| format!("can't connect to the clock at {url}"))?;
    let mut lines = ClockStream {
        stream,
        buffer: Vec::new(),
        follower: None,
    };
    let first = tokio::time::timeout(FIRST_READING_TIMEOUT, lines.next())
        .await
        .context("the clock sent no reading")??;
    let follower = lines.follower;
    let (readings, reading) = watch::channel(first);
    let (acknowledged, mut to_acknowledge) = watch::channel(0);
    let (ended, has_ended) = oneshot::channel();
    tokio::spawn(async move {
        while let Ok(reading) = lines.next().await {
            readings.send_replace(reading);
        }
        // The receiver is dropped only while the process stops.
        let _ = ended.send(());
        readings.closed().await;
    });
    tokio::spawn(async move {
        while to_acknowledge.changed().await.is_ok() {
            let seq = *to_acknowledge.borrow_and_update();
            let sent = client
                .post(format!("{url}/settled"))
                .json(&ClockAcknowledgement { seq, follower })
                .send()
                .await;
            if let Err(error) = sent {
                tracing::debug!(%error, "clock reading could not be acknowledged");
            }
        }
    });
    Ok((Clock::remote(reading, acknowledged), has_ended))
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
                    skew: SignedDuration::from_millis(line.skew_ms),
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

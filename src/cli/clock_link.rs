//! Following the clock of a stand-in for Discord, so that tests and the sandbox can move the time.
//!
//! The other side sends a line of JSON for each change, and is told when everything that was due at a
//! reading has been done.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::clock::{Clock, Reading};

/// How long the first reading may take.
const FIRST_READING: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Line {
    seq: u64,
    now_ms: i64,
    flowing: bool,
}

#[derive(Serialize)]
struct Settled {
    seq: u64,
}

/// A clock that follows the one at `url`, which has `/stream` and `/settled` under it.
pub async fn follow(url: String) -> anyhow::Result<Clock> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let stream = client
        .get(format!("{url}/stream"))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .with_context(|| format!("the clock at {url} can't be followed"))?;
    let mut lines = Lines {
        stream,
        buffer: Vec::new(),
    };
    let first = tokio::time::timeout(FIRST_READING, lines.next())
        .await
        .context("the clock is silent")??;
    let (readings, reading) = watch::channel(first);
    let (settled, mut acted) = watch::channel(0);
    tokio::spawn(async move {
        // When the other side is gone the time stands still.
        while let Ok(reading) = lines.next().await {
            readings.send_replace(reading);
        }
        readings.closed().await;
    });
    tokio::spawn(async move {
        while acted.changed().await.is_ok() {
            let seq = *acted.borrow_and_update();
            let told = client
                .post(format!("{url}/settled"))
                .json(&Settled { seq })
                .send()
                .await;
            if let Err(error) = told {
                tracing::debug!(%error, "the clock could not be told");
            }
        }
    });
    Ok(Clock::following(reading, settled))
}

struct Lines {
    stream: reqwest::Response,
    buffer: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> anyhow::Result<Reading> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line: Line = serde_json::from_slice(&line)?;
                return Ok(Reading {
                    seq: line.seq,
                    time: Timestamp::from_millisecond(line.now_ms)?,
                    heard: Instant::now(),
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

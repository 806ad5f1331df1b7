//! Renders progress charts on blocking threads, a few at a time, and caches the latest ones.

use std::sync::Arc;

use tokio::sync::Semaphore;

use quizloop_chart::{self as chart, ChartCache, Progress};

/// Maximum number of charts that are rendered at the same time. Each takes about 30 ms and 10 MB.
const MAX_CONCURRENT: usize = 2;

/// Renders charts as PNG.
pub struct ChartRenderer {
    cache: ChartCache,
    permits: Semaphore,
}

impl Default for ChartRenderer {
    fn default() -> Self {
        Self {
            cache: ChartCache::default(),
            permits: Semaphore::new(MAX_CONCURRENT),
        }
    }
}

impl ChartRenderer {
    /// Returns the chart as PNG; `None` if it could not be rendered, which is logged.
    pub async fn render(&self, progress: &Progress) -> Option<Arc<[u8]>> {
        if let Some(cached) = self.cache.get(progress) {
            return Some(cached);
        }
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok()?;
        // Another request may have rendered the same chart while this one waited.
        if let Some(cached) = self.cache.get(progress) {
            return Some(cached);
        }
        let input = progress.clone();
        let rendered = tokio::task::spawn_blocking(move || chart::png(&input)).await;
        let bytes: Arc<[u8]> = match rendered {
            Ok(Ok(bytes)) => bytes.into(),
            Ok(Err(error)) => {
                tracing::error!(%error, "chart could not be rendered");
                return None;
            }
            Err(error) => {
                tracing::error!(%error, "chart task panicked or was cancelled");
                return None;
            }
        };
        self.cache.insert(progress.clone(), Arc::clone(&bytes));
        Some(bytes)
    }

    /// Clears the cache, which may contain charts of a member whose data is being deleted.
    pub fn clear(&self) {
        self.cache.clear();
    }
}

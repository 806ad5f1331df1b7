//! Where pictures are drawn: beside the event path, a few at a time, and the last ones are kept.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::chart::{self, ChartCache, Progress};

/// So many pictures are drawn at once, each for some 30 ms and with some 10 MB; further members wait in a queue.
const MAX_CONCURRENT: usize = 2;

/// Draws pictures.
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
    /// The picture as PNG; none if it could not be drawn, which is in the log.
    pub async fn render(&self, progress: &Progress) -> Option<Arc<[u8]>> {
        if let Some(kept) = self.cache.get(progress) {
            return Some(kept);
        }
        // The semaphore is never closed.
        let _place = self.permits.acquire().await.ok()?;
        if let Some(kept) = self.cache.get(progress) {
            return Some(kept);
        }
        let wanted = progress.clone();
        let drawn = tokio::task::spawn_blocking(move || chart::png(&wanted)).await;
        let bytes: Arc<[u8]> = match drawn {
            Ok(Ok(bytes)) => bytes.into(),
            Ok(Err(error)) => {
                tracing::error!(%error, "a picture could not be drawn");
                return None;
            }
            Err(error) => {
                tracing::error!(%error, "a picture was not drawn to its end");
                return None;
            }
        };
        self.cache.insert(progress.clone(), Arc::clone(&bytes));
        Some(bytes)
    }

    /// Forgets the pictures that are kept: one may show what a member wants deleted.
    pub fn clear(&self) {
        self.cache.clear();
    }
}

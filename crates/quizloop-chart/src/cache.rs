//! A cache of recent pictures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Progress;

/// Maximum number of pictures in the cache. A picture has about 80 kB.
const PICTURES_MAX: usize = 16;
/// Maximum size of all pictures in the cache, in bytes.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Recent pictures by their input. The key is the whole input and not a hash of it, so a member can
/// never receive another member's picture because of a collision.
#[derive(Debug, Default)]
pub struct ChartCache {
    // Most recently used first. Never locked while a picture is drawn.
    pictures: Mutex<VecDeque<(Progress, Arc<[u8]>)>>,
}

impl ChartCache {
    /// Returns a picture, and marks it as recently used.
    pub fn get(&self, progress: &Progress) -> Option<Arc<[u8]>> {
        self.with_pictures(|pictures| {
            let index = pictures.iter().position(|(key, _)| key == progress)?;
            let entry = pictures.remove(index)?;
            let bytes = Arc::clone(&entry.1);
            pictures.push_front(entry);
            Some(bytes)
        })
    }

    /// Adds a picture, and removes the least recently used ones that exceed the limits.
    pub fn insert(&self, progress: Progress, bytes: Arc<[u8]>) {
        self.with_pictures(|pictures| {
            pictures.retain(|(key, _)| *key != progress);
            pictures.push_front((progress, bytes));
            while pictures.len() > PICTURES_MAX || total_bytes(pictures) > BYTES_MAX {
                pictures.pop_back();
            }
        });
    }

    /// Removes all pictures, because one may show data that a member wants deleted.
    pub fn clear(&self) {
        self.with_pictures(VecDeque::clear);
    }

    fn with_pictures<R>(&self, f: impl FnOnce(&mut VecDeque<(Progress, Arc<[u8]>)>) -> R) -> R {
        // The list is consistent after every statement, so a poisoned lock can be used.
        f(&mut self.pictures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn total_bytes(pictures: &VecDeque<(Progress, Arc<[u8]>)>) -> usize {
    pictures.iter().map(|(_, bytes)| bytes.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::newcomer;

    fn progress_with_streak(streak: u32) -> Progress {
        Progress {
            streak,
            ..newcomer()
        }
    }

    #[test]
    fn the_most_recently_used_pictures_are_kept() {
        let cache = ChartCache::default();
        assert_eq!(cache.get(&progress_with_streak(1)), None);
        for streak in 1..=16 {
            cache.insert(progress_with_streak(streak), Arc::from([1, 2, 3]));
        }
        assert!(cache.get(&progress_with_streak(1)).is_some());
        cache.insert(progress_with_streak(17), Arc::from([4]));
        assert_eq!(
            cache.get(&progress_with_streak(17)).as_deref(),
            Some(&[4][..])
        );
        assert!(
            cache.get(&progress_with_streak(1)).is_some(),
            "it was used recently"
        );
        assert_eq!(
            cache.get(&progress_with_streak(2)),
            None,
            "it was used least recently"
        );
        cache.clear();
        assert_eq!(cache.get(&progress_with_streak(17)), None);
    }

    #[test]
    fn the_total_size_is_limited() {
        let cache = ChartCache::default();
        for streak in 1..=3 {
            cache.insert(
                progress_with_streak(streak),
                Arc::from(vec![0; 1024 * 1024]),
            );
        }
        assert_eq!(cache.get(&progress_with_streak(1)), None);
        assert!(cache.get(&progress_with_streak(2)).is_some());
        cache.insert(progress_with_streak(4), Arc::from(vec![0; BYTES_MAX + 1]));
        assert_eq!(cache.get(&progress_with_streak(4)), None, "too large");
    }
}

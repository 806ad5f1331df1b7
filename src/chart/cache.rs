//! The last pictures, so that who asks again waits for nothing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Progress;

/// So many pictures are kept: about 80 kB each.
const PICTURES_MAX: usize = 16;
/// Bytes of all of them together.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// The last pictures by what they show. The whole input is compared and no hash of it, so nobody ever gets a picture
/// of somebody else's.
#[derive(Debug, Default)]
pub struct ChartCache {
    // Guards the list, the newest first; locked for looking up and putting in, never while something is drawn.
    pictures: Mutex<VecDeque<(Progress, Arc<[u8]>)>>,
}

impl ChartCache {
    /// The picture, if it is there.
    pub fn get(&self, progress: &Progress) -> Option<Arc<[u8]>> {
        self.with_pictures(|pictures| {
            let place = pictures.iter().position(|(of, _)| of == progress)?;
            let found = pictures.remove(place)?;
            let bytes = Arc::clone(&found.1);
            pictures.push_front(found);
            Some(bytes)
        })
    }

    /// Keeps a picture; the ones that were not asked for the longest time go.
    pub fn insert(&self, progress: Progress, bytes: Arc<[u8]>) {
        self.with_pictures(|pictures| {
            pictures.retain(|(of, _)| *of != progress);
            pictures.push_front((progress, bytes));
            while pictures.len() > PICTURES_MAX || total_bytes(pictures) > BYTES_MAX {
                pictures.pop_back();
            }
        });
    }

    /// Forgets all of them: one may show what a member wants deleted.
    pub fn clear(&self) {
        self.with_pictures(VecDeque::clear);
    }

    fn with_pictures<R>(&self, f: impl FnOnce(&mut VecDeque<(Progress, Arc<[u8]>)>) -> R) -> R {
        // A panic under the lock leaves a list that is whole.
        f(&mut self.pictures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn total_bytes(pictures: &VecDeque<(Progress, Arc<[u8]>)>) -> usize {
    pictures.iter().map(|(_, bytes)| bytes.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::tests::newcomer;

    fn progress_with_streak(streak: u32) -> Progress {
        Progress {
            streak,
            ..newcomer()
        }
    }

    #[test]
    fn keeps_the_last_that_were_asked_for() {
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
            "it was asked for"
        );
        assert_eq!(cache.get(&progress_with_streak(2)), None, "it was not");
        cache.clear();
        assert_eq!(cache.get(&progress_with_streak(17)), None);
    }

    #[test]
    fn large_pictures_do_not_fill_the_memory() {
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
        assert_eq!(cache.get(&progress_with_streak(4)), None, "not even one");
    }
}

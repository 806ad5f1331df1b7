//! Pictures: what a member practised, what they know and what comes back, on one card as PNG.
//!
//! Pure: from a [`Progress`] to bytes and to words, without a clock, a file or a store, and it knows no other
//! room. The card is written as SVG by small functions, a file a part, and drawn by `resvg`. Nothing of that
//! is set up before the first picture. It is drawn on whatever thread calls; that takes some 30 ms and 8 MB,
//! so the caller keeps it off the thread that hears events.
//!
//! ```text
//! heat.rs   26 weeks, a square a day        panel.rs   the streak, and what the marks mean
//! topics.rs mastery, a bar a topic          forecast.rs  what is due, a bar a day
//! ```

mod alt_text;
mod cache;
mod card;
mod color;
mod draw;
mod font;
mod forecast;
mod heatmap;
mod legend_panel;
mod svg;
#[cfg(test)]
mod tests;
mod topics;

use jiff::civil::Date;

pub use alt_text::{ALT_MAX, alt_text};
pub use cache::ChartCache;
pub use card::{WIDTH, svg};
pub use draw::{RenderError, png};
pub use heatmap::first_day;
pub use topics::{UnsupportedName, unsupported_names};

/// The heat map shows so many weeks, the running one included.
pub const WEEKS: u32 = 26;

/// The forecast shows so many days, today included.
pub const FORECAST_DAYS: usize = 14;

/// What the picture shows of a member.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The member's day.
    pub today: Date,
    /// Days on which something was, in any order, each at most once. Days outside of the heat map are left
    /// out.
    pub days: Vec<Day>,
    /// The topics in the order in which they are shown.
    pub topics: Vec<Topic>,
    /// How many reviews come due on each day from today on; today's are those that are overdue as well.
    pub forecast: [u32; FORECAST_DAYS],
    /// Rounds answered in a row, up to now.
    pub streak: u32,
    /// The longest row there ever was.
    pub longest: u32,
}

/// A day with something on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// What became of the day's round; nothing if there was none, or none that counts.
    pub round: Option<DayOutcome>,
    /// How many reviews there were.
    pub reviews: u16,
}

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOutcome {
    /// It was missed, or answered too late.
    Missed,
    /// It was missed, and a freeze covered it.
    Frozen,
    /// It was answered or credited.
    Answered,
}

/// How well a topic is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Its name, as people read it.
    pub name: String,
    /// How many of its questions were practised at least once.
    pub seen: u32,
    /// How many questions it has.
    pub total: u32,
    /// The probability that a seen one is recalled today, as the mean over those seen: from 0 to 1.
    pub recall: f32,
}

impl Progress {
    /// Whether there is nothing to show yet.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
            && self.longest == 0
            && self.forecast.iter().all(|due| *due == 0)
            && self.topics.iter().all(|topic| topic.seen == 0)
    }

    /// How many reviews come within the forecast, those of today included.
    fn due(&self) -> u64 {
        self.forecast.iter().copied().map(u64::from).sum()
    }
}

impl Topic {
    /// The share of the topic that was seen, from 0 to 1.
    fn share_seen(&self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        f64::from(self.seen.min(self.total)) / f64::from(self.total)
    }

    /// The share of what was seen that is recalled today, from 0 to 1.
    fn share_recalled(&self) -> f64 {
        let recall = f64::from(self.recall);
        if recall.is_nan() || self.seen == 0 {
            return 0.0;
        }
        recall.clamp(0.0, 1.0)
    }
}

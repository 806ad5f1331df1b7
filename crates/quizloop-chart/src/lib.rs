//! Draws a member's progress on one card: practice days, knowledge of topics, and reviews to come.
//!
//! Pure: it turns a [`Progress`] into a PNG and an alt text, without a clock, files or other crates of ours.
//! The card is written as SVG, with one file for each part, and rendered by `resvg`. Nothing is
//! loaded before the first picture. Rendering takes about 30 ms and 8 MB on the calling thread, so
//! callers must not do it on the thread that handles events.
//!
//! ```text
//! heatmap.rs  26 weeks, a mark per day      legend_panel.rs  the streak and the legend
//! topics.rs   a bar per topic               forecast.rs      reviews due, a bar per day
//! interviews.rs  what was said in the last interviews, a bar for each
//! ```

mod alt_text;
mod cache;
mod card;
mod color;
mod draw;
mod font;
mod forecast;
mod heatmap;
mod interviews;
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

/// Number of weeks in the heat map, including the current one.
pub const WEEKS: u32 = 26;

/// Number of days in the forecast, including today.
pub const FORECAST_DAYS: usize = 14;

/// A member's progress, as shown on the card.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Today in the member's time zone.
    pub today: Date,
    /// Days with a round or with reviews, each at most once and in any order. Days outside of the
    /// heat map are ignored.
    pub days: Vec<Day>,
    /// Topics in the order in which they are shown.
    pub topics: Vec<Topic>,
    /// Number of reviews due on each day from today on. Today's number includes overdue reviews.
    pub forecast: [u32; FORECAST_DAYS],
    /// Current streak, in rounds.
    pub streak: u32,
    /// Longest streak ever, in rounds.
    pub longest: u32,
    pub interviews: InterviewHistory,
}

/// Maximum number of interviews whose points are shown: the newest ones.
pub const INTERVIEWS_SHOWN: usize = 10;

/// The interviews that a member held, by themselves and with other members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InterviewHistory {
    /// Number of interviews.
    pub held: u32,
    /// Whether there may have been more: only the newest ones are known.
    pub is_minimum: bool,
    /// What was said in the interviews whose questions have key points, oldest first.
    pub scores: Vec<InterviewScore>,
    /// Number of mock interviews.
    pub mock_interviews: u32,
}

/// What a member said in an interview, by their own assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterviewScore {
    pub date: Date,
    /// The share of the key points that they said, in percent.
    pub percent: u8,
}

/// A day with a round or with reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    /// Result of the day's round; `None` if there was no round, or none that counts.
    pub round: Option<DayOutcome>,
    /// Number of reviews.
    pub reviews: u16,
}

/// Result of a day's round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOutcome {
    /// Missed, or answered too late.
    Missed,
    /// Missed, but covered by a freeze.
    Frozen,
    /// Answered or credited.
    Answered,
}

/// What a member said in their replies to a topic's questions, by their own assessment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointsSaid {
    /// Number of assessed questions.
    pub questions: u32,
    /// Number of key points that they said.
    pub said: u32,
    /// Number of key points.
    pub points: u32,
}

/// A member's knowledge of a topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topic {
    /// Name for display.
    pub name: String,
    /// Number of its questions that the member practised at least once.
    pub seen: u32,
    /// Number of its questions.
    pub total: u32,
    /// Probability that a seen question is recalled today (the mean over all seen questions), from 0
    /// to 1.
    pub recall: f32,
    pub assessed: PointsSaid,
}

impl Progress {
    /// Returns whether there is nothing to show yet.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
            && self.longest == 0
            && self.interviews.is_empty()
            && self.forecast.iter().all(|due| *due == 0)
            && self.topics.iter().all(|topic| !topic.is_known())
    }

    /// Returns what the member said in all topics together; `None` if they assessed nothing.
    fn assessed(&self) -> Option<PointsSaid> {
        let topics = self.topics.iter().map(|topic| topic.assessed);
        let all = topics.fold(PointsSaid::default(), PointsSaid::plus);
        (all.questions > 0).then_some(all)
    }

    /// Returns the number of reviews in the forecast.
    fn due(&self) -> u64 {
        self.forecast.iter().copied().map(u64::from).sum()
    }
}

impl InterviewHistory {
    /// Returns whether the member held none.
    pub const fn is_empty(&self) -> bool {
        self.held == 0 && self.mock_interviews == 0
    }

    /// Returns the scores that are shown, oldest first.
    pub fn shown(&self) -> &[InterviewScore] {
        &self.scores[self.scores.len().saturating_sub(INTERVIEWS_SHOWN)..]
    }

    /// Returns how many interviews were held: `7`, or `20 or more`.
    pub fn held_text(&self) -> String {
        let more = if self.is_minimum { " or more" } else { "" };
        format!("{}{more}", self.held)
    }
}

impl InterviewScore {
    /// Returns the share in percent, from 0 to 100.
    pub const fn share(self) -> u8 {
        if self.percent < 100 {
            self.percent
        } else {
            100
        }
    }
}

impl PointsSaid {
    const fn plus(self, other: Self) -> Self {
        Self {
            questions: self.questions.saturating_add(other.questions),
            said: self.said.saturating_add(other.said),
            points: self.points.saturating_add(other.points),
        }
    }
}

impl Topic {
    /// Returns whether the member has seen or assessed one of its questions.
    const fn is_known(&self) -> bool {
        self.seen > 0 || self.assessed.questions > 0
    }

    /// Returns the share of the topic's questions that were seen, from 0 to 1.
    fn share_seen(&self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        f64::from(self.seen.min(self.total)) / f64::from(self.total)
    }

    /// Returns the share of the seen questions that are recalled today, from 0 to 1.
    fn share_recalled(&self) -> f64 {
        let recall = f64::from(self.recall);
        if recall.is_nan() || self.seen == 0 {
            return 0.0;
        }
        recall.clamp(0.0, 1.0)
    }
}

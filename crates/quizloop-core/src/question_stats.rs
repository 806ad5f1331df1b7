//! How well the members of a guild know each question, as sums in which nobody can be found.

use std::collections::BTreeMap;

use super::guild::Guild;

/// How well members know one question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuestionStats {
    /// Number of members with a review of it; a member of two guilds counts twice.
    pub members: u32,
    /// Number of all their reviews.
    pub reviews: u32,
    /// Number of reviews, except the first of each member, that were rated "again".
    pub lapses: u32,
    /// Sum of the members' FSRS difficulties.
    difficulty: f64,
    /// Number of self-assessments of rounds with the question.
    pub assessments: u32,
    /// Number of key points that were ticked in them.
    pub points_made: u32,
    /// Number of key points in them.
    pub points: u32,
}

impl QuestionStats {
    /// Returns the mean FSRS difficulty, from 1 to 10; `None` without reviews.
    pub fn difficulty(&self) -> Option<f64> {
        (self.members > 0).then(|| self.difficulty / f64::from(self.members))
    }

    /// Returns the share of later reviews that were rated "again", from 0 to 1; `None` without
    /// later reviews.
    pub fn lapse_share(&self) -> Option<f64> {
        share(self.lapses, self.reviews.saturating_sub(self.members))
    }

    /// Returns the share of key points that were ticked, from 0 to 1; `None` without assessments.
    pub fn point_share(&self) -> Option<f64> {
        share(self.points_made, self.points)
    }

    /// Adds the sums of another guild.
    pub fn add(&mut self, other: &Self) {
        self.members = self.members.saturating_add(other.members);
        self.reviews = self.reviews.saturating_add(other.reviews);
        self.lapses = self.lapses.saturating_add(other.lapses);
        self.difficulty += other.difficulty;
        self.assessments = self.assessments.saturating_add(other.assessments);
        self.points_made = self.points_made.saturating_add(other.points_made);
        self.points = self.points.saturating_add(other.points);
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

impl Guild {
    /// Returns the sums of each question that was reviewed or assessed, by its id.
    pub fn question_stats(&self) -> BTreeMap<&str, QuestionStats> {
        let mut stats: BTreeMap<&str, QuestionStats> = BTreeMap::new();
        for &user in self.profiles.keys() {
            for (question, review) in self.reviews(user) {
                let (_, difficulty) = review.fsrs();
                stats.entry(question).or_default().add(&QuestionStats {
                    members: 1,
                    reviews: review.count.into(),
                    lapses: review.lapses.into(),
                    difficulty: difficulty.into(),
                    ..QuestionStats::default()
                });
            }
        }
        let rounds = self.teams.values().flat_map(|team| team.rounds());
        for round in rounds {
            if let Some(sum) = round.assessments.missed_points() {
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                stats
                    .entry(&round.question)
                    .or_default()
                    .add(&QuestionStats {
                        assessments: count(sum.assessed),
                        points_made: count(sum.total - sum.missed),
                        points: count(sum.total),
                        ..QuestionStats::default()
                    });
            }
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::id::{GuildId, UserId};
    use crate::members::NewRating;
    use crate::retention::Retention;
    use crate::review::Rating;

    fn rate(guild: &mut Guild, user: u64, ratings: &[Rating]) {
        for (day, &rating) in (1..).zip(ratings) {
            let user = UserId::new(user);
            let rated = NewRating {
                question: "task-object",
                review_count: guild
                    .review(user, "task-object")
                    .map_or(0, |review| review.count),
                rating,
                retention: Retention::default(),
                today: date(2026, 3, day),
            };
            guild.rate(user, &rated);
        }
    }

    #[test]
    fn reviews_are_summed_over_members_and_guilds() {
        let mut guild = Guild::new(GuildId::new(1));
        assert!(guild.question_stats().is_empty());
        rate(&mut guild, 7, &[Rating::Again, Rating::Again, Rating::Good]);
        rate(&mut guild, 8, &[Rating::Easy]);
        let mut stats = guild.question_stats()["task-object"].clone();
        assert_eq!((stats.members, stats.reviews, stats.lapses), (2, 4, 1));
        // The first reviews don't count: nothing can be forgotten yet.
        assert_eq!(stats.lapse_share(), Some(0.5));
        assert_eq!(stats.point_share(), None);
        let difficulty = stats.difficulty().unwrap();
        let of = |user| {
            f64::from(
                guild
                    .review(UserId::new(user), "task-object")
                    .unwrap()
                    .fsrs()
                    .1,
            )
        };
        assert!(
            (difficulty - f64::midpoint(of(7), of(8))).abs() < 1e-6,
            "{difficulty}"
        );
        stats.add(&stats.clone());
        assert_eq!((stats.members, stats.reviews, stats.lapses), (4, 8, 2));
        assert!((stats.difficulty().unwrap() - difficulty).abs() < 1e-6);
    }

    #[test]
    fn nothing_is_known_without_reviews() {
        let none = QuestionStats::default();
        assert_eq!(
            (none.difficulty(), none.lapse_share(), none.point_share()),
            (None, None, None)
        );
    }
}

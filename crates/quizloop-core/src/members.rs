//! Member profiles of a guild: data of members besides the ledgers, mainly their reviews.

use jiff::civil::Date;

use super::guild::{Guild, GuildCheckError};
use super::id::UserId;
use super::member_profile::MemberProfile;
use super::retention::Retention;
use super::review::{Rating, Review, days_between};

/// Number of days in the review forecast.
pub const FORECAST_DAYS: usize = 14;

/// A rating that a member gave.
#[derive(Debug, Clone, Copy)]
pub struct NewRating<'a> {
    /// Question id.
    pub question: &'a str,
    /// The member's number of reviews when the question was asked. If it has grown since, this
    /// rating is a duplicate: the button was pressed twice, or Discord sent the interaction again.
    pub review_count: u16,
    pub rating: Rating,
    /// The team's desired retention.
    pub retention: Retention,
    /// The team's local date.
    pub today: Date,
}

impl Guild {
    /// Returns a member's profile, if the member has one.
    pub fn profile(&self, user: UserId) -> Option<&MemberProfile> {
        self.profiles.get(&user)
    }

    /// Changes a member's profile. Removes the profile if the change leaves it empty.
    pub fn update_profile<R>(
        &mut self,
        user: UserId,
        change: impl FnOnce(&mut MemberProfile) -> R,
    ) -> R {
        let profile = self.profiles.entry(user).or_default();
        let result = change(profile);
        if profile.is_empty() {
            self.profiles.remove(&user);
        }
        result
    }

    /// Whether a member opted out of leaderboards and reports.
    pub fn is_hidden(&self, user: UserId) -> bool {
        self.profile(user)
            .is_some_and(|profile| profile.hidden_since.is_some())
    }

    /// Returns a member's reviews with the question ids.
    pub fn reviews(&self, user: UserId) -> impl Iterator<Item = (&str, &Review)> {
        let reviews = self.profile(user).into_iter().flat_map(|one| &one.reviews);
        reviews.filter_map(|review| {
            let question = self.reviewed_questions.get(review.question as usize)?;
            Some((question.as_str(), review))
        })
    }

    /// Returns a member's review of one question.
    pub fn review(&self, user: UserId, question: &str) -> Option<&Review> {
        let index = self.question_index(question)?;
        self.profile(user)?.review(index)
    }

    /// Records a rating. Returns the review after it, and false if the rating is a duplicate.
    pub fn rate(&mut self, user: UserId, rated: &NewRating<'_>) -> (Review, bool) {
        let before = self.review(user, rated.question).copied();
        let (rating, retention, today) = (rated.rating, rated.retention, rated.today);
        let after = match before {
            Some(before) if before.count != rated.review_count => return (before, false),
            Some(before) => before.next(rating, retention, today),
            None => Review::first(
                self.intern_question(rated.question),
                rating,
                retention,
                today,
            ),
        };
        self.profiles.entry(user).or_default().put_review(after);
        (after, true)
    }

    /// Returns the number of reviews on each of the next days. Overdue reviews count for today.
    /// Only questions for which `exists` returns true count. Today's number is the number of
    /// reviews that [`Guild::pick`] offers as due: an open question can't be practised today.
    pub fn forecast(
        &self,
        user: UserId,
        today: Date,
        exists: impl Fn(&str) -> bool,
    ) -> [u32; FORECAST_DAYS] {
        let mut days = [0; FORECAST_DAYS];
        for (question, review) in self.reviews(user) {
            let ahead = days_between(today, review.due) as usize;
            if review.is_due(today) && self.is_question_open(question) {
                continue;
            }
            if let Some(day) = days.get_mut(ahead).filter(|_| exists(question)) {
                *day += 1;
            }
        }
        days
    }

    fn question_index(&self, question: &str) -> Option<u32> {
        let index = self
            .reviewed_questions
            .iter()
            .position(|one| one == question)?;
        u32::try_from(index).ok()
    }

    /// Returns the question's index in the list, and adds the question if it is missing.
    fn intern_question(&mut self, question: &str) -> u32 {
        self.question_index(question).unwrap_or_else(|| {
            self.reviewed_questions.push(question.to_owned());
            // A bank has far fewer than 2^32 questions.
            u32::try_from(self.reviewed_questions.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Returns the indices of these questions in the list, and adds those that are missing.
    pub(super) fn intern_questions(&mut self, questions: &[String]) -> Vec<u32> {
        let questions = questions.iter();
        questions
            .map(|question| self.intern_question(question))
            .collect()
    }

    pub(super) fn check_profiles(&self) -> Result<(), GuildCheckError> {
        let mut sorted: Vec<_> = self.reviewed_questions.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|two| two[0] == two[1]) {
            return Err(GuildCheckError::DuplicateQuestion);
        }
        for (&user, profile) in &self.profiles {
            profile
                .check(self.reviewed_questions.len())
                .map_err(|error| GuildCheckError::Profile { user, error })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::GuildId;
    use jiff::ToSpan;
    use jiff::civil::date;

    const ADA: UserId = UserId::new(7);
    const TODAY: Date = date(2026, 3, 26);

    fn rated(question: &str, before: u16, rating: Rating) -> NewRating<'_> {
        NewRating {
            question,
            review_count: before,
            rating,
            retention: Retention::default(),
            today: TODAY,
        }
    }

    #[test]
    fn a_repeated_rating_counts_once() {
        let mut guild = Guild::new(GuildId::new(1));
        let (first, new) = guild.rate(ADA, &rated("queues", 0, Rating::Good));
        assert!(new);
        let again = guild.rate(ADA, &rated("queues", 0, Rating::Again));
        assert_eq!(again, (first, false));
        assert_eq!(guild.review(ADA, "queues"), Some(&first));
        let (second, new) = guild.rate(ADA, &rated("queues", 1, Rating::Good));
        assert!(new);
        assert_eq!(second.count, 2);
    }

    #[test]
    fn reviews_are_kept_by_question_and_survive_the_snapshot() {
        let mut guild = Guild::new(GuildId::new(1));
        for question in ["queues", "tasks", "loops"] {
            guild.rate(ADA, &rated(question, 0, Rating::Easy));
        }
        guild.rate(UserId::new(8), &rated("tasks", 0, Rating::Again));
        let json = serde_json::to_string_pretty(&guild).unwrap();
        insta::assert_snapshot!(json, @r#"
        {
          "format": 2,
          "guild": "1",
          "teams": {},
          "questions": [
            "queues",
            "tasks",
            "loops"
          ],
          "people": {
            "7": {
              "reviews": [
                "0 easy 8.2956 1 2026-03-26 2026-04-03 1 0",
                "1 easy 8.2956 1 2026-03-26 2026-04-03 1 0",
                "2 easy 8.2956 1 2026-03-26 2026-04-03 1 0"
              ],
              "practised": [
                "2026-03-26 3"
              ]
            },
            "8": {
              "reviews": [
                "1 again 0.212 6.4133 2026-03-26 2026-03-27 1 0"
              ],
              "practised": [
                "2026-03-26 1"
              ]
            }
          }
        }
        "#);
        let read: Guild = serde_json::from_str(&json).unwrap();
        assert_eq!((read.check(), &read), (Ok(()), &guild));
    }

    #[test]
    fn inconsistent_data_is_reported() {
        let error_of = |people: &str| {
            let json = format!(
                r#"{{"format":2,"guild":"1","teams":{{}},"questions":["a","b"],"people":{{"7":{people}}}}}"#
            );
            serde_json::from_str::<Guild>(&json)
                .unwrap()
                .check()
                .unwrap_err()
        };
        let line = |number: u32| format!(r#""{number} easy 8.2956 1 2026-03-26 2026-04-03 1 0""#);
        let (a, b, c) = (line(0), line(1), line(2));
        insta::assert_snapshot!(error_of(&format!(r#"{{"reviews":[{b},{a}]}}"#)), @"member 7: reviews must be sorted by question, without duplicates");
        insta::assert_snapshot!(error_of(&format!(r#"{{"reviews":[{a},{c}]}}"#)), @"member 7: a review refers to question 2, but only 2 questions are listed");
        insta::assert_snapshot!(error_of(r#"{"practised":["2026-03-26 1","2026-03-26 1"]}"#), @"member 7: days of practice must be sorted, without duplicates");
    }

    #[test]
    fn the_forecast_counts_overdue_reviews_today() {
        let mut guild = Guild::new(GuildId::new(1));
        guild.rate(ADA, &rated("again", 0, Rating::Again));
        guild.rate(ADA, &rated("good", 0, Rating::Good));
        guild.rate(ADA, &rated("easy", 0, Rating::Easy));
        guild.rate(ADA, &rated("gone", 0, Rating::Again));
        let at = |days: i64| {
            let day = TODAY.saturating_add(days.days());
            guild.forecast(ADA, day, |question| question != "gone")
        };
        assert_eq!(at(0), [0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(at(5), [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn an_empty_profile_is_removed() {
        let mut guild = Guild::new(GuildId::new(1));
        guild.update_profile(ADA, |profile| profile.hidden_since = Some(TODAY));
        assert!(guild.is_hidden(ADA));
        guild.update_profile(ADA, |profile| profile.hidden_since = None);
        assert_eq!(guild.profile(ADA), None);
    }

    /// The limit is 40 bytes per review, including spare capacity of the lists.
    #[test]
    fn a_hundred_reviews_take_less_than_4_kilobytes() {
        let mut guild = Guild::new(GuildId::new(1));
        for number in 0..100 {
            guild.rate(ADA, &rated(&format!("question-{number}"), 0, Rating::Good));
        }
        let reviews = &guild.profile(ADA).unwrap().reviews;
        assert!(reviews.capacity() * size_of::<Review>() <= 100 * 40);
    }
}

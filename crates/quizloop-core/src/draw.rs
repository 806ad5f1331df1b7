//! The choice of a round's question: the one that an admin chose, or else on the repeat day the one
//! with the most missed points, or else the next one of the programme.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rand::Rng;

use super::deck::{Draw, DrawRequest};
use super::guild::Guild;
use super::id::ChannelId;
use super::question_pool::QuestionPool;
use super::ramp::RampStage;
use super::round::{DrawReason, Round};
use super::self_assessment::MissedPoints;
use super::team::Team;

/// Age in days of the oldest round whose missed points count for the repeat day: six weeks.
const REPEAT_WINDOW_DAYS: i64 = 6 * 7;

/// Minimum number of assessments of a question that is repeated.
const MIN_ASSESSMENTS: usize = 3;

impl Guild {
    /// Returns the questions that other teams have open or are about to post.
    pub fn questions_elsewhere(&self, channel: ChannelId) -> Vec<String> {
        let others = self.teams.values().filter(|team| team.channel != channel);
        let questions = others.flat_map(|team| {
            let open = team.open_round().filter(|open| open.voided_by.is_none());
            let rounds = open.into_iter().chain(team.unfinished_round());
            rounds.map(|round| round.question.clone())
        });
        questions.collect()
    }
}

impl Team {
    /// Returns the topic of the week of a day, if each week has one.
    pub fn topic_on(&self, day: Date) -> Option<&str> {
        self.settings.programme.order.topic_on(day)
    }

    /// Returns how many questions of the programme were not asked in this pass.
    pub fn remaining_questions(&self, pool: &QuestionPool<'_>) -> usize {
        self.deck.remaining(&self.settings.programme, pool)
    }

    /// Draws the question of a round; `None` if none may be posted.
    pub(super) fn draw(
        &mut self,
        day: Date,
        pool: &QuestionPool<'_>,
        rng: &mut impl Rng,
    ) -> Option<(Draw, DrawReason)> {
        if let Some(question) = self.take_chosen(pool) {
            self.deck.mark_asked(&question);
            return Some((self.draw_of(question, pool), DrawReason::Chosen));
        }
        if self.settings.programme.repeat_day == Some(day.weekday())
            && let Some(question) = self.most_missed(day, pool)
        {
            return Some((self.draw_of(question, pool), DrawReason::Repeat));
        }
        let request = DrawRequest {
            programme: &self.settings.programme,
            pool,
            day,
            latest: self.rounds.last().map(|round| round.question.as_str()),
            stage: RampStage::of_team(self.rounds.len(), &self.settings.programme),
        };
        let draw = self.deck.draw(&request, rng)?;
        Some((draw, DrawReason::Order))
    }

    /// Undoes the draw of a round that was not posted.
    pub(super) fn put_back(&mut self, round: &Round) {
        match round.reason {
            DrawReason::Order => self.deck.put_back(&round.question),
            DrawReason::Repeat => {}
            DrawReason::Chosen => {
                self.deck.put_back(&round.question);
                // The admin may have chosen another one since.
                self.chosen.get_or_insert_with(|| round.question.clone());
            }
        }
    }

    fn draw_of(&self, question: String, pool: &QuestionPool<'_>) -> Draw {
        Draw {
            question,
            remaining: self.remaining_questions(pool),
        }
    }

    /// Takes the question that an admin chose. One that left the bank is dropped; one that another
    /// team has open stays the next one.
    fn take_chosen(&mut self, pool: &QuestionPool<'_>) -> Option<String> {
        let question = self.chosen.take()?;
        pool.find(&question)?;
        if pool.is_free(&question) {
            return Some(question);
        }
        self.chosen = Some(question);
        None
    }

    /// Returns the question of the programme with the largest share of missed points in the last six
    /// weeks.
    fn most_missed(&self, day: Date, pool: &QuestionPool<'_>) -> Option<String> {
        let first = day.saturating_sub(REPEAT_WINDOW_DAYS.days());
        let recent = self.posted_rounds().rev();
        let recent = recent.take_while(|round| round.day >= first);
        let mut missed: BTreeMap<&str, MissedPoints> = BTreeMap::new();
        for round in recent.filter(|round| round.voided_by.is_none()) {
            if let Some(points) = round.assessments.missed_points() {
                missed.entry(&round.question).or_default().add(points);
            }
        }
        let programme = &self.settings.programme;
        let allowed = programme.questions(pool);
        let free = allowed.filter(|one| pool.is_free(one.id));
        let repeatable = free.filter_map(|one| Some((one.id, *missed.get(one.id)?)));
        let repeatable = repeatable
            .filter(|(_, points)| points.assessed >= MIN_ASSESSMENTS && points.missed > 0);
        // The first of equal ones, so that the choice does not depend on the order of the pool.
        let most = repeatable
            .max_by(|(a, of_a), (b, of_b)| of_a.compare_share(*of_b).then_with(|| b.cmp(a)));
        most.map(|(id, _)| id.to_owned())
    }
}

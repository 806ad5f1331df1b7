//! The expected state, computed only from the actions and the rules, without any of the bot's code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use quizloop_core::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE};

/// Returns when a message was written: the bits of its id above the 22nd.
const fn moment(message: u64) -> u64 {
    message >> 22
}

/// A round as visible in the channel, with its replies.
#[derive(Debug, Default, Clone)]
pub struct Round {
    /// The message with the question.
    pub message: u64,
    /// Messages by member, in the thread or in reply to the question.
    pub replies: BTreeMap<u64, BTreeSet<u64>>,
}

impl Round {
    /// Returns the reply of a member that counts: the oldest.
    pub fn first(&self, member: u64) -> Option<u64> {
        self.replies.get(&member)?.first().copied()
    }
}

/// The expected state of a team.
#[derive(Debug, Clone)]
pub struct Model {
    /// Days that have a round.
    pub days: Vec<Date>,
    pub rounds: Vec<Round>,
    pub credits: BTreeSet<(u64, u32)>,
    pub voids: BTreeSet<u32>,
    /// The catch-up limit in minutes, as an example of all settings.
    pub catch_up: i64,
    pub paused: bool,
    /// Number of practised questions.
    pub reviews: u32,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            days: Vec::new(),
            rounds: Vec::new(),
            credits: BTreeSet::new(),
            voids: BTreeSet::new(),
            catch_up: 180,
            paused: false,
            reviews: 0,
        }
    }
}

impl Model {
    /// Returns the letter of a member's result in a round, by round number.
    pub fn result_letter(&self, member: u64, number: u32) -> char {
        if self.credits.contains(&(member, number)) {
            return 'c';
        }
        let index = number as usize - 1;
        let Some(first) = self.rounds[index].first(member) else {
            return '.';
        };
        let closed = self.rounds.get(index + 1).map(|next| moment(next.message));
        if closed.is_some_and(|closed| moment(first) >= closed) {
            'l'
        } else {
            'a'
        }
    }

    /// Returns a member's streak.
    pub fn streak(&self, member: u64) -> u32 {
        let last = u32::try_from(self.rounds.len()).unwrap();
        let (mut streak, mut answered, mut freezes) = (0, 0, 0);
        let rounds = (1..=last).skip_while(|number| self.result_letter(member, *number) == '.');
        for number in rounds.filter(|number| !self.voids.contains(number)) {
            match self.result_letter(member, number) {
                'a' | 'c' => {
                    streak += 1;
                    answered += 1;
                    if answered % ROUNDS_PER_FREEZE == 0 {
                        freezes = MAX_FREEZES.min(freezes + 1);
                    }
                }
                '.' if number == last => {}
                _ if streak > 0 && freezes > 0 => freezes -= 1,
                _ => streak = 0,
            }
        }
        streak
    }

    /// Returns the number of replies.
    pub fn replies(&self) -> usize {
        let all = self.rounds.iter().flat_map(|round| round.replies.values());
        all.map(BTreeSet::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_computes_a_known_streak() {
        let day = 1_u64 << 40;
        let mut model = Model::default();
        for number in 1..=11_u64 {
            let message = number * day;
            let mut round = Round {
                message,
                ..Round::default()
            };
            // Seven answered, one late, one missed, one answered, and the open round without a
            // reply.
            let reply = match number {
                1..=7 | 10 => Some(message + (1 << 22)),
                8 => Some(message + day),
                _ => None,
            };
            round.replies.extend(reply.map(|reply| (5, [reply].into())));
            model.rounds.push(round);
        }
        let letters: String = (1..=11)
            .map(|number| model.result_letter(5, number))
            .collect();
        assert_eq!(letters, "aaaaaaal.a.");
        assert_eq!(model.streak(5), 1, "one freeze covers the late one only");
        model.voids.insert(9);
        assert_eq!(model.streak(5), 8);
        model.credits.insert((5, 8));
        assert_eq!(model.streak(5), 9);
    }
}

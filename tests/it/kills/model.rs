//! What must be true, worked out from what people did and from the rules of the house alone: none of the bot's
//! code is used here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

/// When a message was written: Discord's ids hold it, in the bits above the 22nd.
const fn moment(message: u64) -> u64 {
    message >> 22
}

/// A round as the channel shows it, and who wrote to it.
#[derive(Debug, Default)]
pub struct Round {
    /// The message with the question.
    pub message: u64,
    /// Everybody's messages in the thread or in reply to the question.
    pub replies: BTreeMap<u64, BTreeSet<u64>>,
}

impl Round {
    /// The reply of a member that counts: the oldest.
    pub fn first(&self, member: u64) -> Option<u64> {
        self.replies.get(&member)?.first().copied()
    }
}

/// A team as it must be.
#[derive(Debug)]
pub struct Model {
    /// The days that have their round.
    pub days: Vec<Date>,
    pub rounds: Vec<Round>,
    pub credits: BTreeSet<(u64, u32)>,
    pub voids: BTreeSet<u32>,
    /// Minutes of the catch-up limit, which stand for all settings.
    pub catch_up: i64,
    pub paused: bool,
    /// How often questions were practised.
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
    /// The letter of a member's ledger for a round, by its number.
    pub fn mark(&self, member: u64, number: u32) -> char {
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

    /// A member's streak.
    pub fn streak(&self, member: u64) -> u32 {
        let last = u32::try_from(self.rounds.len()).unwrap();
        let (mut streak, mut answered, mut freezes) = (0, 0, 0);
        let begun = (1..=last).skip_while(|number| self.mark(member, *number) == '.');
        for number in begun.filter(|number| !self.voids.contains(number)) {
            match self.mark(member, number) {
                'a' | 'c' => {
                    streak += 1;
                    answered += 1;
                    if answered % 7 == 0 {
                        freezes = 2.min(freezes + 1);
                    }
                }
                '.' if number == last => {}
                _ if streak > 0 && freezes > 0 => freezes -= 1,
                _ => streak = 0,
            }
        }
        streak
    }

    /// How many replies were written.
    pub fn replies(&self) -> usize {
        let all = self.rounds.iter().flat_map(|round| round.replies.values());
        all.map(BTreeSet::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streak_by_hand() {
        let day = 1_u64 << 40;
        let mut model = Model::default();
        for number in 1..=11_u64 {
            let message = number * day;
            let mut round = Round {
                message,
                ..Round::default()
            };
            // Seven in a row, one late, one missed, one in time, the open one not yet.
            let reply = match number {
                1..=7 | 10 => Some(message + (1 << 22)),
                8 => Some(message + day),
                _ => None,
            };
            round.replies.extend(reply.map(|reply| (5, [reply].into())));
            model.rounds.push(round);
        }
        let marks: String = (1..=11).map(|number| model.mark(5, number)).collect();
        assert_eq!(marks, "aaaaaaal.a.");
        assert_eq!(model.streak(5), 1, "one freeze covers the late one only");
        model.voids.insert(9);
        assert_eq!(model.streak(5), 8);
        model.credits.insert((5, 8));
        assert_eq!(model.streak(5), 9);
    }
}

//! An independent implementation of streaks, written only from the rules and their numbers: the result of one
//! member's replies, given when the rounds were posted.

use jiff::Timestamp;
use quizloop_core::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE};

/// The streak that a member should see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expected {
    pub current: u32,
    pub longest: u32,
    pub answered: u32,
}

/// Replays the rounds in order. `opened` is when each was posted; `replies` are a member's replies
/// as the number of the round in whose thread they are, from 0, and their time.
pub fn expected(opened: &[Timestamp], replies: &[(usize, Timestamp)]) -> Expected {
    let mut streak = Expected::default();
    let mut freezes = 0;
    for round in 0..opened.len() {
        let closed = opened.get(round + 1);
        let in_time = replies
            .iter()
            .any(|(thread, at)| *thread == round && closed.is_none_or(|closed| at < closed));
        if in_time {
            streak.current += 1;
            streak.answered += 1;
            streak.longest = streak.longest.max(streak.current);
            if streak.answered % ROUNDS_PER_FREEZE == 0 {
                freezes = MAX_FREEZES.min(freezes + 1);
            }
        } else if closed.is_none() {
            // The open round can't be missed yet.
        } else if streak.current > 0 && freezes > 0 {
            freezes -= 1;
        } else {
            streak.current = 0;
        }
    }
    streak
}

#[test]
fn the_model_follows_the_rules() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let earned = ROUNDS_PER_FREEZE as usize;
    let opened: Vec<Timestamp> = (0..i64::from(ROUNDS_PER_FREEZE) + 3)
        .map(|round| at(round * 100))
        .collect();
    let reply = |round: usize| (round, at(i64::try_from(round).unwrap() * 100 + 5));
    let replies: Vec<_> = (0..earned).map(reply).collect();
    let held = Expected {
        current: ROUNDS_PER_FREEZE,
        longest: ROUNDS_PER_FREEZE,
        answered: ROUNDS_PER_FREEZE,
    };
    let one_miss = &opened[..earned + 2];
    assert_eq!(expected(one_miss, &replies), held, "one miss is frozen");
    let lost = Expected { current: 0, ..held };
    assert_eq!(expected(&opened, &replies), lost, "the second is not");
    assert_eq!(expected(&opened[..2], &[(0, at(150))]).current, 0, "late");
}

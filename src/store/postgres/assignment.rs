//! Who has which shards: a pure function of who is there, the same in every process.

/// A process that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number; processes that came later have larger ones.
    pub number: i64,
    /// The first and the last shard that it may have.
    pub range: (u32, u32),
}

/// A shard that a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldShard {
    /// The shard.
    pub shard: u32,
    /// The number of the process.
    pub process: i64,
}

/// What a process does next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardMoves {
    /// Shards that nobody has, to be taken.
    pub acquire: Vec<u32>,
    /// Shards that others are to have.
    pub release: Vec<u32>,
}

/// What `me` does next. Processes with the same range divide it evenly; where it does not come out even, those that have
/// more anyway have one more, so that as little as possible moves.
pub fn assign(me: Process, live: &[Process], held: &[HeldShard]) -> ShardMoves {
    let mut peers: Vec<i64> = live
        .iter()
        .filter(|process| process.range == me.range)
        .map(|process| process.number)
        .collect();
    peers.push(me.number);
    peers.sort_unstable();
    peers.dedup();
    let has = |number: i64| held.iter().filter(|one| one.process == number).count();
    peers.sort_by_key(|number| std::cmp::Reverse(has(*number)));
    let place = peers.iter().position(|number| *number == me.number);
    let (all, place) = (range_len(me.range), place.unwrap_or_default());
    let share = all / peers.len() + usize::from(place < all % peers.len());

    let mine: Vec<u32> = held
        .iter()
        .filter(|one| one.process == me.number)
        .map(|one| one.shard)
        .collect();
    let is_free = |shard: &u32| held.iter().all(|one| one.shard != *shard);
    let wanted = share.saturating_sub(mine.len());
    ShardMoves {
        acquire: (me.range.0..=me.range.1)
            .filter(is_free)
            .take(wanted)
            .collect(),
        release: mine.into_iter().skip(share).collect(),
    }
}

fn range_len((first, last): (u32, u32)) -> usize {
    usize::try_from(last - first)
        .unwrap_or(usize::MAX)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// All processes do what their plans say until nobody has anything to do; returns how often they had to look.
    fn settle(live: &[Process], held: &mut BTreeMap<u32, i64>) -> usize {
        for looks in 0.. {
            let before = held.clone();
            for me in live {
                let listed: Vec<HeldShard> = held
                    .iter()
                    .map(|(shard, by)| HeldShard {
                        shard: *shard,
                        process: *by,
                    })
                    .collect();
                let plan = assign(*me, live, &listed);
                for shard in plan.release {
                    assert_eq!(held.remove(&shard), Some(me.number));
                }
                for shard in plan.acquire {
                    assert_eq!(held.insert(shard, me.number), None);
                }
            }
            if *held == before {
                return looks;
            }
        }
        unreachable!("it ends")
    }

    /// Whoever comes or goes: every shard is had by one process that is there, and nobody has two more than another.
    #[test]
    fn processes_come_and_go() {
        for seed in 0..200 {
            let mut random = StdRng::seed_from_u64(seed);
            let shards = random.random_range(1..=20);
            let (mut live, mut held, mut next) = (Vec::new(), BTreeMap::new(), 1);
            for _ in 0..20 {
                if live.is_empty() || random.random_bool(0.6) {
                    live.push(Process {
                        number: next,
                        range: (0, shards - 1),
                    });
                    next += 1;
                } else {
                    let gone = live.remove(random.random_range(0..live.len()));
                    held.retain(|_, by| *by != gone.number);
                }
                assert!(live.is_empty() || settle(&live, &mut held) <= 4);
                if live.is_empty() {
                    continue;
                }
                assert_eq!(held.len(), shards as usize, "seed {seed}");
                let counts = live
                    .iter()
                    .map(|one| held.values().filter(|by| **by == one.number).count());
                let counts: BTreeSet<usize> = counts.collect();
                assert!(counts.last().unwrap() - counts.first().unwrap() <= 1);
            }
        }
    }

    /// Nobody who is there loses a shard because a process goes, and as few as possible when one comes.
    #[test]
    fn as_little_as_possible_moves() {
        let process = |number| Process {
            number,
            range: (0, 8),
        };
        let mut held = BTreeMap::new();
        settle(&[process(1), process(2)], &mut held);
        let before = held.clone();
        settle(&[process(1), process(2), process(3)], &mut held);
        let moved = |after: &BTreeMap<u32, i64>| {
            let stayed = before
                .iter()
                .filter(|(shard, by)| after.get(shard) == Some(by));
            before.len() - stayed.count()
        };
        assert_eq!(moved(&held), 3);
        held.retain(|_, by| *by != 3);
        settle(&[process(1), process(2)], &mut held);
        assert_eq!(held.len(), 9);
    }

    /// Two processes of the same range: one has it, the other stands by. Other ranges are nobody's business here.
    #[test]
    fn ranges() {
        let process = |number, range| Process { number, range };
        let live = [process(1, (0, 0)), process(2, (0, 0)), process(3, (1, 3))];
        let mut held = BTreeMap::new();
        settle(&live, &mut held);
        assert_eq!(held, BTreeMap::from([(0, 1), (1, 3), (2, 3), (3, 3)]));
        held.remove(&0);
        settle(&live[1..], &mut held);
        assert_eq!(held[&0], 2);
    }
}

//! Assignment of shards to processes. A pure function of the live processes and their leases, so
//! every process computes the same result and no leader is needed.

/// A live process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    /// Its number; processes that started later have larger numbers.
    pub number: i64,
    /// The first and the last shard that it may own.
    pub range: (u32, u32),
}

/// A shard and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeldShard {
    /// The shard.
    pub shard: u32,
    /// The number of the owner.
    pub process: i64,
}

/// The next moves of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShardMoves {
    /// Free shards that it should acquire.
    pub acquire: Vec<u32>,
    /// Shards that it should release for others.
    pub release: Vec<u32>,
}

/// Computes the next moves of `me`. Processes with the same range divide it evenly. If it can't be
/// divided evenly, the processes that hold most shards already keep one more, so that few shards
/// move.
///
/// For example, processes 1 and 2 hold 5 and 4 of 9 shards, and process 3 joins. Each should have
/// 3, so 1 releases two shards and 2 releases one. Process 3 acquires them when they are free.
pub(super) fn assign(me: Process, live: &[Process], held: &[HeldShard]) -> ShardMoves {
    let mut peers: Vec<i64> = live
        .iter()
        .filter(|process| process.range == me.range)
        .map(|process| process.number)
        .collect();
    peers.push(me.number);
    peers.sort_unstable();
    peers.dedup();
    let held_by = |number: i64| held.iter().filter(|lease| lease.process == number).count();
    peers.sort_by_key(|number| std::cmp::Reverse(held_by(*number)));
    let rank = peers.iter().position(|number| *number == me.number);
    let (first, last) = me.range;
    let (total, rank) = (range_len(first, last), rank.unwrap_or_default());
    let target = total / peers.len() + usize::from(rank < total % peers.len());

    let own: Vec<u32> = held
        .iter()
        .filter(|lease| lease.process == me.number)
        .map(|lease| lease.shard)
        .collect();
    let is_free = |shard: &u32| held.iter().all(|lease| lease.shard != *shard);
    let missing = target.saturating_sub(own.len());
    ShardMoves {
        acquire: (first..=last).filter(is_free).take(missing).collect(),
        release: own.into_iter().skip(target).collect(),
    }
}

fn range_len(first: u32, last: u32) -> usize {
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

    /// Lets all processes make their moves until none is left; returns the number of passes.
    fn settle(live: &[Process], held: &mut BTreeMap<u32, i64>) -> usize {
        for passes in 0.. {
            let before = held.clone();
            for me in live {
                let leases: Vec<HeldShard> = held
                    .iter()
                    .map(|(shard, process)| HeldShard {
                        shard: *shard,
                        process: *process,
                    })
                    .collect();
                let moves = assign(*me, live, &leases);
                for shard in moves.release {
                    assert_eq!(held.remove(&shard), Some(me.number));
                }
                for shard in moves.acquire {
                    assert_eq!(held.insert(shard, me.number), None);
                }
            }
            if *held == before {
                return passes;
            }
        }
        unreachable!("the loop ends only by returning")
    }

    /// After any process starts or stops, each shard has one live owner, and no process owns two
    /// shards more than another.
    #[test]
    fn processes_start_and_stop() {
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
                    let stopped = live.remove(random.random_range(0..live.len()));
                    held.retain(|_, owner| *owner != stopped.number);
                }
                assert!(live.is_empty() || settle(&live, &mut held) <= 4);
                if live.is_empty() {
                    continue;
                }
                assert_eq!(held.len(), shards as usize, "seed {seed}");
                let counts = live
                    .iter()
                    .map(|process| held.values().filter(|by| **by == process.number).count());
                let counts: BTreeSet<usize> = counts.collect();
                assert!(counts.last().unwrap() - counts.first().unwrap() <= 1);
            }
        }
    }

    /// Live processes lose no shard when another stops, and as few as possible when another starts.
    #[test]
    fn as_few_shards_as_possible_move() {
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

    /// Of two processes with the same range of one shard, one owns it and the other is a standby.
    /// Processes with other ranges don't count.
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

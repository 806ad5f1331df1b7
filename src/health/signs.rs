//! The signs of life of the gateway, the scheduler and the disk, and what they mean: pure, the time comes in.
//!
//! There are two times. What depends on due times is measured by the bot's own time, which tests move. What
//! depends on sockets and threads is measured by the machine's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::report::{Part, Report, ShardPart, State};

/// Away from the gateway for longer than this, the bot misses what members do. A resume takes a second or
/// two, a new session at most twenty.
pub const GATEWAY_LIMIT: Duration = Duration::from_secs(60);

/// The scheduler looks at the clock every 30 s at the latest (`clock::LOOK_AGAIN`); three looks in a row are
/// not missed by chance.
pub const SCHEDULER_LIMIT: Duration = Duration::from_secs(90);

/// So much later than it said whoever keeps the gateway's client may show up.
const KEEPER_GRACE: Duration = Duration::from_secs(60);

/// What was last seen of a shard's connection.
#[derive(Debug, Clone)]
pub struct ShardSigns {
    /// Whether a session is connected.
    pub connected: bool,
    /// Since when it is, or is not.
    pub since: Duration,
    /// When Discord was last heard.
    pub heard: Option<Instant>,
    /// By when whoever keeps the client must show up again; none while nobody does yet.
    pub keeper_due: Option<Instant>,
}

impl ShardSigns {
    /// The signs of a shard that is new here.
    pub const fn new(now: Duration) -> Self {
        Self {
            connected: false,
            since: now,
            heard: None,
            keeper_due: None,
        }
    }

    /// It is connected from now on, or is not.
    pub fn connect(&mut self, connected: bool, now: Duration) {
        if self.connected != connected {
            (self.connected, self.since) = (connected, now);
        }
    }
}

/// What was last seen of each part. Times without a type of their own are the bot's time.
#[derive(Debug, Clone)]
pub struct Signs {
    /// When the bot started.
    pub started: Duration,
    /// Whether it is known which shards are this process's; it may be none, and then it stands by.
    pub joined: bool,
    /// The shards of this process.
    pub shards: BTreeMap<u32, ShardSigns>,
    /// When the scheduler last looked what is due; none before the first session, with which it starts.
    pub looked: Option<Duration>,
    /// When the state was last saved.
    pub saved: Option<Duration>,
    /// Since when it can't be, and why.
    pub failing: Option<(Duration, String)>,
}

impl Signs {
    /// The signs of a bot that starts now.
    pub const fn new(now: Duration) -> Self {
        Self {
            started: now,
            joined: false,
            shards: BTreeMap::new(),
            looked: None,
            saved: None,
            failing: None,
        }
    }

    /// How the bot is.
    pub fn report(&self, now: Duration, real: Instant) -> Report {
        let shards: Vec<_> = self
            .shards
            .iter()
            .map(|(number, signs)| ShardPart {
                shard: *number,
                part: self.shard(*number, signs, now, real),
            })
            .collect();
        let gateway = self.gateway(&shards, now);
        Report::new(gateway, shards, self.scheduler(now), self.disk(now))
    }

    /// Whether this process has no shard, and takes over when another one goes.
    pub fn stands_by(&self) -> bool {
        self.joined && self.shards.is_empty()
    }

    /// All shards together: one that is away for long is no reason to call the others down.
    fn gateway(&self, shards: &[ShardPart], now: Duration) -> Part {
        if shards.is_empty() {
            if self.joined {
                return Part::well(None);
            }
            return away(None, now.saturating_sub(self.started), None);
        }
        let age = shards.iter().filter_map(|one| one.part.age_seconds).max();
        let problems: Vec<_> = shards
            .iter()
            .filter_map(|one| one.part.problem.clone())
            .collect();
        let states = || shards.iter().map(|one| one.part.state);
        let worst = states().max().unwrap_or(State::Ok);
        let best = states().min().unwrap_or(State::Ok);
        let state = match (best, worst) {
            (State::Down, _) => State::Down,
            (_, State::Ok) => State::Ok,
            _ => State::Degraded,
        };
        Part {
            state,
            age_seconds: age,
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        }
    }

    fn shard(&self, number: u32, signs: &ShardSigns, now: Duration, real: Instant) -> Part {
        let age = signs
            .heard
            .map(|heard| real.saturating_duration_since(heard).as_secs());
        // One alone needs no name.
        let name = (self.shards.len() > 1).then_some(number);
        if let Some(problem) = stands_still(signs, name, real) {
            return Part::ill(State::Down, age, problem);
        }
        if signs.connected {
            return Part::well(age);
        }
        away(age, now.saturating_sub(signs.since), name)
    }

    fn scheduler(&self, now: Duration) -> Part {
        let Some(looked) = self.looked else {
            if self.stands_by() {
                return Part::well(None);
            }
            let problem = "the scheduler waits for the first session";
            return Part::ill(State::Degraded, None, problem.to_owned());
        };
        let age = now.saturating_sub(looked);
        if age <= SCHEDULER_LIMIT {
            return Part::well(Some(age.as_secs()));
        }
        let problem = format!(
            "the scheduler has not looked what is due for {} s",
            age.as_secs()
        );
        Part::ill(State::Down, Some(age.as_secs()), problem)
    }

    fn disk(&self, now: Duration) -> Part {
        let age = self.saved.map(|saved| now.saturating_sub(saved).as_secs());
        match &self.failing {
            None => Part::well(age),
            Some((since, why)) => {
                let seconds = now.saturating_sub(*since).as_secs();
                let problem = format!("the state can't be saved for {seconds} s: {why}");
                Part::ill(State::Down, age, problem)
            }
        }
    }

    /// What stands still, so that only another process helps. Discord away or a full disk is none of it:
    /// the bot waits for those, and a restart would only lose time.
    pub fn stands_still(&self, now: Duration, real: Instant) -> Option<String> {
        let one_alone = self.shards.len() == 1;
        let keeper = self
            .shards
            .iter()
            .find_map(|(number, signs)| stands_still(signs, (!one_alone).then_some(*number), real));
        keeper.or_else(|| {
            let scheduler = self.scheduler(now);
            scheduler.problem.filter(|_| scheduler.state == State::Down)
        })
    }
}

fn away(age: Option<u64>, away: Duration, shard: Option<u32>) -> Part {
    let state = if away > GATEWAY_LIMIT {
        State::Down
    } else {
        State::Degraded
    };
    let who = shard.map_or(String::new(), |shard| format!("shard {shard} is "));
    let problem = format!(
        "{who}not connected to Discord's gateway for {} s",
        away.as_secs()
    );
    Part::ill(state, age, problem)
}

fn stands_still(signs: &ShardSigns, shard: Option<u32>, real: Instant) -> Option<String> {
    let late = real.saturating_duration_since(signs.keeper_due?);
    let whose = shard.map_or(String::new(), |shard| format!(" of shard {shard}"));
    (late > KEEPER_GRACE).then(|| {
        format!(
            "nobody has watched the gateway's connection{whose} for {} s",
            late.as_secs()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn connected(real: Instant) -> ShardSigns {
        ShardSigns {
            connected: true,
            heard: Some(real),
            keeper_due: Some(real),
            ..ShardSigns::new(at(0))
        }
    }

    fn well(real: Instant) -> Signs {
        Signs {
            joined: true,
            shards: BTreeMap::from([(0, connected(real))]),
            looked: Some(at(100)),
            saved: Some(at(100)),
            ..Signs::new(at(0))
        }
    }

    #[test]
    fn each_part_is_told_in_time_and_not_before() {
        let real = Instant::now();
        let state = |signs: &Signs, now| signs.report(at(now), real).status;
        let mut signs = well(real);
        assert_eq!(signs.report(at(101), real).problems(), None);
        assert_eq!(
            (state(&signs, 190), state(&signs, 191)),
            (State::Ok, State::Down)
        );
        signs.looked = Some(at(160));
        signs.shards.get_mut(&0).unwrap().connect(false, at(100));
        assert_eq!(
            (state(&signs, 160), state(&signs, 161)),
            (State::Degraded, State::Down)
        );
        let mut signs = well(real);
        signs.failing = Some((at(99), "no space left".into()));
        assert_eq!(
            signs.report(at(102), real).problems().unwrap(),
            "the state can't be saved for 3 s: no space left"
        );
        assert_eq!(state(&signs, 102), State::Down);
        let fresh = Signs::new(at(100));
        assert_eq!(
            (state(&fresh, 100), state(&fresh, 161)),
            (State::Degraded, State::Down)
        );
    }

    #[test]
    fn only_what_a_restart_helps_stands_still() {
        let real = Instant::now();
        let mut signs = well(real);
        signs.shards.get_mut(&0).unwrap().connect(false, at(0));
        signs.failing = Some((at(0), "no space left".into()));
        assert_eq!(signs.stands_still(at(190), real + at(60)), None);
        assert!(signs.stands_still(at(191), real).is_some());
        assert!(signs.stands_still(at(190), real + at(61)).is_some());
        // Before the first session nothing can stand still yet.
        assert_eq!(Signs::new(at(0)).stands_still(at(999), real), None);
    }

    #[test]
    fn one_shard_of_several() {
        let real = Instant::now();
        let mut signs = well(real);
        signs.shards.insert(7, ShardSigns::new(at(100)));
        let report = signs.report(at(170), real);
        assert_eq!(report.status, State::Degraded);
        insta::assert_snapshot!(report.problems().unwrap(), @"shard 7 is not connected to Discord's gateway for 70 s");
        assert_eq!(report.shards[1].part.state, State::Down);
        signs.shards.get_mut(&0).unwrap().connect(false, at(100));
        assert_eq!(signs.report(at(170), real).status, State::Down);
        // Without any it stands by, and is well.
        signs.shards.clear();
        signs.looked = None;
        assert_eq!(signs.report(at(170), real).status, State::Ok);
        signs.joined = false;
        assert_eq!(signs.report(at(170), real).status, State::Down);
    }

    #[test]
    fn a_report_is_plain_json() {
        let real = Instant::now();
        let report = well(real).report(at(103), real + at(2));
        insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"status":"ok","gateway":{"state":"ok","age_seconds":2,"problem":null},"shards":[{"shard":0,"state":"ok","age_seconds":2,"problem":null}],"scheduler":{"state":"ok","age_seconds":3,"problem":null},"disk":{"state":"ok","age_seconds":3,"problem":null}}"#);
    }
}

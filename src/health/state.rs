//! The signs of life of the gateway, the scheduler and the disk, and what they mean: pure, the time comes in.
//!
//! There are two times. What depends on due times is measured by the bot's own time, which tests move. What
//! depends on sockets and threads is measured by the machine's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::report::{ComponentStatus, HealthReport, HealthStatus, ShardStatus};

/// Away from the gateway for longer than this, the bot misses what members do. A resume takes a second or
/// two, a new session at most twenty.
pub const GATEWAY_LIMIT: Duration = Duration::from_secs(60);

/// The scheduler looks at the clock every 30 s at the latest (`clock::LOOK_AGAIN`); three looks in a row are
/// not missed by chance.
pub const SCHEDULER_LIMIT: Duration = Duration::from_secs(90);

/// So much later than it said whoever keeps the gateway's client may show up.
const WATCHDOG_GRACE: Duration = Duration::from_secs(60);

/// What was last seen of a shard's connection.
#[derive(Debug, Clone)]
pub struct ShardHealth {
    /// Whether a session is connected.
    pub connected: bool,
    /// Since when it is, or is not.
    pub since: Duration,
    /// When Discord was last heard.
    pub last_event: Option<Instant>,
    /// By when whoever keeps the client must show up again; none while nobody does yet.
    pub watchdog_deadline: Option<Instant>,
}

impl ShardHealth {
    /// The signs of a shard that is new here.
    pub const fn new(now: Duration) -> Self {
        Self {
            connected: false,
            since: now,
            last_event: None,
            watchdog_deadline: None,
        }
    }

    /// It is connected from now on, or is not.
    pub fn set_connected(&mut self, connected: bool, now: Duration) {
        if self.connected != connected {
            (self.connected, self.since) = (connected, now);
        }
    }
}

/// What was last seen of each part. Times without a type of their own are the bot's time.
#[derive(Debug, Clone)]
pub struct HealthState {
    /// When the bot started.
    pub started_at: Duration,
    /// Whether it is known which shards are this process's; it may be none, and then it stands by.
    pub shards_assigned: bool,
    /// The shards of this process.
    pub shards: BTreeMap<u32, ShardHealth>,
    /// When the scheduler last looked what is due; none before the first session, with which it starts.
    pub last_scan: Option<Duration>,
    /// When the state was last saved.
    pub last_save: Option<Duration>,
    /// Since when it can't be, and why.
    pub save_failure: Option<(Duration, String)>,
}

impl HealthState {
    /// The signs of a bot that starts now.
    pub const fn new(now: Duration) -> Self {
        Self {
            started_at: now,
            shards_assigned: false,
            shards: BTreeMap::new(),
            last_scan: None,
            last_save: None,
            save_failure: None,
        }
    }

    /// How the bot is.
    pub fn report(&self, now: Duration, real: Instant) -> HealthReport {
        let shards: Vec<_> = self
            .shards
            .iter()
            .map(|(number, health)| ShardStatus {
                shard: *number,
                component: self.shard(*number, health, now, real),
            })
            .collect();
        let gateway = self.gateway(&shards, now);
        HealthReport::new(gateway, shards, self.scheduler(now), self.disk(now))
    }

    /// Whether this process has no shard, and takes over when another one goes.
    pub fn is_standby(&self) -> bool {
        self.shards_assigned && self.shards.is_empty()
    }

    /// All shards together: one that is away for long is no reason to call the others down.
    fn gateway(&self, shards: &[ShardStatus], now: Duration) -> ComponentStatus {
        if shards.is_empty() {
            if self.shards_assigned {
                return ComponentStatus::healthy(None);
            }
            return disconnected(None, now.saturating_sub(self.started_at), None);
        }
        let age = shards
            .iter()
            .filter_map(|one| one.component.age_seconds)
            .max();
        let problems: Vec<_> = shards
            .iter()
            .filter_map(|one| one.component.problem.clone())
            .collect();
        let states = || shards.iter().map(|one| one.component.state);
        let worst = states().max().unwrap_or(HealthStatus::Ok);
        let best = states().min().unwrap_or(HealthStatus::Ok);
        let state = match (best, worst) {
            (HealthStatus::Down, _) => HealthStatus::Down,
            (_, HealthStatus::Ok) => HealthStatus::Ok,
            _ => HealthStatus::Degraded,
        };
        ComponentStatus {
            state,
            age_seconds: age,
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        }
    }

    fn shard(
        &self,
        number: u32,
        health: &ShardHealth,
        now: Duration,
        real: Instant,
    ) -> ComponentStatus {
        let age = health
            .last_event
            .map(|heard| real.saturating_duration_since(heard).as_secs());
        // One alone needs no name.
        let name = (self.shards.len() > 1).then_some(number);
        if let Some(problem) = shard_stall_reason(health, name, real) {
            return ComponentStatus::unhealthy(HealthStatus::Down, age, problem);
        }
        if health.connected {
            return ComponentStatus::healthy(age);
        }
        disconnected(age, now.saturating_sub(health.since), name)
    }

    fn scheduler(&self, now: Duration) -> ComponentStatus {
        let Some(looked) = self.last_scan else {
            if self.is_standby() {
                return ComponentStatus::healthy(None);
            }
            let problem = "the scheduler waits for the first session";
            return ComponentStatus::unhealthy(HealthStatus::Degraded, None, problem.to_owned());
        };
        let age = now.saturating_sub(looked);
        if age <= SCHEDULER_LIMIT {
            return ComponentStatus::healthy(Some(age.as_secs()));
        }
        let problem = format!(
            "the scheduler has not looked what is due for {} s",
            age.as_secs()
        );
        ComponentStatus::unhealthy(HealthStatus::Down, Some(age.as_secs()), problem)
    }

    fn disk(&self, now: Duration) -> ComponentStatus {
        let age = self
            .last_save
            .map(|saved| now.saturating_sub(saved).as_secs());
        match &self.save_failure {
            None => ComponentStatus::healthy(age),
            Some((since, why)) => {
                let seconds = now.saturating_sub(*since).as_secs();
                let problem = format!("the state can't be saved for {seconds} s: {why}");
                ComponentStatus::unhealthy(HealthStatus::Down, age, problem)
            }
        }
    }

    /// What stands still, so that only another process helps. Discord away or a full disk is none of it:
    /// the bot waits for those, and a restart would only lose time.
    pub fn stall_reason(&self, now: Duration, real: Instant) -> Option<String> {
        let one_alone = self.shards.len() == 1;
        let keeper = self.shards.iter().find_map(|(number, health)| {
            shard_stall_reason(health, (!one_alone).then_some(*number), real)
        });
        keeper.or_else(|| {
            let scheduler = self.scheduler(now);
            scheduler
                .problem
                .filter(|_| scheduler.state == HealthStatus::Down)
        })
    }
}

fn disconnected(age: Option<u64>, away: Duration, shard: Option<u32>) -> ComponentStatus {
    let state = if away > GATEWAY_LIMIT {
        HealthStatus::Down
    } else {
        HealthStatus::Degraded
    };
    let who = shard.map_or(String::new(), |shard| format!("shard {shard} is "));
    let problem = format!(
        "{who}not connected to Discord's gateway for {} s",
        away.as_secs()
    );
    ComponentStatus::unhealthy(state, age, problem)
}

fn shard_stall_reason(health: &ShardHealth, shard: Option<u32>, real: Instant) -> Option<String> {
    let late = real.saturating_duration_since(health.watchdog_deadline?);
    let whose = shard.map_or(String::new(), |shard| format!(" of shard {shard}"));
    (late > WATCHDOG_GRACE).then(|| {
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

    fn connected_shard(real: Instant) -> ShardHealth {
        ShardHealth {
            connected: true,
            last_event: Some(real),
            watchdog_deadline: Some(real),
            ..ShardHealth::new(at(0))
        }
    }

    fn healthy_state(real: Instant) -> HealthState {
        HealthState {
            shards_assigned: true,
            shards: BTreeMap::from([(0, connected_shard(real))]),
            last_scan: Some(at(100)),
            last_save: Some(at(100)),
            ..HealthState::new(at(0))
        }
    }

    #[test]
    fn each_part_is_told_in_time_and_not_before() {
        let real = Instant::now();
        let state = |health: &HealthState, now| health.report(at(now), real).status;
        let mut health = healthy_state(real);
        assert_eq!(health.report(at(101), real).problems(), None);
        assert_eq!(
            (state(&health, 190), state(&health, 191)),
            (HealthStatus::Ok, HealthStatus::Down)
        );
        health.last_scan = Some(at(160));
        health
            .shards
            .get_mut(&0)
            .unwrap()
            .set_connected(false, at(100));
        assert_eq!(
            (state(&health, 160), state(&health, 161)),
            (HealthStatus::Degraded, HealthStatus::Down)
        );
        let mut health = healthy_state(real);
        health.save_failure = Some((at(99), "no space left".into()));
        assert_eq!(
            health.report(at(102), real).problems().unwrap(),
            "the state can't be saved for 3 s: no space left"
        );
        assert_eq!(state(&health, 102), HealthStatus::Down);
        let fresh = HealthState::new(at(100));
        assert_eq!(
            (state(&fresh, 100), state(&fresh, 161)),
            (HealthStatus::Degraded, HealthStatus::Down)
        );
    }

    #[test]
    fn only_what_a_restart_helps_stands_still() {
        let real = Instant::now();
        let mut health = healthy_state(real);
        health
            .shards
            .get_mut(&0)
            .unwrap()
            .set_connected(false, at(0));
        health.save_failure = Some((at(0), "no space left".into()));
        assert_eq!(health.stall_reason(at(190), real + at(60)), None);
        assert!(health.stall_reason(at(191), real).is_some());
        assert!(health.stall_reason(at(190), real + at(61)).is_some());
        // Before the first session nothing can stand still yet.
        assert_eq!(HealthState::new(at(0)).stall_reason(at(999), real), None);
    }

    #[test]
    fn one_shard_of_several() {
        let real = Instant::now();
        let mut health = healthy_state(real);
        health.shards.insert(7, ShardHealth::new(at(100)));
        let report = health.report(at(170), real);
        assert_eq!(report.status, HealthStatus::Degraded);
        insta::assert_snapshot!(report.problems().unwrap(), @"shard 7 is not connected to Discord's gateway for 70 s");
        assert_eq!(report.shards[1].component.state, HealthStatus::Down);
        health
            .shards
            .get_mut(&0)
            .unwrap()
            .set_connected(false, at(100));
        assert_eq!(health.report(at(170), real).status, HealthStatus::Down);
        // Without any it stands by, and is well.
        health.shards.clear();
        health.last_scan = None;
        assert_eq!(health.report(at(170), real).status, HealthStatus::Ok);
        health.shards_assigned = false;
        assert_eq!(health.report(at(170), real).status, HealthStatus::Down);
    }

    #[test]
    fn a_report_is_plain_json() {
        let real = Instant::now();
        let report = healthy_state(real).report(at(103), real + at(2));
        insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"status":"ok","gateway":{"state":"ok","age_seconds":2,"problem":null},"shards":[{"shard":0,"state":"ok","age_seconds":2,"problem":null}],"scheduler":{"state":"ok","age_seconds":3,"problem":null},"disk":{"state":"ok","age_seconds":3,"problem":null}}"#);
    }
}

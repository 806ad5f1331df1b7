//! The last activity of the gateway, the scheduler and the disk, and its evaluation. Pure: the
//! current time is an argument.
//!
//! Two times are used. Ages that depend on due times are measured with the bot's clock (a
//! [`Duration`] since an arbitrary start), which tests move. Ages that depend on sockets and threads
//! are measured with the machine's monotonic time ([`Instant`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::report::{ComponentStatus, HealthReport, HealthStatus, ShardStatus};
use quizloop_core::id::TeamKey;

/// How long a shard may be disconnected before it counts as down. A resume takes one or two seconds,
/// and a new session at most twenty.
pub const GATEWAY_LIMIT: Duration = Duration::from_secs(60);

/// How long the scheduler may not run before it counts as down. It runs at least every 30 s
/// (`clock::RECHECK_INTERVAL`), so this is three missed runs.
pub const SCHEDULER_LIMIT: Duration = Duration::from_secs(90);

/// Grace period after the gateway supervisor's announced deadline.
const WATCHDOG_GRACE: Duration = Duration::from_secs(60);

/// Last known state of a shard's connection.
#[derive(Debug, Clone)]
pub struct ShardHealth {
    pub connected: bool,
    /// When `connected` last changed.
    pub since: Duration,
    /// When the last message from Discord was received.
    pub last_event: Option<Instant>,
    /// When the gateway supervisor must report again at the latest; `None` before its first report.
    pub watchdog_deadline: Option<Instant>,
}

impl ShardHealth {
    pub const fn new(now: Duration) -> Self {
        Self {
            connected: false,
            since: now,
            last_event: None,
            watchdog_deadline: None,
        }
    }

    pub fn set_connected(&mut self, connected: bool, now: Duration) {
        if self.connected != connected {
            (self.connected, self.since) = (connected, now);
        }
    }
}

/// Why a team of the config can't work. If several are found, the last one explains the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigTeamProblem {
    /// The server has no such channel, or the bot can't see it.
    ChannelNotVisible,
    /// The bot is not in the server.
    NotInServer,
    /// The channel belongs to another server.
    OtherServer,
}

/// Last known state of each component.
#[derive(Debug, Clone)]
pub struct HealthState {
    pub started_at: Duration,
    /// Whether shards were assigned to this process. The assignment may be empty: then the process
    /// is on standby.
    pub shards_assigned: bool,
    /// The shards of this process.
    pub shards: BTreeMap<u32, ShardHealth>,
    /// When the scheduler last ran; `None` before the first session, which starts it.
    pub last_scan: Option<Duration>,
    /// When the state was last saved.
    pub last_save: Option<Duration>,
    /// Since when saving has failed, and the error.
    pub save_failure: Option<(Duration, String)>,
    /// Why nothing is posted, if the machine's clock is wrong.
    pub clock_problem: Option<String>,
    /// Since when the slash commands could not be registered, and the error.
    pub commands_failure: Option<(Duration, String)>,
    /// The teams of the config that can't work, by their number there.
    pub config_team_problems: BTreeMap<usize, ConfigTeamProblem>,
    /// The teams that had no question to post when one was due.
    pub teams_without_question: BTreeSet<TeamKey>,
}

impl HealthState {
    pub const fn new(now: Duration) -> Self {
        Self {
            started_at: now,
            shards_assigned: false,
            shards: BTreeMap::new(),
            last_scan: None,
            last_save: None,
            save_failure: None,
            clock_problem: None,
            commands_failure: None,
            config_team_problems: BTreeMap::new(),
            teams_without_question: BTreeSet::new(),
        }
    }

    /// Evaluates the state at the given times (the bot's clock and the monotonic time).
    pub fn report(&self, now: Duration, real: Instant) -> HealthReport {
        let shards: Vec<_> = self
            .shards
            .iter()
            .map(|(number, health)| ShardStatus {
                shard: *number,
                component: self.shard(*number, health, now, real),
            })
            .collect();
        let clock = self.clock_problem.clone().map_or_else(
            || ComponentStatus::healthy(None),
            |problem| ComponentStatus::unhealthy(HealthStatus::Down, None, problem),
        );
        HealthReport {
            status: HealthStatus::Ok,
            gateway: self.gateway(&shards, now),
            shards,
            scheduler: self.scheduler(now),
            disk: self.disk(now),
            clock,
            commands: self.commands(now),
            config_teams: self.config_teams(),
            questions: self.questions(),
        }
        .with_worst_status()
    }

    /// Records whether a team of the config can work. Returns whether that was not known.
    pub fn config_team_checked(&mut self, team: usize, problem: Option<ConfigTeamProblem>) -> bool {
        let problems = &mut self.config_team_problems;
        match problem {
            None => problems.remove(&team).is_some(),
            Some(problem) if problems.get(&team) >= Some(&problem) => false,
            Some(problem) => {
                problems.insert(team, problem);
                true
            }
        }
    }

    fn config_teams(&self) -> ComponentStatus {
        let problem = match self.config_team_problems.len() {
            0 => return ComponentStatus::healthy(None),
            1 => "a team of the config can't work: see the warning in the log".to_owned(),
            teams => format!("{teams} teams of the config can't work: see the warnings in the log"),
        };
        ComponentStatus::unhealthy(HealthStatus::Degraded, None, problem)
    }

    fn questions(&self) -> ComponentStatus {
        let problem = match self.teams_without_question.len() {
            0 => return ComponentStatus::healthy(None),
            1 => "a team had no question to post: see the warning in the log".to_owned(),
            teams => format!("{teams} teams had no question to post: see the warnings in the log"),
        };
        ComponentStatus::unhealthy(HealthStatus::Degraded, None, problem)
    }

    /// Returns whether this process has no shard, and waits to replace another process.
    pub fn is_standby(&self) -> bool {
        self.shards_assigned && self.shards.is_empty()
    }

    /// Combines all shards. The gateway is down only if all shards are; otherwise it is degraded.
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
            .map(|received| real.saturating_duration_since(received).as_secs());
        // A single shard needs no number in its messages.
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
        let Some(last_scan) = self.last_scan else {
            if self.is_standby() {
                return ComponentStatus::healthy(None);
            }
            let problem = "the scheduler is waiting for the first session";
            return ComponentStatus::unhealthy(HealthStatus::Degraded, None, problem.to_owned());
        };
        let age = now.saturating_sub(last_scan);
        if age <= SCHEDULER_LIMIT {
            return ComponentStatus::healthy(Some(age.as_secs()));
        }
        let problem = format!("the scheduler has not run for {} s", age.as_secs());
        ComponentStatus::unhealthy(HealthStatus::Down, Some(age.as_secs()), problem)
    }

    fn disk(&self, now: Duration) -> ComponentStatus {
        let age = self
            .last_save
            .map(|saved| now.saturating_sub(saved).as_secs());
        match &self.save_failure {
            None => ComponentStatus::healthy(age),
            Some((since, error)) => {
                let seconds = now.saturating_sub(*since).as_secs();
                let problem = format!("saving has failed for {seconds} s: {error}");
                ComponentStatus::unhealthy(HealthStatus::Down, age, problem)
            }
        }
    }

    /// The bot works without new commands: those of an earlier registration keep working.
    fn commands(&self, now: Duration) -> ComponentStatus {
        let Some((since, error)) = &self.commands_failure else {
            return ComponentStatus::healthy(None);
        };
        let seconds = now.saturating_sub(*since).as_secs();
        let problem =
            format!("the slash commands have not been registered for {seconds} s: {error}");
        ComponentStatus::unhealthy(HealthStatus::Degraded, None, problem)
    }

    /// Returns which part of this process is stalled, so that only a restart helps. A Discord outage
    /// and a full disk don't count: the bot waits for those to end, and a restart would lose time.
    pub fn stall_reason(&self, now: Duration, real: Instant) -> Option<String> {
        let is_single = self.shards.len() == 1;
        let gateway = self.shards.iter().find_map(|(number, health)| {
            shard_stall_reason(health, (!is_single).then_some(*number), real)
        });
        gateway.or_else(|| {
            let scheduler = self.scheduler(now);
            scheduler
                .problem
                .filter(|_| scheduler.state == HealthStatus::Down)
        })
    }
}

fn disconnected(age: Option<u64>, duration: Duration, shard: Option<u32>) -> ComponentStatus {
    let state = if duration > GATEWAY_LIMIT {
        HealthStatus::Down
    } else {
        HealthStatus::Degraded
    };
    let shard = shard.map_or(String::new(), |shard| format!("shard {shard} "));
    let problem = format!(
        "{shard}disconnected from Discord's gateway for {} s",
        duration.as_secs()
    );
    ComponentStatus::unhealthy(state, age, problem)
}

fn shard_stall_reason(health: &ShardHealth, shard: Option<u32>, real: Instant) -> Option<String> {
    let overdue = real.saturating_duration_since(health.watchdog_deadline?);
    let shard = shard.map_or(String::new(), |shard| format!(" of shard {shard}"));
    (overdue > WATCHDOG_GRACE).then(|| {
        format!(
            "the gateway supervisor{shard} has not reported for {} s",
            overdue.as_secs()
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
    fn each_component_fails_after_its_limit_and_not_before() {
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
            "saving has failed for 3 s: no space left"
        );
        assert_eq!(state(&health, 102), HealthStatus::Down);
        let mut health = healthy_state(real);
        health.clock_problem = Some("the clock is wrong".into());
        let report = health.report(at(102), real);
        assert_eq!(report.problems().unwrap(), "the clock is wrong");
        assert_eq!(report.status, HealthStatus::Down);
        let mut health = healthy_state(real);
        health.commands_failure = Some((at(99), "status 500".into()));
        insta::assert_snapshot!(health.report(at(102), real).problems().unwrap(), @"the slash commands have not been registered for 3 s: status 500");
        assert_eq!(state(&health, 102), HealthStatus::Degraded);
        let fresh = HealthState::new(at(100));
        assert_eq!(
            (state(&fresh, 100), state(&fresh, 161)),
            (HealthStatus::Degraded, HealthStatus::Down)
        );
    }

    #[test]
    fn only_problems_that_a_restart_fixes_count_as_stalls() {
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
        // Nothing can stall before the first session.
        assert_eq!(HealthState::new(at(0)).stall_reason(at(999), real), None);
    }

    #[test]
    fn one_shard_of_several() {
        let real = Instant::now();
        let mut health = healthy_state(real);
        health.shards.insert(7, ShardHealth::new(at(100)));
        let report = health.report(at(170), real);
        assert_eq!(report.status, HealthStatus::Degraded);
        insta::assert_snapshot!(report.problems().unwrap(), @"shard 7 disconnected from Discord's gateway for 70 s");
        assert_eq!(report.shards[1].component.state, HealthStatus::Down);
        health
            .shards
            .get_mut(&0)
            .unwrap()
            .set_connected(false, at(100));
        assert_eq!(health.report(at(170), real).status, HealthStatus::Down);
        // Without shards the process is on standby, which is healthy.
        health.shards.clear();
        health.last_scan = None;
        assert_eq!(health.report(at(170), real).status, HealthStatus::Ok);
        health.shards_assigned = false;
        assert_eq!(health.report(at(170), real).status, HealthStatus::Down);
    }

    #[test]
    fn a_team_of_the_config_that_cannot_work() {
        use ConfigTeamProblem::{ChannelNotVisible, NotInServer, OtherServer};
        let real = Instant::now();
        let mut health = healthy_state(real);
        assert!(!health.config_team_checked(1, None));
        // Each problem is news once, and a better explanation replaces another.
        assert!(health.config_team_checked(1, Some(ChannelNotVisible)));
        assert!(!health.config_team_checked(1, Some(ChannelNotVisible)));
        assert!(health.config_team_checked(1, Some(OtherServer)));
        assert!(!health.config_team_checked(1, Some(ChannelNotVisible)));
        let report = health.report(at(101), real);
        assert_eq!(report.status, HealthStatus::Degraded);
        insta::assert_snapshot!(report.problems().unwrap(), @"a team of the config can't work: see the warning in the log");
        assert!(health.config_team_checked(2, Some(NotInServer)));
        let report = health.report(at(101), real);
        insta::assert_snapshot!(report.problems().unwrap(), @"2 teams of the config can't work: see the warnings in the log");
        assert!(health.config_team_checked(1, None) && health.config_team_checked(2, None));
        assert_eq!(health.report(at(101), real).problems(), None);
    }

    #[test]
    fn a_report_is_plain_json() {
        let real = Instant::now();
        let report = healthy_state(real).report(at(103), real + at(2));
        insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"status":"ok","gateway":{"state":"ok","age_seconds":2,"problem":null},"shards":[{"shard":0,"state":"ok","age_seconds":2,"problem":null}],"scheduler":{"state":"ok","age_seconds":3,"problem":null},"disk":{"state":"ok","age_seconds":3,"problem":null},"clock":{"state":"ok","age_seconds":null,"problem":null},"commands":{"state":"ok","age_seconds":null,"problem":null},"config_teams":{"state":"ok","age_seconds":null,"problem":null},"questions":{"state":"ok","age_seconds":null,"problem":null}}"#);
    }
}

//! A long simulated time: twenty teams in different time zones, two hundred members with different
//! habits, random faults, a restart every week. In the end every streak matches the model, and
//! every working day had its question exactly once.
//!
//! `QUIZLOOP_SOAK_DAYS=365 QUIZLOOP_SEED=1 cargo test --release --test it -- soak:: --nocapture`

mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use discord_sandbox::faults::{FaultRule, RequestFault};
use jiff::civil::{Date, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_store::inspect;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::support::World;
use model::{Expected, expected};

/// Simulated days by default.
const DAYS: u32 = 42;
const MEMBERS: usize = 10;
/// Maximum delay of a question.
const CATCH_UP: SignedDuration = SignedDuration::from_hours(3);

const ZONES: [&str; 20] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "UTC",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "America/St_Johns",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Honolulu",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Europe/London",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Pacific/Kiritimati",
];

struct Team {
    guild: u64,
    channel: u64,
    zone: TimeZone,
    members: Vec<Member>,
    /// The threads of its rounds, in order; a thread has the id of its message.
    rounds: Vec<u64>,
}

struct Member {
    user: u64,
    /// Probability of a reply to a round.
    diligence: f64,
    replies: Vec<(usize, Timestamp)>,
    /// Planned times of replies, by round.
    plans: Vec<(Timestamp, usize)>,
}

struct Soak {
    world: World,
    rng: StdRng,
    teams: Vec<Team>,
    /// The hours during which the bot ran.
    hours_up: BTreeSet<Timestamp>,
    /// Number of injected faults by kind.
    fault_counts: BTreeMap<&'static str, u32>,
}

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// 16. A long time with faults of all kinds.
#[tokio::test(flavor = "multi_thread")]
async fn every_streak_matches_the_model() {
    let seed = environment("QUIZLOOP_SEED").unwrap_or_else(|| quizloop::rng::new().random());
    let days = environment("QUIZLOOP_SOAK_DAYS").map_or(DAYS, |days| u32::try_from(days).unwrap());
    println!("QUIZLOOP_SEED={seed} QUIZLOOP_SOAK_DAYS={days}");
    // One month before Berlin's clocks change.
    let mut soak = Soak::start("2026-02-27T00:30[UTC]", seed).await;
    for hour in 0..days * 24 {
        soak.run_hour(hour).await;
    }
    soak.finish().await;
}

impl Soak {
    async fn start(at: &str, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut world = World::at(at)
            .setting("[discord]\nrequests_per_second = 5000")
            .without_bot()
            .await;
        world.skip_api_check();
        let file = world.folder().join("config.toml");
        let mut config = std::fs::read_to_string(&file).unwrap();
        let teams: Vec<Team> = ZONES
            .iter()
            .map(|zone| team(&world, zone, &mut rng))
            .collect();
        for (team, zone) in teams.iter().zip(ZONES) {
            write!(
                config,
                "\n[[team]]\nguild = \"{}\"\nchannel = \"{}\"\ntimezone = \"{zone}\"\n",
                team.guild, team.channel
            )
            .unwrap();
        }
        std::fs::write(file, config).unwrap();
        world.start_bot().await;
        Self {
            world,
            rng,
            teams,
            hours_up: BTreeSet::new(),
            fault_counts: BTreeMap::new(),
        }
    }

    /// Simulates one hour: faults may begin, questions are posted, members write.
    async fn run_hour(&mut self, hour: u32) {
        if hour % 168 == 100 {
            self.restart().await;
        }
        self.inject_fault().await;
        self.world.advance("59m").await;
        // Requests that a fault delayed are retried some seconds later.
        self.world.sandbox.clear_faults();
        self.world.advance("1m").await;
        self.hours_up.insert(self.world.now());
        self.write();
    }

    /// Occasionally makes a request fail, or ends the gateway connection.
    async fn inject_fault(&mut self) {
        let route = [
            "CreateMessage",
            "StartThread",
            "ListMessages",
            "Reaction",
            "EditMessage",
        ];
        let rule = FaultRule::on(route[self.rng.random_range(0..route.len())]);
        let rule = if self.rng.random_bool(0.5) {
            rule.after()
        } else {
            rule
        };
        let sandbox = &self.world.sandbox;
        let what = match self.rng.random_range(0..3000) {
            0..40 => fault(&self.world, "500", rule, RequestFault::server_error()),
            40..80 => fault(&self.world, "502", rule, RequestFault::bad_gateway()),
            80..120 => fault(&self.world, "reset", rule, RequestFault::Reset),
            120..160 => fault(&self.world, "garbage", rule, RequestFault::malformed_body()),
            160..200 => fault(
                &self.world,
                "429",
                rule,
                RequestFault::too_many_requests(0.5, "shared"),
            ),
            200..240 => fault(
                &self.world,
                "slow",
                rule,
                RequestFault::Delay(Duration::from_millis(300)),
            ),
            240..280 => {
                sandbox.drop_connections();
                "connection cut"
            }
            280..300 => {
                sandbox.request_reconnect();
                "op 7"
            }
            300..320 => {
                sandbox.close_gateway(Some(4000));
                "close 4000"
            }
            320..322 => {
                sandbox.invalidate_sessions(false);
                "op 9"
            }
            322..324 => {
                sandbox.close_gateway(None);
                "close without a code"
            }
            _ => return,
        };
        *self.fault_counts.entry(what).or_default() += 1;
        // Simulated hours pass in milliseconds: without a wait, days would pass before the bot is
        // back.
        self.world
            .wait("the bot to be connected", |discord| {
                discord.gateway.is_connected().then_some(())
            })
            .await;
    }

    /// Kills or stops the bot in the middle of an hour, and keeps it down for some hours.
    async fn restart(&mut self) {
        let sandbox = self.world.sandbox.clone();
        let moving = tokio::spawn(async move {
            // The killed bot does not acknowledge the time.
            let _ = sandbox.clock().advance(Duration::from_secs(3600)).await;
        });
        if self.rng.random_bool(0.8) {
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..60))).await;
            self.world.kill().await;
        } else {
            assert_eq!(self.world.stop().await, Some(0));
        }
        moving.await.unwrap();
        self.write();
        for _ in 0..self.rng.random_range(0..9) {
            self.world.advance("1h").await;
            self.write();
        }
        self.world.start_bot().await;
        *self.fault_counts.entry("restart").or_default() += 1;
    }

    /// Members write their planned replies; replies to new rounds are planned.
    fn write(&mut self) {
        let now = self.world.now();
        let mut threads: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        self.world.sandbox.read(|discord| {
            for (id, channel) in &discord.channels {
                if let Some(parent) = channel.parent.filter(|_| channel.thread.is_some()) {
                    threads.entry(parent).or_default().push(*id);
                }
            }
        });
        for team in &mut self.teams {
            let found = threads.remove(&team.channel).unwrap_or_default();
            for round in team.rounds.len()..found.len() {
                for member in &mut team.members {
                    member.plan(round, now, &mut self.rng);
                }
            }
            team.rounds = found;
            for member in &mut team.members {
                member.write(&self.world, &team.rounds, now);
            }
        }
    }

    /// Compares everything with the model.
    async fn finish(mut self) {
        self.world.kill_and_restart().await;
        for (team, zone) in self.teams.iter().zip(ZONES) {
            self.check_days(team, zone);
            let opened: Vec<Timestamp> = team
                .rounds
                .iter()
                .map(|id| MessageId::new(*id).time())
                .collect();
            let expected_streaks = team
                .members
                .iter()
                .map(|member| expected(&opened, &member.replies));
            let expected_streaks: Vec<Expected> = expected_streaks.collect();
            let saved_streaks = || {
                team.members
                    .iter()
                    .map(|member| self.saved_streak(team, member))
                    .collect::<Vec<_>>()
            };
            self.world
                .wait_until(
                    &format!(
                        "{zone}: all streaks as in the model {expected_streaks:?}, not {:?}",
                        saved_streaks()
                    ),
                    || saved_streaks() == expected_streaks,
                )
                .await;
            let response = self
                .world
                .member(team.members[0].user)
                .command_in(team.channel, "streak", &[])
                .await;
            let response = response.message().expect("a streak").embeds[0].to_string();
            let streak = match (expected_streaks[0].current, expected_streaks[0].longest) {
                (0, 0) => "No streak yet".to_owned(),
                (0, _) => "Your streak starts again".to_owned(),
                (current, _) => format!("Your streak: **{current} "),
            };
            assert!(response.contains(&streak), "{zone}: {response}");
        }
        let rounds: usize = self.teams.iter().map(|team| team.rounds.len()).sum();
        let members = self.teams.iter().flat_map(|team| &team.members);
        let replies: usize = members.map(|member| member.replies.len()).sum();
        println!(
            "{rounds} rounds, {replies} replies, {:?}",
            self.fault_counts
        );
        assert!(!self.world.log().contains("panicked"));
    }

    /// Asserts that no day had two questions, none was posted on a day off or at a wrong time, and
    /// none is missing on a day on which the bot ran at the due time.
    fn check_days(&self, team: &Team, zone: &str) {
        let mut days = BTreeSet::new();
        for round in &team.rounds {
            let opened = MessageId::new(*round).time();
            let day = opened.to_zoned_datetime(team.zone.clone()).date();
            assert!(days.insert(day), "{zone}: two questions on {day}");
            let due = due(&team.zone, day).unwrap_or_else(|| panic!("{zone}: a question on {day}"));
            assert!(
                (due..=due + CATCH_UP).contains(&opened),
                "{zone}: at {opened} on {day}"
            );
        }
        let first = self.hours_up.first().expect("the bot was there");
        let mut day = first
            .to_zoned_datetime(team.zone.clone())
            .date()
            .tomorrow()
            .unwrap();
        let last = self.world.now().to_zoned_datetime(team.zone.clone()).date();
        while day < last {
            let hour_up = due(&team.zone, day)
                .and_then(|due| self.hours_up.range(due..=due + CATCH_UP).next());
            let same_day =
                hour_up.is_some_and(|at| at.to_zoned_datetime(team.zone.clone()).date() == day);
            assert!(
                !same_day || days.contains(&day),
                "{zone}: no question on {day}"
            );
            day = day.tomorrow().unwrap();
        }
    }

    fn saved_streak(&self, team: &Team, member: &Member) -> Expected {
        let guild = inspect::guild(&self.world.state(), GuildId::new(team.guild));
        let guild = guild.unwrap_or_else(|error| panic!("{error}"));
        let saved = guild
            .team(ChannelId::new(team.channel))
            .expect("the team is saved");
        let posted: Vec<u64> = saved
            .posted_rounds()
            .filter_map(|round| Some(round.message?.get()))
            .collect();
        assert_eq!(posted, team.rounds);
        let streak = saved.streak(UserId::new(member.user));
        Expected {
            current: streak.current,
            longest: streak.longest,
            answered: streak.answered,
        }
    }
}

fn fault(world: &World, name: &'static str, rule: FaultRule, fault: RequestFault) -> &'static str {
    world.sandbox.add_fault(rule, fault);
    name
}

/// Returns when the question of a day is due, if it is a working day.
fn due(zone: &TimeZone, day: Date) -> Option<Timestamp> {
    let is_day_off = [Weekday::Saturday, Weekday::Sunday].contains(&day.weekday());
    (!is_day_off).then(|| {
        let nine = day.to_datetime(time(9, 0, 0, 0));
        zone.to_ambiguous_timestamp(nine).compatible().unwrap()
    })
}

fn team(world: &World, zone: &str, rng: &mut StdRng) -> Team {
    let (guild, channel) = world.another_guild(zone);
    let member = |number| {
        let user = world.sandbox.add_user(&format!("{zone} {number}"));
        world.sandbox.add_member(guild, user, &[]);
        Member {
            user,
            diligence: rng.random_range(0.3..1.0),
            replies: Vec::new(),
            plans: Vec::new(),
        }
    };
    Team {
        guild,
        channel,
        zone: TimeZone::get(zone).unwrap(),
        members: (0..MEMBERS).map(member).collect(),
        rounds: Vec::new(),
    }
}

impl Member {
    /// Plans whether and when to reply to a round: mostly in time, sometimes too late, sometimes
    /// twice.
    fn plan(&mut self, round: usize, now: Timestamp, rng: &mut StdRng) {
        if rng.random_bool(self.diligence) {
            for _ in 0..rng.random_range(1..=2) {
                let at = now + SignedDuration::from_hours(rng.random_range(0..30));
                self.plans.push((at, round));
            }
        }
    }

    fn write(&mut self, world: &World, rounds: &[u64], now: Timestamp) {
        let user = self.user;
        let replies = &mut self.replies;
        self.plans.retain(|(at, round)| {
            if *at > now {
                return true;
            }
            let reply = world.member(user).write(rounds[*round], "what I think");
            replies.push((*round, MessageId::new(reply).time()));
            false
        });
    }
}

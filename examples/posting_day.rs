//! Simulates a posting day for very many teams and reports how late their questions are; and a new
//! session, and how long it takes to read the replies that were missed.
//!
//! `cargo run --release --example posting_day` prints the tables of docs/SCALE.md. An optional
//! argument sets the number of teams. Due times come from the real schedule in every time zone.
//! Only Discord is simulated: it accepts a fixed number of requests per second from a bot, whose
//! processes share it.

use std::collections::BTreeMap;

use jiff::civil::{Date, date, time};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use quizloop::config::REQUESTS_PER_SECOND;
use quizloop_core::schedule::Schedule;
use quizloop_core::zone::Zone;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// A Wednesday, on which every team has a question.
const DAY: Date = date(2026, 3, 25);

/// Number of requests per question: one for its message and one for its thread.
const REQUESTS_PER_QUESTION: u64 = 2;

/// How late a question may be before it is skipped (the default of `team.catch_up`).
const CATCH_UP: SignedDuration = SignedDuration::from_hours(3);

/// A rate limit, and a spread of the due times.
struct Scenario {
    name: &'static str,
    /// Requests per second of all bots together.
    requests_per_second: u64,
    /// Number of minutes over which the due times of a zone are spread.
    spread_minutes: i64,
}

fn main() {
    let team_count = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let budget = u64::from(REQUESTS_PER_SECOND);
    let scenarios = [
        Scenario {
            name: "one bot",
            requests_per_second: budget,
            spread_minutes: 0,
        },
        Scenario {
            name: "one bot, spread over an hour",
            requests_per_second: budget,
            spread_minutes: 60,
        },
        Scenario {
            name: "one bot, 500 requests per second",
            requests_per_second: 500,
            spread_minutes: 0,
        },
        Scenario {
            name: "ten bots",
            requests_per_second: 10 * budget,
            spread_minutes: 0,
        },
        Scenario {
            name: "ten bots, spread over an hour",
            requests_per_second: 10 * budget,
            spread_minutes: 60,
        },
    ];
    let sizes = team_count.map_or_else(|| vec![1_000, 100_000, 1_000_000], |teams| vec![teams]);
    let zones = zones();
    let single_zone = [Zone::from_name("Europe/Berlin").unwrap_or_else(|_| Zone::utc())];
    print_lags("in one zone, at 09:00", &sizes, &scenarios, &single_zone);
    print_lags(
        &format!("in {} zones, at 09:00 in each", zones.len()),
        &sizes,
        &scenarios,
        &zones,
    );
    print_session_starts(&sizes, budget);
    print_due_by_hour(sizes.last().copied().unwrap_or_default(), &zones);
}

/// Returns all time zones with a region in their name, in order.
fn zones() -> Vec<Zone> {
    let database = TimeZoneDatabase::bundled();
    let names = database.available().map(|name| name.to_string());
    let mut names: Vec<_> = names
        .filter(|name| name.contains('/') && !name.starts_with("Etc/"))
        .collect();
    names.sort();
    names
        .iter()
        .filter_map(|name| Zone::from_name(name).ok())
        .collect()
}

fn print_lags(what: &str, sizes: &[u64], scenarios: &[Scenario], zones: &[Zone]) {
    println!("\nTeams {what}");
    println!(
        "{:>9}  {:<32} {:>10} {:>10} {:>10} {:>10}",
        "teams", "scenario", "median", "p99", "last", "skipped"
    );
    for teams in sizes {
        for scenario in scenarios {
            let due = due_times(*teams, zones, scenario.spread_minutes);
            let lags = simulate(&due, scenario.requests_per_second);
            let skipped = lags.iter().filter(|lag| **lag > CATCH_UP).count();
            let at = |share: f64| format_lag(percentile(&lags, share));
            println!(
                "{teams:>9}  {:<32} {:>10} {:>10} {:>10} {skipped:>10}",
                scenario.name,
                at(0.5),
                at(0.99),
                at(1.0)
            );
        }
    }
}

/// How long after the last message a team's position is recorded: at the second check of one a
/// minute (`CHECK_INTERVAL` in `src/bot/replies/caught_up.rs`), so between one and two minutes, and
/// longer while further messages arrive.
const POSITION_DELAY: std::ops::Range<f64> = 60.0..120.0;

/// Requests of a team at a new session before only unread history was read: its threads and its
/// channel.
const REQUESTS_FOR_ALL_HISTORY: u64 = 4;

/// What a new session costs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct SessionCost {
    /// Teams of which a history is read, with one request.
    read: u64,
    /// Replies that were missed. Each gets a ✅, with one request.
    missed: u64,
}

/// Prints how long the history and the missed ✅s take after the bot was away.
fn print_session_starts(sizes: &[u64], requests_per_second: u64) {
    println!("\nNew session, {requests_per_second} requests per second; replies are spread evenly");
    println!(
        "{:>9}  {:<10} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "teams", "replies/h", "away", "read", "missed", "history", "with ✅", "before"
    );
    let duration = |requests: u64| {
        let seconds = requests.div_ceil(requests_per_second.max(1));
        format_lag(SignedDuration::from_secs(
            i64::try_from(seconds).unwrap_or(i64::MAX),
        ))
    };
    for teams in sizes {
        for replies_per_hour in [0.4, 1.0] {
            for away_minutes in [1, 10, 60] {
                let cost = simulate_session(*teams, replies_per_hour, away_minutes);
                println!(
                    "{teams:>9}  {replies_per_hour:<10} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10}",
                    format!("{away_minutes} min"),
                    cost.read,
                    cost.missed,
                    duration(cost.read),
                    duration(cost.read + cost.missed),
                    duration(teams * REQUESTS_FOR_ALL_HISTORY + cost.missed),
                );
            }
        }
    }
}

/// Simulates each team's last replies before the bot stopped and those while it was away. A team's
/// history is read if a reply is newer than its recorded position. All replies are in one thread,
/// that of the open round.
fn simulate_session(teams: u64, replies_per_hour: f64, away_minutes: u32) -> SessionCost {
    let mut rng = StdRng::seed_from_u64(1);
    let mean_pause = 3600.0 / replies_per_hour;
    // The pause between two events of a Poisson process.
    let mut pause = || -mean_pause * (1.0 - rng.random::<f64>()).ln();
    let away = f64::from(away_minutes) * 60.0;
    let mut cost = SessionCost::default();
    let mut phase_rng = StdRng::seed_from_u64(2);
    for _ in 0..teams {
        let recorded_after = phase_rng.random_range(POSITION_DELAY);
        let is_unrecorded = pause() < recorded_after;
        let (mut missed, mut at) = (0, pause());
        while at < away {
            missed += 1;
            at += pause();
        }
        cost.missed += missed;
        cost.read += u64::from(is_unrecorded || missed > 0);
    }
    cost
}

/// Prints how many questions are due in each hour of the day, in UTC.
fn print_due_by_hour(teams: u64, zones: &[Zone]) {
    let mut hours: BTreeMap<i8, u64> = BTreeMap::new();
    for due in due_times(teams, zones, 0) {
        let hour = due.to_zoned_datetime(jiff::tz::TimeZone::UTC).hour();
        *hours.entry(hour).or_default() += 1;
    }
    println!("\n{teams} teams in all zones: questions due per hour, in UTC");
    for (hour, due) in hours {
        println!("{hour:>2}:00 {due:>8}");
    }
}

/// Returns the due times of the teams in order. The teams are distributed evenly over the zones.
fn due_times(teams: u64, zones: &[Zone], spread_minutes: i64) -> Vec<Timestamp> {
    let schedule = |zone: &Zone| Schedule::weekdays_at(time(9, 0, 0, 0), zone.clone());
    let zone_times: Vec<_> = zones
        .iter()
        .filter_map(|zone| schedule(zone).due_at(DAY))
        .collect();
    let mut next_zone = (0..zone_times.len()).cycle();
    let due = (0_i64..).zip(0..teams).filter_map(|(number, _)| {
        let time = zone_times[next_zone.next()?];
        let minutes = if spread_minutes == 0 {
            0
        } else {
            number % spread_minutes
        };
        Some(time + SignedDuration::from_mins(minutes))
    });
    let mut due: Vec<_> = due.collect();
    due.sort_unstable();
    due
}

/// Returns how late each question is posted. Like the scheduler, it posts in order of due time, as
/// fast as the rate limit allows.
fn simulate(due: &[Timestamp], requests_per_second: u64) -> Vec<SignedDuration> {
    let micros = 1_000_000 * REQUESTS_PER_QUESTION / requests_per_second.max(1);
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    let per_question = SignedDuration::from_micros(micros);
    let mut free_at = Timestamp::MIN;
    let post = |due: Timestamp| {
        free_at = free_at.max(due) + per_question;
        free_at.duration_since(due)
    };
    due.iter().copied().map(post).collect()
}

fn percentile(lags: &[SignedDuration], share: f64) -> SignedDuration {
    let mut lags = lags.to_vec();
    lags.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a list"
    )]
    let index = ((lags.len() as f64 * share).ceil() as usize).clamp(1, lags.len().max(1)) - 1;
    lags.get(index).copied().unwrap_or_default()
}

/// Formats a lag with a suitable unit: "41 s", "35 min", "11.6 h".
fn format_lag(lag: SignedDuration) -> String {
    let seconds = lag.as_secs_f64();
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        1.0..120.0 => format!("{seconds:.0} s"),
        120.0..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,000 teams need 2,000 requests, which take 40 seconds at 50 per second.
    #[test]
    fn last_team_waits_for_all_others() {
        let zones = [Zone::utc()];
        let lags = simulate(&due_times(1000, &zones, 0), 50);
        assert_eq!(percentile(&lags, 1.0), SignedDuration::from_secs(40));
        assert_eq!(percentile(&lags, 0.5), SignedDuration::from_secs(20));
    }

    /// Spread over an hour, 1,000 teams never reach the rate limit.
    #[test]
    fn spread_due_times_avoid_the_wait() {
        let lags = simulate(&due_times(1000, &[Zone::utc()], 60), 50);
        assert!(percentile(&lags, 1.0) < SignedDuration::from_secs(1));
    }

    /// A minute away, with a reply an hour: in at most 5 of 100 teams something was missed, or not
    /// recorded yet.
    #[test]
    fn few_teams_are_read_after_a_short_absence() {
        let cost = simulate_session(10_000, 1.0, 1);
        assert!((300..500).contains(&cost.read), "{cost:?}");
        assert!((120..220).contains(&cost.missed), "{cost:?}");
        let longer = simulate_session(10_000, 1.0, 60);
        assert!((6_000..7_000).contains(&longer.read), "{longer:?}");
    }

    #[test]
    fn due_times_follow_the_local_time_of_each_zone() {
        let zones = zones();
        assert!(zones.len() > 300);
        let due = due_times(10_000, &zones, 0);
        let hours = due[due.len() - 1].duration_since(due[0]).as_hours();
        assert!((20..=27).contains(&hours), "{hours}");
    }
}

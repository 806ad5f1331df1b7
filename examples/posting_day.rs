//! A day of posting for very many teams: when their questions come, and how late they are.
//!
//! `cargo run --release --example posting_day` prints the table of docs/SCALE.md; a number of teams may follow. The due
//! times are those of the real schedule in every zone there is; what is simulated is Discord, which takes so many
//! requests a second from a bot, however many processes it has.

use std::collections::BTreeMap;

use jiff::civil::{Date, date, time};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use quizloop::config::REQUESTS_PER_SECOND;
use quizloop::practice::schedule::Schedule;
use quizloop::practice::zone::Zone;

/// A Wednesday: a day with a question everywhere.
const DAY: Date = date(2026, 3, 25);

/// What a question takes: its message and its thread.
const REQUESTS: u64 = 2;

/// A question that could not come within this time is left out (the default of `team.catch_up`).
const CATCH_UP: SignedDuration = SignedDuration::from_hours(3);

/// How a bot spreads its teams.
struct Scenario {
    name: &'static str,
    /// Requests a second for all its processes.
    requests: u64,
    /// Over how many minutes the due times of a zone are spread.
    spread: i64,
}

fn main() {
    let asked = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let budget = u64::from(REQUESTS_PER_SECOND);
    let plans = [
        Scenario {
            name: "one bot",
            requests: budget,
            spread: 0,
        },
        Scenario {
            name: "one bot, an hour's spread",
            requests: budget,
            spread: 60,
        },
        Scenario {
            name: "one bot, 500 requests a second",
            requests: 500,
            spread: 0,
        },
        Scenario {
            name: "ten bots",
            requests: 10 * budget,
            spread: 0,
        },
        Scenario {
            name: "ten bots, an hour's spread",
            requests: 10 * budget,
            spread: 60,
        },
    ];
    let sizes = asked.map_or_else(|| vec![1_000, 100_000, 1_000_000], |teams| vec![teams]);
    let zones = zones();
    let single = [Zone::from_name("Europe/Berlin").unwrap_or_else(|_| Zone::utc())];
    print("in one zone, at 09:00", &sizes, &plans, &single);
    print(
        &format!("over {} zones, at 09:00 in each", zones.len()),
        &sizes,
        &plans,
        &zones,
    );
    by_hour(sizes.last().copied().unwrap_or_default(), &zones);
}

/// All zones that are no other name of another one.
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

fn print(what: &str, sizes: &[u64], plans: &[Scenario], zones: &[Zone]) {
    println!("\nTeams {what}");
    println!(
        "{:>9}  {:<32} {:>10} {:>10} {:>10} {:>10}",
        "teams", "plan", "median", "99 %", "last", "left out"
    );
    for teams in sizes {
        for plan in plans {
            let lags = simulate(&due_times(*teams, zones, plan.spread), plan.requests);
            let left_out = lags.iter().filter(|lag| **lag > CATCH_UP).count();
            let at = |share: f64| format_lag(percentile(&lags, share));
            println!(
                "{teams:>9}  {:<32} {:>10} {:>10} {:>10} {left_out:>10}",
                plan.name,
                at(0.5),
                at(0.99),
                at(1.0)
            );
        }
    }
}

/// When questions are due over the day, in UTC.
fn by_hour(teams: u64, zones: &[Zone]) {
    let mut hours: BTreeMap<i8, u64> = BTreeMap::new();
    for due in due_times(teams, zones, 0) {
        let hour = due.to_zoned(jiff::tz::TimeZone::UTC).hour();
        *hours.entry(hour).or_default() += 1;
    }
    println!("\n{teams} teams over all zones: due by hour of UTC");
    for (hour, due) in hours {
        println!("{hour:>2}:00 {due:>8}");
    }
}

/// The due times of so many teams, in order, with as many in each zone.
fn due_times(teams: u64, zones: &[Zone], spread: i64) -> Vec<Timestamp> {
    let schedule = |zone: &Zone| Schedule::weekdays_at(time(9, 0, 0, 0), zone.clone());
    let moments: Vec<_> = zones
        .iter()
        .filter_map(|zone| schedule(zone).due_at(DAY))
        .collect();
    let mut turn = (0..moments.len()).cycle();
    let due = (0_i64..).zip(0..teams).filter_map(|(number, _)| {
        let moment = moments[turn.next()?];
        let minutes = if spread == 0 { 0 } else { number % spread };
        Some(moment + SignedDuration::from_mins(minutes))
    });
    let mut due: Vec<_> = due.collect();
    due.sort_unstable();
    due
}

/// How late each is: in the order of due times, as the scheduler posts, as fast as Discord takes it.
fn simulate(due: &[Timestamp], requests: u64) -> Vec<SignedDuration> {
    let millis = i64::try_from(1_000_000 * REQUESTS / requests.max(1)).unwrap_or(i64::MAX);
    let one = SignedDuration::from_micros(millis);
    let mut free = Timestamp::MIN;
    let post = |due: Timestamp| {
        free = free.max(due) + one;
        free.duration_since(due)
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
    let place = ((lags.len() as f64 * share).ceil() as usize).clamp(1, lags.len().max(1)) - 1;
    lags.get(place).copied().unwrap_or_default()
}

/// "41 s", "35 min", "11.6 h".
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

    /// A thousand teams at once take a thousand times two requests.
    #[test]
    fn the_last_one_waits_for_all_others() {
        let zones = [Zone::utc()];
        let lags = simulate(&due_times(1000, &zones, 0), 50);
        assert_eq!(percentile(&lags, 1.0), SignedDuration::from_secs(40));
        assert_eq!(percentile(&lags, 0.5), SignedDuration::from_secs(20));
    }

    /// Spread over so much time that each finds a free place, nobody waits.
    #[test]
    fn a_spread_takes_the_wait_away() {
        let lags = simulate(&due_times(1000, &[Zone::utc()], 60), 50);
        assert!(percentile(&lags, 1.0) < SignedDuration::from_secs(1));
    }

    #[test]
    fn every_zone_has_its_own_nine_o_clock() {
        let zones = zones();
        assert!(zones.len() > 300);
        let due = due_times(10_000, &zones, 0);
        let hours = due[due.len() - 1].duration_since(due[0]).as_hours();
        assert!((20..=27).contains(&hours), "{hours}");
    }
}

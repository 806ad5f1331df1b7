//! Compares the machine's clock with Discord's.
//!
//! With a wrong clock the bot would post questions on the wrong day, and delete the data of members
//! who only seem to be inactive. While the clocks differ it therefore does neither.
//!
//! Discord's time is in the `Date` header of its responses. Between two comparisons it is
//! extrapolated with the monotonic time, which can't be set, so a clock that jumps is noticed
//! without a request. Example:
//!
//! * 09:00 The bot compares the clocks; they agree.
//! * 09:10 Somebody sets the machine's clock a year ahead. The next scan of the scheduler expects
//!   Discord's clock to show 09:10, so it starts no job. It also compares the clocks again: after a
//!   suspend the extrapolated time would be wrong, not the machine's clock.
//! * 09:15 The machine's clock is right again, and the next scan starts what is due.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::context::BotContext;
use super::discord::rest::{ApiError, DiscordClient};
use crate::clock::{Clock, LocalTime};
use quizloop_core::id::UserId;

/// By how much the clocks may differ. A schedule has a resolution of minutes, and a machine that
/// synchronises its clock is right within a second.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// How often the clocks are compared.
const COMPARE_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// How often they are compared while they seem to differ.
const RECHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// Discord's time, and how far it is from the machine's.
#[derive(Debug)]
pub struct ClockCheck {
    // Plain values; held only briefly.
    state: Mutex<State>,
}

/// Discord's time, and the machine's before the request and after the response.
#[derive(Debug, Clone, Copy)]
pub struct ObservedTime {
    /// `None` if the response names no time.
    pub discord: Option<Timestamp>,
    pub before: LocalTime,
    pub after: LocalTime,
}

#[derive(Debug)]
struct State {
    /// What Discord's clock showed at a monotonic time.
    discord: Timestamp,
    monotonic: SignedDuration,
    /// Monotonic time of the last request for Discord's time.
    requested: SignedDuration,
    /// A time that Discord's clock had certainly reached at a monotonic time; `None` without a
    /// `Date` header.
    reached: Option<(Timestamp, SignedDuration)>,
    arrivals: FastestArrivals,
    /// Whether an id from Discord does not fit the machine's clock.
    is_suspicious: bool,
    /// The latest creation time of an id from Discord; [`Timestamp::MIN`] before the first one.
    latest_id_time: Timestamp,
    /// Whether the log says that the clocks differ.
    was_reported: bool,
}

impl ClockCheck {
    /// Starts with the machine's time, until the first comparison.
    pub const fn new(local: LocalTime) -> Self {
        Self {
            state: Mutex::new(State {
                discord: local.wall,
                monotonic: local.monotonic,
                requested: local.monotonic,
                reached: None,
                arrivals: FastestArrivals {
                    current: None,
                    previous: None,
                },
                is_suspicious: false,
                latest_id_time: Timestamp::MIN,
                was_reported: false,
            }),
        }
    }

    /// Records Discord's time. Without one, nothing can be compared and the machine's clock counts
    /// as right. Returns whether the clocks are known to agree.
    pub fn record(&self, observed: ObservedTime) -> bool {
        let after = observed.after;
        let mut state = self.lock();
        // Discord's clock showed its time at some moment of the request, so it now shows at most the
        // duration of the request more. The machine's clock may show any time in between. The
        // duration is that of the monotonic time: the machine's clock may have jumped meanwhile.
        state.discord = observed.discord.map_or(after.wall, |discord| {
            let duration = (after.monotonic - observed.before.monotonic).max(SignedDuration::ZERO);
            let latest = discord.saturating_add(duration).unwrap_or(Timestamp::MAX);
            after.wall.clamp(discord, latest)
        });
        state.monotonic = after.monotonic;
        state.requested = after.monotonic;
        state.reached = observed.discord.map(|discord| (discord, after.monotonic));
        state.arrivals.begin_period();
        state.is_suspicious = false;
        observed.discord.is_some() && state.offset(after).is_none()
    }

    /// Compares the machine's clock with the creation time of an id that arrived just now. An
    /// event may be late, and only a response tells how late, so a difference leads to a comparison
    /// and to nothing else.
    pub fn observe_id(&self, created_at: Timestamp, local: LocalTime) {
        let mut state = self.lock();
        state.arrivals.observe(arrival(local, created_at));
        state.latest_id_time = state.latest_id_time.max(created_at);
        state.is_suspicious |= is_beyond_tolerance(local.wall.duration_since(created_at));
    }

    /// Returns the latest creation time of an id from Discord, which certainly is no later than the
    /// present time, whatever the machine's clock shows.
    fn latest_id_time(&self) -> Timestamp {
        self.lock().latest_id_time
    }

    /// Returns how much later than the fastest arrival of the last hours an id arrives; `None` if
    /// there was none.
    pub fn delay(&self, created_at: Timestamp, local: LocalTime) -> Option<SignedDuration> {
        self.lock().arrivals.delay(arrival(local, created_at))
    }

    /// Returns whether Discord certainly created an id more than `limit` ago.
    ///
    /// The machine's date and time may be wrong, so they don't count. The `Date` header alone does
    /// not count either, because it may be that of a proxy with a wrong clock: compared with the
    /// fastest arrival of the last hours, this one must be late as well. Example: the process was
    /// stopped for ten seconds. Discord's clock, extrapolated from the last `Date` header, is at
    /// least nine seconds ahead of the ids that arrive first, and they took ten seconds longer to
    /// arrive than others before.
    pub fn is_older_than(
        &self,
        limit: SignedDuration,
        created_at: Timestamp,
        local: LocalTime,
    ) -> bool {
        let state = self.lock();
        let by_header = state.reached.is_some_and(|(discord, at)| {
            discord.duration_since(created_at) + (local.monotonic - at) > limit
        });
        let delay = state.arrivals.delay(arrival(local, created_at));
        by_header && delay.is_some_and(|delay| delay > limit)
    }

    /// Returns how far the machine's clock is ahead of Discord's (negative: behind), if that is more
    /// than [`TOLERANCE`].
    pub fn offset(&self, local: LocalTime) -> Option<SignedDuration> {
        self.lock().offset(local)
    }

    /// Returns the time that Discord's clock shows now: extrapolated from the last comparison, or
    /// the machine's time as long as they agree.
    pub fn discord_time(&self, local: LocalTime) -> Timestamp {
        let offset = self.offset(local).unwrap_or_default();
        local.wall.checked_sub(offset).unwrap_or(local.wall)
    }

    /// Returns whether to [`refresh`] now, and counts on it that the caller does.
    pub fn begin_request(&self, local: LocalTime) -> bool {
        let mut state = self.lock();
        let interval = if state.is_suspicious || state.offset(local).is_some() {
            RECHECK_INTERVAL
        } else {
            COMPARE_INTERVAL
        };
        let is_due = (local.monotonic - state.requested).abs() >= interval;
        if is_due {
            state.requested = local.monotonic;
        }
        is_due
    }

    /// Returns whether the clocks began or ceased to differ, which is logged once.
    fn has_changed(&self, differ: bool) -> bool {
        std::mem::replace(&mut self.lock().was_reported, differ) != differ
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fastest arrivals of ids, as the smallest difference between the machine's monotonic time and
/// the time of an id. It is kept for two periods between comparisons of the clocks: a monotonic time
/// may run a little faster than Discord's clock, and stands still during a suspend.
#[derive(Debug, Default)]
struct FastestArrivals {
    current: Option<SignedDuration>,
    previous: Option<SignedDuration>,
}

impl FastestArrivals {
    fn begin_period(&mut self) {
        if let Some(fastest) = self.current.take() {
            self.previous = Some(fastest);
        }
    }

    fn observe(&mut self, arrival: SignedDuration) {
        let fastest = self.current.map_or(arrival, |fastest| fastest.min(arrival));
        self.current = Some(fastest);
    }

    /// Returns how much later than the fastest arrival this one is; `None` without any.
    fn delay(&self, arrival: SignedDuration) -> Option<SignedDuration> {
        let fastest = [self.current, self.previous].into_iter().flatten().min()?;
        Some(arrival - fastest)
    }
}

/// Returns the difference between the machine's monotonic time and the time of an id. Only the
/// differences between such values mean something.
fn arrival(local: LocalTime, created_at: Timestamp) -> SignedDuration {
    local.monotonic - created_at.duration_since(Timestamp::UNIX_EPOCH)
}

impl State {
    fn offset(&self, local: LocalTime) -> Option<SignedDuration> {
        let passed = local.monotonic - self.monotonic;
        let offset = local.wall.duration_since(self.discord) - passed;
        is_beyond_tolerance(offset).then_some(offset)
    }
}

fn is_beyond_tolerance(offset: SignedDuration) -> bool {
    offset.abs() > TOLERANCE
}

/// Explains to the operator that the clocks differ.
fn problem(offset: SignedDuration) -> String {
    let direction = if offset.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let amount = match (offset.abs().as_hours(), offset.abs().as_mins()) {
        (48.., _) => format!("{} days", offset.abs().as_hours() / 24),
        (2.., _) => format!("{} hours", offset.abs().as_hours()),
        (_, minutes) => format!("{minutes} minutes"),
    };
    format!(
        "this machine's clock is {amount} {direction} Discord's, so nothing is posted, expired or \
         deleted; set the clock, and keep it right with NTP"
    )
}

/// Returns whether the clocks agree, and reports changes to the log and to the health monitor.
pub fn check(ctx: &BotContext) -> bool {
    let offset = ctx.clock_check.offset(ctx.clock.local_time());
    if ctx.clock_check.has_changed(offset.is_some()) {
        if let Some(offset) = offset {
            tracing::error!(offset_s = offset.as_secs(), "{}", problem(offset));
        } else {
            tracing::info!("this machine's clock agrees with Discord's again");
        }
    }
    ctx.health.clocks_compared(offset.map(problem));
    offset.is_none()
}

/// Compares the clocks. The last comparison stays valid if this one fails.
pub async fn refresh(ctx: &BotContext) {
    if let Err(error) = compare(ctx).await {
        tracing::debug!(%error, "Discord's time could not be fetched");
    }
}

/// Asks for Discord's time. Returns whether the clocks are known to agree.
pub async fn compare(ctx: &BotContext) -> Result<bool, ApiError> {
    let (_, observed) = fetch_user_and_time(&ctx.rest, &ctx.clock).await?;
    Ok(ctx.clock_check.record(observed))
}

/// Returns a time that certainly has come: the present time if the clocks are known to agree, and
/// otherwise the latest time in an id from Discord.
pub async fn proven_time(ctx: &BotContext) -> Timestamp {
    match compare(ctx).await {
        Ok(true) => ctx.discord_now(),
        Ok(false) | Err(_) => ctx.clock_check.latest_id_time(),
    }
}

/// Fetches the bot's user id, and Discord's time from the same response.
pub async fn fetch_user_and_time(
    rest: &DiscordClient,
    clock: &Clock,
) -> Result<(UserId, ObservedTime), ApiError> {
    let before = clock.local_time();
    let (user, discord) = rest.current_user().await?;
    let observed = ObservedTime {
        discord,
        before,
        after: clock.local_time(),
    };
    Ok((user, observed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose clock is that far ahead, some time after noon by Discord's clock.
    fn local(since_noon: SignedDuration, ahead: SignedDuration) -> LocalTime {
        LocalTime {
            wall: noon() + since_noon + ahead,
            monotonic: since_noon,
        }
    }

    fn noon() -> Timestamp {
        "2026-03-27T12:00:00Z".parse().unwrap()
    }

    const fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    fn checked_at_noon(ahead: SignedDuration) -> ClockCheck {
        let check = ClockCheck::new(local(seconds(0), ahead));
        check.record(observed(Some(noon()), local(seconds(0), ahead)));
        check
    }

    /// A response that took no time.
    const fn observed(discord: Option<Timestamp>, at: LocalTime) -> ObservedTime {
        ObservedTime {
            discord,
            before: at,
            after: at,
        }
    }

    /// Discord's time is some moment of the request, however long that took.
    #[test]
    fn a_slow_response_is_no_difference() {
        for (discord, offset) in [
            (0, None),
            (900, None),
            (-301, Some(301)),
            (1201, Some(-301)),
        ] {
            let check = checked_at_noon(seconds(0));
            let after = local(seconds(900), seconds(0));
            let agrees = check.record(ObservedTime {
                discord: Some(noon() + seconds(discord)),
                before: local(seconds(0), seconds(0)),
                after,
            });
            assert_eq!(check.offset(after), offset.map(seconds), "{discord}");
            assert_eq!(agrees, offset.is_none());
        }
    }

    /// Discord's time lies between what the machine's clock showed before and after the request, but
    /// only because the machine's clock jumped.
    #[test]
    fn a_jump_during_the_request_is_a_difference() {
        let check = checked_at_noon(seconds(0));
        let after = local(seconds(2), seconds(32_400));
        let agrees = check.record(ObservedTime {
            discord: Some(noon() + seconds(1)),
            before: local(seconds(0), seconds(0)),
            after,
        });
        assert!(!agrees);
        assert_eq!(check.offset(after), Some(seconds(32_399)));
    }

    #[test]
    fn clocks_differ_beyond_five_minutes_in_both_directions() {
        for (ahead, differs) in [
            (0, false),
            (300, false),
            (301, true),
            (-300, false),
            (-301, true),
        ] {
            let check = checked_at_noon(seconds(ahead));
            let offset = check.offset(local(seconds(0), seconds(ahead)));
            assert_eq!(offset, differs.then_some(seconds(ahead)), "{ahead}");
        }
    }

    #[test]
    fn a_jump_is_noticed_without_a_request() {
        let check = checked_at_noon(seconds(0));
        assert_eq!(check.offset(local(seconds(86_400), seconds(1))), None);
        let year = seconds(365 * 86_400);
        let jumped = local(seconds(60), year);
        assert_eq!(check.offset(jumped), Some(year));
        assert_eq!(check.discord_time(jumped), noon() + seconds(60));
        assert_eq!(check.offset(local(seconds(90), seconds(0))), None);
    }

    /// The monotonic time stands still during a suspend, so the extrapolated time is too early.
    #[test]
    fn a_comparison_after_a_suspend_shows_that_the_clocks_agree() {
        let check = checked_at_noon(seconds(0));
        let awake = LocalTime {
            wall: noon() + seconds(28_800),
            monotonic: seconds(60),
        };
        assert_eq!(check.offset(awake), Some(seconds(28_740)));
        assert!(check.begin_request(awake));
        assert!(check.record(observed(Some(awake.wall), awake)));
        assert_eq!(check.offset(awake), None);
    }

    #[test]
    fn requests_are_paced() {
        let check = checked_at_noon(seconds(0));
        let is_due =
            |after: i64, ahead: i64| check.begin_request(local(seconds(after), seconds(ahead)));
        assert!(!is_due(3599, 0));
        assert!(is_due(3600, 0));
        assert!(!is_due(3601, 0));
        assert!(!is_due(3629, 400));
        assert!(is_due(3630, 400));
        assert!(!is_due(3659, 400));
        assert!(is_due(3660, 400));
    }

    #[test]
    fn an_id_of_another_time_leads_to_a_comparison_only() {
        for (created, is_suspicious) in [(0, false), (-300, false), (-301, true), (301, true)] {
            let check = checked_at_noon(seconds(0));
            let now = local(seconds(60), seconds(0));
            check.observe_id(now.wall + seconds(created), now);
            assert_eq!(check.offset(now), None);
            assert_eq!(check.begin_request(now), is_suspicious, "{created}");
        }
    }

    /// An id that arrives a quarter of a second after its creation, as fast as possible.
    fn observe_fast_id(check: &ClockCheck, at: i64) {
        let created = noon() + seconds(at) - SignedDuration::from_millis(250);
        check.observe_id(created, local(seconds(at), seconds(0)));
    }

    fn is_older(check: &ClockCheck, created: i64, now: LocalTime) -> bool {
        check.is_older_than(seconds(3), noon() + seconds(created), now)
    }

    #[test]
    fn an_id_is_late_by_date_header_and_fastest_arrival() {
        for ahead in [0, 90, 9000] {
            let check = checked_at_noon(seconds(ahead));
            let now = local(seconds(70), seconds(ahead));
            // Without an earlier arrival nothing is known.
            assert!(!is_older(&check, 60, now));
            observe_fast_id(&check, 30);
            assert!(is_older(&check, 60, now));
            assert!(!is_older(&check, 67, now));
            assert!(!is_older(&check, 70, now));
        }
    }

    #[test]
    fn a_proxy_with_a_wrong_clock_makes_no_id_late() {
        for wrong in [-90, 90, 9000] {
            let check = checked_at_noon(seconds(0));
            observe_fast_id(&check, 10);
            let now = local(seconds(20), seconds(0));
            check.record(observed(Some(noon() + seconds(20 + wrong)), now));
            assert!(!is_older(&check, 20, now), "{wrong}");
        }
        let check = checked_at_noon(seconds(0));
        observe_fast_id(&check, 10);
        let now = local(seconds(70), seconds(0));
        check.record(observed(None, now));
        assert!(!is_older(&check, 60, now));
    }

    /// Such as an id that arrives before the sandbox's clock was read.
    #[test]
    fn an_id_from_the_future_makes_no_other_late() {
        let check = checked_at_noon(seconds(0));
        check.observe_id(noon() + seconds(3600), local(seconds(1), seconds(0)));
        assert!(!is_older(&check, 10, local(seconds(11), seconds(0))));
    }

    /// The monotonic time runs faster than Discord's clock, by five seconds a period.
    #[test]
    fn arrivals_of_earlier_periods_do_not_count() {
        let mut arrivals = FastestArrivals::default();
        for arrival in [0, 5, 10, 15] {
            arrivals.begin_period();
            arrivals.observe(seconds(arrival));
        }
        assert_eq!(arrivals.delay(seconds(16)), Some(seconds(6)));
        arrivals.begin_period();
        assert_eq!(arrivals.delay(seconds(16)), Some(seconds(1)));
    }

    #[test]
    fn the_latest_id_gives_a_time_that_has_come() {
        let check = checked_at_noon(seconds(0));
        assert_eq!(check.latest_id_time(), Timestamp::MIN);
        for created in [10, 30, 20] {
            let year = seconds(365 * 86_400);
            check.observe_id(noon() + seconds(created), local(seconds(60), year));
        }
        assert_eq!(check.latest_id_time(), noon() + seconds(30));
    }

    #[test]
    fn without_a_date_nothing_is_known() {
        let check = checked_at_noon(seconds(0));
        let ahead = local(seconds(60), seconds(9000));
        assert!(!check.record(observed(None, ahead)));
        assert_eq!(check.offset(ahead), None);
    }

    #[test]
    fn a_change_is_reported_once() {
        let check = checked_at_noon(seconds(0));
        assert!(!check.has_changed(false));
        assert!(check.has_changed(true));
        assert!(!check.has_changed(true));
        assert!(check.has_changed(false));
    }

    #[test]
    fn the_problem_names_size_and_direction() {
        insta::assert_snapshot!(problem(seconds(9 * 3600)), @"this machine's clock is 9 hours ahead of Discord's, so nothing is posted, expired or deleted; set the clock, and keep it right with NTP");
        insta::assert_snapshot!(problem(seconds(-301)), @"this machine's clock is 5 minutes behind Discord's, so nothing is posted, expired or deleted; set the clock, and keep it right with NTP");
        insta::assert_snapshot!(problem(seconds(426 * 86_400)), @"this machine's clock is 426 days ahead of Discord's, so nothing is posted, expired or deleted; set the clock, and keep it right with NTP");
    }
}

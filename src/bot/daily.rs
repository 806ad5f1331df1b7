//! The one scheduler: posting rounds, and reminding of them.
//!
//! It keeps no timers. It asks every team what is next, starts what is due, and sleeps until the next moment that
//! matters; so a restart, a reconnect or a moved clock changes nothing. The steps themselves are in
//! [`super::post`] and [`super::reminders`].

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::desk::{Desk, TeamKey};
use super::post::Post;
use super::reminders;
use super::tidy::Tidy;
use super::week::WeekPost;
use crate::practice::id::UserId;
use crate::practice::posting::Next;
use crate::practice::team::Team;
use crate::practice::week::NextWeek;

/// How many teams are posted side by side: enough to use up the requests of a second
/// ([`super::budget`]) at a quarter of a second for a request, few enough for others to get their turn.
const AT_ONCE: usize = 16;

/// How many members are reminded side by side. Nobody waits for that, so it never takes the places of posts.
const REMINDED_AT_ONCE: usize = 4;

/// Something to do for a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Job {
    /// Its round.
    Round(TeamKey),
    /// The report on its week.
    Week(TeamKey),
    /// A member's reminder.
    Remind(TeamKey, UserId),
}

/// How many jobs of a sort run side by side.
struct Places {
    posts: Semaphore,
    reminders: Semaphore,
}

impl Job {
    async fn work(self, desk: &Arc<Desk>, places: &Places) {
        // Places are given in the order in which they were asked for; none is ever closed.
        match self {
            Self::Round(key) => {
                let _place = places.posts.acquire().await;
                Post { desk, key }.go_on().await;
            }
            Self::Week(key) => {
                let _place = places.posts.acquire().await;
                WeekPost { desk, key }.go_on().await;
            }
            Self::Remind(key, user) => {
                let _place = places.reminders.acquire().await;
                reminders::send(desk, key, user).await;
            }
        }
    }
}

/// Does what is due, for ever.
pub async fn run(desk: Arc<Desk>) {
    let places = Arc::new(Places {
        posts: Semaphore::new(AT_ONCE),
        reminders: Semaphore::new(REMINDED_AT_ONCE),
    });
    let (mut running, mut busy) = (JoinSet::new(), HashSet::new());
    let mut tidy = Tidy::default();
    loop {
        let (seq, now) = (desk.clock.reading(), desk.clock.now());
        tidy.look(&desk, now);
        let plan = Plan::of(&desk, now);
        desk.vitals.scheduler_looked(plan.rounds.len());
        for job in plan.jobs() {
            if busy.insert(job) {
                let (desk, places) = (Arc::clone(&desk), Arc::clone(&places));
                running.spawn(async move {
                    job.work(&desk, &places).await;
                    job
                });
            }
        }
        if running.is_empty() {
            desk.clock.settled(seq);
        }
        tokio::select! {
            Some(done) = running.join_next() => match done {
                Ok(job) => { busy.remove(&job); }
                // Whose task it was is not known; those still at work are asked again later.
                Err(error) => { tracing::error!(%error, "a post panicked"); busy.clear(); }
            },
            () = desk.clock.wait_until(plan.next, seq) => {}
            () = desk.wake.notified() => {}
        }
    }
}

/// What is due, and when to look again.
#[derive(Debug, Default)]
struct Plan {
    /// Whose question is due first comes first.
    rounds: Vec<(Timestamp, TeamKey)>,
    /// After all rounds.
    weeks: Vec<(Timestamp, TeamKey)>,
    /// One of each team, then the second of each, so that a team of many holds up none of few.
    reminders: Vec<(usize, Timestamp, TeamKey, UserId)>,
    next: Option<Timestamp>,
}

impl Plan {
    fn of(desk: &Desk, now: Timestamp) -> Self {
        let mut plan = Self::default();
        for guild in desk.store.guilds() {
            desk.store.read(guild, |state| {
                for (channel, team) in state.teams() {
                    let key = TeamKey {
                        guild,
                        channel: *channel,
                    };
                    plan.add(desk, key, team, now);
                }
            });
        }
        plan.rounds.sort_unstable();
        plan.weeks.sort_unstable();
        plan.reminders.sort_unstable();
        plan
    }

    fn add(&mut self, desk: &Desk, key: TeamKey, team: &Team, now: Timestamp) {
        match moment(desk, key, team, now) {
            Some(at) if at <= now => self.rounds.push((order(team, now), key)),
            Some(at) => self.look_at(at),
            None => {}
        }
        match week_moment(desk, key, team, now) {
            Some(at) if at <= now => self.weeks.push((at, key)),
            Some(at) => self.look_at(at),
            None => {}
        }
        let mut nth = 0;
        for due in team.reminders_today(now) {
            if due.at > now {
                self.look_at(due.at);
            } else {
                self.reminders.push((nth, due.at, key, due.user));
                nth += 1;
            }
        }
    }

    fn look_at(&mut self, moment: Timestamp) {
        self.next = self.next.into_iter().chain([moment]).min();
    }

    fn jobs(&self) -> impl Iterator<Item = Job> {
        let rounds = self.rounds.iter().map(|(_, key)| Job::Round(*key));
        let weeks = self.weeks.iter().map(|(_, key)| Job::Week(*key));
        let reminders = self.reminders.iter();
        rounds
            .chain(weeks)
            .chain(reminders.map(|(_, _, key, user)| Job::Remind(*key, *user)))
    }
}

/// When there is something to do for a team.
fn moment(desk: &Desk, key: TeamKey, team: &Team, now: Timestamp) -> Option<Timestamp> {
    let held = desk.backoff.get(&key).map(|backoff| backoff.until);
    let due = match team.next(now) {
        Next::Wait(at) => return Some(at),
        Next::Rest => return None,
        // A thread that can't be started must not keep the next question from coming.
        Next::Thread => match team.next_due(now) {
            Next::Intend { .. } => now,
            Next::Wait(at) => return Some(held.map_or(now, |held| held.min(at))),
            _ => held.unwrap_or(now),
        },
        Next::Intend { .. } | Next::Post | Next::GiveUp => held.unwrap_or(now),
    };
    Some(due)
}

/// When there is something to do about a team's report on its week.
fn week_moment(desk: &Desk, key: TeamKey, team: &Team, now: Timestamp) -> Option<Timestamp> {
    let due = match team.next_week(now) {
        NextWeek::Wait(at) => return Some(at),
        NextWeek::Rest => return None,
        NextWeek::Intend { due, .. } => due,
        NextWeek::Post | NextWeek::GiveUp => now,
    };
    let held = desk.week_backoff.get(&key).map(|backoff| backoff.until);
    Some(held.map_or(due, |held| held.max(due)))
}

fn order(team: &Team, now: Timestamp) -> Timestamp {
    match team.next_due(now) {
        Next::Intend { due, .. } => due,
        _ => team.rounds().last().map_or(now, |round| round.due),
    }
}

//! The one scheduler: posting rounds, and reminding of them.
//!
//! It keeps no timers. It asks every team what is next, starts what is due, and sleeps until the next moment that
//! matters; so a restart, a reconnect or a moved clock changes nothing. The steps themselves are in
//! [`super::post`] and [`super::reminders`].

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::desk::{Desk, TeamKey};
use super::post::Post;
use super::tidy::{self, Tidy};
use super::week::WeekPost;
use super::{fetch, reminders};
use crate::practice::id::{GuildId, UserId};
use crate::practice::posting::PostStep;
use crate::practice::team::Team;
use crate::practice::weekly_report::ReportStep;
use crate::store::GuildView;

/// How many teams are posted side by side: enough to use up the requests of a second
/// ([`super::budget`]) at a quarter of a second for a request, few enough for others to get their turn.
const AT_ONCE: usize = 16;

/// After a look that took longer than this there is a pause, so many times as long as the look.
const LONG_LOOK: Duration = Duration::from_millis(2);
const PAUSE_OF_LOOKS: u32 = 9;

/// How many members are reminded side by side. Nobody waits for that, so it never takes the places of posts.
const REMINDED_AT_ONCE: usize = 4;

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Job {
    /// A team's round.
    Round(TeamKey),
    /// What is due in a guild that was let go.
    Wake(GuildId),
    /// The report on a team's week.
    Week(TeamKey),
    /// A member's reminder.
    Remind(TeamKey, UserId),
    /// Guilds that nobody wants are let go.
    LetGo,
}

/// How many jobs of a sort run side by side.
struct Places {
    posts: Semaphore,
    reminders: Semaphore,
}

impl Job {
    async fn work(self, desk: &Arc<Desk>, places: &Places) {
        let (guild, places) = match self {
            Self::Round(key) | Self::Week(key) => (key.guild, &places.posts),
            Self::Wake(guild) => (guild, &places.posts),
            Self::Remind(key, _) => (key.guild, &places.reminders),
            Self::LetGo => return let_go(desk).await,
        };
        // Places are given in the order in which they were asked for; none is ever closed.
        let _place = places.acquire().await;
        let Some(_pin) = fetch::patiently(desk, guild).await else {
            return;
        };
        match self {
            Self::Round(key) => Post { desk, key }.go_on().await,
            Self::Wake(guild) => wake(desk, guild).await,
            Self::Week(key) => WeekPost { desk, key }.go_on().await,
            Self::Remind(key, user) => reminders::send(desk, key, user).await,
            // Done above: it is about no guild.
            Self::LetGo => {}
        }
    }
}

/// Does what may not wait in a guild that was just fetched. The rest is planned with all others, now that it is here.
async fn wake(desk: &Arc<Desk>, guild: GuildId) {
    let now = desk.clock.now();
    tidy::forget_unseen_of(desk, guild, tidy::day_of(now)).await;
    let mut plan = Plan::default();
    desk.store
        .view(guild, |known| plan.note(desk, guild, known, now));
    plan.rounds.sort_unstable();
    for (_, job) in plan.rounds {
        if let Job::Round(key) = job {
            Post { desk, key }.go_on().await;
        }
    }
}

/// Making guilds small takes its time: that is done where nobody waits for answers.
async fn let_go(desk: &Arc<Desk>) {
    let store = desk.store.clone();
    // A panic has been printed already, and leaves every guild as it was.
    let gone = tokio::task::spawn_blocking(move || store.evict_idle()).await;
    if let Ok(guilds @ 1..) = gone {
        tracing::debug!(
            guilds,
            "nobody wanted some servers for a while: they were let go"
        );
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
    let mut rests = desk.uptime();
    loop {
        let (seq, now) = (desk.clock.reading(), desk.clock.now());
        let began = Instant::now();
        tidy.look(&desk, now);
        let mut plan = Plan::of(&desk, now);
        desk.vitals.scheduler_looked(plan.rounds.len());
        let rested = desk.uptime().saturating_sub(rests);
        let lets_go = rested >= desk.store.idle_timeout();
        if lets_go {
            rests = desk.uptime();
        }
        plan.look_in(now, desk.store.idle_timeout().saturating_sub(rested));
        for job in plan.jobs().chain(lets_go.then_some(Job::LetGo)) {
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
        // However many servers there are, looking takes a small share of the time.
        let looked = began.elapsed();
        if looked > LONG_LOOK {
            tokio::time::sleep(looked * PAUSE_OF_LOOKS).await;
        }
        tokio::select! {
            Some(done) = running.join_next() => {
                over(&mut busy, done);
                while let Some(done) = running.try_join_next() {
                    over(&mut busy, done);
                }
            }
            () = desk.clock.wait_until(plan.next, seq) => {}
            () = desk.wake.notified() => {}
        }
    }
}

fn over(busy: &mut HashSet<Job>, done: Result<Job, JoinError>) {
    match done {
        Ok(job) => {
            busy.remove(&job);
        }
        // Whose task it was is not known; those still at work are asked again later.
        Err(error) => {
            tracing::error!(%error, "a post panicked");
            busy.clear();
        }
    }
}

/// What is due, and when to look again.
#[derive(Debug, Default)]
struct Plan {
    /// Whose question is due first comes first.
    rounds: Vec<(Timestamp, Job)>,
    /// After all rounds.
    weeks: Vec<(Timestamp, TeamKey)>,
    /// One of each team, then the second of each, so that a team of many holds up none of few.
    reminders: Vec<(usize, Timestamp, TeamKey, UserId)>,
    next: Option<Timestamp>,
}

impl Plan {
    fn of(desk: &Desk, now: Timestamp) -> Self {
        let mut plan = Self::default();
        let next = desk.store.due(now, |guild, known| {
            plan.note(desk, guild, known, now);
        });
        if let Some(next) = next {
            plan.look_at(next);
        }
        plan.rounds.sort_unstable();
        plan.weeks.sort_unstable();
        plan.reminders.sort_unstable();
        plan
    }

    fn note(&mut self, desk: &Desk, guild: GuildId, known: GuildView<'_>, now: Timestamp) {
        match known {
            GuildView::Loaded(state) => {
                for (channel, team) in state.teams() {
                    let key = TeamKey {
                        guild,
                        channel: *channel,
                    };
                    self.add(desk, key, team, now);
                }
            }
            GuildView::Summary(outline) => match outline.next_due {
                // Of those of which it is not known when they were due none goes before all others.
                Some(wake) if wake == Timestamp::MIN => self.rounds.push((now, Job::Wake(guild))),
                Some(wake) if wake <= now => self.rounds.push((wake, Job::Wake(guild))),
                Some(wake) => self.look_at(wake),
                None => {}
            },
        }
    }

    fn add(&mut self, desk: &Desk, key: TeamKey, team: &Team, now: Timestamp) {
        match moment(desk, key, team, now) {
            // It is looked at again when whoever works on it is through.
            Some(_) if desk.posting.contains(&key) => {}
            Some(at) if at <= now => self.rounds.push((order(team, now), Job::Round(key))),
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

    fn look_in(&mut self, now: Timestamp, pause: Duration) {
        let moment = now.saturating_add(pause);
        self.look_at(moment.unwrap_or(Timestamp::MAX));
    }

    fn jobs(&self) -> impl Iterator<Item = Job> {
        let rounds = self.rounds.iter().map(|(_, job)| *job);
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
    let due = match team.next_post_step(now) {
        PostStep::Wait(at) => return Some(at),
        PostStep::Idle => return None,
        // A thread that can't be started must not keep the next question from coming.
        PostStep::CreateThread => match team.next_question_step(now) {
            PostStep::Begin { .. } => now,
            PostStep::Wait(at) => return Some(held.map_or(now, |held| held.min(at))),
            _ => held.unwrap_or(now),
        },
        PostStep::Begin { .. } | PostStep::Post | PostStep::Abandon => held.unwrap_or(now),
    };
    Some(due)
}

/// When there is something to do about a team's report on its week.
fn week_moment(desk: &Desk, key: TeamKey, team: &Team, now: Timestamp) -> Option<Timestamp> {
    let due = match team.next_report_step(now) {
        ReportStep::Wait(at) => return Some(at),
        ReportStep::Idle => return None,
        ReportStep::Begin { due, .. } => due,
        ReportStep::Post | ReportStep::Abandon => now,
    };
    let held = desk.week_backoff.get(&key).map(|backoff| backoff.until);
    Some(held.map_or(due, |held| held.max(due)))
}

fn order(team: &Team, now: Timestamp) -> Timestamp {
    match team.next_question_step(now) {
        PostStep::Begin { due, .. } => due,
        _ => team.rounds().last().map_or(now, |round| round.due),
    }
}

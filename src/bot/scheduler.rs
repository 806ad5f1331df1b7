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

use super::context::{BotContext, TeamKey};
use super::data_expiry::{self, ExpiryJob};
use super::post::PostJob;
use super::weekly_report::WeeklyReportJob;
use super::{load_guild, reminders};
use crate::practice::id::{GuildId, UserId};
use crate::practice::posting::PostStep;
use crate::practice::team::Team;
use crate::practice::weekly_report::ReportStep;
use crate::store::GuildView;

/// How many teams are posted side by side: enough to use up the requests of a second
/// ([`super::budget`]) at a quarter of a second for a request, few enough for others to get their turn.
const MAX_CONCURRENT_POSTS: usize = 16;

/// After a look that took longer than this there is a pause, so many times as long as the look.
const SLOW_SCAN: Duration = Duration::from_millis(2);
const SCAN_BACKOFF_FACTOR: u32 = 9;

/// How many members are reminded side by side. Nobody waits for that, so it never takes the places of posts.
const MAX_CONCURRENT_REMINDERS: usize = 4;

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Job {
    /// A team's round.
    Round(TeamKey),
    /// What is due in a guild that was let go.
    LoadGuild(GuildId),
    /// The report on a team's week.
    WeeklyReport(TeamKey),
    /// A member's reminder.
    Remind(TeamKey, UserId),
    /// Guilds that nobody wants are let go.
    EvictIdle,
}

/// How many jobs of a sort run side by side.
struct Permits {
    posts: Semaphore,
    reminders: Semaphore,
}

impl Job {
    async fn run(self, ctx: &Arc<BotContext>, permits: &Permits) {
        let (guild, permits) = match self {
            Self::Round(key) | Self::WeeklyReport(key) => (key.guild, &permits.posts),
            Self::LoadGuild(guild) => (guild, &permits.posts),
            Self::Remind(key, _) => (key.guild, &permits.reminders),
            Self::EvictIdle => return evict_idle(ctx).await,
        };
        // Places are given in the order in which they were asked for; none is ever closed.
        let _permit = permits.acquire().await;
        let Some(_pin) = load_guild::with_retry(ctx, guild).await else {
            return;
        };
        match self {
            Self::Round(key) => PostJob { ctx, key }.run().await,
            Self::LoadGuild(guild) => catch_up_guild(ctx, guild).await,
            Self::WeeklyReport(key) => WeeklyReportJob { ctx, key }.run().await,
            Self::Remind(key, user) => reminders::send(ctx, key, user).await,
            // Done above: it is about no guild.
            Self::EvictIdle => {}
        }
    }
}

/// Does what may not wait in a guild that was just fetched. The rest is planned with all others, now that it is here.
async fn catch_up_guild(ctx: &Arc<BotContext>, guild: GuildId) {
    let now = ctx.clock.now();
    data_expiry::expire_inactive_members_of(ctx, guild, data_expiry::utc_date(now)).await;
    let mut due_jobs = DueJobs::default();
    ctx.store
        .view(guild, |known| due_jobs.collect(ctx, guild, known, now));
    due_jobs.rounds.sort_unstable();
    for (_, job) in due_jobs.rounds {
        if let Job::Round(key) = job {
            PostJob { ctx, key }.run().await;
        }
    }
}

/// Making guilds small takes its time: that is done where nobody waits for answers.
async fn evict_idle(ctx: &Arc<BotContext>) {
    let store = ctx.store.clone();
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
pub async fn run(ctx: Arc<BotContext>) {
    let permits = Arc::new(Permits {
        posts: Semaphore::new(MAX_CONCURRENT_POSTS),
        reminders: Semaphore::new(MAX_CONCURRENT_REMINDERS),
    });
    let (mut running, mut busy) = (JoinSet::new(), HashSet::new());
    let mut expiry = ExpiryJob::default();
    let mut last_eviction = ctx.uptime();
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        let scan_start = Instant::now();
        expiry.run_if_new_day(&ctx, now);
        let mut due_jobs = DueJobs::scan(&ctx, now);
        ctx.health.scheduler_ran(due_jobs.rounds.len());
        let since_eviction = ctx.uptime().saturating_sub(last_eviction);
        let eviction_due = since_eviction >= ctx.store.idle_timeout();
        if eviction_due {
            last_eviction = ctx.uptime();
        }
        due_jobs.wake_in(now, ctx.store.idle_timeout().saturating_sub(since_eviction));
        for job in due_jobs
            .jobs()
            .chain(eviction_due.then_some(Job::EvictIdle))
        {
            if busy.insert(job) {
                let (ctx, permits) = (Arc::clone(&ctx), Arc::clone(&permits));
                running.spawn(async move {
                    job.run(&ctx, &permits).await;
                    job
                });
            }
        }
        if running.is_empty() {
            ctx.clock.acknowledge(seq);
        }
        // However many servers there are, looking takes a small share of the time.
        let scan_time = scan_start.elapsed();
        if scan_time > SLOW_SCAN {
            tokio::time::sleep(scan_time * SCAN_BACKOFF_FACTOR).await;
        }
        tokio::select! {
            Some(done) = running.join_next() => {
                finish_job(&mut busy, done);
                while let Some(done) = running.try_join_next() {
                    finish_job(&mut busy, done);
                }
            }
            () = ctx.clock.wait_until(due_jobs.next_wake, seq) => {}
            () = ctx.wake_scheduler.notified() => {}
        }
    }
}

fn finish_job(busy: &mut HashSet<Job>, done: Result<Job, JoinError>) {
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
struct DueJobs {
    /// Whose question is due first comes first.
    rounds: Vec<(Timestamp, Job)>,
    /// After all rounds.
    reports: Vec<(Timestamp, TeamKey)>,
    /// One of each team, then the second of each, so that a team of many holds up none of few.
    reminders: Vec<(usize, Timestamp, TeamKey, UserId)>,
    next_wake: Option<Timestamp>,
}

impl DueJobs {
    fn scan(ctx: &BotContext, now: Timestamp) -> Self {
        let mut due_jobs = Self::default();
        let next = ctx.store.due(now, |guild, known| {
            due_jobs.collect(ctx, guild, known, now);
        });
        if let Some(next) = next {
            due_jobs.wake_at(next);
        }
        due_jobs.rounds.sort_unstable();
        due_jobs.reports.sort_unstable();
        due_jobs.reminders.sort_unstable();
        due_jobs
    }

    fn collect(&mut self, ctx: &BotContext, guild: GuildId, known: GuildView<'_>, now: Timestamp) {
        match known {
            GuildView::Loaded(state) => {
                for (channel, team) in state.teams() {
                    let key = TeamKey {
                        guild,
                        channel: *channel,
                    };
                    self.add_team(ctx, key, team, now);
                }
            }
            GuildView::Summary(outline) => match outline.next_due {
                // Of those of which it is not known when they were due none goes before all others.
                Some(wake) if wake == Timestamp::MIN => {
                    self.rounds.push((now, Job::LoadGuild(guild)))
                }
                Some(wake) if wake <= now => self.rounds.push((wake, Job::LoadGuild(guild))),
                Some(wake) => self.wake_at(wake),
                None => {}
            },
        }
    }

    fn add_team(&mut self, ctx: &BotContext, key: TeamKey, team: &Team, now: Timestamp) {
        match next_post_at(ctx, key, team, now) {
            // It is looked at again when whoever works on it is through.
            Some(_) if ctx.posting.contains(&key) => {}
            Some(at) if at <= now => self.rounds.push((due_order(team, now), Job::Round(key))),
            Some(at) => self.wake_at(at),
            None => {}
        }
        match next_report_at(ctx, key, team, now) {
            Some(at) if at <= now => self.reports.push((at, key)),
            Some(at) => self.wake_at(at),
            None => {}
        }
        let mut nth = 0;
        for due in team.reminders_today(now) {
            if due.at > now {
                self.wake_at(due.at);
            } else {
                self.reminders.push((nth, due.at, key, due.user));
                nth += 1;
            }
        }
    }

    fn wake_at(&mut self, moment: Timestamp) {
        self.next_wake = self.next_wake.into_iter().chain([moment]).min();
    }

    fn wake_in(&mut self, now: Timestamp, pause: Duration) {
        let moment = now.saturating_add(pause);
        self.wake_at(moment.unwrap_or(Timestamp::MAX));
    }

    fn jobs(&self) -> impl Iterator<Item = Job> {
        let rounds = self.rounds.iter().map(|(_, job)| *job);
        let weeks = self.reports.iter().map(|(_, key)| Job::WeeklyReport(*key));
        let reminders = self.reminders.iter();
        rounds
            .chain(weeks)
            .chain(reminders.map(|(_, _, key, user)| Job::Remind(*key, *user)))
    }
}

/// When there is something to do for a team.
fn next_post_at(ctx: &BotContext, key: TeamKey, team: &Team, now: Timestamp) -> Option<Timestamp> {
    let held = ctx.post_backoff.get(&key).map(|backoff| backoff.until);
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
fn next_report_at(
    ctx: &BotContext,
    key: TeamKey,
    team: &Team,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = match team.next_report_step(now) {
        ReportStep::Wait(at) => return Some(at),
        ReportStep::Idle => return None,
        ReportStep::Begin { due, .. } => due,
        ReportStep::Post | ReportStep::Abandon => now,
    };
    let held = ctx.report_backoff.get(&key).map(|backoff| backoff.until);
    Some(held.map_or(due, |held| held.max(due)))
}

fn due_order(team: &Team, now: Timestamp) -> Timestamp {
    match team.next_question_step(now) {
        PostStep::Begin { due, .. } => due,
        _ => team.rounds().last().map_or(now, |round| round.due),
    }
}

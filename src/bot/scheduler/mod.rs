//! The scheduler: starts posts, wrap-ups, weekly reports, reminders, evictions and data expiry when due.
//!
//! It keeps no timers. Each scan asks every team for its next step, starts the jobs that are due
//! and sleeps until the earliest future one. A restart, a reconnect or a changed clock therefore
//! needs no special handling. The jobs are in [`post`], [`wrap_up`], [`weekly_report`],
//! [`mock_interview`] and [`reminders`].

pub mod alerts;
pub mod backoff;
pub mod config_teams;
pub mod data_expiry;
pub mod delivery;
mod interviews;
mod mock_interview;
mod post;
pub mod reminders;
pub mod save_alerts;
mod weekly_report;
mod wrap_up;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use crate::bot::clock_check;
use crate::bot::context::BotContext;
use crate::bot::load_guild;
use data_expiry::ExpiryJob;
use delivery::{DeliveryKey, DeliveryKind};
use post::PostJob;
use quizloop_core::id::{GuildId, TeamKey};
use quizloop_core::mock_interview::{MatchSetupStep, NoticeStep};
use quizloop_core::posting::PostStep;
use quizloop_core::reminders::DueReminder;
use quizloop_core::team::Team;
use quizloop_core::weekly_report::ReportStep;
use quizloop_core::wrap_up::WrapUpStep;
use quizloop_store::{GuildView, IDLE_TIMEOUT, LoadedGuild};
use reminders::{ReminderKey, ReminderKind};

/// Maximum number of concurrent posts. At 250 ms a request it is enough to use the whole request
/// budget ([`crate::bot::discord::rest_limiter`]), and it leaves slots to other requests.
const MAX_CONCURRENT_POSTS: usize = 16;

/// If a scan takes longer than this, pause for [`SCAN_BACKOFF_FACTOR`] times its duration.
const SLOW_SCAN: Duration = Duration::from_millis(2);
const SCAN_BACKOFF_FACTOR: u32 = 9;

/// Maximum number of concurrent reminders. They have their own permits, so they never delay a post.
const MAX_CONCURRENT_REMINDERS: usize = 4;

/// Maximum number of concurrent matchings. A team with many matches takes long.
const MAX_CONCURRENT_MATCHINGS: usize = 4;

/// A unit of work. A job that is still running is not started a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Job {
    /// Posts a team's round.
    Round(TeamKey),
    /// Loads an evicted guild and runs what is due there.
    LoadGuild(GuildId),
    /// Posts a team's wrap-up.
    WrapUp(TeamKey),
    /// Posts a team's weekly report.
    WeeklyReport(TeamKey),
    /// Matches a team's members for mock interviews, and makes the threads of the matches.
    MatchSetup(TeamKey),
    /// Sends messages in the threads of a team's matches.
    MatchNotices(TeamKey),
    /// Sends a reminder to a member.
    Remind(ReminderKey),
    /// Drops a guild's interviews that ended a day ago.
    DropInterviews(GuildId),
    /// Evicts idle guilds from memory.
    EvictIdle,
    /// Compares the machine's clock with Discord's. A job like the others: a test's clock stands
    /// still until it is finished, so both clocks are read at the same time.
    CompareClocks,
}

/// Limits of concurrent jobs, by kind.
struct Permits {
    posts: Semaphore,
    reminders: Semaphore,
    matches: Semaphore,
}

impl Job {
    async fn run(self, ctx: &Arc<BotContext>, permits: &Permits) {
        let (guild, permits) = match self {
            Self::Round(key) | Self::WrapUp(key) | Self::WeeklyReport(key) => {
                (key.guild, &permits.posts)
            }
            Self::LoadGuild(guild) | Self::DropInterviews(guild) => (guild, &permits.posts),
            Self::MatchSetup(key) | Self::MatchNotices(key) => (key.guild, &permits.matches),
            Self::Remind(reminder) => (reminder.guild, &permits.reminders),
            Self::EvictIdle => return evict_idle(ctx).await,
            Self::CompareClocks => return clock_check::refresh(ctx).await,
        };
        // Permits are granted in the order of the requests. The semaphores are never closed.
        let _permit = permits.acquire().await;
        // The clock may have jumped while this job waited.
        if !ctx.clocks_agree() {
            return;
        }
        let Some(guild) = load_guild::with_retry(ctx, guild).await else {
            return;
        };
        match self {
            Self::Round(key) => PostJob::new(ctx, guild.team(key.channel)).run().await,
            Self::LoadGuild(_) => catch_up_guild(ctx, &guild).await,
            Self::WrapUp(key) => wrap_up::run(ctx, guild.team(key.channel)).await,
            Self::WeeklyReport(key) => weekly_report::run(ctx, guild.team(key.channel)).await,
            Self::MatchSetup(key) => mock_interview::run_setup(ctx, guild.team(key.channel)).await,
            Self::MatchNotices(key) => {
                mock_interview::run_notices(ctx, guild.team(key.channel)).await;
            }
            Self::Remind(reminder) => reminders::send(ctx, &guild, reminder).await,
            Self::DropInterviews(_) => interviews::drop_expired(ctx, &guild).await,
            // Handled above, because they belong to no single guild.
            Self::EvictIdle | Self::CompareClocks => {}
        }
    }
}

/// Expires old data and posts due rounds in a guild that was just loaded. The next scan finds its
/// other jobs.
async fn catch_up_guild(ctx: &Arc<BotContext>, guild: &LoadedGuild) {
    let Some(now) = ctx.trusted_now() else {
        return;
    };
    data_expiry::expire_inactive_members_of(ctx, guild, data_expiry::utc_date(now)).await;
    let mut due_jobs = DueJobs::default();
    guild.read(|state| due_jobs.collect(ctx, guild.id(), GuildView::Loaded(state), now));
    due_jobs.rounds.sort_unstable();
    for (_, job) in due_jobs.rounds {
        if let Job::Round(key) = job {
            PostJob::new(ctx, guild.team(key.channel)).run().await;
        }
    }
}

/// Evicts idle guilds on a blocking thread, because this may take long with many guilds.
async fn evict_idle(ctx: &Arc<BotContext>) {
    let store = ctx.store.clone();
    // The panic hook has already logged a panic. It leaves every guild unchanged.
    let evicted = tokio::task::spawn_blocking(move || store.evict_idle()).await;
    ctx.server_banks.remove_evicted();
    if let Ok(guilds @ 1..) = evicted {
        tracing::debug!(guilds, "idle guilds evicted");
    }
}

/// Runs the scheduler; never returns.
pub async fn run(ctx: Arc<BotContext>) {
    let permits = Arc::new(Permits {
        posts: Semaphore::new(MAX_CONCURRENT_POSTS),
        reminders: Semaphore::new(MAX_CONCURRENT_REMINDERS),
        matches: Semaphore::new(MAX_CONCURRENT_MATCHINGS),
    });
    let (mut running, mut busy) = (JoinSet::new(), HashSet::new());
    let mut expiry = ExpiryJob::default();
    let mut last_eviction = ctx.uptime();
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        let scan_start = Instant::now();
        let comparison_due = ctx.clock_check.begin_request(ctx.clock.local_time());
        let mut due_jobs = DueJobs::default();
        // Read again: the clock may have jumped since.
        if clock_check::check(&ctx)
            && let Some(now) = ctx.trusted_now()
        {
            expiry.run_if_new_day(&ctx, now);
            due_jobs = DueJobs::scan(&ctx, now);
        }
        ctx.health.scheduler_ran(due_jobs.rounds.len());
        let since_eviction = ctx.uptime().saturating_sub(last_eviction);
        let eviction_due = since_eviction >= IDLE_TIMEOUT;
        if eviction_due {
            last_eviction = ctx.uptime();
        }
        due_jobs.wake_in(now, IDLE_TIMEOUT.saturating_sub(since_eviction));
        for job in due_jobs
            .jobs()
            .chain(eviction_due.then_some(Job::EvictIdle))
            .chain(comparison_due.then_some(Job::CompareClocks))
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
        // Limits the share of time spent on scans, however many guilds there are.
        let scan_time = scan_start.elapsed();
        if scan_time > SLOW_SCAN {
            tokio::time::sleep(scan_time * SCAN_BACKOFF_FACTOR).await;
        }
        tokio::select! {
            Some(result) = running.join_next() => {
                finish_job(&mut busy, result);
                while let Some(result) = running.try_join_next() {
                    finish_job(&mut busy, result);
                }
            }
            () = ctx.clock.wait_until(due_jobs.next_wake, seq) => {}
            () = ctx.wake_scheduler.notified() => {}
        }
    }
}

fn finish_job(busy: &mut HashSet<Job>, result: Result<Job, JoinError>) {
    match result {
        Ok(job) => {
            busy.remove(&job);
        }
        // The error does not name the job, so all jobs are marked as finished. One that is still
        // running is started again if it is due.
        Err(error) => {
            tracing::error!(%error, "scheduled job panicked");
            busy.clear();
        }
    }
}

/// Jobs that are due, and the time of the next scan.
#[derive(Debug, Default)]
struct DueJobs {
    /// Sorted by due time.
    rounds: Vec<(Timestamp, Job)>,
    /// Wrap-ups, weekly reports and mock interviews, sorted by due time; started after all rounds.
    other_posts: Vec<(Timestamp, Job)>,
    /// Sorted by position within the team or the guild: the first reminder of each, then the second
    /// of each. A team with many reminders therefore does not delay the others.
    reminders: Vec<(usize, Timestamp, ReminderKey)>,
    /// The guilds with interviews that are to be dropped.
    interviews: Vec<GuildId>,
    next_wake: Option<Timestamp>,
}

impl DueJobs {
    fn scan(ctx: &BotContext, now: Timestamp) -> Self {
        let mut due_jobs = Self::default();
        let next = ctx.store.due(now, |guild, view| {
            due_jobs.collect(ctx, guild, view, now);
        });
        if let Some(next) = next {
            due_jobs.wake_at(next);
        }
        due_jobs.rounds.sort_unstable();
        due_jobs.other_posts.sort_unstable();
        due_jobs.reminders.sort_unstable();
        due_jobs
    }

    fn collect(&mut self, ctx: &BotContext, guild: GuildId, view: GuildView<'_>, now: Timestamp) {
        match view {
            GuildView::Loaded(state) => {
                for (channel, team) in state.teams() {
                    let key = TeamKey {
                        guild,
                        channel: *channel,
                    };
                    self.add_team(ctx, key, team, now);
                }
                let questions = ctx.questions(guild);
                let exists = |question: &str| questions.is_asked(question);
                let reminders = state.review_reminders(now, exists).into_iter();
                self.add_reminders(guild, ReminderKind::Reviews, reminders, now);
                match state.next_interview_expiry() {
                    Some(at) if at <= now => self.interviews.push(guild),
                    Some(at) => self.wake_at(at),
                    None => {}
                }
            }
            GuildView::Summary(summary) => match summary.next_due {
                // `MIN` means that the due time is unknown: such a guild must not precede all
                // others.
                Some(wake) if wake == Timestamp::MIN => {
                    self.rounds.push((now, Job::LoadGuild(guild)));
                }
                Some(wake) if wake <= now => self.rounds.push((wake, Job::LoadGuild(guild))),
                Some(wake) => self.wake_at(wake),
                None => {}
            },
        }
    }

    fn add_team(&mut self, ctx: &BotContext, key: TeamKey, team: &Team, now: Timestamp) {
        match next_post_at(ctx, key, team, now) {
            // Another job is posting this team. The scan after that job checks it again.
            Some(_) if ctx.posting.contains(&key) => {}
            Some(at) if at <= now => self.rounds.push((due_order(team, now), Job::Round(key))),
            Some(at) => self.wake_at(at),
            None => {}
        }
        for (at, job) in [
            (next_wrap_up_at(ctx, key, team, now), Job::WrapUp(key)),
            (next_report_at(ctx, key, team, now), Job::WeeklyReport(key)),
            (
                next_match_setup_at(ctx, key, team, now),
                Job::MatchSetup(key),
            ),
            (next_notice_at(ctx, key, team, now), Job::MatchNotices(key)),
        ] {
            match at {
                Some(at) if at <= now => self.other_posts.push((at, job)),
                Some(at) => self.wake_at(at),
                None => {}
            }
        }
        let kind = ReminderKind::Round(key.channel);
        self.add_reminders(key.guild, kind, team.reminders_today(now), now);
    }

    fn add_reminders(
        &mut self,
        guild: GuildId,
        kind: ReminderKind,
        reminders: impl Iterator<Item = DueReminder>,
        now: Timestamp,
    ) {
        let mut nth = 0;
        for DueReminder { user, at } in reminders {
            if at > now {
                self.wake_at(at);
            } else {
                let reminder = ReminderKey { guild, kind, user };
                self.reminders.push((nth, at, reminder));
                nth += 1;
            }
        }
    }

    fn wake_at(&mut self, time: Timestamp) {
        self.next_wake = self.next_wake.into_iter().chain([time]).min();
    }

    fn wake_in(&mut self, now: Timestamp, delay: Duration) {
        let time = now.saturating_add(delay);
        self.wake_at(time.unwrap_or(Timestamp::MAX));
    }

    fn jobs(&self) -> impl Iterator<Item = Job> {
        let rounds = self.rounds.iter().map(|(_, job)| *job);
        let other_posts = self.other_posts.iter().map(|(_, job)| *job);
        let reminders = self.reminders.iter();
        rounds
            .chain(other_posts)
            .chain(reminders.map(|(_, _, reminder)| Job::Remind(*reminder)))
            .chain(self.interviews.iter().copied().map(Job::DropInterviews))
    }
}

/// Returns when the team's next posting step is due, after any backoff.
fn next_post_at(ctx: &BotContext, key: TeamKey, team: &Team, now: Timestamp) -> Option<Timestamp> {
    let retry_at = ctx.deliveries.retry_at(DeliveryKind::Question.of(key), now);
    let due = match team.next_post_step(now) {
        PostStep::Wait(at) => return Some(at),
        PostStep::Idle => return None,
        // A thread that can't be created must not delay the next question.
        PostStep::CreateThread => match team.next_question_step(now) {
            PostStep::Begin { .. } => now,
            PostStep::Wait(at) => return Some(retry_at.map_or(now, |retry_at| retry_at.min(at))),
            _ => retry_at.unwrap_or(now),
        },
        PostStep::Begin { .. } | PostStep::Deliver => retry_at.unwrap_or(now),
    };
    Some(due)
}

/// Returns when the next step of the team's weekly report is due, after any backoff.
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
        ReportStep::Deliver => now,
    };
    Some(after_backoff(
        ctx,
        DeliveryKind::WeeklyReport.of(key),
        due,
        now,
    ))
}

/// Returns when the next step of the team's wrap-up is due, after any backoff.
fn next_wrap_up_at(
    ctx: &BotContext,
    key: TeamKey,
    team: &Team,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = match team.next_wrap_up_step(now) {
        WrapUpStep::Wait(at) => return Some(at),
        WrapUpStep::Idle => return None,
        WrapUpStep::Begin { due } => due,
        WrapUpStep::Deliver => now,
    };
    Some(after_backoff(ctx, DeliveryKind::WrapUp.of(key), due, now))
}

/// Returns when the next step of the matching or of a match's thread is due, after any backoff.
fn next_match_setup_at(
    ctx: &BotContext,
    key: TeamKey,
    team: &Team,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = match team.next_match_setup_step(now) {
        MatchSetupStep::Wait(at) => return Some(at),
        MatchSetupStep::Idle => return None,
        MatchSetupStep::Begin { due, .. } => due,
        MatchSetupStep::Expire
        | MatchSetupStep::CreateThread(_)
        | MatchSetupStep::AddMembers(_)
        | MatchSetupStep::SendGuide(_)
        | MatchSetupStep::TellAlone => now,
    };
    Some(after_backoff(
        ctx,
        DeliveryKind::MatchThread.of(key),
        due,
        now,
    ))
}

/// Returns when the next message in the thread of a match is due, after any backoff.
fn next_notice_at(
    ctx: &BotContext,
    key: TeamKey,
    team: &Team,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = match team.next_notice_step(now) {
        NoticeStep::Wait(at) => return Some(at),
        NoticeStep::Idle => return None,
        NoticeStep::BeginCheck(_) | NoticeStep::Deliver(..) => now,
    };
    Some(after_backoff(
        ctx,
        DeliveryKind::MatchNotice.of(key),
        due,
        now,
    ))
}

/// Returns when a step that is due may be run: later if an earlier attempt failed.
fn after_backoff(
    ctx: &BotContext,
    delivery: DeliveryKey,
    due: Timestamp,
    now: Timestamp,
) -> Timestamp {
    let retry_at = ctx.deliveries.retry_at(delivery, now);
    retry_at.map_or(due, |retry_at| retry_at.max(due))
}

/// Returns the time by which due rounds are sorted: the due time of the team's question.
fn due_order(team: &Team, now: Timestamp) -> Timestamp {
    match team.next_question_step(now) {
        PostStep::Begin { due, .. } => due,
        _ => team.rounds().last().map_or(now, |round| round.due),
    }
}

//! Posting the report on a team's week: the steps, each committed before the next.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::backoff::Backoff;
use super::desk::{Desk, TeamKey};
use super::once::{Intent, Outcome, Stop};
use super::render;
use super::rest::Failure;
use crate::failpoint;
use crate::practice::id::MessageId;
use crate::practice::team::Team;
use crate::practice::weekly_report::{ReportStep, WeeklyReport};

/// One team whose week is being reported.
pub struct WeekPost<'a> {
    /// The desk.
    pub desk: &'a Arc<Desk>,
    /// The team.
    pub key: TeamKey,
}

impl WeekPost<'_> {
    /// Takes step after step until nothing is to be done or a step fails.
    pub async fn go_on(&self) {
        // An intent made here was never sent; any other may have been.
        let mut fresh = false;
        loop {
            let now = self.desk.clock.now();
            let Some(next) = self.desk.team(self.key, |team| team.next_report_step(now)) else {
                return;
            };
            let step = match next {
                ReportStep::Begin { monday, due } => {
                    fresh = true;
                    self.intend(monday, due).await
                }
                ReportStep::Post => self.post(fresh).await,
                ReportStep::Abandon => self.give_up().await,
                ReportStep::Wait(_) | ReportStep::Idle => return,
            };
            if let Err(stop) = step {
                return self.stopped(&stop, now);
            }
            self.desk.week_backoff.remove(&self.key);
        }
    }

    /// Step 1: the intent goes to disk.
    async fn intend(&self, monday: Date, due: Timestamp) -> Result<(), Stop> {
        self.change(|team| {
            team.begin_report(monday, due);
        })
        .await?;
        failpoint::pass("week.intended");
        Ok(())
    }

    /// Steps 2 and 3: the message is found or sent, and its id goes to disk.
    async fn post(&self, fresh: bool) -> Result<(), Stop> {
        let Some(report) = self.wanted() else {
            return Ok(());
        };
        let intent = self.intent(&report);
        let message = match intent.fulfil(fresh, self.send(&report)).await? {
            Outcome::There(message) => message,
            Outcome::Deleted => return self.change(Team::abandon_report).await,
        };
        tracing::info!(guild = %self.key.guild, channel = %self.key.channel, monday = %report.monday, %message, "posted the report on a week");
        // If the disk fails now, the message is there all the same and will be found again.
        let _ = self.change(|team| team.record_report_post(message)).await;
        failpoint::pass("week.posted");
        Ok(())
    }

    async fn send(&self, report: &WeeklyReport) -> Result<MessageId, Failure> {
        let now = self.desk.clock.now();
        let message = self.desk.store.read(self.key.guild, |guild| {
            let team = guild.team(self.key.channel)?;
            let digest = team.weekly_summary(report.monday, |user| guild.is_hidden(user));
            let asked = |id: &str| self.desk.bank.get(id);
            Some(render::week::week(team, report, (&digest, now), asked))
        });
        // Without its team there is no channel any more.
        let message = message.flatten().ok_or_else(|| Failure::Rejected {
            status: 0,
            code: 0,
            message: "the team is gone".into(),
        })?;
        failpoint::pass("week.sending");
        let message = message.nonce(&report.nonce);
        let sent = self.desk.rest.send(self.key.channel, &message).await;
        failpoint::pass("week.sent");
        sent
    }

    /// The time for it is over: it counts if its message is there after all.
    async fn give_up(&self) -> Result<(), Stop> {
        let Some(report) = self.wanted() else {
            return Ok(());
        };
        if let Some(message) = self.intent(&report).look_once_more().await? {
            return self.change(|team| team.record_report_post(message)).await;
        }
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, monday = %report.monday, "no report on a week could be posted");
        self.change(Team::abandon_report).await
    }

    async fn change(&self, change: impl FnOnce(&mut Team)) -> Result<(), Stop> {
        let (_, commit) = self.desk.change_team(self.key, change);
        commit.wait().await.map_err(|_| Stop::NotSaved)
    }

    fn wanted(&self) -> Option<WeeklyReport> {
        self.desk
            .team(self.key, |team| team.pending_report().cloned())
            .flatten()
    }

    fn intent(&self, report: &WeeklyReport) -> Intent<'_> {
        Intent {
            desk: self.desk,
            key: self.key,
            due: report.due,
            label: report.label(),
        }
    }

    /// What keeps a report away keeps the question away as well, of which the admin hears.
    fn stopped(&self, stop: &Stop, now: Timestamp) {
        let before = self.desk.week_backoff.get(&self.key).map(|held| *held);
        let backoff = Backoff::after(before, stop.is_passing(), now);
        self.desk.week_backoff.insert(self.key, backoff);
        let why = match stop {
            Stop::NotSaved => "the state could not be saved".to_owned(),
            Stop::Failed(failure) => failure.to_string(),
        };
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, why, again = %backoff.until, "the report on a week was not posted");
    }
}

//! Posting the report on a team's week: the steps, each committed before the next.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::backoff::Backoff;
use super::context::{BotContext, TeamKey};
use super::exactly_once::{PendingMessage, SendOutcome, StepError};
use super::render;
use super::rest::ApiError;
use crate::failpoint;
use crate::practice::id::MessageId;
use crate::practice::team::Team;
use crate::practice::weekly_report::{ReportStep, WeeklyReport};

/// One team whose week is being reported.
pub struct WeeklyReportJob<'a> {
    /// The desk.
    pub ctx: &'a Arc<BotContext>,
    /// The team.
    pub key: TeamKey,
}

impl WeeklyReportJob<'_> {
    /// Takes step after step until nothing is to be done or a step fails.
    pub async fn run(&self) {
        // An intent made here was never sent; any other may have been.
        let mut first_attempt = false;
        loop {
            let now = self.ctx.clock.now();
            let Some(next) = self
                .ctx
                .read_team(self.key, |team| team.next_report_step(now))
            else {
                return;
            };
            let step = match next {
                ReportStep::Begin { monday, due } => {
                    first_attempt = true;
                    self.record_intent(monday, due).await
                }
                ReportStep::Post => self.post_message(first_attempt).await,
                ReportStep::Abandon => self.abandon().await,
                ReportStep::Wait(_) | ReportStep::Idle => return,
            };
            if let Err(error) = step {
                return self.on_step_error(&error, now);
            }
            self.ctx.report_backoff.remove(&self.key);
        }
    }

    /// Step 1: the intent goes to disk.
    async fn record_intent(&self, monday: Date, due: Timestamp) -> Result<(), StepError> {
        self.update_team(|team| {
            team.begin_report(monday, due);
        })
        .await?;
        failpoint::hit("week.intended");
        Ok(())
    }

    /// Steps 2 and 3: the message is found or sent, and its id goes to disk.
    async fn post_message(&self, first_attempt: bool) -> Result<(), StepError> {
        let Some(report) = self.pending_report() else {
            return Ok(());
        };
        let intent = self.pending_message(&report);
        let message = match intent
            .ensure_sent(first_attempt, self.send_message(&report))
            .await?
        {
            SendOutcome::Sent(message) => message,
            SendOutcome::Deleted => return self.update_team(Team::abandon_report).await,
        };
        tracing::info!(guild = %self.key.guild, channel = %self.key.channel, monday = %report.monday, %message, "posted the report on a week");
        // If the disk fails now, the message is there all the same and will be found again.
        let _ = self
            .update_team(|team| team.record_report_post(message))
            .await;
        failpoint::hit("week.posted");
        Ok(())
    }

    async fn send_message(&self, report: &WeeklyReport) -> Result<MessageId, ApiError> {
        let now = self.ctx.clock.now();
        let message = self.ctx.store.read(self.key.guild, |guild| {
            let team = guild.team(self.key.channel)?;
            let digest = team.weekly_summary(report.monday, |user| guild.is_hidden(user));
            let asked = |id: &str| self.ctx.bank.get(id);
            Some(render::weekly_report::weekly_report(
                team,
                report,
                (&digest, now),
                asked,
            ))
        });
        // Without its team there is no channel any more.
        let message = message.flatten().ok_or_else(|| ApiError::Rejected {
            status: 0,
            code: 0,
            message: "the team is gone".into(),
        })?;
        failpoint::hit("week.sending");
        let message = message.nonce(&report.nonce);
        let sent = self.ctx.rest.send_message(self.key.channel, &message).await;
        failpoint::hit("week.sent");
        sent
    }

    /// The time for it is over: it counts if its message is there after all.
    async fn abandon(&self) -> Result<(), StepError> {
        let Some(report) = self.pending_report() else {
            return Ok(());
        };
        if let Some(message) = self
            .pending_message(&report)
            .find_before_giving_up()
            .await?
        {
            return self
                .update_team(|team| team.record_report_post(message))
                .await;
        }
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, monday = %report.monday, "no report on a week could be posted");
        self.update_team(Team::abandon_report).await
    }

    async fn update_team(&self, change: impl FnOnce(&mut Team)) -> Result<(), StepError> {
        let (_, commit) = self.ctx.update_team(self.key, change);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    fn pending_report(&self) -> Option<WeeklyReport> {
        self.ctx
            .read_team(self.key, |team| team.pending_report().cloned())
            .flatten()
    }

    fn pending_message(&self, report: &WeeklyReport) -> PendingMessage<'_> {
        PendingMessage {
            ctx: self.ctx,
            key: self.key,
            due: report.due,
            label: report.label(),
        }
    }

    /// What keeps a report away keeps the question away as well, of which the admin hears.
    fn on_step_error(&self, error: &StepError, now: Timestamp) {
        let before = self.ctx.report_backoff.get(&self.key).map(|held| *held);
        let backoff = Backoff::after(before, error.is_transient(), now);
        self.ctx.report_backoff.insert(self.key, backoff);
        let reason = match error {
            StepError::SaveFailed => "the state could not be saved".to_owned(),
            StepError::Api(failure) => failure.to_string(),
        };
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, reason, again = %backoff.until, "the report on a week was not posted");
    }
}

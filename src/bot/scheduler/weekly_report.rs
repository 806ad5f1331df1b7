//! Posts a team's weekly report in steps that are committed one by one, as [`super::post`] does.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tracing::Instrument as _;

use super::backoff::Backoff;
use super::exactly_once::{PendingMessage, SendOutcome, StepError};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::ApiError;
use crate::bot::render;
use quizloop_core::id::{MessageId, TeamKey};
use quizloop_core::team::Team;
use quizloop_core::weekly_report::{ReportStep, WeeklyReport};
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// The weekly report job of one team.
pub struct WeeklyReportJob<'a> {
    pub ctx: &'a Arc<BotContext>,
    pub team: LoadedTeam,
}

impl WeeklyReportJob<'_> {
    /// Runs steps until none is due or one fails.
    pub async fn run(&self) {
        let TeamKey { guild, channel } = self.team.key();
        let span = tracing::error_span!("weekly_report", %guild, %channel);
        self.run_steps().instrument(span).await;
    }

    async fn run_steps(&self) {
        // An intent recorded by this job was never sent. Any other intent may have been.
        let mut first_attempt = false;
        loop {
            let now = self.ctx.clock.now();
            let Some(next) = self.team.read(|team| team.next_report_step(now)) else {
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
            self.ctx.report_backoff.remove(&self.team.key());
        }
    }

    /// Step 1: records the intent.
    async fn record_intent(&self, monday: Date, due: Timestamp) -> Result<(), StepError> {
        self.update_team(|team| {
            team.begin_report(monday, due);
        })
        .await?;
        failpoint::hit("week.intended");
        Ok(())
    }

    /// Steps 2 and 3: finds or sends the message, and records its id.
    async fn post_message(&self, first_attempt: bool) -> Result<(), StepError> {
        let Some(report) = self.pending_report() else {
            return Ok(());
        };
        let message = match self
            .pending_message(&report)
            .ensure_sent(first_attempt, self.send_message(&report))
            .await?
        {
            SendOutcome::Sent(message) => message,
            SendOutcome::Deleted => return self.update_team(Team::abandon_report).await,
        };
        tracing::info!(monday = %report.monday, message_id = %message, "weekly report posted");
        // A failed save is harmless: the next attempt finds the message in the channel.
        let _ = self
            .update_team(|team| team.record_report_post(message))
            .await;
        failpoint::hit("week.posted");
        Ok(())
    }

    async fn send_message(&self, report: &WeeklyReport) -> Result<MessageId, ApiError> {
        let now = self.ctx.clock.now();
        let message = self.team.guild().read(|guild| {
            let team = guild.team(self.team.channel())?;
            let summary = team.weekly_summary(report.monday, |user| guild.is_hidden(user));
            let questions = self.ctx.questions(self.team.guild().id());
            let find_question = |id: &str| questions.get(id);
            Some(render::weekly_report::weekly_report(
                team,
                report,
                &summary,
                now,
                find_question,
            ))
        });
        // The team was removed after the step was chosen.
        let message = message.flatten().ok_or_else(|| ApiError::Rejected {
            status: 0,
            code: 0,
            message: "the team is gone".into(),
        })?;
        failpoint::hit("week.sending");
        let message = message.nonce(&report.nonce);
        let sent = self
            .ctx
            .rest
            .send_message(self.team.channel(), &message)
            .await;
        failpoint::hit("week.sent");
        sent
    }

    /// Gives up an expired report, unless its message is in the channel.
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
        tracing::warn!(monday = %report.monday, "weekly report skipped: it could not be posted");
        self.update_team(Team::abandon_report).await
    }

    async fn update_team(&self, change: impl FnOnce(&mut Team)) -> Result<(), StepError> {
        let (_, commit) = self.team.update(change);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    fn pending_report(&self) -> Option<WeeklyReport> {
        self.team
            .read(|team| team.pending_report().cloned())
            .flatten()
    }

    fn pending_message(&self, report: &WeeklyReport) -> PendingMessage<'_> {
        PendingMessage {
            ctx: self.ctx,
            team: &self.team,
            due: report.due,
            labels: vec![report.label()],
        }
    }

    /// Schedules a retry. Does not alert the admin: the same problem stops the daily question, and
    /// that job alerts them.
    fn on_step_error(&self, error: &StepError, now: Timestamp) {
        let previous = self
            .ctx
            .report_backoff
            .get(&self.team.key())
            .map(|backoff| *backoff);
        let backoff = Backoff::after(previous, error.is_transient(), now);
        self.ctx.report_backoff.insert(self.team.key(), backoff);
        let reason = match error {
            StepError::SaveFailed => "the state could not be saved".to_owned(),
            StepError::Api(error) => error.to_string(),
        };
        tracing::warn!(reason, retry_at = %backoff.until, "weekly report step failed");
    }
}

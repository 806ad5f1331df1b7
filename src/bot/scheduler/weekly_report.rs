//! Posts a team's weekly report in steps that are committed one by one, as [`super::post`] does.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tracing::Instrument as _;

use super::delivery::{self, DeliveryKind, Outgoing, StepError};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, HistoryMessage};
use crate::bot::render;
use quizloop_core::id::{MessageId, TeamKey};
use quizloop_core::team::Team;
use quizloop_core::weekly_report::ReportStep;
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
        loop {
            let Some(now) = self.ctx.trusted_now() else {
                return;
            };
            let Some(next) = self.team.read(|team| team.next_report_step(now)) else {
                return;
            };
            let step = match next {
                ReportStep::Begin { first_day, due } => self.record_intent(first_day, due).await,
                ReportStep::Deliver => self.deliver().await,
                ReportStep::Wait(_) | ReportStep::Idle => return,
            };
            if let Err(error) = step {
                // No pause: its end would be a time of the wrong clock.
                if matches!(error, StepError::WrongClock) {
                    return;
                }
                // No alert to the admin: the same problem stops the daily question, and that job
                // alerts them.
                let retry_at = self.ctx.deliveries.delay(
                    DeliveryKind::WeeklyReport.of(self.team.key()),
                    &error,
                    now,
                );
                tracing::warn!(%error, %retry_at, "weekly report step failed");
                return;
            }
        }
    }

    /// Step 1: records the intent.
    async fn record_intent(&self, first_day: Date, due: Timestamp) -> Result<(), StepError> {
        self.update_team(|team| {
            if team.begin_report(first_day, due)
                && let Some(delivery) = team.pending_report_post()
            {
                self.ctx
                    .deliveries
                    .begin(DeliveryKind::WeeklyReport.of(self.team.key()), &delivery);
            }
        })
        .await?;
        failpoint::hit("week.intended");
        Ok(())
    }

    /// Steps 2 and 3: finds or sends the message, and records its id.
    async fn deliver(&self) -> Result<(), StepError> {
        let pending = self.team.read(Team::pending_report_post).flatten();
        if let Some(delivery) = pending {
            let kind = DeliveryKind::WeeklyReport;
            delivery::deliver(self.ctx, &self.team, kind, &delivery, self).await?;
        }
        Ok(())
    }

    async fn update_team(&self, change: impl FnOnce(&mut Team)) -> Result<(), StepError> {
        let (_, commit) = self.team.update(change);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }
}

impl Outgoing for WeeklyReportJob<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let now = self.ctx.clock.now();
        let message = self.team.guild().read(|guild| {
            let team = guild.team(self.team.channel())?;
            let report = team.pending_report()?;
            let summary = team.weekly_summary(report.first_day, |user| guild.is_hidden(user));
            let questions = self.ctx.questions(self.team.guild().id());
            let find_question = |id: &str| questions.get(id);
            let message =
                render::weekly_report::weekly_report(team, report, &summary, now, find_question);
            Some(message.nonce(&report.nonce))
        });
        // The team was removed after the step was chosen.
        let message = message.flatten().ok_or_else(|| ApiError::Rejected {
            status: 0,
            code: 0,
            message: "the team is gone".into(),
        })?;
        failpoint::hit("week.sending");
        let sent = self
            .ctx
            .rest
            .send_message(self.team.channel(), &message)
            .await;
        failpoint::hit("week.sent");
        Ok(sent?)
    }

    async fn record(
        &self,
        message: MessageId,
        _found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        tracing::info!(message_id = %message, "weekly report posted");
        // A failed save is harmless: the next attempt finds the message in the channel.
        let _ = self
            .update_team(|team| team.record_report_post(message))
            .await;
        failpoint::hit("week.posted");
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        self.update_team(Team::abandon_report).await
    }
}
